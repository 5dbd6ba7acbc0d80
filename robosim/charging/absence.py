"""What the presence of one car costs the others, all along what it draws: T, Proposition 4, for a day at a station.

P_-i(x), the problem of the others when car i draws x, is a charging day too: in place of the car come others that stand
there for one period each and must have x_t of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.auction.market_power import PriceOfAbsence
from robosim.charging.problem import TYPE, ChargingDay
from robosim.errors import BadInput
from robosim.leader.tax_rule import others

COARSE = 9
LEAST = 1e-9
"""Less is not drawn, as a share of what is drawn at most in a period."""
DEAR = 100.0
"""How many times dearer than anything else it is to leave the share aside."""


def absence_along(day: ChargingDay, agent: int, points: int = 49, within: float = 2e-3) -> PriceOfAbsence:
    """VCG tax = ∫₀¹ λ^-i(t z_i*)' R_i z_i* dt along the straight way to the share z_i* (T, Proposition 4).

    What the others lose is convex in t, so the integrand rises and the trapezoidal rule errs by at most half of
    Σ (its rise) (t's step): points are added where that is most, until it is `within` of the integral or there are
    `points`. Each is a central optimum. `price` (points, rows·T) is in dollars a kW and period, `marginal` in dollars.
    Raises `BadInput` for an agent that does not exist.
    """
    if not 0 <= agent < day.agents:
        raise BadInput(f"agent: must be one of 0..{day.agents - 1}, got {agent} (name one of them)")
    share = day.best.plan[agent]
    taken = (day.reached[agent, :, None] * share).ravel()
    t: list[float] = np.linspace(0.0, 1.0, min(COARSE, points)).tolist()
    along = [serving(day, agent, part * share).best.price for part in t]
    while True:
        marginal = np.array([(price * taken).sum() for price in along])
        doubt, integral = np.diff(t) * np.diff(marginal) / 2, float(np.trapezoid(marginal, t))
        if len(t) >= points or doubt.sum() <= within * abs(integral):
            break
        after = int(doubt.argmax())
        t.insert(after + 1, (t[after] + t[after + 1]) / 2)
        along.insert(after + 1, serving(day, agent, t[after + 1] * share).best.price)
    return PriceOfAbsence(
        share=np.array(t),
        price=np.array(along),
        marginal=marginal,
        integral=integral,
        tax=float(day.best.cost - day.metered_costs(day.best.plan[None])[0, agent] - day.without(agent).best.cost),
        clearing=float((day.best.price * taken).sum()),
    )


def serving(day: ChargingDay, agent: int, share: Array) -> ChargingDay:
    """P_-i(x) (T, (7)): the day without an agent, with x (T,) kW drawn at its plug whatever it costs."""
    when = np.flatnonzero(share > LEAST * day.limit_kw[agent])
    wear, count = np.full(len(when), day.curvature.min()), len(when)
    bound: dict[str, Any] = {
        "curvature": wear,
        "energy_cost": np.zeros((count, day.periods)),
        "limit_kw": share[when],
        "stay": np.stack([when, when + 1], axis=1),
        "energy": share[when],
        "unmet": np.full(count, DEAR * (day.unmet.max() + np.abs(day.energy_cost).max())),
        "weights": np.repeat(day.weights[agent][None], count, axis=0),
        "least_curvature": wear,
        "told": np.zeros((count, 3)),
    }
    others = day.without(agent)
    types: dict[str, Any] = {name: np.concatenate([getattr(others, name), bound[name]]) for name in TYPE}
    there = None if others.there is None else np.concatenate([others.there, np.ones((count, day.periods))])
    return replace(others, there=there, **types)


def day_vcg(day: ChargingDay) -> Array:
    """The VCG taxes (N,) dollars of the exact optima, the aggregator's cost among the others': N + 1 central solves."""
    costs, supply = day.metered_costs(day.best.plan[None]), day.supply_cost(day.best.plan[None])[0]
    alone = np.array([day.without(agent).best.cost for agent in range(day.agents)])
    return np.asarray(others(costs)[0] + supply - alone)
