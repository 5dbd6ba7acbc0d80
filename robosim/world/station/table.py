"""Charging sessions from a table: CSV in both column spellings that are about."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from datetime import datetime

from robosim.world.station.complaints import Complaints, refusal, shown, suggestion
from robosim.world.station.visits import Visit, distinct, energy_kwh, visit

SPELLINGS = {
    "arrival": ("arrival",),
    "departure": ("departure",),
    "stated": ("estimated_departure",),
    "asked": ("requested_kwh", "requested_energy (kwh)"),
    "delivered": ("delivered_kwh", "delivered_energy (kwh)"),
    "station": ("station_id",),
    "session": ("session_id",),
    "claimed": ("claimed",),
}
REQUIRED = ("arrival", "departure", "asked")
FIELD_OF = {spelling: field for field, spellings in SPELLINGS.items() for spelling in spellings}
CLAIMED = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False, "": True}
Columns = dict[str, tuple[int, str]]
"""Where each field stands, and what its column is called."""


class TableRow:
    """A row of cells; see `visits.Row`."""

    def __init__(self, line: int, cells: list[str], columns: Columns, complaints: Complaints) -> None:
        self.line = line
        self._cells = cells
        self._columns = columns
        self._complaints = complaints

    def time(self, field: str) -> datetime | None:
        """ISO 8601, as written on the clock of the station."""
        text = self.text(field)
        if field == "stated" and not text:
            return None
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            self.complain(field, f"not a time: {shown(text)}", "write for example 2019-10-29 08:15:00-07:00")
            return None

    def energy(self, field: str) -> float | None:
        """An empty cell means unknown, which only the delivered energy may be."""
        text = self.text(field)
        return math.nan if field == "delivered" and not text else energy_kwh(self, field, text)

    def text(self, field: str) -> str:
        """The cell without blanks around it; "" where the table has no such column."""
        return self._cells[self._columns[field][0]].strip() if field in self._columns else ""

    def claimed(self) -> bool:
        """True unless the row says otherwise."""
        text = self.text("claimed")
        if text.lower() not in CLAIMED:
            self.complain("claimed", f"must be True or False, got {shown(text)}", "True: the driver told the app")
        return CLAIMED.get(text.lower(), True)

    def complain(self, field: str, message: str, fix: str) -> None:
        """Under the name that the column has in this file."""
        self._complaints.add(self.line, self._columns[field][1], message, fix)

    def faults(self) -> int:
        """Errors noted so far."""
        return len(self._complaints)


def table_visits(text: str, complaints: Complaints) -> list[Visit]:
    """All sound sessions of a CSV text; what is wrong is noted, a table without its columns raises `BadInput`."""
    rows = _rows(text, complaints)
    line, header = next(rows, (1, []))
    columns = _columns(line, header, complaints)
    complaints.raise_any()
    sound = (found for row in _matching(rows, header, columns, complaints) if (found := visit(row)))
    return distinct(sound, SPELLINGS["session"][0], complaints)


def _rows(text: str, complaints: Complaints) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with its first line (cells in quotes may hold line breaks)."""
    reader = csv.reader(io.StringIO(text, newline=""))
    line = 1
    try:
        for cells in reader:
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise refusal(complaints.file, f"not CSV: {error}", "check the quotes", line) from None


def _columns(line: int, header: list[str], complaints: Complaints) -> Columns:
    found: Columns = {}
    for index, cell in enumerate(header):
        field = FIELD_OF.get(cell.strip().lower())
        if field in found:
            complaints.add(line, cell.strip(), f"the same as column {found[field][1]!r}", "delete one of the two")
        elif field:
            found[field] = (index, cell.strip())
    unknown = [cell.strip() for cell in header if cell.strip().lower() not in FIELD_OF]
    for field in SPELLINGS:
        if field not in found:
            _missing(line, field, unknown, complaints)
    return found


def _missing(line: int, field: str, unknown: list[str], complaints: Complaints) -> None:
    """A required column must be there; a column that is nearly called like an optional one was meant to be it."""
    name = SPELLINGS[field][0]
    near = [cell for cell in unknown if suggestion(cell, SPELLINGS[field], "")]
    if near:
        complaints.add(line, near[0], f"unknown column, and {name!r} is missing", f"did you mean {name!r}?")
    elif field in REQUIRED:
        commas = len(unknown) == 1 and any(mark in unknown[0] for mark in ";\t")
        complaints.add(
            line,
            name,
            "missing column",
            "separate the columns by commas"
            if commas
            else f"add it; not understood: {shown(', '.join(unknown))}"
            if unknown
            else "add it",
        )


def _matching(
    rows: Iterator[tuple[int, list[str]]], header: list[str], columns: Columns, complaints: Complaints
) -> Iterator[TableRow]:
    for line, cells in rows:
        if len(cells) == len(header):
            yield TableRow(line, cells, columns, complaints)
        else:
            complaints.add(line, "row", f"has {len(cells)} cells, the first line has {len(header)}", "check the commas")
