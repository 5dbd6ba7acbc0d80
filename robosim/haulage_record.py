"""What a problem that agents solved by themselves leaves behind: decisions, residuals, prices, payments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.record import Record


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


@dataclass(frozen=True, kw_only=True)
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
        refused = self.settlement.refused[mission].nonzero()[0].tolist()
        return {"tax": self.tax_rule, **nothing, "penalised": False, "refused": refused, "gap": self.gap, **audit}

    def history(self, mission: int) -> dict[str, Any]:
        """Objective and residuals at the kept rounds."""
        demand, apart = self.residuals[mission].T
        return {
            "distance": None,
            "beta": None,
            "objective": self.objective[mission].tolist(),
            "demand": [None if not np.isfinite(x) else x for x in demand.tolist()],
            "disagreement": [None if not np.isfinite(x) else x for x in apart.tolist()],
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
            rows = zip(self.roads.suppliers, self.roads.stock.tolist(), self.roads.capacity.tolist(), strict=True)
            kinds = [{"name": name, "stock": stock, "capacity": most} for name, stock, most in rows]
        return {"type": kinds, "decision": self.decision[mission], "payment": self.payment[mission]}
