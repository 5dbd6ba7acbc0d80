"""Steering a price: bids that make an auction by plain gradient end where one agent wants it to, at the optimum."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.certificates.auctioned import Auctioned

NEWTON_STEPS = 20
SHARP = 1e-10
"""A net cost counts as least if it is so up to this share of the sizes of the costs."""


def optimal_bids(terms: Auctioned, agent: int) -> Array | None:
    """Bids with which the auction ends at the optimum; None where they are not found.

    One late bid of full row rank hits λ* exactly, whatever was before; several do by Newton steps, as λ^{n-1} is
    piecewise affine in them. The fewer, the larger they are: where others would meet their limits, more are tried.
    """
    problem, rows = terms.problem, len(terms.problem.c)
    shares, price, least = problem.optimum()
    bids = terms.played(agent, None)[1][:, agent].copy()
    bids[-1] = shares[agent]
    if ends_at(terms, agent, bids, least):
        return bids
    for last in sorted({min(many, terms.rounds - 1) for many in (1, rows, 2 * rows, 4 * rows, terms.rounds)} - {0}):
        if np.linalg.matrix_rank(reaching(terms, agent, bids, last)[1]) == rows:
            found = steered(terms, agent, bids, last, price)
            if ends_at(terms, agent, found, least):
                return found
    return None


def ends_at(terms: Auctioned, agent: int, bids: Array, least: float) -> bool:
    """Whether these bids lead to the least social cost, up to rounding."""
    costs = terms.problem.costs(terms.outcome(agent, bids)[0])
    return bool(costs.sum() - least <= SHARP * (np.abs(costs).sum() + abs(least)))


def steered(terms: Auctioned, agent: int, bids: Array, last: int, target: Array) -> Array:
    """The bids with those before the last one changed, as little as will do, until they make λ^{n-1} the target."""
    best, error = bids, np.inf
    for _ in range(NEWTON_STEPS):
        price, steer = reaching(terms, agent, bids, last)
        off = float(np.abs(target - price).max())
        if off < error:
            best, error = bids, off
        if off <= 1e-15 * (1 + np.abs(target).max()):
            break
        bids = bids.copy()
        bids[terms.rounds - last : -1] += np.linalg.lstsq(steer, target - price, rcond=None)[0].reshape(last, -1)
    return best


def reaching(terms: Auctioned, agent: int, bids: Array, last: int) -> tuple[Array, Array]:
    """λ^{n-1} (rows,), its last step unfloored, and its slope in the bids of rounds n - last … n - 1."""
    problem, n = terms.problem, terms.rounds
    prices, words = terms.played(agent, bids)
    own = terms.gamma[:, None] * problem.R[agent]
    slope = np.zeros((len(problem.c), 0))
    for k in range(n - last, n):
        slope = np.hstack([slope + change(terms, agent, prices[k - 1]) @ slope, own])
        if problem.sense == "<=" and k < n - 1:
            slope[prices[k] == 0.0] = 0.0
    return terms.pushed(prices[n - 2], words[n - 1]), slope


def change(terms: Auctioned, agent: int, price: Array) -> Array:
    """γ times the slope of what all others take in the price, -Σ_{j≠i} R_j diag(1/q_j) R_j' over free numbers."""
    problem = terms.problem
    z = terms.answers(price)
    give = np.where((problem.lower < z) & (z < problem.upper), 1 / problem.q, 0.0)
    give[agent] = 0.0
    return np.asarray(-terms.gamma[:, None] * np.einsum("iac,ic,ibc->ab", problem.R, give, problem.R))
