"""The paper's random instances, the same bits for the same seeds (X, section 6 and supplement E).

Roads are a shortest tree, then drawn points joined to the nearest point without crossing; paths are the shortest one,
then again and again the cheapest detour around one of its edges.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import shown, suggestion
from robosim.freight.roads.instance import Instance
from robosim.freight.roads.points import ORDERS, distances, lattice_points, spanning_tree, talking
from robosim.freight.roads.recipes import RECIPES, Recipe
from robosim.freight.roads.shortest_ways import renumbered
from robosim.network.graphs import Edges


def paper_instance(name: str, ties: str = "plain") -> Instance:
    """An instance of the paper: example-1 … example-6, semi-balanced (Table E.1), unbalanced (Table E.2).

    Raises
    ------
    BadInput
        No such instance or order of ties.
    """
    if name not in RECIPES:
        hint = suggestion(name, RECIPES, f"known: {', '.join(RECIPES)}")
        raise BadInput(f"instance: the paper has no {shown(name)} ({hint})")
    return generated(RECIPES[name], ties)


def generated(recipe: Recipe, ties: str = "plain") -> Instance:
    """The instance of a recipe.

    Parameters
    ----------
    ties : which of two points at the same distance a new road tries first: "plain", as the order behind X, Table 1, or
        "stable" (the lower number), which gives example 1 other roads.

    Raises
    ------
    BadInput
        No such order of ties; demand cannot be met.
    """
    if ties not in ORDERS:
        raise BadInput(f"ties: must be 'plain' or 'stable', got {shown(ties)} (plain gives the paper's tables)")
    n, m, k = recipe.suppliers, recipe.demanders, recipe.goods
    rng = np.random.RandomState(recipe.seed)
    demand, capacity, stock = (
        rng.uniform(*span, shape)
        for span, shape in ((recipe.demand, (m, k)), (recipe.capacity, (n, m)), (recipe.stock, (n, k)))
    )
    points = lattice_points(n, m, recipe.paths, np.random.RandomState(recipe.seed))
    rng = np.random.RandomState(recipe.seed)
    roads = joined_points(points, rng, ties)
    distance = distances(points)
    ways = DirectedRoads(roads, distance)
    incidence, used = _incidence(ways, recipe)
    return Instance.checked(
        private_cost=[rng.uniform(5.0, 10.0, len(used)) for _ in range(n)],
        congestion=np.full(len(used), recipe.congestion),
        path_incidence=incidence,
        demand=demand,
        stock=stock,
        capacity=capacity,
        comm_edges=talking(distance[:n, :n], recipe.comm_edges),
        positions=points,
        roads=roads,
        edge_from_to=np.stack([np.array(ways.begin)[used], np.array(ways.end)[used]], axis=1),
        edge_length=np.array(ways.length)[used],
    )


def _incidence(ways: DirectedRoads, recipe: Recipe) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Paths over the used edges, (N, M, I, E), and which edges those are, in increasing number."""
    n, m = recipe.suppliers, recipe.demanders
    paths = [[detours(ways, i, n + j, recipe.paths) for j in range(m)] for i in range(n)]
    return renumbered(paths, len(ways.begin))


Path = list[int]
"""Directed edges from the start to the end: 2r is road r as recorded, 2r + 1 reversed."""


class DirectedRoads:
    """Directed roads: where each begins, ends, how long it is, and which leave a point in the order made."""

    def __init__(self, roads: Edges, distance: Array) -> None:
        both = roads[:, [0, 1, 1, 0]].reshape(-1, 2)
        self.begin, self.end = both[:, 0].tolist(), both[:, 1].tolist()
        self.length = distance[both[:, 0], both[:, 1]].tolist()
        self.leaving: list[list[int]] = [[] for _ in range(len(distance))]
        for edge, point in enumerate(self.begin):
            self.leaving[point].append(edge)


def shortest(ways: DirectedRoads, start: int, end: int, closed: Collection[int]) -> tuple[float, Path]:
    """Dijkstra's path and its length, infinite where the closed edges cut the end off.

    Of equal distances the lowest point is settled first, and an edge counts only if it is strictly shorter.
    """
    far, by = {start: 0.0}, dict[int, int]()
    settled, heap = set[int](), [(0.0, start)]
    while heap:
        here, point = heapq.heappop(heap)
        if point == end:
            return here, _traced(ways, start, end, by)
        if point in settled:
            continue
        settled.add(point)
        for edge in ways.leaving[point]:
            there = here + ways.length[edge]
            if edge not in closed and there < far.get(ways.end[edge], math.inf):
                far[ways.end[edge]], by[ways.end[edge]] = there, edge
                heapq.heappush(heap, (there, ways.end[edge]))
    return math.inf, []


def _traced(ways: DirectedRoads, start: int, end: int, by: dict[int, int]) -> Path:
    path = []
    while end != start:
        path.append(by[end])
        end = ways.begin[by[end]]
    return path[::-1]


def detours(ways: DirectedRoads, start: int, end: int, count: int) -> list[Path]:
    """`count` paths: each closes, for good, the edge of the one before whose closing costs least (the last on ties).

    Greedy, not the k shortest paths. Where every closing cuts the end off, edge 0 is closed and nothing else.
    """
    closed = set[int]()
    paths = [shortest(ways, start, end, closed)[1]]
    while len(paths) < count:
        least, cut = math.inf, 0
        for edge in reversed(paths[-1]):
            length = shortest(ways, start, end, closed | {edge})[0]
            if length < least:
                least, cut = length, edge
        closed.add(cut)
        paths.append(shortest(ways, start, end, closed)[1])
    return paths


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
