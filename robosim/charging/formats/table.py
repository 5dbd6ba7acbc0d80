"""Tables of charging sessions, in any of the `dialects`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from robosim.charging.formats.dialects import OWN, Dialect, dialect_of, on_clock
from robosim.charging.station.visits import energy_kwh
from robosim.files.complaint import Complaints, refusal
from robosim.files.writing import quoted, shown, suggestion

CLAIMED = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False, "": True}


class Spelt(NamedTuple):
    """How a table is written: its dialect, where each field stands with the columns' names, and what is not used."""

    dialect: Dialect
    zone: ZoneInfo | None
    columns: dict[str, tuple[tuple[int, ...], str]]
    unused: tuple[str, ...]


class TableRow:
    """A row of cells; see `visits.Row`."""

    def __init__(self, line: int, cells: list[str], spelt: Spelt, file: str) -> None:
        self.line, self.wrong = line, Complaints(file)
        self.arrived: datetime | None = None
        self._cells, self._spelt = cells, spelt

    def time(self, field: str) -> datetime | None:
        """As written, or on the clock of the station's zone where that is known."""
        text = self.text(field)
        if field == "stated" and not text:
            return None
        try:
            moment = on_clock(self._spelt.dialect.moment(text), self._spelt.zone)
        except (ValueError, OverflowError):
            example = EXAMPLES[self._spelt.dialect.name]
            self.complain(field, f"not a time: {shown(text)}", f"write for example {example}")
            return None
        if field == "arrival":
            self.arrived = moment
        return moment

    def stamp(self) -> datetime | None:
        """The arrival as it is written, None where it cannot be read."""
        try:
            return self._spelt.dialect.moment(self.text("arrival"))
        except (ValueError, OverflowError):
            return None

    def energy(self, field: str) -> float | None:
        """Kilowatt-hours. An empty cell means unknown, which what was asked may be only where no driver tells."""
        text, dialect = self.text(field), self._spelt.dialect
        if not text and (field == "delivered" or not dialect.told or not self.claimed()):
            return math.nan
        return energy_kwh(self, field, text.replace(",", ".") if dialect.comma else text)

    def text(self, field: str) -> str:
        """The cells without blanks around them; "" where the table has no such column."""
        places, _ = self._spelt.columns.get(field, ((), ""))
        return " ".join(cell for cell in (self._cells[place].strip() for place in places) if cell)

    def claimed(self) -> bool:
        """Whether the driver told something: in robosim's own tables yes, unless the row says otherwise."""
        if not self._spelt.dialect.told:
            return False
        text = self.text("claimed")
        if text.lower() not in CLAIMED:
            self.complain("claimed", f"must be True or False, got {shown(text)}", "True: the driver told the app")
        return CLAIMED.get(text.lower(), True)

    def complain(self, field: str, message: str, fix: str) -> None:
        """Under the name that the column has in this file."""
        self.wrong.add(self.line, self._spelt.columns[field][1], message, fix)

    def faults(self) -> int:
        """Errors noted so far."""
        return len(self.wrong)


EXAMPLES = {
    "robosim": "2019-10-29 08:15:00-07:00",
    "ChargePoint": "7/29/2019 20:17",
    "Dundee": "31/10/2018 06:12",
    "ElaadNL": "2019-01-01 00:03:00",
}


def table_rows(text: str, file: str, zone: ZoneInfo | None) -> tuple[Spelt, list[TableRow], Complaints]:
    """How a CSV text is spelt, its rows, and rows that are cut short; raises `BadInput` for one without its columns."""
    dialect = dialect_of(text.lstrip("\ufeff").split("\n", 1)[0])
    rows = _cells(text.lstrip("\ufeff"), file, dialect)
    line, header = next(rows, (1, []))
    wrong = Complaints(file)
    clock = zone or (ZoneInfo(dialect.zone) if dialect.zone else None)
    spelt = _spelt(line, header, dialect, clock, wrong)
    wrong.raise_any()
    found = []
    for line, cells in rows:
        if len(cells) == len(header):
            found.append(TableRow(line, cells, spelt, file))
        else:
            wrong.add(line, "row", f"has {len(cells)} cells, the first line has {len(header)}", "check the commas")
    return spelt, found, wrong


def _cells(text: str, file: str, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with its first line (cells in quotes may hold line breaks)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)
    line = 1
    try:
        for cells in reader:
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise refusal(file, f"not CSV: {error}", "check the quotes", line) from None


def _spelt(line: int, header: list[str], dialect: Dialect, zone: ZoneInfo | None, wrong: Complaints) -> Spelt:
    names = [cell.strip() for cell in header]
    places = {name.lower(): index for index, name in reversed(list(enumerate(names)))}
    columns: dict[str, tuple[tuple[int, ...], str]] = {}
    for field, spellings in dialect.columns.items():
        there = [one for one in spellings if one[0] in places and all(column in places for column in one)]
        for one in there[:1]:
            columns[field] = tuple(places[column] for column in one), names[places[one[0]]]
        _refuse_twice(line, names, spellings, wrong)
    known = {column for spellings in dialect.columns.values() for one in spellings for column in one}
    unused = tuple(name for name in names if name.lower() not in known)
    if dialect is OWN:
        for field in (field for field in OWN.columns if field not in columns):
            _missing(line, field, list(unused), wrong)
    return Spelt(dialect, zone, columns, unused)


def _refuse_twice(line: int, names: list[str], spellings: tuple[tuple[str, ...], ...], wrong: Complaints) -> None:
    """Two columns for one field."""
    first = {one[0] for one in spellings if len(one) == 1}
    twice = [name for name in names if name.lower() in first]
    for name in twice[1:]:
        wrong.add(line, name, f"the same as column {twice[0]!r}", "delete one of the two")


def _missing(line: int, field: str, unknown: list[str], wrong: Complaints) -> None:
    """A required column must be there; a column that is nearly called like an optional one was meant to be it."""
    name = OWN.columns[field][0][0]
    near = [cell for cell in unknown if suggestion(cell, [one[0] for one in OWN.columns[field]], "")]
    if near:
        wrong.add(line, near[0], f"unknown column, and {name!r} is missing", f"did you mean {quoted(name)}?")
    elif field in OWN.required:
        commas = len(unknown) == 1 and any(mark in unknown[0] for mark in ";\t")
        fix = "separate the columns by commas" if commas else "add it"
        fix += f"; not understood: {shown(', '.join(unknown))}" if unknown and not commas else ""
        wrong.add(line, name, "missing column", fix)
