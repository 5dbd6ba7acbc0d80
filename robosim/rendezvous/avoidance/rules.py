"""What keys about robots with a size must have to do with each other: room for starts and for formations.

For worlds with `[avoidance]`, `[[obstacle]]`, `[formation]` and `robots.radius_m`. Robots that start in each other or
in an obstacle are refused when a world is loaded: no rule of motion can mend that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.rendezvous.avoidance.formation_keys import FORMATION_RULES, of_formation
from robosim.rendezvous.avoidance.keys import Obstacle
from robosim.rendezvous.avoidance.obstacle_keys import OBSTACLE_RULES, tables
from robosim.rendezvous.body_rules import POINTS
from robosim.scenario.checking import Check, Unsound, Values, broken_rules
from robosim.scenario.fields import as_point

if TYPE_CHECKING:
    from robosim.agent import Array


MOST = 10**6
"""Of more robots nothing is computed here: whether there is memory for them is asked later."""


def sizes_are_known(world: Values) -> Iterator[Problem]:
    """Obstacles and avoidance are for robots with a radius, one for all or one each, or that of their bodies."""
    radius, count = world["robots.radius_m"], world["robots.count"]
    if radius is None and world["robots.body"] in POINTS:
        for section in ("avoidance", "obstacle"):
            if world.table.get(section):
                yield Problem(
                    path=(section,),
                    message="needs robots.radius_m, which is not given",
                    fix="add it, for example radius_m = 0.1 below [robots]",
                )
    if isinstance(radius, list | tuple) and len(radius) != count:
        yield Problem(
            path=("robots", "radius_m"),
            message=f"has {len(radius)} numbers for {count} robots",
            fix="give one for each, or one number for all",
        )


def formations_have_room(world: Values) -> Iterator[Problem]:
    """Two robots can stand beside each other wherever they have neighbouring places."""
    radius = _radius(world)
    places = None if radius is None else _places(world)
    if radius is None or places is None:
        return
    from robosim.rendezvous import formation

    if (what := formation.complaint(places, radius, 0.0 * radius)) is not None:
        shape = world["formation.shape"]
        key = "offsets_m" if shape == "given" else "spacing_m"
        key = "radius_m" if world["formation.radius_m"] is not None else key
        yield of_formation(key, what, "move places apart, or make robots smaller")


def starts_have_room(world: Values) -> Iterator[Problem]:
    """No robot starts in another, in an obstacle or in a wall; each fault once."""
    radius = _radius(world)
    points = None if radius is None else _starts(world)
    if radius is None or points is None:
        return
    from robosim.rendezvous.avoidance import things

    for i, j, distance, need in things.too_near(points, radius):
        message = f"robots {i} and {j} start {distance:.6g} m apart, they need {need:.6g} m"
        yield Problem(path=("robots", "starts_m", str(j)), message=message, fix="move one, or make robots smaller")
    for i, number, lacking in things.blocked(points, radius, _obstacles(world)):
        where = f"robot {i} starts at {shown(points[i].tolist())}, {_in(number, lacking)}"
        yield Problem(path=("robots", "starts_m", str(i)), message=where, fix="move it, or the obstacle")
    for i in _in_walls(world, points, radius):
        message = f"robot {i} starts at {shown(points[i].tolist())}, {radius[i]:.6g} m or less from a wall of arena_m"
        yield Problem(path=("robots", "starts_m", str(i)), message=message, fix="move it, or the walls")


def places_have_room(world: Values) -> Iterator[Problem]:
    """Where starts are listed, the formation around their mean, where the team moves least, is clear of obstacles."""
    radius = _radius(world)
    places, points = (None, None) if radius is None else (_places(world), _starts(world))
    if radius is None or places is None or points is None:
        return
    from robosim.rendezvous.avoidance import things

    there = points.mean(axis=0) + places
    for i, number, lacking in things.blocked(there, radius, _obstacles(world)):
        where = f"the place of robot {i}, {shown(there[i].round(6).tolist())}, is {_in(number, lacking)}"
        yield of_formation("shape", where, "move the obstacle, or change the formation")
    for i in _in_walls(world, there, radius):
        where = f"the place of robot {i}, {shown(there[i].round(6).tolist())}, has no room inside robots.arena_m"
        yield of_formation("shape", where, "move the walls, or change the formation")


def _in(number: int, lacking: float) -> str:
    return f"in obstacle {number}" if lacking == float("inf") else f"{lacking:.6g} m too near to obstacle {number}"


def _radius(world: Values) -> Array | None:
    """(agents,); None where the file says nothing of a size. Raises `Unsound`."""
    radius, count = world["robots.radius_m"], world["robots.count"]
    if count > MOST or (isinstance(radius, list | tuple) and len(radius) != count):
        raise Unsound("robots.radius_m")
    if radius is None:
        return None
    import numpy as np

    return np.broadcast_to(np.asarray(radius, dtype=np.float64), (count,)).copy()


def _starts(world: Values) -> Array | None:
    """(agents, d) where they are listed, and rightly; else None."""
    starts, count, dimension = world["robots.starts_m"], world["robots.count"], world["robots.dimension"]
    points = [] if starts == "random" else [as_point(point) for point in starts]
    if len(points) != count or any(len(point) != dimension for point in points):
        return None
    import numpy as np

    return np.array(points, dtype=np.float64)


def _places(world: Values) -> Array | None:
    """Offsets (agents, d) of a formation whose keys are right; None of a point, and where keys are wrong."""
    shape, given = world["formation.shape"], world["formation.offsets_m"]
    if shape == "point" or world["robots.count"] > MOST or list(broken_rules(FORMATION_RULES, world)):
        return None
    import numpy as np

    from robosim.rendezvous import formation

    return formation.offsets(
        shape,
        world["robots.count"],
        world["robots.dimension"],
        spacing_m=world["formation.spacing_m"],
        radius_m=world["formation.radius_m"],
        given=None if given is None else np.array([as_point(place) for place in given], dtype=np.float64),
    )


def _obstacles(world: Values) -> list[Obstacle]:
    """All of them; raises `Unsound` where one has a fault."""
    if not world.sound(("obstacle",)) or list(broken_rules(OBSTACLE_RULES, world)):
        raise Unsound("obstacle")
    return [Obstacle(**table) for _, table in tables(world)]


def _in_walls(world: Values, points: Array, radius: Array) -> list[int]:
    """Robots (agents, d) that are not wholly inside `robots.arena_m`."""
    import numpy as np

    if world["robots.arena_m"] is None:
        return []
    from robosim.rendezvous.space_rules import intervals

    low, high = np.array(intervals(world["robots.arena_m"], points.shape[1])).T
    if len(low) != points.shape[1]:
        raise Unsound("robots.arena_m")
    out = (points - radius[:, None] < low) | (points + radius[:, None] > high)
    return [int(i) for i in np.flatnonzero(out.any(axis=1))]


AVOIDANCE_RULES: tuple[Check, ...] = (
    sizes_are_known,
    *OBSTACLE_RULES,
    *FORMATION_RULES,
    formations_have_room,
    starts_have_room,
    places_have_room,
)
