"""Keys of `[[obstacle]]` tables: each shape has its own, in spaces where there is such a shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from robosim.files.complaint import Problem
from robosim.rendezvous.avoidance.shapes import fault
from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import as_point

SHAPES = {
    "disc": ("center_m", "radius_m"),
    "sphere": ("center_m", "radius_m"),
    "box": ("center_m", "size_m", "angle_rad"),
    "polygon": ("corners_m",),
}
"""Keys of each shape of obstacle."""
FREE = ("angle_rad",)
"""Those that may be left out."""
HOMES = {"disc": (2,), "sphere": (3,), "box": (1, 2, 3), "polygon": (2,)}
"""Dimensions in which there are such shapes."""
EXAMPLES = {
    "center_m": "center_m = [1.0, 2.0]",
    "radius_m": "radius_m = 0.5",
    "size_m": "size_m = [1.0, 0.5]",
    "corners_m": "corners_m = [[0, 0], [1, 0], [0, 1]]",
}


def tables(world: Values) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and keys of each `[[obstacle]]` table without fault."""
    listed = world.table.get("obstacle", ())
    for number, table in enumerate(listed if isinstance(listed, list | tuple) else ()):
        if world.sound(("obstacle", str(number))):
            yield number, table


def obstacles_have_their_keys(world: Values) -> Iterator[Problem]:
    """Each shape needs its keys and takes no others."""
    for number, table in tables(world):
        shape = table["shape"]
        for key in SHAPES[shape]:
            if key not in table and key not in FREE:
                message = f'is missing, shape = "{shape}" needs it'
                yield _about(number, key, message, f"add it, for example {EXAMPLES[key]}")
        for key in table:
            if key != "shape" and key not in SHAPES[shape]:
                yield _about(number, key, f'is not used with shape = "{shape}"', f"remove {key}")


def obstacles_have_dimension(world: Values) -> Iterator[Problem]:
    """Shapes that there are in this space, with as many coordinates as it has dimensions."""
    dimension = world["robots.dimension"]
    for number, table in tables(world):
        homes = HOMES[table["shape"]]
        if dimension not in homes:
            known = ", ".join(f'"{shape}"' for shape, where in HOMES.items() if dimension in where)
            yield _about(number, "shape", f'cannot be "{table["shape"]}" in {dimension} dimensions', f"use {known}")
            continue
        for key in ("center_m", "size_m"):
            if key in table and len(as_point(table[key])) != dimension:
                yield _about(number, key, f"has {len(as_point(table[key]))} numbers", f"give {dimension}")
        wrong = [k for k, corner in enumerate(table.get("corners_m", ())) if len(as_point(corner)) != 2]
        if wrong:
            yield _about(number, "corners_m", f"corner {wrong[0]} is no point of the plane", "give two numbers each")


def polygons_are_simple(world: Values) -> Iterator[Problem]:
    """Edges of a polygon meet at its corners only, and it has an inside."""
    for number, table in tables(world):
        corners = [as_point(corner) for corner in table.get("corners_m", ())]
        if corners and all(len(corner) == 2 for corner in corners) and (what := fault(corners)) is not None:
            yield _about(number, "corners_m", what, "list the corners in order around it")


def _about(number: int, key: str, message: str, fix: str) -> Problem:
    return Problem(path=("obstacle", str(number), key), message=message, fix=fix)


OBSTACLE_RULES: tuple[Check, ...] = (obstacles_have_their_keys, obstacles_have_dimension, polygons_are_simple)
