"""What is noted of a market on real roads: what was assumed, what counts nothing, which paths do not exist."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from robosim.freight.roads.private_costs import UnitCost
from robosim.freight.roads.shortest_ways import Ways
from robosim.freight.roads.tntp import RoadNetwork

LOG = logging.getLogger(__name__)


def notes(
    network: RoadNetwork, sources: Sequence[int], targets: Sequence[int], ways: Ways, paths: int, cost: UnitCost
) -> list[str]:
    """What is to be said of a market, a line each."""
    few = [
        (f"from node {network.ids[s]} to node {network.ids[e]}", len(several))
        for s, row in zip(sources, ways, strict=True)
        for e, several in zip(targets, row, strict=True)
        if len(several) < paths
    ]
    none = [route for route, count in few if not count]
    some = [
        f"{route} there is {count}" if count == 1 else f"{route} there are {count}" for route, count in few if count
    ]
    notes = [*network.notes, cost.said(network)]
    if some:
        notes.append(f"{len(some)} of {len(sources) * len(targets)} pairs have fewer than {paths} paths: {some[0]}")
    if none:
        notes.append(
            f"no path leads {none[0]}: nothing is sent there"
            + (f"; {len(none) - 1} more such pairs" if none[1:] else "")
        )
    return notes


EVERY_S = 1.0
"""Between two lines about progress."""


def telling(pairs: int) -> Callable[[int, int], None]:
    """A watcher that notes how many pairs have their paths, a line a second."""
    last = [time.monotonic()]

    def told(done: int, of: int) -> None:
        if time.monotonic() - last[0] >= EVERY_S:
            last[0] = time.monotonic()
            LOG.info("paths of %d of %d pairs of suppliers and demanders", done, of)

    return told
