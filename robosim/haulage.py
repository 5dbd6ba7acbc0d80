"""Coupled problems as missions: agents agree on copies, the leader listens, bills, and pays (X, sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from robosim import deviate
from robosim.agent import Array, Deviation, Rules, Said
from robosim.controllers.audit import Audit
from robosim.controllers.consensus_tracking_admm import ConsensusTrackingAdmm
from robosim.controllers.selfish_suppliers import SUPPLIER_DEVIATIONS
from robosim.coupled import Coupled
from robosim.coupled_bound import lower_bound
from robosim.coupled_feasible import nearest_feasible
from robosim.coupled_optimum import Optimum, optima_without, optimum
from robosim.errors import AgentFailure, BadInput
from robosim.haulage_record import HaulageRecord, RoadLog
from robosim.leader.bill import Bill
from robosim.leader.freight_taxes import FREIGHT_TAXES
from robosim.mission import Mission, Snapshot
from robosim.network import Network
from robosim.scenario import FreightScenario
from robosim.world.ledger import Ledger
from robosim.world.roads.haul import haul
from robosim.world.roads.instance import Instance
from robosim.world.talk import Forum

Penalise = Callable[[Coupled, Network], dict[str, float]]
"""From a problem and a network to the penalties that its leader announces."""


@dataclass(frozen=True, kw_only=True)
class Haulage(Mission[HaulageRecord]):
    """N agents solve a coupled problem over a network; under VCG each of them is also left out once.

    `rules` hold rounds and tolerance; `penalise` finds the rest for this problem and for each that lacks an agent, so
    that no P_-i depends on agent i.
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
        own = dict(self.own)
        own["slope"] = np.repeat(own["slope"], self.batch, axis=0)
        for one in self.deviations:
            true = one.rows(self.own)
            for key, x in one.strategy.pretend(true).items():
                if x is not true[key]:
                    own[key] = own[key].copy() if len(own[key]) > 1 else np.repeat(own[key], self.batch, axis=0)
                    own[key][one.missions, one.agents] = x
        return own

    def tape(self, every: int | None) -> Ledger:
        """Decisions and residuals of every `every`-th round."""
        return Ledger(self.rounds, every)

    def billed(self, tax: str) -> Self:
        """The same mission under another rule of payment."""
        return replace(self, tax=tax)

    def left(self, agent: int) -> Network:
        """The network without an agent. Raises `BadInput` naming the one whose absence cuts the others apart."""
        others = np.delete(np.arange(self.network.n), agent)
        edges = self.network.edges[(self.network.edges != agent).all(axis=1)]
        try:
            return Network(n=len(others), edges=np.searchsorted(others, edges), margin=self.network.margin)
        except BadInput as problem:
            raise BadInput(
                f"without agent {agent} the others cannot talk: {problem} (VCG needs a network that holds without any "
                "one agent: join its neighbours, or set leader.marginals=central)"
            ) from None

    def without(self, agent: int) -> Self:
        """P_-i: the others alone, on what is left of the network; who deviates here does so there."""
        network, problem = self.left(agent), self.problem.without(agent)
        staying = tuple(found for one in self.deviations if (found := _staying(one, agent)) is not None)
        own = {key: np.delete(x, agent, axis=1) for key, x in self.own.items() if key == "goods"} | problem.own()
        return replace(self, problem=problem, own=own, network=network, deviations=staying, instance=None)

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
        x = self.decided(snapshot)
        reports = self.reported(x)
        m = len(self.problem.b)
        price = -snapshot.heard.own["multiplier"][..., :m].mean(axis=1)
        without = self._without() if self.tax == "vcg" else np.full(reports.shape, np.nan)
        rule = FREIGHT_TAXES[self.tax]
        tax = np.stack([rule(self.problem, *each) for each in zip(x, price, reports, without, strict=True)])
        bill = Bill(tax=tax, refused=self.faulty(snapshot))
        gap = lower_bound(self.problem, x[0], price[0]).gap
        return self._record(snapshot, x, reports, price, without, bill, gap)

    def decided(self, snapshot: Snapshot) -> Array:
        """The feasible decisions nearest to where everybody stood, (missions, N, n)."""
        return np.stack([nearest_feasible(self.problem, x) for x in snapshot.leader.x])

    def reported(self, x: Array) -> Array:
        """What everybody says that the decision costs it, (missions, N)."""
        unit = self.problem.congestion * self.problem.flow(x) ** self.problem.power
        toll = np.stack([(self.problem.theta.T @ each).reshape(x.shape[1:]) for each in unit])
        said = self.controller.report(self.types, x, {"toll": toll})
        reports = np.array(np.broadcast_to(said["cost"][..., 0], x.shape[:2]))
        deviate.report(self.selfish, x, reports)
        if not np.isfinite(reports).all():
            _, agent = np.argwhere(~np.isfinite(reports))[0]
            raise AgentFailure(f"agent {agent} reported a cost that is not finite (its program must report numbers)")
        return reports

    def _without(self) -> Array:
        """h_-i: what the others would cost alone, (missions, N); never a word from agent i."""
        if self.marginals == "central":
            return np.stack([optima_without(self.declared(m)) for m in range(self.batch)])
        return np.stack([self._alone(agent) for agent in range(self.network.n)], axis=1)

    def declared(self, mission: int) -> Coupled:
        """The problem as the agents of one mission present it."""
        of = {key: x[min(mission, len(x) - 1)] for key, x in self.types.items()}
        return replace(self.problem, **{key: of[key] for key in ("slope", "most", "lower", "upper")})

    def _alone(self, agent: int) -> Array:
        """What the others report in P_-i, (missions,); some of them may stay out of it, too."""
        lazy = {(m, i) for one in self.deviations if one.strategy.stays_out for m, i in _pairs(one) if i != agent}
        smaller = self.without(agent)
        total = smaller.reported(smaller.decided(smaller.played())).sum(axis=1)
        for i in sorted({i for _, i in lazy}):
            rest = replace(smaller.without(i - (i > agent)), batch=1, deviations=())
            left = float(rest.reported(rest.decided(rest.played())).sum())
            total[[m for m, who in lazy if who == i]] = left
        return np.asarray(total)

    def _record(
        self, snapshot: Snapshot, x: Array, reports: Array, price: Array, without: Array, bill: Bill, gap: float
    ) -> HaulageRecord:
        ledger: Ledger = snapshot.body.minutes
        if not ledger.kept or ledger.kept[-1] != snapshot.k:
            ledger.note(snapshot.k, snapshot.leader.x, snapshot.leader.residuals, last=True)
        kept, stood, residuals = ledger.rows()
        judge = self.judge
        return HaulageRecord(
            world=self.scenario.name,
            kind=self.scenario.mission.kind,
            seed=self.scenario.mission.seed,
            world_toml=self.scenario.to_toml(),
            planned_rounds=self.rounds,
            interrupted=snapshot.k < self.rounds and not self.finished(snapshot),
            kept=kept,
            said={"x": stood},
            decision=x,
            private_cost=np.stack([self.problem.costs(each) for each in x]),
            reported_cost=reports,
            settlement=bill,
            strategies=self.names(),
            tax_rule=self.tax,
            method=self.method,
            penalties=self.penalties,
            residuals=residuals,
            objective=self.problem.objective(stood),
            price=price,
            without=without,
            gap=gap,
            injected=snapshot.leader.injected,
            flow=self.problem.flow(x),
            roads=None if self.instance is None else road_log(self.instance, x[0], self.periods),
            judge=None if judge is None else lambda record: judge(self, record),
        )


def road_log(instance: Instance, x: Array, periods: int) -> RoadLog:
    """The map, and the trucks of a decision (N, n) on it."""
    carried = haul(instance, np.maximum(x, 0.0), periods=periods)
    nowhere, pairs = np.empty((0, 2)), np.empty((0, 2), dtype=np.int64)
    return RoadLog(
        positions=nowhere if instance.positions is None else instance.positions,
        roads=pairs if instance.roads is None else instance.roads,
        edges=pairs if instance.edge_from_to is None else instance.edge_from_to,
        suppliers=instance.suppliers,
        demanders=instance.demanders,
        goods=instance.goods,
        stock=instance.stock,
        capacity=instance.capacity,
        edge_load=carried.edge_load,
        metered_cost=carried.cost,
    )


def _staying(one: Deviation, absent: int) -> Deviation | None:
    """The deviation among those who are left, under their new numbers."""
    here = one.agents != absent
    if not here.any():
        return None
    agents = one.agents[here]
    return replace(one, missions=one.missions[here], agents=agents - (agents > absent))


def _pairs(one: Deviation) -> list[tuple[int, int]]:
    return [(int(m), int(i)) for m, i in zip(one.missions, one.agents, strict=True)]
