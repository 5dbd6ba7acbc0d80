"""What the keys of a rendezvous must have to do with each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import as_point
from robosim.scenario.problem import Problem
from robosim.scenario.rendezvous_space import SPACE_RULES
from robosim.scenario.selfish_rules import SELFISH_RULES
from robosim.scenario.words import shown

CONSTANTS = {"custom": ("p0_w", "p1_j_per_m", "p2_js_per_m2"), "stage": ("mass_kg",)}
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
    for number, (i, j) in enumerate(world["network.edges"] or ()):
        path, pair = ("network", "edges", str(number)), frozenset((i, j))
        if max(i, j) >= count:
            yield Problem(
                path=path, message=f"robot {shown(max(i, j))} does not exist", fix=f"robots are 0..{count - 1}"
            )
        if i == j:
            yield Problem(path=path, message=f"joins robot {shown(i)} to itself", fix="remove it")
        if pair in seen:
            yield Problem(path=path, message=f"{shown([i, j])} stands twice", fix="remove one")
        seen.add(pair)


RULES: tuple[Check, ...] = (
    travel_time_is_used,
    constants_are_used,
    links_are_listed,
    links_join_two_robots,
    *SPACE_RULES,
    *SELFISH_RULES,
)
