"""What the keys of a network that changes and loses must have to do with each other."""

from __future__ import annotations

from collections.abc import Iterator

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.scenario.air import delays_have_room
from robosim.scenario.checking import Check, Values


def ranges_are_heard_while_moving(world: Values) -> Iterator[Problem]:
    """A hearing distance for the graph "range" and for no other, which is of robots that drive while they agree."""
    graph, reach = world["network.graph"], world["network.range_m"]
    if graph == "range" and reach is None:
        yield Problem(
            path=("network", "range_m"),
            message='is missing, it is the hearing distance of graph = "range"',
            fix="add it, for example range_m = 5.0",
        )
    if graph != "range" and reach is not None:
        yield Problem(
            path=("network", "range_m"),
            message=f'is used only with graph = "range", got "{graph}"',
            fix='set that, or use radius_m of graph = "geometric"',
        )
    if graph == "range" and world["network.long_links"] > 0:
        yield Problem(
            path=("network", "long_links"), message='are not there with graph = "range"', fix="remove long_links"
        )
    if graph == "range" and world["mission.travel"] == "after-agreeing":
        yield Problem(
            path=("network", "graph"),
            message='cannot be "range" with travel = "after-agreeing": nobody moves while robots agree',
            fix='use "geometric", or travel = "while-agreeing"',
        )


def directions_are_of_listed_links(world: Values) -> Iterator[Problem]:
    """Only a list of links can have directions, and then no weights."""
    if not world["network.directed"]:
        return
    if world["network.graph"] != "edges":
        yield Problem(
            path=("network", "directed"),
            message=f'is used only with graph = "edges", got "{world["network.graph"]}"',
            fix="set that, or remove directed",
        )
    if world["network.long_links"] > 0:
        yield Problem(
            path=("network", "long_links"), message="are not there where links are directed", fix="remove long_links"
        )
    for number, link in enumerate(world["network.edges"] or ()):
        if len(link) > 2:
            yield Problem(
                path=("network", "edges", str(number)),
                message=f"{shown(list(link))} has a weight, and directed links have none",
                fix="remove the weight",
            )


def events_are_of_robots_and_rounds(world: Values) -> Iterator[Problem]:
    """A robot that is there goes off while the mission lasts, and comes back after that."""
    events = world.table.get("event", ())
    for number, event in enumerate(events if isinstance(events, list | tuple) else ()):
        path = ("event", str(number))
        if not world.sound(path):
            continue
        count, rounds = world["robots.count"], world["mission.rounds"]
        if event["robot"] >= count:
            fix = f"robots are 0..{count - 1}"
            yield Problem(path=(*path, "robot"), message=f"robot {shown(event['robot'])} does not exist", fix=fix)
        if event["off"] > rounds:
            fix = f"rounds are 0..{rounds}"
            yield Problem(path=(*path, "off"), message=f"round {shown(event['off'])} is never played", fix=fix)
        if event.get("on") is not None and event["on"] <= event["off"]:
            yield Problem(
                path=(*path, "on"),
                message=f"must be > off = {shown(event['off'])}, got {shown(event['on'])}",
                fix="give a later round, or remove it where the robot stays off",
            )


RADIO_RULES: tuple[Check, ...] = (
    ranges_are_heard_while_moving,
    directions_are_of_listed_links,
    delays_have_room,
    events_are_of_robots_and_rounds,
)
