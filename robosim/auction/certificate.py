"""Certificates of a division by prices: the duality gap at termination (T, Proposition 1 with a dual bound)."""

from __future__ import annotations

from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.auction.bids import best_bids, exact_epsilon
from robosim.auction.mission import PriceMission
from robosim.auction.problem import Allocation
from robosim.auction.record import AuctionRecord
from robosim.certificate import Certificate, at_least_0
from robosim.controllers.dual_decomposition import PriceTaker
from robosim.controllers.parts.market import Market
from robosim.controllers.selfish.bidders import Bids
from robosim.errors import BadInput
from robosim.leader.tax_rule import CLEARING_PRICE, NONE

BIDDERS_A_SECOND = 8.0
"""Exact figures within limits take about a second for so many bidders, and four times that for twice as many."""


def certify_auction(
    mission: PriceMission[Any], record: AuctionRecord, seconds: float = np.inf, progress: object = None
) -> Certificate:
    """ε of an auction from its faithful run, without a central solve.

    Under a Groves tax one deviator's net cost is the social cost of some feasible division plus k_i, so it cannot gain
    more than Σ v_i(z) - optimum ≤ Σ v_i(z) - q(λ) at the projected decision z of the faithful run. Under VCG
    k_i = -Σ_{j≠i} v_j(z^-i) is the same whatever agent i does, as its marginal problem starts from the announced price.
    """
    exact, bounded = exact_figures(mission, seconds)
    if not mission.tax.groves:
        void = f"under the tax rule {mission.tax.name} an agent can move its own price"
        return Certificate(rounds=record.rounds, exact=exact, bounded=bounded, void=void)
    size = float(np.abs(record.reported_cost[0]).sum())
    certified = at_least_0(float(record.gap[0]), size, f"{mission.scenario.name}: dual bound ≤ cost")
    return Certificate(rounds=record.rounds, certified=certified, exact=exact, bounded=bounded)


def rounds_needed(mission: PriceMission[Any], epsilon: float) -> int | None:
    """An auction finds out while agents agree. Raises `BadInput` that says what to announce."""
    raise BadInput(f"{mission.scenario.name}: an auction stops by itself (announce leader.epsilon = {epsilon:g})")


def best_response(mission: PriceMission[Any], agent: int, within_limits: bool = True) -> Bids:
    """The bids that earn an agent most. Raises `BadInput` where nobody knows them, or nothing is best."""
    problem = mission.allocation
    if not (answers_gradient(mission) and isinstance(problem, Allocation)):
        raise BadInput(
            "best-response: needs bidders who answer a gradient step with quadratic costs, whose answers are known in "
            "advance (choose another strategy)"
        )
    found = best_bids(problem, mission.announced, agent, mission.tax, within_limits=within_limits)
    if found is not None and found.bids is not None:
        return Bids(bids=found.bids)
    raise BadInput(
        f"best-response: nobody can say what agent {agent} had best bid under the tax {mission.tax.name} (give bids "
        "limits, leave out leader.epsilon, or choose another strategy)"
    )


def answers_gradient(mission: PriceMission[Any]) -> bool:
    """Whether all bidders answer prices with quadratic costs, and the leader takes plain gradient steps."""
    leader, program = mission.coordinator, mission.controller
    plain = isinstance(leader, Market) and leader.update == "gradient"
    return plain and isinstance(program, PriceTaker) and not program.problems


def exact_figures(mission: PriceMission[Any], seconds: float) -> tuple[Array | None, Array | None]:
    """What every agent could gain by any bids, and by bids within its limits, each (N,) or None where nobody knows.

    Known are quadratic costs, answers to prices, and a leader that climbs by plain gradient steps.
    """
    problem, tax = mission.allocation, mission.tax
    objective_known = tax.groves or tax in (NONE, CLEARING_PRICE)
    if not (objective_known and answers_gradient(mission) and isinstance(problem, Allocation)):
        return None, None
    quick = tax.groves or (problem.agents / BIDDERS_A_SECOND) ** 2 <= seconds
    found = [
        exact_epsilon(problem, mission.announced, tax, within_limits=limited) if quick or not limited else None
        for limited in (False, True)
    ]
    free, bounded = (x if x is not None and np.isfinite(x).all() else None for x in found)
    return free, bounded
