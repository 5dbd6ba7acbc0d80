"""Who is near whom: a list of cells, each at least as wide as the distance that is asked about."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from robosim.kernels import Array

FEW = 64
"""Up to so many points all are looked at."""
CELLS = 4.0
"""Cells a point, at most."""


class Cells(NamedTuple):
    """Corner (3,), width (3,) and number (3,) of cells; where each begins, (cells + 1,), in the points' order (n,)."""

    low: Array
    width: Array
    number: Array
    first: Array
    member: Array


@njit(cache=True)
def cells(at: Array, far: float) -> Cells:
    """The points (n, d) in cells that are at least `far` wide; a single cell where points are few."""
    n, d = at.shape
    low, width, number = np.zeros(3), np.ones(3), np.ones(3, dtype=np.int64)
    most = int((CELLS * n) ** (1.0 / d)) if n > FEW else 1
    for c in range(d):
        low[c] = at[:, c].min()
        extent = at[:, c].max() - low[c]
        number[c] = min(most, max(1, int(min(extent / far, 1e9)))) if far > 0.0 and extent > 0.0 else 1
        width[c] = extent / number[c] if extent > 0.0 else 1.0
    first = np.zeros(number[0] * number[1] * number[2] + 1, dtype=np.int64)
    member, own = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for i in range(n):
        own[i] = cell_of(at[i], low, width, number)
        first[own[i] + 1] += 1
    for k in range(1, first.size):
        first[k] += first[k - 1]
    filled = first[:-1].copy()
    for i in range(n):
        member[filled[own[i]]] = i
        filled[own[i]] += 1
    return Cells(low, width, number, first, member)


@njit(cache=True)
def place(x: float, low: float, width: float, number: int) -> int:
    """Number of the cell along one coordinate."""
    return min(max(int((x - low) / width), 0), number - 1)


@njit(cache=True)
def cell_of(point: Array, low: Array, width: Array, number: Array) -> int:
    """Number of the cell of a point (d,)."""
    k = 0
    for c in range(point.size):
        k = k * number[c] + place(point[c], low[c], width[c], number[c])
    for c in range(point.size, 3):
        k *= number[c]
    return k


@njit(cache=True)
def near(grid: Cells, point: Array, found: Array) -> int:
    """Into `found` all points in the cell of `point` and in those around it; returns how many."""
    lo, hi = np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)
    for c in range(point.size):
        k = place(point[c], grid.low[c], grid.width[c], grid.number[c])
        lo[c], hi[c] = max(k - 1, 0), min(k + 1, grid.number[c] - 1)
    count = 0
    for x in range(lo[0], hi[0] + 1):
        for y in range(lo[1], hi[1] + 1):
            for z in range(lo[2], hi[2] + 1):
                k = (x * grid.number[1] + y) * grid.number[2] + z
                for e in range(grid.first[k], grid.first[k + 1]):
                    found[count] = grid.member[e]
                    count += 1
    return count
