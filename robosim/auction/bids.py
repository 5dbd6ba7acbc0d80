"""Exact best responses in quadratic auctions by plain gradient: what one agent could gain by any bids whatever.

With everybody else faithful, the decision depends on agent i's bids through two things only: λ^{n-1}, which all others
answer last, and its own last bid u^n. It can steer λ^{n-1} to whatever its bids reach, and then say what it likes.

- groves, vcg: its net cost is the social cost of the decision, plus k_i, so nothing is better than the optimum. If its
  bids reach λ*, all others say z*_j, it says z*_i, and the projection changes nothing: ε_i(n) = Σ v_j(z(n)) - Σ v_j(z*)
  is all of the sub-optimality. One bid is enough where R_i has full row rank.
- elsewhere, without limits, decision and price are affine in the bids and the net cost is quadratic: where it is convex
  its least value is ε_i, and where it is not, as with the clearing price from two rounds on, no gain is the largest.
- within public limits one bidder's price and last bid fill a rectangle: `robosim.auction.cells`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.auction.cells import SingleResource, best_within_limits
from robosim.auction.problem import Allocation
from robosim.auction.steering import AuctionTerms, affine_bids, optimal_bids
from robosim.certificate import at_least_0
from robosim.leader.tax_rule import TaxRule


@dataclass(frozen=True, kw_only=True)
class BestBids:
    """ε_i = faithful net cost - least net cost, and bids (n + 1, components) that reach it, row k said in round k.

    Row 0 moves nothing. Where gains have no bound ε is ∞ and bids are None.
    """

    epsilon: float
    bids: Array | None


def best_bids(
    problem: Allocation, rules: Mapping[str, Any], agent: int, tax: TaxRule, *, within_limits: bool = False
) -> BestBids | None:
    """The bids of one agent that earn it most while all others are faithful, or None where nobody can say.

    Parameters
    ----------
    rules : rounds n, gamma and price as announced, epsilon None: all rounds are played.
    tax : the leader's rule.
    within_limits : whether the agent's own bids must keep to its public limits; else they may be anything.
    """
    if rules.get("epsilon") is not None:
        return None
    terms = AuctionTerms.of(problem, rules)
    found = _within(terms, agent, tax) if within_limits and not terms.unlimited else _free(terms, agent, tax)
    if not isinstance(found, np.ndarray):
        return None if found is None else BestBids(epsilon=found, bids=None)
    net = [terms.net_cost(agent, tax, *terms.outcome(agent, bids)) for bids in (None, found)]
    size = abs(net[0]) + float(np.abs(problem.costs(terms.outcome(agent, None)[0])).sum())
    return BestBids(epsilon=at_least_0(net[0] - net[1], size, f"agent {agent}'s best bids are best"), bids=found)


def exact_epsilon(
    problem: Allocation, rules: Mapping[str, Any], tax: TaxRule, *, within_limits: bool = False
) -> Array | None:
    """ε_i(n) of every agent, (N,), ∞ where gains have no bound; None where it is not known of somebody."""
    if rules.get("epsilon") is not None:
        return None
    terms = AuctionTerms.of(problem, rules)
    rank = np.linalg.matrix_rank(problem.R)
    if tax.groves and not within_limits and terms.rounds > 1 and (rank == len(problem.c)).all():
        costs = problem.costs(terms.outcome(0, None)[0])
        gap = at_least_0(float(costs.sum()) - problem.optimum()[2], float(np.abs(costs).sum()), "optimum ≤ cost")
        return np.full(problem.agents, gap)
    found = np.empty(problem.agents)
    for agent in range(problem.agents):
        best = best_bids(problem, rules, agent, tax, within_limits=within_limits)
        if best is None:
            return None
        found[agent] = best.epsilon
    return found


def _free(terms: AuctionTerms, agent: int, tax: TaxRule) -> Array | float | None:
    """Bids that may be anything."""
    if tax.groves:
        bids = optimal_bids(terms, agent)
        if bids is not None:
            return bids
    return affine_bids(terms, agent, tax) if terms.unlimited else None


def _within(terms: AuctionTerms, agent: int, tax: TaxRule) -> Array | None:
    """Bids that keep to the limits: for one resource and one number each, or where the best of all happen to."""
    single = SingleResource.of(terms, agent, tax)
    if single is not None:
        found = best_within_limits(single)
        return None if found is None else found[:, None]
    bids = optimal_bids(terms, agent) if tax.groves else None
    lower, upper = terms.problem.lower[agent], terms.problem.upper[agent]
    return bids if bids is not None and ((lower <= bids) & (bids <= upper)).all() else None
