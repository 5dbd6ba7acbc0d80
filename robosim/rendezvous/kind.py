"""The kind of world in which robots meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robosim.kind import Curves, Kind, lazy
from robosim.leader.tax_rule import GROVES, NONE
from robosim.rendezvous.scenario import RendezvousScenario


def figures(record: object) -> dict[str, Callable[..., Any]]:
    """Where robots drove, how they agreed, who pays what."""
    from robosim.rendezvous.figures.convergence import convergence
    from robosim.rendezvous.figures.costs import costs
    from robosim.rendezvous.figures.trajectories import trajectories

    return {"trajectories": trajectories, "convergence": convergence, "costs": costs}


def strategies() -> dict[str, type]:
    """Deviations from average consensus."""
    from robosim.controllers.selfish.robots import STRATEGIES

    return STRATEGIES


def record() -> type:
    """What a rendezvous leaves behind."""
    from robosim.rendezvous.record import RendezvousRecord

    return RendezvousRecord


def ranges(mission: Any) -> dict[str, Any]:
    """Waypoints in the box of types."""
    return {"z": (mission.announcement.lower, mission.announcement.upper)}


def running(mission: Any, snapshot: Any) -> Any:
    """What it would cost everybody to have driven so far, and no further."""
    meter = mission.world.execute(snapshot.body, snapshot.heard.own)
    return mission.problem.private_cost(mission.types["start"], meter.position, meter.energy_j)


KIND = Kind(
    noun="rendezvous",
    word="rendezvous",
    agent="robot",
    scenario=RendezvousScenario,
    build=lazy("robosim.rendezvous.build:build_rendezvous"),
    record=record,
    strategies=strategies,
    taxes=(GROVES.name, NONE.name),
    meters=True,
    certify=lazy("robosim.rendezvous.certificate:certify_rendezvous"),
    rounds_needed=lazy("robosim.rendezvous.certificate:rounds_needed"),
    ranges=ranges,
    running=running,
    stacked=lazy("robosim.rendezvous.stacked:stacked"),
    best_response=lazy("robosim.rendezvous.respond:best_response"),
    solves=lazy("robosim.rendezvous.respond:solves"),
    figures=figures,
    curves=(
        Curves(
            title="how far from agreement",
            names={"distance": "distance to agreement", "beta": "allowed, β"},
            unit="m",
            log=True,
        ),
    ),
    agreed_in="m",
    tables=lazy("robosim.rendezvous.tables:run_tables"),
    findings=lazy("robosim.rendezvous.tables:findings"),
    notes=lazy("robosim.rendezvous.notes:notes"),
    scene=lazy("robosim.rendezvous.scene:scene_of"),
    timeline=lazy("robosim.rendezvous.timeline:timeline"),
)
