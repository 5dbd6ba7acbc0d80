"""Strategies as people give them: an object, its class, or a name with parameters, `foot-dragging:stride=0.1,0.3`.

After a colon stand parameters, `key=value`, with semicolons between them; one with several values, `key=1,2`, is swept:
one play for each value, for each pair of values where two are swept, and so on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from itertools import product
from typing import Any, NamedTuple

from pydantic import ValidationError

from robosim.agent import Strategy
from robosim.errors import BadInput
from robosim.files.writing import suggestion, value_text
from robosim.lookup.project import Named, names
from robosim.scenario.checking import phrase
from robosim.scenario.selfish import made, parameter_kinds

Given = Strategy | type[Strategy] | str
FORM = "write name:key=value, several values as key=1,2, several keys as key=1;other=2"


class Play(NamedTuple):
    """A strategy and how tables call it: its name, with the values that were chosen for it."""

    name: str
    strategy: Strategy


def plays(known: Named[type[Strategy]], given: Iterable[Given]) -> list[Play]:
    """What is given, spelt out; what is named twice is played once, other plays of one name are numbered.

    Raises `BadInput` for an unknown name or parameter, or a value that it does not take.
    """
    found: dict[str, Play] = {}
    for one in given:
        for play in _spelt_out(known, one):
            name, number = play.name, 2
            while name in found and not isinstance(one, str):
                name, number = f"{play.name} ({number})", number + 1
            found.setdefault(name, Play(name, play.strategy))
    return list(found.values())


def single(mission: Any, given: Given) -> Strategy:
    """The one strategy that is given. Raises `BadInput` also where several values are."""
    found = _spelt_out(mission.strategies if isinstance(given, str) else {}, given)
    if len(found) != 1:
        raise BadInput(f"strategies: {given!r} stands for {len(found)} strategies (an agent plays one: give one value)")
    return found[0].strategy


def called(strategy: Strategy) -> str:
    """Its name, with the parameters that are not what they are by default."""
    return _label(strategy.name, {one.name: getattr(strategy, one.name) for one in _changed(strategy)})


def parameters(strategy: Strategy) -> dict[str, Any]:
    """All parameters of a strategy with their values."""
    known: tuple[Field[Any], ...] = fields(strategy) if is_dataclass(strategy) else ()
    return {one.name: getattr(strategy, one.name) for one in known}


def _spelt_out(known: Any, given: Given) -> list[Play]:
    if isinstance(given, str):
        return list(_named(known, given))
    if isinstance(given, type) and issubclass(given, Strategy):
        given = made(given, {})
    if not isinstance(given, Strategy):
        raise BadInput(f"strategy: {given!r:.60} is no robosim.Strategy (give an object, its class or a name)")
    return [Play(called(given), given)]


def _named(known: Named[type[Strategy]], text: str) -> Iterator[Play]:
    name, colon, rest = text.partition(":")
    kind = _known(known, name.strip())
    choices = dict(_choice(kind, name, part) for part in rest.split(";")) if colon else {}
    for values in product(*choices.values()):
        chosen = dict(zip(choices, values, strict=True))
        yield Play(_label(name.strip(), chosen), _made(text, kind, chosen))


def _known(known: Named[type[Strategy]], name: str) -> type[Strategy]:
    try:
        return known[name]
    except KeyError:
        advice = suggestion(name, [*known, *names(known.world)], f"use all, or one of {', '.join(known)}")
        raise BadInput(f"strategy: {name!r} does not exist ({advice})") from None


def _choice(strategy: type[Strategy], name: str, part: str) -> tuple[str, list[Any]]:
    """A parameter and the values that it is to have."""
    key, equals, text = (one.strip() for one in part.partition("="))
    if not (key and equals and text):
        raise BadInput(f"strategy: {name}: {part.strip()!r} is no parameter with its values ({FORM})")
    kinds = parameter_kinds(strategy)  # type: ignore[arg-type]  # a class is hashable
    if key not in kinds:
        advice = suggestion(key, kinds, f"it takes {', '.join(kinds) or 'no parameters'}")
        raise BadInput(f"strategy: {name} has no parameter {key!r} ({advice})")
    try:
        return key, [kinds[key].validate_python(value) for value in _values(text)]
    except ValidationError as error:
        wrong = phrase(error.errors()[0])
        raise BadInput(f"strategy: {name}: {key} {wrong} ({FORM})") from None


def _values(text: str) -> list[Any]:
    """TOML values between commas; what is none is text, as in `--set`."""
    try:
        table = tomllib.loads(f"values = [{text}]")
    except (ValueError, RecursionError):
        return [part.strip() for part in text.split(",")]
    return list(table["values"]) if len(table) == 1 else [text]


def _made(text: str, kind: type[Strategy], chosen: Mapping[str, Any]) -> Strategy:
    try:
        found: Strategy = made(kind, chosen)
    except BadInput as problem:
        raise BadInput(f"strategy: {text}: {problem} (change its parameters: {FORM})") from None
    return found


def _label(name: str, values: Mapping[str, Any]) -> str:
    return name + ":" * bool(values) + ";".join(f"{key}={value_text(value)}" for key, value in values.items())


def _changed(strategy: Strategy) -> Iterator[Field[Any]]:
    known: tuple[Field[Any], ...] = fields(strategy) if is_dataclass(strategy) else ()
    for one in known:
        value = getattr(strategy, one.name)
        if one.init and isinstance(value, str | bool | int | float | tuple):
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            if value != default:
                yield one
