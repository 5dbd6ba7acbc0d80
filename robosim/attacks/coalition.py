"""Coalitions: what several agents gain together, however they share it.

No tax of the Groves family stops them (T, section VI; J. Green, J.-J. Laffont, Review of Economic Studies 46 (1979)):
pairs first, the best of them grown one member at a time by who adds most. Joint programs are searched as one vector,
reports among it, from what each member would do alone and from rings in which all report less. Side payments are those
that give each member the same share of the joint gain.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from robosim.agent import Array, Strategy
from robosim.attacks.named import Tax, checked
from robosim.attacks.optimisers import optimiser
from robosim.attacks.search import Clock, Effort, Over
from robosim.attacks.seeds import Seeds
from robosim.attacks.space import FEW, Space, space_of
from robosim.attacks.trial import Bench, words_of
from robosim.controllers.selfish.programme import Programme
from robosim.errors import BadInput
from robosim.mission import Mission

PAIRS = 66
"""Pairs that are searched at most, those of twelve agents; of more agents so many are drawn."""


@dataclass(frozen=True, kw_only=True)
class Coalition:
    """Who deviates together under a rule, what they gain jointly, and what passes between them.

    `gains` is what each member saves before anything passes, `side_payments` what each then receives (negative: pays).
    No certificate covers it.
    """

    members: tuple[int, ...]
    tax_rule: str
    joint_gain: float
    gains: tuple[float, ...]
    side_payments: tuple[float, ...]
    others_change: float
    net_costs: tuple[float, ...]
    plays: tuple[Programme, ...]


@dataclass(frozen=True, kw_only=True)
class Coalitions:
    """The best coalition of each size under each rule."""

    found: tuple[Coalition, ...]
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    tried: int = 0
    seconds: float = 0.0


class Joint:
    """The programs of several agents as one vector, and the best of what was tried."""

    def __init__(self, bench: Bench, members: tuple[int, ...], spaces: dict[int, Space]) -> None:
        self.bench, self.members = bench, members
        self.spaces = [spaces[agent] for agent in members]
        self.best: Coalition | None = None

    @property
    def box(self) -> tuple[Array, Array]:
        """Corners of the joint box."""
        ends = [space.bounds for space in self.spaces]
        return np.concatenate([low for low, _ in ends]), np.concatenate([high for _, high in ends])

    def split(self, x: Array) -> list[Array]:
        """A vector of all as vectors of each."""
        sizes = np.cumsum([len(space.bounds[0]) for space in self.spaces])[:-1]
        return np.split(x, sizes, axis=1)

    def first(self) -> Array:
        """Everybody faithful; each alone by what may pay; rings that report less, or nothing at all."""
        alone = [Seeds(agent=agent).vectors(space, self.bench.mission) for agent, space in self.each()]
        known = [np.concatenate([vectors[0] for vectors in alone])]
        for place, vectors in enumerate(alone):
            for one in vectors[1:]:
                known.append(
                    np.concatenate([one if place == other else alone[other][0] for other in range(len(alone))])
                )
        for step in range(1, min(map(len, alone))):
            known.append(np.concatenate([vectors[step] for vectors in alone]))
        known += [np.concatenate([reporting(space, share) for space in self.spaces]) for share in (0.9, 0.5, 0.1, 0.0)]
        return np.asarray(np.clip(np.array(known), *self.box))

    def each(self) -> list[tuple[int, Space]]:
        """Members with their boxes."""
        return list(zip(self.members, self.spaces, strict=True))

    def gains(self, clock: Clock) -> Callable[[Array], Array]:
        """What vectors gain all members together; remembers the best."""

        def of(x: Array) -> Array:
            parts = self.split(x)
            plans = [self._plans(space, part) for space, part in zip(self.spaces, parts, strict=True)]
            outcome = self.bench.tries(self.members, plans)
            joint = outcome.saved[:, list(self.members)].sum(axis=1)
            row = int(np.argmax(joint))
            if self.best is None or joint[row] > self.best.joint_gain:
                self.best = self._found([part[row] for part in parts], outcome.saved[row], outcome.net_cost[row])
            clock.tick(len(x))
            return np.asarray(joint)

        return of

    def _plans(self, space: Space, x: Array) -> list[Strategy]:
        together = space.played(x) if self.bench.mission.stacks else None
        return [together] if together is not None else [space.programme(one) for one in x]

    def _found(self, parts: list[Array], saved: Array, net_cost: Array) -> Coalition:
        mine = saved[list(self.members)]
        joint = float(mine.sum())
        return Coalition(
            members=self.members,
            tax_rule=self.bench.mission.tax.name,
            joint_gain=joint,
            gains=tuple(mine.tolist()),
            side_payments=tuple((joint / len(mine) - mine).tolist()),
            others_change=joint - float(saved.sum()),
            net_costs=tuple(net_cost[list(self.members)].tolist()),
            plays=tuple(space.programme(part) for space, part in zip(self.spaces, parts, strict=True)),
        )


def reporting(space: Space, share: float) -> Array:
    """The faithful vector but for reports, of which this share is said, in the mission only."""
    found = space.faithful()
    if space.words is not None:
        found[space.parts[0] + space.parts[1]] = share
    return found


def coalitions(
    mission: Mission[Any],
    size: int,
    *,
    agents: Sequence[int] | None = None,
    taxes: Sequence[Tax] | None = None,
    effort: Effort | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Coalitions:
    """The best pair, and the best coalitions grown from it up to `size` members, under each tax rule.

    Ctrl-C and `effort.budget_s` end it with what was found. Raises `BadInput` for a size that nobody can form.
    """
    effort = effort or Effort(generations=4, starts=1)
    run = optimiser(effort.optimiser)
    who, _, bills, _ = checked(mission, agents, [], taxes)
    if not 2 <= size <= len(who):
        raise BadInput(f"--coalition: must be 2 to {len(who)} members, got {size} (the agents that may join)")
    pairs, notes = _pairs(who, effort.seed)
    steps = len(bills) * (len(pairs) + (size - 2) * len(who))
    clock = Clock(effort, steps * effort.generations * effort.population, progress)
    found: list[Coalition] = []
    interrupted = False
    try:
        for bill in bills.values():
            bench = Bench(bill, bill.whole())
            words = words_of(bill, bench.honest, FEW)
            spaces = {agent: space_of(bill, agent, words, np.zeros((0, 0))) for agent in who}
            tried: list[tuple[int, ...]] = pairs
            while tried:
                best = _best(bench, tried, spaces, effort, clock, run, found)
                joined = () if best is None or len(best.members) >= size else best.members
                tried = [tuple(sorted((*joined, one))) for one in who if one not in joined] if joined else []
    except Over:
        notes.append("the search ended when its time was up: more may be found")
    except KeyboardInterrupt:
        interrupted = True
    seconds = time.perf_counter() - clock.began
    return Coalitions(
        found=tuple(found), interrupted=interrupted, notes=tuple(notes), tried=clock.done, seconds=seconds
    )


def _pairs(who: Sequence[int], seed: int) -> tuple[list[tuple[int, ...]], list[str]]:
    every: list[tuple[int, ...]] = list(combinations(sorted(who), 2))
    if len(every) <= PAIRS:
        return every, []
    some = np.random.default_rng(seed).choice(len(every), PAIRS, replace=False)
    return [every[k] for k in sorted(some)], [f"{PAIRS} of {len(every)} pairs were tried, drawn at random"]


def _best(
    bench: Bench,
    tried: list[tuple[int, ...]],
    spaces: dict[int, Space],
    effort: Effort,
    clock: Clock,
    run: Any,
    found: list[Coalition],
) -> Coalition | None:
    """Search each of these coalitions; the best is put into `found`, also where the time is up in between."""
    best: Coalition | None = None
    place = len(found)
    for number, members in enumerate(tried):
        joint = Joint(bench, members, spaces)
        rng = np.random.default_rng((effort.seed, place, number))
        low, high = joint.box
        known = joint.first()
        rest = low + (high - low) * rng.random((max(0, effort.population - len(known)), len(low)))
        near = known[rng.integers(len(known), size=len(rest))]
        mixed = np.where(rng.random(rest.shape) < 0.1, rest, near)
        try:
            run(joint.gains(clock), np.concatenate([known, mixed]), (low, high), effort.generations, rng)
        finally:
            if joint.best is not None and (best is None or joint.best.joint_gain > best.joint_gain):
                best = joint.best
                found[place:] = [best]
    return best
