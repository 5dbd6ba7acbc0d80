"""The k shortest simple paths of a road network (Yen's method, networkx), as incidence of the edges they use."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice, pairwise

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.network.graphs import Edges

Path = list[int]
"""Numbers of links, from the start to the end."""


def shortest_ways(
    links: Edges,
    weight: Array,
    starts: Sequence[int],
    ends: Sequence[int],
    count: int,
    *,
    names: Sequence[str],
    first_through: int = 0,
) -> list[list[list[Path]]]:
    """The `count` paths of least weight from every start to every end, [start][end][path].

    Parameters
    ----------
    links : (L, 2) directed, from and to; of parallel links the lightest (then the first) is taken.
    weight : (L,) ≥ 0.
    names : (P,) of the nodes, for errors.
    first_through : nodes below this one are passed through by no path.

    Raises
    ------
    BadInput
        A pair has fewer simple paths.
    """
    best: dict[tuple[int, int], int] = {}
    for link, (a, b) in enumerate(links.tolist()):
        if (a, b) not in best or weight[link] < weight[best[a, b]]:
            best[a, b] = link
    return [[_enough(best, weight, start, end, count, names, first_through) for end in ends] for start in starts]


def _enough(
    best: dict[tuple[int, int], int],
    weight: Array,
    start: int,
    end: int,
    count: int,
    names: Sequence[str],
    first_through: int,
) -> list[Path]:
    found = _ways(best, weight, start, end, count, first_through)
    if len(found) < count:
        route, there = f"from {names[start]} to {names[end]}", "no path leads" if not found else "too few paths lead"
        raise BadInput(f"paths: {there} {route}: {len(found)}, wanted {count} (ask for fewer, or add roads)")
    return found


def _ways(
    best: dict[tuple[int, int], int], weight: Array, start: int, end: int, count: int, first_through: int
) -> list[Path]:
    graph = nx.DiGraph()
    graph.add_nodes_from((start, end))
    for (a, b), link in best.items():
        if (a >= first_through or a == start) and (b >= first_through or b == end):
            graph.add_edge(a, b, weight=float(weight[link]))
    found = []
    with suppress(nx.NetworkXNoPath):
        found = list(islice(nx.shortest_simple_paths(graph, start, end, weight="weight"), count))
    return [[best[pair] for pair in pairwise(nodes)] for nodes in found]


def renumbered(
    paths: Sequence[Sequence[Sequence[Sequence[int]]]], edges: int
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Incidence (N, M, I, E) of paths given by edge numbers, [i][m][t], and the numbers of the E edges they use."""
    full = np.zeros((len(paths), len(paths[0]), len(paths[0][0]), edges), dtype=np.int8)
    for i, to in enumerate(paths):
        for m, several in enumerate(to):
            for t, path in enumerate(several):
                full[i, m, t, path] = 1
    used = np.flatnonzero(full.any(axis=(0, 1, 2)))
    return full[..., used], used
