"""Directed graphs: who is heard need not hear."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from robosim.agent import Links
from robosim.errors import BadInput
from robosim.network import graphs
from robosim.network.near import metropolis


@dataclass(frozen=True, kw_only=True, eq=False)
class Directed:
    """A directed graph of n agents in which every word comes around to everybody; `arcs` (E, 2) are [sender, receiver].

    Weights of a mean have rows that sum to 1, columns need not: the mean is not kept by programs that only average.
    """

    n: int
    arcs: graphs.Edges

    name: ClassVar[str] = ""
    margin: ClassVar[float] = 0.0
    weights: ClassVar[None] = None
    labels: ClassVar[tuple[Hashable, ...]] = ()
    directed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.n < 2:
            raise BadInput(f"a network needs at least 2 agents, got {self.n} (add agents)")
        graphs.refuse_faulty(self.n, self.arcs)
        groups, labels = strong(self.n, self.arcs)
        if groups > 1:
            least = np.flatnonzero(labels == np.bincount(labels).argmin())[:6].tolist()
            raise BadInput(
                f"the directed graph is not strongly connected: {groups} groups, among them {least}, whose words "
                "do not come around to all others, or who do not hear theirs (add links)"
            )

    @cached_property
    def links(self) -> Links:
        """Rows by receiver; `listeners` are how many hear each agent."""
        order = np.lexsort((self.arcs[:, 0], self.arcs[:, 1]))
        sender, receiver = self.arcs[order].T
        indptr = np.concatenate([[0], np.cumsum(np.bincount(receiver, minlength=self.n))]).astype(np.int32)
        heard_by = np.bincount(sender, minlength=self.n).astype(np.float64)
        return metropolis(indptr, sender.astype(np.int32))._replace(listeners=heard_by)

    @cached_property
    def edges(self) -> graphs.Edges:
        """Pairs that are linked in either direction, (E, 2), smaller id first."""
        return graphs.canonical(self.arcs)

    @property
    def lambda_max(self) -> float:
        """2 max_i deg_i: every eigenvalue of L = D - A lies in a disc that this reaches around (Gershgorin)."""
        return 2.0 * float(self.links.degree.max())

    @cached_property
    def connectivity(self) -> float:
        """The smallest real part of an eigenvalue of L other than the 0 of agreement; 0 for large graphs, unknown."""
        if self.n > graphs.DENSE:
            return 0.0
        links = self.links
        laplacian = np.diag(links.degree)
        laplacian[np.repeat(np.arange(self.n), np.diff(links.indptr)), links.indices] -= 1.0
        real = np.sort(np.linalg.eigvals(laplacian).real)
        return graphs.round12(max(float(real[1]), 0.0))


def strong(n: int, arcs: graphs.Edges) -> tuple[int, graphs.Edges]:
    """How many groups hear each other all around, and which each agent (n,) belongs to."""
    matrix = csr_array((np.ones(len(arcs), dtype=np.int8), (arcs[:, 0], arcs[:, 1])), shape=(n, n))
    groups, labels = connected_components(matrix, directed=True, connection="strong")
    return int(groups), labels.astype(np.int64)
