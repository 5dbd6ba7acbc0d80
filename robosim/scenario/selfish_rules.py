"""What must hold of `[[selfish]]` tables: robots that exist, one strategy each, parameters that the strategy has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from robosim.errors import RobosimError
from robosim.scenario.checking import Check, Values
from robosim.scenario.lines import KeyPath
from robosim.scenario.problem import Problem
from robosim.scenario.selfish import parameter_kinds, strategies
from robosim.scenario.wording import key_path, phrase
from robosim.scenario.words import shown, suggestion

OWN_KEYS = ("robot", "robots", "strategy")


class Table(NamedTuple):
    """One `[[selfish]]` table as it stands in the file."""

    path: KeyPath
    keys: dict[str, Any]

    def robots(self, world: Values) -> Iterator[tuple[KeyPath, int]]:
        """Every robot that the table names in a sound way, with the key that names it."""
        for key in OWN_KEYS[:2]:
            if key in self.keys and world.sound((*self.path, key)):
                named = self.keys[key]
                yield from (((*self.path, key), robot) for robot in (named if isinstance(named, list) else [named]))


def _tables(world: Values) -> list[Table]:
    found = world.table.get("selfish", [])
    rows = found if isinstance(found, list) else []
    return [Table(("selfish", str(row)), keys) for row, keys in enumerate(rows) if isinstance(keys, dict)]


def robots_are_named(world: Values) -> Iterator[Problem]:
    """Either one robot or several."""
    for path, keys in _tables(world):
        if ("robot" in keys) == ("robots" in keys):
            which = "both robot and" if "robot" in keys else "neither robot nor"
            yield Problem(path=path, message=f"has {which} robots", fix="write robot = 3, or robots = [3, 4]")


def robots_exist(world: Values) -> Iterator[Problem]:
    """Ids are those of the world."""
    count = world["robots.count"]
    for table in _tables(world):
        for path, robot in table.robots(world):
            if robot >= count:
                yield Problem(
                    path=path, message=f"robot {shown(robot)} does not exist", fix=f"robots are 0..{count - 1}"
                )


def robots_play_one_strategy(world: Values) -> Iterator[Problem]:
    """No robot is named twice."""
    seen = set()
    for table in _tables(world):
        for path, robot in table.robots(world):
            if robot in seen:
                yield Problem(
                    path=path, message=f"robot {shown(robot)} has a strategy already", fix="give each robot one"
                )
            seen.add(robot)


def strategies_are_known(world: Values) -> Iterator[Problem]:
    """The strategy is in the table of strategies and takes the parameters that it is given."""
    for path, keys in _tables(world):
        name = keys.get("strategy")
        if not world.sound((*path, "strategy")):
            continue
        if name in strategies():
            yield from _wrong_parameters(path, keys)
        else:
            yield Problem(
                path=(*path, "strategy"),
                message=f"{shown(name)} is not known",
                fix=suggestion(name, strategies(), f"known: {', '.join(strategies())}"),
            )


def _wrong_parameters(table: KeyPath, keys: dict[str, Any]) -> Iterator[Problem]:
    strategy = strategies()[keys["strategy"]]
    kinds, given = parameter_kinds(strategy), {}
    for key in (key for key in keys if key not in OWN_KEYS):
        try:
            given[key] = kinds[key].validate_python(keys[key])
        except KeyError:
            yield Problem(
                path=(*table, key),
                message=f"{keys['strategy']} has no such parameter",
                fix=suggestion(key, [*kinds, *OWN_KEYS], f"it takes {', '.join(kinds) or 'no parameters'}"),
            )
        except ValidationError as error:
            for found in error.errors():
                yield Problem(
                    path=(*table, key, *key_path(found)), message=phrase(found), fix="leave it out for the default"
                )
    try:
        strategy(**given)
    except (ValueError, RobosimError) as error:  # a strategy may refuse values of the right kind
        yield Problem(path=(*table, "strategy"), message=str(error), fix="change its parameters")


SELFISH_RULES: tuple[Check, ...] = (robots_are_named, robots_exist, robots_play_one_strategy, strategies_are_known)
