"""Unicycles drive: turn in place, forwards or backwards whichever turns less, then straight; one round in closed form.

Control steps are counted, not walked through: between two orders a unicycle turns by full strides and a last one, then
drives so. Trigonometry is needed once where it turns, and not at all where it looks at its goal.
"""

from __future__ import annotations

import math

from numba import njit

from robosim.kernels import Array
from robosim.kernels.straight import stretch

ASIDE = 1e-12
"""A goal this far off the line ahead, metres and as a share of its coordinates, counts as straight ahead: rounding."""


@njit(cache=True, error_model="numpy")
def aside(gx: float, gy: float) -> float:
    """How far off the line ahead a goal counts as straight ahead, metres."""
    return ASIDE * (1.0 + abs(gx) + abs(gy))


@njit(cache=True, error_model="numpy")
def turned(looks: Array, sine: float, cosine: float) -> None:
    """Turn a heading (cos, sin) in place; its length stays 1, however often it turns."""
    x = cosine * looks[0] - sine * looks[1]
    y = sine * looks[0] + cosine * looks[1]
    scale = 1.5 - 0.5 * (x * x + y * y)  # Newton's step towards length 1
    looks[0], looks[1] = scale * x, scale * y


@njit(cache=True, error_model="numpy")
def ahead(at: Array, goal: Array, dist: float, stride: float, steps: int, dt_s: float, meters: Array) -> None:
    """Drive straight to a goal `dist` > 0 away, positions (2,), in `steps` control steps of at most `stride` metres."""
    way, squares, _ = stretch(dist, stride, steps)
    for c in range(2):
        at[c] = goal[c] if way == dist else at[c] + (goal[c] - at[c]) * (way / dist)
    meters[0] += way
    meters[1] += squares / dt_s


@njit(cache=True, error_model="numpy")
def face(looks: Array, x: float, y: float, dist: float, stride: float, steps: int, meters: Array) -> int:
    """Turn in place until (x, y), `dist` away, lies straight ahead or behind: how many control steps that took."""
    along, across = looks[0] * x + looks[1] * y, looks[0] * y - looks[1] * x
    way = 1.0 if along >= 0.0 else -1.0
    turn = math.atan2(abs(across), abs(along))
    angle, _, used = stretch(turn, stride, steps)
    meters[2] += angle
    if angle == turn:
        looks[0], looks[1] = way * x / dist, way * y / dist
    else:
        turned(looks, way * math.copysign(math.sin(angle), across), math.cos(angle))
    return used


@njit(cache=True, error_model="numpy")
def roll(
    at: Array,
    inner: Array,
    goal: Array,
    pace: Array,
    steps: int,
    dt_s: float,
    speed_mps: float,
    turn_per_s: float,
    meters: Array,
) -> None:
    """Drive unicycles; `inner` (missions, agents, 2) is (cos, sin) of the heading, other shapes as in `Body.drive`."""
    for m in range(at.shape[0]):
        for i in range(at.shape[1]):
            gx, gy, on = goal[m, i, 0], goal[m, i, 1], pace[m, i] * dt_s
            x, y = gx - at[m, i, 0], gy - at[m, i, 1]
            dist = math.sqrt(x * x + y * y)
            if dist > 0.0 and on > 0.0:
                left = steps
                if abs(inner[m, i, 0] * y - inner[m, i, 1] * x) > aside(gx, gy):
                    left -= face(inner[m, i], x, y, dist, turn_per_s * on, steps, meters[m, i])
                if left > 0:  # having turned all the way
                    ahead(at[m, i], goal[m, i], dist, speed_mps * on, left, dt_s, meters[m, i])
