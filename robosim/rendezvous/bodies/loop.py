"""The loop that a body with momentum closes around the point that it follows: gains, and what a move leaves behind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput

DAMPING = 2.0
"""Weight of (speed·τ)² beside that of offset²: with it the loop is critically damped where control steps are short."""
FADED, LONGEST = 1e-16, 10_000
"""What is left of a move when it is no longer followed up, as a share of it; and for how many control steps at most."""


@dataclass(frozen=True, kw_only=True)
class Loop:
    """The closed loop x⁺ = (A - BK) x of offset and speed, and its response to a move of the point by 1 m.

    Parameters
    ----------
    feedback : K, 1/s² and 1/s: the commanded acceleration is -K x.
    step : A = [[1, glides], [0, keeps]], B = [gets, gains] as (keeps, gains, glides, gets).
    offset, speed, acceleration : (control steps,) after a move right before the first; unit shares, 1/s, 1/s².
    """

    dt_s: float
    feedback: tuple[float, float]
    step: tuple[float, float, float, float]
    offset: Array
    speed: Array
    acceleration: Array

    @cached_property
    def steepest_per_s2(self) -> float:
        """Σ_q |a_q|: the acceleration that moves of 1 m in every control step can ask for."""
        return float(np.abs(self.acceleration).sum())

    @cached_property
    def fastest_per_s(self) -> float:
        """Σ_q |w_q|: the speed that moves of 1 m in every control step can lead to."""
        return float(np.abs(self.speed).sum())

    @cached_property
    def widest(self) -> float:
        """Metres that a body can be off at any time if its point moves 1 m in every control step.

        The sum over moves of the most that is left of each in a control step: what is left at an end of it or, where
        the speed changes its sign t after its beginning, min(t·|v|, (dt - t)·|v⁺|) ≤ dt·|v|·|v⁺| / (|v| + |v⁺|) more.
        """
        ends, v = np.abs(self.offset), self.speed
        turns = v[1:] * v[:-1] < 0.0
        between = np.where(turns, np.abs(v[1:] * v[:-1]) / np.maximum(np.abs(v[1:] - v[:-1]), 1e-300), 0.0)
        return float((np.maximum(ends[1:], ends[:-1]) + self.dt_s * between).sum() + ends[-1])

    def left(self, first: int, last: int) -> float:
        """The most that is left, as a share, of moves of equal length that began `last` control steps ago.

        There is one in each control step until the last one, which may be shorter, at the earliest `first` ago.
        """
        window = np.zeros(last - first + 1)
        there = np.abs(self.offset[first : last + 1])
        window[: there.size] = there
        return float((np.cumsum(window[::-1]) / np.arange(1, window.size + 1)).max())


def held(dt_s: float, drag_per_s: float) -> tuple[float, float, float, float]:
    """(keeps, gains, glides, gets) of v⁺ = keeps·v + gains·u, p⁺ = p + glides·v + gets·u, exact for v̇ = u - drag·v."""
    z = drag_per_s * dt_s
    if z < 1e-3:  # series, whose next terms are below the last digit
        gains = dt_s * (1.0 - z / 2.0 + z**2 / 6.0 - z**3 / 24.0 + z**4 / 120.0)
        return math.exp(-z), gains, gains, dt_s**2 * (0.5 - z / 6.0 + z**2 / 24.0 - z**3 / 120.0 + z**4 / 720.0)
    gains = -math.expm1(-z) / drag_per_s
    return math.exp(-z), gains, gains, (dt_s - gains) / drag_per_s


@lru_cache(maxsize=64)
def loop(dt_s: float, drag_per_s: float, response_steps: float) -> Loop:
    """The linear-quadratic regulator of Σ offset² + 2·(τ·speed)² + (τ²·acceleration)², τ = response_steps·dt_s.

    Raises `BadInput` where it takes more than 10 000 control steps to settle.
    """
    keeps, gains, glides, gets = held(dt_s, drag_per_s)
    state, push = np.array([[1.0, glides], [0.0, keeps]]), np.array([gets, gains])
    feedback = regulator(state, push, response_steps * dt_s)
    closed, x, kept = state - np.outer(push, feedback), np.array([-1.0, 0.0]), []
    while np.abs(x * (1.0, dt_s)).max() > FADED:
        kept.append((*x, -float((feedback * x).sum())))
        x = (closed * x).sum(axis=1)
        if len(kept) > LONGEST:
            raise BadInput(f"response_steps: with {response_steps:g} a body does not settle (take a smaller one)")
    offset, speed, acceleration = np.array(kept).T
    return Loop(
        dt_s=dt_s,
        feedback=(float(feedback[0]), float(feedback[1])),
        step=(keeps, gains, glides, gets),
        offset=offset,
        speed=speed,
        acceleration=acceleration,
    )


def regulator(state: Array, push: Array, tau_s: float) -> Array:
    """K (2,) of the discrete-time linear-quadratic regulator (`control.dlqr`), with times in units of τ."""
    import control

    scale = np.array([1.0, tau_s])  # states offset and speed·τ, input acceleration·τ²: numbers near 1
    a = state * scale[:, None] / scale
    b = (push * scale / tau_s**2)[:, None]
    gain, _, _ = control.dlqr(a, b, np.diag([1.0, DAMPING]), np.eye(1))
    return np.asarray(gain[0] * scale / tau_s**2)
