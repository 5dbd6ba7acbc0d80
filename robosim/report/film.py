"""Scenes of a mission as one small piece of data: what stays is kept once, what changes as columns of 16-bit numbers.

A column is an object in place of a value, known by a key that no scene has:

- `{"~each": [...], "~of": [...]}`: the values there are, and which of them each frame has;
- `{"~bits": text, "~shape": [frames, …], "~low": [...], "~step": [...]}`: value = low + step · number, one low and step
  a component where the last axis has at most three, 65535 for no number; with `"~still"` one frame for all;
- `{"~grows": column, "~upto": [...]}`: the last frame's array, of which frame f has the first upto[f] rows.

Numbers are so kept to 1/65534 of the range that they have in the whole mission: finer than any screen. What stands on a
logarithmic axis is kept as its logarithm to base 10. Trails are drawn from earlier frames, links from their ends.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.palette import Look
from robosim.report.looks import plain_look
from robosim.view.scene import Chart, Map, Table, Trails

NONE, LEVELS = 65535, 65534
FEW = 8
"""Arrays of so many numbers are lists."""


def films(scenes: Iterable[Any]) -> list[dict[str, Any]]:
    """A film for each run of scenes that have the same parts, such as a plan and then its day, and its frames.

    None of the scenes is kept: their trails would fill the memory.
    """
    trees = (tree(scene) for scene in scenes)
    acts = (list(act) for _, act in groupby(trees, key=_parts))
    return [{"film": _column(act), "frames": len(act)} for act in acts]


def film(scenes: Iterable[Any]) -> Any:
    """The scenes as one plain tree; at least one."""
    return _column([tree(scene) for scene in scenes])


def _parts(scene: dict[str, Any]) -> list[tuple[str, Any]]:
    """The kind and title of everything that has a place of its own."""
    return [(one["is"], one.get("title")) for one in (scene["main"], *scene["side"], *scene["below"])]


def tree(one: Any) -> Any:
    """Dataclasses as dicts with a key `is`, arrays as they are."""
    if isinstance(one, Look):
        return plain_look(one)
    if isinstance(one, Trails):
        return True
    if isinstance(one, Map):
        return _joined(_fields(one))
    if is_dataclass(one):
        return _fields(_logarithmic(one) if isinstance(one, Chart) and one.log else one)
    if isinstance(one, tuple | list):  # a page has tables of its own
        return [tree(part) for part in one if not isinstance(part, Table)]
    if isinstance(one, float | np.floating):
        return float(f"{one:.6g}") if np.isfinite(one) else None
    return one.item() if isinstance(one, np.generic) else one


def _fields(one: Any) -> dict[str, Any]:
    return {"is": type(one).__name__, **{part.name: tree(getattr(one, part.name)) for part in fields(one)}}


def _logarithmic(chart: Chart) -> Chart:
    """The chart with decades in place of what it shows."""
    curves = tuple(replace(one, y=decades(one.y)) for one in chart.curves)
    range_ = None if chart.y_range is None else tuple(decades(np.array(chart.y_range)).tolist())
    return replace(chart, curves=curves, y_range=range_)


def decades(values: Array) -> Array:
    """log10, NaN where there is none."""
    positive = values > 0
    return np.where(positive, np.log10(np.where(positive, values, 1.0)), np.nan)


def _joined(plane: dict[str, Any]) -> dict[str, Any]:
    """A map whose lines from agent to agent say which agents, (m, 2) rows, in place of where these are."""
    agents = plane["agents"]
    for lines in plane["lines"]:
        pairs = None if agents is None else _rows_of(lines["ends"], agents["at"])
        lines["pairs"], lines["ends"] = pairs, lines["ends"] if pairs is None else None
    return plane


def _rows_of(ends: Array, at: Array) -> NDArray[np.int64] | None:
    """Rows of `at` (n, d) that are the same bits as `ends` (m, 2, d), (m, 2); None where there is one that is not."""
    if not len(at) or not ends.size:
        return None
    bits = np.dtype((np.void, at.shape[1] * 8))
    points = np.ascontiguousarray(at, dtype=np.float64).view(bits).ravel()
    wanted = np.ascontiguousarray(ends, dtype=np.float64).view(bits).ravel()
    order = np.argsort(points, kind="stable")
    rows = order[np.searchsorted(points, wanted, sorter=order).clip(max=len(at) - 1)]
    return rows.reshape(-1, 2) if (points[rows] == wanted).all() else None


def _column(frames: list[Any]) -> Any:
    """What all frames have in one place of the tree."""
    first = frames[0]
    if isinstance(first, dict) and all(isinstance(one, dict) and one.keys() == first.keys() for one in frames):
        return {key: _column([one[key] for one in frames]) for key in first}
    if isinstance(first, list) and all(isinstance(one, list) and len(one) == len(first) for one in frames):
        return [_column([one[i] for one in frames]) for i in range(len(first))]
    if all(isinstance(one, np.ndarray) for one in frames):
        return _arrays(frames)
    return _each([_plain(one) for one in frames])


def _plain(one: Any) -> Any:
    if isinstance(one, np.ndarray):
        return packed(one[None]) | {"~still": True} if one.size > FEW else _numbers(one)
    if isinstance(one, dict):
        return {key: _plain(x) for key, x in one.items()}
    return [_plain(x) for x in one] if isinstance(one, list) else one


def _arrays(frames: list[NDArray[Any]]) -> Any:
    first, last = frames[0], frames[-1]
    if all(_same(one, first) for one in frames):
        return _plain(first)
    if all(one.shape == first.shape for one in frames):
        return packed(np.stack(frames))
    if all(len(one) <= len(last) and _same(one, last[: len(one)]) for one in frames):
        return {"~grows": _plain(last), "~upto": [len(one) for one in frames]}
    return _each([_plain(one) for one in frames])


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one is other or (one.shape == other.shape and np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))


def _each(values: list[Any]) -> Any:
    """One value where all are the same, else those there are and which each frame has."""
    known: dict[str, int] = {}
    rows = [known.setdefault(json.dumps(value), len(known)) for value in values]
    return values[0] if len(known) == 1 else {"~each": [json.loads(value) for value in known], "~of": rows}


def _numbers(array: NDArray[Any]) -> Any:
    """An array as rows of numbers with six digits, None for what is no number."""
    if array.dtype.kind != "f":
        return array.tolist()
    if array.ndim > 1:
        return [_numbers(row) for row in array]
    return [float(f"{x:.6g}") if np.isfinite(x) else None for x in array.tolist()]


def packed(array: NDArray[Any]) -> dict[str, Any]:
    """An array of any shape with a component's range in 65535 levels; what is no number has a level of its own."""
    flat = array.reshape(-1, array.shape[-1] if array.ndim > 2 and array.shape[-1] <= 3 else 1).astype(np.float64)
    known = np.isfinite(flat)
    low = np.where(known, flat, np.inf).min(axis=0, initial=np.inf)
    high = np.where(known, flat, -np.inf).max(axis=0, initial=-np.inf)
    low, high = (np.where(np.isfinite(x), x, 0.0) for x in (low, high))
    whole = array.dtype.kind in "iub" and bool((high - low <= LEVELS).all())
    step = np.ones_like(low) if whole else np.where(high > low, (high - low) / LEVELS, 1.0)
    level = np.rint((np.where(known, flat, low) - low) / step)
    bits = np.where(known, level, NONE).astype("<u2").tobytes()
    text = base64.b64encode(bits).decode()
    return {"~bits": text, "~shape": list(array.shape), "~low": low.tolist(), "~step": step.tolist()}
