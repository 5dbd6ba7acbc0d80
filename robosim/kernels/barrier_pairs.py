"""Which pairs of robots would break their shared half-space by moving as they want (`robosim.kernels.barrier`)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.barrier import GRAIN, Keeping, around, half, horizon, rows_for, slack
from robosim.kernels.cells import cells, near
from robosim.kernels.half_spaces import dot


@njit(cache=True)
def pair_row(here: Array, i: int, j: int, keeping: Keeping, row: Array) -> float:
    """Of robots i and j: row·(Δ_i - Δ_j) ≤ bound, row (d,) of length 1 written (0 where they are in one place)."""
    total = 0.0
    for c in range(row.size):
        row[c] = here[j, c] - here[i, c]
        total += row[c] * row[c]
    distance = math.sqrt(total)
    for c in range(row.size):
        row[c] = row[c] / distance if distance > 0.0 else 0.0
    return 2.0 * half(distance, (keeping.radius[i] + keeping.radius[j]) * (1.0 + GRAIN), keeping.share)


@njit(cache=True)
def broken_pairs(here: Array, move: Array, keeping: Keeping, room: float) -> Array:
    """Pairs (k, 2), i < j, of robots (n, d) whose moves break their half-space by more than `room` and rounding, m."""
    n, d = here.shape
    far, row, found = np.empty(n), np.empty(d), np.empty(n, dtype=np.int64)
    for i in range(n):
        far[i] = math.sqrt(dot(move[i], move[i]))
    grid = cells(here, horizon(far.max(), 2.0 * keeping.radius.max() * (1.0 + GRAIN), keeping.share))
    pairs, count = np.empty((n, 2), dtype=np.int64), 0
    for i in range(n):
        for e in range(near(grid, here[i], found)):
            j = found[e]
            if j > i:
                bound, along = pair_row(here, i, j, keeping, row), 0.0
                for c in range(d):
                    along += row[c] * (move[i, c] - move[j, c])
                if along > bound + room + slack(here[i], far[i] + far[j]):
                    if count == pairs.shape[0]:
                        pairs = longer(pairs)
                    pairs[count, 0], pairs[count, 1] = i, j
                    count += 1
    return pairs[:count]


@njit(cache=True)
def longer(pairs: Array) -> Array:
    """The same with room for as many again."""
    out = np.empty((2 * pairs.shape[0], 2), dtype=np.int64)
    out[: pairs.shape[0]] = pairs
    return out


@njit(cache=True)
def rows_of_pairs(here: Array, pairs: Array, keeping: Keeping) -> tuple[Array, Array]:
    """Half-spaces of pairs (k, 2): rows (k, d), bounds (k,)."""
    rows, bounds = np.empty((pairs.shape[0], here.shape[1])), np.empty(pairs.shape[0])
    for k in range(pairs.shape[0]):
        bounds[k] = pair_row(here, pairs[k, 0], pairs[k, 1], keeping, rows[k])
    return rows, bounds


@njit(cache=True)
def own_of_all(here: Array, far: Array, keeping: Keeping) -> tuple[Array, Array, Array]:
    """Half-spaces of things and walls that robots (n, d) can leave who move up to `far` (n,): whose (k,), rows, bounds.

    Rows (k, d), bounds (k,).
    """
    n, d = here.shape
    work = rows_for(n, d, keeping.things)
    most = work.bounds.size - n
    whose, rows, bounds = np.empty(n * most, dtype=np.int64), np.empty((n * most, d)), np.empty(n * most)
    total = 0
    for i in range(n):
        count, _ = around(i, here[i], far[i], keeping, 0, False, work)
        for k in range(count):
            whose[total], rows[total], bounds[total] = i, work.rows[k], work.bounds[k]
            total += 1
    return whose[:total], rows[:total], bounds[:total]


@njit(cache=True)
def groups(n: int, pairs: Array) -> Array:
    """Number of each robot's group (n,), those that pairs (k, 2) tie together: the lowest number of its robots."""
    root = np.arange(n)
    for k in range(pairs.shape[0]):
        a, b = pairs[k, 0], pairs[k, 1]
        while root[a] != a:
            a = root[a]
        while root[b] != b:
            b = root[b]
        root[max(a, b)] = min(a, b)
    for i in range(n):  # roots are lower than what they are roots of, so that these have theirs already
        root[i] = root[root[i]]
    return root


@njit(cache=True)
def matrix(first: Array, second: Array, row: Array, place: Array, n: int) -> Array:
    """row·(Δ_first - Δ_second) as a dense array (k, n d); robot i stands at place[i], no robot has number -1."""
    d = row.shape[1]
    out = np.zeros((row.shape[0], n * d))
    for k in range(row.shape[0]):
        for c in range(d):
            out[k, place[first[k]] * d + c] = row[k, c]
            if second[k] >= 0:
                out[k, place[second[k]] * d + c] = -row[k, c]
    return out


@njit(cache=True)
def without(pairs: Array, others: Array, n: int) -> Array:
    """Pairs (k, 2) of n robots that are not among the others, in their order."""
    known, count = np.sort(others[:, 0] * n + others[:, 1]), 0
    out = np.empty_like(pairs)
    for k in range(pairs.shape[0]):
        key = pairs[k, 0] * n + pairs[k, 1]
        at = np.searchsorted(known, key)
        if at == known.size or known[at] != key:
            out[count] = pairs[k]
            count += 1
    return out[:count]
