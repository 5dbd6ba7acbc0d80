"""Numbers of a rendezvous over its seconds: where robots are, what they have spent, how far they are from agreement."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.exporting.timeline import Timeline, Track, rounds_s
from robosim.rendezvous.moments import Moment, journey, of_record
from robosim.rendezvous.record import RendezvousRecord


def timeline(record: RendezvousRecord) -> Timeline:
    """Rounds at their duration; of robots that agree first and then travel each picture of the way is a round later."""
    talk, way = tuple(of_record(record)), tuple(journey(record))
    after = record.rounds + np.arange(1.0, len(way) + 1)
    seen_s = record.dt_s * np.concatenate([record.kept.astype(np.float64), after])
    agreed = {"round": record.kept, "distance_m": record.distance[0], "beta_m": record.beta}
    tracks = {
        "agreement": Track(t_s=rounds_s(record, record.dt_s), team=agreed),
        "robots": Track(t_s=seen_s, each=_each([*talk, *way])),
    }
    return Timeline(tracks=tracks, seen_s=seen_s)


def _each(moments: list[Moment]) -> dict[str, Array]:
    found = {
        "position_m": np.stack([one.at for one in moments]),
        "energy_j": np.stack([one.energy_j for one in moments]),
    }
    for name, key in (("heading_rad", "heading_rad"), ("charge_j", "charge_j")):
        rows = [getattr(one, key) for one in moments]
        if all(row is not None for row in rows):
            found[name] = np.stack(rows)
    return found
