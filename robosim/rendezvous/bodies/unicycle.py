"""A unicycle: two driven wheels on one axle, which turns in place."""

from __future__ import annotations

import math
from dataclasses import dataclass

from robosim.agent import Array
from robosim.kernels.unicycle import roll
from robosim.rendezvous.bodies.body import Tracking
from robosim.rendezvous.bodies.parameters import not_negative, positive
from robosim.rendezvous.bodies.planar import Planar


@dataclass(frozen=True, kw_only=True)
class Unicycle(Planar):
    """Wheels roll at most at `wheel_speed_mps`: |v| + |ω|·track/2 ≤ wheel_speed_mps; its position is the axle's middle.

    It turns in place until its goal is straight ahead, or behind if that is the shorter turn, and then drives there.
    Inputs are constant in each control step: the last of a turn and the last of a drive are slower.

    Parameters
    ----------
    wheel_speed_mps : the most that a wheel's rim moves.
    track_m : distance between the wheels.
    radius_m : of its disc.
    """

    wheel_speed_mps: float = 0.2
    track_m: float = 0.11
    radius_m: float = 0.0

    def __post_init__(self) -> None:
        """Raise `BadInput` for parameters that no body has."""
        positive(self, wheel_speed_mps=self.wheel_speed_mps, track_m=self.track_m)
        not_negative(self, radius_m=self.radius_m)

    @property
    def turn_per_s(self) -> float:
        """The fastest that it turns, rad/s."""
        return 2.0 * self.wheel_speed_mps / self.track_m

    @property
    def speed_mps(self) -> float:
        """Straight ahead, that of its wheels."""
        return self.wheel_speed_mps

    def drive(self, at: Array, inner: Array, goal: Array, pace: Array, steps: int, dt_s: float, meters: Array) -> None:
        """`steps` control steps towards `goal`, see `Body.drive`."""
        roll(at, inner, goal, pace, steps, dt_s, self.wheel_speed_mps, self.turn_per_s, meters)

    def tracking(self, round_s: float, dt_s: float) -> Tracking:
        """It is where it was told to be, to the last bit, if that is not too far; reach 0 where a round is too short.

        No turn is longer than π/2; that of ⌈(π/2)/(ω·dt)⌉ control steps and a drive of ⌈s/(v·dt)⌉ fit into a round of S
        if s/(v·dt) ≤ S - 2 - (π/2)/(ω·dt).
        """
        left_s = round_s - 0.5 * math.pi / self.turn_per_s - 2.0 * dt_s
        return Tracking(reach_m=max(self.wheel_speed_mps * left_s, 0.0))
