"""A file of charging sessions, read as what it is, with what was understood, guessed and left aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from robosim.charging.formats.acn import KEYS as ACN_KEYS
from robosim.charging.formats.acn import acn_rows
from robosim.charging.formats.ocpi import KEYS as OCPI_KEYS
from robosim.charging.formats.ocpi import NEEDED, ocpi_rows
from robosim.charging.formats.table import Spelt, TableRow, table_rows
from robosim.charging.station.visits import Row, Visit, distinct, visit
from robosim.errors import BadInput
from robosim.files.complaint import Complaints, refusal
from robosim.files.content import document, text_of

FIRST_DAYS = 3
BEGINS = "a table begins with arrival,departure,requested_kwh"


class SessionRow(Row, Protocol):
    """A row that notes its own errors, and when the car came as soon as that is read."""

    wrong: Complaints
    arrived: datetime | None


class Told(NamedTuple):
    """What is said of a file: its format, field → column, columns that are not used, guesses; `doubt` is a bad one."""

    format: str
    columns: Mapping[str, str]
    unused: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What stands in a file.

    Parameters
    ----------
    told : what is said of it.
    visits : the sound sessions.
    wrong : what is not sound: on which day, None where that is not known, and what is wrong.
    session : name of the column with the sessions' ids.
    """

    file: str
    told: Told
    visits: tuple[Visit, ...]
    wrong: tuple[tuple[date | None, Complaints], ...]
    session: str

    @property
    def days(self) -> Counter[date]:
        """Sessions that began on each day, sound or not."""
        broken = (day for day, _ in self.wrong if day is not None)
        return Counter([*(one.day for one in self.visits), *broken])

    def on(self, day: date) -> list[Visit]:
        """The sessions of one day. Raises `BadInput` for what is wrong in its rows, and in rows of no day at all."""
        complaints = Complaints(self.file)
        for when, wrong in self.wrong:
            if when in (day, None):
                complaints.take(wrong)
        found = distinct((one for one in self.visits if one.day == day), self.session, complaints)
        complaints.raise_any()
        return found


def read(path: str | Path, zone: ZoneInfo | None = None) -> Reading:
    """Read a file, which may be compressed by gzip; `zone` is the clock of the station, in place of what it would be.

    Raises `BadInput` for what is no file of sessions, `TooLarge` beyond 100 MB.
    """
    return understood(text_of(path), str(path), zone)


def understood(text: str, file: str, zone: ZoneInfo | None = None) -> Reading:
    """The same for a text."""
    if not text.strip():
        raise refusal(file, "is empty", BEGINS)
    if text.lstrip()[0] in "{[":
        return _json(text, file, zone)
    spelt, rows, wrong = table_rows(text, file, zone)
    names = {field: name for field, (_, name) in spelt.columns.items()}
    told = Told(spelt.dialect.name, names, spelt.unused, *_guesses(spelt, rows, zone))
    return _reading(rows, wrong, file, told)


def _json(text: str, file: str, zone: ZoneInfo | None) -> Reading:
    whole = document(text, file)
    first = whole[0] if isinstance(whole, list) and whole else None
    if isinstance(first, dict) and all(key in first for key in NEEDED):
        doubt = "" if zone else "the clock is UTC, as the records name no zone (station.timezone gives one)"
        told = Told("OCPI", OCPI_KEYS, guesses=(SILENT,), doubt=doubt)
        return _reading(*ocpi_rows(text, file, zone), file, told)
    listed = whole.get("_items") if isinstance(whole, dict) else whole
    if not isinstance(listed, list) or (first is not None and not isinstance(first, dict)):
        raise refusal(file, "no list of sessions", 'ACN-Data has it under "_items"', column="_items")
    return _reading(*acn_rows(text, file, zone), file, Told("ACN-Data", ACN_KEYS))


SILENT = "drivers told nothing: what was delivered stands for what was asked, departures for stated ones"


def _reading(rows: Sequence[SessionRow], broken: Complaints, file: str, told: Told) -> Reading:
    found: list[Visit] = []
    wrong: list[tuple[date | None, Complaints]] = [(None, broken)] if broken else []
    for row in rows:
        one = visit(row)
        if one is not None:
            found.append(one)
        else:
            wrong.append((None if row.arrived is None else row.arrived.date(), row.wrong))
    if not found and not wrong:
        raise refusal(file, "holds no session", "add a row below the names of the columns")
    session = told.columns.get("session", "session_id")
    return Reading(file=file, told=told, visits=tuple(found), wrong=tuple(wrong), session=session)


def _guesses(spelt: Spelt, rows: Sequence[TableRow], zone: ZoneInfo | None) -> tuple[tuple[str, ...], str]:
    """What is assumed of a table, and what of that is most likely wrong: stations have clocks of their own."""
    dialect, found, doubt = spelt.dialect, [], ""
    if dialect.zone and zone is None:
        found.append(f"the clock is that of {dialect.zone}, as {dialect.name}'s posts stand there (station.timezone)")
    moments = [moment for row in rows[:100] if (moment := row.stamp()) is not None]
    if dialect.told and zone is None and moments and all(one.utcoffset() == timedelta(0) for one in moments):
        doubt = "the clock is UTC, as all stamps are (station.timezone gives the station's)"
    return (*found, *(() if dialect.told else (SILENT,))), doubt


def wanted_day(reading: Reading, day: date | None) -> date:
    """The day asked for, or the only one there is. Raises `BadInput` naming the days that there are."""
    days = reading.days
    first = ", ".join(f"{known} ({days[known]})" for known in sorted(days)[:FIRST_DAYS])
    there = f"{first}{', …' if len(days) > FIRST_DAYS else ''}"
    if not days:
        _raise_first(reading)
    wanted = next(iter(days)) if day is None else day
    if day is None and len(days) > 1:
        raise refusal(reading.file, f"holds {len(days)} days", f"name one as station.day: {there}", column="day")
    if wanted not in days:
        raise refusal(reading.file, f"no session began on {wanted}", f"days (and sessions): {there}", column="day")
    return wanted


def _raise_first(reading: Reading) -> None:
    complaints = Complaints(reading.file)
    for _, wrong in reading.wrong:
        complaints.take(wrong)
    complaints.raise_any()
    raise BadInput(f"{reading.file}: holds no session ({BEGINS})")
