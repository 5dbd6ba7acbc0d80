"""The charging sessions of one day: who comes when, leaves when, asks how much, and got how much."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.formats.reading import read, wanted_day
from robosim.charging.keys import MOST_DAYS
from robosim.charging.station.visits import Visit
from robosim.errors import BadInput
from robosim.files.complaint import refusal
from robosim.files.writing import shown

DAY_MIN = 24 * 60.0


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """N sessions; times in minutes since midnight of `day` where the station is, arrays are (N,).

    What really happened (`departure_min`, `delivered_kwh`, NaN where unknown) stands beside what the driver told
    (`stated_departure_min`, `asked_kwh`); where nobody told anything (`claimed` false) both are the same. Stays go on
    over midnight; those that were cut short, as a world file asks for, are `clipped`.
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
    day: str = ""
    """ISO date; "" for a day that never was."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def stay_h(self) -> Array:
        """How long each car is there, hours."""
        return (self.departure_min - self.arrival_min) / 60.0

    def periods(self, period_min: int) -> int:
        """How many periods there are from midnight of the day to its end, or to the last departure, true or stated."""
        last = max(self.departure_min.max(initial=DAY_MIN), self.stated_departure_min.max(initial=DAY_MIN))
        return int(np.ceil(last / period_min))

    def only(self, keep: NDArray[np.bool_]) -> Sessions:
        """The sessions where `keep` (N,) is true, for example `claimed`."""
        rows = np.flatnonzero(keep)
        kept: dict[str, Any] = {
            name: tuple(value[row] for row in rows) if isinstance(value, tuple) else value[rows]
            for name, value in vars(self).items()
            if name != "day"
        }
        return replace(self, **kept)


def read_sessions(
    path: str | Path, day: str | None = None, zone: ZoneInfo | None = None, cut_min: float | None = None
) -> Sessions:
    """The sessions that began on one day, in the order of the file.

    Parameters
    ----------
    path : a file in one of the formats of `robosim.charging.formats`, which may be compressed by gzip. A table of one's
        own needs the columns `arrival`, `departure` (ISO 8601) and `requested_kwh` or `requested_energy (kWh)`; it may
        have `delivered_kwh` or `delivered_energy (kWh)`, `estimated_departure`, `station_id`, `session_id`, `claimed`.
    day : the ISO date wanted; a file of a single day needs none.
    zone : the clock of the station; None is what the file says.
    cut_min : minutes after midnight at which stays end at the latest; None cuts nobody's.

    Raises
    ------
    BadInput
        Every error in the rows of that day, one a line: `file:line: column: message (fix)`.
    TooLarge
        More than 100 MB.
    """
    reading = read(path, zone)
    if reading.told.doubt:
        warnings.warn(f"{path}: {reading.told.doubt}", stacklevel=2)
    wanted = wanted_day(reading, None if day is None else iso_date(day))
    return on_day(reading.on(wanted), wanted, str(path), cut_min)


def on_day(visits: Sequence[Visit], day: date, file: str, cut_min: float | None = None) -> Sessions:
    """Sessions that all began on `day`, from `file`. Raises `BadInput` for one that lasts longer than `MOST_DAYS`."""
    arrival = np.array([visit.arrival_min for visit in visits], dtype=np.float64)
    departure = arrival + np.array([visit.stay_min for visit in visits], dtype=np.float64)
    stated = arrival + np.array([visit.stated_stay_min for visit in visits], dtype=np.float64)
    end = MOST_DAYS * DAY_MIN if cut_min is None else cut_min
    for column, ends in (("departure", departure), ("estimated_departure", stated)):
        late = np.flatnonzero(ends > MOST_DAYS * DAY_MIN)
        if cut_min is None and late.size:
            days = ends[late[0]] / DAY_MIN
            message = f"{days:.3g} days after the day began, sessions of a mission last at most {MOST_DAYS}"
            raise refusal(file, message, "station.cut_h ends stays earlier", visits[late[0]].line, column)
    return Sessions(
        arrival_min=arrival,
        departure_min=np.maximum(np.minimum(departure, end), arrival),
        stated_departure_min=np.maximum(np.minimum(stated, end), arrival),
        asked_kwh=np.array([visit.asked_kwh for visit in visits], dtype=np.float64),
        delivered_kwh=np.array([visit.delivered_kwh for visit in visits], dtype=np.float64),
        claimed=np.array([visit.claimed for visit in visits], dtype=np.bool_),
        clipped=departure > end,
        stations=tuple(visit.station for visit in visits),
        ids=tuple(visit.session for visit in visits),
        places=tuple(f"{file}:{visit.line}" for visit in visits),
        day=day.isoformat(),
    )


def iso_date(text: str) -> date:
    """The date that an option or a key names; raises `BadInput`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"day: not a date: {shown(text)} (write for example 2019-10-29)") from None
