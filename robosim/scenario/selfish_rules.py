"""What must hold of `[[selfish]]` tables: agents that exist, one strategy each, parameters that the strategy has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from robosim.errors import RobosimError
from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import Section, section_type
from robosim.scenario.lines import KeyPath
from robosim.scenario.problem import Problem
from robosim.scenario.selfish import SelfishTable, parameter_kinds
from robosim.scenario.wording import key_path, phrase
from robosim.scenario.words import shown, suggestion


class Table(NamedTuple):
    """One `[[selfish]]` table as it stands in the file, and what this kind of world expects of it."""

    path: KeyPath
    keys: dict[str, Any]
    kind: type[SelfishTable]

    def agents(self, world: Values) -> Iterator[tuple[KeyPath, int]]:
        """Every agent that the table names in a sound way, with the key that names it."""
        for key in self.kind.own_keys()[:2]:
            if key in self.keys and world.sound((*self.path, key)):
                named = self.keys[key]
                yield from (((*self.path, key), agent) for agent in (named if isinstance(named, list) else [named]))


def _tables(world: Values) -> list[Table]:
    found = world.table.get("selfish", [])
    rows, kind = found if isinstance(found, list) else [], deviation(world.model)
    return [Table(("selfish", str(row)), keys, kind) for row, keys in enumerate(rows) if isinstance(keys, dict)]


def deviation(model: type[Section]) -> type[SelfishTable]:
    """The `[[selfish]]` tables of a kind of world."""
    found: type[Any] = section_type(model, "selfish")
    return found


def agents_are_named(world: Values) -> Iterator[Problem]:
    """Either one agent or several."""
    for path, keys, kind in _tables(world):
        one, several, _ = kind.own_keys()
        if (one in keys) == (several in keys):
            which = f"both {one} and" if one in keys else f"neither {one} nor"
            yield Problem(path=path, message=f"has {which} {several}", fix=f"write {one} = 3, or {several} = [3, 4]")


def agents_exist(world: Values) -> Iterator[Problem]:
    """Ids are those of the world."""
    for table in _tables(world):
        noun, count = table.kind.noun, world[f"{table.kind.section}.count"]
        for path, agent in table.agents(world):
            if agent >= count:
                yield Problem(
                    path=path, message=f"{noun} {shown(agent)} does not exist", fix=f"{noun}s are 0..{count - 1}"
                )


def agents_play_one_strategy(world: Values) -> Iterator[Problem]:
    """No agent is named twice."""
    seen = set()
    for table in _tables(world):
        noun = table.kind.noun
        for path, agent in table.agents(world):
            if agent in seen:
                yield Problem(
                    path=path, message=f"{noun} {shown(agent)} has a strategy already", fix=f"give each {noun} one"
                )
            seen.add(agent)


def strategies_are_known(world: Values) -> Iterator[Problem]:
    """The strategy is in the table of strategies and takes the parameters that it is given."""
    for table in _tables(world):
        path, known = (*table.path, "strategy"), table.kind.strategies()
        if not world.sound(path):
            continue
        name = table.keys["strategy"]
        if name in known:
            yield from _wrong_parameters(table, known[name])
        else:
            fix = suggestion(name, known, f"known: {', '.join(known)}")
            yield Problem(path=path, message=f"{shown(name)} is not known", fix=fix)


def _wrong_parameters(table: Table, strategy: type) -> Iterator[Problem]:
    kinds, given, own = parameter_kinds(strategy), {}, table.kind.own_keys()
    for key in (key for key in table.keys if key not in own):
        try:
            given[key] = kinds[key].validate_python(table.keys[key])
        except KeyError:
            yield Problem(
                path=(*table.path, key),
                message=f"{table.keys['strategy']} has no such parameter",
                fix=suggestion(key, [*kinds, *own], f"it takes {', '.join(kinds) or 'no parameters'}"),
            )
        except ValidationError as error:
            for found in error.errors():
                yield Problem(
                    path=(*table.path, key, *key_path(found)), message=phrase(found), fix="leave it out for the default"
                )
    try:
        strategy(**given)
    except (ValueError, RobosimError) as error:  # a strategy may refuse values of the right kind
        yield Problem(path=(*table.path, "strategy"), message=str(error), fix="change its parameters")


SELFISH_RULES: tuple[Check, ...] = (agents_are_named, agents_exist, agents_play_one_strategy, strategies_are_known)
