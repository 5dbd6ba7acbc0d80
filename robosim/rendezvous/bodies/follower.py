"""Bodies with momentum: each follows a point that moves no faster than the body can always follow."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from robosim.agent import Array
from robosim.kernels.followers import follow
from robosim.rendezvous.bodies.body import Tracking
from robosim.rendezvous.bodies.loop import Loop, loop

SETTLED = 0.01
"""Share of a move that may be left when a round is over; rounds that are too short for that settle for half of them."""
SMALLEST = 1e-12
"""Gains below this are added to the floor instead."""
ROUNDING_M = 1e-9
"""What rounding may leave, for coordinates of up to some thousand kilometres."""


class Follower(ABC):
    """v̇ = u - drag·v with |u| ≤ a_max; abstract.

    Goals are given to a point, which moves straight to them; u = -k1·(position - point) - k2·v, held for control steps.
    From rest on, u is linear in the moves δ of the point, u = Σ_q a_q·δ(q control steps ago) with numbers a_q, so that
    |u| ≤ Σ_q |a_q| · max |δ|. Moves of at most a_max / Σ_q |a_q| therefore never saturate it, and the loop stays linear
    whatever the goals are. Likewise |v| = |Σ_q w_q·δ| never exceeds the speed limit if |δ| ≤ limit / Σ_q |w_q|: within
    a control step v goes straight from one end to the other. The point keeps to the smaller of the two.

    At pace 0 the body stands at once while its point stays; a body that drives on after that may ask for more than it
    can, and gets what it can.
    """

    stops: ClassVar[bool] = False

    speed_limit_mps: float
    response_steps: float

    @property
    @abstractmethod
    def most_acceleration_mps2(self) -> float:
        """a_max, in any direction."""

    @property
    @abstractmethod
    def damping_per_s(self) -> float:
        """Linear drag."""

    def inner(self, d: int) -> int:
        """The point that it follows, m, and its velocity, m/s."""
        return 2 * d

    def begin(self, position: Array, heading: Array) -> Array:
        """At rest where its point is, (missions, agents, 2d)."""
        return np.concatenate([position, np.zeros_like(position)], axis=-1)

    def drive(self, at: Array, inner: Array, goal: Array, pace: Array, steps: int, dt_s: float, meters: Array) -> None:
        """`steps` control steps towards `goal`, see `Body.drive`."""
        keeps, gains, glides, gets = self.loop(dt_s).step
        speed, limit = self.point_speed_mps(dt_s), self.most_acceleration_mps2
        law = np.array([speed, limit, *self.loop(dt_s).feedback, keeps, gains, glides, gets])
        follow(at, inner, goal, pace, steps, dt_s, law, meters)

    def steered(self, at: Array, inner: Array) -> Array:
        """The point that it follows."""
        return inner[..., : at.shape[-1]]

    def heading(self, inner: Array) -> None:
        """It looks nowhere."""
        return

    @property
    def speed_mps(self) -> float:
        """No point of such a body is faster, whatever the control step."""
        return self.speed_limit_mps

    @property
    def turn_per_s(self) -> float:
        """It looks nowhere."""
        return 0.0

    def loop(self, dt_s: float) -> Loop:
        """The loop that it closes in control steps of `dt_s` seconds."""
        return loop(dt_s, self.damping_per_s, self.response_steps)

    def point_speed_mps(self, dt_s: float) -> float:
        """The fastest that its point moves: v_ref of the class's docstring."""
        mine = self.loop(dt_s)
        return min(self.speed_limit_mps / mine.fastest_per_s, self.most_acceleration_mps2 / mine.steepest_per_s2) / dt_s

    def tube_m(self, dt_s: float) -> float:
        """How far it can be from its point at any time, m: the ℓ1 bound of offsets."""
        return self.point_speed_mps(dt_s) * dt_s * self.loop(dt_s).widest

    def tracking(self, round_s: float, dt_s: float) -> Tracking:
        """Its point is where it was told to be some control steps before a round ends; then the body settles.

        Its moves j rounds ago began (j + 1)·S control steps ago, S a round, and ended j·S + settle + 1 ago or earlier.
        They lie on a line and are equally long but for the last, so what is left of all is at most the way of the point
        times the largest mean of |g_q| over their first n: a shorter last one leads to a mean between two of these.
        """
        mine, steps = self.loop(dt_s), max(round(round_s / dt_s), 1)
        settle = min(steps // 2, int(np.argmax(np.abs(mine.offset[1:]) <= SETTLED)))
        reach = self.point_speed_mps(dt_s) * dt_s * (steps - settle)
        rounds = math.ceil(mine.offset.size / steps) + 1
        gains = [mine.left(j * steps + settle + 1, (j + 1) * steps) for j in range(rounds)]
        kept = 1 + max((j for j, gain in enumerate(gains) if gain >= SMALLEST), default=-1)
        floor = reach * sum(gains[kept:]) + ROUNDING_M
        return Tracking(reach_m=reach, gains=tuple(gains[:kept]), floor_m=floor)
