"""The paper's roads: a shortest tree, then drawn points joined to the nearest point without crossing any road."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.graphs import Edges
from robosim.world.roads.points import distances, spanning_tree
from robosim.world.roads.ties import ORDERS

BEHIND = 1e8
"""The distance at which points that cannot be joined count."""


def joined_points(points: Array, rng: np.random.RandomState, ties: str) -> Edges:
    """2P roads (2P, 2) between P points, in the order made; `ties` names the order of equal distances.

    Every draw takes a point, which is joined to the nearest one that a straight road reaches without properly crossing
    another road; where there is none the draw is lost.
    """
    distance, order = distances(points), ORDERS[ties]
    roads = spanning_tree(distance)
    apart = distance.copy()
    np.fill_diagonal(apart, BEHIND)
    for a, b in roads:
        apart[a, b] = apart[b, a] = BEHIND
    while len(roads) < 2 * len(points):
        a = int(rng.randint(0, len(points)))
        ends = np.array(roads)
        for b in order(apart[a].tolist()):
            if (
                apart[a, b] < BEHIND
                and not crossing(points[a], points[b], points[ends[:, 0]], points[ends[:, 1]]).any()
            ):
                roads.append((a, b))
                apart[a, b] = apart[b, a] = BEHIND
                break
    return np.array(roads, dtype=np.int64)


def crossing(a: Array, b: Array, c: Array, d: Array) -> NDArray[np.bool_]:
    """Whether the segment ab properly crosses the segments cd, (R, 2) each; they may touch.

    In floating point as it stands: an exact test of the lattice gives other networks.
    """
    apart = (np.maximum(a, b) < np.minimum(c, d)) | (np.maximum(c, d) < np.minimum(a, b))
    astride = (_turn(a, b, c) * _turn(a, b, d) < 0) & (_turn(c, d, a) * _turn(c, d, b) < 0)
    return np.asarray(~apart.any(axis=-1) & astride)


def _turn(p: Array, q: Array, r: Array) -> Array:
    """Twice the signed area of the triangle pqr."""
    ux, uy = q[..., 0] - p[..., 0], q[..., 1] - p[..., 1]
    vx, vy = r[..., 0] - p[..., 0], r[..., 1] - p[..., 1]
    return np.asarray(ux * vy - uy * vx)
