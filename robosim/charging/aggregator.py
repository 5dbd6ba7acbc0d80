"""The aggregator between the feeder and the grid, who pays for the summed power (X, Example 2).

    G(y) = Σ_t q/2 y_t² + D max_t y_t,      q > 0: losses grow with the square; D ≥ 0: the demand charge

Its half of the dual function is min_y G(y) - λ'y over y ≥ 0. Given the highest power m, y_t = min(λ_t/q, m), and the
best m is where Σ_t (λ_t - q m)₊ = D: prices above that level pay for the peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robosim.agent import Array


@dataclass(frozen=True, kw_only=True)
class Aggregator:
    """Provides the summed power at a cost, behind rows `c` (rows·T,) that are given; its own row is the last.

    `curvature` is q in dollars a kW² and period, `demand` D in dollars a kW of the highest power.
    """

    curvature: float
    demand: float
    c: Array

    def answer(self, price: Array) -> tuple[Array, Array]:
        """What is provided in every row and period, (M, 1, (rows + 1)·T), and its term of the dual function, (M,)."""
        given, own = price[:, 0, : len(self.c)], np.maximum(price[:, 0, len(self.c) :], 0.0)
        power = np.minimum(own / self.curvature, peaks(own, self.curvature, self.demand)[:, None])
        provided = np.concatenate([np.broadcast_to(self.c, given.shape), power], axis=1)
        value = self._cost(power) - np.einsum("mt,mt->m", own, power) - np.einsum("mr,r->m", given, self.c)
        return provided[:, None], value

    def cost(self, load: Array) -> Array:
        """G of the summed power, from the load of all rows (M, 1, (rows + 1)·T)."""
        return self._cost(load[:, 0, len(self.c) :])

    def near(self, price: Array, target: Array, rho: Array) -> Array:
        """The same as `answer` near a target, (M, 1, (rows + 1)·T), ρ (M, 1, 1): the curvature grows by ρ."""
        given, rows = len(self.c), (len(price), 1, len(self.c))
        own, bend = (price + rho * target)[:, 0, given:], self.curvature + rho[:, 0]
        power = np.minimum(np.maximum(own, 0.0) / bend, peaks(own, bend[:, 0], self.demand)[:, None])
        return np.concatenate([np.broadcast_to(self.c, rows), power[:, None]], axis=2)

    def elastic(self, rows: int) -> Array:
        """Its own row."""
        return np.where(np.arange(rows) < len(self.c), 0.0, 1.0)

    def _cost(self, power: Array) -> Array:
        return np.asarray(0.5 * self.curvature * (power**2).sum(axis=1) + self.demand * power.max(axis=1))


def peaks(price: Array, curvature: float | Array, demand: float) -> Array:
    """m with Σ_t (λ_t - q m)₊ = D, at least 0, for prices (M, T), q of all or (M,): (M,).

    Water filling from the highest price down.
    """
    falling = -np.sort(-price, axis=1)
    counted = np.arange(1, price.shape[1] + 1)
    level = (np.cumsum(falling, axis=1) - demand) / counted  # if the first t prices are above the level
    return np.asarray(np.maximum(level.max(axis=1), 0.0) / curvature)
