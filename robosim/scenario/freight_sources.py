"""Where a freight world comes from: the paper, drawn or real roads, an instance, or a general problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from robosim.scenario.freight_values import RANDOM
from robosim.scenario.lines import KeyPath
from robosim.scenario.origin import Origin
from robosim.scenario.words import shown
from robosim.world.roads.recipes import RECIPES

Source = Literal["paper", "random", "roads", "file", "problem"]
FIRST = "example-1"
"""What is shipped where a file names no source."""
NET = "_net"
"""At the end of the name of a road file, before its ending."""
SOURCES: tuple[KeyPath, ...] = (("freight", "instance"), ("freight", "roads"), ("freight", "problem"), ("problem",))
"""Keys that name one."""
DRAWN = dict.fromkeys(("suppliers", "demanders", "goods", "paths", "congestion", "slack"), ("random", "roads"))
OWNERS: dict[str, tuple[str, ...]] = {
    "ties": ("paper",),
    **DRAWN,
    **dict.fromkeys(("trips", "nodes", "by", "demand_scale"), ("roads",)),
}
"""Keys of [freight] that belong to some sources only."""
WORDS = {"paper": "an instance of the paper", RANDOM: 'instance = "random"', "roads": "roads"}


def source_of(freight: Mapping[str, Any]) -> Source:
    """The source that keys of [freight] name; without one there is a `[problem]`."""
    instance = freight.get("instance")
    if freight.get("roads") is not None:
        return "roads"
    if instance is None:
        return "problem"
    if instance == RANDOM:
        return "random"
    return "paper" if isinstance(instance, str) and instance in RECIPES else "file"


def unused_in(source: str) -> list[str]:
    """Keys of [freight] that a source does not have."""
    return [key for key, owners in OWNERS.items() if source not in owners]


def in_words(freight: Mapping[str, Any]) -> str:
    """The source as it stands in a file."""
    named = [f"{key} = {shown(freight[key])}" for _, key in SOURCES[:3] if freight.get(key) is not None]
    return named[0] if named else "a [problem] section"


def wanted_for(key: str) -> str:
    """What must be set for a key of [freight] to be used."""
    return " or ".join(WORDS[owner] for owner in OWNERS[key])


def completed(values: dict[str, Any]) -> dict[str, Any]:
    """Name the first example where nothing is named."""
    freight = values.setdefault("freight", {})
    if isinstance(freight, dict) and "problem" not in values and not {"instance", "roads", "problem"} & freight.keys():
        freight["instance"] = FIRST
    return values


def displace(values: dict[str, Any], origin: Origin) -> None:
    """A source that an option names replaces the file's, with the keys that go with that one.

    So `--set freight.roads=FILE` needs no second option that unsays the instance of the file.
    """
    named = [path for path in SOURCES if path in origin.options]
    freight = values.get("freight", {})
    if not named or not isinstance(freight, dict):
        return
    for path in SOURCES:
        if not _by_option(path, origin):
            (freight if len(path) > 1 else values).pop(path[-1], None)
    for key in unused_in(source_of(freight)):
        if not _by_option(("freight", key), origin):
            freight.pop(key, None)


def _by_option(path: KeyPath, origin: Origin) -> bool:
    """Whether an option set the key, all of its table, or something in it."""
    return any(path[: len(other)] == other[: len(path)] for other in origin.options)
