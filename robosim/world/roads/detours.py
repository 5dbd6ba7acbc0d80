"""The paper's paths: the shortest one, then again and again the cheapest detour around one of its edges."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection

from robosim.agent import Array
from robosim.graphs import Edges

Path = list[int]
"""Directed edges from the start to the end: 2r is road r as recorded, 2r + 1 reversed."""


class Ways:
    """Directed roads: where each begins, ends, how long it is, and which leave a point in the order made."""

    def __init__(self, roads: Edges, distance: Array) -> None:
        both = roads[:, [0, 1, 1, 0]].reshape(-1, 2)
        self.begin, self.end = both[:, 0].tolist(), both[:, 1].tolist()
        self.length = distance[both[:, 0], both[:, 1]].tolist()
        self.leaving: list[list[int]] = [[] for _ in range(len(distance))]
        for edge, point in enumerate(self.begin):
            self.leaving[point].append(edge)


def shortest(ways: Ways, start: int, end: int, closed: Collection[int]) -> tuple[float, Path]:
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


def _traced(ways: Ways, start: int, end: int, by: dict[int, int]) -> Path:
    path = []
    while end != start:
        path.append(by[end])
        end = ways.begin[by[end]]
    return path[::-1]


def detours(ways: Ways, start: int, end: int, count: int) -> list[Path]:
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
