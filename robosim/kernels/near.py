"""Who is near whom: a cell list in one, two or three dimensions, rebuilt from scratch at every call.

Points are sorted into cells no narrower than the range, the last axis fastest, so that the three cells beside each
other along it are one stretch of memory, and each pair is met once. The answer is that of all pairs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array

ROOM = 1.0 + 1e-6
"""Cells are wider than the range by this factor: rounding never puts two that are in range two cells apart."""
MOST_CELLS = 2
"""Cells a point at most: where points lie far apart, cells are wider than they need be."""


@njit(cache=True)
def near(points: Array, reach: float, most: int = 2**29) -> tuple[Array, Array]:
    """Compressed rows of who is at most `reach` away, senders in rising order: indptr (n+1,), senders (links,), int32.

    Parameters
    ----------
    points : (n, d) array, d = 1, 2 or 3
        In the unit of `reach`, finite.
    most : pairs that may be found; where there are more, indptr is empty.
    """
    n = points.shape[0]
    at, low, side, counts = _grid(points, reach)
    cell, first = _cells(at, low, side, counts)
    order = _sorted(cell, first)
    a, b, found = _pairs(at[order], first, counts, reach, most)
    if found > most:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    indptr = np.zeros(n + 1, dtype=np.int32)
    for pair in range(found):
        a[pair], b[pair] = order[a[pair]], order[b[pair]]
        indptr[a[pair] + 1] += 1
        indptr[b[pair] + 1] += 1
    for i in range(n):
        indptr[i + 1] += indptr[i]
    return indptr, _rows(indptr, a, b, found)


@njit(cache=True)
def _grid(points: Array, reach: float) -> tuple[Array, Array, Array, Array]:
    """Points as (n, 3), the lowest corner, the sides of cells and how many there are along each axis."""
    n, d = points.shape
    at, low, high = np.zeros((n, 3)), np.zeros(3), np.zeros(3)
    for c in range(d):
        axis = 3 - d + c
        low[axis] = high[axis] = points[0, c]
        for i in range(n):
            x = points[i, c]
            at[i, axis] = x
            low[axis] = min(low[axis], x)
            high[axis] = max(high[axis], x)
    counts, side, total = np.ones(3, dtype=np.int64), np.ones(3), 1.0
    least = max(reach * ROOM, 1e-300)
    for axis in range(3 - d, 3):
        counts[axis] = max(1, int(min((high[axis] - low[axis]) / least, MOST_CELLS * n + 1.0)))
        total *= counts[axis]
    while total > MOST_CELLS * n + 1:
        widest = np.argmax(counts)
        counts[widest] = (counts[widest] + 1) // 2
        total = float(counts[0]) * counts[1] * counts[2]
    for axis in range(3 - d, 3):
        side[axis] = max((high[axis] - low[axis]) / counts[axis], least)
    return at, low, side, counts


@njit(cache=True)
def _cells(at: Array, low: Array, side: Array, counts: Array) -> tuple[Array, Array]:
    """The cell of each point (n,), and where each cell begins among the sorted points (cells + 1,)."""
    n = at.shape[0]
    cell, first = np.empty(n, dtype=np.int64), np.zeros(counts[0] * counts[1] * counts[2] + 1, dtype=np.int64)
    for i in range(n):
        flat = 0
        for axis in range(3):
            flat = flat * counts[axis] + min(int((at[i, axis] - low[axis]) / side[axis]), counts[axis] - 1)
        cell[i] = flat
        first[flat + 1] += 1
    for c in range(first.size - 1):
        first[c + 1] += first[c]
    return cell, first


@njit(cache=True)
def _sorted(cell: Array, first: Array) -> Array:
    """Points in the order of their cells, (n,)."""
    order, free = np.empty(cell.size, dtype=np.int32), first.copy()
    for i in range(cell.size):
        order[free[cell[i]]] = i
        free[cell[i]] += 1
    return order


@njit(cache=True)
def _pairs(at: Array, first: Array, counts: Array, reach: float, most: int) -> tuple[Array, Array, int]:
    """Each pair in range once, by sorted points: two arrays, the first `found` of them; it ends beyond `most`."""
    n, found, square = at.shape[0], 0, reach * reach
    nx, ny, nz = counts[0], counts[1], counts[2]
    a, b = np.empty(6 * n + 16, dtype=np.int32), np.empty(6 * n + 16, dtype=np.int32)
    for cx in range(nx):
        for cy in range(ny):
            for cz in range(nz):
                here = (cx * ny + cy) * nz + cz
                mine, last = first[here], first[here + 1]
                if mine == last:
                    continue
                for row in range(5 if cx + 1 < nx else 2):  # this row of cells from here on, then those that come after
                    ey = cy if row == 0 else cy + 1 if row == 1 else cy + row - 3
                    if ey < 0 or ey >= ny:
                        continue
                    line = ((cx + (1 if row > 1 else 0)) * ny + ey) * nz
                    begin, end = first[line + max(cz - 1, 0)], first[line + min(cz + 1, nz - 1) + 1]
                    needed = found + (last - mine) * (end - begin)
                    if needed > a.size:
                        if found > most:
                            return a, b, found
                        a, b = _longer(a, needed), _longer(b, needed)
                    for p in range(mine, last):
                        x, y, z = at[p, 0], at[p, 1], at[p, 2]
                        for q in range(p + 1 if row == 0 else begin, end):
                            dx, dy, dz = at[q, 0] - x, at[q, 1] - y, at[q, 2] - z
                            a[found], b[found] = p, q  # written in any case, counted where in range: no branch
                            found += dx * dx + dy * dy + dz * dz <= square
    return a, b, found


@njit(cache=True)
def _longer(x: Array, least: int) -> Array:
    longer = np.empty(2 * least, dtype=np.int32)
    longer[: x.size] = x
    return longer


@njit(cache=True)
def _rows(indptr: Array, a: Array, b: Array, found: int) -> Array:
    """Senders of every row in rising order: rows are filled as they come, then once more by sender."""
    n = indptr.size - 1
    loose, free = np.empty(2 * found, dtype=np.int32), indptr.copy()
    for pair in range(found):
        i, j = a[pair], b[pair]
        loose[free[i]] = j
        free[i] += 1
        loose[free[j]] = i
        free[j] += 1
    senders, free = np.empty(2 * found, dtype=np.int32), indptr.copy()
    for j in range(n):
        for e in range(indptr[j], indptr[j + 1]):
            i = loose[e]
            senders[free[i]] = j
            free[i] += 1
    return senders


@njit(cache=True)
def joined(labels: Array, indptr: Array, senders: Array) -> Array:
    """Labels (n,) after all who hear each other are put together: of each group the smallest id in it.

    `labels` are such labels already, `numpy.arange(n)` where nobody is together yet; they are not changed.
    """
    root = labels.copy()
    for i in range(root.size):
        for e in range(indptr[i], indptr[i + 1]):
            a, b = _root(root, i), _root(root, senders[e])
            if a < b:
                root[b] = a
            elif b < a:
                root[a] = b
    for i in range(root.size):
        root[i] = _root(root, i)
    return root


@njit(cache=True)
def _root(root: Array, i: int) -> int:
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i
