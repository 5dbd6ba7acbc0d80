"""What not knowing the future may cost, and could pay a liar: online plans against somebody who knows all (spec 7).

Under VCG with the absence of each car replayed, one deviator's net cost is F(executed) + k_i with k_i out of its reach,
as long as the others report what their meters say. F of whatever is executed is at least F_LB, a lower bound of what
the day costs somebody who knows all of it: power is continuous, batteries are linear, wires are met by the means of
periods and, where they have phases, by tangents. So no car gains more than F(all faithful) - F_LB.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from robosim.certificate import Certificate, at_least_0
from robosim.charging.optimum import solved
from robosim.charging.problem import ChargingDay
from robosim.charging.record import ChargingRecord
from robosim.controllers.parts.charging import fleet, plan
from robosim.leader.tax_rule import NONE
from robosim.premise import Premise, broken

TRUE = 1e-9
"""Reports are those of the meter up to this share of the largest."""
HINDSIGHT = "what not knowing the future could pay a liar, held against the least that the day could have cost"


def clairvoyant(day: ChargingDay) -> float:
    """A lower bound of what `day` costs, dollars: the dual function at the prices of the central optimum.

    However exact these prices are, the bound is one (weak duality). No car takes more than it wants.
    """
    price = np.maximum(solved(day).price, 0.0)[None, None]
    own = day.own()
    terms = plan(own, fleet(own), price, np.full((1, day.agents), np.nan)).value
    return float(terms.sum() + day.supply.answer(price)[1][0])


def certify_online(mission: Any, record: ChargingRecord) -> Certificate:
    """ε of a day that was planned as time went on, the same for all cars."""
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
    return Certificate(rounds=record.rounds, certified=certified, premises=premises, notes=(HINDSIGHT,))


def _gameable(tax: Any) -> str:
    if tax == NONE:
        return "under the tax rule none nobody pays for what it costs the others"
    return "" if tax.groves else f"under the tax rule {tax.name} a car can move what it pays"


def _true(record: ChargingRecord) -> bool:
    true = record.private_cost[0]
    return bool(
        np.abs(record.reported_cost[0] - true).max(initial=0.0) <= TRUE * max(np.abs(true).max(initial=0.0), 1.0)
    )
