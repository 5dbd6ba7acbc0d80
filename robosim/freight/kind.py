"""The kind of world in which suppliers share roads, or agents any problem with coupled costs and constraints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robosim.freight.given import displace
from robosim.freight.scenario import FreightScenario
from robosim.kind import Curves, Kind, lazy
from robosim.leader.tax_rule import ABSENCE, NONE, SHADOW_PRICE, VCG, WORTH


def figures(record: Any) -> dict[str, Callable[..., Any]]:
    """A map of flows where there is one, payments, how agents agreed."""
    from robosim.freight.figures.payments import agreement, payments
    from robosim.freight.figures.roads import road_map, unmapped

    found: dict[str, Callable[..., Any]] = {"map": road_map, "payments": payments, "convergence": agreement}
    return {name: draw for name, draw in found.items() if name != "map" or unmapped(record) is None}


def left_out(record: Any, named: bool) -> dict[str, str]:
    """The map of roads that have no coordinates; of a problem without roads nobody expects one who does not name it."""
    from robosim.freight.figures.roads import unmapped

    why = unmapped(record)
    return {} if why is None or (record.roads is None and not named) else {"map": why}


def strategies() -> dict[str, type]:
    """Deviations of suppliers from the programs of X."""
    from robosim.controllers.selfish.suppliers import SUPPLIER_DEVIATIONS

    return SUPPLIER_DEVIATIONS


def record() -> type:
    """What a freight mission leaves behind."""
    from robosim.freight.record import FreightRecord

    return FreightRecord


KIND = Kind(
    noun="freight",
    word="freight",
    agent="supplier",
    scenario=FreightScenario,
    build=lazy("robosim.freight.build:build_freight"),
    record=record,
    strategies=strategies,
    taxes=(VCG.name, SHADOW_PRICE.name, NONE.name),
    provides=frozenset({ABSENCE, WORTH}),
    certify=lazy("robosim.freight.certificate:certify_freight"),
    lies=("slope", "most"),
    best_response=lazy("robosim.freight.misreport:best_response"),
    rounds_needed=lazy("robosim.freight.certificate:rounds_needed"),
    figures=figures,
    curves=(
        Curves(
            title="how far from agreement",
            names={"demand": "unmet demand, relative", "disagreement": "disagreement, relative"},
            log=True,
        ),
        Curves(title="objective", names={"objective": "cost of all"}, unit="$"),
    ),
    left_out=left_out,
    tables=lazy("robosim.freight.equilibrium.anarchy:run_tables"),
    findings=lazy("robosim.freight.equilibrium.anarchy:findings"),
    rivals=lazy("robosim.freight.equilibrium.anarchy:rivals"),
    reproductions=lazy("robosim.freight.reproduce:catalogue"),
    methods=lazy("robosim.freight.methods.shown:side_by_side"),
    displaced=displace,
    taken=lazy("robosim.freight.given:taken"),
    scene=lazy("robosim.freight.scene:scene_of"),
    timeline=lazy("robosim.freight.timeline:timeline"),
)
