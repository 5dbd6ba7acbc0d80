"""Cars drive: exact arcs of the smallest radius, then straight; rear axles that cannot turn in place.

Seen from the car the goal lies at (x, y). Where x < 0 everything is mirrored, and it drives in reverse. Towards a goal
outside the turning circle on its side it steers fully until the goal is straight ahead. From one inside it backs off
with its wheels turned the other way until the goal is on that circle. Planned anew at any point of such a way, the rest
is the same: x stays at 0 or more, as the goal, seen from the car, moves clockwise around the middle of a circle.
"""

from __future__ import annotations

import math

from numba import njit

from robosim.kernels import Array
from robosim.kernels.unicycle import ahead, aside, turned

NUDGE = 1e-6
"""Radians that it backs off too far, so that no rounding leaves the goal inside the turning circle."""


@njit(cache=True, error_model="numpy")
def arc(x: float, y: float, radius: float) -> tuple[float, float]:
    """Gear (1 ahead, -1 back) and angle, radians, of the first arc to a goal at x, y ≥ 0."""
    squares = x * x + y * y - 2.0 * radius * y
    if squares >= 0.0:
        line = math.sqrt(squares)
        return 1.0, max(math.atan2(y - radius, x) + math.atan2(radius, line), 0.0)
    off = math.sqrt(x * x + (y + radius) ** 2)  # from the middle of the circle that it backs off on
    sine = (off * off + 3.0 * radius * radius) / (4.0 * radius * off)
    return -1.0, max(math.atan2(y + radius, x) - math.asin(min(sine, 1.0)), 0.0) + NUDGE


@njit(cache=True, error_model="numpy")
def bend(at: Array, looks: Array, x: float, y: float, radius: float, stride: float, meters: Array, dt_s: float) -> None:
    """One control step of an arc, at most `stride` metres, towards a goal at (x, y) seen from the car."""
    way, side = math.copysign(1.0, x), math.copysign(1.0, y)
    gear, angle = arc(abs(x), abs(y), radius)
    angle = min(angle, stride / radius)
    sine, cosine, half = math.sin(angle), math.cos(angle), math.sin(0.5 * angle)
    forth, left = way * gear * radius * sine, side * gear * radius * 2.0 * half * half
    at[0] += looks[0] * forth - looks[1] * left
    at[1] += looks[1] * forth + looks[0] * left
    turned(looks, way * side * sine, cosine)
    meters[0] += radius * angle
    meters[1] += (radius * angle) ** 2 / dt_s
    meters[2] += angle


@njit(cache=True, error_model="numpy")
def steer(
    at: Array,
    looks: Array,
    goal: Array,
    radius: float,
    stride: float,
    still: float,
    steps: int,
    dt_s: float,
    meters: Array,
) -> None:
    """One car, positions (2,), for `steps` control steps of at most `stride` metres; see `wheel`."""
    for step in range(steps):
        x, y = goal[0] - at[0], goal[1] - at[1]
        dist = math.sqrt(x * x + y * y)
        across = looks[0] * y - looks[1] * x
        if dist > 0.0 and abs(across) <= aside(goal[0], goal[1]):
            ahead(at, goal, dist, stride, steps - step, dt_s, meters)
            return
        if dist <= still:
            return
        bend(at, looks, looks[0] * x + looks[1] * y, across, radius, stride, meters, dt_s)


@njit(cache=True, error_model="numpy")
def wheel(
    at: Array,
    inner: Array,
    goal: Array,
    pace: Array,
    steps: int,
    dt_s: float,
    speed_mps: float,
    radius_m: float,
    still_m: float,
    meters: Array,
) -> None:
    """Drive cars; `inner` (missions, agents, 2) is (cos, sin) of the heading, other shapes as in `Body.drive`.

    A car does not move for a goal within `still_m` unless it lies straight ahead or behind.
    """
    for m in range(at.shape[0]):
        for i in range(at.shape[1]):
            stride = speed_mps * pace[m, i] * dt_s
            if stride > 0.0:
                steer(at[m, i], inner[m, i], goal[m, i], radius_m, stride, still_m, steps, dt_s, meters[m, i])
