"""How a mission went, round by round: the history of its record as charts, as its kind of world groups them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from robosim.kind import Curves, Kind
from robosim.record import Record
from robosim.report.film import film
from robosim.view.scene import Chart, Curve

POINTS = 1_000
"""Of a curve; longer ones are thinned."""
FEWEST = 3
"""Rounds that were kept; fewer make no curve."""
INKS = ("#0072B2", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#D55E00")


def charts(record: Record, kind: Kind | None) -> list[Any]:
    """Each chart as a page draws it; what a kind does not group stands alone."""
    history = record.history(0)
    if len(record.kept) < FEWEST:
        return []
    groups = () if kind is None else kind.curves
    named = {key for group in groups for key in group.names}
    alone = tuple(Curves(title=key.replace("_", " "), names={key: key}) for key in history if key not in named)
    made = (_chart(record.kept.tolist(), history, group) for group in (*groups, *alone))
    return [film([one]) for one in made if one is not None]


def _chart(rounds: list[int], history: dict[str, Any], group: Curves) -> Chart | None:
    kept = np.unique(np.rint(np.linspace(0, len(rounds) - 1, POINTS)).astype(int))
    x = np.array(rounds, dtype=np.float64)[kept]
    lines = [line for key, name in group.names.items() for line in _lines(history.get(key), name, len(rounds))]
    curves = tuple(
        Curve(x=x, y=y[kept], ink=INKS[i % len(INKS)], name=name, dashed=i % 2 == 1)
        for i, (name, y) in enumerate(lines)
    )
    return Chart(title=group.title, x="round", y=group.unit, curves=curves, log=group.log) if curves else None


def _lines(values: Any, name: str, count: int) -> Iterator[tuple[str, Any]]:
    """The curves in one entry of a history: one, or as many as its rows are wide; none where it says nothing."""
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != count:
        return
    array = np.array([_row(one) for one in values], dtype=np.float64)
    for i, y in enumerate(np.atleast_2d(array.T)[: len(INKS)]):
        yield (name if array.ndim == 1 or array.shape[1] == 1 else f"{name} {i}"), y


def _row(one: Any) -> Any:
    return np.nan if one is None else one
