"""One mission, a step a round, with free agents that say what they are told: what both environments are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from robosim.agent import Array, Deviation
from robosim.build import Options, load
from robosim.errors import BadInput, RobosimError, TooLarge
from robosim.judge import judge
from robosim.mission import Mission, Snapshot
from robosim.record import Record
from robosim.rl.seen import moment, seen, sight
from robosim.rl.told import Told, rooms
from robosim.rl.turns import turns_of

LARGEST = 10_000_000
"""Numbers that all free agents see in a round."""


class Episode:
    """A step is an exchange of words (`robosim.rl.turns`), the last one settles, too.

    Where no free agent has words, what the others say passes by itself.

    Parameters
    ----------
    world, options : as for `robosim.load`; `options["strategies"]` and the world's own selfish agents play on, but for
        those that are free.
    free : ids of the free agents, or "all".
    words : which words they may move, None for all.

    What actions mean, and how long they and observations are, is that of the world as given; another seed in `reset`
    changes types and networks only.
    """

    def __init__(self, world: object, free: Sequence[int] | str, words: Sequence[str] | None, options: Options) -> None:
        self._world, self._options = world, options
        loaded = self._loaded(options.get("seed"))
        self.free = _agents(free, loaded.network.n)
        self.noun: str = loaded.kind.agent
        turns = turns_of(loaded)
        self.sight = sight(loaded, turns)
        _refuse_large(len(self.free), self.sight.size)
        moves = rooms(loaded, turns, _words(words, tuple(turns.form.own)))
        self.told = {agent: Told(moves[agent]) for agent in self.free}
        self._begin(_with_free(loaded, self.told))

    def _begin(self, mission: Mission[Any]) -> None:
        self.mission, self.turns = mission, turns_of(mission)
        self.record: Record | None = None
        self.paid = self.rewards = np.zeros(mission.network.n)
        for told in self.told.values():
            told.forget()
        self.snapshot = self._next(self.turns.opened())
        self.now = moment(self.turns, self.snapshot)

    def reset(self, seed: int | None = None) -> None:
        """Before any free agent spoke; another `seed` draws the world anew, and stays until another one is given."""
        self._begin(self.mission if seed is None else _with_free(self._drawn(seed), self.told))

    def step(self, actions: Mapping[int, Any]) -> None:
        """Free agents that have words do what they are told. Raises `RobosimError` after the last step."""
        if self.record is not None:
            raise RobosimError("step: the mission is over (reset the environment)")
        turns, before = self.turns, self.paid
        speaks, place = turns.speaking(self.snapshot), turns.place(self.snapshot)
        for agent, told in self.told.items():
            if agent not in actions:
                raise BadInput(f"actions: {self.noun}_{agent} has none (every free agent has one in every step)")
            if speaks[agent]:
                told.tell(actions[agent], place)
            else:
                told.checked(actions[agent])
        if not turns.over(self.snapshot):
            self.snapshot = self._next(turns.exchange(self.snapshot))
        self.now = moment(turns, self.snapshot)
        self.paid = before if self.now.paid is None else self.now.paid
        if self.snapshot is not None and turns.over(self.snapshot):
            self.record = self._settled(self.snapshot)
            self.paid = self.record.net_cost[0].copy()
        self.rewards = before - self.paid

    def _next(self, snapshot: Snapshot | None) -> Snapshot | None:
        """Where a free agent has words, or nobody has any more."""
        free = list(self.free)
        while not self.turns.over(snapshot) and not self.turns.speaking(snapshot)[free].any():
            snapshot = self.turns.exchange(snapshot)
        return snapshot

    def observation(self, agent: int) -> Array:
        """What one agent has before it, (size,)."""
        return seen(self.sight, self.mission.own, self.now, agent)

    def played(self, agent: int) -> Told:
        """What a free agent did so far, as a strategy that any mission of this world can play again."""
        return self.told[agent].kept()

    def bill(self, agent: int) -> dict[str, float]:
        """What one agent bore, once that is known."""
        if self.record is None:
            return {}
        record = self.record
        return {
            "private_cost": float(record.private_cost[0, agent]),
            "reported_cost": float(record.reported_cost[0, agent]),
            "tax": float(record.settlement.tax[0, agent]),
            "net_cost": float(record.net_cost[0, agent]),
        }

    def _settled(self, snapshot: Snapshot) -> Record:
        """The bill; what the judge will play again later, when he is asked, is what was done now."""
        record: Record = self.mission.settle(snapshot)
        kept = _with_free(self.mission, {agent: self.played(agent) for agent in self.free})
        record.await_judge(lambda one: judge(kept, one))
        return record

    def _drawn(self, seed: int) -> Mission[Any]:
        other = self._loaded(seed)
        if sight(other, turns_of(other)) != self.sight or other.network.n != self.mission.network.n:
            raise BadInput(f"seed: {seed} draws a world of another size (make another environment for it)")
        return other

    def _loaded(self, seed: int | None) -> Mission[Any]:
        options: Any = {**self._options, "seed": seed}
        mission: Mission[Any] = load(self._world, **options)
        return mission


def _with_free(mission: Mission[Any], told: Mapping[int, Told]) -> Mission[Any]:
    """The mission in which the free agents do what they are told, and the others what they did."""
    others = tuple(one for one in mission.deviations if int(one.agents[0]) not in told)
    free = tuple(
        Deviation(strategy=plan, missions=np.array([0]), agents=np.array([agent])) for agent, plan in told.items()
    )
    return mission.playing(others + free)


def _refuse_large(agents: int, size: int) -> None:
    if agents * size > LARGEST:
        raise TooLarge(f"free: {agents} agents that each see {size} numbers are too many (name fewer in free)")


def _agents(free: Sequence[int] | str, count: int) -> tuple[int, ...]:
    if free == "all":
        return tuple(range(count))
    found: tuple[Any, ...] = tuple(dict.fromkeys(free))
    bad = [one for one in found if not isinstance(one, int | np.integer) or not 0 <= one < count]
    if bad or not found or isinstance(free, str):
        raise BadInput(f"free: must be ids from 0 to {count - 1} or 'all', got {free!r:.60}")
    return tuple(int(one) for one in found)


def _words(words: Sequence[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if words is None:
        return known
    for word in words:
        if word not in known:
            raise BadInput(f"words: {word!r} is not said here, but {', '.join(known)}")
    return tuple(dict.fromkeys(words))
