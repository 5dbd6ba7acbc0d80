"""One row of a session file, whatever its format: checked by itself, in minutes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Protocol

from robosim.files.complaint import Complaints
from robosim.files.writing import plain_name, shown

LARGEST_KWH = 10_000.0
"""More than any battery on wheels; watt-hours by mistake are caught by it."""
MINUTE = timedelta(minutes=1)


class CarTold(NamedTuple):
    """What a row says of its car, NaN where it says nothing: a share of a full battery, kWh, kW."""

    battery_kwh: float = math.nan
    soc: float = math.nan
    max_kw: float = math.nan


NOTHING_TOLD = CarTold()
OF_A_CAR = {"battery": (0.1, LARGEST_KWH, " kWh"), "soc": (0.0, 100.0, ""), "power": (0.01, 1000.0, " kW")}
"""Between what each lies, and its unit; watts and watt-hours by mistake are beyond."""


class Visit(NamedTuple):
    """A session as its row says; `arrival_min` counts from midnight of `day`, where the station is."""

    line: int
    day: date
    arrival_min: float
    stay_min: float
    stated_stay_min: float
    asked_kwh: float
    delivered_kwh: float
    station: str
    session: str
    claimed: bool
    car: CarTold = NOTHING_TOLD


class Row(Protocol):
    """A row that is being read; each method notes what is wrong under the column's own name and returns None then."""

    line: int

    def time(self, field: str) -> datetime | None:
        """A moment: `arrival`, `departure`, or `stated`, None where the driver said nothing."""
        ...

    def energy(self, field: str) -> float | None:
        """Kilowatt-hours: `asked` or `delivered`, NaN where nothing is known."""
        ...

    def text(self, field: str) -> str:
        """`station` or `session`, "" where nothing is known."""
        ...

    def claimed(self) -> bool:
        """A driver has told departure and energy."""
        ...

    def car(self) -> CarTold:
        """What the row says of the car itself."""
        ...

    def complain(self, field: str, message: str, fix: str) -> None:
        """Note an error in a field."""
        ...

    def faults(self) -> int:
        """How many errors were noted so far, in this row and those before."""
        ...


def visit(row: Row) -> Visit | None:
    """The session in a row, None when something is wrong with it.

    Who told nothing is taken to have told what happened.
    Lengths are true elapsed time, so that a night in which the clocks change makes nobody depart before arriving.
    """
    before = row.faults()
    arrival, departure, stated = row.time("arrival"), row.time("departure"), row.time("stated")
    asked, delivered, claimed, car = row.energy("asked"), row.energy("delivered"), row.claimed(), row.car()
    stay = _minutes(row, "departure", arrival, departure)
    stated_stay = stay if stated is None else _minutes(row, "stated", arrival, stated)
    if row.faults() > before or arrival is None or stay is None or stated_stay is None:
        return None
    if asked is None or delivered is None:
        return None
    if math.isnan(asked) and math.isnan(delivered):
        row.complain("asked", "nothing asked and nothing delivered", "write kWh, for example 12.5")
        return None
    minute = arrival.hour * 60 + arrival.minute + (arrival.second + arrival.microsecond * 1e-6) / 60
    return Visit(
        row.line,
        arrival.date(),
        minute,
        stay,
        stated_stay,
        delivered if math.isnan(asked) else asked,
        delivered,
        plain_name(row.text("station")),
        plain_name(row.text("session")) or f"line {row.line}",
        claimed,
        car,
    )


def _minutes(row: Row, field: str, arrival: datetime | None, end: datetime | None) -> float | None:
    if arrival is None or end is None:
        return None
    if (arrival.tzinfo is None) != (end.tzinfo is None):
        row.complain(field, "has a UTC offset and the arrival has none, or the reverse", "write both in the same way")
        return None
    if arrival.tzinfo is not None:  # two times of one zone are subtracted as its clock shows them, not as time passes
        arrival, end = arrival.astimezone(UTC), end.astimezone(UTC)
    minutes = (end - arrival) / MINUTE
    if minutes < 0:
        row.complain(field, f"{-minutes:.4g} min before the arrival", "correct one of the two times")
        return None
    return minutes


def energy_kwh(row: Row, field: str, value: object) -> float | None:
    """A number of kilowatt-hours that can be one."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None:
        row.complain(field, f"not a number: {shown(value)}", "write kWh, for example 12.5")
    elif not 0 <= number <= LARGEST_KWH:
        rule = f"must be between 0 and {LARGEST_KWH:g} kWh, got {shown(value)}"
        row.complain(field, rule, "write kWh, for example 12.5")
    else:
        return number
    return None


def of_a_car(row: Row, field: str, text: str) -> float:
    """A number about the car, NaN for what can be none, which is noted."""
    least, most, unit = OF_A_CAR[field]
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if least <= number <= most:
        return number
    row.complain(field, f"must be between {least:g} and {most:g}{unit}, got {shown(text)}", "or leave the cell empty")
    return math.nan


def distinct(visits: Iterable[Visit], column: str, complaints: Complaints) -> list[Visit]:
    """The visits as they are; a second session of the same id is noted under `column`."""
    first: dict[str, int] = {}
    found = list(visits)
    for session in found:
        if session.session in first:
            message = f"{shown(session.session)} stands in line {first[session.session]} already"
            complaints.add(session.line, column, message, "delete one of the two")
        first.setdefault(session.session, session.line)
    return found
