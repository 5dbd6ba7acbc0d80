"""What a problem that agents solved by themselves leaves behind: decisions, residuals, prices, payments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.records.record import Record
from robosim.world.roads.haul import haul
from robosim.world.roads.instance import Instance


@dataclass(frozen=True, kw_only=True)
class RoadLog:
    """The roads under a decision, and trucks on them in T periods; P points, E edges, R roads."""

    positions: Array
    """(P, 2): suppliers, demanders, crossings; empty where the roads have no map."""
    roads: NDArray[np.int64]
    """(R, 2) points that a road joins."""
    edges: NDArray[np.int64]
    """(E, 2) from and to of the edges that anybody can use; empty without a map."""
    suppliers: tuple[str, ...]
    demanders: tuple[str, ...]
    goods: tuple[str, ...]
    stock: Array
    """(N, K)."""
    capacity: Array
    """(N, M)."""
    edge_load: Array
    """(T, E) flow in each period."""
    metered_cost: Array
    """(N, T) what each supplier's trips cost it."""

    @classmethod
    def of(cls, instance: Instance, x: Array, periods: int) -> RoadLog:
        """The map, and the trucks of a decision (N, n) on it."""
        carried = haul(instance, np.maximum(x, 0.0), periods=periods)
        nowhere, pairs = np.empty((0, 2)), np.empty((0, 2), dtype=np.int64)
        return cls(
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


@dataclass(frozen=True, kw_only=True, eq=False)
class HaulageRecord(Record):
    """A finished mission of X: `said["x"]` (missions, rows, agents, n) are the decisions that agents stood at.

    `residuals` (missions, rows, 2) are ‖Σ A_i x_i - b‖/‖b‖ and the largest distance of a copy from what it copies over
    the largest decision; `objective` (missions, rows) is the true one at `said["x"]`. `price` (missions, m) is the
    marginal cost of b that agents agreed on, `without` (missions, agents) the others' cost in P_-i, NaN where no tax
    needs it. `gap` bounds how far the decision of mission 0 is from the optimum.
    """

    tax_rule: str
    method: str
    penalties: dict[str, float]
    residuals: Array
    objective: Array
    price: Array
    without: Array
    gap: float
    injected: Array
    """(missions,) by how much trackers were off, as a share of the largest |b|: 0 but for injections."""
    flow: Array
    """(missions, E)."""
    roads: RoadLog | None = None

    @property
    def unit(self) -> str:
        """Costs of the instance have no unit but money."""
        return "$"

    @cached_property
    def payment(self) -> Array:
        """What agents are paid, (missions, agents): X speaks of payments, -tax."""
        return -self.settlement.tax

    def leader(self, mission: int) -> dict[str, Any]:
        """The tax rule, the gap of the decision, whether trackers were injected, and the penalties announced."""
        nothing = dict.fromkeys(("bound", "alpha", "distance", "beta", "penalty"))
        injected = float(self.injected[mission])
        audit = {"injected": injected, "method": self.method, "penalties": self.penalties}
        (gap,) = finite(np.array([self.gap]))
        refused = self.settlement.refused[mission].nonzero()[0].tolist()
        return {"tax": self.tax_rule, **nothing, "penalised": False, "refused": refused, "gap": gap, **audit}

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


def finite(numbers: Array) -> list[float | None]:
    """Numbers as JSON knows them: None for what is infinite or no number.

    >>> finite(np.array([1.0, np.inf]))
    [1.0, None]
    """
    return [x if np.isfinite(x) else None for x in numbers.tolist()]
