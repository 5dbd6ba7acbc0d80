"""Where suppliers, demanders and crossings of the paper's networks stand, and who of the suppliers talk.

The instance behind X, Table 1 depends on which of equal distances comes first: a plain quicksort's order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from robosim.agent import Array
from robosim.network.graphs import Edges, canonical


def lattice_points(suppliers: int, demanders: int, paths: int, rng: np.random.RandomState) -> Array:
    """(P, 2): one point in every row and column of a lattice; suppliers left, demanders right, crossings between.

    P = (N + M)(I + 1); the lattice has the step round(√(10 P))/P.
    """
    n, m = suppliers, demanders
    count = (n + m) * (paths + 1)
    left, right = np.arange(2 * n), np.arange(count - 2 * m, count)
    middle, rows = np.arange(2 * n, count - 2 * m), np.arange(count)
    for numbers in (left, right, middle, rows):
        rng.shuffle(numbers)
    columns = np.concatenate([left[:n], right[:m], left[n:], right[m:], middle])
    step = round(float(np.sqrt(10 * count))) / count
    return np.stack([step * columns, step * rows], axis=1)


def distances(points: Array) -> Array:
    """√(dx² + dy²), (P, P)."""
    dx, dy = (points[:, None, axis] - points[None, :, axis] for axis in (0, 1))
    return np.asarray(np.sqrt(dx**2 + dy**2))


def spanning_tree(distance: Array) -> list[tuple[int, int]]:
    """Prim's tree from point 0 as (joining point, tree point) in the order made; ties: the lowest point."""
    near, partner = distance[0].copy(), np.zeros(len(distance), dtype=np.int64)
    near[0] = np.inf
    made = []
    for _ in range(len(distance) - 1):
        joining = int(near.argmin())
        made.append((joining, int(partner[joining])))
        closer = (distance[joining] < near) & (near < np.inf)
        near[closer], partner[closer] = distance[joining][closer], joining
        near[joining] = np.inf
    return made


def talking(distance: Array, count: int) -> Edges:
    """Prim's tree, then `count` edges in all: whoever has fewest neighbours is joined to the nearest who is not one."""
    n = len(distance)
    joined = np.eye(n, dtype=np.bool_)
    for a, b in spanning_tree(distance):
        joined[a, b] = joined[b, a] = True
    for _ in range(n - 1, count):
        a = int(joined.sum(axis=1).argmin())
        b = int(np.where(joined[a], np.inf, distance[a]).argmin())
        joined[a, b] = joined[b, a] = True
    return canonical(np.argwhere(np.triu(joined, 1)))


SHORT = 15
"""Segments with this much between their ends are left to insertion sort."""


def plain_order(keys: Sequence[float]) -> list[int]:
    """Indices by increasing key; equal keys as the plain quicksort leaves them.

    >>> plain_order([2.0, 1.0, 2.0, 1.0])
    [1, 3, 0, 2]
    """
    order, low, high, aside = list(range(len(keys))), 0, len(keys) - 1, list[tuple[int, int]]()
    while True:
        while high - low > SHORT:
            i = _split(order, keys, low, high)
            if i - low < high - i:
                aside.append((i + 1, high))
                high = i - 1
            else:
                aside.append((low, i - 1))
                low = i + 1
        _insert(order, keys, low, high)
        if not aside:
            return order
        low, high = aside.pop()


def _split(t: list[int], d: Sequence[float], low: int, high: int) -> int:
    """Smaller keys before the place that is returned, larger ones after it."""
    mid = low + (high - low) // 2
    for first, second in ((low, mid), (mid, high), (low, mid)):
        if d[t[second]] < d[t[first]]:
            t[first], t[second] = t[second], t[first]
    pivot = d[t[mid]]
    t[mid], t[high - 1] = t[high - 1], t[mid]
    i, j = low, high - 1
    while True:
        i, j = i + 1, j - 1
        while d[t[i]] < pivot:
            i += 1
        while pivot < d[t[j]]:
            j -= 1
        if i >= j:
            break
        t[i], t[j] = t[j], t[i]
    t[i], t[high - 1] = t[high - 1], t[i]
    return i


def _insert(t: list[int], d: Sequence[float], low: int, high: int) -> None:
    for place in range(low + 1, high + 1):
        moved, j = t[place], place
        while j > low and d[moved] < d[t[j - 1]]:
            t[j] = t[j - 1]
            j -= 1
        t[j] = moved


def stable_order(keys: Sequence[float]) -> list[int]:
    """Indices by increasing key; of equal keys the lowest index first."""
    return sorted(range(len(keys)), key=keys.__getitem__)


ORDERS: dict[str, Callable[[Sequence[float]], list[int]]] = {"plain": plain_order, "stable": stable_order}
