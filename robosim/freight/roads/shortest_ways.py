"""The k shortest simple paths of a road network, as incidence of the edges they use.

The graph is built once. Distances to each end come from `scipy.sparse.csgraph`, all ends in one call; with them the
paths themselves are found by Yen's method in a compiled kernel, in which parallel links are different roads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.kernels.ways import simple_ways
from robosim.network.graphs import Edges

Path = list[int]
"""Numbers of links, from the start to the end."""
Ways = list[list[list[Path]]]
"""[start][end][path]."""


@dataclass(frozen=True, kw_only=True)
class RoadGraph:
    """L directed links between P points, in the order in which searches need them.

    Parameters
    ----------
    links : (L, 2) from and to; weight : (L,) ≥ 0.
    through : (P,) whether paths may pass a point; they may begin and end at any.
    out, order : links by the point where they begin.
    """

    links: Edges
    weight: Array
    through: NDArray[np.bool_]
    out: NDArray[np.int64]
    order: NDArray[np.int64]

    @classmethod
    def of(cls, links: Edges, weight: Array, points: int, first_through: int = 0) -> RoadGraph:
        """Of links; points below `first_through` are passed by no path."""
        ends = np.asarray(links, dtype=np.int64).reshape(-1, 2)
        order = np.argsort(ends[:, 0], kind="stable")
        out = np.concatenate([[0], np.cumsum(np.bincount(ends[:, 0], minlength=points))])
        return cls(
            links=ends,
            weight=np.asarray(weight, dtype=np.float64),
            through=np.arange(points) >= first_through,
            out=out.astype(np.int64),
            order=order.astype(np.int64),
        )

    def left(self, ends: Sequence[int]) -> Array:
        """The least weight from every point to each end, (ends, P); ∞ where no path leads.

        From a point that is not passed it is ∞ too, but for the end itself.
        """
        kept = self.through[self.links[:, 0]]
        tail, head, weight = *self.links[kept].T, self.weight[kept]
        order = np.lexsort((weight, head, tail))  # of parallel links the lightest counts; csr would add them up
        tail, head, weight = tail[order], head[order], weight[order]
        first = np.ones(len(tail), dtype=bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        shape = (len(self.through), len(self.through))
        backwards = csr_array((weight[first], (head[first], tail[first])), shape=shape)
        return np.atleast_2d(dijkstra(backwards, directed=True, indices=list(ends)))

    def served(self, starts: Sequence[int], ends: Sequence[int]) -> NDArray[np.bool_]:
        """Whether a path leads from each start to each end, (starts, ends)."""
        left = self.left(ends)
        reach = np.isfinite(left[:, self.links[:, 1]])
        found = [[bool(reach[e, self.links[:, 0] == s].any()) for e in range(len(ends))] for s in starts]
        return np.array(found, dtype=bool).reshape(len(starts), len(ends))

    def ways(
        self, starts: Sequence[int], ends: Sequence[int], count: int, told: Callable[[int, int], None] | None = None
    ) -> Ways:
        """The `count` paths of least weight from every start to every end, fewer where there are fewer.

        Parameters
        ----------
        told : called with (pairs done, pairs in all).
        """
        left, found = self.left(ends), []
        tail, head = self.links.T.copy()
        for s, start in enumerate(starts):
            row = []
            for e, end in enumerate(ends):
                links, size = simple_ways(
                    self.out, self.order, tail, head, self.weight, self.through, left[e], start, end, count
                )
                row.append([links[t, : size[t]].tolist() for t in range(len(size))])
                if told:
                    told(s * len(ends) + e + 1, len(starts) * len(ends))
            found.append(row)
        return found


def shortest_ways(
    links: Edges,
    weight: Array,
    starts: Sequence[int],
    ends: Sequence[int],
    count: int,
    *,
    names: Sequence[str],
    first_through: int = 0,
) -> Ways:
    """The `count` paths of least weight from every start to every end, [start][end][path].

    Parameters
    ----------
    links : (L, 2) directed, from and to; parallel links are different roads.
    weight : (L,) ≥ 0.
    names : (P,) of the nodes, for errors.
    first_through : nodes below this one are passed through by no path.

    Raises
    ------
    BadInput
        A pair has fewer simple paths.
    """
    found = RoadGraph.of(links, weight, len(names), first_through).ways(starts, ends, count)
    for s, row in zip(starts, found, strict=True):
        for e, several in zip(ends, row, strict=True):
            if len(several) < count:
                route, there = f"from {names[s]} to {names[e]}", "too few paths lead" if several else "no path leads"
                message = f"paths: {there} {route}: {len(several)}, wanted {count}"
                raise BadInput(f"{message} (ask for fewer, or add roads)")
    return found


def renumbered(
    paths: Sequence[Sequence[Sequence[Sequence[int]]]], edges: int, count: int | None = None
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Incidence (N, M, I, E) of paths given by edge numbers, [i][m][t], and the numbers of the E edges they use.

    I is `count`, or how many paths the first pair has; paths that are lacking have no edge.
    """
    several = len(paths[0][0]) if count is None else count
    used = np.unique([link for to in paths for ways in to for path in ways for link in path]).astype(np.int64)
    place = np.full(edges, -1)
    place[used] = np.arange(used.size)
    full = np.zeros((len(paths), len(paths[0]), several, used.size), dtype=np.int8)
    for i, to in enumerate(paths):
        for m, ways in enumerate(to):
            for t, path in enumerate(ways):
                full[i, m, t, place[path]] = 1
    return full, used
