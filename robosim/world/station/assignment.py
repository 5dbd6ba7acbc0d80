"""Which car stands at which station: a car keeps the station of its data where it can."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from robosim.errors import BadInput
from robosim.world.station.complaints import AT_MOST, printable, shown
from robosim.world.station.sessions import Sessions
from robosim.world.station.site import Site

NOBODY = -1.0


class Spaces:
    """The stations of a site as time goes on; a station is free from the minute of a departure."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        self._number = {name: number for number, name in enumerate(ids)}
        self._rank = sorted(range(len(ids)), key=lambda number: ids[number])
        self._busy = [False] * len(ids)
        self._free = [(rank, number) for rank, number in enumerate(self._rank)]
        self._rank_of = {number: rank for rank, number in self._free}
        self._leaving: list[tuple[float, int]] = []

    def take(self, name: str, arrival_min: float, departure_min: float) -> int | None:
        """The number of the named station if it is free and known, else of the first free one by name, else None."""
        self._release(arrival_min)
        number = self._number.get(name)
        if number is None or self._busy[number]:
            number = self._first_free()
        if number is not None:
            self._busy[number] = True
            heapq.heappush(self._leaving, (departure_min, number))
        return number

    def _release(self, minute: float) -> None:
        while self._leaving and self._leaving[0][0] <= minute:
            _, number = heapq.heappop(self._leaving)
            self._busy[number] = False
            heapq.heappush(self._free, (self._rank_of[number], number))

    def _first_free(self) -> int | None:
        """Entries of stations that were taken by name are stale: skipped here, put back on release."""
        while self._free:
            _, number = heapq.heappop(self._free)
            if not self._busy[number]:
                return number
        return None


def assign(sessions: Sessions, site: Site) -> NDArray[np.int32]:
    """The index of each session's station, (N,).

    Cars come in the order of their arrival (then of the file). A car takes its own station if the site knows it and it
    is free, else the first free one by name.

    Raises
    ------
    BadInput
        At an arrival every station is taken; each such session with its place.
    """
    spaces = Spaces(site.evses.ids)
    found = np.full(len(sessions), -1, dtype=np.int32)
    for row in np.argsort(sessions.arrival_min, kind="stable"):
        stay = float(sessions.arrival_min[row]), float(sessions.departure_min[row])
        number = spaces.take(sessions.stations[row], *stay)
        if number is not None:
            found[row] = number
    _refuse_homeless(sessions, site, np.flatnonzero(found < 0))
    return found


def _refuse_homeless(sessions: Sessions, site: Site, rows: NDArray[np.int64]) -> None:
    if not rows.size:
        return
    fix = f"all {len(site.evses)} of site {site.name!r} are taken: name a larger site or delete sessions"
    lines = [
        f"{sessions.places[row]}: station_id: no station is free at {_clock(sessions.arrival_min[row])} for "
        f"session {shown(sessions.ids[row])} ({fix})"
        for row in rows[:AT_MOST]
    ]
    if rows.size > AT_MOST:
        lines.append(
            f"{sessions.places[rows[AT_MOST]]}: file: {rows.size - AT_MOST} more sessions without a station "
            "(name a larger site)"
        )
    raise BadInput("\n".join(map(printable, lines)))


def _clock(minute: float) -> str:
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"
