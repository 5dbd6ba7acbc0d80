"""The aggregator between the feeder and the grid, who pays for the summed power (X, Example 2).

    G(y) = Σ_t q/2 y_t² + D max_t y_t,      q > 0: losses grow with the square; D ≥ 0: the demand charge

Its half of the dual function is min_y G(y) - λ'y over y ≥ 0. Given the highest power m, y_t = min(λ_t/q, m), and the
best m is where Σ_t (λ_t - q m)₊ = D: prices above that level pay for the peak.

As time goes on d_t of a period's power is counted already and p was the highest so far. What is still to be paid is

    G(d + y) - G(d),      with max(p, max_t (d_t + y_t)) in place of the peak, so that none below p costs anything

With s = d + y its dual term is min G(s) - λ's + λ'd over s ≥ d: s_t = min(max(λ_t/q, d_t), m), where m is as above, but
at least p and all d_t. Where λ_t/q > m it is above d_t too, so that what is counted moves no m that is higher.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array


@dataclass(frozen=True, kw_only=True)
class Aggregator:
    """Provides the summed power at a cost, behind rows `c` (rows·T,) that are given; its own row is the last.

    `curvature` is q in dollars a kW² and period, one for all or (T,), `demand` D in dollars a kW of the highest power.
    Where a part of the day is over, `counted` (M, T) kW is what meters have counted of the mean power of each period,
    and `peak` (M,) kW the highest of those before.
    """

    curvature: float | Array
    demand: float
    c: Array
    counted: Array | None = None
    peak: Array | None = None

    def answer(self, price: Array) -> tuple[Array, Array]:
        """What is provided in every row and period, (M, 1, (rows + 1)·T), and its term of the dual function, (M,)."""
        given, own = price[:, 0, : len(self.c)], np.maximum(price[:, 0, len(self.c) :], 0.0)
        power = self._best(own, np.broadcast_to(self.curvature, own.shape))
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
        own = own if self.counted is None else own + rho[:, 0] * self.counted
        power = self._best(own, bend)
        return np.concatenate([np.broadcast_to(self.c, rows), power[:, None]], axis=2)

    def elastic(self, rows: int) -> Array:
        """Its own row."""
        return np.where(np.arange(rows) < len(self.c), 0.0, 1.0)

    def among(self, missions: NDArray[np.bool_] | NDArray[np.int64]) -> Aggregator:
        """The same for some of the missions, by a mask or by number."""
        if self.counted is None or self.peak is None:
            return self
        return replace(self, counted=self.counted[missions], peak=self.peak[missions])

    def _best(self, own: Array, bend: Array) -> Array:
        """The power that is cheapest to provide at prices `own` (M, T), beyond what is counted; `bend` (M, T) is q."""
        power = np.maximum(own, 0.0) / bend
        if self.demand > 0.0:  # else no peak is too high
            top = peaks(own, bend, self.demand)
            top = top if self.counted is None else np.maximum(top, self._floor())
            power = np.minimum(power, top[:, None])
        return power if self.counted is None else np.asarray(np.maximum(power - self.counted, 0.0))

    def _floor(self) -> Array:
        """The highest power that is paid for in any case, (M,)."""
        assert self.counted is not None
        assert self.peak is not None
        return np.asarray(np.maximum(self.peak, self.counted.max(axis=1)))

    def _cost(self, power: Array) -> Array:
        if self.counted is None:
            losses = np.asarray((0.5 * self.curvature * power**2).sum(axis=1))
            return losses if self.demand == 0.0 else losses + self.demand * power.max(axis=1)
        more = np.maximum((self.counted + power).max(axis=1) - self._floor(), 0.0)
        return np.asarray((self.curvature * power * (0.5 * power + self.counted)).sum(axis=1) + self.demand * more)


def peaks(price: Array, curvature: float | Array, demand: float) -> Array:
    """m with Σ_t (λ_t - q_t m)₊ = D, at least 0, for prices (M, T), q of all or (M, 1|T): (M,).

    Water filling from the highest λ_t/q_t down.
    """
    bend = np.broadcast_to(curvature, price.shape)
    falling = np.argsort(-price / bend, axis=1, kind="stable")
    highest, bends = (np.cumsum(np.take_along_axis(x, falling, axis=1), axis=1) for x in (price, bend))
    level = (highest - demand) / bends  # if the first t prices are above the level
    return np.asarray(np.maximum(level.max(axis=1), 0.0))
