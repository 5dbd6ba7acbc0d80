"""A car: a kinematic bicycle, which cannot turn in place; its position is the middle of its rear axle."""

from __future__ import annotations

import math
from dataclasses import dataclass

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.kernels.car import NUDGE, wheel
from robosim.rendezvous.bodies.body import Tracking
from robosim.rendezvous.bodies.parameters import not_negative, positive
from robosim.rendezvous.bodies.planar import Planar

SPARE = 4
"""Control steps that a way may take beside those at full speed: the last of two arcs and of the line, and rounding."""
HALVINGS = 200


@dataclass(frozen=True, kw_only=True)
class Car(Planar):
    """θ̇ = v·tan(δ)/wheelbase with |v| ≤ `speed_limit_mps`, |δ| ≤ `steering_limit_rad`; wheels turn while it stands.

    It drives one arc or two with its wheels turned fully, then straight (`robosim.kernels.car`); inputs are constant in
    each control step.

    Parameters
    ----------
    speed_limit_mps : of the rear axle.
    wheelbase_m : distance between the axles.
    steering_limit_rad : the most that the front wheels turn.
    tolerance_m : it does not move for goals as near as this that are not straight ahead or behind.
    radius_m : of the disc around its position that holds it.
    """

    speed_limit_mps: float = 0.5
    wheelbase_m: float = 0.15
    steering_limit_rad: float = 0.6
    tolerance_m: float = 1e-3
    radius_m: float = 0.0

    def __post_init__(self) -> None:
        """Raise `BadInput` for parameters that no body has."""
        positive(self, speed_limit_mps=self.speed_limit_mps, wheelbase_m=self.wheelbase_m)
        not_negative(self, tolerance_m=self.tolerance_m, radius_m=self.radius_m)
        if not 0.0 < self.steering_limit_rad < 0.5 * math.pi:
            raise BadInput(
                f"Car: steering_limit_rad must be in (0, π/2), got {self.steering_limit_rad!r} (write e.g. 0.6)"
            )

    @property
    def turning_radius_m(self) -> float:
        """Of the smallest circle that its position can drive."""
        return self.wheelbase_m / math.tan(self.steering_limit_rad)

    @property
    def turn_per_s(self) -> float:
        """The fastest that it turns, rad/s: on its smallest circle at full speed."""
        return self.speed_limit_mps / self.turning_radius_m

    @property
    def speed_mps(self) -> float:
        """Its limit."""
        return self.speed_limit_mps

    def drive(self, at: Array, inner: Array, goal: Array, pace: Array, steps: int, dt_s: float, meters: Array) -> None:
        """`steps` control steps towards `goal`, see `Body.drive`."""
        speed, radius = self.speed_limit_mps, self.turning_radius_m
        wheel(at, inner, goal, pace, steps, dt_s, speed, radius, self.tolerance_m, meters)

    def tracking(self, round_s: float, dt_s: float) -> Tracking:
        """It is where it was told to be, or within its tolerance, if no way there is longer than a round.

        Where it is told to be next may be its tolerance farther than from where it was told to be before.
        """
        way = self.speed_limit_mps * (round_s - SPARE * dt_s) - 4.0 * NUDGE * self.turning_radius_m
        reach = farthest_m(way, self.turning_radius_m) - self.tolerance_m
        return Tracking(reach_m=max(reach, 0.0), floor_m=self.tolerance_m)


def longest_way_m(far: float, radius: float) -> float:
    """The longest way to any goal at most `far` away, m, closed form; grows with `far`.

    Goals straight abeam are the worst. Those outside the turning circle, far ≥ 2R, need t + R·(π/2 + atan(R/t)) with
    t² = far² - 2R·far. From those inside the car backs off by π/2 - α with sin α = (ρ² + 3R²) / (4Rρ), ρ = far + R, and
    then drives an arc of π/2 + atan((ρ·sin α - 2R) / (ρ·cos α)).
    """
    if far >= 2.0 * radius:
        line = math.sqrt(far * (far - 2.0 * radius))
        return line + radius * (0.5 * math.pi + math.atan2(radius, line))
    off = far + radius
    sine = min((off * off + 3.0 * radius * radius) / (4.0 * radius * off), 1.0)
    cosine = math.sqrt(1.0 - sine * sine)
    back = 0.5 * math.pi - math.asin(sine)
    return radius * (back + 0.5 * math.pi + math.atan2(off * sine - 2.0 * radius, off * cosine))


def farthest_m(way: float, radius: float) -> float:
    """The largest distance whose longest way is no longer than `way`, from below: 0 if there is none."""
    low, high = 0.0, max(way, 0.0)  # no way is shorter than the distance
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if longest_way_m(middle, radius) <= way else (low, middle)
    return low
