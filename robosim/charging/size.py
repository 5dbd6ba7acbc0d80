"""How many sessions and days a file seems to have, counted before it is read: for the memory that it would take."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from robosim.charging.days import ALL, MOST_DAYS, Days, days_of

LARGEST = 100 * 10**6
"""Bytes of a table that are looked at; larger ones are refused when they are read."""
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
UNKNOWN = 200
"""Sessions of a day that cannot be counted from outside; a large site has fewer."""


class Size(NamedTuple):
    """How many sessions, on how many days."""

    sessions: int
    days: int = 1


def size_of(path: Path | None, day: str | None, arrival: str = "arrival") -> Size:
    """As many rows as a table has on the days that are wanted; of JSON and what cannot be read, a guess.

    `arrival` is what the column of arrivals is called.
    """
    try:
        if path is None or not path.is_file():
            return _most(day)
        found = path.stat()
        return _counted(path, found.st_size, found.st_mtime_ns, day, arrival)
    except (OSError, ValueError, EOFError, zlib.error):  # ValueError: a NUL in the path, or no table
        return _most(day)


def _most(wanted: str | None, rows: int | None = None) -> Size:
    """What a guess is: so many sessions a day, where rows are counted no more than these."""
    days = 1 if wanted is None or wanted == ALL else days_of(wanted).number
    return Size(UNKNOWN * days if rows is None else min(UNKNOWN * days, rows), days)


@lru_cache(maxsize=8)
def _counted(path: Path, size: int, written_ns: int, day: str | None, arrival: str) -> Size:
    """`rows_of_days`, once while the file stays as it is."""
    return rows_of_days(_table(path), day, arrival)


def rows_of_days(text: str, wanted: str | None, arrival: str = "arrival") -> Size:
    """How many rows of a table arrive on the days wanted; where none are named, on the day with most of them.

    Where arrivals are no ISO dates it is a guess, no more than there are rows.

    >>> table = "arrival,x\\n2019-10-29 08:00,1\\n2019-10-29 09:00,2\\n2019-10-30 08:00,3\\n"
    >>> rows_of_days(table, None), rows_of_days(table, "2019-10-30..2019-10-31"), rows_of_days(table, "all")
    (Size(sessions=2, days=1), Size(sessions=1, days=2), Size(sessions=3, days=2))
    """
    header = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=header.count))
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        column = names.index(arrival.lower()) if arrival.lower() in names else len(names)
        cells = [row[column] if len(row) > column else "" for row in rows if row]
    except csv.Error as problem:
        raise ValueError(problem) from None
    days = [day for cell in cells if (day := _day(cell)) is not None]
    return _on(Counter(days), wanted) if days else _most(wanted, len(cells))


def _on(arrivals: Counter[date], wanted: str | None) -> Size:
    there = Days(min(arrivals), max(arrivals))
    days = there if wanted is None or wanted == ALL else days_of(wanted)
    if wanted is None or days.number > MOST_DAYS:  # which is refused when the file is read
        return Size(max(arrivals.values()))
    return Size(sum(number for day, number in arrivals.items() if days.has(day)), days.number)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _table(path: Path) -> str:
    """The text of a table, packed or not. Raises `ValueError` for JSON and workbooks."""
    with path.open("rb") as file:
        begin = file.read(len(ZIP))
        file.seek(0)
        packed = begin.startswith(GZIP)
        content = gzip.GzipFile(fileobj=file).read(LARGEST) if packed else file.read(LARGEST)
    text = content.decode("utf-8-sig", errors="replace")
    if begin == ZIP or text.lstrip()[:1] in ("{", "["):
        raise ValueError("no table")
    return text
