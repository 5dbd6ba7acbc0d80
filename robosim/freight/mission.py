"""Coupled problems as missions: agents agree on copies, the leader listens, bills, and pays (X, sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim import deviate, program
from robosim.agent import Array, Rules, Said
from robosim.bodiless import Bodiless
from robosim.controllers.parts.audit import Audit, AuditState
from robosim.freight.absence import costs_without, mission_without, network_without
from robosim.freight.coupled.bound import lower_bound
from robosim.freight.coupled.feasible import nearest_feasible
from robosim.freight.coupled.optimum import Optimum, optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.record import FreightRecord, RoadLog
from robosim.freight.roads.instance import Instance
from robosim.freight.scenario import FreightScenario
from robosim.freight.taxes import case_of, presented, pretended, tolls
from robosim.leader.settle import Settlement, Terms, individually_rational, settle, usable
from robosim.leader.tax_rule import ABSENCE
from robosim.mission import Mission, Snapshot
from robosim.network.network import Hub, Network
from robosim.tape import Tape

Penalise = Callable[[Coupled, Network], dict[str, float]]
"""From a problem and a network to the penalties that its leader announces."""


@dataclass(frozen=True, kw_only=True)
class Freight(Mission[FreightRecord]):
    """N agents solve a coupled problem over a network; under VCG each of them is also left out once.

    `rules` hold rounds and tolerance; `penalise` finds the rest for this problem and for each that lacks an agent, so
    that no P_-i depends on agent i.

    From `start` on the same mission says the same bits, alone or in a batch. A snapshot that is advanced a second time,
    or after later ones, gives the same up to rounding only (1e-13 of the largest number, with congestion that is not
    linear 1e-9): agents' solvers are alive, and start from where they stood last.
    """

    scenario: FreightScenario
    coordinator: Audit = field(default_factory=Audit)
    world: Bodiless = field(default_factory=Bodiless)
    network: Any
    problem: Coupled
    penalise: Penalise
    marginals: str = "distributed"
    instance: Instance | None = None
    periods: int = 1

    @property
    def words(self) -> Mapping[str, tuple[int, int | None]]:
        """Copies y of everybody's decision, a multiplier that begins with that of b, and a tracker where it counts."""
        unknowns, demands = self.problem.slope.size, self.problem.b.size
        tracker = {"tracker": (demands, demands)} if self.announced["tracked"] else {}
        return {"y": (unknowns, unknowns), "multiplier": (demands, None), **tracker}

    @property
    def method(self) -> str:
        """The name of the program, as worlds write it."""
        return type(self.controller).__module__.rpartition(".")[2]

    @property
    def summary(self) -> str:
        """Agents, unknowns, rounds, penalties and tax in one line."""
        penalties = "".join(f"{name} {value:.4g}, " for name, value in self.penalties.items())
        size = self.problem.slope.size
        return f"{self.network.n} agents, {size} unknowns, at most {self.rounds} rounds, {penalties}tax {self.tax.name}"

    @property
    def unit(self) -> str:
        """Of costs and payments."""
        return "$"

    @cached_property
    def central(self) -> Optimum:
        """What one mind that knows everything would do."""
        return optimum(self.problem)

    def optimum(self) -> float | None:
        """The least social cost."""
        return self.central.objective

    def rational(self, record: FreightRecord) -> bool | None:
        """Whether what everybody is paid covers what it bears: staying away costs nothing (X, Proposition 4)."""
        net = record.net_cost[0]
        return individually_rational(net, np.zeros_like(net), record.private_cost[0], record.settlement.tax[0])

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
            "tracked": getattr(self.controller, "tracks", None),
        }

    @cached_property
    def types(self) -> Said:
        """The types that everybody runs with, (1|M, agents, components): the selfish may pretend others."""
        return pretended(self.own, self.deviations, self.batch)

    def tape(self, every: int | None) -> Tape:
        """Decisions and residuals of every `every`-th round."""
        return Tape(self.rounds, every)

    def left(self, agent: int) -> Network | Hub:
        """The network without an agent. Raises `BadInput` naming the one whose absence cuts the others apart."""
        return network_without(self.network, agent)

    def without(self, agent: int) -> Freight:
        """P_-i: the others alone, on what is left of the network; who deviates here does so there."""
        smaller: Freight = mission_without(self, agent)
        return smaller

    def start(self, tape: Any = None) -> Snapshot:
        """Round 0: everybody says where it stands."""
        return self._noted(super().start(tape))

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round of the method."""
        return self._noted(super().advance(snapshot))

    def _noted(self, snapshot: Snapshot, last: bool = False) -> Snapshot:
        books: AuditState = snapshot.leader
        tape: Tape = snapshot.body.tape
        tape.note(snapshot.k, last or self.finished(snapshot), x=books.x, residuals=books.residuals)
        return snapshot

    def settle(self, snapshot: Snapshot) -> FreightRecord:
        """The nearest feasible decision, everybody's report of what it costs, and the payments."""
        x, needed = self.decide(snapshot), ABSENCE in self.tax.needs
        reports, toll = self.reported(x), tolls(self.problem, x)
        without = costs_without(self) if needed else np.full(reports.shape, np.nan)
        lowest, highest = self.problem.claims(x, toll)
        case = case_of(self.problem, x, snapshot.leader.price, reports, without)
        terms = Terms(lowest=lowest, highest=highest, penalty=(highest - lowest).sum(axis=1, keepdims=True))
        bill = settle(self.tax, case, terms, self.faulty(snapshot))
        return self._record(snapshot, x, reports, without, bill)

    def faulty(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        """Who sent something unusable before its mission was done, (missions, agents)."""
        counted = tuple(fault for fault in snapshot.faults if fault[0] <= snapshot.leader.counted[fault[1]])
        return super().faulty(snapshot._replace(faults=counted))

    def decide(self, snapshot: Snapshot) -> Array:
        """The feasible decisions nearest to where everybody stood, (missions, N, n)."""
        return np.stack([nearest_feasible(self.problem, x) for x in snapshot.leader.x])

    def reported(self, x: Array) -> Array:
        """What everybody says that the decision costs it, (missions, N)."""
        reports = program.reported(self.controller, self.types, x, {"toll": tolls(self.problem, x)})
        deviate.report(self.selfish, x, reports)
        return reports

    def usable_reports(self, x: Array) -> Array:
        """The same moved into the announced range."""
        return usable(self.reported(x), *self.problem.claims(x, tolls(self.problem, x)))[0]

    def declared(self, mission: int) -> Coupled:
        """The problem as the agents of one mission present it."""
        return presented(self.problem, self.types, mission)

    def _record(self, snapshot: Snapshot, x: Array, reports: Array, without: Array, bill: Settlement) -> FreightRecord:
        books: AuditState = snapshot.leader
        tape: Tape = snapshot.body.tape
        if not tape.holds(snapshot.k):
            self._noted(snapshot, last=True)
        kept, noted = tape.rows()
        return FreightRecord(
            **self.heading(snapshot),
            kept=kept,
            said={"x": noted["x"]},
            decision=x,
            private_cost=np.stack([self.problem.costs(each) for each in x]),
            reported_cost=reports,
            settlement=bill,
            method=self.method,
            penalties=self.penalties,
            residuals=noted["residuals"],
            objective=np.array([[self.problem.objective(x) for x in rows] for rows in noted["x"]]),  # sums of one each
            price=books.price,
            without=without,
            gap=lower_bound(self.problem, x[0], books.price[0]).gap,
            injected=books.injected if books.tracked or self.announced["tracked"] is False else books.injected + np.nan,
            flow=self.problem.flow(x),
            flows=self.problem.flow(noted["x"]),
            declared=self.types["most"],
            roads=None if self.instance is None else RoadLog.of(self.instance, x[0], self.periods),
        )
