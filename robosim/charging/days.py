"""Which days of a file are wanted: one, several in a row, or all that it has."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

MOST_DAYS = 14
"""How many days one mission may have, and how long a session may last."""
ALL = "all"
BETWEEN = ".."


class Days(NamedTuple):
    """Days in a row, both ends included."""

    first: date
    last: date

    @property
    def number(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1

    def has(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first <= day <= self.last

    def __str__(self) -> str:
        """As a world file writes them.

        >>> str(days_of("2019-10-29")), str(days_of("20191029 .. 2019-10-30"))
        ('2019-10-29', '2019-10-29..2019-10-30')
        """
        return f"{self.first}" if self.first == self.last else f"{self.first}{BETWEEN}{self.last}"


def days_of(text: str) -> Days:
    """The days that a text names, in ISO form. Raises `ValueError` for what names none."""
    first, _, last = text.partition(BETWEEN)
    begin = date.fromisoformat(first.strip())
    return Days(begin, date.fromisoformat(last.strip()) if BETWEEN in text else begin)


def objection(days: Days) -> tuple[str, str] | None:
    """What is wrong with days in themselves, and the fix; None where nothing is."""
    if days.number < 1:
        return "ends before it begins", f'write "{Days(days.last, days.first)}"'
    if days.number > MOST_DAYS:
        return f"names {days.number} days, a mission has at most {MOST_DAYS}", f'for example "{fortnight(days)}"'
    return None


def fortnight(days: Days) -> Days:
    """As many of the days as a mission may have, from the first on."""
    return Days(days.first, min(days.last, days.first + timedelta(days=MOST_DAYS - 1)))
