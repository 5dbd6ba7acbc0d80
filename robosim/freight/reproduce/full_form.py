"""Consensus-Tracking-ADMM before its reduction: every agent solves for all copies (X, Algorithm 1, line by line).

The program that missions run, `robosim.controllers.consensus_tracking_admm`, eliminates the copies first (X, supplement
C, Algorithm 2) and makes the same iterates. This one is its reference, and what X, Figure C compares it with.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import diags_array

from robosim.agent import Array
from robosim.controllers.parts.local_solvers import Programmes
from robosim.freight.coupled.problem import Coupled
from robosim.network.network import Network


class FullForm:
    """All agents of a problem with linear congestion, side by side, with dense matrices over all N·n copies.

    Parameters
    ----------
    rho, sigma : the penalties of copies and of demand.
    first : (N, N·n) copies to start from, 0 by default; λ starts at 0, d at A_i x_i - b/N.

    Attributes
    ----------
    y : (N, N·n) the agents' copies; the own block of agent i is y[i, i·n : (i+1)·n].
    multiplier, tracker : (N, m) λ and d.
    v : (N, N·n) where the neighbours draw each agent's copies.
    """

    def __init__(
        self, problem: Coupled, network: Network, rho: float, sigma: float, first: Array | None = None
    ) -> None:
        agents, size = problem.agents, problem.slope.size
        self.weights, self.near = mixing(network)
        self.degree, self.rho, self.sigma = self.near.sum(axis=1, keepdims=True), rho, sigma
        self.rows, self.slope = padded(problem.A), padded(problem.slope[:, None])[:, 0]
        self.curvature = curvatures(problem, sigma)
        self.curvature[:, np.arange(size), np.arange(size)] += rho * self.degree
        self.programmes = Programmes(me=np.arange(agents, dtype=np.int32), own=limits(problem))
        self.y = np.zeros((agents, size)) if first is None else first
        self.multiplier = np.zeros((agents, len(problem.b)))
        self.tracker = self._load(self.y) - problem.b / agents
        self.v = (self.y + self.near @ self.y / self.degree) / 2

    def advance(self) -> None:
        """One iteration of everybody, all from the old values."""
        price, left, old = self.weights @ self.multiplier, self.weights @ self.tracker, self.y  # lines 11, 12
        before = self._load(old)
        pull = np.einsum("ira,ir->ia", self.rows, price + self.sigma * (left - before))
        linear = self.slope + pull - self.rho * self.degree * self.v
        self.y = self.programmes.solve(self.curvature[None], linear[None])[0]  # line 14
        self.tracker = left + self._load(self.y) - before  # line 15
        self.multiplier = price + self.sigma * self.tracker  # line 16
        self.v = self.v + self.near @ (self.y - old / 2) / self.degree - old / 2  # lines 17, 18

    def _load(self, y: Array) -> Array:
        """A_i x_i, (N, m)."""
        return np.asarray(np.einsum("ira,ia->ir", self.rows, y))


def mixing(network: Network) -> tuple[Array, Array]:
    """W and the adjacency matrix of a network, (N, N) each."""
    links = network.links
    receiver = np.repeat(np.arange(network.n), np.diff(links.indptr))
    weights, near = np.diag(links.own_weight), np.zeros((network.n, network.n))
    weights[receiver, links.indices], near[receiver, links.indices] = links.weight, 1.0
    return weights, near


def padded(blocks: Array) -> Array:
    """Rows over the own block, (N, r, n), as rows over all copies, (N, r, N·n)."""
    agents, rows, n = blocks.shape
    wide = np.zeros((agents, rows, agents, n))
    wide[np.arange(agents), :, np.arange(agents)] = blocks
    return wide.reshape(agents, rows, agents * n)


def curvatures(problem: Coupled, sigma: float) -> Array:
    """The Hessians of f_i + (σ/2)‖A_i x_i‖² over all copies, 2 Θ' diag(s_i a) Θ + σ A_i'A_i, (N, N·n, N·n)."""
    theta, n = problem.theta, problem.variables
    weights = [2.0 * problem.congestion * part for part in problem.part]
    curvature = np.stack([(theta.T @ diags_array(weight) @ theta).toarray() for weight in weights])
    for i, rows in enumerate(problem.A):
        curvature[i, i * n : (i + 1) * n, i * n : (i + 1) * n] += sigma * np.einsum("rc,rd->cd", rows, rows)
    return curvature


def limits(problem: Coupled) -> dict[str, Array]:
    """X_i as limits of all copies, of which the own block alone is limited; each (1, N, components)."""
    agents = problem.agents
    free = ~padded(np.ones((agents, 1, problem.variables)))[:, 0].astype(bool)
    lower, upper = padded(problem.lower[:, None])[:, 0], padded(problem.upper[:, None])[:, 0]
    found = {
        "limits": padded(problem.limits).reshape(agents, -1),
        "most": problem.most,
        "lower": np.where(free, -np.inf, lower),
        "upper": np.where(free, np.inf, upper),
    }
    return {key: x[None] for key, x in found.items()}
