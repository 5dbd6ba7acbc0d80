"""What a problem that agents solved by themselves leaves behind: decisions, residuals, prices, payments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.files.packing import Axes
from robosim.freight.roads.haul import haul
from robosim.freight.roads.instance import Instance
from robosim.record import Record, finite


@dataclass(frozen=True, kw_only=True)
class RoadLog:
    """The roads under a decision, and trucks on them in T periods; P points, E edges, R roads."""

    positions: Annotated[Array, Axes("* 2")]
    """(P, 2): suppliers, demanders, crossings; empty where the roads have no map."""
    roads: Annotated[NDArray[np.int64], Axes("* 2", least=0)]
    """(R, 2) points that a road joins."""
    edges: Annotated[NDArray[np.int64], Axes("* 2", least=0)]
    """(E, 2) from and to of the edges that anybody can use; empty without a map."""
    suppliers: tuple[str, ...]
    demanders: tuple[str, ...]
    goods: tuple[str, ...]
    stock: Annotated[Array, Axes("N goods", finite=False)]
    """(N, K)."""
    capacity: Annotated[Array, Axes("N demanders", finite=False)]
    """(N, M)."""
    edge_load: Annotated[Array, Axes("T *")]
    """(T, E) flow in each period."""
    metered_cost: Annotated[Array, Axes("N T")]
    """(N, T) what each supplier's trips cost it."""

    @classmethod
    def of(cls, instance: Instance, x: Array, periods: int) -> RoadLog:
        """The map, and the trucks of a decision (N, n) on it."""
        carried = haul(instance, np.maximum(x, 0.0), periods=periods)
        nowhere, pairs = np.empty((0, 2)), np.empty((0, 2), dtype=np.int64)
        unmapped = instance.positions is None
        return cls(
            positions=nowhere if instance.positions is None else instance.positions,
            roads=pairs if unmapped or instance.roads is None else instance.roads,
            edges=pairs if unmapped or instance.edge_from_to is None else instance.edge_from_to,
            suppliers=instance.suppliers,
            demanders=instance.demanders,
            goods=instance.goods,
            stock=instance.stock,
            capacity=instance.capacity,
            edge_load=carried.edge_load,
            metered_cost=carried.cost,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FreightRecord(Record):
    """A finished mission of X: `said["x"]` (missions, rows, agents, n) are the decisions that agents stood at.

    `residuals` (missions, rows, 2) are ‖Σ A_i x_i - b‖/‖b‖ and the largest distance of a copy from what it copies over
    the largest decision; `objective` (missions, rows) is the true one at `said["x"]`. `price` (missions, m) is the
    marginal cost of b that agents agreed on, `without` (missions, agents) the others' cost in P_-i, NaN where no tax
    needs it. `gap` bounds how far the decision of mission 0 is from the optimum.
    """

    noun: ClassVar[str] = "freight"

    method: str
    penalties: dict[str, float]
    residuals: Annotated[Array, Axes("M rows 2", finite=False)]
    objective: Annotated[Array, Axes("M rows", finite=False)]
    price: Annotated[Array, Axes("M m", finite=False)]
    without: Annotated[Array, Axes("M N", finite=False)]
    gap: Annotated[float, Axes(finite=False)]
    injected: Annotated[Array, Axes("M", finite=False)]
    """(missions,) by how much trackers were off, as a share of the largest |b|: 0 but for injections, NaN where the
    program does not say that it tracks what b lacks, and its first words do not show it."""
    flow: Annotated[Array, Axes("M *")]
    """(missions, E)."""
    roads: RoadLog | None = None

    def owed(self) -> Array:
        """As far as no shadow prices are needed: the others' costs without each are in the record."""
        return self._owed(others_alone=self.without, leader_alone=np.zeros(self.without.shape))

    def faults(self) -> Iterator[str]:
        """Also names, points and prices that do not go with the rest."""
        yield from super().faults()
        if self.said.keys() != {"x"} or self.said["x"].shape[3] != self.decision.shape[2]:
            yield "said: must hold x, with as many components as a decision"
        roads = self.roads
        if roads is None:
            return
        counts = (len(roads.suppliers), *roads.stock.shape[1:], *roads.capacity.shape[1:])
        if counts != (self.decision.shape[1], len(roads.goods), len(roads.demanders)):
            yield "roads: must name every supplier, good and demander"
        if self.price.shape[1] != len(roads.goods) * len(roads.demanders):
            yield "price: must hold one a demander and good"
        if max(roads.roads.max(initial=-1), roads.edges.max(initial=-1)) >= max(len(roads.positions), 1):
            yield "roads: join a point that is not there"

    @cached_property
    def payment(self) -> Array:
        """What agents are paid, (missions, agents): X speaks of payments, -tax."""
        return -self.settlement.tax

    def leader(self, mission: int) -> dict[str, Any]:
        """What all leaders say, the gap of the decision, whether trackers were injected, the penalties announced."""
        gap, injected = finite(np.array([self.gap, self.injected[mission]]))
        audit = {"gap": gap, "injected": injected, "method": self.method, "penalties": self.penalties}
        return {**self.shared_leader(mission), **audit}

    def history(self, mission: int) -> dict[str, Any]:
        """Objective and residuals at the kept rounds."""
        demand, apart = self.residuals[mission].T
        return {
            "distance": None,
            "beta": None,
            "objective": finite(self.objective[mission]),
            "demand": finite(demand),
            "disagreement": finite(apart),
        }

    def price_list(self, mission: int) -> Any:
        """The marginal cost of demand, by demander and good where there are roads."""
        price = self.price[mission]
        return (price if self.roads is None else price.reshape(len(self.roads.demanders), -1)).tolist()

    def columns(self, mission: int) -> dict[str, Any]:
        """Limits of each supplier, payments, and what each was decided to do."""
        agents = self.decision.shape[1]
        kinds: list[Any] = [None] * agents
        if self.roads is not None:
            rows = zip(self.roads.suppliers, self.roads.stock, self.roads.capacity, strict=True)
            kinds = [{"name": name, "stock": finite(stock), "capacity": finite(most)} for name, stock, most in rows]
        return {"type": kinds, "decision": self.decision[mission], "payment": self.payment[mission]}
