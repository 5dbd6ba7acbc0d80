"""The kinds of world, by the value of `mission.kind`."""

from __future__ import annotations

from typing import Any, TypeAlias, get_args

from pydantic import TypeAdapter

from robosim.scenario.charging import ChargingScenario
from robosim.scenario.freight_sources import displace
from robosim.scenario.freight_world import FreightScenario
from robosim.scenario.origin import Origin
from robosim.scenario.rendezvous import RendezvousScenario
from robosim.scenario.selfish_rules import deviation
from robosim.scenario.station_world import StationScenario

Scenario: TypeAlias = RendezvousScenario | ChargingScenario | StationScenario | FreightScenario
"""What a world file describes: the union of all kinds."""
KINDS: dict[str, type[Scenario]] = {
    "rendezvous": RendezvousScenario,
    "charging": ChargingScenario,
    "freight": FreightScenario,
}


def form(kind: type[Scenario], values: dict[str, Any]) -> type[Scenario]:
    """The form of its kind that a file has: charging is done in a station where there is one, else by bidders."""
    return StationScenario if kind is ChargingScenario and "station" in values else kind


def completed(kind: type[Scenario], values: dict[str, Any], origin: Origin) -> dict[str, Any]:
    """The values of a file without what options displaced, and with those that follow from others."""
    if kind is FreightScenario:
        displace(values, origin)
    return kind.completed(values)


def closest_kind(values: dict[str, Any]) -> type[Scenario]:
    """The kind that shares most sections with a file, for complaints about a file that names no kind."""
    return max(KINDS.values(), key=lambda kind: len(form(kind, values).model_fields.keys() & values.keys()))


def json_schema() -> dict[str, Any]:
    """JSON Schema of world files, for editors: completion, descriptions and errors while typing."""
    schema = TypeAdapter(Scenario).json_schema()
    for table in map(deviation, get_args(Scenario)):
        schema["$defs"][table.__name__]["properties"]["strategy"]["enum"] = list(table.strategies())
    return schema
