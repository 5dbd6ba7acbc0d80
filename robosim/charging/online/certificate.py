"""What not knowing the future may cost, and could pay a liar: online plans against somebody who knows all (spec 7).

Under VCG with the absence of each car replayed, one deviator's net cost is F(executed) + k_i with k_i out of its reach,
as long as the others report what their meters say. F of whatever is executed is at least F_LB, a lower bound of what
the day costs somebody who knows all of it: power is continuous, batteries are linear, wires are met by the means of
periods and, where they have phases, by tangents. So no car gains more than F(all faithful) - F_LB. Of one car F_LB is
larger, as nothing that it does changes what was metered before it came (`robosim.charging.online.arrivals`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.certificate import Certificate, at_least_0, at_most
from robosim.charging.online.arrivals import dual_bound, least_by_car
from robosim.charging.optimum import solved
from robosim.charging.problem import ChargingDay
from robosim.charging.record import ChargingRecord
from robosim.leader.tax_rule import NONE
from robosim.premise import Premise, broken

TRUE = 1e-9
"""Reports are those of the meter up to this share of the largest."""
HINDSIGHT = "what not knowing the future could pay a liar, held against the least that the day could have cost"
BY_CAR = "within the world's limits: with all that was metered before a car came as it was, car by car"


def clairvoyant(day: ChargingDay) -> float:
    """A lower bound of what `day` costs, dollars: the dual function at the prices of the central optimum.

    However exact these prices are, the bound is one (weak duality).
    """
    return dual_bound(day, day.supply, solved(day).price)


def certify_online(mission: Any, record: ChargingRecord) -> Certificate:
    """ε of a day that was planned as time went on, for all cars and for each."""
    premises = (
        Premise(text="the tax is a Groves rule", how="read", ok=mission.tax.groves, detail=_gameable(mission.tax)),
        Premise(text="reports are what the meter says", how="read", ok=_true(record), detail=""),
        Premise(text="only one deviates, and the others' reports stay true", how="declared"),
    )
    why = broken(premises)
    if why is not None:
        return Certificate(rounds=record.rounds, void=why, premises=premises)
    cost, least = float(record.private_cost[0].sum() + record.leader_cost[0]), mission.least
    certified = at_least_0(cost - least, abs(cost), f"{mission.scenario.name}: clairvoyant bound ≤ cost")
    each = by_car(mission, record, cost, certified)
    return Certificate(
        rounds=record.rounds, certified=certified, bounded=each, premises=premises, notes=(HINDSIGHT, BY_CAR)
    )


def by_car(mission: Any, record: ChargingRecord, cost: float, certified: float) -> Array:
    """ε_i of each car, (N,) dollars: `cost` of the faithful day less what it costs at least whatever car i does."""
    gap = cost - least_by_car(mission.day, record.day.metered_kwh, mission.every, mission.foreseen_price)
    what = f"{mission.scenario.name}: bound of one car"
    at_most(-gap, 0.0, abs(cost), f"{what} ≤ cost")
    return at_most(np.maximum(gap, 0.0), certified, abs(cost), f"{what} ≤ certified for all")


def _gameable(tax: Any) -> str:
    if tax == NONE:
        return "under the tax rule none nobody pays for what it costs the others"
    return "" if tax.groves else f"under the tax rule {tax.name} a car can move what it pays"


def _true(record: ChargingRecord) -> bool:
    true = record.private_cost[0]
    return bool(
        np.abs(record.reported_cost[0] - true).max(initial=0.0) <= TRUE * max(np.abs(true).max(initial=0.0), 1.0)
    )
