"""A study as a flat table for other programs: a row for each batch, tax rule and attack, a column for each quantity."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from robosim.errors import BadInput
from robosim.files.store import write_atomically
from robosim.files.writing import value_text
from robosim.study.book import Batch, Results
from robosim.study.quantities import QUANTITIES, Figure

ENDINGS = (".csv", ".parquet")
Cells = list[Any]


def refuse_place(path: Path) -> None:
    """Raise `BadInput` for a file that cannot be written, before anything is computed for it."""
    if path.suffix.lower() not in ENDINGS:
        raise BadInput(f"{path}: tables end in .csv or .parquet, not {path.suffix!r} (choose one of the two)")
    if not path.parent.is_dir():
        raise BadInput(f"{path}: there is no folder {path.parent} (make it, or choose another place)")
    if path.suffix.lower() == ".parquet":
        _arrow()


def export(results: Results, path: Path) -> Path:
    """Write the table in the format that the ending names. Raises `BadInput`; Parquet needs pyarrow."""
    refuse_place(path)
    content = as_csv(results) if path.suffix.lower() == ".csv" else as_parquet(results)
    try:
        write_atomically(path, content)
    except OSError as problem:
        raise BadInput(f"{path}: cannot be written: {problem.strerror} (choose another place)") from None
    return path


def table(results: Results) -> tuple[list[str], list[Cells]]:
    """Columns and rows; a batch that failed has one row, with `failed`, and `unknown` says why numbers are missing."""
    quantities = quantities_of(results.batches)
    keys = list(results.plan["fixed"]["sweep"])
    head = ["batch", "world", *keys, "seed", "tax", "strategy", *quantities, "unit", "unknown", "failed", "cpu_s"]
    return head, [row for batch in results.batches for row in _rows(batch, keys, quantities)]


def quantities_of(batches: Sequence[Batch]) -> list[str]:
    """Those that occur: ours in their order, then those of other rules in the order of the alphabet."""
    there = {one.quantity for batch in batches for one in batch.figures}
    return [*(name for name in QUANTITIES if name in there), *sorted(there - QUANTITIES.keys())]


def _rows(batch: Batch, keys: Sequence[str], quantities: Sequence[str]) -> list[Cells]:
    start = [batch.number, batch.world, *(_cell(batch.keys[key]) for key in keys), batch.seed]
    if batch.failed is not None:
        return [[*start, None, None, *[None] * len(quantities), None, None, batch.failed, batch.cpu_s]]
    groups: dict[tuple[str, str], dict[str, Figure]] = {}
    for one in batch.figures:
        groups.setdefault((one.tax, one.strategy), {})[one.quantity] = one
    return [
        [*start, tax, strategy, *(found[name].value if name in found else None for name in quantities),
         batch.unit, _unknown(found), None, batch.cpu_s]
        for (tax, strategy), found in groups.items()
    ]  # fmt: skip


def _unknown(found: dict[str, Figure]) -> str | None:
    return "; ".join(f"{one.quantity}: {one.why}" for one in found.values() if one.value is None and one.why) or None


def _cell(value: Any) -> Any:
    """Numbers and texts as they are, lists as in the study file."""
    return value if isinstance(value, str | int | float) else value_text(value)


def as_csv(results: Results) -> bytes:
    """Comma-separated, UTF-8, numbers with every digit; what is unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head, body = table(results)
    writer.writerow(head)
    writer.writerows([_plain(cell) for cell in row] for row in body)
    return text.getvalue().encode()


def _plain(cell: Any) -> Any:
    return str(cell).lower() if isinstance(cell, bool) else cell


def as_parquet(results: Results) -> bytes:
    """Parquet, by pyarrow; a swept key whose values are not all numbers, or all texts, is text. Raises `BadInput`."""
    arrow, parquet = _arrow()
    head, body = table(results)
    columns = list(zip(*body, strict=True)) if body else [()] * len(head)
    made = arrow.table({name: _alike(list(cells)) for name, cells in zip(head, columns, strict=True)})
    content = io.BytesIO()
    parquet.write_table(made, content)
    return content.getvalue()


def _alike(cells: Cells) -> Cells:
    types = {type(cell) for cell in cells if cell is not None}
    if types <= {int, float}:
        return [float(cell) if cell is not None and len(types) > 1 else cell for cell in cells]
    return cells if len(types) == 1 else [None if cell is None else value_text(cell) for cell in cells]


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        fix = 'pip install "faithful-robosim[study]", or export .csv'
        raise BadInput(f"Parquet needs pyarrow, which is not installed ({fix})") from None
    return pyarrow, pyarrow.parquet
