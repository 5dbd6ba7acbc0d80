"""Best responses as strategies: the optimum is solved outside the mission, then played as a script."""

from __future__ import annotations

from typing import Any

from robosim.agent import Strategy
from robosim.certificates.bids import best_bids
from robosim.certificates.bounded import bounded_best_response
from robosim.certificates.exact import best_response as free_best_response
from robosim.controllers.bidders import Bids
from robosim.controllers.consensus import Consensus
from robosim.controllers.dual_decomposition import PriceTaker
from robosim.controllers.market import Market
from robosim.controllers.selfish import Script
from robosim.errors import BadInput
from robosim.missions.auction import Auction
from robosim.missions.meeting import Meeting
from robosim.missions.mission import Mission
from robosim.problems.allocation import Allocation


def best_response(mission: Mission[Any], agent: int, within_limits: bool = True) -> Strategy:
    """What earns `agent` most against faithful others, within the world's limits where it has any.

    Raises `BadInput` where the others' answers are not known in advance, or nothing is best.
    """
    if isinstance(mission, Meeting) and isinstance(mission.controller, Consensus):
        return _script(mission, agent, within_limits)
    if isinstance(mission, Auction) and answers_gradient(mission) and isinstance(mission.allocation, Allocation):
        found = best_bids(mission.allocation, mission.announced, agent, mission.tax, within_limits=within_limits)
        if found is not None and found.bids is not None:
            return Bids(bids=found.bids)
        raise BadInput(
            f"best-response: nobody can say what agent {agent} had best bid under the tax {mission.tax} (give bids "
            "limits, leave out leader.epsilon, or choose another strategy)"
        )
    raise BadInput(
        "best-response: needs the consensus controller, or bidders who answer a gradient step, whose answers are known "
        "in advance (choose another strategy)"
    )


def answers_gradient(mission: Auction) -> bool:
    """Whether all bidders answer prices with quadratic costs, and the leader takes plain gradient steps."""
    leader, program = mission.coordinator, mission.controller
    plain = isinstance(leader, Market) and leader.update == "gradient"
    return plain and isinstance(program, PriceTaker) and not program.problems


def _script(mission: Meeting, agent: int, within_limits: bool) -> Script:
    world, rules, links = mission.world, mission.announcement, mission.network.links
    end = mission.faithful().run(every=mission.rounds).decision[0]
    known = (links.indptr, links.indices, rules.alpha, mission.own["start"][0], end, rules.beta, rules.rounds, agent)
    if within_limits and world.lower.size:
        found = bounded_best_response(*known, reach=world.stride_m, lower=world.lower, upper=world.upper)
    else:
        found = free_best_response(*known)
    return Script(positions=found.positions)
