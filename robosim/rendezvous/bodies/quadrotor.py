"""A quadrotor seen from outside: thrust, tilt and drag bound how it accelerates; its attitude is taken to be fast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from robosim.errors import BadInput
from robosim.rendezvous.bodies.follower import Follower
from robosim.rendezvous.bodies.parameters import not_negative, positive

GRAVITY_MPS2 = 9.80665


@dataclass(frozen=True, kw_only=True)
class Quadrotor(Follower):
    """v̇ = u - drag·v in space, where u + g·e_z is its thrust by mass, and |u| ≤ a_max in every direction (`Follower`).

    The thrust leans by at most asin(|u|/g), and is at most g + |u|: with a_max = g·min(sin(tilt limit), ratio - 1) no
    limit is ever exceeded. (At constant height it could do g·tan(tilt limit), but not while it descends.)

    Parameters
    ----------
    tilt_limit_rad : the most that its thrust leans.
    drag_per_s : linear drag by mass, 1/s.
    thrust_ratio : most thrust by weight; 2.25 is that of a Crazyflie 2 in gym-pybullet-drones.
    speed_limit_mps, response_steps, radius_m : as of a double integrator.
    """

    dimensions: ClassVar[tuple[int, ...]] = (3,)

    tilt_limit_rad: float = 0.35
    drag_per_s: float = 0.3
    thrust_ratio: float = 2.25
    speed_limit_mps: float = 1.0
    response_steps: float = 3.0
    radius_m: float = 0.06

    def __post_init__(self) -> None:
        """Raise `BadInput` for parameters that no body has."""
        positive(self, speed_limit_mps=self.speed_limit_mps, response_steps=self.response_steps)
        not_negative(self, drag_per_s=self.drag_per_s, radius_m=self.radius_m)
        if not 0.0 < self.tilt_limit_rad < 0.5 * math.pi:
            raise BadInput(
                f"Quadrotor: tilt_limit_rad must be in (0, π/2), got {self.tilt_limit_rad!r} (write e.g. 0.35)"
            )
        if not 1.0 < self.thrust_ratio < math.inf:
            raise BadInput(f"Quadrotor: thrust_ratio must be above 1, got {self.thrust_ratio!r} (else it cannot hover)")

    @property
    def most_acceleration_mps2(self) -> float:
        """In every direction, whatever it does beside."""
        return GRAVITY_MPS2 * min(math.sin(self.tilt_limit_rad), self.thrust_ratio - 1.0)

    @property
    def damping_per_s(self) -> float:
        """Its drag."""
        return self.drag_per_s
