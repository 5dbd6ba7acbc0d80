"""World file → checked scenario, or every error at once; `--set` and `--seed`; the JSON Schema for editors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Union

from pydantic import TypeAdapter, ValidationError

from robosim.files.complaint import Origin, Place, Problem, report
from robosim.files.lines import KeyPath
from robosim.files.writing import quoted, shown, suggestion
from robosim.kind import Kind, kind_of_file, kinds, lazy, words
from robosim.lookup.project import Misfit, Unread, names
from robosim.scenario.checking import Values, broken_rules, problems_of
from robosim.scenario.fields import section_type
from robosim.scenario.reading import find, parse
from robosim.scenario.selfish import deviation, of_ones_own
from robosim.scenario.world_file import WorldFile, refuse_too_large

Overrides = Mapping[str, object] | Sequence[str]
STRATEGIES, TAXES = lazy("robosim.lookup.strategies:strategies"), lazy("robosim.lookup.taxes:tax_rules")


def override(
    values: dict[str, Any], origin: Origin, seed: int | None, overrides: Overrides
) -> tuple[Origin, list[Problem]]:
    """Put options into a table of values (changed in place); the origin then knows which option each came from."""
    places: dict[KeyPath, Place] = {}
    problems = []
    for number, (path, value) in enumerate(_pairs(overrides), 1):
        places[path] = Place(True, "--set", number)
        if isinstance(value, Problem):
            problems.append(value)
        elif not _put(values, path, value):
            message = "has no place: the key above it is no table and no list that long"
            problems.append(Problem(path=path, message=message, fix="set that key itself"))
    if seed is not None:
        places["mission", "seed"] = Place(True, "--seed", 1)
        _put(values, ("mission", "seed"), plain(seed))
    return replace(origin, options=places), problems


def _pairs(overrides: Overrides) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(overrides, Mapping):
        for key, value in overrides.items():
            yield _path(encodable(str(key))), plain(value)
        return
    for option in [overrides] if isinstance(overrides, str) else overrides:
        key, equals, text = encodable(option).partition("=")
        if equals and key.strip():
            yield _path(key), _value(text)
        else:
            wrong = Problem(path=(option,), message="must read section.key=value", fix="for example mission.seed=1")
            yield (encodable(option),), wrong


def _path(key: str) -> KeyPath:
    return tuple(part.strip() for part in key.split("."))


def _value(text: str) -> object:
    """A TOML value; what is none is text, so that names need no quotes."""
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text.strip()
    return table["value"] if len(table) == 1 else text.strip()


def encodable(text: str) -> str:
    """Undecodable bytes of a command line, which no file can hold, as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def plain(value: Any) -> Any:
    """Values from Python as a file would hold them: NumPy's numbers and arrays become numbers and lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return {encodable(str(key)): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return encodable(value) if isinstance(value, str) else value


def _put(table: Any, path: KeyPath, value: object) -> bool:
    for key in path[:-1]:
        if isinstance(table, dict):
            table = table.setdefault(key, {})
        elif (index := _index(table, key)) is not None:
            table = table[index]
        else:
            return False
    key = path[-1]
    if isinstance(table, dict):
        table[key] = value
    elif (index := _index(table, key)) is not None:
        table[index] = value
    else:
        return False
    return True


def _index(table: Any, key: str) -> int | None:
    names = [str(index) for index in range(len(table))] if isinstance(table, list) else []
    return names.index(key) if key in names else None


def json_schema() -> dict[str, Any]:
    """One schema for the world files of every installed kind, with the names of strategies and tax rules."""
    every: Any = Union[tuple(kind.scenario for kind in kinds().values())]  # noqa: UP007
    schema = TypeAdapter(every).json_schema()
    for kind in kinds().values():
        table, leader = deviation(kind.scenario).__name__, section_type(kind.scenario, "leader").__name__
        schema["$defs"][table]["properties"]["strategy"]["enum"] = list(STRATEGIES(kind))
        schema["$defs"][leader]["properties"]["tax"]["enum"] = list(TAXES(kind))
    return schema


def load_scenario(
    world: str | Path | Origin, *, seed: int | None = None, overrides: Overrides = (), code: bool = True
) -> WorldFile:
    """Read and check a world.

    Parameters
    ----------
    world : path of a world file, the name of a bundled world, or the text of one.
    seed : replaces `mission.seed`.
    overrides : `section.key=value` texts (a TOML value, or plain text), or a mapping of `section.key` to values; list
        elements are numbered from 0, as in `selfish.0.robot`. A value replaces the one in the file as a whole.
    code : whether strategies and tax rules of the project may be imported; if not, they are not looked into.

    Raises
    ------
    BadInput
        Every error, one a line: `file:line: section.key: message (fix)`; errors of options stand at `--set:K` and
        `--seed:1`.
    TooLarge
        The mission would take more memory than `robosim.scenario.world_file.limit_bytes`.

    >>> load_scenario("erratum", overrides=["network.graph=ring"]).network.graph
    'ring'
    """
    origin = world if isinstance(world, Origin) else find(world)
    values = parse(origin)
    origin, problems = override(values, origin, seed, overrides)
    kind, unnamed = _kind(values)
    kind.displaced(values, origin)
    values = kind.scenario.completed(values)
    scenario, found = _checked(kind, values, origin.path, code)
    if scenario is None or unnamed or problems:
        raise report(origin, [*problems, *unnamed, *found])
    scenario._origin = origin
    refuse_too_large(scenario)
    return scenario


def _kind(values: dict[str, Any]) -> tuple[Kind, list[Problem]]:
    """The kind of world; where the file names none, the problem and the kind to check the rest against."""
    mission = values.setdefault("mission", {})
    if not isinstance(mission, dict):
        return closest_kind(values), []  # the mission itself is complained about later
    name = mission.get("kind")
    kind = kind_of_file(values, name) if isinstance(name, str) else None
    if kind is not None:
        return kind, []
    *others, last = map(quoted, words())
    message = f"must be {', '.join(others)} or {last}, got {shown(name)}" if "kind" in mission else "is missing"
    fix = suggestion(name, words(), f"for example kind = {quoted(words()[0])}")
    kind = closest_kind(values)
    mission["kind"] = kind.word
    return kind, [Problem(path=("mission", "kind"), message=message, fix=fix)]


def closest_kind(values: dict[str, Any]) -> Kind:
    """The kind that shares most sections with a file, for complaints about a file that names no kind."""
    known = kinds().values()
    fitting = [kind for kind in known if kind.section in ("", *values)] or list(known)
    return max(fitting, key=lambda kind: len(kind.scenario.model_fields.keys() & values.keys()))


def _checked(
    kind: Kind, values: dict[str, Any], world: Path | None, code: bool
) -> tuple[WorldFile | None, list[Problem]]:
    """The scenario, or everything that is wrong with its values, each by itself and with each other."""
    scenario, problems, model = None, [], kind.scenario
    try:
        scenario = model.model_validate(values)
    except ValidationError as error:
        problems = list(problems_of(error.errors(include_url=False), model))
    known = Values(
        model=model,
        table=values,
        wrong=tuple(problem.path for problem in problems),
        strategies=lambda: STRATEGIES(kind, world, code),
        taxes=lambda: TAXES(kind, world, code),
        source=world,
        own_taxes=kind.taxes,
    )
    problems += broken_rules((tax_is_known, *model.rules), known)
    return (None if problems else scenario), problems


def tax_is_known(world: Values) -> Iterator[Problem]:
    """`leader.tax` names a rule that leaders of this kind of world can apply."""
    name = world["leader.tax"] if world.given("leader.tax") else None
    if name is None or name in world.own_taxes:
        return
    path, known = ("leader", "tax"), world.taxes()
    try:
        known[name]
    except KeyError:
        *others, last = map(quoted, known)
        fix = f"or install one: entry point robosim.taxes{of_ones_own(world, name)}"
        message = f"must be {', '.join(others)} or {last}, got {shown(name)}"
        yield Problem(path=path, message=message, fix=suggestion(name, [*known, *names(world.source)], fix))
    except Misfit as problem:
        yield Problem(path=path, message=problem.why.message, fix=problem.why.fix)
    except Unread:
        return
