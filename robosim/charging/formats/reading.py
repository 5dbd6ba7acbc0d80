"""A file of charging sessions, read as what it is, with what was understood, guessed and left aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from robosim.charging.days import ALL, MOST_DAYS, Days, days_of, fortnight, objection
from robosim.charging.formats.acn import KEYS as ACN_KEYS
from robosim.charging.formats.acn import acn_rows
from robosim.charging.formats.dialects import Names
from robosim.charging.formats.ocpi import KEYS as OCPI_KEYS
from robosim.charging.formats.ocpi import NEEDED, ocpi_rows
from robosim.charging.formats.table import Spelt, TableRow, table_rows
from robosim.charging.formats.workbook import first_sheet, is_workbook
from robosim.charging.station.visits import Row, Visit, distinct, visit
from robosim.errors import BadInput
from robosim.files.complaint import Complaints, refusal
from robosim.files.content import document, text_of
from robosim.files.writing import shown

FIRST_DAYS = 3
BEGINS = "a table begins with arrival,departure,requested_kwh"


class SessionRow(Row, Protocol):
    """A row that notes its own errors, and when the car came as soon as that is read."""

    wrong: Complaints
    arrived: datetime | None


class Told(NamedTuple):
    """What is said of a file: its format, field → column, columns that are not used, guesses; `doubts` may be wrong."""

    format: str
    columns: Mapping[str, str]
    unused: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


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

    def on(self, days: Days) -> list[Visit]:
        """The sessions of some days. Raises `BadInput` for what is wrong in their rows, or in rows of no day."""
        complaints = Complaints(self.file)
        for when, wrong in self.wrong:
            if when is None or days.has(when):
                complaints.take(wrong)
        found = distinct((one for one in self.visits if days.has(one.day)), self.session, complaints)
        complaints.raise_any()
        return found


def read(path: str | Path, zone: ZoneInfo | None = None, names: Names | None = None) -> Reading:
    """Read a file, which may be compressed by gzip, or be a workbook.

    Parameters
    ----------
    zone : the clock of the station, in place of what it would be.
    names : how a table's columns are called, by robosim's names.

    Raises
    ------
    BadInput
        What is no file of sessions.
    TooLarge
        Beyond 100 MB.
    """
    if is_workbook(path):
        text, said = first_sheet(path)
        found = understood(text, str(path), zone, names)
        return replace(found, told=found.told._replace(guesses=(*said, *found.told.guesses)))
    return understood(text_of(path), str(path), zone, names)


def understood(text: str, file: str, zone: ZoneInfo | None = None, names: Names | None = None) -> Reading:
    """The same for a text."""
    if not text.strip():
        raise refusal(file, "is empty", BEGINS)
    if text.lstrip()[0] in "{[":
        if names:
            raise refusal(file, "has keys, as JSON does, and no columns to be named", "remove station.columns")
        return _json(text, file, zone)
    spelt, rows, wrong = table_rows(text, file, zone, names)
    columns = {field: name for field, (_, name) in spelt.columns.items()}
    told = Told(spelt.dialect.name, columns, spelt.unused, *_guesses(spelt, rows, zone))
    return _reading(rows, wrong, file, told)


def _json(text: str, file: str, zone: ZoneInfo | None) -> Reading:
    whole = document(text, file)
    first = whole[0] if isinstance(whole, list) and whole else None
    if isinstance(first, dict) and all(key in first for key in NEEDED):
        doubts = () if zone else ("the clock is UTC, as the records name no zone (station.timezone gives one)",)
        told = Told("OCPI", OCPI_KEYS, guesses=(SILENT,), doubts=doubts)
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


def _guesses(spelt: Spelt, rows: Sequence[TableRow], zone: ZoneInfo | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is assumed of a table, and what of that is most likely wrong: stations have clocks of their own."""
    dialect, found, doubts = spelt.dialect, list(spelt.guesses), list(spelt.doubts)
    if dialect.zone and zone is None:
        found.append(f"the clock is that of {dialect.zone}, as {dialect.name}'s posts stand there (station.timezone)")
    moments = [moment for row in rows[:100] if (moment := row.stamp()) is not None]
    if dialect.told and zone is None and moments and all(one.utcoffset() == timedelta(0) for one in moments):
        doubts.append("the clock is UTC, as all stamps are (station.timezone gives the station's)")
    return (*found, *(() if dialect.told else (SILENT,))), tuple(doubts)


def wanted_days(reading: Reading, asked: str | None) -> Days:
    """The days asked for, all, or the only one there is. Raises `BadInput` naming the days that there are."""
    days = reading.days
    if not days:
        _raise_first(reading)
    there = Days(min(days), max(days))
    if asked is None and len(days) > 1:
        message = f"holds {len(days)} days and {days.total()} sessions"
        raise refusal(reading.file, message, f"name one as station.day: {_some(days)}; {_several(there)}", column="day")
    wanted = there if asked in (None, ALL) else iso_days(str(asked))
    if (wrong := objection(wanted)) is not None:
        which = f"{asked} ({wanted})" if asked == ALL else f"{wanted}"
        raise refusal(reading.file, f"{which} {wrong[0]}", wrong[1], column="day")
    if not any(wanted.has(day) for day in days):
        fix = f"days (and sessions): {_some(days)}"
        raise refusal(reading.file, f"no session began on {wanted}", fix, column="day")
    return wanted


def iso_days(text: str) -> Days:
    """The days that an option or a key names; raises `BadInput`."""
    try:
        return days_of(text)
    except ValueError:
        raise BadInput(f"day: not a date: {shown(text)} (write for example 2019-10-29)") from None


def _some(days: Counter[date]) -> str:
    first = ", ".join(f"{known} ({days[known]})" for known in sorted(days)[:FIRST_DAYS])
    return f"{first}{', …' if len(days) > FIRST_DAYS else ''}"


def _several(there: Days) -> str:
    """How to name several of the days that there are."""
    few = f'or "{ALL}"' if objection(there) is None else f"at most {MOST_DAYS}"
    return f'several in a row as "{fortnight(there)}", {few}'


def _raise_first(reading: Reading) -> None:
    complaints = Complaints(reading.file)
    for _, wrong in reading.wrong:
        complaints.take(wrong)
    complaints.raise_any()
    raise BadInput(f"{reading.file}: holds no session ({BEGINS})")
