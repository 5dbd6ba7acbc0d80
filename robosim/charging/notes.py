"""What should be known beside a day of charging: who knows what, whose stays and wishes were cut, who was moved."""

from __future__ import annotations

from typing import Any

CLAIRVOYANT = (
    'clairvoyant: planned day-ahead by somebody who knows who will come (mission.planning = "online" does without)'
)
NAMED = 3
"""Cars that are named; the others are counted."""


def notes(mission: Any) -> list[str]:
    """A line for each, about a `Charging` or an `OnlineCharging`."""
    ahead = mission.scenario.mission.planning == "day-ahead"
    return [*([CLAIRVOYANT] if ahead else []), *_cut(mission), *_capped(mission), *_moved(mission), *mission.day.said]


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
