"""The last prices as a table: one row a price, or a row and a column where they have two names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from robosim.record import Record

WIDEST = 12
"""Columns; of wider prices each is a row."""


def prices(record: Record) -> dict[str, Any] | None:
    """Title, unit, columns and rows, None where there are no prices."""
    told = record.price_list(0)
    if not isinstance(told, list) or not told:
        return None
    rows = [list(one) if isinstance(one, list) else [one] for one in told]
    down, across = record.price_names()
    down = down if isinstance(told[0], list) or len(down) == len(told) else across
    if len(rows[0]) > WIDEST:
        rows, down, across = [list(one) for one in zip(*rows, strict=True)], across, down
    titles = ["price"] if len(rows[0]) == 1 else _named(across, len(rows[0]))
    values = [[name, *row] for name, row in zip(_named(down, len(rows)), rows, strict=True)]
    return {"title": "At the end", "unit": record.price_unit, "columns": ["", *titles], "values": values}


def _named(names: Sequence[str], count: int) -> list[Any]:
    return list(names) if len(names) == count else list(range(count))
