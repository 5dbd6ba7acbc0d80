"""`[[obstacle]]` tables → arrays of convex things, and who has no room beside them.

A convex polygon is one thing. Of one that is not convex each edge is a thing: who is outside, with a size, cannot get
in without coming too near to an edge, and near an edge only what is behind it is closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from robosim.agent import Array
from robosim.kernels.obstacles import Things, gap, how_many
from robosim.rendezvous.avoidance.keys import Obstacle
from robosim.rendezvous.avoidance.shapes import area, is_convex


def things(obstacles: Sequence[Obstacle], dimension: int) -> Things:
    """All obstacles, checked ones, as the compiled kernels want them."""
    balls = [
        [*one.center_m, one.radius_m] for one in obstacles if one.center_m is not None and one.radius_m is not None
    ]
    boxes = [box(one, dimension) for one in obstacles if one.shape == "box"]
    parts = [part for one in obstacles if one.corners_m is not None for part in convex_parts(one.corners_m)]
    first = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return Things(
        np.array(balls, dtype=np.float64).reshape(-1, dimension + 1),
        np.array(boxes, dtype=np.float64).reshape(-1, 2 * dimension + dimension**2),
        np.concatenate([np.empty((0, 2)), *parts]),
        first,
    )


def box(one: Obstacle, dimension: int) -> Array:
    """Centre, half sizes and directions of the sides, (2d + d²,); it is turned in the plane of the first two axes."""
    sides, cos, sin = np.eye(dimension), np.cos(one.angle_rad or 0.0), np.sin(one.angle_rad or 0.0)
    if dimension > 1:
        sides[:2, :2] = [[cos, sin], [-sin, cos]]
    half = 0.5 * np.array(one.size_m, dtype=np.float64)
    return np.concatenate([np.array(one.center_m, dtype=np.float64), half, sides.ravel()])


def convex_parts(corners: Sequence[Sequence[float]]) -> list[Array]:
    """The polygon, anticlockwise, if it is convex; else its edges, (2, 2) each."""
    ring = np.array(corners if area(corners) > 0 else corners[::-1], dtype=np.float64)
    if is_convex(ring.tolist()):
        return [ring]
    return [np.array(edge) for edge in pairwise([*ring, ring[0]])]


def inside(obstacle: Obstacle, point: Array) -> bool:
    """Whether a point (d,) is in an obstacle, which of a polygon that is not convex its edges do not tell."""
    if obstacle.corners_m is None:
        return bool(gaps(things([obstacle], len(point)), point)[0] < 0.0)
    odd = False
    for (x, y), (u, v) in pairwise([*obstacle.corners_m, obstacle.corners_m[0]]):
        if (y > point[1]) != (v > point[1]):
            odd ^= bool(point[0] < x + (point[1] - y) / (v - y) * (u - x))
    return odd


def gaps(stand: Things, point: Array) -> Array:
    """Distance of a point (d,) from each thing, m; negative inside a convex one."""
    away = np.empty(len(point))
    return np.array([gap(stand, k, point, away) for k in range(how_many(stand))])


def blocked(points: Array, radius_m: Array, obstacles: Sequence[Obstacle]) -> Iterator[tuple[int, int, float]]:
    """Robots at points (agents, d) with radii (agents,) that obstacles leave no room: robot, obstacle, metres lacking.

    Of who is in the middle of an obstacle it is not said how much: `inf`.
    """
    for number, one in enumerate(obstacles):
        stand = things([one], points.shape[1])
        for robot, point in enumerate(points):
            if inside(one, point):
                yield robot, number, np.inf
            elif (room := gaps(stand, point).min()) < radius_m[robot]:
                yield robot, number, float(radius_m[robot] - room)


def too_near(points: Array, radius_m: Array) -> Iterator[tuple[int, int, float, float]]:
    """Pairs of robots at points (agents, d) that overlap: i < j, their distance and the sum of their radii, m."""
    from scipy.spatial import cKDTree  # takes time to import, and only robots with a size need it

    pairs = cKDTree(points).query_pairs(2.0 * float(radius_m.max()), output_type="ndarray")
    for i, j in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].tolist():
        distance, need = float(np.sqrt(((points[i] - points[j]) ** 2).sum())), float(radius_m[i] + radius_m[j])
        if distance < need:
            yield i, j, distance, need


def outline(obstacle: Obstacle, corners: int = 64) -> Array:
    """What an obstacle in the plane looks like, corners (k, 2) m; of a disc a polygon with so many."""
    if obstacle.corners_m is not None:
        return np.array(obstacle.corners_m, dtype=np.float64)
    middle = np.array(obstacle.center_m, dtype=np.float64)
    if obstacle.radius_m is not None:
        at = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
        return np.asarray(middle + obstacle.radius_m * np.stack([np.cos(at), np.sin(at)], axis=-1))
    half = 0.5 * np.array(obstacle.size_m, dtype=np.float64)
    cos, sin = np.cos(obstacle.angle_rad or 0.0), np.sin(obstacle.angle_rad or 0.0)
    square = half * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    return np.asarray(middle + np.einsum("kj,ji->ki", square, np.array([[cos, sin], [-sin, cos]])))
