"""Certificates of coupled problems: what shadow prices and VCG would pay, and what the two promise (X, section 5).

Each rule is applied twice: to what the agents found by themselves, its decision x, its price λ and its costs of the
problems without one agent, and to the central optima of everybody's true costs. The first is what a mission can know;
the second is what X, Propositions 3 to 6, are about. Their difference is what finite runs, and lies, change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.certificate import Certificate, at_least_0
from robosim.errors import BadInput, RobosimError
from robosim.freight.absence import costs_without
from robosim.freight.coupled.bound import lower_bound
from robosim.freight.coupled.optimum import optima_without, optimum
from robosim.freight.interval import vcg_intervals
from robosim.freight.mission import Freight
from robosim.freight.record import FreightRecord
from robosim.freight.taxes import case_of, properties, tolls
from robosim.leader.settle import usable
from robosim.leader.tax_rule import ABSENCE, SHADOW_PRICE, VCG, TaxRule
from robosim.verdict import Mechanism


def certify_freight(
    mission: Freight, record: FreightRecord, seconds: float = 0.0, progress: object = None
) -> Certificate:
    """ε of a mission from its faithful run.

    Under VCG agent i is paid h_-i less the others' costs, so that its net cost is the social cost of a feasible
    decision less h_-i, to which it has nothing to say: whatever it declares, it gains no more than F(x) - F* at the
    decision x of the faithful run, and that is at most the gap of `robosim.freight.mission.Freight.gap`.
    """
    if not mission.tax.groves:
        void = f"under the rule {mission.tax.name} an agent can move what it is paid"
        return Certificate(rounds=record.rounds, void=void)
    if not np.isfinite(record.gap):
        void = "no bound is known: nothing limits what some agent can do, and costs do not bend enough (give it limits)"
        return Certificate(rounds=record.rounds, void=void)
    size = float(np.abs(mission.problem.objective(record.decision[0])))
    gap = at_least_0(record.gap, size, f"{mission.scenario.name}: lower bound ≤ cost")
    return Certificate(rounds=record.rounds, certified=gap)


def rounds_needed(mission: Freight, epsilon: float) -> int | None:
    """Agents stop by their residuals. Raises `BadInput` that says what to announce."""
    raise BadInput(
        f"{mission.scenario.name}: no number of rounds is certified beforehand, agents stop by their residuals "
        "(announce a smaller leader.tolerance, and certify says what ε it is worth)"
    )


def rivals(mission: Freight, record: FreightRecord, certified: float | None) -> dict[str, tuple[Mechanism, ...]]:
    """Shadow prices and VCG side by side."""
    return {"mechanisms": mechanisms(mission, record, certified)}


COMPARED = (SHADOW_PRICE, VCG)
SAME = 1e-9
"""Share of all costs by which a report may differ from what was declared."""
NO_INTERVAL = "how far prices and shares are from the exact ones no gap of costs bounds"
SMALL = 10_000_000
"""Problems × copied numbers × rounds (about two seconds) that are solved again only to know what VCG would pay."""


class Outcome(NamedTuple):
    """What payments follow from: a decision (N, n), the price of b (m,), costs reported (N,), h_-i (N,)."""

    x: Array
    price: Array
    reported: Array
    without: Array | str
    """Or why nobody knows."""


def mechanisms(mission: Freight, record: FreightRecord, certified: float | None = None) -> tuple[Mechanism, ...]:
    """Shadow prices and VCG for mission 0 of a record, each distributed and central.

    Under shadow prices there is no bound of what a lie can gain. Under VCG it is the gap between the decision of the
    faithful run and the optimum, whatever the costs h_-i (X, (7)): `certified` where the judge knows it already.

    Distributed h_-i are those of the record where VCG was announced. Else the problems without one agent are solved
    now, as the mission would, where that takes about two seconds at most; where not, or where the network falls apart
    without some agent, the rule has no payments, and `void` says why.
    """
    true, best = mission.problem, mission.central
    alone = _central_without(mission)
    reported = usable(record.reported_cost, *true.claims(record.decision, tolls(true, record.decision)))[0]
    found = Outcome(record.decision[0], record.price[0], reported[0], _without(mission, record, alone))
    ideal = Outcome(best.x, best.price, true.costs(best.x), alone)
    gap = certified if certified is not None else _faithful_gap(mission, record)
    ideal_gap = at_least_0(lower_bound(true, best.x, best.price).gap, best.objective, "lower bound ≤ central optimum")
    applied = [
        (
            _bounded(mission, record, _applied(mission, rule, "distributed", found, gap if rule.groves else None)),
            _applied(mission, rule, "central", ideal, ideal_gap if rule.groves else None),
        )
        for rule in COMPARED
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


def _applied(mission: Freight, rule: TaxRule, solved: str, found: Outcome, gap: float | None) -> Mechanism:
    """One rule applied to one outcome, at true costs."""
    social = float(mission.problem.costs(found.x).sum())
    share = efficiency(mission.central.objective, social)
    if ABSENCE in rule.needs and isinstance(found.without, str):
        return Mechanism(rule=rule.name, solved=solved, efficiency=share, void=found.without)
    without = np.zeros(len(found.x)) if isinstance(found.without, str) else found.without
    case = case_of(mission.problem, *(each[None] for each in (found.x, found.price, found.reported, without)))
    tax = rule.taxes(case)[0]
    slack = gap if solved == "distributed" and gap is not None and np.isfinite(gap) else 0.0
    seen = properties(mission.problem, found.x, tax, mission.central.objective, slack)
    return Mechanism(
        rule=rule.name,
        solved=solved,
        payment=tuple(seen.payment.tolist()),
        profit=tuple(seen.profit.tolist()),
        total=float(seen.payment.sum()),
        efficiency=share,
        individually_rational=seen.individually_rational,
        ic_gap=gap if gap is not None and np.isfinite(gap) else None,
    )


def _bounded(mission: Freight, record: FreightRecord, rule: Mechanism) -> Mechanism:
    """With the interval of each payment, and how far P_-i may be from their optima; or why nobody knows.

    Bounds are those of the problem that agents declared, if what they reported is what that costs them.
    """
    if rule.payment is None:
        return rule
    if rule.rule != VCG.name:
        return replace(rule, uncertain=NO_INTERVAL)
    declared, x = mission.declared(0), record.decision[0]
    costs, reported = declared.costs(x), record.reported_cost[0]
    if not np.allclose(reported, costs, rtol=0.0, atol=SAME * float(np.abs(costs).sum())):
        return replace(rule, uncertain="somebody reported other costs than it declared")
    try:
        best = optimum(declared) if mission.deviations else mission.central
        found = vcg_intervals(declared, best, [optimum(declared.without(i)) for i in range(declared.agents)])
    except (RobosimError, ArithmeticError) as problem:
        found = str(problem)
    if isinstance(found, str):
        return replace(rule, uncertain=found)
    paid = np.array(rule.payment)
    ends = np.minimum(found.low, paid).tolist(), np.maximum(found.high, paid).tolist()
    without = paid + (reported.sum() - reported)  # h_-i, whoever found it
    gaps = np.maximum(without - found.without, 0.0)
    return replace(rule, interval=tuple(zip(*ends, strict=True)), absence_gaps=tuple(gaps.tolist()))


def _compared(distributed: Mechanism, central: Mechanism) -> tuple[Mechanism, Mechanism]:
    """Both, with the largest difference of what somebody is paid."""
    if distributed.payment is None or central.payment is None:
        return distributed, central
    apart = float(np.abs(np.subtract(distributed.payment, central.payment)).max())
    return replace(distributed, difference=apart), replace(central, difference=apart)


def _faithful_gap(mission: Freight, record: FreightRecord) -> float | None:
    """How far a faithful run ends from the optimum at most; None where this record is none."""
    if mission.deviations or record.interrupted:
        return None
    cost = float(mission.problem.objective(record.decision[0]))
    return at_least_0(record.gap, cost, f"{mission.scenario.name}: lower bound ≤ cost")


def _central_without(mission: Freight) -> Array | str:
    """h_-i at true costs, (N,), or who cannot be done without."""
    try:
        return optima_without(mission.problem)
    except BadInput as problem:
        return str(problem)


def _without(mission: Freight, record: FreightRecord, alone: Array | str) -> Array | str:
    """h_-i as the agents find it, (N,), or why they do not."""
    if np.isfinite(record.without[0]).all():
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
            return f"{agents} more runs, one without each agent, would take long (announce leader.tax = {VCG.name})"
        return np.asarray(costs_without(mission).cost[0])
    except BadInput as problem:
        return str(problem)
