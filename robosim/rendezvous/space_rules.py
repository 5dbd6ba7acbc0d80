"""What boxes, walls and starts must have to do with each other: boxes with room, walls around, starts inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.scenario.checking import Check, Unsound, Values
from robosim.scenario.fields import SMALLEST, as_point

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
