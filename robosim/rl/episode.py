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
from robosim.rl.seen import seen, sight
from robosim.rl.told import Told, rooms

LARGEST = 10_000_000
"""Numbers that all free agents see in a round."""


class Episode:
    """Its clock is `Mission.start` and `Mission.advance`: step 0 is round 0, and the last step settles, too.

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
        first = loaded.faithful().start()
        self.sight = sight(loaded, first)
        known = tuple(first.heard.own)
        _refuse_large(len(self.free), self.sight.size)
        moves = rooms(loaded, first, _words(words, known))
        self.told = {agent: Told(moves[agent]) for agent in self.free}
        self.snapshot: Snapshot | None = None
        self.record: Record | None = None
        self.running: Array | None = None
        self.paid = self.rewards = np.zeros(loaded.network.n)
        self.mission = _with_free(loaded, self.told)

    def reset(self, seed: int | None = None) -> None:
        """Before anybody spoke; another `seed` draws the world anew, and stays until another one is given."""
        if seed is not None:
            self.mission = _with_free(self._drawn(seed), self.told)
        self.snapshot, self.record, self.running = None, None, None
        self.paid = self.rewards = np.zeros(self.mission.network.n)
        for told in self.told.values():
            told.actions.clear()

    def step(self, actions: Mapping[int, Any]) -> None:
        """One round, in which each free agent does what it is told. Raises `RobosimError` after the last one."""
        if self.record is not None:
            raise RobosimError("step: the mission is over (reset the environment)")
        for agent, told in self.told.items():
            if agent not in actions:
                raise BadInput(f"actions: {self.noun}_{agent} has none (every free agent speaks in every round)")
            told.tell(actions[agent])
        mission, before = self.mission, self.paid
        if self.snapshot is None:
            self.snapshot = mission.start(mission.tape(mission.scenario.record.every))
        else:
            self.snapshot = mission.advance(self.snapshot)
        self.running = mission.kind.running(mission, self.snapshot)
        self.paid = before if self.running is None else self.running[0].copy()
        if self.snapshot.k >= mission.rounds or mission.finished(self.snapshot):
            self.record = self._settled(self.snapshot)
            self.paid = self.record.net_cost[0].copy()
        self.rewards = before - self.paid

    def observation(self, agent: int) -> Array:
        """What one agent has before it, (size,)."""
        paid = None if self.running is None else float(self.running[0, agent])
        return seen(self.sight, self.mission, self.snapshot, agent, paid)

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
        if sight(other, other.faithful().start()) != self.sight or other.network.n != self.mission.network.n:
            raise BadInput(f"seed: {seed} draws a world of another size (make another environment for it)")
        return other

    def _loaded(self, seed: int | None) -> Mission[Any]:
        options: Any = {**self._options, "seed": seed}
        mission: Mission[Any] = load(self._world, **options)
        why = getattr(mission, "unsteady", "")
        if why:
            raise BadInput(f"{mission.scenario.name}: {why}")
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
