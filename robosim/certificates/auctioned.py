"""What an auction by plain gradient makes of one agent's bids, when all others answer prices faithfully."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.problems.allocation import Allocation

GROVES = ("groves", "vcg")
"""Tax rules under which net cost is social cost plus something that no bid of one's own changes."""


class Auctioned(NamedTuple):
    """A problem and what is announced about its auction: price steps γ and λ⁰ (rows,), rounds n."""

    problem: Allocation
    gamma: Array
    start: Array
    rounds: int

    @classmethod
    def of(cls, problem: Allocation, rules: Mapping[str, Any]) -> Auctioned:
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

    def net_cost(self, agent: int, tax: str, decision: Array, price: Array) -> float:
        """Private cost plus tax, without the part k_i of a VCG tax, which no bid of the agent changes."""
        costs = self.problem.costs(decision)
        if tax in GROVES:
            return float(costs.sum())
        worth = np.einsum("r,rc,c->", price, self.problem.R[agent], decision[agent])
        return float(costs[agent] + (worth if tax == "clearing-price" else 0.0))
