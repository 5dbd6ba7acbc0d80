"""Values of the command line in place of a file's: `--set section.key=value` and `--seed N`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from robosim.scenario.lines import KeyPath
from robosim.scenario.origin import Origin, Place
from robosim.scenario.problem import Problem

Overrides = Mapping[str, object] | Sequence[str]


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
