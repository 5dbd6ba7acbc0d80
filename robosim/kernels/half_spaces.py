"""The point of a convex region that is nearest to another: half-spaces and a ball around 0, in 1, 2 or 3 dimensions.

The region is {x: rows·x ≤ bounds, ‖x‖ ≤ reach}, rows of length 1 and bounds ≥ 0, so that 0 is in it. Half-spaces are
taken one after the other: where the nearest point so far is outside the next one, the new nearest point lies on its
border, a problem with one dimension less (Seidel 1991; in the plane as in ORCA, van den Berg et al. 2011). Exact.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from robosim.kernels import Array

ROUNDING = 1e-15
"""How far a point may be outside before it is, as a share of its length."""
PARALLEL = 1e-12
"""Borders whose directions differ by less never meet where it matters."""
KEPT = 1e-13
"""What may be left of a half-space broken, as a share of the length: beyond that the point is drawn towards 0."""


class Sketch(NamedTuple):
    """Room to compute in: the half-planes that half-spaces cut out of a plane, (n, 2) and (n,); two points of it."""

    rows: Array
    bounds: Array
    wanted: Array
    found: Array


@njit(cache=True)
def sketch(rows: int) -> Sketch:
    """Room for so many half-spaces."""
    return Sketch(np.empty((rows, 2)), np.empty(rows), np.empty(2), np.empty(2))


@njit(cache=True)
def dot(a: Array, b: Array) -> float:
    """Σ a_c b_c in a fixed order."""
    total = 0.0
    for c in range(a.size):
        total += a[c] * b[c]
    return total


@njit(cache=True)
def nearest(rows: Array, bounds: Array, count: int, reach: float, wanted: Array, out: Array, room: Sketch) -> bool:
    """Into `out` (d,) the point nearest to `wanted` (d,), of the first `count` half-spaces; whether it is `wanted`."""
    size = shortened(wanted, reach, out)
    same = size <= reach
    for k in range(count):
        if dot(rows[k], out) > bounds[k] + ROUNDING * size:
            same = False
            if out.size == 1:
                out[0] = rows[k, 0] * bounds[k]
            elif out.size == 2:
                on_line(rows, bounds, k, reach, wanted, out)
            else:
                on_plane(rows, bounds, k, reach, wanted, out, room)
    if not same:
        drawn_back(rows, bounds, count, out)
    return same


@njit(cache=True)
def shortened(wanted: Array, reach: float, out: Array) -> float:
    """Into `out` the point of the ball nearest to `wanted`; returns how long that was."""
    size = math.sqrt(dot(wanted, wanted))
    share = reach / size if size > reach else 1.0
    for c in range(out.size):
        out[c] = share * wanted[c]
    return size


@njit(cache=True)
def on_line(rows: Array, bounds: Array, k: int, reach: float, wanted: Array, out: Array) -> None:
    """The nearest point on the border of half-plane k, in the disc and in all half-planes before it."""
    x, y, b = rows[k, 0], rows[k, 1], bounds[k]
    high = math.sqrt(max(reach * reach - b * b, 0.0))
    low = -high
    for j in range(k):
        along = rows[j, 1] * x - rows[j, 0] * y
        if abs(along) > PARALLEL:
            meet = (bounds[j] - b * (rows[j, 0] * x + rows[j, 1] * y)) / along
            high = min(high, meet) if along > 0.0 else high
            low = max(low, meet) if along < 0.0 else low
    s = wanted[1] * x - wanted[0] * y
    s = 0.5 * (low + high) if low > high else min(max(s, low), high)
    out[0] = b * x - s * y
    out[1] = b * y + s * x


@njit(cache=True)
def on_plane(rows: Array, bounds: Array, k: int, reach: float, wanted: Array, out: Array, room: Sketch) -> None:
    """The nearest point on the border of half-space k, in the ball and in all half-spaces before it."""
    a, b = rows[k], bounds[k]
    first, second = np.empty(3), np.empty(3)
    across(a, first, second)
    count = 0
    for j in range(k):
        u, v = dot(rows[j], first), dot(rows[j], second)
        size = math.sqrt(u * u + v * v)
        if size > PARALLEL:
            room.rows[count, 0], room.rows[count, 1] = u / size, v / size
            room.bounds[count] = (bounds[j] - b * dot(rows[j], a)) / size
            count += 1
    room.wanted[0], room.wanted[1] = dot(wanted, first), dot(wanted, second)
    in_plane(room, count, math.sqrt(max(reach * reach - b * b, 0.0)))
    for c in range(3):
        out[c] = b * a[c] + room.found[0] * first[c] + room.found[1] * second[c]


@njit(cache=True)
def in_plane(room: Sketch, count: int, reach: float) -> None:
    """The same problem in a plane, where 0 need not be in the region."""
    size = shortened(room.wanted, reach, room.found)
    for k in range(count):
        if dot(room.rows[k], room.found) > room.bounds[k] + ROUNDING * size:
            on_line(room.rows, room.bounds, k, reach, room.wanted, room.found)


@njit(cache=True)
def across(a: Array, first: Array, second: Array) -> None:
    """Two directions that make a right-angled frame with the unit vector `a` (3,)."""
    least = 0
    for c in range(1, 3):
        least = c if abs(a[c]) < abs(a[least]) else least
    size = math.sqrt(1.0 - a[least] * a[least])
    for c in range(3):
        first[c] = ((1.0 if c == least else 0.0) - a[least] * a[c]) / size
    for c in range(3):
        second[c] = a[(c + 1) % 3] * first[(c + 2) % 3] - a[(c + 2) % 3] * first[(c + 1) % 3]


@njit(cache=True)
def drawn_back(rows: Array, bounds: Array, count: int, out: Array) -> None:
    """Towards 0, which is in every half-space, as far as rounding has left `out` outside of one."""
    share, size = 1.0, math.sqrt(dot(out, out))
    for k in range(count):
        far = dot(rows[k], out)
        if far > bounds[k] + KEPT * size:
            share = min(share, bounds[k] / far)
    if share < 1.0:
        for c in range(out.size):
            out[c] *= share
