"""The kind of world in which bidders share a resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robosim.auction.scenario import AuctionScenario
from robosim.kind import Curves, Kind, lazy
from robosim.leader.tax_rule import ABSENCE, CLEARING_PRICE, GROVES, NONE, VCG, WORTH


def figures(record: object) -> dict[str, Callable[..., Any]]:
    """Prices, market power, and one agent's absence."""
    from robosim.auction.figures import absence, prices, tax_against_price

    return {"prices": prices, "taxes": tax_against_price, "absence": absence}


def strategies() -> dict[str, type]:
    """Deviations from dual decomposition."""
    from robosim.controllers.selfish.bidders import BIDDING

    return BIDDING


def record() -> type:
    """What an auction leaves behind."""
    from robosim.auction.record import AuctionRecord

    return AuctionRecord


def ranges(mission: Any) -> dict[str, Any]:
    """Bids within their public limits."""
    return {"z": (mission.own["lower"][0], mission.own["upper"][0])}


KIND = Kind(
    noun="auction",
    word="charging",
    scenario=AuctionScenario,
    build=lazy("robosim.auction.build:build_auction"),
    record=record,
    strategies=strategies,
    taxes=(VCG.name, CLEARING_PRICE.name, GROVES.name, NONE.name),
    provides=frozenset({ABSENCE, WORTH}),
    certify=lazy("robosim.auction.certificate:certify_auction"),
    rounds_needed=lazy("robosim.auction.certificate:rounds_needed"),
    ranges=ranges,
    best_response=lazy("robosim.auction.certificate:best_response"),
    figures=figures,
    curves=(Curves(title="price", names={"price": "price"}, unit="$/kW"),),
    tables=lazy("robosim.auction.tables:run_tables"),
    findings=lazy("robosim.auction.tables:findings"),
    sweep=lazy("robosim.auction.market_power:power"),
    count_key="bidders.count",
    scene=lazy("robosim.auction.scene:scene_of"),
    timeline=lazy("robosim.auction.timeline:timeline"),
)
