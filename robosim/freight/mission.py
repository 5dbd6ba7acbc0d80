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
from robosim.certificate import ROUNDING
from robosim.controllers.parts.audit import Audit, AuditState
from robosim.errors import RobosimError
from robosim.freight.absence import Marginals, costs_without, mission_without, network_without
from robosim.freight.counts import counts
from robosim.freight.coupled.bound import certified
from robosim.freight.coupled.duals import limit_prices
from robosim.freight.coupled.feasible import FEASIBLE, nearest_feasible
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

Penalise = Callable[[Coupled, Network], Rules]
"""From a problem and a network to what its leader announces of the method: penalties, numbers; weights, arrays."""


@dataclass(frozen=True, kw_only=True)
class Freight(Mission[FreightRecord]):
    """N agents solve a coupled problem over a network; under VCG each of them is also left out once.

    `rules` hold rounds and tolerance; `penalise` finds the rest for this problem and for each that lacks an agent, so
    that no P_-i depends on agent i. P_-i has `marginal_rounds` of its own.

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
    marginal_rounds: int
    instance: Instance | None = None
    periods: int = 1

    @property
    def words(self) -> Mapping[str, tuple[int, int | None]]:
        """Copies y of everybody's decision, or one's own alone where the program says that it keeps none; a multiplier
        that begins with that of b, and a tracker that does where it counts."""
        demands, copies = self.problem.b.size, getattr(self.controller, "copies", True)
        unknowns = self.problem.slope.size if copies else self.problem.variables
        tracker = {"tracker": (demands, None)} if self.announced["tracked"] else {}
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
        """Whether what everybody is paid covers what it bears: staying away costs nothing (X, Proposition 4).

        Under VCG nobody gets less than the exact h_-i - F* less what the decision is above F*: that is no loss.
        """
        net = record.net_cost[0] - (record.gap if self.tax.groves and np.isfinite(record.gap) else 0.0)
        return individually_rational(net, np.zeros_like(net), record.private_cost[0], record.settlement.tax[0])

    def gap(self, x: Array, price: Array, patient: bool = True) -> float:
        """How far a feasible decision (N, n) can be above the optimum, and what meeting b up to rounding may save.

        Who is not `patient`, or where no optimum is found, knows it as well as the agents' price tells.
        """
        try:
            best = self.central if patient else None
        except (RobosimError, ArithmeticError):
            best = None
        found = None if best is None else (best.x, best.price)
        bound, size = certified(self.problem, x, price, found), abs(float(self.problem.objective(x)))
        return max(bound.gap, 0.0) + FEASIBLE * size if bound.gap >= -ROUNDING * size else bound.gap

    def cut(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        """(missions,) whose rounds ran out before the announced tolerance was reached."""
        done = self.coordinator.done(snapshot.leader)
        return np.zeros_like(done) if self.announced["tolerance"] is None else ~done

    @cached_property
    def method_rules(self) -> Rules:
        """Penalties, and weights where some edges are steep."""
        return self.penalise(self.problem, self.network)

    @property
    def penalties(self) -> dict[str, float]:
        """ρ, σ or what else the method needs."""
        return {key: x for key, x in self.method_rules.items() if isinstance(x, float)}

    @cached_property
    def announced(self) -> Rules:
        """The public part of the problem, the penalties, and what the leader itself needs."""
        problem = self.problem
        return {
            **self.rules,
            **self.method_rules,
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
        off = books.off if books.tracked else books.off + np.nan
        tape.note(snapshot.k, last or self.finished(snapshot), x=books.x, residuals=books.residuals, off=off)
        return snapshot

    def settle(self, snapshot: Snapshot) -> FreightRecord:
        """The nearest feasible decision, everybody's report of what it costs, and the payments."""
        x, needed = self.decide(snapshot), ABSENCE in self.tax.needs
        reports, toll = self.reported(x), tolls(self.problem, x)
        alone = costs_without(self) if needed else Marginals.solved(np.full(reports.shape, np.nan))
        lowest, highest = self.problem.claims(x, toll)
        case = case_of(self.problem, x, snapshot.leader.price, reports, alone.cost)
        terms = Terms(lowest=lowest, highest=highest, penalty=(highest - lowest).sum(axis=1, keepdims=True))
        bill = settle(self.tax, case, terms, self.faulty(snapshot))
        return self._record(snapshot, x, reports, alone, bill)

    def faulty(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        """Who sent something unusable before its mission was done, (missions, agents)."""
        counted = tuple(fault for fault in snapshot.faults if fault[0] <= snapshot.leader.counted[fault[1]])
        return super().faulty(snapshot._replace(faults=counted))

    def decide(self, snapshot: Snapshot) -> Array:
        """The feasible decisions nearest to where everybody stood, (missions, N, n); who did nothing does nothing."""
        return np.stack([nearest_feasible(self.problem, x, held=True) for x in snapshot.leader.x])

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

    def _record(
        self, snapshot: Snapshot, x: Array, reports: Array, alone: Marginals, bill: Settlement
    ) -> FreightRecord:
        books: AuditState = snapshot.leader
        tape: Tape = snapshot.body.tape
        if not tape.holds(snapshot.k):
            self._noted(snapshot, last=True)
        kept, noted = tape.rows()
        heading = self.heading(snapshot)
        return FreightRecord(
            **heading,
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
            cut=self.cut(snapshot),
            without=alone.cost,
            without_rounds=alone.rounds,
            without_residuals=alone.residuals,
            without_cut=alone.cut,
            gap=self.gap(x[0], books.price[0], patient=not heading["interrupted"]),
            injected=books.injected if books.tracked or self.announced["tracked"] is False else books.injected + np.nan,
            limit_price=limit_prices(self.problem, x[0], books.price[0]),
            tracking=noted["off"],
            broken=books.broken,
            **counts(self, snapshot),
            flow=self.problem.flow(x),
            flows=self.problem.flow(noted["x"]),
            declared=self.types["most"],
            roads=None if self.instance is None else RoadLog.of(self.instance, x[0], self.periods),
        )
