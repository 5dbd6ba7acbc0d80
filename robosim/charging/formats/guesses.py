"""What is guessed of a table of one's own: what separates its columns, how its times are written, per cent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from robosim.charging.formats.dialects import ABBREVIATED, parsed
from robosim.files.writing import shown

LOOKED_AT = 200
"""Rows, evenly spread over the table, that a form of times is judged by."""
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
FORMS = {
    "day/month/year": ("%d/%m/%Y", "%d/%m/%y"),
    "month/day/year": ("%m/%d/%Y", "%m/%d/%y"),
    "day.month.year": ("%d.%m.%Y", "%d.%m.%y"),
    "day-month-year": ("%d-%m-%Y",),
    "month-day-year": ("%m-%d-%Y",),
    "year/month/day": ("%Y/%m/%d",),
    "day month year": ("%d %b %Y", "%d %B %Y"),
}
"""How people write dates where they do not write ISO 8601; a time of day follows."""


class Times(NamedTuple):
    """How times are written: strptime formats (none: ISO 8601), what is said of it, and what may well be wrong."""

    formats: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class _Fit(NamedTuple):
    """How well a form fits; the least is best: times not read, the length of all stays, from first to last arrival."""

    unread: int
    stays: timedelta
    span: timedelta
    form: str


def delimiter_of(header: str) -> str:
    """What separates the columns: commas, or where there are none semicolons or tabs.

    >>> delimiter_of("Start;End"), delimiter_of("Start,End;x"), delimiter_of("Start")
    (';', ',', ',')
    """
    return next((mark for mark in ",;\t" if mark in header), ",")


def times_of(stays: Sequence[tuple[str, str]]) -> Times:
    """How the times of a table are written, from (arrival, departure) of its rows as texts.

    ISO 8601 where a single arrival is, as then the others are errors. Otherwise the form that reads most rows; of
    several that read as many the one in which stays are shortest, and then the one with the fewest days between first
    and last arrival: who reads months as days makes a month of a night, and scatters a week over a year.
    """
    some = stays[:: max(1, len(stays) // LOOKED_AT)]
    if any(_iso(arrival) for arrival, _ in some):
        return Times()
    fits = sorted(fit for form in FORMS if (fit := _fit(form, some)).unread < len(some))
    if not fits:
        return Times()
    best, also = fits[0], [fit for fit in fits[1:] if fit.unread == fits[0].unread]
    said = f"times are read as {best.form}, as in {shown(some[0][0])}"
    if not also:
        return Times(formats(best.form), (said,))
    return Times(formats(best.form), (), (f"{said}; {also[0].form} fits too (write dates as 2019-10-29)",))


def formats(form: str) -> tuple[str, ...]:
    """The strptime formats of a form."""
    return tuple(f"{day} {clock}" for day in FORMS[form] for clock in CLOCKS)


def _fit(form: str, stays: Sequence[tuple[str, str]]) -> _Fit:
    known = formats(form)
    read = [(parsed(_bare(arrival), known), parsed(_bare(departure), known)) for arrival, departure in stays]
    whole = [(arrival, departure) for arrival, departure in read if arrival is not None and departure is not None]
    arrivals = [arrival for arrival, _ in whole]
    length = sum((abs(departure - arrival) for arrival, departure in whole), timedelta())
    span = max(arrivals) - min(arrivals) if arrivals else timedelta()
    return _Fit(len(stays) - len(whole), length, span, form)


def _bare(text: str) -> str:
    """Without the zone's abbreviation."""
    words, _, last = text.rpartition(" ")
    return words if last in ABBREVIATED else text


def _iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def in_percent(values: Sequence[str]) -> bool:
    """Whether states of charge are in per cent: a number above 1 is none otherwise.

    >>> in_percent(["0.2", "", "1"]), in_percent(["0.8", "35"]), in_percent(["1 %"])
    (False, True, True)
    """
    return any("%" in text or _number(text) > 1 for text in values)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return 0.0
