"""What an auction needs to know of the problem that it divides, be it kilowatts or a whole day of charging."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robosim.agent import Array, Rules, Said


class Division(Protocol):
    """N agents share resources, as in an `Allocation` or a `ChargingDay`."""

    @property
    def agents(self) -> int:
        """N."""
        ...

    def own(self) -> Said:
        """Private types, each (1, N, components)."""
        ...

    def rules(
        self,
        *,
        rounds: int,
        gamma: float | None = None,
        share: float = 1.0,
        price: ArrayLike = 0.0,
        present: NDArray[np.bool_] | None = None,
        epsilon: float | None = None,
        rho: float | None = None,
    ) -> Rules:
        """What the leader announces."""
        ...

    def costs(self, z: Array) -> Array:
        """v_i of shares (…, N, n): (…, N)."""
        ...

    def payments(self, price: Array, z: Array) -> Array:
        """What shares are worth at prices, (missions, N)."""
        ...

    def optimum(self) -> tuple[Array, Array, float]:
        """The best shares, their prices, and the least social cost."""
        ...
