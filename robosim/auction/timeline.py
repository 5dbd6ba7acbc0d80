"""Numbers of a division by prices over its rounds: prices and bids."""

from __future__ import annotations

import numpy as np

from robosim.auction.record import AuctionRecord
from robosim.exporting.timeline import Timeline, Track, rounds_s


def timeline(record: AuctionRecord) -> Timeline:
    """A second a round: nobody keeps how long words take."""
    t_s = rounds_s(record)
    bids = record.said["z"][0]
    team = {
        "round": record.kept,
        "price_dollars_per_kw": record.prices[0],
        "all_bids_kw": np.asarray(bids.sum(axis=1)),
    }
    return Timeline(tracks={"market": Track(t_s=t_s, team=team, each={"bid_kw": bids})}, seen_s=t_s)
