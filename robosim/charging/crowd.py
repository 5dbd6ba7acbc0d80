"""How a station's prices follow from everybody's points (exchange ADMM, `robosim.controllers.parts.anchored`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.kernels.coupling import carried_rows
from robosim.kernels.crowd import grams, row_prices

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """N EVs at T periods of `weights` (N, rows), each there in its `stay` (N, 2).

    The first `given` rows have limits; of the others, if there are any, the aggregator takes a part of its own.
    """

    weights: Array
    stay: NDArray[np.int64]
    periods: int
    given: int

    @cached_property
    def grams(self) -> Array:
        """Σ_i w_i w_i' over those in their stay, (T, rows, rows)."""
        rows = self.weights.shape[1]
        found = np.empty((self.periods, rows, rows))
        grams(self.weights, self.stay, found)
        return found

    def row_prices(self, excess: Array, present: Mask) -> tuple[Array, Array]:
        """What rows must cost for points that exceed them so much to fit, and by how much that moves the load.

        Each is (missions, 1, rows·T), prices in units of ρ; `present` (1|missions, N, 1).
        """
        shape = (len(excess), self.weights.shape[1], self.periods)
        u, pull, here = np.empty(shape), np.empty(shape), np.ascontiguousarray(present[..., 0])
        elastic = np.where(np.arange(shape[1]) < self.given, 0.0, 1.0)
        over = np.ascontiguousarray(excess.reshape(shape))
        row_prices(self.weights, self.stay, self.grams, elastic, here, over, u, pull)
        return u.reshape(shape[0], 1, -1), pull.reshape(shape[0], 1, -1)

    def pull(self, price: Array, present: Mask) -> Array:
        """By how much prices (missions, 1, rows·T) move the load where everybody's power falls by its own price."""
        by_row = price.reshape(len(price), self.weights.shape[1], -1)
        t = np.arange(self.periods)
        here = (self.stay[:, :1] <= t) & (t < self.stay[:, 1:])
        falls = np.where(here, np.einsum("ik,mkt->mit", self.weights, by_row), 0.0)
        taken, any_ = np.empty_like(by_row), np.full(len(self.weights), np.inf)
        carried_rows(self.weights, np.ascontiguousarray(falls), any_, np.ascontiguousarray(present[..., 0]), taken)
        return taken.reshape(price.shape)
