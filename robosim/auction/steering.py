"""Best responses in an auction by plain gradient: the bids that end where one agent's net cost is least.

Where nothing has limits, decision and price are affine in one agent's bids and its net cost is quadratic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.auction.problem import Allocation
from robosim.leader.tax_rule import WORTH, TaxRule


class AuctionTerms(NamedTuple):
    """A problem and what is announced about its auction: price steps γ and λ⁰ (rows,), rounds n."""

    problem: Allocation
    gamma: Array
    start: Array
    rounds: int

    @classmethod
    def of(cls, problem: Allocation, rules: Mapping[str, Any]) -> AuctionTerms:
        """From the rules that the leader announces, γ and price numbers, (rows,), or (missions, 1, rows)."""
        gamma, start = (np.asarray(rules[key], dtype=np.float64) for key in ("gamma", "price"))
        gamma, start = (x[0, 0] if x.ndim == 3 else np.broadcast_to(x, problem.c.shape) for x in (gamma, start))
        return cls(problem, gamma, start, int(rules["rounds"]))

    @property
    def unlimited(self) -> bool:
        """Whether every answer is affine in the price and every decision in the bids."""
        p = self.problem
        return p.sense == "=" and not (np.isfinite(p.lower).any() or np.isfinite(p.upper).any())

    def answers(self, price: Array) -> Array:
        """(3a): what faithful agents ask for at λ (rows,), (N, n)."""
        p = self.problem
        return np.asarray(np.clip(-(p.f + np.einsum("irc,r->ic", p.R, price)) / p.q, p.lower, p.upper))

    def pushed(self, price: Array, said: Array) -> Array:
        """λ + γ (R ẑ - c), (rows,), before a negative price becomes 0."""
        return np.asarray(price + self.gamma * (np.einsum("irc,ic->r", self.problem.R, said) - self.problem.c))

    def moved(self, price: Array, said: Array) -> Array:
        """(3b): the next price."""
        next_price = self.pushed(price, said)
        return np.maximum(next_price, 0.0) if self.problem.sense == "<=" else next_price

    def played(self, agent: int, bids: Array | None) -> tuple[Array, Array]:
        """Prices λ⁰ … λ^n (n + 1, rows) and words ẑ¹ … ẑ^n at their round (n + 1, N, n), row 0 answers λ⁰ too.

        `bids` (n + 1, components) are the agent's, row k in round k; None if it is faithful.
        """
        prices, words = [self.start], [self.answers(self.start)]
        for k in range(1, self.rounds + 1):
            said = self.answers(prices[-1])
            if bids is not None:
                said[agent] = bids[k]
            prices.append(self.moved(prices[-1], said))
            words.append(said)
        return np.array(prices), np.array(words)

    def outcome(self, agent: int, bids: Array | None) -> tuple[Array, Array]:
        """The decision (N, n), the projection of the last words (T, Algorithm 1, line 17), and λ^n (rows,)."""
        prices, words = self.played(agent, bids)
        everybody = np.ones((1, self.problem.agents, 1), dtype=bool)
        return self.problem.project(words[-1:], everybody)[0][0], prices[-1]

    def net_cost(self, agent: int, tax: TaxRule, decision: Array, price: Array) -> float:
        """Private cost plus tax, without the part k_i of a VCG tax, which no bid of the agent changes."""
        costs = self.problem.costs(decision)
        if tax.groves:
            return float(costs.sum())
        worth = np.einsum("r,rc,c->", price, self.problem.R[agent], decision[agent])
        return float(costs[agent] + (worth if WORTH in tax.needs else 0.0))


def affine_bids(terms: AuctionTerms, agent: int, tax: TaxRule) -> Array | float:
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


def quadratic(terms: AuctionTerms, agent: int, tax: TaxRule, bids: Array, ways: Array) -> tuple[Array, Array]:
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
    whom = np.ones(N, dtype=bool) if tax.groves else np.arange(N) == agent
    H = np.einsum("icv,ic,icw->vw", dz[whom], problem.q[whom], dz[whom])
    g = np.einsum("icw,ic->w", dz[whom], problem.q[whom] * z[whom] + problem.f[whom])
    if WORTH in tax.needs:
        paid, load = ways + terms.gamma[:, None] * over, problem.R[agent] @ dz[agent]
        H += paid.T @ load + load.T @ paid
        g += paid.T @ (problem.R[agent] @ z[agent]) + load.T @ prices[n]
    return H, g


NEWTON_STEPS = 20
SHARP = 1e-10
"""A net cost counts as least if it is so up to this share of the sizes of the costs."""


def optimal_bids(terms: AuctionTerms, agent: int) -> Array | None:
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


def ends_at(terms: AuctionTerms, agent: int, bids: Array, least: float) -> bool:
    """Whether these bids lead to the least social cost, up to rounding."""
    costs = terms.problem.costs(terms.outcome(agent, bids)[0])
    return bool(costs.sum() - least <= SHARP * (np.abs(costs).sum() + abs(least)))


def steered(terms: AuctionTerms, agent: int, bids: Array, last: int, target: Array) -> Array:
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


def reaching(terms: AuctionTerms, agent: int, bids: Array, last: int) -> tuple[Array, Array]:
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


def change(terms: AuctionTerms, agent: int, price: Array) -> Array:
    """γ times the slope of what all others take in the price, -Σ_{j≠i} R_j diag(1/q_j) R_j' over free numbers."""
    problem = terms.problem
    z = terms.answers(price)
    give = np.where((problem.lower < z) & (z < problem.upper), 1 / problem.q, 0.0)
    give[agent] = 0.0
    return np.asarray(-terms.gamma[:, None] * np.einsum("iac,ic,ibc->ab", problem.R, give, problem.R))
