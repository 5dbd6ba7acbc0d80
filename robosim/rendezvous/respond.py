"""Best responses: what one robot should announce, as a script, against faithful others under each tax rule."""

from __future__ import annotations

import numpy as np

from robosim.controllers.selfish.robots import Script
from robosim.leader.tax_rule import NONE
from robosim.rendezvous.bounds.affine import unlimited
from robosim.rendezvous.gains import ascent, evolved
from robosim.rendezvous.gains.bounded import bounded_best_response
from robosim.rendezvous.gains.exact import LARGEST
from robosim.rendezvous.gains.exact import best_response as free_best_response
from robosim.rendezvous.gains.figures import of_the_graph
from robosim.rendezvous.mission import Rendezvous


def solves(mission: Rendezvous) -> bool:
    """Whether best responses are solved without being asked for: where that takes seconds."""
    if mission.tax == NONE:
        return True
    if _by_its_bill(mission):
        return evolved.work(mission) <= ascent.UNASKED
    return mission.network.n <= LARGEST if of_the_graph(mission) else ascent.work(mission) <= ascent.UNASKED


def _by_its_bill(mission: Rendezvous) -> bool:
    """Whether there is nothing to go by but bills: energy along a path, or a rule that is not declared Groves."""
    return mission.problem.unit is None or not mission.tax.groves


def best_response(mission: Rendezvous, agent: int, within_limits: bool = True) -> Script:
    """What earns `agent` most against faithful others, within the world's limits where it has any.

    Without a tax that is to stay at home: v_i = 0 (or idle energy), within any limits. Under a Groves rule it is solved
    against consensus, probed for other affine programs (within one diameter), and the best found for the rest. Where
    robots pay for energy along the path, or the rule is no Groves rule, it is the best found by the agent's own bill.
    """
    start = mission.own["start"][0]
    if mission.tax == NONE:
        return Script(positions=np.repeat(start[None, agent], mission.rounds + 1, axis=0))
    if _by_its_bill(mission):
        return Script(positions=evolved.best_positions(mission, agent))
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
