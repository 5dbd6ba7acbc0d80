"""The kinds of world, by the value of `mission.kind`."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from robosim.scenario.rendezvous import RendezvousScenario
from robosim.scenario.selfish import strategies

Scenario = RendezvousScenario
"""What a world file describes: the union of all kinds."""
KINDS: dict[str, type[Scenario]] = {"rendezvous": RendezvousScenario}


def closest_kind(values: dict[str, Any]) -> type[Scenario]:
    """The kind that shares most sections with a file, for complaints about a file that names no kind."""
    return max(KINDS.values(), key=lambda kind: len(kind.model_fields.keys() & values.keys()))


def json_schema() -> dict[str, Any]:
    """JSON Schema of world files, for editors: completion, descriptions and errors while typing."""
    schema = TypeAdapter(Scenario).json_schema()
    schema["$defs"]["SelfishEntry"]["properties"]["strategy"]["enum"] = list(strategies())
    return schema
