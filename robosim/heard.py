"""What agents say and what reaches them: named messages, neighbourhoods, and sums over neighbours.

Every array has the axes (missions, agents, components); a population of one agent is the same program with N = 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.kernels.mixing import mix

Array = NDArray[np.float64]
Ints = NDArray[np.int32]
Said = dict[str, Array]
"""Named messages, each (missions, agents, components); the leader's have one agent."""
Rules = dict[str, Any]
"""What the leader announces before round 0 (T, Remark 1): step size, rounds, type space, …"""


class Links(NamedTuple):
    """Who hears whom, as compressed rows by receiver.

    `indices` are columns of `Heard.voices`; `ids` name the agents behind them (they differ in a population of one).
    Two kinds of weights stand side by side, and each program knows which it means. `weight` and `own_weight` are those
    of a mean, W_ij and W_ii (lazy Metropolis, from degrees alone). `edge_weight` are the graph's own, w_ij in the
    Laplacian L = B diag(w) Bᵀ, (links,); None where every edge weighs 1, and `coupling` has them in any case.
    `listeners` (agents,) are how many hear each agent; None where those are its neighbours, as in undirected graphs.
    """

    indptr: Ints
    indices: Ints
    ids: Ints
    weight: Array
    own_weight: Array
    edge_weight: Array | None = None
    listeners: Array | None = None

    @property
    def coupling(self) -> Array:
        """w_ij of every link, (links,): `edge_weight`, or ones."""
        return np.ones(self.indices.size) if self.edge_weight is None else self.edge_weight

    @property
    def weighted_degree(self) -> Array:
        """Σ_j w_ij of each agent, L_ii, (agents,); its number of neighbours where edges have no weights."""
        if self.edge_weight is None:
            return self.degree
        receiver = np.repeat(np.arange(self.indptr.size - 1), np.diff(self.indptr))
        total = np.bincount(receiver, weights=self.edge_weight, minlength=self.indptr.size - 1)
        return np.asarray(total, dtype=np.float64)

    @property
    def degree(self) -> Array:
        """Number of neighbours of each agent, (agents,)."""
        return np.diff(self.indptr).astype(np.float64)

    def only(self, agent: int) -> Links:
        """The neighbourhood of one agent, whose voices are numbered 0..degree-1 in the same order."""
        a, b = self.indptr[agent], self.indptr[agent + 1]
        alone, count = np.array([0, b - a], dtype=np.int32), np.arange(b - a, dtype=np.int32)
        edge = None if self.edge_weight is None else self.edge_weight[a:b]
        heard_by = None if self.listeners is None else self.listeners[agent : agent + 1]
        return Links(alone, count, self.ids[a:b], self.weight[a:b], self.own_weight[agent : agent + 1], edge, heard_by)


class Heard(NamedTuple):
    """What reached each agent last round: its own row as it really happened, its neighbours' rows, the leader's."""

    own: Said
    leader: Said
    links: Links
    voices: Said

    def total(self, key: str) -> Array:
        """Sum over neighbours, Σ_j m_j, (missions, agents, components)."""
        ones = np.ones_like(self.links.weight)
        return mix(self.links.indptr, self.links.indices, ones, self.voices[key], np.empty_like(self.own[key]))

    def mixed(self, key: str) -> Array:
        """Weighted mean with the own row, Σ_j W_ij m_j + W_ii m_i, (missions, agents, components)."""
        near = mix(
            self.links.indptr, self.links.indices, self.links.weight, self.voices[key], np.empty_like(self.own[key])
        )
        return near + self.links.own_weight[:, None] * self.own[key]

    def pull(self, key: str) -> Array:
        """-(L m)_i = Σ_j w_ij (m_j - m_i) with the weights of the graph's edges, (missions, agents, components)."""
        links, own = self.links, self.own[key]
        near = mix(links.indptr, links.indices, links.coupling, self.voices[key], np.empty_like(own))
        return near - links.weighted_degree[:, None] * own

    def each(self, key: str) -> Array:
        """One row per link, (missions, links, components), for programs that must know who said what."""
        return self.voices[key][:, self.links.indices]
