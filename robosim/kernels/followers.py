"""Bodies with momentum drive: each follows a point that moves straight to its goal, by linear feedback.

A control step is exact for what is held constant in it, the acceleration that is commanded; drag acts all the time.
"""

from __future__ import annotations

import math

from numba import njit

from robosim.kernels import Array
from robosim.kernels.straight import LANDS

SPEED, LIMIT, K_AT, K_SPEED, KEEPS, GAINS, GLIDES, GETS = range(8)
"""Places in `law`: the point's speed, m/s; acceleration limit, m/s²; feedback, 1/s² and 1/s; of a control step what is
left of a speed, speed gained by acceleration, s, way by speed, s, and by acceleration, s²."""
REST = 1e-13
"""Metres from where it rests, and a control step, at which a body has come to rest."""


@njit(cache=True, error_model="numpy")
def lead(point: Array, goal: Array, stride: float) -> bool:
    """Move a point (d,) straight towards its goal by at most `stride` metres; whether it is there."""
    squares = 0.0
    for c in range(point.size):
        squares += (goal[c] - point[c]) ** 2
    if squares <= (stride * LANDS) ** 2:
        for c in range(point.size):
            point[c] = goal[c]
        return True
    share = stride / math.sqrt(squares)
    for c in range(point.size):
        point[c] += share * (goal[c] - point[c])
    return False


@njit(cache=True, error_model="numpy")
def push(at: Array, point: Array, speed: Array, law: Array, dt_s: float, meters: Array) -> float:
    """One control step of one body (d,); how far from rest it is then, metres."""
    d, squares = at.size, 0.0
    for c in range(d):
        squares += (law[K_AT] * (at[c] - point[c]) + law[K_SPEED] * speed[c]) ** 2
    most = law[LIMIT] * law[LIMIT]
    share = math.sqrt(most / squares) if squares > most else 1.0  # never below 1 unless it was stopped in mid-flight
    way, change, off = 0.0, 0.0, 0.0
    for c in range(d):
        u = -share * (law[K_AT] * (at[c] - point[c]) + law[K_SPEED] * speed[c])
        move = law[GLIDES] * speed[c] + law[GETS] * u
        then = law[KEEPS] * speed[c] + law[GAINS] * u
        way, change = way + move * move, change + (then - speed[c]) ** 2
        at[c], speed[c] = at[c] + move, then
        off = max(off, abs(at[c] - point[c]), abs(then) * dt_s)
    meters[0] += math.sqrt(way)
    meters[1] += way / dt_s
    meters[3] += change / dt_s
    return off


@njit(cache=True, error_model="numpy")
def follow(
    at: Array, inner: Array, goal: Array, pace: Array, steps: int, dt_s: float, law: Array, meters: Array
) -> None:
    """Drive bodies with momentum; `inner` (missions, agents, 2d) is the point that it follows, m, and its speed, m/s.

    Other shapes as in `Body.drive`. Lengths in `meters` are those of the chords of control steps.
    """
    d = at.shape[2]
    for m in range(at.shape[0]):
        for i in range(at.shape[1]):
            point, speed, stride = inner[m, i, :d], inner[m, i, d:], law[SPEED] * pace[m, i] * dt_s
            if not stride > 0.0:
                for c in range(d):
                    speed[c] = 0.0
                continue
            for _ in range(steps):
                there = lead(point, goal[m, i], stride)
                off = push(at[m, i], point, speed, law, dt_s, meters[m, i])
                if there and off <= REST:
                    for c in range(d):
                        at[m, i, c], speed[c] = point[c], 0.0
                    break
