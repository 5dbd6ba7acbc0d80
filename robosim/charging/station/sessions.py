"""The charging sessions of some days: who comes when, leaves when, asks how much, and got how much."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.days import MOST_DAYS, Days
from robosim.charging.formats.dialects import Names
from robosim.charging.formats.reading import Reading, read, wanted_days
from robosim.charging.station.visits import Visit
from robosim.files.complaint import refusal

DAY_MIN = 24 * 60.0
ROUNDING = 1 + 1e-9
"""So much more than can be had is no wish for more."""


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """N sessions; times in minutes since midnight of `day`, the first, where the station is, arrays are (N,).

    What really happened (`departure_min`, `delivered_kwh`, NaN where unknown) stands beside what the driver told
    (`stated_departure_min`, `asked_kwh`); where nobody told anything (`claimed` false) both are the same. Stays go on
    over midnight; those that were cut short, as a world file asks for, are `clipped`, and `capped_kwh` is by how much
    less is wanted than was written, where that cannot be had. Of cars there is what the file says: `battery_kwh`, the
    state of charge at the arrival, and the largest power, `max_kw`.
    """

    arrival_min: Array
    departure_min: Array
    stated_departure_min: Array
    asked_kwh: Array
    delivered_kwh: Array
    claimed: NDArray[np.bool_]
    clipped: NDArray[np.bool_]
    stations: tuple[str, ...]
    ids: tuple[str, ...]
    places: tuple[str, ...]
    """Where each session was read, as `file:line`."""
    battery_kwh: Array
    soc: Array
    max_kw: Array
    """NaN where nothing is said."""
    capped_kwh: Array
    day: str = ""
    """ISO date; "" for a day that never was."""
    days: int = 1
    """How many there are, from that one on."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def stay_h(self) -> Array:
        """How long each car is there, hours."""
        return (self.departure_min - self.arrival_min) / 60.0

    def periods(self, period_min: int) -> int:
        """How many there are from the first midnight to the end of the days, or the last departure, true or stated."""
        end = self.days * DAY_MIN
        last = max(self.departure_min.max(initial=end), self.stated_departure_min.max(initial=end))
        return int(np.ceil(last / period_min))

    def only(self, keep: NDArray[np.bool_]) -> Sessions:
        """The sessions where `keep` (N,) is true, for example `claimed`."""
        rows = np.flatnonzero(keep)
        kept: dict[str, Any] = {
            name: tuple(value[row] for row in rows) if isinstance(value, tuple) else value[rows]
            for name, value in vars(self).items()
            if name not in ("day", "days")
        }
        return replace(self, **kept)

    def capped(self, possible_kwh: Array, wanted_kwh: Array) -> Sessions:
        """The same sessions, where those who want more than they can have neither ask for more nor get it, all (N,)."""
        over = wanted_kwh > possible_kwh * ROUNDING
        most = np.where(over, possible_kwh, np.inf)
        return replace(
            self,
            asked_kwh=np.minimum(self.asked_kwh, most),
            delivered_kwh=np.minimum(self.delivered_kwh, most),
            capped_kwh=np.where(over, wanted_kwh - possible_kwh, 0.0),
        )


def read_sessions(
    path: str | Path,
    day: str | None = None,
    zone: ZoneInfo | None = None,
    cut_min: float | None = None,
    names: Names | None = None,
) -> Sessions:
    """The sessions that began on some days, in the order of the file.

    Parameters
    ----------
    path : a file in one of the formats of `robosim.charging.formats`, which may be compressed by gzip, or a workbook.
        docs/sessions.md has the columns of a table of one's own.
    day : the ISO date wanted, two of them as "2019-10-28..2019-10-30", or "all"; a file of a single day needs none.
    zone : the clock of the station; None is what the file says.
    cut_min : minutes after midnight of its day at which a stay ends at the latest; None cuts nobody's.
    names : how a table's columns are called, by robosim's names.

    Raises
    ------
    BadInput
        Every error in the rows of those days, one a line: `file:line: column: message (fix)`.
    TooLarge
        More than 100 MB.
    """
    reading = read(path, zone, names)
    wanted = wanted_days(reading, day)
    return sessions_on(wanted, [reading], cut_min)


def sessions_on(days: Days, readings: Sequence[Reading], cut_min: float | None = None) -> Sessions:
    """The sessions of those days in one file or several, saying what is doubtful of each.

    Raises `BadInput` as `read_sessions`, and for a session that lasts longer than `MOST_DAYS`.
    """
    found = [(reading.file, visit) for reading in readings for visit in reading.on(days)]
    for reading in readings:
        for doubt in reading.told.doubts:
            warnings.warn(f"{reading.file}: {doubt}", stacklevel=3)
    visits = [visit for _, visit in found]
    begin = DAY_MIN * _numbers((visit.day - days.first).days for visit in visits)
    arrival = begin + _numbers(visit.arrival_min for visit in visits)
    departure = arrival + _numbers(visit.stay_min for visit in visits)
    stated = arrival + _numbers(visit.stated_stay_min for visit in visits)
    if cut_min is None:
        _refuse_endless(found, departure - begin, "departure")
        _refuse_endless(found, stated - begin, "estimated_departure")
    end = begin + (MOST_DAYS * DAY_MIN if cut_min is None else cut_min)
    return Sessions(
        arrival_min=arrival,
        departure_min=np.maximum(np.minimum(departure, end), arrival),
        stated_departure_min=np.maximum(np.minimum(stated, end), arrival),
        asked_kwh=_numbers(visit.asked_kwh for visit in visits),
        delivered_kwh=_numbers(visit.delivered_kwh for visit in visits),
        claimed=np.array([visit.claimed for visit in visits], dtype=np.bool_),
        clipped=departure > end,
        stations=tuple(visit.station for visit in visits),
        ids=tuple(visit.session for visit in visits),
        places=tuple(f"{file}:{visit.line}" for file, visit in found),
        battery_kwh=_numbers(visit.car.battery_kwh for visit in visits),
        soc=_numbers(visit.car.soc for visit in visits),
        max_kw=_numbers(visit.car.max_kw for visit in visits),
        capped_kwh=np.zeros(len(visits)),
        day=days.first.isoformat(),
        days=days.number,
    )


def _numbers(values: Iterable[float]) -> Array:
    return np.array(list(values), dtype=np.float64)


def _refuse_endless(found: Sequence[tuple[str, Visit]], ends_min: Array, column: str) -> None:
    """Refuse stays that end too long after midnight of the day on which they began, (N,) minutes."""
    late = np.flatnonzero(ends_min > MOST_DAYS * DAY_MIN)
    if late.size:
        file, visit = found[late[0]]
        days = ends_min[late[0]] / DAY_MIN
        message = f"{days:.3g} days after the day began, sessions of a mission last at most {MOST_DAYS}"
        raise refusal(file, message, "station.cut_h ends stays earlier", visit.line, column)
