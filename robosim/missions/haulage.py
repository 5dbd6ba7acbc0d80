"""Coupled problems as missions: agents agree on copies, the leader listens, bills, and pays (X, sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules, Said
from robosim.controllers.audit import Audit, Books
from robosim.controllers.consensus_tracking_admm import ConsensusTrackingAdmm
from robosim.controllers.selfish_suppliers import SUPPLIER_DEVIATIONS
from robosim.errors import AgentFailure
from robosim.leader.bill import Bill
from robosim.leader.freight_absence import costs_without, mission_without, network_without
from robosim.leader.freight_taxes import FREIGHT_TAXES
from robosim.leader.freight_types import presented, pretended, tolls
from robosim.missions import deviate
from robosim.missions.mission import Mission, Snapshot
from robosim.network import Hub, Network
from robosim.problems.coupled import Coupled
from robosim.problems.coupled_bound import lower_bound
from robosim.problems.coupled_feasible import nearest_feasible
from robosim.problems.coupled_optimum import Optimum, optimum
from robosim.records.haulage_record import HaulageRecord, RoadLog
from robosim.scenario import FreightScenario
from robosim.world.ledger import Ledger
from robosim.world.roads.instance import Instance
from robosim.world.talk import Forum

Penalise = Callable[[Coupled, Network], dict[str, float]]
"""From a problem and a network to the penalties that its leader announces."""


@dataclass(frozen=True, kw_only=True)
class Haulage(Mission[HaulageRecord]):
    """N agents solve a coupled problem over a network; under VCG each of them is also left out once.

    `rules` hold rounds and tolerance; `penalise` finds the rest for this problem and for each that lacks an agent, so
    that no P_-i depends on agent i.

    From `start` on the same mission says the same bits, alone or in a batch. A snapshot that is advanced a second time,
    or after later ones, gives the same up to rounding only (1e-13 of the largest number, with congestion that is not
    linear 1e-9): agents' solvers are alive, and start from where they stood last.
    """

    scenario: FreightScenario
    coordinator: Audit = field(default_factory=Audit)
    network: Network
    world: Forum = field(default_factory=Forum)
    problem: Coupled
    penalise: Penalise
    tax: str
    marginals: str = "distributed"
    instance: Instance | None = None
    periods: int = 1

    taxes = tuple(FREIGHT_TAXES)

    @property
    def strategies(self) -> Mapping[str, type]:
        """Deviations of suppliers."""
        return SUPPLIER_DEVIATIONS

    @property
    def method(self) -> str:
        """The name of the program, as worlds write it."""
        return type(self.controller).__module__.rpartition(".")[2]

    @property
    def summary(self) -> str:
        """Agents, unknowns, rounds, penalties and tax in one line."""
        penalties = ", ".join(f"{name} {value:.4g}" for name, value in self.penalties.items())
        size = self.problem.slope.size
        return f"{self.network.n} agents, {size} unknowns, at most {self.rounds} rounds, {penalties}, tax {self.tax}"

    @property
    def unit(self) -> str:
        """Of costs and payments."""
        return "$"

    @property
    def tax_rule(self) -> str:
        """As announced."""
        return self.tax

    @cached_property
    def central(self) -> Optimum:
        """What one mind that knows everything would do."""
        return optimum(self.problem)

    def optimum(self) -> float | None:
        """The least social cost."""
        return self.central.objective

    def rational(self, record: HaulageRecord) -> bool | None:
        """Whether what everybody is paid covers what it bears: staying away costs nothing (X, Proposition 4)."""
        size = np.abs(record.private_cost[0]).max()
        return bool((record.net_cost[0] <= 1e-9 * size).all())

    @cached_property
    def penalties(self) -> dict[str, float]:
        """ρ, σ or what else the method needs."""
        return self.penalise(self.problem, self.network)

    @cached_property
    def announced(self) -> Rules:
        """The public part of the problem, the penalties, and what the leader itself needs."""
        problem = self.problem
        return {
            **self.rules,
            **self.penalties,
            "theta": problem.theta,
            "congestion": problem.congestion,
            "power": problem.power,
            "b": problem.b,
            "agents": problem.agents,
            "missions": self.batch,
            "A": problem.A,
            "tracked": isinstance(self.controller, ConsensusTrackingAdmm),
        }

    @cached_property
    def types(self) -> Said:
        """The types that everybody runs with, (1|M, agents, components): the selfish may pretend others."""
        return pretended(self.own, self.deviations, self.batch)

    def tape(self, every: int | None) -> Ledger:
        """Decisions and residuals of every `every`-th round."""
        return Ledger(self.rounds, every)

    def billed(self, tax: str) -> Self:
        """The same mission under another rule of payment."""
        return replace(self, tax=tax)

    def left(self, agent: int) -> Network | Hub:
        """The network without an agent. Raises `BadInput` naming the one whose absence cuts the others apart."""
        return network_without(self.network, agent)

    def without(self, agent: int) -> Haulage:
        """P_-i: the others alone, on what is left of the network; who deviates here does so there."""
        return mission_without(self, agent)

    def start(self, tape: Any = None) -> Snapshot:
        """Round 0: everybody says where it stands."""
        return self._noted(super().start(tape))

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round of the method."""
        return self._noted(super().advance(snapshot))

    def _noted(self, snapshot: Snapshot) -> Snapshot:
        books = snapshot.leader
        snapshot.body.minutes.note(snapshot.k, books.x, books.residuals, self.finished(snapshot))
        return snapshot

    def played(self) -> Snapshot:
        """The end of the mission, with nothing kept on the way."""
        snapshot = self.start()
        while snapshot.k < self.rounds and not self.finished(snapshot):
            snapshot = self.advance(snapshot)
        return snapshot

    def settle(self, snapshot: Snapshot) -> HaulageRecord:
        """The nearest feasible decision, everybody's report of what it costs, and the payments."""
        books: Books = snapshot.leader
        x = self.decided(snapshot)
        reports = self.reported(x)
        without = costs_without(self) if self.tax == "vcg" else np.full(reports.shape, np.nan)
        rule = FREIGHT_TAXES[self.tax]
        tax = np.stack([rule(self.problem, *each) for each in zip(x, books.price, reports, without, strict=True)])
        bill = Bill(tax=tax, refused=self.faulty(snapshot))
        return self._record(snapshot, x, reports, without, bill)

    def faulty(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        """Who sent something unusable before its mission was done, (missions, agents)."""
        counted = tuple(fault for fault in snapshot.faults if fault[0] <= snapshot.leader.counted[fault[1]])
        return super().faulty(snapshot._replace(faults=counted))

    def decided(self, snapshot: Snapshot) -> Array:
        """The feasible decisions nearest to where everybody stood, (missions, N, n)."""
        return np.stack([nearest_feasible(self.problem, x) for x in snapshot.leader.x])

    def reported(self, x: Array) -> Array:
        """What everybody says that the decision costs it, (missions, N)."""
        said = self.controller.report(self.types, x, {"toll": tolls(self.problem, x)})
        reports = np.array(np.broadcast_to(said["cost"][..., 0], x.shape[:2]))
        deviate.report(self.selfish, x, reports)
        if not np.isfinite(reports).all():
            _, agent = np.argwhere(~np.isfinite(reports))[0]
            raise AgentFailure(f"agent {agent} reported a cost that is not finite (its program must report numbers)")
        return reports

    def declared(self, mission: int) -> Coupled:
        """The problem as the agents of one mission present it."""
        return presented(self.problem, self.types, mission)

    def _record(self, snapshot: Snapshot, x: Array, reports: Array, without: Array, bill: Bill) -> HaulageRecord:
        books: Books = snapshot.leader
        ledger: Ledger = snapshot.body.minutes
        if not ledger.kept or ledger.kept[-1] != snapshot.k:
            ledger.note(snapshot.k, books.x, books.residuals, last=True)
        kept, stood, residuals = ledger.rows()
        return HaulageRecord(
            **self.heading(snapshot),
            kept=kept,
            said={"x": stood},
            decision=x,
            private_cost=np.stack([self.problem.costs(each) for each in x]),
            reported_cost=reports,
            settlement=bill,
            tax_rule=self.tax,
            method=self.method,
            penalties=self.penalties,
            residuals=residuals,
            objective=self.problem.objective(stood),
            price=books.price,
            without=without,
            gap=lower_bound(self.problem, x[0], books.price[0]).gap,
            injected=books.injected,
            flow=self.problem.flow(x),
            roads=None if self.instance is None else RoadLog.of(self.instance, x[0], self.periods),
        )
