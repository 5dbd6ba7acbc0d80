"""Certificates of a division by prices: the duality gap at termination (T, Proposition 1 with a dual bound)."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.certificates.bids import exact_epsilon
from robosim.certificates.certificate import Certificate
from robosim.controllers.dual_decomposition import PriceTaker
from robosim.controllers.market import Market
from robosim.missions.auction import Auction
from robosim.problems.allocation import Allocation
from robosim.records.auction_record import AuctionRecord

BIDDERS_A_SECOND = 8.0
"""Exact figures within limits take about a second for so many bidders, and four times that for twice as many."""


def certify_auction(mission: Auction, record: AuctionRecord, seconds: float = np.inf) -> Certificate:
    """ε of an auction from its faithful run, without a central solve.

    Under a Groves tax one deviator's net cost is the social cost of some feasible division plus k_i, so it cannot gain
    more than Σ v_i(z) - optimum ≤ Σ v_i(z) - q(λ) at the projected decision z of the faithful run. Under VCG
    k_i = -Σ_{j≠i} v_j(z^-i) is the same whatever agent i does, as its marginal problem starts from the announced price.

    Where what was decided is billed and something else is metered, as with a battery that takes less than was planned,
    i pays v_i(metered) where v_i(z) is meant. It never takes more than it was allotted, so v_i(metered) ≥ v_i(z)
    whatever it does: what its own shortfall costs it when it is faithful is all that it could gain on top.
    """
    exact, bounded = exact_figures(mission, seconds)
    if mission.tax not in ("groves", "vcg"):
        void = f"under the tax rule {mission.tax} an agent can move its own price"
        return Certificate(rounds=record.rounds, exact=exact, bounded=bounded, void=void)
    shortfall = record.day.shortfall[0].max() if record.day is not None and mission.bills == "decision" else 0.0
    certified = max(0.0, float(record.gap[0])) + max(0.0, float(shortfall))
    return Certificate(rounds=record.rounds, certified=certified, exact=exact, bounded=bounded)


def exact_figures(mission: Auction, seconds: float) -> tuple[Array | None, Array | None]:
    """What every agent could gain by any bids, and by bids within its limits, each (N,) or None where nobody knows.

    Known are quadratic costs, answers to prices, and a leader that climbs by plain gradient steps.
    """
    problem, leader = mission.allocation, mission.coordinator
    faithful = isinstance(mission.controller, PriceTaker) and not mission.controller.problems
    plain = isinstance(leader, Market) and leader.update == "gradient" and faithful
    if not (plain and isinstance(problem, Allocation)):
        return None, None
    quick = mission.tax in ("groves", "vcg") or (problem.agents / BIDDERS_A_SECOND) ** 2 <= seconds
    found = [
        exact_epsilon(problem, mission.announced, mission.tax, within_limits=limited) if quick or not limited else None
        for limited in (False, True)
    ]
    free, bounded = (x if x is not None and np.isfinite(x).all() else None for x in found)
    return free, bounded
