"""How far a point is from things that stand around, and the direction away from them.

Each thing is convex, so that all of it lies behind the plane through its point nearest to a robot, at right angles to
the way there. A polygon that is not convex is the chain of its edges: who is outside of it gets in across one of them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.half_spaces import dot


class Things(NamedTuple):
    """What stands around, metres.

    balls : (b, d + 1), centres and radii.
    boxes : (x, 2d + d²), centres, half of the sizes, and the directions of the sides, one after the other.
    corners : (c, 2) of convex polygons, anticlockwise, one after the other; an edge by itself has two.
    first : (p + 1,), where each polygon begins.
    """

    balls: Array
    boxes: Array
    corners: Array
    first: Array


@njit(cache=True)
def how_many(things: Things) -> int:
    """Convex things."""
    return int(things.balls.shape[0] + things.boxes.shape[0] + things.first.size - 1)


@njit(cache=True)
def gap(things: Things, k: int, point: Array, away: Array) -> float:
    """Distance of `point` (d,) from thing k, m, negative inside; into `away` (d,) the unit direction away from it."""
    if k < things.balls.shape[0]:
        return from_ball(things.balls[k], point, away)
    k -= things.balls.shape[0]
    if k < things.boxes.shape[0]:
        return from_box(things.boxes[k], point, away)
    k -= things.boxes.shape[0]
    return from_polygon(things.corners[things.first[k] : things.first[k + 1]], point, away)


@njit(cache=True)
def from_ball(ball: Array, point: Array, away: Array) -> float:
    """From a ball: centre (d,) and radius. In its very centre every direction leads away, and the first is taken."""
    total = 0.0
    for c in range(point.size):
        away[c] = point[c] - ball[c]
        total += away[c] * away[c]
    size = math.sqrt(total)
    for c in range(point.size):
        away[c] = away[c] / size if size > 0.0 else (1.0 if c == 0 else 0.0)
    return float(size - ball[point.size])


@njit(cache=True)
def from_box(box: Array, point: Array, away: Array) -> float:
    """From a box: centre (d,), half sizes (d,), directions of its sides (d, d)."""
    d = point.size
    side, inside, deepest, total = box[2 * d :].reshape(d, d), True, 0, 0.0
    over = np.empty(d)
    for a in range(d):
        x = 0.0
        for c in range(d):
            x += side[a, c] * (point[c] - box[c])
        over[a] = abs(x) - box[d + a]
        inside &= over[a] <= 0.0
        deepest = a if over[a] > over[deepest] else deepest
        total += max(over[a], 0.0) ** 2
        for c in range(d):
            side_sign = math.copysign(1.0, x)
            away[c] = (0.0 if a == 0 else away[c]) + side_sign * max(over[a], 0.0) * side[a, c]
    size = math.sqrt(total)
    if not inside and size > 0.0:
        for c in range(d):
            away[c] /= size
        return size
    x = 0.0
    for c in range(d):
        x += side[deepest, c] * (point[c] - box[c])
    for c in range(d):
        away[c] = math.copysign(1.0, x) * side[deepest, c]
    return float(over[deepest])


@njit(cache=True)
def from_polygon(corners: Array, point: Array, away: Array) -> float:
    """From a convex polygon, corners (c, 2) anticlockwise; from a single edge where c = 2, which has no inside."""
    n, best, depth = corners.shape[0], np.inf, -np.inf
    out = np.empty(2)
    for k in range(n if n > 2 else 1):
        x, y = corners[k]
        u, v = corners[(k + 1) % n, 0] - x, corners[(k + 1) % n, 1] - y
        length = math.sqrt(u * u + v * v)
        u, v = u / length, v / length
        along = min(max((point[0] - x) * u + (point[1] - y) * v, 0.0), length)
        dx, dy = point[0] - x - along * u, point[1] - y - along * v
        over = (point[0] - x) * v - (point[1] - y) * u
        if over > depth:
            depth, out[0], out[1] = over, v, -u
        size = math.sqrt(dx * dx + dy * dy)
        if size < best:
            best, away[0], away[1] = size, dx, dy
    if (n > 2 and depth <= 0.0) or best == 0.0:
        away[0], away[1] = out
        return depth if n > 2 else 0.0
    size = math.sqrt(dot(away, away))
    away[0], away[1] = away[0] / size, away[1] / size
    return best
