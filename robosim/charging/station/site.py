"""Sites: stations, the currents that they can be told to allow, the wires that feed them, and which car stands where.

Sources: SAE J1772 (a pilot below 6 A means no charging); level tables as in acnportal (BSD-3, models/evse.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.station.feeder import Feeder, single_limit
from robosim.charging.station.sessions import Sessions
from robosim.errors import BadInput
from robosim.files.complaint import AT_MOST
from robosim.files.writing import printable, shown, suggestion

CONTINUOUS, DEADBAND, LEVELS = 0, 1, 2
SLACK = 1.0 + 1e-12
"""A level is allowed from this fraction below it, so that turning kW into amperes never costs a level."""


class EvseKind(NamedTuple):
    """What one make of station can do; `levels_a` only for `LEVELS`, rising from 0."""

    code: int
    min_a: float
    max_a: float
    levels_a: tuple[float, ...] = ()

    def limited(self, max_a: float) -> EvseKind:
        """The same make behind a breaker."""
        levels = tuple(level for level in self.levels_a if level <= max_a)
        return EvseKind(self.code, self.min_a, levels[-1] if levels else min(self.max_a, max_a), levels)


KINDS = {
    "continuous": EvseKind(CONTINUOUS, 0.0, 32.0),
    "deadband": EvseKind(DEADBAND, 6.0, 32.0),
    "aerovironment": EvseKind(LEVELS, 6.0, 32.0, (0.0, *(float(level) for level in range(6, 33)))),
    "clippercreek": EvseKind(LEVELS, 8.0, 32.0, (0.0, 8.0, 16.0, 24.0, 32.0)),
}


@dataclass(frozen=True, kw_only=True)
class Evses:
    """n stations: `kind` (n,) codes, `min_a`, `max_a` (n,) A, `voltage_v` (n,), and the tables of levels.

    A current of 1 A draws `voltage_v` watts: for three balanced phases that is √3 times the line voltage. `table` (n,)
    is the row of `levels_a` (tables, longest), filled up with inf; row 0 is for stations without levels.
    """

    ids: tuple[str, ...]
    kind: NDArray[np.int8]
    min_a: Array
    max_a: Array
    voltage_v: Array
    table: NDArray[np.int32]
    levels_a: Array

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def max_kw(self) -> Array:
        """The most that each station delivers, (n,) kW."""
        return self.max_a * self.voltage_v / 1000.0


def evses(ids: Sequence[str], kinds: str | Sequence[str], *, voltage_v: float = 208.0, max_a: float = 32.0) -> Evses:
    """Stations by name of their kind (one for all, or one each), limited to `max_a` amperes.

    Raises
    ------
    BadInput
        An unknown kind, or a limit below the least current of a kind.
    """
    names = [kinds] * len(ids) if isinstance(kinds, str) else list(kinds)
    made = {name: _kind(name, max_a) for name in dict.fromkeys(names)}
    tables = list(dict.fromkeys([(), *(kind.levels_a for kind in made.values())]))
    longest = max(1, *(len(levels) for levels in tables))
    return Evses(
        ids=tuple(ids),
        kind=np.array([made[name].code for name in names], dtype=np.int8),
        min_a=np.array([made[name].min_a for name in names], dtype=np.float64),
        max_a=np.array([made[name].max_a for name in names], dtype=np.float64),
        voltage_v=np.full(len(names), voltage_v),
        table=np.array([tables.index(made[name].levels_a) for name in names], dtype=np.int32),
        levels_a=np.array([levels + (np.inf,) * (longest - len(levels)) for levels in tables]),
    )


def allowed_current(asked_a: Array, stations: Evses) -> Array:
    """The largest current that each station can be told to allow and that is not above the asked one, (…, n) A.

    What is not a positive number gives 0. Within a relative 1e-12 below a level counts as that level.
    """
    asked = np.where(asked_a > 0.0, asked_a, 0.0)  # also for NaN, which must never open a station
    allowed = np.minimum(asked, stations.max_a)
    below = asked * SLACK < stations.min_a
    allowed = np.where(stations.kind == DEADBAND, np.where(below, 0.0, np.maximum(allowed, stations.min_a)), allowed)
    for row, levels in enumerate(stations.levels_a):
        here = np.flatnonzero((stations.kind == LEVELS) & (stations.table == row))
        if here.size:
            allowed[..., here] = levels[np.searchsorted(levels, allowed[..., here] * SLACK, side="right") - 1]
    return allowed


def _kind(name: str, max_a: float) -> EvseKind:
    if name not in KINDS:
        fix = suggestion(name, KINDS, f"known: {', '.join(KINDS)}")
        raise BadInput(f"evse: unknown kind {shown(name)} ({fix})")
    if not KINDS[name].min_a <= max_a < np.inf:
        raise BadInput(f"evse: a limit of {max_a:g} A (kind {name!r} needs {KINDS[name].min_a:g} A or more)")
    return KINDS[name].limited(max_a)


@dataclass(frozen=True, kw_only=True)
class Site:
    """n stations behind one feeder."""

    name: str
    evses: Evses
    feeder: Feeder


def plain_site(
    count: int, limit_kw: float, kind: str = "continuous", *, voltage_v: float = 208.0, max_a: float = 32.0
) -> Site:
    """`count` equal stations behind one limit on their sum."""
    ids = [f"EVSE-{number:0{len(str(count))}d}" for number in range(1, count + 1)]
    return Site(
        name="plain",
        evses=evses(ids, kind, voltage_v=voltage_v, max_a=max_a),
        feeder=single_limit(limit_kw * 1000.0 / voltage_v, count),
    )


# The Caltech Adaptive Charging Network: station numbers by the pair of phases that feeds them.
CLIPPERCREEK_POD = (322, 493, 496, 320, 495, 321, 323, 494)
AEROVIRONMENT_POD = (324, 325, 326, 327, 489, 490, 491, 492)
AB = (308, 508, 303, 513, 310, 506, 316, 500, 318, 498, *AEROVIRONMENT_POD, *CLIPPERCREEK_POD)
BC = (304, 512, 305, 511, 313, 503, 311, 505, 317, 499, 148, 149, 212, 213)
CA = (307, 509, 309, 507, 306, 510, 315, 501, 319, 497, 312, 504, 314, 502)
NUMBERS = (*AB, *BC, *CA)
PHASE_DEG = {AB: 30.0, BC: -90.0, CA: 150.0}
POD_A = 80.0
PRIMARY_V, SECONDARY_V = 277.0, 120.0
TURNS = 4.0
"""I2a = (I3a - I3c) / 4 between the two sides of the delta-wye transformer."""


def caltech_site(transformer_kw: float = 150.0, kind: str | None = None) -> Site:
    """The garage at Caltech: 54 stations of 208 V, two pods of eight at 80 A, a delta-wye transformer.

    Stations, phases and limits are those of acnportal 0.3.3 (BSD-3, acnsim/network/sites/caltech_acn.py), described in
    Lee, Li, Low (e-Energy 2019). `kind` puts one kind of station in place of AeroVironment and ClipperCreek.
    """
    kinds = [kind or ("clippercreek" if number in CLIPPERCREEK_POD else "aerovironment") for number in NUMBERS]
    phase = np.radians([degrees for numbers, degrees in PHASE_DEG.items() for _ in numbers])
    rows = _caltech_rows()
    secondary, primary = (transformer_kw * 1000.0 / 3.0 / volt for volt in (SECONDARY_V, PRIMARY_V))
    limits = [POD_A] * 2 + [secondary] * 3 + [primary] * 3
    feeder = Feeder(matrix=np.array(list(rows.values())), limit_a=np.array(limits), phase_rad=phase, names=tuple(rows))
    return Site(name="caltech", evses=evses([f"CA-{number}" for number in NUMBERS], kinds), feeder=feeder)


def _caltech_rows() -> dict[str, Array]:
    """A, row by row: line currents of the secondary are differences of the currents between its phases."""
    ab, bc, ca = _among(AB), _among(BC), _among(CA)
    a, b, c = ab - ca, bc - ab, ca - bc
    return {
        "CC pod": _among(CLIPPERCREEK_POD),
        "AV pod": _among(AEROVIRONMENT_POD),
        "secondary A": a,
        "secondary B": b,
        "secondary C": c,
        "primary A": (a - c) / TURNS,
        "primary B": (b - a) / TURNS,
        "primary C": (c - b) / TURNS,
    }


def _among(numbers: tuple[int, ...]) -> Array:
    return np.isin(NUMBERS, numbers).astype(np.float64)


NOBODY = -1.0


class FreeStations:
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
    spaces = FreeStations(site.evses.ids)
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
