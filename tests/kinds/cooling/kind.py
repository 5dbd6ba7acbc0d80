"""The kind of world in which halls of computers share cooling power: all that robosim knows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cooling.scenario import CoolingScenario
from robosim.kind import Kind, lazy
from robosim.leader.tax_rule import ABSENCE, GROVES, NONE, VCG


def programs() -> dict[str, type]:
    """The faithful program."""
    from cooling.thermostat import Thermostat

    return {"thermostat": Thermostat}


def strategies() -> dict[str, type]:
    """Deviations from it."""
    from cooling.selfish import STRATEGIES

    return STRATEGIES


def record() -> type:
    """What a mission leaves behind."""
    from cooling.record import CoolingRecord

    return CoolingRecord


def figures(record: object) -> dict[str, Callable[..., Any]]:
    """How warm the halls became."""
    from cooling.figures import temperatures

    return {"temperatures": temperatures}


KIND = Kind(
    noun="cooling",
    word="cooling",
    agent="hall",
    scenario=CoolingScenario,
    build=lazy("cooling.build:build_cooling"),
    record=record,
    programs=programs,
    strategies=strategies,
    taxes=(VCG.name, GROVES.name, NONE.name),
    provides=frozenset({ABSENCE}),
    certify=lazy("cooling.certificate:certify_cooling"),
    rounds_needed=lazy("cooling.certificate:rounds_needed"),
    figures=figures,
    tables=lazy("cooling.tables:run_tables"),
    findings=lazy("cooling.tables:findings"),
    scene=lazy("cooling.scene:scene_of"),
)
