"""Frozen dataclasses of plain data, taken apart into what JSON can say and arrays, and put together again.

A field's type hint says what it is: an array, a table of arrays by name, another such dataclass, or a plain value;
`Annotated[…, Axes(…)]` says which axes an array has, and which numbers there may be. What is put together again is
checked against all that, as whoever wrote a file may have changed it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from dataclasses import field as field_of
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import numpy as np

from robosim.errors import BadInput

BEYOND_JSON = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
"""Numbers that JSON has no word for, as they stand there."""


@dataclass(frozen=True)
class Axes:
    """What the axes of an array are, and its numbers.

    Parameters
    ----------
    letters : one word an axis, "M rows N": in all of a record the same word is the same length, at least 1. A number is
        that length, "1|M" either, and "*" any length.
    finite : whether every number is; where not, infinities and NaN may stand there too.
    least : the smallest number that there may be.
    """

    letters: str = ""
    finite: bool = True
    least: float = -math.inf


PLAIN = Axes()


class Parts(NamedTuple):
    """What JSON can say of a dataclass, and its arrays by the way to them, as in "settlement/tax"."""

    plain: dict[str, Any]
    arrays: dict[str, Any]


def take_apart(value: Any, leave: frozenset[str] = frozenset()) -> Parts:
    """Everything in a dataclass but the fields to `leave`; an array that stands in two places is kept once."""
    arrays: dict[str, Any] = {}
    places: dict[int, str] = {}
    plain = _apart(value, "", arrays, places, leave)
    return Parts(plain, arrays)


def _apart(value: Any, way: str, arrays: dict[str, Any], places: dict[int, str], leave: frozenset[str]) -> Any:
    if isinstance(value, np.ndarray):
        if id(value) in places:
            return {"as": places[id(value)]}
        places[id(value)] = way
        arrays[way] = value
        return {"array": way}
    if is_dataclass(value):
        named = ((one.name, getattr(value, one.name)) for one in fields(value) if one.name not in leave)
        return {name: _apart(x, f"{way}/{name}".strip("/"), arrays, places, frozenset()) for name, x in named}
    if isinstance(value, dict) and value and all(isinstance(key, str) for key in value):
        return {key: _apart(x, f"{way}/{key}", arrays, places, frozenset()) for key, x in value.items()}
    if isinstance(value, dict):
        return [[list(key), x] for key, x in sorted(value.items())]
    if isinstance(value, tuple | list):
        return [_apart(x, f"{way}/{i}", arrays, places, frozenset()) for i, x in enumerate(value)]
    if isinstance(value, float | np.floating) and not math.isfinite(value):
        return repr(float(value))
    return value.item() if isinstance(value, np.generic) else value


def put_together(kind: type[Any], parts: Parts, **others: Any) -> Any:
    """The dataclass again; `others` are the fields that were left.

    Raises `BadInput` that names the field which is missing, unknown, or otherwise than it must be, or an array that
    belongs to no field.
    """
    reading = _Reading(parts.arrays)
    found = reading.made(kind, parts.plain, "", **others)
    unused = sorted(set(parts.arrays) - reading.used)
    if unused:
        raise BadInput(f"{unused[0]:.60}: is no array of a record")
    return found


def wanted(plain: Any) -> set[str]:
    """Names of the arrays that JSON refers to."""
    if isinstance(plain, dict):
        own = {plain["array"]} if isinstance(plain.get("array"), str) else set()
        return own.union(*(wanted(x) for x in plain.values()))
    return set().union(*(wanted(x) for x in plain)) if isinstance(plain, list) else set()


@dataclass
class _Reading:
    """What is known while a dataclass is put together: its arrays, which of them were used, how long each axis is."""

    arrays: dict[str, Any]
    used: set[str] = field_of(default_factory=set)
    lengths: dict[str, int] = field_of(default_factory=dict)

    def value(self, hint: Any, plain: Any, way: str, axes: Axes = PLAIN) -> Any:
        origin, inner = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return self.value(inner[0], plain, way, next((one for one in inner[1:] if isinstance(one, Axes)), axes))
        if origin in (Union, UnionType):
            return self.one_of(inner, plain, way, axes)
        if origin is np.ndarray:
            return self.array(inner, plain, way, axes)
        if isinstance(hint, type) and is_dataclass(hint):
            return self.made(hint, plain, way)
        if origin is dict and inner[0] is str:
            table = _checked(plain, dict, way)
            return {key: self.value(inner[1], x, f"{way}/{key:.40}", axes) for key, x in table.items()}
        if origin is dict:
            return dict(self.pairs(inner, plain, way, axes))
        if origin is tuple:
            return self.row(inner, plain, way, axes)
        return _plain(hint, plain, way, axes)

    def one_of(self, kinds: tuple[Any, ...], plain: Any, way: str, axes: Axes) -> Any:
        if plain is None and NoneType in kinds:
            return None
        problem = BadInput(f"{way}: must not stand here")
        for one in kinds:
            if one is not NoneType:
                try:
                    return self.value(one, plain, way, axes)
                except BadInput as wrong:
                    problem = wrong
        raise problem

    def row(self, kinds: tuple[Any, ...], plain: Any, way: str, axes: Axes) -> tuple[Any, ...]:
        given = _checked(plain, list, way)
        each = [kinds[0]] * len(given) if kinds[1:] == (...,) else list(kinds)
        if len(each) != len(given):
            raise BadInput(f"{way}: must have {len(each)} elements, got {len(given)}")
        return tuple(self.value(one, x, f"{way}/{i}", axes) for i, (one, x) in enumerate(zip(each, given, strict=True)))

    def pairs(self, kinds: tuple[Any, ...], plain: Any, way: str, axes: Axes) -> Iterator[tuple[Any, Any]]:
        seen = set()
        for i, pair in enumerate(_checked(plain, list, way)):
            if len(_checked(pair, list, f"{way}/{i}")) != 2:
                raise BadInput(f"{way}/{i}: must have 2 elements, got {len(pair)}")
            key = self.value(kinds[0], pair[0], f"{way}/{i}")
            if key in seen:
                raise BadInput(f"{way}/{i}: {key!r} stands there twice")
            seen.add(key)
            yield key, self.value(kinds[1], pair[1], f"{way}/{i}", axes)

    def made(self, kind: type[Any], plain: Any, way: str, **others: Any) -> Any:
        table, hints = _checked(plain, dict, way or "mission"), get_type_hints(kind, include_extras=True)
        own = {one.name: one for one in fields(kind) if one.name not in others}
        for name in sorted(set(table) - set(own)):
            raise BadInput(f"{way}/{name:.40}".strip("/") + ": is no field of a record")
        for name, one in own.items():
            if name not in table and one.default is MISSING and one.default_factory is MISSING:
                raise BadInput(f"{way}/{name}".strip("/") + ": is missing")
        return kind(
            **{name: self.value(hints[name], x, f"{way}/{name}".strip("/")) for name, x in table.items()}, **others
        )

    def array(self, inner: tuple[Any, ...], plain: Any, way: str, axes: Axes) -> Any:
        place = _checked(plain, dict, way)
        name = place.get("array", place.get("as"))
        if len(place) != 1 or not isinstance(name, str) or name not in self.arrays:
            raise BadInput(f"{way}: the array {name!r:.40} is missing")
        found, kind = self.arrays[name], np.dtype(get_args(inner[1])[0])
        self.used.add(name)
        if found.dtype != kind:
            raise BadInput(f"{way}: must hold {kind}, got {found.dtype!s:.40}")
        self.measure(found.shape, axes.letters, way)
        if kind.kind == "f" and axes.finite and not np.isfinite(found).all():
            raise BadInput(f"{way}: must hold finite numbers, got {found[~np.isfinite(found)][0]}")
        if kind.kind in "fi" and (found < axes.least).any():
            raise BadInput(f"{way}: must hold numbers >= {axes.least:g}, got {found.min()}")
        return found

    def measure(self, shape: tuple[int, ...], letters: str, way: str) -> None:
        """Hold a shape against the letters of its axes; a letter that is met first is as long as it is here."""
        words = letters.split()
        if letters and len(words) != len(shape):
            raise BadInput(f"{way}: must have the axes ({', '.join(words)}), got the shape {shape}")
        for word, length in zip(words, shape, strict=False):
            first, _, other = word.partition("|")
            if word == "*" or (other and str(length) == first):
                continue
            known = int(word) if word.isdecimal() else self.lengths.setdefault(other or word, max(length, 1))
            if length != known:
                raise BadInput(f"{way}: {other or word} is {known} elsewhere, got the shape {shape}")


def _plain(hint: Any, value: Any, way: str, axes: Axes) -> Any:
    if hint is float:
        value = BEYOND_JSON.get(value, value) if isinstance(value, str) else value
        if isinstance(value, int) and not isinstance(value, bool):
            value = float(value) if abs(value) < 10**300 else value
        found = _checked(value, float, way)
        if axes.finite and not math.isfinite(found):
            raise BadInput(f"{way}: must be a finite number, got {found}")
        value = found
    if hint in (int, float) and not isinstance(value, bool) and isinstance(value, int | float) and value < axes.least:
        raise BadInput(f"{way}: must be >= {axes.least:g}, got {value!r:.40}")
    if isinstance(value, str) and not value.isprintable():
        raise BadInput(f"{way}: must be printable, got {value!r:.40}")
    return value if hint is Any else _checked(value, hint, way)


def _checked(value: Any, kind: type[Any], way: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadInput(f"{way}: must be {kind.__name__}, got {value!r:.40}")
    return value
