"""Best responses where nothing has limits: decision and price are affine in the bids, the net cost is quadratic."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.certificates.auctioned import GROVES, Auctioned
from robosim.certificates.bid_steering import reaching


def affine_bids(terms: Auctioned, agent: int, tax: str) -> Array | float:
    """The least of a quadratic function of what bids reach; ∞ where there is none."""
    problem, n = terms.problem, terms.rounds
    bids = terms.played(agent, None)[1][:, agent].copy()
    steer = reaching(terms, agent, bids, n - 1)[1] if n > 1 else np.zeros((len(problem.c), 0))
    left, size, right = np.linalg.svd(steer, full_matrices=False)
    reach = size > 1e-12 * size.max(initial=0.0)
    ways = np.hstack([left[:, reach] * size[reach], np.zeros((len(problem.c), problem.q.shape[1]))])
    H, g = quadratic(terms, agent, tax, bids, ways)
    bend, axes = np.linalg.eigh(H)
    flat = np.abs(bend) <= 1e-11 * np.abs(bend).max(initial=0.0)
    pull = axes.T @ g
    if (bend[~flat] < 0).any() or (np.abs(pull[flat]) > 1e-9 * np.abs(pull).max(initial=0.0)).any():
        return float("inf")
    y = axes[:, ~flat] @ (-pull[~flat] / bend[~flat])
    bids[1:n] += (right[reach].T @ y[: reach.sum()]).reshape(n - 1, bids.shape[1])
    bids[n] += y[reach.sum() :]
    return bids


def quadratic(terms: Auctioned, agent: int, tax: str, bids: Array, ways: Array) -> tuple[Array, Array]:
    """Hessian and gradient of the net cost in (how λ^{n-1} moves along `ways`, how the last bid moves)."""
    problem, n = terms.problem, terms.rounds
    N, components = problem.q.shape
    prices, _ = terms.played(agent, bids)
    said = -np.einsum("irc,rw->icw", problem.R, ways) / problem.q[..., None]
    said[agent] = 0.0
    said[agent, :, -components:] = np.eye(components)
    over = np.einsum("irc,icw->rw", problem.R, said)
    gram = np.einsum("irc,isc->rs", problem.R, problem.R)
    dz = said - np.einsum("irc,rw->icw", problem.R, np.linalg.pinv(gram, hermitian=True) @ over)
    z = terms.outcome(agent, bids)[0]
    whom = np.ones(N, dtype=bool) if tax in GROVES else np.arange(N) == agent
    H = np.einsum("icv,ic,icw->vw", dz[whom], problem.q[whom], dz[whom])
    g = np.einsum("icw,ic->w", dz[whom], problem.q[whom] * z[whom] + problem.f[whom])
    if tax == "clearing-price":
        paid, load = ways + terms.gamma[:, None] * over, problem.R[agent] @ dz[agent]
        H += paid.T @ load + load.T @ paid
        g += paid.T @ (problem.R[agent] @ z[agent]) + load.T @ prices[n]
    return H, g
