"""The rendezvous as a mission: robots agree by driving, the leader checks the bound and settles (T, Algorithm 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from robosim import deviate, program
from robosim.agent import Array
from robosim.leader.settle import Settlement, Terms, settle
from robosim.leader.tax_rule import Case
from robosim.mission import Mission, Snapshot
from robosim.network.given import title_of
from robosim.network.network import Network, spread
from robosim.network.radio import Radio
from robosim.rendezvous.excused import bound_of, spread_of
from robosim.rendezvous.problem import Announcement, RendezvousProblem
from robosim.rendezvous.record import RendezvousRecord
from robosim.rendezvous.scenario import RendezvousScenario
from robosim.rendezvous.world.arena import Arena, Meter
from robosim.tape import Tape


@dataclass(frozen=True, kw_only=True)
class Rendezvous(Mission[RendezvousRecord]):
    """A rendezvous ready to start; `own["start"]` (1 or batch, agents, d) are the types.

    `announcement` are the leader's rules, `problem` says what robots pay for.
    """

    scenario: RendezvousScenario
    network: Network | Radio
    world: Arena
    problem: RendezvousProblem
    announcement: Announcement

    @property
    def shape(self) -> tuple[int, int, int]:
        """(missions, agents, d) of positions."""
        _, agents, d = self.own["start"].shape
        return self.batch, agents, d

    @property
    def words(self) -> Mapping[str, tuple[int, int | None]]:
        """The waypoint z, metres."""
        return {"z": (self.shape[2], self.shape[2])}

    @property
    def summary(self) -> str:
        """Robots, rounds, step size and bound in one line."""
        rules = self.announcement
        steps = rules.schedule
        alpha = f"{rules.alpha:.4g}" if steps is None else f"{steps[0]:.4g}..{rules.alpha:.4g}"
        return (
            f"{self.network.n} robots, {self.rounds} rounds of {self.world.dt_s:.4g} s, α {alpha}, "
            f"β(n) {rules.beta:.4g} m"
        )

    @property
    def unit(self) -> str:
        """Of costs and taxes: m² for displacement, J for energy."""
        return "J" if self.problem.pays_for == "energy" else "m²"

    def optimum(self) -> float | None:
        """‖(I - J) θ‖² in the unit of the private cost; None where consensus minimises something else."""
        return self.problem.optimum(self.own["start"][0])

    def rational(self, record: RendezvousRecord) -> bool | None:
        """A robot cannot be absent from its own rendezvous."""
        return None

    def tape(self, every: int | None) -> Tape:
        """What the world keeps of every `every`-th round."""
        return Tape(self.rounds, every, self.world.shapes(*self.shape[:2]))

    def decide(self, snapshot: Snapshot) -> Array:
        """Where the robots end, (missions, agents, d) metres."""
        return self.world.execute(snapshot.body, snapshot.heard.own).position

    def settle(self, snapshot: Snapshot) -> RendezvousRecord:
        """The last exchange: bodies finish, agents report, the leader bills; before round n, as if n were now."""
        rules = replace(self.announcement, rounds=snapshot.k)
        meter = self.world.execute(snapshot.body, snapshot.heard.own)
        costs = self.problem.private_cost(self.types["start"], meter.position, meter.energy_j)
        reports = self._reports(meter, costs)
        nothing = np.full(reports.shape, np.nan)
        case = Case(
            reported=reports,
            leader_cost=np.zeros(len(reports)),
            others_alone=nothing,
            leader_alone=nothing,
            worth=nothing,
        )
        bill = settle(self.tax, case, self._terms(rules, meter), self.faulty(snapshot))
        return self._record(snapshot, rules, meter, costs, reports, bill)

    def _terms(self, rules: Announcement, meter: Meter) -> Terms:
        """The bound, and reports between the announced range and what a robot that is seen there can have spent."""
        largest = self.problem.largest_cost(meter.position, (rules.lower, rules.upper), rules.cost_range[1])
        distance, beta, excused = self._distance(rules, meter)
        return Terms(
            lowest=np.array(rules.cost_range[0]),
            highest=np.maximum(largest, rules.cost_range[1]),
            penalty=np.array(rules.penalty),
            distance=distance,
            beta=beta,
            excused=excused,
        )

    def _distance(self, rules: Announcement, meter: Meter) -> tuple[Array, Array, NDArray[np.bool_] | None]:
        """How far teams are from agreement, (missions,) m, how far they may be, and who is left out of both."""
        if meter.left is None or self.scenario.leader.empty == "charged":
            return np.asarray(spread(meter.position), dtype=np.float64), np.array(rules.beta), None
        away = meter.left >= 0
        graph = self.network.graph if isinstance(self.network, Radio) else self.network
        return spread_of(meter.position, ~away), bound_of(rules, graph, meter.left), away

    def apart(self, snapshot: Snapshot) -> Array:
        """How far teams are from agreement, as the leader would measure it now, (missions,) m."""
        return self._distance(self.announcement, self.world.execute(snapshot.body, snapshot.heard.own))[0]

    def _reports(self, meter: Meter, metered: Array) -> Array:
        """What everybody says that it cost; of a program that says nothing, what the leader's own meter shows."""
        own_meter = {"energy_j": meter.energy_j[..., None]}
        reports = program.reported(self.controller, self.types, meter.position, own_meter, metered)
        deviate.report(self.selfish, meter.position, reports)
        return reports

    def _record(
        self, snapshot: Snapshot, rules: Announcement, meter: Meter, costs: Array, reports: Array, bill: Settlement
    ) -> RendezvousRecord:
        track = self.world.track(snapshot.body, snapshot.heard.own, meter)
        return RendezvousRecord(
            **self.heading(snapshot),
            rules=rules,
            travel=self.scenario.mission.travel,
            dt_s=self.world.dt_s,
            pays_for=self.problem.pays_for,
            edges=self.network.edges,
            weights=getattr(self.network, "weights", None),  # networks of one's own may have none
            labels=tuple(map(title_of, getattr(self.network, "labels", ()))),
            reception=self.network.reception(snapshot.net, self.batch) if isinstance(self.network, Radio) else None,
            starts=self.own["start"],
            kept=track.kept,
            said={"z": track.said},
            positions=track.positions,
            energy_j=track.energy_j,
            decision=meter.position,
            spent_j=meter.energy_j,
            bodies=self.world.log(track),
            private_cost=costs,
            reported_cost=reports,
            settlement=bill,
        )
