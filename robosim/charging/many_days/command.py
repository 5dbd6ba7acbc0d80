"""The command `charging-days`: many days of a file, one after the other, under every rule."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robosim.cli.app import Json, Seed, Set, print_json, say

if TYPE_CHECKING:
    from robosim.charging.many_days.play import Asked, LeftOut, Played


def charging_days(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Sessions: CSV or JSON, perhaps packed, or .xlsx.")],
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day; left out: of all.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day; left out: of all.")] = None,
    world: Annotated[
        str | None, typer.Option("--world", metavar="WORLD", help="Whose station it is; left out: charging, online.")
    ] = None,
    seed: Seed = None,
    set_: Set = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="A row a day and rule.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="A .png, .svg or .pdf file.")] = None,
    as_json: Json = False,
) -> None:
    """Play each day of a file of sessions as a mission of its own, and add up what each rule costs.

    Ctrl-C leaves what was finished: tables, CSV and picture are of the days until then.

    Example: robosim charging-days day.csv --from 2019-10-29 --csv days.csv --plot days.png
    """
    from robosim.charging.many_days.answer import as_json as figures
    from robosim.charging.many_days.play import asked, days_in
    from robosim.stopping import ALSO, held, willing

    _refuse_places(csv, plot)
    with held(ALSO):
        with willing():
            what = asked(file, world, seed, set_ or [])
            days = days_in(what, _day(first, "--from"), _day(last, "--to"))
        found, left_out, interrupted = _all(what, days)
        _written(found, csv, plot, file)
        if as_json:
            print_json(figures(found, left_out, interrupted))
        elif found:
            _shown(found, file)
    _end(found, left_out, interrupted, len(days))


def _day(text: str | None, option: str) -> date | None:
    from robosim.errors import BadInput

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option}: {text!r} is no day (write 2019-05-01)") from None


def _refuse_places(csv: Path | None, plot: Path | None) -> None:
    """Before hours are spent: where the table cannot be written, and what is no picture."""
    from robosim.errors import BadInput
    from robosim.figures.style import UNDATED

    if csv is not None and not csv.parent.is_dir():
        raise BadInput(f"{csv}: there is no folder {csv.parent} (make it, or choose another place)")
    if plot is not None and plot.suffix.lower() not in UNDATED:
        raise BadInput(f"{plot}: pictures end in .png, .svg or .pdf, not {plot.suffix!r} (choose one of the three)")


def _all(what: Asked, days: list[date]) -> tuple[list[Played], list[LeftOut], bool]:
    """Days that were played and that were not, and whether somebody stopped it."""
    from robosim.charging.many_days.play import Played, play
    from robosim.cli.app import bar

    found: list[Played] = []
    left_out: list[LeftOut] = []
    try:
        with bar("days", len(days)) as update:
            for number, one in enumerate(play(what, days), 1):
                found.append(one) if isinstance(one, Played) else left_out.append(one)
                if update is not None:
                    update(number)
    except KeyboardInterrupt:
        return found, left_out, True
    return found, left_out, False


def _written(found: list[Played], csv: Path | None, plot: Path | None, file: str) -> None:
    from robosim.charging.many_days.answer import as_csv
    from robosim.errors import BadInput
    from robosim.files.store import write_atomically

    if csv is not None:
        try:
            write_atomically(csv, as_csv(found).encode())
        except OSError as problem:
            raise BadInput(f"{csv}: cannot be written: {problem.strerror} (choose another place)") from None
    if plot is not None and found:
        from robosim.charging.many_days.picture import costs
        from robosim.figures.style import drawn, save

        save(costs(found, drawn(Path(file).name)), plot)


def _shown(found: list[Played], file: str) -> None:
    from rich.console import Console

    from robosim.charging.many_days.answer import days_table
    from robosim.charging.many_days.play import summed
    from robosim.charging.tables import rules_table
    from robosim.cli.streams import answers

    console = Console(file=answers(), emoji=False)
    console.print(days_table(found))
    console.print(rules_table(summed(found)))
    count = "1 day" if len(found) == 1 else f"{len(found)} days"
    say(f"{file}: {count}; peak and over by are the most of any day, fair is the mean over EVs of their days'")


def _end(found: list[Played], left_out: list[LeftOut], interrupted: bool, wanted: int) -> None:
    from robosim.errors import BadInput, CheckFailed

    for one in left_out:
        print(f"{one.day}: left out: {one.why}", file=sys.stderr)
    if interrupted:
        print(f"stopped after {len(found)} of {wanted} days", file=sys.stderr)
        raise typer.Exit(130)
    if not found:
        raise BadInput(f"none of {wanted} days could be played (see above)")
    if left_out:
        raise CheckFailed(f"{len(left_out)} of {wanted} days were left out (see above)")
