"""Missions side by side whose networks differ: played one after the other, and their records put together, or cut.

By the contract of programs a mission alone says what it would say in a batch, so this is the same batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Deviation
from robosim.errors import CheckFailed
from robosim.files.packing import PLAIN, Axes

M = TypeVar("M")
R = TypeVar("R")


def apart(mission: Any) -> bool:
    """Whether missions side by side must be played one at a time: their links differ (`Radio.one_at_a_time`)."""
    return mission.batch > 1 and bool(getattr(mission.network, "one_at_a_time", False))


def ended(mission: Any, every: int | None = None, watch: Callable[[Any], None] | None = None) -> Any:
    """The end of the mission, every `every`-th round of it kept (None: nothing); one for each row where they differ."""
    if apart(mission):
        return tuple(ended(row, every, watch) for row in rows(mission))
    return mission.played(None if every is None else mission.tape(every), watch)


def settled(mission: Any, end: Any) -> Any:
    """The record of a mission at its end, or of all rows at theirs."""
    if apart(mission):
        return together([row.settle(one) for row, one in zip(rows(mission), end, strict=True)])
    return mission.settle(end)


def decided(mission: Any) -> Array:
    """What is decided in the end, (missions, agents, components); nothing is kept, nobody is billed."""
    if apart(mission):
        return np.concatenate([row.decide(row.played()) for row in rows(mission)])
    found: Array = mission.decide(mission.played())
    return found


def rows(mission: M) -> Iterator[M]:
    """Each mission of a batch by itself, with its own types and its own deviators."""
    for row in range(mission.batch):  # type: ignore[attr-defined]
        yield one(mission, row)


def one(mission: Any, row: int) -> Any:
    """Mission `row` of a batch, alone."""
    own = {key: x if len(x) == 1 else x[row : row + 1] for key, x in mission.own.items()}
    found = []
    for deviation in mission.deviations:
        here = deviation.missions == row
        if here.any():
            found.append(_playing(deviation, here))
    return replace(mission, own=own, deviations=tuple(found), batch=1)


def _playing(deviation: Deviation, here: NDArray[np.bool_]) -> Deviation:
    strategy = deviation.strategy.picked(np.flatnonzero(here))
    agents = deviation.agents[here]
    return Deviation(strategy=strategy, missions=np.zeros(len(agents), dtype=np.int64), agents=agents)


def alone(record: R, row: int, **other: Any) -> R:
    """Mission `row` of the record of a batch as a record of its own, in which `other` fields are others."""
    names = {(0, agent): name for (mission, agent), name in record.strategies.items() if mission == row}  # type: ignore[attr-defined]
    found: R = replace(_row(record, row), strategies=names, **other)
    return found


def _row(part: Any, row: int) -> Any:
    kind: Any = type(part)
    axes = _first_axes(kind)
    return replace(part, **{name: _cut(axis, getattr(part, name), row) for name, axis in axes.items()})


@cache
def _first_axes(kind: Any) -> dict[str, str]:
    """The first axis of each field of a class, "" where it has none."""
    hints = get_type_hints(kind, include_extras=True)
    return {one.name: _axes(hints[one.name]).letters.partition(" ")[0] for one in fields(kind)}


def _cut(axis: str, value: Any, row: int) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _row(value, row)
    if value is None or axis not in ("M", "1|M"):
        return value
    if isinstance(value, dict):
        return {key: _cut(axis, x, row) for key, x in value.items()}
    return value if axis == "1|M" and len(value) == 1 else value[row : row + 1]


def together(records: list[R]) -> R:
    """The records of missions that were played one after the other, as that of a batch.

    One that was done before others stands where it ended, as it would in a batch.

    Raises `KeyboardInterrupt` where one of them was stopped, `CheckFailed` where they did not keep the same rounds.
    """
    if any(record.interrupted for record in records):  # type: ignore[attr-defined]
        raise KeyboardInterrupt
    longest: Any = max(records, key=lambda record: int(record.kept[-1]))  # type: ignore[attr-defined]
    same: list[Any] = [_lasting(record, longest.kept) for record in records]
    joined: R = _joined(type(longest), same)
    names = {(row, agent): name for row, one in enumerate(records) for (_, agent), name in one.strategies.items()}  # type: ignore[attr-defined]
    return replace(joined, strategies=names)  # type: ignore[type-var]


def _lasting(record: Any, kept: NDArray[np.int64]) -> Any:
    """A record with rows at the rounds `kept` of one that went on longer: after its end it stands still."""
    if np.array_equal(record.kept, kept):
        return record
    end = int(record.kept[-1])
    row = np.where(kept < end, np.searchsorted(record.kept, kept), len(record.kept) - 1)
    if not np.array_equal(record.kept[row[kept < end]], kept[kept < end]):
        raise CheckFailed("missions side by side kept different rounds (play them one at a time)")
    hints = get_type_hints(type(record), include_extras=True)
    places = {one.name: _axes(hints[one.name]).letters.split() for one in fields(record)}
    later = {
        name: _rows_of(getattr(record, name), at.index("rows"), row) for name, at in places.items() if "rows" in at
    }
    return replace(record, **later | {"kept": kept})


def _rows_of(value: Any, axis: int, row: NDArray[np.intp]) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: np.take(x, row, axis=axis) for key, x in value.items()}
    return np.take(value, row, axis=axis)


def _joined(kind: Any, parts: list[Any]) -> Any:
    hints = get_type_hints(kind, include_extras=True)
    return replace(
        parts[0],
        **{one.name: _field(hints[one.name], [getattr(part, one.name) for part in parts]) for one in fields(kind)},
    )


def _field(hint: Any, values: list[Any]) -> Any:
    """A field of all missions: along its axis of missions where it has one, else as the first has it."""
    first = values[0]
    if is_dataclass(first) and not isinstance(first, type):
        return _joined(type(first), values)
    axes = _axes(hint)
    leading = axes.letters.partition(" ")[0]
    if leading not in ("M", "1|M"):
        return first
    values = _filled(values)
    first = values[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {key: np.concatenate([value[key] for value in values]) for key in first}
    if leading == "1|M" and all(np.array_equal(value, first) for value in values):
        return first
    return np.concatenate(values)


def _filled(values: list[Any]) -> list[Any]:
    """Where some missions have an array and others none, zeros stand for it."""
    there = next((value for value in values if value is not None), None)
    return [np.zeros_like(there) if value is None and there is not None else value for value in values]


def _axes(hint: Any) -> Axes:
    """What `Annotated` says of a field, in a union too."""
    if get_origin(hint) is Annotated:
        return next((one for one in get_args(hint)[1:] if isinstance(one, Axes)), PLAIN)
    found = [_axes(part) for part in get_args(hint)]
    return next((one for one in found if one.letters), PLAIN)
