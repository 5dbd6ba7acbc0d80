"""The mission loop: everything that changes is in a Snapshot, and time passes in `Mission.advance` only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim import deviate
from robosim.agent import Array, Controller, Deviation, Heard, Rules, Said
from robosim.controllers.selfish import name_of
from robosim.deviate import Fault, Selfish, crashed
from robosim.leader.settle import Announcement, Settlement, settle
from robosim.network import Network
from robosim.problem import Rendezvous
from robosim.record import Record, Verdict
from robosim.scenario import Scenario
from robosim.tape import Blank, Recorder, Tape
from robosim.world.arena import Arena, Body, Meter


class Snapshot(NamedTuple):
    """A mission after round k. Saving it is a checkpoint, advancing it is a run, drawing it is a viewer."""

    k: int
    state: Any
    heard: Heard
    body: Body
    memory: tuple[Any, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Mission:
    """Agents, network, world and leader, ready to start; `batch` missions side by side differ in who deviates.

    Parameters
    ----------
    scenario : the checked world file behind it.
    own : private types, each (1, agents, components).
    controller : the faithful program.
    rules : what the leader announces to the agents.
    announcement : the same with what the leader needs to settle.
    deviations : who plays which strategy in which mission of the batch.
    """

    scenario: Scenario
    own: Said
    controller: Controller
    network: Network
    world: Arena
    problem: Rendezvous
    rules: Rules
    announcement: Announcement
    deviations: tuple[Deviation, ...] = ()
    batch: int = 1
    judge: Callable[[Mission, Record], Verdict] | None = field(default=None, repr=False, compare=False)

    @property
    def rounds(self) -> int:
        """n, the number of rounds."""
        return self.announcement.rounds

    @property
    def shape(self) -> tuple[int, int, int]:
        """(missions, agents, d) of positions."""
        _, agents, d = self.own["start"].shape
        return self.batch, agents, d

    @cached_property
    def _own(self) -> Said:
        return {key: np.repeat(x, self.batch, axis=0) if self.batch > 1 else x for key, x in self.own.items()}

    @cached_property
    def _selfish(self) -> Selfish:
        return Selfish(self.deviations, tuple(one.rows(self.own) for one in self.deviations), self.rules)

    def faithful(self) -> Mission:
        """The same mission, alone, with everybody faithful."""
        return self.playing(())

    def playing(self, deviations: tuple[Deviation, ...], batch: int = 1) -> Mission:
        """The same mission with other deviations, `batch` times side by side."""
        return replace(self, deviations=deviations, batch=batch)

    def start(self, tape: Tape | None = None) -> Snapshot:
        """Round 0: the rules are announced, everybody says its first words. Without a tape nothing is kept."""
        try:
            state, said = self.controller.start(self._own, self.rules, self.network.links)
        except Exception as problem:
            raise crashed(0, self.controller, problem) from problem
        said = {key: x.copy() for key, x in said.items()}  # the first words may be the private types themselves
        memory, faults = deviate.speak(self._selfish, 0, said, None, (None,) * len(self.deviations))
        body, seen = self.world.start(self._own, said, tape or Blank(self.shape))
        return Snapshot(0, state, self.network.deliver(seen, {}), body, memory, faults)

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round: followers finish round k-1 and speak, the selfish replace their rows, bodies drive, all look."""
        k, memory, faults = snapshot.k + 1, snapshot.memory, snapshot.faults
        try:
            state, said = self.controller.step(snapshot.state, snapshot.heard)
        except Exception as problem:
            raise crashed(k, self.controller, problem) from problem
        if self.deviations:
            memory, new = deviate.speak(self._selfish, k, said, snapshot.heard, memory)
            faults += new
        body, seen = self.world.move(snapshot.body, said)
        return Snapshot(k, state, self.network.deliver(seen, {}), body, memory, faults)

    def run(self, every: int | None = None, watch: Callable[[Snapshot], None] | None = None) -> Record:
        """All rounds and the settlement; `every` thins the record, `watch` sees each snapshot.

        Ctrl-C ends the mission early: what was played is settled after that round and marked `interrupted`.
        """
        tape = Recorder(self.shape, self.rounds, every or self.scenario.record.every)
        snapshot = self.start(tape)
        try:
            for _ in range(self.rounds):
                snapshot = self.advance(snapshot)
                if watch:
                    watch(snapshot)
        except KeyboardInterrupt:
            pass
        return self.settle(snapshot)

    def settle(self, snapshot: Snapshot) -> Record:
        """The last exchange: bodies finish, agents report, the leader bills; before round n, as if n were now."""
        rules = replace(self.announcement, rounds=snapshot.k)
        meter = self.world.execute(snapshot.body, snapshot.heard.own)
        reports = self._reports(meter)
        largest = self.problem.largest_cost(meter.position, (rules.lower, rules.upper), rules.cost_range[1])
        settlement = settle(rules, meter.position, reports, largest, self._faulty(snapshot))
        costs = self.problem.private_cost(self._own["start"], meter.position, meter.energy_j)
        return self._record(snapshot, rules, meter, costs, reports, settlement)

    def _reports(self, meter: Meter) -> Array:
        said = self.controller.report(self._own, meter.position, {"energy_j": meter.energy_j[..., None]})
        reports = np.array(said["cost"][..., 0], dtype=np.float64)
        deviate.report(self._selfish, meter.position, reports)
        return reports

    def _faulty(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        faulty = np.zeros(self.shape[:2], dtype=bool)
        for _, mission, agent in snapshot.faults:
            faulty[mission, agent] = True
        return faulty

    def _record(
        self, snapshot: Snapshot, rules: Announcement, meter: Meter, costs: Array, reports: Array, bill: Settlement
    ) -> Record:
        track = self.world.track(snapshot.body, snapshot.heard.own, meter)
        judge = self.judge
        return Record(
            world=self.scenario.name,
            kind=self.scenario.mission.kind,
            seed=self.scenario.mission.seed,
            world_toml=self.scenario.to_toml(),
            rules=rules,
            planned_rounds=self.rounds,
            travel=self.scenario.mission.travel,
            dt_s=self.world.dt_s,
            pays_for=self.problem.pays_for,
            edges=self.network.edges,
            start=self.own["start"][0],
            kept=track.kept,
            said={"z": track.said},
            positions=track.positions,
            energy_j=track.energy_j,
            decision=meter.position,
            spent_j=meter.energy_j,
            private_cost=costs,
            reported_cost=reports,
            settlement=bill,
            strategies=self._names(),
            judge=None if judge is None else lambda record: judge(self, record),
        )

    def _names(self) -> dict[tuple[int, int], str]:
        return {
            (int(m), int(i)): name_of(deviation.strategy)
            for deviation in self.deviations
            for m, i in zip(deviation.missions, deviation.agents, strict=True)
        }
