"""`[[selfish]]` tables: agents that exist, one strategy each, parameters that the strategy has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, ClassVar, NamedTuple, get_args, get_type_hints

from pydantic import ConfigDict, PydanticSchemaGenerationError, Strict, TypeAdapter, ValidationError

from robosim.errors import BadInput, RobosimError
from robosim.files.complaint import Problem
from robosim.files.lines import KeyPath
from robosim.files.writing import shown, suggestion
from robosim.lookup.project import Misfit, Unread, names
from robosim.scenario.checking import Check, Values, key_path, phrase
from robosim.scenario.fields import Finite, Id, Name, Section, Whole, section_type

STRICT: dict[Any, Any] = {
    bool: Annotated[bool, Strict()],
    float: Finite,
    int: Whole,
    str: Annotated[str, Strict()],
    tuple[float, ...]: tuple[Finite, ...],
}
"""How a parameter of a strategy is checked, by its type hint."""


class SelfishTable(Section):
    """One `[[selfish]]` table; keys other than its own are the strategy's parameters. Each kind of world has its kind.

    A kind says what it calls an agent (its keys are `noun` and `noun`s) and where agents are counted.
    """

    model_config = ConfigDict(extra="allow")

    noun: ClassVar[str]
    section: ClassVar[str]

    one: Id | None
    several: tuple[Id, ...] | None
    strategy: Name

    @classmethod
    def own_keys(cls) -> tuple[str, str, str]:
        """The keys that are no parameters: one agent, several agents, the strategy."""
        return cls.noun, f"{cls.noun}s", "strategy"

    @property
    def agents(self) -> tuple[int, ...]:
        """Ids of the agents that play the strategy."""
        return self.several or (() if self.one is None else (self.one,))

    def parameters(self, strategy: type) -> dict[str, Any]:
        """The strategy's own parameters that the file gives, as its class wants them."""
        kinds = parameter_kinds(strategy)
        return {key: kinds[key].validate_python(value) for key, value in (self.model_extra or {}).items()}

    def played(self, strategy: type) -> Any:
        """The strategy with the parameters that the file gives."""
        return made(strategy, self.parameters(strategy))


@lru_cache
def parameter_kinds(strategy: type) -> dict[str, TypeAdapter[Any]]:
    """A checker for each parameter of a strategy, from its type hints; None stands for a key that is left out.

    Raises `BadInput` for a type that no world file has words for.
    """
    if not is_dataclass(strategy):
        return {}
    given = [field.name for field in fields(strategy) if field.init]
    try:
        hints = get_type_hints(strategy)
        return {name: TypeAdapter(_kind(hints[name])) for name in given}
    except (NameError, TypeError, PydanticSchemaGenerationError) as problem:
        what = str(problem).partition("\n")[0]
        raise BadInput(
            f"{strategy.__name__}: its parameters cannot be checked: {what} (declare float, int, bool, str or "
            "tuple[float, ...])"
        ) from problem


def made(strategy: type, given: Mapping[str, Any]) -> Any:
    """The strategy with checked parameters. Raises `BadInput` for values that it refuses, or misses."""
    missing = [
        field.name
        for field in (fields(strategy) if is_dataclass(strategy) else ())
        if field.init and field.default is MISSING and field.default_factory is MISSING and field.name not in given
    ]
    if missing:
        raise BadInput(f"{strategy.__name__} needs {' and '.join(missing)}, which has no default")
    try:
        return strategy(**given)
    except (ValueError, RobosimError) as problem:  # a strategy may refuse values of the right kind
        raise BadInput(str(problem)) from problem
    except (Exception, SystemExit) as problem:
        from robosim.program import crashed  # with numpy, which checking a world file does without

        raise crashed("when it was made", strategy, problem) from problem


def _kind(hint: Any) -> Any:
    parts = [part for part in get_args(hint) if part is not NoneType]
    return _kind(parts[0]) if NoneType in get_args(hint) else STRICT.get(hint, hint)


class GivenTable(NamedTuple):
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


def _tables(world: Values) -> list[GivenTable]:
    found = world.table.get("selfish", [])
    rows, kind = found if isinstance(found, list) else [], deviation(world.model)
    return [GivenTable(("selfish", str(row)), keys, kind) for row, keys in enumerate(rows) if isinstance(keys, dict)]


def deviation(model: type[Section]) -> type[SelfishTable]:
    """The `[[selfish]]` tables of a kind of world."""
    found: type[Any] = section_type(model, "selfish")
    return found


def of_ones_own(world: Values, name: str) -> str:
    """Where a strategy or a tax rule that is not known would have been found, as more advice; "" without a project."""
    return f"; one of your own stands in controllers/{name.replace('-', '_')}.py" if world.source else ""


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
        path, known = (*table.path, "strategy"), world.strategies()
        if not world.sound(path):
            continue
        name = table.keys["strategy"]
        try:
            strategy = known[name]
        except KeyError:
            rest = f"known: {', '.join(known)}{of_ones_own(world, name)}"
            fix = suggestion(name, [*known, *names(world.source)], rest)
            yield Problem(path=path, message=f"{shown(name)} is not known", fix=fix)
        except Unread:
            continue
        except Misfit as problem:
            yield Problem(path=path, message=problem.why.message, fix=problem.why.fix)
        else:
            yield from _wrong_parameters(table, strategy)


def _wrong_parameters(table: GivenTable, strategy: type) -> Iterator[Problem]:
    try:
        kinds, given, own = parameter_kinds(strategy), {}, table.kind.own_keys()
    except BadInput as error:
        yield Problem(path=(*table.path, "strategy"), message=str(error), fix="correct the class")
        return
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
        made(strategy, given)
    except BadInput as error:
        yield Problem(path=(*table.path, "strategy"), message=str(error), fix="change its parameters")


SELFISH_RULES: tuple[Check, ...] = (agents_are_named, agents_exist, agents_play_one_strategy, strategies_are_known)
