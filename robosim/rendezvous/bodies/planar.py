"""What bodies that roll in the plane have in common: they look somewhere, and can stop."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from robosim.agent import Array


class Planar(ABC):
    """Keeps (cos, sin) of its heading; abstract."""

    dimensions: ClassVar[tuple[int, ...]] = (2,)
    stops: ClassVar[bool] = True

    @property
    @abstractmethod
    def speed_mps(self) -> float:
        """The fastest that it moves."""

    def inner(self, d: int) -> int:
        """Two numbers: cosine and sine of its heading."""
        return 2

    def begin(self, position: Array, heading: Array) -> Array:
        """Cosine and sine of `heading` (agents,) rad, (missions, agents, 2)."""
        looks = np.stack([np.cos(heading), np.sin(heading)], axis=-1)
        return np.broadcast_to(looks, (*position.shape[:2], 2)).copy()

    def steered(self, at: Array, inner: Array) -> Array:
        """Its position."""
        return at

    def heading(self, inner: Array) -> Array:
        """Where it looks, (missions, agents) rad in (-π, π]."""
        return np.asarray(np.arctan2(inner[..., 1] + 0.0, inner[..., 0]))  # no minus zero, so no -π

    def tube_m(self, dt_s: float) -> float:
        """It is what is steered."""
        return 0.0

    @property
    def most_acceleration_mps2(self) -> float:
        """It has no inertia."""
        return math.inf
