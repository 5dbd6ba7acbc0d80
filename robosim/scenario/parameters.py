"""`[mission.parameters]`: what a world file sets of the program that it names, as keyword arguments of its class."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticCustomError

from robosim.files.complaint import Origin, Problem, report
from robosim.files.writing import shown, suggestion
from robosim.scenario.checking import key_path, phrase
from robosim.scenario.selfish import STRICT

SECTION = ("mission", "parameters")
LARGEST = 1_000
"""Elements of a list; longer ones belong into a file of one's own."""
Parameters = dict[str, Any]


def plain_values(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse what is neither number, text nor truth value, nor a list of these."""
    for key, value in table.items():
        parts = value if isinstance(value, list | tuple) else [value]
        if len(parts) > LARGEST or not all(isinstance(part, bool | int | float | str) for part in parts):
            what = f"{key} must be a number, a text, true or false, or a list of at most {LARGEST} of these"
            raise PydanticCustomError("parameters", "{what}", {"what": what})
    return table


def checked(origin: Origin, program: type[Any], wanted: Parameters, given: Parameters) -> Parameters:
    """The keyword arguments for a program's class: what the world file sets, as the class wants it, and `given`.

    Parameters
    ----------
    program : its parameters are those of `__init__`, for a dataclass its fields; checked by type hint, if there is one.
    wanted : `[mission.parameters]`.
    given : what other keys of the world set; these names are no parameters.

    Raises `BadInput` with every parameter that the program does not have, or that is of another kind, and with those
    without default that are missing.
    """
    taken = dict(_taken(program, given))
    problems: list[Problem] = []
    values: Parameters = {}
    for key, value in wanted.items():
        if key in taken:
            values[key] = _value(taken[key][0], key, value, problems)
        else:
            names = ", ".join(taken) or "none"
            message = f"{program.__name__} has no such parameter, got {shown(value)}"
            problems.append(
                Problem(path=(*SECTION, key), message=message, fix=suggestion(key, taken, f"it takes {names}"))
            )
    missing = [key for key, (_, needed) in taken.items() if needed and key not in wanted]
    if missing:
        fix = f"write them below [mission.parameters], for example {missing[0]} = 0.5"
        problems.append(Problem(path=SECTION, message=f"{program.__name__} needs {', '.join(missing)}", fix=fix))
    if problems:
        raise report(origin, problems)
    return values | given


def _taken(program: type[Any], given: Parameters) -> Iterator[tuple[str, tuple[Any, bool]]]:
    """Name → (type hint or None, whether it must be given) of the parameters that a world file can set."""
    try:
        signature = inspect.signature(program)
    except (TypeError, ValueError):
        return
    hints = _hints(program)
    for name, one in signature.parameters.items():
        named = one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        if named and name not in given and (name not in hints or _sayable(hints[name])):
            yield name, (hints.get(name), one.default is one.empty)


def _hints(program: type[Any]) -> dict[str, Any]:
    names = vars(sys.modules[program.__module__]) if program.__module__ in sys.modules else {}
    try:
        return get_type_hints(program.__init__, names)
    except Exception:  # a hint that cannot be read is no hint
        return {}


def _sayable(hint: Any) -> bool:
    """Whether a world file has words for values of this kind."""
    hint = _inner(hint)
    return (
        hint in STRICT
        or hint is Any
        or (
            get_origin(hint) in (Literal, list, tuple)
            and all(part in STRICT or part is Ellipsis or get_origin(hint) is Literal for part in get_args(hint))
        )
    )


def _inner(hint: Any) -> Any:
    """T of `T | None`: a key that is left out stands for None."""
    parts = get_args(hint)
    others = [part for part in parts if part is not NoneType]
    return others[0] if NoneType in parts and len(others) == 1 else hint


def _value(hint: Any, key: str, value: Any, problems: list[Problem]) -> Any:
    if hint is None:
        return value
    hint = _inner(hint)
    if get_origin(hint) in (list, tuple):
        inside = tuple(STRICT.get(part, part) for part in get_args(hint))
        hint = get_origin(hint)[inside]
    try:
        return TypeAdapter(STRICT.get(hint, hint)).validate_python(value)
    except ValidationError as error:
        for found in error.errors():
            path = (*SECTION, key, *key_path(found))
            problems.append(Problem(path=path, message=phrase(found), fix="leave it out for the default"))
    except PydanticUserError:  # pydantic knows no such type: the class has to see to it
        return value
    return value
