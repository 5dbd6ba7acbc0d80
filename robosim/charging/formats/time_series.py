"""Files of values over time: a table with a column of times and a column of numbers, docs/series.md.

A value holds from its time on. What a meter wrote has its rows at one distance, and a longer one is a gap; a limit that
somebody set holds until the next. Times of day are those of every day.
"""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from robosim.agent import Array
from robosim.charging.formats.dialects import on_clock
from robosim.charging.formats.guesses import delimiter_of
from robosim.charging.formats.table import cells_of
from robosim.files.complaint import Complaints, refusal
from robosim.files.content import text_of
from robosim.files.writing import quoted, shown

DAY_MIN = 24 * 60.0
TIMES = re.compile(r"(local)?(time|timestamp|datetime|dateandtime|date|minutes?|minuteofday|clock|timeofday)")
PLAIN_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+")
CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(:[0-5][0-9](\.[0-9]+)?)?")
EXAMPLE = "for example 2019-10-29 08:15, 08:15, or 495 (minutes of the day)"
ROUNDING_MIN = 1e-6


class Quantity(NamedTuple):
    """What a series is of: its unit, what columns of it are called, and the largest value that is no slip."""

    unit: str
    column: re.Pattern[str]
    most: float
    slip: str
    held: bool = False
    """Whether a value holds until the next, however long that is."""


POWER = Quantity("kW", re.compile(r".*kw"), 1e6, "kW, not W")
LIMIT = POWER._replace(held=True)
CARBON = Quantity("kg/kWh", re.compile(r"moer|.*kg(co2e?)?(per)?kwh"), 5.0, "kg a kWh: lbs/MWh times 0.000453592")


class Series(NamedTuple):
    """Value r holds from minute `begin_min[r]` on, until the next; minutes are those after the first midnight."""

    begin_min: Array
    value: Array
    said: tuple[str, ...]
    """What was left aside."""

    def at(self, minutes: Array) -> Array:
        """The values at some minutes."""
        return np.asarray(self.value[np.searchsorted(self.begin_min, minutes, side="right") - 1])


class Window(NamedTuple):
    """The minutes of which values are wanted: from the midnight before `first` on."""

    first: date
    minutes: float
    zone: ZoneInfo | None

    def name(self, minute: float) -> str:
        """A minute as people write it."""
        return f"{datetime.combine(self.first, time()) + timedelta(minutes=minute):%Y-%m-%d %H:%M}"


class Row(NamedTuple):
    """One row: minutes after the first midnight on the station's `wall`, and of `true` time, which never goes back."""

    line: int
    wall: float
    true: float
    text: str


class Table(NamedTuple):
    """Names of the two columns, and of each row its line and the two cells; `unused` columns."""

    names: tuple[str, str]
    cells: list[tuple[int, str, str]]
    unused: tuple[str, ...]


def read_series(path: str | Path, what: Quantity, window: Window) -> Series:
    """The values in a file over a window.

    Raises
    ------
    BadInput
        Every error in the rows of those days, one a line: `file:line: column: message (fix)`.
    TooLarge
        More than 100 MB.
    """
    text, file = text_of(path), str(path)
    table, wrong = _table(text, file, what), Complaints(file)
    daily = not _dated(table.cells[0][1])
    rows = (_clock_rows if daily else _dated_rows)(table, window, wrong)
    wrong.raise_any()
    day = Window(window.first, DAY_MIN, None) if daily else window
    used = _within(rows, day, what, table.names[0], wrong, daily)
    numbers = [_number(row, what, table.names[1], wrong) for row in used]
    wrong.raise_any()
    said = [f"columns that are not used: {', '.join(table.unused)}"] if table.unused else []
    if len(rows) > len(used):
        said.append(f"{len(rows) - len(used)} of {len(rows)} rows are of other times than the mission's")
    begin, value = _in_order(np.array([row.wall for row in used]), np.array(numbers), said)
    if daily:
        days = np.arange(math.ceil(window.minutes / DAY_MIN))
        begin, value = (DAY_MIN * days[:, None] + begin).ravel(), np.tile(value, len(days))
    return Series(begin, value, tuple(f"{Path(file).name}: {one}" for one in said))


def _table(text: str, file: str, what: Quantity) -> Table:
    """The two columns. Raises `BadInput` where it is not plain which they are."""
    mark = delimiter_of(text.lstrip().split("\n", 1)[0])
    rows = list(cells_of(text, file, mark))
    names = [cell.strip() for cell in rows[0][1]] if rows else []
    bare = [re.sub("[^a-z0-9]", "", name.lower()) for name in names]
    times = [k for k, name in enumerate(bare) if TIMES.fullmatch(name)]
    values = [k for k, name in enumerate(bare) if what.column.fullmatch(name) and k not in times]
    for found, need in ((times, "time"), (values, what.unit)):
        if len(found) != 1:
            got = f"several columns for it: {', '.join(names[k] for k in found)}" if found else f"got {shown(names)}"
            fix = f"write time,{what.unit}; load is balanced over lines, so that those are summed"
            raise refusal(file, f"needs one column {quoted(need)} in its first line, {got}", fix)
    if len(rows) < 2:
        raise refusal(file, "holds no values", "write a time and a number in each row")
    at, of = times[0], values[0]
    cut = [line for line, cells in rows[1:] if len(cells) != len(names)]
    if cut:
        raise refusal(
            file, f"has not the {len(names)} cells of the first line", f"check the {quoted(mark)}", cut[0], "row"
        )
    comma = mark != ","
    cells = [(line, row[at].strip(), row[of].strip().replace(",", "." if comma else ",")) for line, row in rows[1:]]
    unused = tuple(name for k, name in enumerate(names) if k not in (at, of))
    return Table((names[at], names[of]), cells, unused)


def _dated(text: str) -> bool:
    return PLAIN_NUMBER.fullmatch(text) is None and CLOCK.fullmatch(text) is None


def _clock_rows(table: Table, window: Window, wrong: Complaints) -> list[Row]:
    """Rows whose times are those of any day."""
    rows = []
    for line, text, value in table.cells:
        minute = _minute(text)
        if minute is None or not 0 <= minute < DAY_MIN:
            wrong.add(line, table.names[0], f"must be a time of day like the rows above, got {shown(text)}", EXAMPLE)
        else:
            rows.append(Row(line, minute, minute, value))
    return _rising(rows, table.names[0], wrong)


def _minute(text: str) -> float | None:
    if CLOCK.fullmatch(text):
        hours, minutes, *seconds = (float(part) for part in text.split(":"))
        return 60 * hours + minutes + sum(seconds) / 60
    return float(text) if PLAIN_NUMBER.fullmatch(text) else None


def _dated_rows(table: Table, window: Window, wrong: Complaints) -> list[Row]:
    """Rows with dates, on the clock of the station's zone where that is known."""
    midnight, rows, offsets = datetime.combine(window.first, time()), [], set()
    for line, text, value in table.cells:
        try:
            if not _dated(text):
                raise ValueError(text)
            moment = datetime.fromisoformat(text)
            offsets.add(moment.utcoffset())
            moment = on_clock(moment, window.zone)
            wall = (moment.replace(tzinfo=None) - midnight) / timedelta(minutes=1)
            rows.append(Row(line, wall, wall if moment.tzinfo is None else moment.timestamp() / 60.0, value))
        except (ValueError, OverflowError):
            wrong.add(line, table.names[0], f"not a time: {shown(text)}", EXAMPLE)
    if None in offsets and len(offsets) > 1 and window.zone is None:
        wrong.add(
            table.cells[0][0], table.names[0], "some times have an offset from UTC, others none", "write it in all"
        )
        return []
    if offsets == {timedelta(0)} and window.zone is None:
        said = "the clock is UTC, as all stamps are (station.timezone gives the station's)"
        warnings.warn(f"{wrong.file}: {said}", stacklevel=2)
    return _rising(rows, table.names[0], wrong)


def _rising(rows: list[Row], column: str, wrong: Complaints) -> list[Row]:
    for before, row in pairwise(rows):
        if row.true <= before.true:
            fix = "sort the rows, each time once; where clocks are set back write 2019-11-03 01:30-07:00"
            wrong.add(row.line, column, "is not after the row before", fix)
    return rows


def _within(
    rows: Sequence[Row], window: Window, what: Quantity, column: str, wrong: Complaints, daily: bool
) -> Sequence[Row]:
    """The rows whose values hold in the window, which they must fill without a gap."""
    first = max((k for k, row in enumerate(rows) if row.wall <= 0), default=None)
    stop = next((k for k, row in enumerate(rows) if row.wall >= window.minutes), len(rows))
    name = (lambda minute: window.name(minute)[-5:]) if daily else window.name
    end, step = _end(rows, what), _step(rows)
    if first is None or end <= 0:
        there = f"{name(rows[0].wall)} to {name(rows[-1].wall)}"
        message = f"the times are {there}, the mission begins at {name(0.0)}"
        wrong.add(rows[0].line, column, message, "write a row for it, or times of day, which hold on any day")
        return ()
    used, near = rows[first:stop], rows[first : stop + 1]
    step = _step(near) if len(near) > 2 else step
    for before, row in pairwise(near):
        apart = row.true - before.true
        if not what.held and apart > step + ROUNDING_MIN:
            message = f"comes {apart:g} min after the row before, rows are {step:g} min apart"
            wrong.add(row.line, column, message, "write the rows that are missing")
    if end < window.minutes - ROUNDING_MIN:
        until = "24:00" if daily else name(window.minutes)
        message = f"the values end at {name(end)}, the mission's plan at {until}"
        wrong.add(used[-1].line, column, message, "write rows until then")
    return used


def _end(rows: Sequence[Row], what: Quantity) -> float:
    """Until when the last value holds: to midnight where somebody set it, else as long as most of them."""
    last = rows[-1].wall
    return math.floor(last / DAY_MIN + 1) * DAY_MIN if what.held else last + _step(rows[-100:])


def _step(rows: Sequence[Row]) -> float:
    """How far apart most rows are, minutes; a day where there is one row only."""
    apart = Counter(round(row.true - before.true, 6) for before, row in pairwise(rows))
    return max(apart, key=lambda step: (apart[step], -step), default=DAY_MIN)


def _number(row: Row, what: Quantity, column: str, wrong: Complaints) -> float:
    try:
        value = float(row.text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        wrong.add(row.line, column, f"must be a number, got {shown(row.text)}", f"{what.unit} from that time on")
    elif value < 0:
        wrong.add(row.line, column, f"must be >= 0, got {shown(row.text)}", "write 0, or what stands on the other side")
    elif value > what.most:
        wrong.add(row.line, column, f"must be <= {what.most:g}, got {shown(row.text)}", what.slip)
    return value


def _in_order(begin: Array, value: Array, said: list[str]) -> tuple[Array, Array]:
    """By the clock; where that is set back, what was read second."""
    if (np.diff(begin) > 0).all():
        return begin, value
    said.append("clocks are set back: of the hour that comes twice the second values hold")
    order = np.argsort(begin, kind="stable")
    last = np.append(np.diff(begin[order]) > 0, True)
    return begin[order][last], value[order][last]
