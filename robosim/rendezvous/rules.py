"""What the keys of a rendezvous must have to do with each other: boxes with room, walls around, starts inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.rendezvous.avoidance.rules import AVOIDANCE_RULES
from robosim.rendezvous.body_rules import BODY_RULES, POINTS
from robosim.rendezvous.radio_rules import RADIO_RULES
from robosim.scenario.checking import Check, Unsound, Values
from robosim.scenario.fields import SMALLEST, as_point
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


Intervals = tuple[tuple[float, float], ...]


def intervals(box: Sequence[Any], dimension: int) -> Intervals:
    """[lo, hi] repeated for each dimension, or the pairs that were given."""
    return tuple((lo, hi) for lo, hi in (box if isinstance(box[0], list | tuple) else [box] * dimension))


def boxes_have_room(world: Values) -> Iterator[Problem]:
    """lo < hi in every dimension."""
    for key, box in _boxes(world):
        if not all(_wide(*pair) for pair in intervals(box, 1)):
            yield Problem(path=("robots", key), message=f"needs lo < hi, got {shown(box)}", fix="for example [-10, 10]")


def boxes_have_dimension(world: Values) -> Iterator[Problem]:
    """A pair for each dimension, where there are pairs."""
    dimension = world["robots.dimension"]
    for key, box in _boxes(world):
        pairs = intervals(box, dimension)
        if len(pairs) != dimension:
            yield Problem(
                path=("robots", key),
                message=f"has {len(pairs)} pairs, the space {dimension} dimensions",
                fix="give [lo, hi], or one pair for each dimension",
            )


def _boxes(world: Values) -> Iterator[tuple[str, Any]]:
    for key in ("type_space_m", "arena_m"):
        if world.sound(("robots", key)) and world[f"robots.{key}"] is not None:
            yield key, world[f"robots.{key}"]


def _wide(lo: float, hi: float) -> bool:
    return hi - lo >= SMALLEST


def _box(world: Values, key: str) -> Intervals:
    """A box without fault; raises `Unsound`."""
    dimension = world["robots.dimension"]
    pairs = intervals(world[f"robots.{key}"], dimension)
    if len(pairs) != dimension or not all(_wide(*pair) for pair in pairs):
        raise Unsound(key)
    return pairs


def walls_stand_outside(world: Values) -> Iterator[Problem]:
    """The arena contains the type space, so that every type can stand inside the walls."""
    if world["robots.arena_m"] is None:
        return
    walls, space = _box(world, "arena_m"), _box(world, "type_space_m")
    if any(a > lo or b < hi for (a, b), (lo, hi) in zip(walls, space, strict=True)):
        yield Problem(
            path=("robots", "arena_m"),
            message=f"must contain robots.type_space_m, {shown(space)}",
            fix="move the walls out, or shrink the type space",
        )


def starts_are_counted(world: Values) -> Iterator[Problem]:
    """As many points as robots."""
    starts, count = world["robots.starts_m"], world["robots.count"]
    if starts != "random" and len(starts) != count:
        yield Problem(
            path=("robots", "count"),
            message=f"is {shown(count)}, robots.starts_m has {len(starts)} points",
            fix="make them agree, or remove count",
        )


def starts_have_dimension(world: Values) -> Iterator[Problem]:
    """As many coordinates as dimensions: one complaint if all points agree, else one for each odd point."""
    points, dimension = _points(world), world["robots.dimension"]
    sizes = {len(point) for point in points}
    if len(sizes) == 1 and sizes != {dimension}:
        yield Problem(
            path=("robots", "dimension"),
            fix="make them agree, or remove dimension",
            message=f"is {dimension}, the points of robots.starts_m have {sizes.pop()} coordinates",
        )
    elif len(sizes) > 1:
        for robot, point in enumerate(points):
            if len(point) != dimension:
                yield Problem(
                    path=("robots", "starts_m", str(robot)),
                    fix=f"give it {dimension}",
                    message=f"robot {robot} has {len(point)} coordinates, the space {dimension} dimensions",
                )


def starts_are_types(world: Values) -> Iterator[Problem]:
    """Every start lies in the announced type space (T, section III: the type of a robot is its start)."""
    space = _box(world, "type_space_m")
    for robot, point in enumerate(_points(world)):
        if len(point) == len(space) and any(not lo <= x <= hi for x, (lo, hi) in zip(point, space, strict=True)):
            yield Problem(
                path=("robots", "starts_m", str(robot)),
                fix="move it, or widen the type space",
                message=f"robot {robot} starts at {shown(point)}, outside robots.type_space_m {shown(space)}",
            )


def _points(world: Values) -> list[Sequence[float]]:
    starts = world["robots.starts_m"]
    return [] if starts == "random" else [as_point(point) for point in starts]


SPACE_RULES: tuple[Check, ...] = (
    boxes_have_room,
    boxes_have_dimension,
    walls_stand_outside,
    starts_are_counted,
    starts_have_dimension,
    starts_are_types,
)

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
