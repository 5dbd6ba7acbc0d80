"""What people read of a reproduction: its table in as many pieces as the screen needs, its notes, its verdict."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from robosim.reproduce.reproduction import Cell, Reproduction

WIDE = 120
"""Characters a line where nobody can say."""
HEADING = 10
"""Characters after which a heading goes on in the next line."""
GAP = "  "
Column = list[str]
"""Lines of the heading, then a cell for each row; all of one width."""


def show(found: Reproduction) -> None:
    """Title, table, notes and verdict on stdout."""
    width = shutil.get_terminal_size((WIDE, 24)).columns
    typer.echo(f"{found.title}{' (interrupted)' if found.interrupted else ''}")
    for piece in pieces(found, width):
        typer.echo("\n" + "\n".join(piece))
    for note in found.notes:
        typer.echo("\n" + textwrap.fill(note, width))
    typer.echo(f"\n{found.name}: {verdict(found)}\n")


def verdict(found: Reproduction) -> str:
    """One line: everything is as printed, or which rows are not.

    What says None has nothing to compare with.
    """
    compared = [row for row in found.rows if row[-1] is not None]
    if not compared:
        return "done, there is nothing to compare with"
    wrong = [" ".join(map(text, row[: found.keys])) for row in compared if not row[-1]]
    if wrong:
        return f"not matched in {len(wrong)} of {len(compared)} rows: {', '.join(wrong)}"
    return f"ok, {len(compared)} of {len(compared)} rows match"


def pieces(found: Reproduction, width: int) -> Iterator[list[str]]:
    """Lines of the table: as many columns side by side as fit, the keys and the verdict in every piece.

    Columns without any entry are left out.
    """
    if not found.rows:
        return
    tallest = max(len(textwrap.wrap(name, HEADING)) for name in found.columns)
    named = [
        name for name in found.columns if name == found.columns[-1] or any(x is not None for x in found.column(name))
    ]
    columns = [column(name, found.column(name), tallest) for name in named]
    first, others, last = columns[: found.keys], columns[found.keys : -1], columns[-1]
    taken = sum(len(one[0]) + len(GAP) for one in [*first, last])
    piece: list[Column] = []
    for one in others:
        if piece and taken + sum(len(each[0]) + len(GAP) for each in [*piece, one]) > width:
            yield side_by_side([*first, *piece, last])
            piece = []
        piece.append(one)
    yield side_by_side([*first, *piece, last])


def column(name: str, cells: Sequence[Cell], tallest: int) -> Column:
    """A heading of so many lines and the cells, numbers to the right."""
    heading = textwrap.wrap(name, HEADING)
    heading = [""] * (tallest - len(heading)) + heading
    lines = [*heading, *written(cells)]
    width = max(map(len, lines))
    numbers = all(cell is None or is_number(cell) for cell in cells)
    return [line.rjust(width) if numbers else line.ljust(width) for line in lines]


def written(cells: Sequence[Cell]) -> list[str]:
    """The cells of a column, all with two decimals where none needs more and one needs some."""
    given = [text(cell).partition(".")[2] for cell in cells if isinstance(cell, float)]
    cents = any(given) and max(map(len, given)) <= 2 and all(len(text(cell)) < 12 for cell in cells)
    return [f"{cell:.2f}" if cents and isinstance(cell, float) else text(cell) for cell in cells]


def is_number(cell: Cell) -> bool:
    """Whether it stands to the right: numbers, printed ones too, and marks.

    >>> is_number("-353.96"), is_number("16%"), is_number(True), is_number("N0")
    (True, True, True, False)
    """
    if isinstance(cell, bool):
        return True
    try:
        float(str(cell).rstrip("%"))
    except ValueError:
        return False
    return True


def side_by_side(columns: Sequence[Column]) -> list[str]:
    """The lines of a piece; blank ones at its top are left out."""
    lines = [GAP.join(cells).rstrip() for cells in zip(*columns, strict=True)]
    while not lines[0]:
        del lines[0]
    return lines


def text(cell: Cell) -> str:
    """A cell as people read it.

    >>> text(True), text(None), text(-353.96), text(1.5e-7)
    ('ok', '-', '-353.96', '1.5e-07')
    """
    if cell is None or isinstance(cell, bool):
        return {None: "-", True: "ok", False: "NOT OK"}[cell]
    return f"{cell:.10g}" if isinstance(cell, float) else str(cell)
