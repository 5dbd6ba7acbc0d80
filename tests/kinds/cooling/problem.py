"""What the halls want of each other: who minds how much heat, and the division of cooling power that costs least.

minimise Σ_i v_i(z_i) subject to Σ_i z_i ≤ P, 0 ≤ z_i ≤ P, with v_i convex, as each v_i is a sum of squares of what is
positive of something linear in z_i.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robosim.agent import Array, Said

HALVINGS = 200
"""More than a double has digits: after so many the interval of prices cannot be halved any more."""


def discomfort(own: Said, temperature_c: Array, dt_h: Array | float) -> Array:
    """v_i = discomfort_i Σ_t (T_t - wish_i)₊² dt, (…, 1) dollars, of temperatures (…, periods)."""
    over_k = np.maximum(temperature_c - own["wish_c"], 0.0)
    return np.asarray(own["discomfort"] * (over_k * over_k * dt_h).sum(axis=-1, keepdims=True))


@dataclass(frozen=True, kw_only=True)
class CoolingProblem:
    """What everybody knows: the building, C dT/dt = heat + g (outside - T) - z for each hall, and the ranges of types.

    Parameters
    ----------
    capacity_kw : P.
    outside_c, start_c : temperatures, °C.
    mass_kwh_per_k, leak_kw_per_k : C and g.
    hours, periods : how long, and in how many equal parts thermometers are read.
    worst : the type that minds most: hottest, with the coolest wish and the largest discomfort, each (1, 1, 1).

    Types `own` hold heat_kw, wish_c and discomfort, each (…, 1); powers z and prices are (…, 1), kW and dollars a kW.
    """

    capacity_kw: float
    outside_c: float
    start_c: float
    mass_kwh_per_k: float
    leak_kw_per_k: float
    hours: float
    periods: int
    worst: Said

    @property
    def dt_h(self) -> float:
        """A period."""
        return self.hours / self.periods

    @cached_property
    def ends_h(self) -> Array:
        """When each period ends, (periods,)."""
        return np.asarray(self.dt_h * np.arange(1, self.periods + 1), dtype=np.float64)

    @cached_property
    def relief_k_per_kw(self) -> Array:
        """How much cooler a steady kilowatt makes a hall by the end of each period, (periods,): (1 - e^(-gt/C)) / g."""
        leak = self.leak_kw_per_k
        return np.asarray(-np.expm1(-leak * self.ends_h / self.mass_kwh_per_k) / leak)

    def temperature_c(self, own: Said, z: Array) -> Array:
        """At the end of each period under z, (…, periods): the solution of the differential equation."""
        rise = own["heat_kw"] - z + self.leak_kw_per_k * (self.outside_c - self.start_c)
        return np.asarray(self.start_c + rise * self.relief_k_per_kw)

    def cost(self, own: Said, z: Array) -> Array:
        """v_i(z), (…, 1) dollars."""
        return discomfort(own, self.temperature_c(own, z), self.dt_h)

    def answer(self, own: Said, price: Array) -> Array:
        """The z in [0, P] with the least v_i(z) + λz, (…, 1).

        v_i' + λ increases in z, is concave and has a corner for each period: Newton's method from the left overshoots
        never, and ends at the root after one step more than there are corners.
        """
        z = np.zeros(np.broadcast_shapes(own["heat_kw"].shape, np.shape(price)))
        for _ in range(self.periods + 1):
            slope, curvature = self._derivatives(own, z)
            missing = slope + price
            z = np.where(missing < 0, z - missing / np.where(missing < 0, curvature, 1.0), z)
        return np.minimum(z, self.capacity_kw)

    @cached_property
    def ceiling(self) -> float:
        """A price at which no hall asks for anything, whatever its type, dollars a kW: -v' of the worst one at 0."""
        slope, _ = self._derivatives(self.worst, np.zeros((1, 1, 1)))
        return float(-slope.item())

    def optimum(self, own: Said) -> float:
        """The least social cost for types (1, N, 1), dollars: max over λ of Σ_i min_z (v_i + λz) - λP (strong duality).

        The dual function is concave, and its slope is what is asked for in excess.
        """
        low, high = 0.0, self.ceiling
        for _ in range(HALVINGS):
            price = (low + high) / 2
            over = self.answer(own, np.array(price)).sum() > self.capacity_kw
            low, high = (price, high) if over else (low, price)
        z = self.answer(own, np.array(high))
        return float((self.cost(own, z) + high * z).sum() - high * self.capacity_kw)

    def _derivatives(self, own: Said, z: Array) -> tuple[Array, Array]:
        """v_i' and v_i'' at z, each (…, 1)."""
        over_k, relief = self.temperature_c(own, z) - own["wish_c"], self.relief_k_per_kw
        weight = 2 * self.dt_h * own["discomfort"]
        slope = -weight * (np.maximum(over_k, 0.0) * relief).sum(axis=-1, keepdims=True)
        return slope, weight * ((over_k > 0) * relief * relief).sum(axis=-1, keepdims=True)
