"""The kind of world in which cars charge at a station."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robosim.charging.scenario import ChargingScenario
from robosim.kind import Curves, Kind, lazy
from robosim.leader.tax_rule import ABSENCE, CLEARING_PRICE, DYNAMIC_PIVOT, GROVES, NONE, PIVOT, VCG, WORTH


def figures(record: object) -> dict[str, Callable[..., Any]]:
    """Power, states of charge, taxes, prices, and one car's absence."""
    from robosim.charging.figures.hours import day_prices
    from robosim.charging.figures.power import charge, power
    from robosim.charging.figures.taxes import day_absence, taxes

    return {"power": power, "charge": charge, "taxes": taxes, "prices": day_prices, "absence": day_absence}


def strategies() -> dict[str, type]:
    """Deviations of EVs from dual decomposition."""
    from robosim.controllers.selfish.evs import EV_DEVIATIONS
    from robosim.controllers.selfish.visits import VISITS

    return EV_DEVIATIONS | VISITS


def record() -> type:
    """What a day of charging leaves behind."""
    from robosim.charging.record import ChargingRecord

    return ChargingRecord


KIND = Kind(
    noun="charging",
    word="charging",
    section="station",
    agent="EV",
    scenario=ChargingScenario,
    build=lazy("robosim.charging.build:build_charging"),
    record=record,
    strategies=strategies,
    taxes=(VCG.name, CLEARING_PRICE.name, GROVES.name, DYNAMIC_PIVOT.name, NONE.name),
    provides=frozenset({ABSENCE, WORTH, PIVOT}),
    certify=lazy("robosim.charging.certificate:certify_charging"),
    rounds_needed=lazy("robosim.auction.certificate:rounds_needed"),
    best_response=lazy("robosim.auction.certificate:best_response"),
    turns=lazy("robosim.charging.online.turns:turns"),
    covers=lazy("robosim.charging.online.visits:covers"),
    figures=figures,
    curves=(Curves(title="highest price of the day", names={"highest_price": "highest price"}, unit="$/kWh"),),
    tables=lazy("robosim.charging.tables:run_tables"),
    findings=lazy("robosim.charging.tables:findings"),
    notes=lazy("robosim.charging.notes:notes"),
    rivals=lazy("robosim.charging.tables:rivals"),
    scene=lazy("robosim.charging.scene:scene_of"),
    timeline=lazy("robosim.charging.timeline:timeline"),
)
