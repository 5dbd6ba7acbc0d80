"""The communication network: links, Laplacian and incidence matrix, delivery of messages."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.sparse import csr_array

from robosim.agent import Array, Heard, Links, Said
from robosim.errors import BadInput
from robosim.network import graphs
from robosim.network.given import edges_of, graph_of, name_of

if TYPE_CHECKING:
    import control
    import networkx as nx


@dataclass(frozen=True, kw_only=True)
class Network:
    """An undirected, connected graph of n ≥ 2 agents; `edges` is (E, 2), each pair once, smaller id first.

    `name` selects closed forms of the spectrum ("path", "ring", "star", "complete"); `margin` makes the lazy Metropolis
    weights smaller. `weights` (E,) > 0 are those of the edges in the Laplacian, None where all weigh 1. `labels` are
    the nodes of the graph that it was made of, in the order of the ids; () where nodes are ids.
    """

    n: int
    edges: graphs.Edges
    name: str = ""
    margin: float = 0.0
    weights: Array | None = None
    labels: tuple[Hashable, ...] = ()

    directed: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.n < 2:
            raise BadInput(f"a network needs at least 2 agents, got {self.n} (add agents)")
        names = tuple(map(name_of, self.labels))
        graphs.refuse_faulty(self.n, self.edges, names)
        graphs.refuse_disconnected(self.n, self.edges, names)
        if self.weights is not None:
            graphs.refuse_weights(self.edges, self.weights)

    @classmethod
    def of(cls, graph: nx.Graph | Sequence[Sequence[float]], n: int | None = None) -> Network:
        """From a networkx graph or from a list of edges [i, j] or [i, j, weight].

        Integer nodes 0..n-1 are ids and stay. Other nodes are numbered in the graph's order; `labels` remembers them.
        The edge attribute `weight` counts, 1 where it is absent.

        Raises `BadInput` for directed graphs and multigraphs, self-loops, ids out of range, weights that are no finite
        numbers > 0 or span too far, and graphs that are not connected.

        >>> Network.of([(0, 1), (1, 2, 2.5)]).weights
        array([1. , 2.5])
        """
        listed = isinstance(graph, Sequence | np.ndarray) and not isinstance(graph, str | bytes)
        given = edges_of(graph, n) if listed else graph_of(graph)
        if n is not None and n != given.n:
            raise BadInput(f"the graph has {given.n} nodes, n is {n} (leave n out)")
        network = cls(n=given.n, edges=given.edges, weights=given.weights, labels=given.labels)
        if network.weights is not None:
            _ = network.connectivity  # refuses weights that span too far
        return network

    @cached_property
    def links(self) -> Links:
        """Both directions of every edge, rows by receiver, with lazy Metropolis weights and those of the edges.

        W_ij = 1 / (2 (max(deg_i, deg_j) + margin)), W_ii = 1 - Σ_j W_ij (X, Remark 2; its authors' figures have a
        margin of 0.1): symmetric, doubly stochastic, positive semidefinite.
        """
        receiver = np.concatenate([self.edges[:, 0], self.edges[:, 1]])
        sender = np.concatenate([self.edges[:, 1], self.edges[:, 0]])
        order = np.lexsort((sender, receiver))
        receiver, sender = receiver[order], sender[order].astype(np.int32)
        degree = np.bincount(receiver, minlength=self.n)
        indptr = np.concatenate([[0], np.cumsum(degree)]).astype(np.int32)
        weight = 0.5 / (np.maximum(degree[receiver], degree[sender]) + self.margin)
        own = np.asarray(1.0 - np.bincount(receiver, weights=weight, minlength=self.n), dtype=np.float64)
        edge = None if self.weights is None else np.tile(self.weights, 2)[order]
        return Links(indptr, sender, sender, weight, own, edge)

    @cached_property
    def laplacian(self) -> csr_array:
        """L = B diag(w) Bᵀ, sparse (n, n); all w are 1 in a graph without weights."""
        links = self.links
        adjacency = csr_array((links.coupling, links.indices, links.indptr), shape=(self.n, self.n))
        return csr_array(csr_array((links.weighted_degree, (np.arange(self.n), np.arange(self.n)))) - adjacency)

    @cached_property
    def incidence(self) -> csr_array:
        """B (n, E): +1 where an edge leaves its smaller end, -1 where it enters the larger (T, section VI)."""
        count = len(self.edges)
        rows, columns = self.edges.T.ravel(), np.tile(np.arange(count), 2)
        return csr_array((np.repeat([1.0, -1.0], count), (rows, columns)), shape=(self.n, count))

    @cached_property
    def _extremes(self) -> tuple[float, float]:
        if self.weights is not None:
            found = graphs.weighted_extremes(self.laplacian)
        else:
            found = graphs.named_extremes(self.name, self.n) or graphs.extremes(self.laplacian)
        return graphs.round12(found[0]), graphs.round12(found[1])

    @property
    def connectivity(self) -> float:
        """λ₂, the algebraic connectivity, to 12 digits; on a tree without weights λmin(BᵀB)."""
        return self._extremes[0]

    @property
    def lambda_max(self) -> float:
        """The largest Laplacian eigenvalue, to 12 digits."""
        return self._extremes[1]

    @property
    def is_tree(self) -> bool:
        """No cycles: one edge fewer than agents."""
        return len(self.edges) == self.n - 1

    def statespace(self, alpha: float | None = None, dt_s: float = 1.0) -> control.StateSpace:
        """Average consensus z⁺ = (I - αL) z + u, y = z as a discrete-time `control.StateSpace`, one axis of space.

        Without a step size α is 1/λmax, the largest that never overshoots.
        """
        import control

        alpha, eye = 1 / self.lambda_max if alpha is None else alpha, np.eye(self.n)
        return control.ss(eye - alpha * self.laplacian.toarray(), eye, eye, np.zeros_like(eye), dt_s)

    def start(self) -> None:
        """The perfect network keeps nothing."""
        return

    def deliver(self, k: int, memory: None, said: Said, cast: Said) -> tuple[None, Heard]:
        """Everybody hears every neighbour's last words and the leader's."""
        return None, Heard(said, cast, self.links, said)


def spread(positions: Array) -> Any:
    """dist(z, Z) = ‖(I - J) z‖_F over the last two axes (agents, d); J averages over agents (T, section VI)."""
    off = positions - positions.mean(axis=-2, keepdims=True)
    return np.sqrt(np.einsum("...ij,...ij->...", off, off))


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A network in which everybody hears the leader and nobody else; n ≥ 1 agents."""

    n: int

    @cached_property
    def links(self) -> Links:
        """No links at all."""
        nobody = np.empty(0, dtype=np.int32)
        return Links(np.zeros(self.n + 1, dtype=np.int32), nobody, nobody, np.empty(0), np.ones(self.n))

    def start(self) -> None:
        """Nothing is kept."""
        return

    def deliver(self, k: int, memory: None, said: Said, cast: Said) -> tuple[None, Heard]:
        """The leader's broadcast reaches everybody."""
        return None, Heard(said, cast, self.links, said)


@dataclass(frozen=True, kw_only=True)
class Alone:
    """A network of one agent that is its own neighbour: what it hears of others is what it said itself."""

    n: int = 1

    @cached_property
    def links(self) -> Links:
        """One link from the agent to itself; W = 1."""
        one = np.zeros(1, dtype=np.int32)
        return Links(np.array([0, 1], dtype=np.int32), one, one, np.full(1, 0.5), np.full(1, 0.5))

    def start(self) -> None:
        """Nothing is kept."""
        return

    def deliver(self, k: int, memory: None, said: Said, cast: Said) -> tuple[None, Heard]:
        """The agent hears its last words and the leader's."""
        return None, Heard(said, cast, self.links, said)


def network_of(given: Any) -> Any:
    """What keeps the protocol `robosim.agent.Network` as it is; anything else must be a networkx graph or edges."""
    if hasattr(given, "deliver"):
        return given
    try:
        return Network.of(given)
    except BadInput as problem:
        raise BadInput(f"network: {problem}") from None
