"""Who would be paid what under shadow prices and under VCG, and what the two promise (X, section 5).

Each rule is applied twice: to what the agents found by themselves, its decision x, its price λ and its costs of the
problems without one agent, and to the central optima of everybody's true costs. The first is what a mission can know;
the second is what X, Propositions 3 to 6, are about. Their difference is what finite runs, and lies, change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.leader.freight_absence import costs_without
from robosim.leader.freight_taxes import FREIGHT_TAXES, properties
from robosim.missions.haulage import Haulage
from robosim.problems.coupled_bound import lower_bound
from robosim.problems.coupled_optimum import optima_without
from robosim.records.haulage_record import HaulageRecord
from robosim.records.record import Mechanism

RULES = ("shadow-price", "vcg")
SMALL = 10_000_000
"""Problems × copied numbers × rounds (about two seconds) that are solved again only to know what VCG would pay."""


class Outcome(NamedTuple):
    """What payments follow from: a decision (N, n), the price of b (m,), costs reported (N,), h_-i (N,)."""

    x: Array
    price: Array
    reported: Array
    without: Array | str
    """Or why nobody knows."""


def mechanisms(mission: Haulage, record: HaulageRecord, certified: float | None = None) -> tuple[Mechanism, ...]:
    """Shadow prices and VCG for mission 0 of a record, each distributed and central.

    Under shadow prices there is no bound of what a lie can gain. Under VCG it is the gap between the decision of the
    faithful run and the optimum, whatever the costs h_-i (X, (7)): `certified` where the judge knows it already.

    Distributed h_-i are those of the record where VCG was announced. Else the problems without one agent are solved
    now, as the mission would, where that takes about two seconds at most; where not, or where the network falls apart
    without some agent, the rule has no payments, and `void` says why.
    """
    true, best = mission.problem, mission.central
    alone = _central_without(mission)
    found = Outcome(record.decision[0], record.price[0], record.reported_cost[0], _without(mission, record, alone))
    ideal = Outcome(best.x, best.price, true.costs(best.x), alone)
    gap = certified if certified is not None else _faithful_gap(mission, record)
    ideal_gap = max(0.0, lower_bound(true, best.x, best.price).gap)
    applied = [
        (
            _applied(mission, rule, "distributed", found, gap if rule == "vcg" else None),
            _applied(mission, rule, "central", ideal, ideal_gap if rule == "vcg" else None),
        )
        for rule in RULES
    ]
    return tuple(one for pair in applied for one in _compared(*pair))


def efficiency(optimum: float, social_cost: float) -> float | None:
    """Socially efficient is 1: optimum / social cost, upside down where both are gains; None where signs differ.

    >>> efficiency(90.0, 100.0), efficiency(-100.0, -90.0), efficiency(-1.0, 1.0)
    (0.9, 0.9, None)
    """
    if optimum > 0 and social_cost > 0:
        return optimum / social_cost
    return social_cost / optimum if optimum < 0 and social_cost < 0 else None


def _applied(mission: Haulage, rule: str, solved: str, found: Outcome, gap: float | None) -> Mechanism:
    """One rule applied to one outcome, at true costs."""
    social = float(mission.problem.costs(found.x).sum())
    share = efficiency(mission.central.objective, social)
    if rule == "vcg" and isinstance(found.without, str):
        return Mechanism(rule=rule, solved=solved, efficiency=share, void=found.without)
    without = np.zeros(len(found.x)) if isinstance(found.without, str) else found.without
    tax = FREIGHT_TAXES[rule](mission.problem, found.x, found.price, found.reported, without)
    seen = properties(mission.problem, found.x, tax, mission.central.objective)
    return Mechanism(
        rule=rule,
        solved=solved,
        payment=tuple(seen.payment.tolist()),
        profit=tuple(seen.profit.tolist()),
        total=float(seen.payment.sum()),
        efficiency=share,
        individually_rational=seen.individually_rational,
        ic_gap=gap if gap is not None and np.isfinite(gap) else None,
    )


def _compared(distributed: Mechanism, central: Mechanism) -> tuple[Mechanism, Mechanism]:
    """Both, with the largest difference of what somebody is paid."""
    if distributed.payment is None or central.payment is None:
        return distributed, central
    apart = float(np.abs(np.subtract(distributed.payment, central.payment)).max())
    return replace(distributed, difference=apart), replace(central, difference=apart)


def _faithful_gap(mission: Haulage, record: HaulageRecord) -> float | None:
    """How far a faithful run ends from the optimum at most; None where this record is none."""
    return None if mission.deviations or record.interrupted else max(0.0, record.gap)


def _central_without(mission: Haulage) -> Array | str:
    """h_-i at true costs, (N,), or who cannot be done without."""
    try:
        return optima_without(mission.problem)
    except BadInput as problem:
        return str(problem)


def _without(mission: Haulage, record: HaulageRecord, alone: Array | str) -> Array | str:
    """h_-i as the agents find it, (N,), or why they do not."""
    if record.tax_rule == "vcg":
        return np.asarray(record.without[0])
    if isinstance(alone, str):
        return alone
    if record.interrupted or mission.batch > 1:
        return "only for whole missions, one at a time, the problems without each agent are solved for comparison"
    agents, central = mission.network.n, mission.marginals == "central"
    try:
        for agent in range(0 if central else agents):
            mission.left(agent)
        if not central and agents**2 * mission.problem.slope.size * record.rounds > SMALL:
            return f"{agents} more runs, one without each agent, would take long (announce leader.tax = vcg)"
        return np.asarray(costs_without(mission)[0])
    except BadInput as problem:
        return str(problem)
