"""What the keys of a rendezvous must have to do with each other: boxes with room, walls around, starts inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.rendezvous.avoidance.rules import AVOIDANCE_RULES
from robosim.rendezvous.body_rules import BODY_RULES, POINTS
from robosim.rendezvous.radio_rules import RADIO_RULES
from robosim.rendezvous.space_rules import SPACE_RULES
from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import as_point
from robosim.scenario.selfish import SELFISH_RULES

CONSTANTS = {
    "custom": ("p0_w", "p1_j_per_m", "p2_js_per_m2", "p3_j_per_rad", "p4_js3_per_m2"),
    "stage": ("mass_kg",),
}
"""Keys of [energy] that belong to one power model."""


def completed(values: dict[str, Any]) -> dict[str, Any]:
    """Fill in count and dimension where starts are listed."""
    robots = values.setdefault("robots", {})
    starts = robots.get("starts_m") if isinstance(robots, dict) else None
    if isinstance(starts, list) and starts:
        first = as_point(starts[0])
        robots.setdefault("count", len(starts))
        if isinstance(first, list) and 1 <= len(first) <= 3:
            robots.setdefault("dimension", len(first))
    return values


def travel_time_is_used(world: Values) -> Iterator[Problem]:
    """Only a journey after agreeing has a duration of its own."""
    if world["mission.travel_time_s"] != "auto" and world["mission.travel"] != "after-agreeing":
        yield Problem(
            path=("mission", "travel_time_s"),
            message='is used only with travel = "after-agreeing"',
            fix="set that too, or remove travel_time_s",
        )


def constants_are_used(world: Values) -> Iterator[Problem]:
    """A power model takes its own constants only."""
    power = world["energy.power"]
    for model, keys in CONSTANTS.items():
        for key in keys:
            if power != model and world.given(f"energy.{key}"):
                yield Problem(
                    path=("energy", key),
                    message=f'is used only with power = "{model}", got "{power}"',
                    fix=f"set that, or remove {key}",
                )


def links_are_listed(world: Values) -> Iterator[Problem]:
    """A list of links for the graph "edges" and for no other; a hearing distance for "geometric" and for no other."""
    graph, edges, radius = world["network.graph"], world["network.edges"], world["network.radius_m"]
    if graph == "edges" and edges is None:
        yield Problem(
            path=("network", "edges"),
            message='is missing, it is the graph of graph = "edges"',
            fix="add it, for example edges = [[0, 1], [1, 2]]",
        )
    if graph != "edges" and edges is not None:
        yield Problem(
            path=("network", "edges"),
            message=f'is used only with graph = "edges", got "{graph}"',
            fix="set that, or remove edges",
        )
    if graph != "geometric" and radius != "auto":
        yield Problem(
            path=("network", "radius_m"),
            message=f'is used only with graph = "geometric", got "{graph}"',
            fix="set that, or remove radius_m",
        )


def links_join_two_robots(world: Values) -> Iterator[Problem]:
    """Links join two different robots of this world, each pair once."""
    count, seen = world["robots.count"], set()
    for number, (i, j, *_) in enumerate(world["network.edges"] or ()):
        path = "network", "edges", str(number)
        pair = (i, j) if world["network.directed"] else (min(i, j), max(i, j))
        if max(i, j) >= count:
            yield Problem(
                path=path, message=f"robot {shown(max(i, j))} does not exist", fix=f"robots are 0..{count - 1}"
            )
        if i == j:
            yield Problem(path=path, message=f"joins robot {shown(i)} to itself", fix="remove it")
        if pair in seen:
            yield Problem(path=path, message=f"{shown([i, j])} stands twice", fix="remove one")
        seen.add(pair)


def schedules_know_their_reach(world: Values) -> Iterator[Problem]:
    """A schedule of steps is computed from how far a body gets in a round, and holds where bodies get there."""
    if world["leader.alpha"] != "schedule":
        return
    missing = {
        "robots.speed_limit_mps = 0.2": world["robots.speed_limit_mps"] is None and world["robots.body"] in POINTS,
        "mission.dt_s = 0.033": world["mission.dt_s"] == "auto",
    }
    for key in (key for key, lacks in missing.items() if lacks):
        name = key.partition(" ")[0]
        yield Problem(
            path=("leader", "alpha"), message=f'"schedule" needs {name}, which is not given', fix=f"add it, as in {key}"
        )
    wrong = {
        ("mission", "travel"): (world["mission.travel"] == "after-agreeing", 'use "while-agreeing", or alpha = "auto"'),
        ("robots", "position_noise_m"): (
            world["robots.position_noise_m"] > 0 and world["robots.body"] in POINTS,
            'remove it, or use alpha = "auto"',
        ),
        ("leader", "bound"): (str(world["leader.bound"]).startswith("paper"), 'use "tight", or alpha = "auto"'),
    }
    for path, (is_wrong, fix) in wrong.items():
        if is_wrong:
            got = shown(world[".".join(path)])
            yield Problem(path=path, message=f'cannot be {got} where leader.alpha = "schedule"', fix=fix)


RULES: tuple[Check, ...] = (
    *BODY_RULES,
    *AVOIDANCE_RULES,
    travel_time_is_used,
    constants_are_used,
    links_are_listed,
    links_join_two_robots,
    schedules_know_their_reach,
    *RADIO_RULES,
    *SPACE_RULES,
    *SELFISH_RULES,
)
