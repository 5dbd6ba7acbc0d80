"""Rules that join several keys, run even when other keys are wrong, so that all errors come at once, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from robosim.files.complaint import Problem
from robosim.files.lines import KeyPath
from robosim.files.writing import shown, suggestion, value_text
from robosim.scenario.fields import A_NUMBER, LARGEST, TAGS, Section, section_type


class Unsound(Exception):
    """A value is wrong by itself: nothing can be said about how it goes with others."""


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values of a world file that are sound by themselves, defaults included.

    Checking a single value changes nothing but lists to tuples, so rules may read what stood in the file. `strategies`
    and `taxes` tell what agents of this kind of world may play and how its leader may bill, by name; as what they tell
    is imported then, they are asked only when a file names a strategy, or a tax that is none of the kind's `own_taxes`.
    `source` is the world file, beside which a project may stand.
    """

    model: type[Section]
    table: Mapping[str, Any]
    wrong: tuple[KeyPath, ...]
    strategies: Callable[[], Mapping[str, type]] = dict
    taxes: Callable[[], Mapping[str, Any]] = dict
    own_taxes: tuple[str, ...] = ()
    source: Path | None = None

    def sound(self, path: KeyPath) -> bool:
        """No error was found at the key, in it, or in a table around it."""
        return not any(path[: len(other)] == other[: len(path)] for other in self.wrong)

    def __getitem__(self, key: str) -> Any:
        """The value of `section.key`, None where it has neither value nor default; raises `Unsound`."""
        section, name = key.split(".")
        if not self.sound((section, name)):
            raise Unsound(key)
        return self.table.get(section, {}).get(name, section_type(self.model, section).model_fields[name].default)

    def given(self, key: str) -> bool:
        """The file itself sets `section.key`, and soundly."""
        section, name = key.split(".")
        return self.sound((section, name)) and name in self.table.get(section, {})


Check = Callable[[Values], Iterator[Problem]]


def broken_rules(checks: Iterable[Check], values: Values) -> Iterator[Problem]:
    """What every rule has to say that can be judged."""
    for check in checks:
        try:
            yield from check(values)
        except Unsound:
            continue


PHRASES = {
    "literal_error": "must be {expected}",
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be >= {ge}",
    "less_than_equal": "must be <= {le}",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be finite",
    "bool_type": "must be true or false",
    "string_type": "must be text in double quotes",
    "string_pattern_mismatch": "must be 1 to 64 letters, digits, '_', '.' or '-'",
    "tuple_type": "must be a list",
    "too_short": "must have {min_length} or more elements",
    "too_long": "must have {max_length} or fewer elements",
    "model_type": "must be a table",
    "dict_type": "must be a table",
}
OTHER_FORMS = {'"auto"': '"auto" or a number', '"random"': '"random" or a list of points'}


def phrase(error: ErrorDetails) -> str:
    """What is wrong, with the value that was found."""
    kind, value = error["type"], error["input"]
    if kind == "missing":
        return "is missing"
    if kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):  # beyond the range of floats
        return f"must be {'<= ' if value > 0 else '>= -'}{LARGEST:g}, got {shown(value)}"
    limits = {key: _limit(part) for key, part in error.get("ctx", {}).items()}
    return f"{PHRASES.get(kind, error['msg']).format(**limits)}, got {shown(value)}"


def _limit(value: object) -> str:
    if isinstance(value, str):
        words = value.replace("'", '"')
        return OTHER_FORMS.get(words, words)
    return f"{value:g}" if isinstance(value, float) else str(value)


def problems_of(errors: Iterable[ErrorDetails], model: type[BaseModel]) -> Iterator[Problem]:
    """The findings about a world file of a kind."""
    for error in errors:
        path = key_path(error)
        if error["type"] == "extra_forbidden":
            yield unknown_key(path, model)
        elif error["type"] != "too_short" or len(error["input"]) < error["ctx"]["min_length"]:  # else parts are wrong
            yield Problem(path=path, message=phrase(error), fix=_fix(error, path, model))


def key_path(error: ErrorDetails) -> KeyPath:
    """Where the value stands in the file: pydantic's location without the names of union branches."""
    loc = error["loc"]
    own = len(loc) - 1 if error["type"] == "extra_forbidden" else len(loc)  # an unknown key may be called anything
    return tuple(str(part) for place, part in enumerate(loc) if place >= own or part not in TAGS)


def unknown_key(path: KeyPath, model: type[BaseModel]) -> Problem:
    """A key or a section that this kind of world does not have, with the one that was perhaps meant."""
    known = list(model.model_fields if len(path) == 1 else table_of(path, model)[0].model_fields)
    homes = [section for section in model.model_fields if path[-1] in section_type(model, section).model_fields]
    rest = f"it belongs below [{homes[0]}]" if homes else f"known: {', '.join(known)}"
    what = "unknown section" if len(path) == 1 else "unknown key"
    return Problem(path=path, message=what, fix=suggestion(path[-1], known, rest))


def table_of(path: KeyPath, model: type[BaseModel]) -> tuple[type[BaseModel], list[str]]:
    """The table in which a key stands, be it one of a list of tables below a section, and the path from there.

    Numbers of list elements do not count.
    """
    section, *keys = (key for key in path if not key.isdecimal())
    table = section_type(model, section)
    while len(keys) > 1 and keys[0] in table.model_fields:
        inner = section_type(table, keys[0])
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        table, keys = inner, keys[1:]
    return table, keys


def _fix(error: ErrorDetails, path: KeyPath, model: type[BaseModel]) -> str:
    value, choices = error["input"], re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
    if isinstance(value, str) and A_NUMBER.fullmatch(value) and choices in ([], ["auto"]):
        return "write the number without quotes"
    return suggestion(value, choices, _example(path, model))


def _example(path: KeyPath, model: type[BaseModel]) -> str:
    section, *keys = (key for key in path if not key.isdecimal())
    if not keys:
        header = f"[[{section}]]" if isinstance(model.model_fields[section].default, tuple) else f"[{section}]"
        return f"write {header} on a line and its keys on the lines below"
    table, keys = table_of(path, model)
    fields = table.model_fields.items()
    name, field = next((field.alias or name, field) for name, field in fields if (field.alias or name) == keys[0])
    return f"for example {name} = {value_text(_sample(field))}"


def _sample(field: FieldInfo) -> object:
    return field.examples[0] if field.examples else field.default
