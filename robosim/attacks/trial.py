"""Many deviations of the same agents tried at once: missions side by side, billed, held against the faithful one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Deviation, Strategy
from robosim.attacks.space import Words, bent
from robosim.errors import RobosimError
from robosim.mission import Mission
from robosim.record import Record
from robosim.rows import ended, settled

AT_ONCE = 2_000_000
"""Numbers that agents say in a round, of all missions that are run side by side; memory likes no more."""
WIDER = 0.5


class Outcome(NamedTuple):
    """What K trials came to, against the faithful mission: (K, agents) saved by everybody, and who understated (K,)."""

    saved: Array
    net_cost: Array
    understated: NDArray[np.bool_]


@dataclass
class Bench:
    """One mission under one tax rule, with what its faithful run came to; counts what it tries."""

    mission: Mission[Any]
    honest: Record
    tried: int = 0
    failed: int = 0
    """Trials that could not be settled: prices ran away, or a program broke."""
    faults: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Trials that are run side by side at most."""
        mission = self.mission
        wide = max(least for least, _ in mission.words.values())
        return max(1, AT_ONCE // (mission.copies * mission.network.n * wide))

    def tries(self, agents: Sequence[int], plans: Sequence[Sequence[Strategy]]) -> Outcome:
        """Trials (K,) in each of which every one of `agents` plays its own: plans[member][trial], or one for all.

        A member's single strategy with K rows of its own is played by all trials together where the mission keeps
        rows together.
        """
        count = max(rows_of(plan) for plan in plans)
        parts = [
            self._within(agents, plans, np.arange(a, min(a + self.size, count))) for a in range(0, count, self.size)
        ]
        return Outcome(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _within(self, agents: Sequence[int], plans: Sequence[Sequence[Strategy]], trials: NDArray[np.int64]) -> Outcome:
        """Some of the trials; where one cannot be settled it is found by halves, and counts as a loss of everything."""
        try:
            record = self._settled(agents, plans, trials)
        except RobosimError as problem:
            if len(trials) > 1:
                half = np.array_split(trials, 2)
                parts = [self._within(agents, plans, one) for one in half]
                return Outcome(*(np.concatenate(column) for column in zip(*parts, strict=True)))
            self.tried, self.failed = self.tried + 1, self.failed + 1
            self.faults = self.faults or [str(problem)]
            lost = np.full((1, self.mission.network.n), -np.inf)
            return Outcome(lost, -lost, np.zeros(1, dtype=bool))
        self.tried += len(trials)
        rows, understated = np.arange(len(trials)), np.zeros(len(trials), dtype=bool)
        if len(agents) == 1:
            understated = record.understated(rows, np.full(len(trials), agents[0]))
        saved = self.honest.net_cost - record.net_cost
        return Outcome(np.where(np.isfinite(saved), saved, -np.inf), record.net_cost, understated)

    def _settled(self, agents: Sequence[int], plans: Sequence[Sequence[Strategy]], trials: NDArray[np.int64]) -> Record:
        played = [one for agent, plan in zip(agents, plans, strict=True) for one in deviations(agent, plan, trials)]
        kept = [everywhere(one, len(trials)) for one in self.mission.deviations]
        mission = self.mission.playing((*kept, *played), batch=len(trials))
        record: Record = settled(mission, ended(mission))
        return record


def everywhere(one: Deviation, count: int) -> Deviation:
    """A deviation of mission 0 in so many missions side by side."""
    agents = one.agents[one.missions == 0]
    missions = np.repeat(np.arange(count), len(agents))
    return Deviation(strategy=one.strategy, missions=missions, agents=np.tile(agents, count))


def rows_of(plan: Sequence[Strategy]) -> int:
    """Trials for which there are strategies."""
    return sum(rows(one) for one in plan)


def rows(one: Strategy) -> int:
    """Deviators that a strategy plays for, side by side."""
    phases = getattr(one, "phases", None)
    return 1 if phases is None else len(phases.hold)


def deviations(agent: int, plan: Sequence[Strategy], trials: NDArray[np.int64]) -> list[Deviation]:
    """Who plays what in some of the trials, numbered from 0."""
    if len(plan) == 1 and rows(plan[0]) > 1:
        return [_deviation(some_of(plan[0], trials), np.arange(len(trials)), agent)]
    return [_deviation(plan[trial], np.array([row]), agent) for row, trial in enumerate(trials)]


def some_of(plan: Any, trials: NDArray[np.int64]) -> Strategy:
    """The same programmes, but of these trials only."""
    if len(trials) == rows(plan):
        return plan  # type: ignore[no-any-return]
    from dataclasses import replace

    here, there = plan.phases, plan.beside

    def cut(x: Array) -> Array:
        return x if len(x) == 1 else x[trials]

    return replace(plan, phases=type(here)(*map(cut, here)), beside=type(there)(*map(cut, there)))  # type: ignore[no-any-return]


def _deviation(strategy: Strategy, missions: NDArray[np.int64], agent: int) -> Deviation:
    return Deviation(strategy=strategy, missions=missions, agents=np.full(len(missions), agent))


def spoken(mission: Mission[Any], rows_of_agents: Sequence[int]) -> Array | None:
    """What agents said, row m of the batch by agent rows_of_agents[m], (missions, rounds + 1, components).

    None where words change their length over the mission, or nobody speaks.
    """
    word, snapshot, lines = bent(mission), mission.start(), []
    while True:
        if snapshot.heard is None or word not in snapshot.heard.own:
            return None
        said = snapshot.heard.own[word]
        main = said[:: max(1, len(said) // mission.batch)]
        if main.shape[1] != mission.network.n or len(main) != mission.batch:
            return None
        lines.append(main[np.arange(mission.batch), list(rows_of_agents)].copy())
        if snapshot.k >= mission.rounds or mission.finished(snapshot):
            break
        snapshot = mission.advance(snapshot)
    if len({line.shape for line in lines}) > 1:
        return None
    return np.stack(lines, axis=1)


def words_of(mission: Mission[Any], honest: Record, few: int) -> Words | None:
    """How large the word is that programmes bend: its public limits, or what is said faithfully, and more."""
    word = bent(mission)
    if not word:
        return None
    low, high, count = _range(mission.faithful(), word)
    own = mission.own
    if "lower" in own and "upper" in own and own["lower"].shape[2] == count and np.isfinite(own["upper"]).all():
        low, high = own["lower"].min(axis=(0, 1)), own["upper"].max(axis=(0, 1))
    else:
        wide = np.maximum(high - low, 1e-6 * (1.0 + np.abs(high)))
        low, high = low - WIDER * wide, high + WIDER * wide
    if count > few:
        low, high = low.min(keepdims=True), high.max(keepdims=True)
    cost = float(np.abs(honest.reported_cost[0]).mean()) or 1.0
    return Words(low, high, cost, count)


def _range(mission: Mission[Any], word: str) -> tuple[Array, Array, int]:
    """Least and greatest of each component over agents and rounds, and how many components there are; of words whose
    length changes only one for all."""
    lows, highs = [], []

    def watch(snapshot: Any) -> None:
        if snapshot.heard is not None and word in snapshot.heard.own:
            said = snapshot.heard.own[word]
            lows.append(said.min(axis=(0, 1), initial=np.inf))
            highs.append(said.max(axis=(0, 1), initial=-np.inf))

    watch(mission.start())
    mission.played(watch=watch)
    if len({x.shape for x in lows}) > 1:
        return np.array([min(map(np.min, lows))]), np.array([max(map(np.max, highs))]), 1
    return np.min(lows, axis=0), np.max(highs, axis=0), len(lows[0])
