"""What a silent leader reads off everybody's words: what demand lacks, how far copies are apart, what trackers say."""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array

DEMAND, DISAGREEMENT, MOVEMENT, TRACKING = range(4)
"""Columns of what is read."""


@njit(cache=True)
def own_blocks(y: Array, x: Array) -> None:
    """Fill x (M, N, n) with the agents' own blocks of their copies y (M, N, N·n)."""
    agents, n = x.shape[1], x.shape[2]
    for m in range(x.shape[0]):
        for i in range(agents):
            for c in range(n):
                x[m, i, c] = y[m, i, i * n + c]


@njit(cache=True)
def read(y: Array, x: Array, before: Array, tracker: Array, rows: Array, b: Array, out: Array) -> None:
    """Fill out (M, 4) for every mission: ‖Σ A_i x_i - b‖, max |y - x|, max |x - before|, max |Σ d - Σ A_i x_i + b|.

    Parameters
    ----------
    y : (M, N, N·n) copies. x, before : (M, N, n) own blocks, now and the round before.
    tracker : (M, N, m), or (M, 0, m) where nobody tracks.
    rows : (N, m, n) A. b : (m,).
    """
    missions, agents, n = x.shape
    for m in range(missions):
        off, lost = 0.0, 0.0
        for r in range(b.size):
            excess = -b[r]
            for i in range(agents):
                for c in range(n):
                    excess += rows[i, r, c] * x[m, i, c]
            off += excess * excess
            tracked = 0.0
            for i in range(tracker.shape[1]):
                tracked += tracker[m, i, r]
            lost = max(lost, abs(tracked - excess))
        apart, moved = 0.0, 0.0
        for j in range(agents):
            for c in range(n):
                moved = max(moved, abs(x[m, j, c] - before[m, j, c]))
        for i in range(agents):
            for j in range(agents):
                for c in range(n):
                    apart = max(apart, abs(y[m, i, j * n + c] - x[m, j, c]))
        out[m, DEMAND], out[m, DISAGREEMENT], out[m, MOVEMENT] = np.sqrt(off), apart, moved
        out[m, TRACKING] = lost if tracker.shape[1] > 0 else 0.0
