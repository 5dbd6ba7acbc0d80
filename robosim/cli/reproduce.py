"""Command about the papers' tables and figures: reproduce."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robosim.cli.app import Json, app, print_json
from robosim.errors import BadInput, CheckFailed

if TYPE_CHECKING:
    from robosim.reproduce import Reproduction

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
    from robosim.cli.reproductions import show
    from robosim.reproduce.catalogue import chosen

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


def _list(as_json: bool) -> None:
    from robosim.reproduce.catalogue import CATALOGUE

    if as_json:
        rows = [(name, entry.title, entry.seconds, not entry.asked) for name, entry in CATALOGUE.items()]
        print_json([dict(zip(("name", "title", "seconds", "in_all"), row, strict=True)) for row in rows])
        return
    width = max(map(len, CATALOGUE))
    for name, entry in CATALOGUE.items():
        typer.echo(f"{name:<{width}}  {entry.title}; about {entry.seconds} s{', not in all' if entry.asked else ''}")


def _make(name: str) -> Reproduction:
    """One reproduction, with a bar where it takes long."""
    from robosim.cli.progress import bar
    from robosim.reproduce.catalogue import CATALOGUE

    entry = CATALOGUE[name]
    if entry.seconds >= NOTICED_S:
        typer.echo(f"{name}: about {entry.seconds} s; Ctrl-C ends it with what is done", err=True)
    with bar(name, 100, wanted=entry.seconds >= NOTICED_S) as update:
        return entry.make(None if update is None else lambda share: update(100 * share))


def _ready(out: Path | None, names: list[str]) -> None:
    """Refuse a place that cannot be used before anything is computed."""
    from robosim.reproduce.catalogue import CATALOGUE

    if out is None:
        return
    if out.suffix and not out.is_dir():
        if out.suffix.lower() not in (".png", ".svg", ".pdf"):
            raise BadInput(f"--out: {out} is no picture (end it in .png, .svg or .pdf, or give a folder)")
        if len(names) > 1 or not CATALOGUE[names[0]].pictures:
            raise BadInput(f"--out: {out} is a file for one picture, which this is not (give a folder)")
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadInput(f"--out: {out} cannot be made: {problem.strerror} (choose another place)") from None


def _write(found: Reproduction, out: Path | None) -> None:
    """Pictures into the file, or into the folder together with the numbers; without either, into this folder."""
    from robosim.figures import save
    from robosim.store import write_atomically

    folder = Path() if out is None else out
    one_file = out is not None and bool(out.suffix) and not out.is_dir()
    for name, draw in found.pictures.items():
        typer.echo(str(save(draw(), folder if one_file else folder / f"{name}.png")), err=True)
    if out is not None and not one_file:
        try:
            write_atomically(out / f"{found.name}.json", (json.dumps(found.as_dict()) + "\n").encode())
        except OSError as problem:
            raise BadInput(f"--out: {out} cannot be written: {problem.strerror} (choose another place)") from None


def _json(found: list[Reproduction]) -> dict[str, Any]:
    return {"ok": all(one.ok for one in found), "reproductions": [one.as_dict() for one in found]}


def _judge(found: list[Reproduction]) -> None:
    """Raise `CheckFailed` naming what is not as printed."""
    from robosim.cli.reproductions import verdict

    failed = [f"{one.name}: {verdict(one)}" for one in found if not one.ok]
    if failed:
        raise CheckFailed("; ".join(failed))
