"""The rendezvous as a mission: robots agree by driving, the leader checks the bound and settles (T, Algorithm 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from robosim.agent import Array
from robosim.controllers.selfish import STRATEGIES
from robosim.leader.settle import Announcement, Settlement, settle
from robosim.leader.taxes import TAXES
from robosim.missions import deviate
from robosim.missions.mission import Mission, Snapshot
from robosim.network import Network
from robosim.problems.rendezvous import Rendezvous
from robosim.records.meeting_record import MeetingRecord
from robosim.scenario import RendezvousScenario
from robosim.tape import Blank, Recorder, Tape
from robosim.world.arena import Arena, Meter


@dataclass(frozen=True, kw_only=True)
class Meeting(Mission[MeetingRecord]):
    """A rendezvous ready to start; `own["start"]` (1, agents, d) are the types, `announcement` the leader's rules."""

    scenario: RendezvousScenario
    network: Network
    world: Arena
    problem: Rendezvous
    announcement: Announcement

    @property
    def shape(self) -> tuple[int, int, int]:
        """(missions, agents, d) of positions."""
        _, agents, d = self.own["start"].shape
        return self.batch, agents, d

    taxes = tuple(TAXES)

    @property
    def strategies(self) -> Mapping[str, type]:
        """Deviations from average consensus."""
        return STRATEGIES

    @property
    def summary(self) -> str:
        """Robots, rounds, step size and bound in one line."""
        rules = self.announcement
        return (
            f"{self.network.n} robots, {self.rounds} rounds of {self.world.dt_s:.4g} s, α {rules.alpha:.4g}, "
            f"β(n) {rules.beta:.4g} m"
        )

    @property
    def unit(self) -> str:
        """Of costs and taxes."""
        return "J" if self.problem.pays_for == "energy" else "m²"

    @property
    def tax_rule(self) -> str:
        """As announced."""
        return self.announcement.tax

    def optimum(self) -> float | None:
        """‖(I - J) θ‖² in the unit of the private cost; None where consensus minimises something else."""
        return self.problem.optimum(self.own["start"][0])

    def rational(self, record: MeetingRecord) -> bool | None:
        """A robot cannot be absent from its own rendezvous."""
        return None

    def tape(self, every: int | None) -> Tape:
        """Positions and energy of every `every`-th round."""
        return Blank(self.shape) if every is None else Recorder(self.shape, self.rounds, every)

    def billed(self, tax: str) -> Self:
        """The same meeting under another tax rule."""
        return replace(self, announcement=replace(self.announcement, tax=tax))

    def settle(self, snapshot: Snapshot) -> MeetingRecord:
        """The last exchange: bodies finish, agents report, the leader bills; before round n, as if n were now."""
        rules = replace(self.announcement, rounds=snapshot.k)
        meter = self.world.execute(snapshot.body, snapshot.heard.own)
        reports = self._reports(meter)
        largest = self.problem.largest_cost(meter.position, (rules.lower, rules.upper), rules.cost_range[1])
        settlement = settle(rules, meter.position, reports, largest, self.faulty(snapshot))
        costs = self.problem.private_cost(self.types["start"], meter.position, meter.energy_j)
        return self._record(snapshot, rules, meter, costs, reports, settlement)

    def _reports(self, meter: Meter) -> Array:
        said = self.controller.report(self.types, meter.position, {"energy_j": meter.energy_j[..., None]})
        reports = np.array(said["cost"][..., 0], dtype=np.float64)
        deviate.report(self.selfish, meter.position, reports)
        return reports

    def _record(
        self, snapshot: Snapshot, rules: Announcement, meter: Meter, costs: Array, reports: Array, bill: Settlement
    ) -> MeetingRecord:
        track = self.world.track(snapshot.body, snapshot.heard.own, meter)
        return MeetingRecord(
            **self.heading(snapshot),
            rules=rules,
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
        )
