"""A point: goes straight to its goal, and can stop and turn at once. Also called a single integrator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.kernels.straight import go
from robosim.rendezvous.bodies.body import Tracking
from robosim.rendezvous.bodies.parameters import not_negative


@dataclass(frozen=True, kw_only=True)
class Point:
    """ẋ = u with |u| ≤ `speed_limit_mps`: full speed until it is there. It has no acceleration that could be metered.

    Parameters
    ----------
    speed_limit_mps : without one it is there after one control step.
    radius_m : of its disc or ball.
    """

    dimensions: ClassVar[tuple[int, ...]] = (1, 2, 3)
    stops: ClassVar[bool] = True

    speed_limit_mps: float = math.inf
    radius_m: float = 0.0

    def __post_init__(self) -> None:
        """Raise `BadInput` for a limit that nothing could move with."""
        if not self.speed_limit_mps > 0.0:
            raise BadInput(f"Point: speed_limit_mps must be above 0, got {self.speed_limit_mps!r} (or leave it out)")
        not_negative(self, radius_m=self.radius_m)

    def inner(self, d: int) -> int:
        """Nothing beside its position."""
        return 0

    def begin(self, position: Array, heading: Array) -> Array:
        """Nothing, (missions, agents, 0)."""
        return np.empty((*position.shape[:2], 0))

    def drive(self, at: Array, inner: Array, goal: Array, pace: Array, steps: int, dt_s: float, meters: Array) -> None:
        """`steps` control steps straight towards `goal`, see `Body.drive`."""
        go(at, goal, pace, steps, dt_s, self.speed_limit_mps, meters)

    def steered(self, at: Array, inner: Array) -> Array:
        """Its position."""
        return at

    def heading(self, inner: Array) -> None:
        """It looks nowhere."""
        return

    def tracking(self, round_s: float, dt_s: float) -> Tracking:
        """It is where it was told to be, to the last bit, if that is not too far."""
        return Tracking(reach_m=self.speed_limit_mps * round_s)

    @property
    def speed_mps(self) -> float:
        """Its limit."""
        return self.speed_limit_mps

    def tube_m(self, dt_s: float) -> float:
        """It is what is steered."""
        return 0.0

    @property
    def turn_per_s(self) -> float:
        """It looks nowhere."""
        return 0.0

    @property
    def most_acceleration_mps2(self) -> float:
        """It has no inertia."""
        return math.inf
