"""What people read of a study: a table for each question, batches that failed, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from robosim.cli.tables import empty_table
from robosim.files.writing import value_text
from robosim.study.book import Results
from robosim.study.quantities import quantity
from robosim.study.table import Row, over, rows, swept

FAILURES = 10
"""Failed batches that are shown; the others are counted."""


def tables(results: Results, questions: Sequence[str]) -> Iterator[Table]:
    """A table for each question that has figures."""
    known = rows(results)
    for question in questions:
        found = [row for row in known if row.quantity == question]
        if found:
            yield _table(results, question, found)


def _table(results: Results, question: str, found: Sequence[Row]) -> Table:
    """A row for each cell: mean, interval, n, the largest, and how many are unknown where some are."""
    share, unit = quantity(question).share, found[0].unit
    names = [*swept(results), "tax"]
    if len({row.world for row in found}) > 1:
        names.insert(0, "world")
    if quantity(question).tried:
        names.append("attack")
    level = f"{100 * results.plan['loose']['confidence']:g} % interval"
    figures = ["share" if share else "mean", level, "n"]
    figures += [] if share else ["largest"]
    figures += ["unknown"] if any(row.estimate.unknown for row in found) else []
    made = empty_table(*names, *figures, left={"world", "tax", "attack"})
    for column in made.columns:
        column.no_wrap, column.overflow = False, "fold"
    made.title, made.title_justify = f"{question}: {quantity(question).label}{f', {unit}' if unit else ''}", "left"
    for row in found:
        cells = _cells(row)
        made.add_row(*(escape(cells[name]) for name in (*names, *figures[:1], "interval", *figures[2:])))
    return _explained(made, found, " and ".join(["seeds", *over(results)]))


def _cells(row: Row) -> dict[str, str]:
    """Everything that a row may show, by the heading of its column."""
    one, mean = row.estimate, f"{_short(row.estimate.mean)}"
    keys = {key: value if isinstance(value, str) else value_text(value) for key, value in row.keys.items()}
    return keys | {
        "world": row.world,
        "tax": row.tax,
        "attack": row.strategy,
        "mean": mean,
        "share": mean,
        "interval": "-" if one.low is None else f"{_short(one.low)} to {_short(one.high)}",
        "n": str(one.n),
        "largest": _short(one.largest),
        "unknown": str(one.unknown or "-"),
    }


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _explained(made: Table, found: Sequence[Row], draws: str) -> Table:
    """Below the table: which method, what the largest means, why values are missing."""
    methods = dict.fromkeys(row.estimate.method for row in found if row.estimate.method)
    exceeded = [row.estimate.exceeded for row in found if row.estimate.exceeded is not None]
    why = dict.fromkeys(row.estimate.why for row in found if row.estimate.why)
    words = [
        f"Intervals: {' and '.join(methods)}, over {draws}." if methods else "No intervals: one value has no spread."
    ]
    if exceeded:
        words.append(f"Up to {100 * max(exceeded):.3g} % of such worlds may exceed the largest.")
    words += [f"Unknown: {one}." for one in why if one]
    made.caption, made.caption_justify = escape(" ".join(words)), "left"
    return made


def lines(results: Results, total: int) -> Iterator[str]:
    """What failed, what is missing, and whether several machines or versions had a part in it."""
    failed = [one for one in results.batches if one.failed is not None]
    for one in failed[:FAILURES]:
        keys = "".join(f", {key} = {value_text(one.keys[key])}" for key in results.plan["fixed"]["sweep"])
        yield f"batch {one.number} failed ({one.world}{keys}, seed {one.seed}): {one.failed}"
    if len(failed) > FAILURES:
        yield f"… and {len(failed) - FAILURES} more"
    if len(results.batches) < total:
        yield f"{len(results.batches)} of {total} batches are done; means are of these"
    if len(results.made_with) > 1:
        yield f"note: {len(results.made_with)} machines or versions had a part in it, whose last digits may differ"
