"""Tables of charging sessions, in any of the `dialects`, or with columns of one's own."""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from robosim.charging.formats.dialects import FIELD_OF, OWN, Dialect, Names, dialect_of, on_clock, renamed
from robosim.charging.formats.guesses import delimiter_of, in_percent, times_of
from robosim.charging.station.visits import OF_A_CAR, CarTold, energy_kwh, of_a_car
from robosim.files.complaint import Complaints, refusal
from robosim.files.writing import LONGEST, quoted, shown, suggestion

CLAIMED = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False, "": True}
LISTED = 40
"""Columns of a file that are named where one is missing."""
Columns = dict[str, tuple[tuple[int, ...], str]]
"""Field → where it stands in a row, and the column's name."""


class Spelt(NamedTuple):
    """How a table is written: its dialect, its columns, those that are not used, what is guessed, what is doubtful."""

    dialect: Dialect
    zone: ZoneInfo | None
    columns: Columns
    unused: tuple[str, ...]
    percent: bool = False
    guesses: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def text(self, cells: Sequence[str], field: str) -> str:
        """The cells of a field without blanks around them; "" where the table has no such column."""
        places, _ = self.columns.get(field, ((), ""))
        return " ".join(cell for cell in (cells[place].strip() for place in places) if cell)


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
            self.complain(field, f"not a time: {shown(text)}", f"write for example {self._spelt.dialect.example}")
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
        text, dialect = self._number(field), self._spelt.dialect
        if not text and (field == "delivered" or not dialect.told or not self.claimed()):
            return math.nan
        return energy_kwh(self, field, text)

    def car(self) -> CarTold:
        """What the row says of its car; an empty cell says nothing."""
        battery, soc, power = (self._of_car(field) for field in ("battery", "soc", "power"))
        return CarTold(battery, soc / 100 if self._spelt.percent else soc, power)

    def text(self, field: str) -> str:
        """The cells of a field; "" where the table has no such column."""
        return self._spelt.text(self._cells, field)

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
        here = field if field in self._spelt.columns else "delivered"  # nothing was asked where no column asks
        self.wrong.add(self.line, self._spelt.columns[here][1], message, fix)

    def faults(self) -> int:
        """Errors noted so far."""
        return len(self.wrong)

    def _number(self, field: str) -> str:
        text = self.text(field)
        return text.replace(",", ".") if self._spelt.dialect.comma else text

    def _of_car(self, field: str) -> float:
        text = self._number(field).rstrip(" %")
        return of_a_car(self, field, text) if text else math.nan


def table_rows(
    text: str, file: str, zone: ZoneInfo | None, names: Names | None = None
) -> tuple[Spelt, list[TableRow], Complaints]:
    """How a CSV text is spelt, its rows, and rows that are cut short; raises `BadInput` for one without its columns.

    Parameters
    ----------
    names : columns of one's own, by robosim's names.
    """
    text = text.lstrip("\ufeff")
    dialect = _dialect(text.split("\n", 1)[0], names or {})
    rows = cells_of(text, file, dialect.delimiter)
    line, header = next(rows, (1, []))
    wrong, cut = Complaints(file), Complaints(file)
    clock = zone or (ZoneInfo(dialect.zone) if dialect.zone else None)
    spelt = _spelt(line, header, dialect, clock, names or {}, wrong)
    wrong.raise_any()
    whole = []
    for line, cells in rows:
        if len(cells) == len(header):
            whole.append((line, cells))
        else:
            cut.add(line, "row", f"has {len(cells)} cells, the first line has {len(header)}", "check the commas")
    spelt = guessed(spelt, [cells for _, cells in whole])
    return spelt, [TableRow(line, cells, spelt, file) for line, cells in whole], cut


def _dialect(header: str, names: Names) -> Dialect:
    """The dialect of a table, with columns of one's own in it, and its own separator where it is robosim's."""
    found = renamed(dialect_of(header), names)
    if found.name != OWN.name:
        return found
    mark = delimiter_of(header)
    return replace(found, delimiter=mark, comma=mark != OWN.delimiter)


def guessed(spelt: Spelt, rows: Sequence[Sequence[str]]) -> Spelt:
    """The same with what the rows show: per cent, and in a table of one's own how times are written."""
    dialect, said, doubts = spelt.dialect, [], list(spelt.doubts)
    percent = in_percent([spelt.text(cells, "soc") for cells in rows])
    if percent:
        doubts.append(f"{spelt.columns['soc'][1]} is read as per cent, as numbers above 1 or a % stand there")
    if dialect.name == OWN.name and dialect.delimiter != OWN.delimiter:
        mark = "semicolons" if dialect.delimiter == ";" else "tabs"
        said.append(f"columns are separated by {mark}, decimal commas are commas or points")
    if dialect.name == OWN.name and rows:
        times = times_of([(spelt.text(cells, "arrival"), spelt.text(cells, "departure")) for cells in rows])
        dialect, said, doubts = replace(dialect, times=times.formats), [*said, *times.said], [*doubts, *times.doubts]
    return spelt._replace(dialect=dialect, percent=percent, guesses=tuple(said), doubts=tuple(doubts))


def cells_of(text: str, file: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with its first line (cells in quotes may hold line breaks)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise refusal(file, f"not CSV: {error}", "check the quotes", line) from None


def _spelt(
    line: int, header: list[str], dialect: Dialect, zone: ZoneInfo | None, own: Names, wrong: Complaints
) -> Spelt:
    names = [cell.strip() for cell in header]
    places = {name.lower(): index for index, name in reversed(list(enumerate(names)))}
    _refuse_absent(line, names, own, wrong)
    columns: Columns = {}
    for field, spellings in dialect.columns.items():
        there = [one for one in spellings if one[0] in places and all(column in places for column in one)]
        for one in there[:1]:
            columns[field] = tuple(places[column] for column in one), names[places[one[0]]]
        _refuse_twice(line, names, spellings, wrong)
    known = {column for spellings in dialect.columns.values() for one in spellings for column in one}
    unused = tuple(name for name in names if name.lower() not in known)
    missing = [field for name, field in FIELD_OF.items() if field not in columns and name not in own]
    doubts = _missing(line, missing, list(unused), wrong) if dialect.name == OWN.name else ()
    return Spelt(dialect, zone, columns, unused, doubts=doubts)


def _refuse_absent(line: int, names: list[str], own: Names, wrong: Complaints) -> None:
    """Columns of one's own that are not in the file."""
    for name, columns in own.items():
        for column in columns:
            if column.lower() not in (one.lower() for one in names):
                near = suggestion(column, names, "")
                there = ", ".join([*filter(None, names[:LISTED]), *(["…"] if len(names) > LISTED else [])])
                fix = f"{near} There are: {there}" if near else f"there are: {there}"
                wrong.add(line, column, f"no such column, wanted as {name}", fix)


def _refuse_twice(line: int, names: list[str], spellings: tuple[tuple[str, ...], ...], wrong: Complaints) -> None:
    """Two columns for one field."""
    first = {one[0] for one in spellings if len(one) == 1}
    twice = [name for name in names if name.lower() in first]
    for name in twice[1:]:
        wrong.add(line, name, f"the same as column {twice[0]!r}", "delete one of the two")


def _missing(line: int, fields: list[str], unknown: list[str], wrong: Complaints) -> tuple[str, ...]:
    """A required column must be there, and one that is called nearly like a column that is missing was meant to be it.

    Columns about the car came to robosim later than people's tables: there it is a doubt, and no complaint.
    """
    doubts, meant = [], _meant(unknown, fields)
    for field in fields:
        name, near = OWN.columns[field][0][0], meant.get(field)
        if near is not None and field in OF_A_CAR:
            doubts.append(f"column {near!r} is not used (if it is {name}: station.columns.{name} = {quoted(near)})")
        elif near is not None:
            fix = f"did you mean {quoted(name)}? Or say station.columns.{name} = {quoted(near)}"
            wrong.add(line, near, f"unknown column, and {name!r} is missing", fix)
        elif field in OWN.required:
            fix = f"add it, or name yours as station.columns.{name}"
            fix = f"{fix}; not understood: {shown(', '.join(unknown))}" if unknown else "add it"
            wrong.add(line, name, "missing column", fix)
    return tuple(doubts)


def _meant(unknown: list[str], fields: list[str]) -> dict[str, str]:
    """Field → the unknown column that is called nearly like it; each column is meant for the nearest only."""
    names = {one[0]: field for field in fields for one in OWN.columns[field]}
    near = ((difflib.get_close_matches(cell, names, n=1), cell) for cell in reversed(unknown) if len(cell) <= LONGEST)
    return {names[found[0]]: cell for found, cell in near if found}
