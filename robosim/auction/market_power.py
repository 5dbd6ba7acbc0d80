"""Taxes at the exact optima, and what bidding against a clearing price gains as a market grows (T, Proposition 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from robosim.agent import Array, Strategy
from robosim.attacks import ALL, attack
from robosim.auction.bids import best_bids
from robosim.auction.certificate import answers_gradient
from robosim.auction.mission import Auction
from robosim.auction.problem import Allocation, Division
from robosim.controllers.selfish.bidders import Bids, ConstantBid
from robosim.errors import BadInput
from robosim.leader.tax_rule import CLEARING_PRICE, VCG, vcg
from robosim.lookup.plays import Given

SOLVED = 100
"""Bidders up to which the best bids within limits are looked for."""


@dataclass(frozen=True, kw_only=True)
class MarketPower:
    """One size of market: agent 0's best gain at the clearing price, dollars, and by which strategy.

    To be faithful is a strategy too, with the gain 0. `gain_share` is the gain as a share of its faithful net cost,
    `tax_share` the VCG taxes of all as a share of what they pay at the clearing price (1: nobody has market power).
    """

    agents: int
    gain: float
    strategy: str
    gain_share: float
    tax_share: float

    TITLE: ClassVar[str] = "bidders   best gain $   of its cost   VCG taxes / payments   by strategy"

    def __str__(self) -> str:
        """A line below `TITLE`."""
        figures = f"{self.agents:7d}  {self.gain:+12.6f}  {self.gain_share:+12.4%}  {self.tax_share:21.6f}"
        return f"{figures}   {self.strategy}"


def power(mission: Auction) -> MarketPower:
    """The market power in one auction (T, section II and Proposition 4).

    Beside the named strategies agent 0 tries the bids that are best of all, where they are known: of all within its
    limits in a market of up to `SOLVED` bidders, of all constant ones in a market that clears without limits.
    """
    bid, best_of_all = best_constant_bid(mission.allocation, 0), _best_bids(mission.billed(CLEARING_PRICE))
    tried: list[Given] = [ALL, *([] if bid is None else [ConstantBid(bid=bid)]), *best_of_all]
    found = attack(mission, agents=[0], strategies=tried, taxes=[CLEARING_PRICE.name]).attacks
    best = max(found, key=lambda one: one.gain)
    if best.gain <= 0:
        best = replace(best, gain=0.0, strategy="faithful")
    honest = mission.faithful().billed(VCG).whole()
    paid = mission.allocation.payments(honest.prices[:, -1:], honest.decision).sum()
    return MarketPower(
        agents=mission.allocation.agents,
        gain=best.gain,
        strategy=best.strategy,
        gain_share=best.gain / abs(best.net_cost_faithful),
        tax_share=float(honest.settlement.tax[0].sum() / paid),
    )


def _best_bids(mission: Auction) -> list[Strategy]:
    """Agent 0's best bids within its limits, if somebody knows them and they are found soon."""
    problem = mission.allocation
    if not (isinstance(problem, Allocation) and answers_gradient(mission) and problem.agents <= SOLVED):
        return []
    if not np.isfinite([problem.lower[0], problem.upper[0]]).all():
        return []
    found = best_bids(problem, mission.announced, 0, mission.tax, within_limits=True)
    return [] if found is None or found.bids is None else [Bids(bids=found.bids)]


def best_constant_bid(problem: Division, agent: int) -> float | None:
    """The bid u, to six digits, that costs least at the price at which the others take the rest; None where unknown.

    Known for one resource, one number each, = c, no limits: v_i'(u) + R_i λ(u) + R_i²u/A = 0, where the others' answers
    make λ(u) = (R_i u - c - B)/A, A = Σ_{j≠i} R_j²/q_j, B = Σ_{j≠i} R_j f_j/q_j (T, section II: 1/3 for two of a kind).
    """
    if not isinstance(problem, Allocation):
        return None
    limited = np.isfinite(problem.lower).any() or np.isfinite(problem.upper).any()
    if problem.R.shape[1:] != (1, 1) or problem.sense != "=" or limited or not problem.strictly_convex:
        return None
    q, f, R = problem.q[:, 0], problem.f[:, 0], problem.R[:, 0, 0]
    others = np.arange(problem.agents) != agent
    give, offset = (R**2 / q)[others].sum(), (R * f / q)[others].sum()
    if give == 0.0:
        return None
    mine = R[agent]
    best = (mine * (problem.c[0] + offset) / give - f[agent]) / (q[agent] + 2 * mine**2 / give)
    return float(f"{best:.6g}")


def central_vcg(problem: Allocation) -> Array:
    """The VCG taxes (N,) of the exact optima: N + 1 central solves."""
    costs = problem.costs(problem.optimum()[0])
    alone = np.array([problem.without(i).optimum()[2] for i in range(problem.agents)])
    return np.asarray(vcg(costs[None], alone[None])[0])


@dataclass(frozen=True, kw_only=True)
class PriceOfAbsence:
    """The clearing price of the others along one agent's share, from nothing to what it gets (T, Fig. 2).

    `share` (points,) is t in [0, 1]; `price` (points, rows) is λ^-i at x = t z_i*; `marginal` (points,) is
    λ^-i' R_i z_i*, so that the tax is the area below it: `integral`. `tax` is the VCG tax (8), `clearing` λ*'R_i z_i*.
    """

    share: Array
    price: Array
    marginal: Array
    integral: float
    tax: float
    clearing: float


def proposition_4(problem: Allocation, agent: int, points: int | ArrayLike = 65) -> PriceOfAbsence:
    """VCG tax = ∫₀^{z_i*} λ^-i(x)' R_i dx: the others' clearing price integrated along the share (T, Proposition 4).

    λ^-i is piecewise linear along the path, with kinks where somebody else meets a limit; the trapezoidal rule is exact
    between kinks.

    Parameters
    ----------
    points : how many, evenly spread over [0, 1], or the points themselves, from 0 to 1.
    """
    t = np.linspace(0.0, 1.0, points) if isinstance(points, int) else np.asarray(points, dtype=np.float64)
    if t.ndim != 1 or len(t) < 2 or t[0] != 0.0 or t[-1] != 1.0 or (np.diff(t) <= 0).any():
        raise BadInput(f"points must rise from 0 to 1, at least two (got {points!r})")
    z, price, least = problem.optimum()
    unit = np.einsum("rc,c->r", problem.R[agent], z[agent])
    along = [problem.without(agent, x * z[agent]).optimum() for x in t]
    prices = np.array([found[1] for found in along])
    marginal = np.einsum("pr,r->p", prices, unit)
    return PriceOfAbsence(
        share=t,
        price=prices,
        marginal=marginal,
        integral=float(np.trapezoid(marginal, t)),
        tax=float(least - problem.costs(z)[agent] - along[0][2]),
        clearing=float(np.einsum("r,r->", price, unit)),
    )
