"""The command about the papers' tables and figures, and what people read of it."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robosim.cli.app import Json, app, print_json, say
from robosim.errors import BadInput, CheckFailed

if TYPE_CHECKING:
    from robosim.reproduction import Cell, Entry, Reproduction

NOTICED_S = 10
"""What takes longer is announced."""


@app.command()
def reproduce(
    name: Annotated[str, typer.Argument(metavar="NAME|all|list", help="A table or figure; list says which.")] = "list",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR|FILE", help="For pictures and numbers; or a .png, .svg or .pdf file."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute a table or figure of a paper again: every printed number beside ours, pictures as files.

    Example: robosim reproduce xie-table-1
    """
    if name == "list":
        _list(as_json)
        return
    names = chosen(name)
    _ready(out, names)
    found: list[Reproduction] = []
    for one in names:
        found.append(_make(one))
        _write(found[-1], out)
        if not as_json:
            show(found[-1])
        if found[-1].interrupted:
            break
    if as_json:
        print_json(_json(found) if name == "all" else found[0].as_dict())
    if found[-1].interrupted:
        raise typer.Exit(130)
    _judge(found)


def catalogue() -> dict[str, Entry]:
    """What can be computed again in worlds of any kind, by name."""
    from robosim.kind import kinds

    return {name: entry for kind in kinds().values() for name, entry in kind.reproductions().items()}


def chosen(name: str) -> list[str]:
    """The names that a name stands for: itself, or for “all” everything but what must be asked for.

    Raises `BadInput` for a name that is not there.
    """
    from robosim.files.writing import shown, suggestion

    known = catalogue()
    if name == "all":
        return [one for one, entry in known.items() if not entry.asked]
    if name not in known:
        hint = suggestion(name, known, "robosim reproduce list says what there is")
        raise BadInput(f"reproduce: there is no {shown(name)} ({hint})")
    return [name]


def _list(as_json: bool) -> None:

    if as_json:
        rows = [(name, entry.title, entry.seconds, not entry.asked) for name, entry in catalogue().items()]
        print_json([dict(zip(("name", "title", "seconds", "in_all"), row, strict=True)) for row in rows])
        return
    width = max(map(len, catalogue()))
    for name, entry in catalogue().items():
        say(f"{name:<{width}}  {entry.title}; about {entry.seconds} s{', not in all' if entry.asked else ''}")


def _make(name: str) -> Reproduction:
    """One reproduction, with a bar where it takes long."""
    from robosim.cli.app import bar

    entry = catalogue()[name]
    if entry.seconds >= NOTICED_S:
        typer.echo(f"{name}: about {entry.seconds} s; Ctrl-C ends it with what is done", err=True)
    with bar(name, 100, wanted=entry.seconds >= NOTICED_S) as update:
        return entry.make(None if update is None else lambda share: update(100 * share))


def _ready(out: Path | None, names: list[str]) -> None:
    """Refuse a place that cannot be used before anything is computed."""

    if out is None:
        return
    if out.suffix and not out.is_dir():
        if out.suffix.lower() not in (".png", ".svg", ".pdf"):
            raise BadInput(f"--out: {out} is no picture (end it in .png, .svg or .pdf, or give a folder)")
        if len(names) > 1 or not catalogue()[names[0]].pictures:
            raise BadInput(f"--out: {out} is a file for one picture, which this is not (give a folder)")
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadInput(f"--out: {out} cannot be made: {problem.strerror} (choose another place)") from None


def _write(found: Reproduction, out: Path | None) -> None:
    """Pictures into the file, or into the folder together with the numbers; without either, into this folder."""
    from robosim.figures.style import save
    from robosim.files.store import write_atomically
    from robosim.files.writing import strict

    folder = Path() if out is None else out
    one_file = out is not None and bool(out.suffix) and not out.is_dir()
    for name, draw in found.pictures.items():
        typer.echo(str(save(draw(), folder if one_file else folder / f"{name}.png")), err=True)
    if out is not None and not one_file:
        numbers = json.dumps(strict(found.as_dict()), allow_nan=False)
        try:
            write_atomically(out / f"{found.name}.json", f"{numbers}\n".encode())
        except OSError as problem:
            raise BadInput(f"--out: {out} cannot be written: {problem.strerror} (choose another place)") from None


def _json(found: list[Reproduction]) -> dict[str, Any]:
    return {"ok": all(one.ok for one in found), "reproductions": [one.as_dict() for one in found]}


def _judge(found: list[Reproduction]) -> None:
    """Raise `CheckFailed` naming what is not as printed."""

    failed = [f"{one.name}: {verdict(one)}" for one in found if not one.ok]
    if failed:
        raise CheckFailed("; ".join(failed))


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
    say(f"{found.title}{' (interrupted)' if found.interrupted else ''}")
    for piece in pieces(found, width):
        say("\n" + "\n".join(piece))
    for note in found.notes:
        say("\n" + textwrap.fill(note, width))
    say(f"\n{found.name}: {verdict(found)}\n")


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
