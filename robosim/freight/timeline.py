"""Numbers of freight over its rounds: residuals, costs, what suppliers decide, and flows on roads."""

from __future__ import annotations

import numpy as np

from robosim.exporting.timeline import ROUND_S, Timeline, Track, rounds_s
from robosim.freight.record import FreightRecord
from robosim.freight.scene import scene_of


def timeline(record: FreightRecord) -> Timeline:
    """A second a round; afterwards, where there is a map, a second for each picture of the trucks on their way."""
    scenery, t_s = scene_of(record), rounds_s(record)
    way = scenery.after(record)
    after_s = ROUND_S * (record.rounds + np.arange(1.0, len(way) + 1))
    demand, apart = record.residuals[0].T
    team = {
        "round": record.kept,
        "demand_residual": demand,
        "disagreement": apart,
        "cost_dollars": record.objective[0],
    }
    decided = record.said["x"][0].sum(axis=2)
    tracks = {"agreement": Track(t_s=t_s, team=team, each={"decides_in_all": decided})}
    if way:
        tracks["roads"] = Track(t_s=after_s, team={"edge_flow": np.stack([one.flow for one in way])})
    return Timeline(tracks=tracks, seen_s=np.concatenate([t_s, after_s]))
