"""Where suppliers, demanders and crossings of the paper's networks stand, and who of the suppliers talk."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.graphs import Edges, canonical


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
