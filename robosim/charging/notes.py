"""What should be known beside a day of charging: who knows what, whose stays and wishes were cut, who was moved."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.mission import BuiltDay
from robosim.charging.station.pilots import Givable, givable
from robosim.charging.station.sessions import ROUNDING

CLAIRVOYANT = (
    'clairvoyant: planned day-ahead by somebody who knows who will come (mission.planning = "online" does without)'
)
ROOM = (
    "agreements leave room for who may yet come: a kWh of a full feeder an hour ahead counts {0:g} $ on top, which "
    "nobody pays (station.room_dollars_per_kwh_h; 0 where nobody else is expected)"
)
NAMED = 3
"""Cars that are named; the others are counted."""


def notes(mission: Any) -> list[str]:
    """A line for each, about a `Charging` or an `OnlineCharging`."""
    ahead = mission.scenario.mission.planning == "day-ahead"
    about_cars = (*_cut(mission), *_capped(mission), *_moved(mission), *beyond_pilots(mission.day))
    room = [] if ahead or mission.day.room == 0.0 else [ROOM.format(mission.day.room)]
    return [*([CLAIRVOYANT] if ahead else room), *about_cars, *mission.day.said]


def beyond_pilots(day: BuiltDay) -> list[str]:
    """Wishes that no pilot can meet, cars that can be told none, and which pilots there are not."""
    problem = day.problem
    can = givable(day.station, problem.stay, day.relaxed.limit_kw)
    want_kwh, silent = problem.energy * problem.hours, (can.highest_a == 0) & (can.lowest_a > 0) & (can.alone_a > 0)
    lacking = np.where(want_kwh > can.kwh * ROUNDING, want_kwh - can.kwh, 0.0)
    short = np.flatnonzero((lacking > 0) & ~silent)
    none = np.flatnonzero(silent & (want_kwh > 0))
    return [*_short(day, can, lacking, short), *_silent(day, can, none), *_lowest(day, can)]


def _short(day: BuiltDay, can: Givable, lacking: Array, who: NDArray[np.int64]) -> list[str]:
    """Who asks for more than it can be given, and how much of that will be unmet."""
    asks = day.problem.energy * day.problem.hours
    lines = [
        f"EV {i} asks {asks[i]:.4g} kWh, {_post(day, i)} can give {can.kwh[i]:.4g} kWh: "
        f"{lacking[i]:.4g} kWh will be unmet"
        for i in who[:NAMED].tolist()
    ]
    many = f"{len(who)} of {len(asks)} EVs ask for {lacking[who].sum():.4g} kWh more than any pilot gives in their stay"
    return [f"{many}: {_listed(lines, len(who))}"] if lines else []


def _silent(day: BuiltDay, can: Givable, who: NDArray[np.int64]) -> list[str]:
    """Who can be told no pilot at all."""
    lines = [
        f"EV {i}, as wires carry {can.alone_a[i]:.4g} A at most to {_post(day, i)}, "
        f"whose lowest pilot is {can.lowest_a[i]:.4g} A"
        for i in who[:NAMED].tolist()
    ]
    return [f"{len(who)} of {len(can.kwh)} EVs can be given nothing: {_listed(lines, len(who))}"] if lines else []


def _lowest(day: BuiltDay, can: Givable) -> list[str]:
    """The lowest pilots but 0, a line for each that differs."""
    found, post = [], day.station.cars.station
    pairs = np.unique(np.stack([can.lowest_a, can.kw_per_a], axis=1)[can.lowest_a > 0], axis=0)
    for lowest, kw_per_a in pairs.tolist():
        here = np.unique(post[(can.lowest_a == lowest) & (can.kw_per_a == kw_per_a)])
        named = ", ".join(day.post_ids[c] for c in here[:NAMED]) if day.post_ids else ""
        more = f"{', …' if len(here) > NAMED else ''}"
        which = f"{len(here)} post{'' if len(here) == 1 else 's'}" + (f" ({named}{more})" if named else "")
        nothing = f"where limits leave a car there less than {lowest * kw_per_a:.4g} kW, nothing flows in that step"
        found.append(f"between 0 and {lowest:.4g} A there is no pilot at {which}: {nothing}")
    return found


def _post(day: BuiltDay, car: int) -> str:
    return f"post {day.post_ids[day.station.cars.station[car]]}" if day.post_ids else "its post"


def _listed(lines: list[str], count: int) -> str:
    return "; ".join(lines) + (f"; … {count - NAMED} more" if count > NAMED else "")


def _cut(mission: Any) -> list[str]:
    sessions, cut_h = mission.day.sessions, mission.scenario.station.cut_h
    count = int(sessions.clipped.sum())
    end = "midnight, as all drawn days do" if cut_h is None else f"{cut_h:g} h (station.cut_h)"
    return [f"{count} of {len(sessions)} stays end at {end}, and went on in truth"] if count else []


def _capped(mission: Any) -> list[str]:
    sessions = mission.day.sessions
    count, less = int((sessions.capped_kwh > 0).sum()), f"{sessions.capped_kwh.sum():.4g} kWh less (station.impossible)"
    return [f"{count} of {len(sessions)} EVs want more than they can be given, and ask for {less}"] if count else []


def _moved(mission: Any) -> list[str]:
    moves, rule = mission.day.moves, mission.scenario.station.elsewhere
    if not moves:
        return []
    unknown = sum(not move.known for move in moves)
    why = ((len(moves) - unknown, "whose own is taken"), (unknown, "whose own the site does not have"))
    counts = ", ".join(f"{count} {what}" for count, what in why if count)
    some = "; ".join(f"{move.session}: {move.named} → {move.post}" for move in moves[:NAMED])
    more = f"; … {len(moves) - NAMED} more" if len(moves) > NAMED else ""
    moved = f"{len(moves)} of {len(mission.day.sessions)} cars stand at another post"
    return [f'{moved} ({counts}; station.elsewhere = "{rule}"): {some}{more}']
