"""How much memory a station's world takes, from a handful of numbers, before anything is allocated."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from robosim.scenario.station_values import DRAWN
from robosim.scenario.world_file import Need

if TYPE_CHECKING:
    from robosim.scenario.station_world import StationScenario

BYTES_PER_SESSION = 2000
"""Type, state and names of one EV."""
BYTES_PER_NUMBER = 8
COPIES = 10
"""Arrays as large as a plan: what is said and heard, the answer and its buffers, projection and price update."""
BYTES_PER_ROW = 60
"""Of a table of sessions, at least."""
UNKNOWN = 200
"""Sessions of a day that cannot be counted from outside; a large site has fewer."""


def needs(world: StationScenario, sessions: int | None = None) -> tuple[Need, Need]:
    """The recorded rounds and what is at work in one: under the VCG tax also N problems without one EV each.

    `sessions` replaces the estimate of how many there are, once they are read.
    """
    count = _sessions(world) if sessions is None else sessions
    rounds, periods = world.mission.rounds, world.station.periods
    kept = rounds // world.record.every + 2
    what = f"{count} sessions x {periods} periods"
    many = "station.count" if world.station.sessions == DRAWN else "station.sessions"
    problems = count + 1 if world.leader.tax == "vcg" else 1
    record = Need(
        many if count >= rounds else "mission.rounds",
        f"{what} x {rounds} rounds",
        "fewer sessions or rounds, or record.every",
        count * BYTES_PER_SESSION + (count + _rows(world)) * periods * kept * BYTES_PER_NUMBER,
    )
    work = Need(
        many,
        f"{problems} problems of {what}" if problems > 1 else what,
        'fewer sessions, or leader.tax = "clearing-price"' if problems > 1 else "fewer sessions",
        problems * count * periods * COPIES * BYTES_PER_NUMBER,
    )
    return record, work


def _sessions(world: StationScenario) -> int:
    """As drawn; else by the size of a table, which may be compressed, JSON, or hold more days than the one wanted."""
    station, path = world.station, world.file_of("sessions")
    if station.sessions == DRAWN:
        return station.count
    if path is None or path.suffix != ".csv":
        return UNKNOWN
    try:
        rows = os.stat(path).st_size // BYTES_PER_ROW
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return UNKNOWN
    return rows if station.day is None else min(rows, UNKNOWN)


def _rows(world: StationScenario) -> int:
    """About how many limits have a price: at Caltech two pods, and six lines with phasors in a quarter of a circle."""
    return 1 if world.station.site == "plain" else 2 + 3 * world.station.polygon_sides // 2
