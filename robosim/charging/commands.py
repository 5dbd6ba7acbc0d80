"""The command `sessions`: what was understood of a file of charging sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from robosim.cli.app import Json, print_json, say

SHOWN = 10
"""Days, and rows that are wrong, that are named."""


def sessions(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or JSON, perhaps packed by gzip, or .xlsx.")],
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="The station's clock, as station.timezone.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="What a column is called in this file, as station.columns."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what is understood of a file of charging sessions, what is guessed, and what is wrong in which rows.

    Example: robosim sessions day.csv
    """
    from zoneinfo import ZoneInfo

    from robosim.charging.formats.reading import read
    from robosim.charging.values import real_zone
    from robosim.errors import BadInput

    try:
        zone = None if timezone is None else ZoneInfo(real_zone(timezone))
    except ValueError as problem:
        raise BadInput(f"--timezone: {timezone!r}: {problem}") from None
    found = _told(read(file, zone, _names(column or [])))
    if as_json:
        print_json(found)
        return
    for line in _lines(found):
        say(line)


def _names(options: list[str]) -> dict[str, tuple[str, ...]]:
    """Robosim's name of a column → the file's, several where an option is repeated; raises `BadInput`."""
    from robosim.charging.formats.dialects import FIELD_OF
    from robosim.errors import BadInput
    from robosim.files.writing import shown, suggestion

    found: dict[str, tuple[str, ...]] = {}
    for option in options:
        name, _, column = (part.strip() for part in option.partition("="))
        if not column:
            raise BadInput(f"--column: must read NAME=COLUMN, got {shown(option)} (for example arrival=Start)")
        if name not in FIELD_OF:
            fix = suggestion(name, FIELD_OF, f"known: {', '.join(FIELD_OF)}")
            raise BadInput(f"--column: robosim has no column {shown(name)} ({fix})")
        found[name] = (*found.get(name, ()), column)
    return found


def _told(reading: Any) -> dict[str, Any]:
    days = reading.days
    return {
        "file": reading.file,
        "format": reading.told.format,
        "columns": dict(reading.told.columns),
        "not_used": list(reading.told.unused),
        "guesses": [*reading.told.doubts, *reading.told.guesses],
        "sessions": len(reading.visits),
        "days": {day.isoformat(): days[day] for day in sorted(days)},
        "wrong": [line for _, complaints in reading.wrong for line in complaints.lines()],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _lines(found: dict[str, Any]) -> Iterator[str]:
    days, wrong = list(found["days"].items()), found["wrong"]
    yield f"{found['file']}: {found['format']}, {_count(found['sessions'], 'session')} on {_count(len(days), 'day')}"
    yield "  read: " + ", ".join(f"{field} from {column!r}" for field, column in found["columns"].items())
    if found["not_used"]:
        yield f"  not used: {', '.join(found['not_used'])}"
    yield from (f"  guessed: {line}" for line in found["guesses"])
    more = f", … {len(days) - SHOWN} more" if len(days) > SHOWN else ""
    yield "  days: " + ", ".join(f"{day} ({count})" for day, count in days[:SHOWN]) + more
    if wrong:
        yield f"  wrong, and in the way only of a mission on the same day: {len(wrong)}"
        yield from (f"    {line}" for line in wrong[:SHOWN])
