"""What is noted of a market on real roads: what was assumed, what counts nothing, which paths do not exist."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from robosim.errors import BadInput
from robosim.freight.roads.private_costs import UnitCost
from robosim.freight.roads.shortest_ways import Ways
from robosim.freight.roads.tntp import RoadNetwork

LOG = logging.getLogger(__name__)


def notes(
    network: RoadNetwork, sources: Sequence[int], targets: Sequence[int], ways: Ways, paths: int, cost: UnitCost
) -> list[str]:
    """What is to be said of a market on a real network, a line each."""
    starts, ends = ([f"node {network.ids[node]}" for node in nodes] for nodes in (sources, targets))
    return [*network.notes, cost.said(network), *gaps(ways, starts, ends, paths)]


def gaps(ways: Ways, starts: Sequence[str], ends: Sequence[str], paths: int) -> list[str]:
    """Which pairs have fewer paths than are asked for, and which none."""
    few = [
        (f"from {start} to {end}", len(several))
        for start, row in zip(starts, ways, strict=True)
        for end, several in zip(ends, row, strict=True)
        if len(several) < paths
    ]
    none = [route for route, count in few if not count]
    some = [f"{route} {'there is' if count == 1 else 'there are'} {count}" for route, count in few if count]
    said = []
    if some:
        said.append(f"{len(some)} of {len(starts) * len(ends)} pairs have fewer than {paths} paths: {some[0]}")
    if none:
        more = f"; {len(none) - 1} more such pairs" if none[1:] else ""
        said.append(f"no path leads {none[0]}: nothing is sent there{more}")
    return said


def refuse_unreached(ways: Ways, ends: Sequence[str]) -> None:
    """Raise `BadInput` naming a demander that nobody can reach."""
    for place, end in enumerate(ends):
        if not any(row[place] for row in ways):
            raise BadInput(f"demander: no path leads from any supplier to {end} (add roads)")


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
