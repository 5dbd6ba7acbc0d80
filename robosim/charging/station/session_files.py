"""Charging sessions from files: tables in the two column spellings that are about, and ACN-Data's JSON.

Source: Lee, Li, Low, ACN-Data: Analysis and Applications of an Open EV Charging Dataset, e-Energy 2019.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from robosim.charging.station.visits import Visit, distinct, energy_kwh, visit
from robosim.files.complaint import Complaints, refusal
from robosim.files.content import document
from robosim.files.lines import Located, elements
from robosim.files.writing import quoted, shown, suggestion

KEYS = {
    "arrival": "connectionTime",
    "departure": "disconnectTime",
    "stated": "requestedDeparture",
    "asked": "kWhRequested",
    "delivered": "kWhDelivered",
    "session": "sessionID",
    "zone": "timezone",
    "inputs": "userInputs",
}
TOLD = ("stated", "asked")
STATIONS = ("spaceID", "stationID")
"""The space is what a site's map shows (CA-308); the station is a number in the operator's database."""


class SessionItem:
    """One session; see `visits.Row`."""

    def __init__(self, index: int, item: Located, complaints: Complaints) -> None:
        self.line = item.line
        self._name = f"_items.{index}"
        self._item = item
        self._session: dict[str, Any] = item.value
        self._complaints = complaints
        self._told = self._user_inputs()

    def time(self, field: str) -> datetime | None:
        """The arrival on the clock of the station, the others as moments."""
        value = self._value(field)
        if field == "stated" and value is None:
            return None
        try:
            moment = parsedate_to_datetime(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment.astimezone(self._zone()) if field == "arrival" else moment
        except (ValueError, TypeError, AttributeError, IndexError, OverflowError):
            self.complain(field, f"not a time: {shown(value)}", "write for example Wed, 25 Apr 2018 11:08:04 GMT")
            return None

    def energy(self, field: str) -> float | None:
        """What was asked or delivered, NaN where the file says null or nothing."""
        value = self._value(field)
        return math.nan if value is None else energy_kwh(self, field, value)

    def text(self, field: str) -> str:
        """The session's id, or the first of the station's two names that is there."""
        keys = STATIONS if field == "station" else (KEYS[field],)
        return next((str(self._session[key]) for key in keys if self._session.get(key) is not None), "")

    def claimed(self) -> bool:
        """The driver told energy and departure."""
        return bool(self._told)

    def complain(self, field: str, message: str, fix: str) -> None:
        """Under the key, on the line where it stands."""
        key = KEYS[field]
        place = f"{self._name}.userInputs.0.{key}" if field in TOLD else f"{self._name}.{key}"
        self._complaints.add(self._item.line_of(key), place, message, fix)

    def faults(self) -> int:
        """Errors noted so far."""
        return len(self._complaints)

    def _user_inputs(self) -> dict[str, Any]:
        """What was told first: later corrections are not known when the plan is made."""
        inputs = self._session.get("userInputs")
        if inputs is None or inputs == []:
            return {}
        if isinstance(inputs, list) and isinstance(inputs[0], dict):
            first: dict[str, Any] = inputs[0]
            return first
        self.complain("inputs", f"must be null or a list of tables, got {shown(inputs)}", "is this ACN-Data?")
        return {}

    def _value(self, field: str) -> Any:
        return (self._told if field in TOLD else self._session).get(KEYS[field])

    def _zone(self) -> ZoneInfo | None:
        """None, with a complaint, is the zone of this machine: the row is dropped anyway."""
        name = self._session.get("timezone")
        try:
            return ZoneInfo(name if isinstance(name, str) else "")
        except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            fix = "write for example America/Los_Angeles; where that is refused too: pip install tzdata"
            self.complain("zone", f"not a time zone: {shown(name)}", fix)
            return None


def acn_visits(text: str, complaints: Complaints) -> list[Visit]:
    """All sound sessions of a JSON text; what is wrong is noted, a text that is not ACN-Data raises `BadInput`."""
    whole = document(text, complaints.file)
    if not isinstance(whole, dict) or not isinstance(whole.get("_items"), list):
        raise refusal(complaints.file, "no list of sessions", 'ACN-Data has it under "_items"', column="_items")
    items = [
        SessionItem(index, item, complaints)
        for index, item in enumerate(elements(text, "_items"))
        if _is_table(index, item, complaints)
    ]
    return distinct((found for item in items if (found := visit(item))), KEYS["session"], complaints)


def _is_table(index: int, item: Located, complaints: Complaints) -> bool:
    if not isinstance(item.value, dict):
        complaints.add(item.line, f"_items.{index}", f"must be a table, got {shown(item.value)}", "is this ACN-Data?")
    return isinstance(item.value, dict)


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
        complaints.add(line, near[0], f"unknown column, and {name!r} is missing", f"did you mean {quoted(name)}?")
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
