"""Tax rules of a market: the clearing price, which invites bidding against it, and VCG, which does not (T, II, V)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.leader.taxes import groves, none
from robosim.problems.allocation import Allocation

MarketTax = Callable[[Array, Array, Array], Array]
"""From reported costs v̂ (missions, 1 + marginals, N), what the leader's own supply costs in each (missions, 1 +
marginals), and what shares are worth at the last price broadcast, p_i = λ'R_i z_i (missions, N): taxes (missions, N).
Row 0 is the mission itself, row 1 + i its marginal problem P_-i.

The clearing price of T, section II, is p itself: each agent buys its share. In T's example (N = 2, c = 1,
v_i = (z_i - 1)²) both pay 1/2 and end at a net cost of 3/4; who always bids 1/3 ends at 2/3."""


def vcg(main: Array, marginal: Array) -> Array:
    """π_i = Σ_{j≠i} v̂_j(z) - Σ_{j≠i} v̂_j(z^-i) (T, (8); Algorithm 1, line 19): what i's presence costs the others.

    No bit of it depends on what i itself reports, in any of the problems.

    Parameters
    ----------
    main : (missions, N) costs reported at the decision.
    marginal : (N, missions, N), [i, m, j] is what j reports at the decision z^-i of P_-i; j = i is not looked at.

    Returns
    -------
    (missions, N)

    >>> vcg(np.array([[0.25, 0.25]]), np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
    array([[0.25, 0.25]])
    """
    alone = np.stack([groves(reports)[:, i] for i, reports in enumerate(marginal)], axis=1)
    return np.asarray(groves(main) - alone)


def central_vcg(problem: Allocation) -> Array:
    """The VCG taxes (N,) of the exact optima: N + 1 central solves."""
    costs = problem.costs(problem.optimum()[0])
    others = np.array([problem.without(i).optimum()[2] for i in range(problem.agents)])
    return np.asarray(groves(costs[None])[0] - others)


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


def _none(reports: Array, supply: Array, worth: Array) -> Array:
    return none(reports[:, 0])


def _groves(reports: Array, supply: Array, worth: Array) -> Array:
    return groves(reports[:, 0]) + supply[:, :1]


def _clearing_price(reports: Array, supply: Array, worth: Array) -> Array:
    return worth


def _vcg(reports: Array, supply: Array, worth: Array) -> Array:
    return vcg(reports[:, 0], reports[:, 1:].swapaxes(0, 1)) + supply[:, :1] - supply[:, 1:]


MARKET_TAXES: dict[str, MarketTax] = {
    "none": _none,
    "groves": _groves,
    "clearing-price": _clearing_price,
    "vcg": _vcg,
}
