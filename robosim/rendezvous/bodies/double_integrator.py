"""A double integrator: a body with momentum and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from robosim.rendezvous.bodies.follower import Follower
from robosim.rendezvous.bodies.parameters import not_negative, positive


@dataclass(frozen=True, kw_only=True)
class DoubleIntegrator(Follower):
    """ẍ = u with |u| ≤ `acceleration_limit_mps2`; it follows a point (`Follower`).

    Parameters
    ----------
    speed_limit_mps : its speed never exceeds this; its point may have to be slower (`point_speed_mps`).
    response_steps : τ in control steps, in which a move of the point is answered; its point can be about
        1.4·τ·acceleration fast, and 99 % of a move are done after about 7τ.
    radius_m : of its disc or ball.
    """

    dimensions: ClassVar[tuple[int, ...]] = (1, 2, 3)

    acceleration_limit_mps2: float = 1.0
    speed_limit_mps: float = 1.0
    response_steps: float = 3.0
    radius_m: float = 0.0

    def __post_init__(self) -> None:
        """Raise `BadInput` for parameters that no body has."""
        positive(self, acceleration_limit_mps2=self.acceleration_limit_mps2, speed_limit_mps=self.speed_limit_mps)
        positive(self, response_steps=self.response_steps)
        not_negative(self, radius_m=self.radius_m)

    @property
    def most_acceleration_mps2(self) -> float:
        """Its limit."""
        return self.acceleration_limit_mps2

    @property
    def damping_per_s(self) -> float:
        """None."""
        return 0.0
