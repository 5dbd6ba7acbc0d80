"""What the keys of bodies, batteries and charging pads must have to do with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.scenario.checking import Check, Unsound, Values
from robosim.scenario.fields import as_point

POINTS = ("point", "single-integrator")
"""Bodies that are none: points, which go straight at once."""
BATTERY_KEYS = ("battery_volts", "battery_droop", "battery_ohms")
PAD_KEYS = ("recharge_below", "recharge_until")


def bodies_are_counted(world: Values) -> Iterator[Problem]:
    """One body a robot, where they are listed."""
    named, count = world["robots.body"], world["robots.count"]
    if not isinstance(named, str) and len(named) != count:
        yield Problem(
            path=("robots", "body"),
            message=f"has {len(named)} bodies, there are {shown(count)} robots",
            fix="give one name, or one for each robot",
        )


def bodies_drive_while_agreeing(world: Values) -> Iterator[Problem]:
    """The one journey of after-agreeing is for points: what it takes of a body nobody announces."""
    named = world["robots.body"]
    if world["mission.travel"] == "after-agreeing" and named not in POINTS:
        yield Problem(
            path=("robots", "body"),
            message=f'cannot be {shown(named)} with mission.travel = "after-agreeing", which points do',
            fix='use travel = "while-agreeing", or body = "point"',
        )


def limits_are_for_points(world: Values) -> Iterator[Problem]:
    """Bodies have limits of their own."""
    named = world["robots.body"]
    if world["robots.speed_limit_mps"] is not None and named not in POINTS:
        yield Problem(
            path=("robots", "speed_limit_mps"),
            message=f"is the limit of points, {shown(named)} has its own",
            fix="set it in [robots.bodies.NAME], or remove it",
        )


def parameters_have_bodies(world: Values) -> Iterator[Problem]:
    """Parameters of bodies that nobody has are a slip."""
    named = world["robots.body"]
    used = {named} if isinstance(named, str) else set(named)
    for name in world["robots.bodies"]:
        if name not in used:
            yield Problem(
                path=("robots", "bodies", name),
                message="is the body of no robot",
                fix=f"remove it, or name it in robots.body (used: {', '.join(sorted(used))})",
            )


def batteries_are_there(world: Values) -> Iterator[Problem]:
    """What a battery is like, and where it is charged, is used only where there is one."""
    if world["energy.battery_j"] is not None:
        return
    for key in (*BATTERY_KEYS, *PAD_KEYS):
        if world.given(f"energy.{key}"):
            yield Problem(
                path=("energy", key), message="is used only with energy.battery_j", fix="add that, or remove it"
            )
    if _pads(world):
        yield Problem(
            path=("pad",), message="charges batteries, and energy.battery_j is not given", fix="add it, in joules"
        )


def pads_are_there(world: Values) -> Iterator[Problem]:
    """Robots leave for pads only where there are any, and not before they are full enough to leave them."""
    below, until = world["energy.recharge_below"], world["energy.recharge_until"]
    if below > 0.0 and not _pads(world):
        yield Problem(
            path=("energy", "recharge_below"),
            message="sends robots to charging pads, and there are none",
            fix="add a [[pad]] table, or remove it",
        )
    if below >= until:
        yield Problem(
            path=("energy", "recharge_until"),
            message=f"must be above recharge_below {below:g}, got {until:g}",
            fix="for example 0.9",
        )


def pads_have_dimension(world: Values) -> Iterator[Problem]:
    """As many coordinates as the space."""
    for number, pad in enumerate(_pads(world)):
        at = as_point(pad["at_m"])
        if len(at) != world["robots.dimension"]:
            yield Problem(
                path=("pad", str(number), "at_m"),
                message=f"has {len(at)} coordinates, the space {world['robots.dimension']} dimensions",
                fix=f"give it {world['robots.dimension']}",
            )


def _pads(world: Values) -> Sequence[Mapping[str, Any]]:
    """The `[[pad]]` tables as they stand in the file; raises `Unsound` where one is wrong by itself."""
    if not world.sound(("pad",)):
        raise Unsound("pad")
    found: Sequence[Mapping[str, Any]] = world.table.get("pad", ())
    return found


BODY_RULES: tuple[Check, ...] = (
    bodies_are_counted,
    bodies_drive_while_agreeing,
    limits_are_for_points,
    parameters_have_bodies,
    batteries_are_there,
    pads_are_there,
    pads_have_dimension,
)
