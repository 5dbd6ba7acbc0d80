"""Best responses as strategies: the optimum is solved outside the mission, then played as a script."""

from __future__ import annotations

from typing import Any

from robosim.certificates.bounded import bounded_best_response
from robosim.certificates.exact import best_response as free_best_response
from robosim.controllers.consensus import Consensus
from robosim.controllers.selfish import Script
from robosim.errors import BadInput
from robosim.meeting import Meeting
from robosim.mission import Mission


def best_response(mission: Mission[Any], agent: int, within_limits: bool = True) -> Script:
    """The script that earns `agent` most against faithful others, within the world's limits where it has any.

    Raises `BadInput` where the others' answers are not linear: a controller other than average consensus.
    """
    if not (isinstance(mission, Meeting) and isinstance(mission.controller, Consensus)):
        raise BadInput(
            "best-response: needs the consensus controller, whose answers are known in advance "
            "(choose another strategy)"
        )
    world, rules, links = mission.world, mission.announcement, mission.network.links
    end = mission.faithful().run(every=mission.rounds).decision[0]
    known = (links.indptr, links.indices, rules.alpha, mission.own["start"][0], end, rules.beta, rules.rounds, agent)
    if within_limits and world.lower.size:
        found = bounded_best_response(*known, reach=world.stride_m, lower=world.lower, upper=world.upper)
    else:
        found = free_best_response(*known)
    return Script(positions=found.positions)
