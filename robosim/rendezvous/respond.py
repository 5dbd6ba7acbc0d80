"""Best responses: what one robot should announce, as a script, against faithful others under each tax rule."""

from __future__ import annotations

import numpy as np

from robosim.controllers.selfish.robots import Script
from robosim.errors import BadInput
from robosim.leader.tax_rule import NONE
from robosim.rendezvous.bounds.affine import unlimited
from robosim.rendezvous.gains import ascent
from robosim.rendezvous.gains.bounded import bounded_best_response
from robosim.rendezvous.gains.exact import LARGEST
from robosim.rendezvous.gains.exact import best_response as free_best_response
from robosim.rendezvous.gains.figures import of_the_graph
from robosim.rendezvous.mission import Rendezvous


def solves(mission: Rendezvous) -> bool:
    """Whether best responses are solved without being asked for: where that takes seconds."""
    if of_the_graph(mission):
        return mission.network.n <= LARGEST
    return ascent.work(mission) <= ascent.UNASKED


def why_unsolved(mission: Rendezvous) -> str | None:
    """Why nobody's best response is known under the mission's own tax rule, in words; None where it is."""
    if mission.tax == NONE:
        return None
    if mission.problem.unit is None:
        return "robots pay for energy along the path, and no best response to a tax on it is known"
    if not mission.tax.groves:
        return f"the tax rule {mission.tax.name} is not declared a Groves rule, and no best response to it is known"
    return None


def best_response(mission: Rendezvous, agent: int, within_limits: bool = True) -> Script:
    """What earns `agent` most against faithful others, within the world's limits where it has any.

    Without a tax that is to stay at home: v_i = 0 (or idle energy), within any limits. Under a Groves rule it is solved
    against consensus, probed for other affine programs (within one diameter), and the best found for the rest. Raises
    `BadInput` where it is not known (`why_unsolved`).
    """
    why = why_unsolved(mission)
    if why is not None:
        raise BadInput(f"best-response: {why} (choose another strategy)")
    start = mission.own["start"][0]
    if mission.tax == NONE:
        return Script(positions=np.repeat(start[None, agent], mission.rounds + 1, axis=0))
    if not of_the_graph(mission):
        return Script(positions=ascent.best_positions(mission if within_limits else unlimited(mission), agent))
    world, rules, links = mission.world, mission.announcement, mission.network.links
    known = (links.indptr, links.indices, rules.alpha, start, mission.faithful_decision[0], rules.beta, rules.rounds)
    if within_limits and world.lower.size:
        lower, upper, reach = world.lower, world.upper, world.stride_m
        found = bounded_best_response(*known, agent, reach=reach, lower=lower, upper=upper, weight=links.edge_weight)
    else:
        found = free_best_response(*known, agent, weight=links.edge_weight)
    return Script(positions=found.positions)
