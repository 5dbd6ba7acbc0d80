"""Keys of `[formation]`: each shape has its own."""

from __future__ import annotations

from collections.abc import Iterator

from robosim.files.complaint import Problem
from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import as_point

FORMATIONS = {
    "point": (),
    "line": ("spacing_m",),
    "circle": ("spacing_m", "radius_m"),
    "grid": ("spacing_m",),
    "given": ("offsets_m",),
}
"""Keys of each shape of formation; a circle has one of its two."""
EXAMPLES = {"spacing_m": "spacing_m = 0.5", "offsets_m": "offsets_m = [[0, 0], [1, 0]]"}


def formations_have_their_keys(world: Values) -> Iterator[Problem]:
    """Each shape needs its keys and takes no others; of a circle one of two."""
    shape = world["formation.shape"]
    given = [key for key in ("spacing_m", "radius_m", "offsets_m") if world[f"formation.{key}"] is not None]
    taken = FORMATIONS[shape]
    for key in given:
        if key not in taken:
            yield of_formation(key, f'is not used with shape = "{shape}"', f"remove {key}")
    if shape == "circle" and {"spacing_m", "radius_m"} <= set(given):
        yield of_formation("radius_m", "cannot be given with spacing_m", "remove one")
    if taken and not set(given) & set(taken):
        message = f'is missing, shape = "{shape}" needs it'
        yield of_formation(taken[0], message, f"add it, for example {EXAMPLES[taken[0]]}")
    if shape == "circle" and world["robots.dimension"] == 1:
        yield of_formation("shape", 'cannot be "circle" in 1 dimension', 'use "line"')


def places_are_counted(world: Values) -> Iterator[Problem]:
    """One place of a given formation for each robot, in its space."""
    given, count, dimension = world["formation.offsets_m"], world["robots.count"], world["robots.dimension"]
    if given is not None and len(given) != count:
        yield of_formation("offsets_m", f"has {len(given)} places for {count} robots", "give one for each")
    for robot, place in enumerate(given or ()):
        if len(as_point(place)) != dimension:
            message = f"place {robot} has {len(as_point(place))} coordinates, the space {dimension} dimensions"
            yield of_formation("offsets_m", message, f"give it {dimension}")


def of_formation(key: str, message: str, fix: str) -> Problem:
    return Problem(path=("formation", key), message=message, fix=fix)


FORMATION_RULES: tuple[Check, ...] = (formations_have_their_keys, places_are_counted)
