"""Command about pages: report; and what run, compare and demo need of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robosim.cli.app import Seed, Set, app, say
from robosim.errors import BadInput

if TYPE_CHECKING:
    from robosim.attacks import Attacks
    from robosim.record import Record


@app.command()
def report(
    world: Annotated[str, typer.Argument(metavar="WORLD|DIR", help="A world, or the folder of a saved record.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="An .html file.")] = Path("mission.html"),
    seed: Seed = None,
    set_: Set = None,
    attacks: Annotated[
        Path | None, typer.Option("--attacks", metavar="FILE", help="What robosim attack --json wrote of this world.")
    ] = None,
    tax: Annotated[
        str | None, typer.Option("--tax", metavar="RULE,…", help="Try every strategy by every agent under these rules.")
    ] = None,
) -> None:
    """Make one page of a mission, a file that asks nobody for anything: replay, bill, prices, how to play it again.

    With --tax every deviation by every agent is tried first, as by robosim attack; --attacks shows what was tried.

    Example: robosim report rendezvous --tax groves,none -o mission.html
    """
    from robosim.cli.missions import record_of
    from robosim.report import save_page
    from robosim.report.attacked import read_attacks
    from robosim.report.html import refuse_place

    refuse_place(out)
    if attacks is not None and tax is not None:
        raise BadInput("--attacks: shows what was tried, --tax tries it now (leave one of the two out)")
    record = record_of(world, seed, set_)
    found = read_attacks(attacks, record) if attacks is not None else None
    if tax is not None:
        found = _tried(world, seed, set_, tax.split(","))
    say(str(save_page(record, out, attacks=found)))
    if found is not None and found.interrupted:
        raise typer.Exit(130)


def _tried(world: str, seed: int | None, set_: list[str] | None, taxes: list[str]) -> Attacks:
    """Every strategy by every agent, of a world or of that of a record."""
    from robosim.attacks import attack
    from robosim.cli.app import bar
    from robosim.cli.missions import load_mission
    from robosim.files.store import FILES, holds_record, place_of

    folder = Path(world)
    place = str(place_of(folder, FILES[0])) if holds_record(folder) else world
    with bar("attacks", 1) as update:
        return attack(load_mission(place, seed, set_), taxes=taxes, progress=update)


def set_beside(
    places: Sequence[str], seed: int | None, set_: list[str] | None, out: Path | None, as_json: bool
) -> None:
    """Several records or worlds side by side, as a table and, where it is asked for, as a page."""
    from robosim.cli.app import print_json
    from robosim.cli.missions import record_of
    from robosim.report import save_page
    from robosim.report.beside import beside, titles
    from robosim.report.html import refuse_place

    refuse_place(out)
    records: list[Record] = [record_of(place, seed, set_) for place in places]
    told = beside(records, titles(records, places))
    if as_json:
        print_json({"missions": told["names"], "rows": told["rows"], "agents": told["agents"]})
    else:
        _show(told)
    if out is not None:
        page = save_page(records, out, names=told["names"])
        if not as_json:
            say(str(page))


def _show(told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape

    from robosim.cli.streams import answers
    from robosim.cli.tables import empty_table, number
    from robosim.files.writing import printable

    names = [escape(printable(name)) for name in told["names"]]
    table = empty_table("", *names, left={""})
    for question, *cells in told["rows"]:
        table.add_row(
            escape(printable(question)),
            *(escape(printable(one)) if isinstance(one, str) else number(one) for one in cells),
        )
    Console(file=answers(), emoji=False).print(table)
