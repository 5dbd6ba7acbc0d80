"""Taxes at the exact optima, and what bidding against a clearing price gains as a market grows (T, Proposition 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from robosim.agent import Array
from robosim.attacks import attack
from robosim.auction.mission import Auction
from robosim.auction.problem import Allocation
from robosim.errors import BadInput
from robosim.leader.tax_rule import CLEARING_PRICE, VCG, vcg


@dataclass(frozen=True, kw_only=True)
class MarketPower:
    """One size of market: agent 0's best gain at the clearing price, dollars, and by which strategy.

    `gain_share` is the gain as a share of its faithful net cost; `tax_share` the VCG taxes of all as a share of what
    they pay at the clearing price (1 where nobody has market power).
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
    """The market power in one auction (T, section II and Proposition 4)."""
    found = attack(mission, agents=[0], taxes=[CLEARING_PRICE.name]).attacks
    best = max(found, key=lambda one: one.gain)
    honest = mission.faithful().billed(VCG).whole()
    paid = mission.allocation.payments(honest.prices[:, -1:], honest.decision).sum()
    return MarketPower(
        agents=mission.allocation.agents,
        gain=best.gain,
        strategy=best.strategy,
        gain_share=best.gain / abs(best.net_cost_faithful),
        tax_share=float(honest.settlement.tax[0].sum() / paid),
    )


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
