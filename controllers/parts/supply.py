"""What there is to share, and what providing it costs the leader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array

Mask = NDArray[np.bool_]


class Supply(Protocol):
    """What there is to share, and what it costs the leader to provide it."""

    def answer(self, price: Array) -> tuple[Array, Array]:
        """For λ (M, 1, rows): what the leader would provide, (M|1, 1, rows), and min_y G(y) - λ'y, (M,)."""
        ...

    def cost(self, load: Array) -> Array:
        """G of what is taken, (M, 1, rows): (M,)."""
        ...

    def near(self, price: Array, target: Array, rho: Array) -> Array:
        """argmin_y G(y) - λ'y + ½ρ‖y - target‖², (M, 1, rows), ρ (M, 1, 1); what is fixed is provided in any case."""
        ...

    def elastic(self, rows: int) -> Array:
        """(rows,) 1 where what is provided depends on the price, else 0."""

    def among(self, missions: Mask | NDArray[np.int64]) -> Supply:
        """The same for some of the missions only, `missions` (M,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class FixedSupply:
    """There is `c` (rows,), and it costs nothing: T, (2)."""

    c: Array

    def answer(self, price: Array) -> tuple[Array, Array]:
        """c, and -λ'c."""
        return self.c[None, None], -np.einsum("mor,r->m", price, self.c)

    def cost(self, load: Array) -> Array:
        """Nothing."""
        return np.zeros(len(load))

    def near(self, price: Array, target: Array, rho: Array) -> Array:
        """c."""
        return np.broadcast_to(self.c, price.shape)

    def elastic(self, rows: int) -> Array:
        """Nothing is."""
        return np.zeros(rows)

    def among(self, missions: Mask | NDArray[np.int64]) -> Supply:
        """The same everywhere."""
        return self
