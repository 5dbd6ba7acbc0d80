"""Who supplies and who asks on a real network, and how much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import shown
from robosim.freight.roads.shortest_ways import RoadGraph
from robosim.freight.roads.tntp import RoadNetwork

Nodes = int | Sequence[int]
"""How many, the largest ones; or which ones, numbered as in the file."""


def suppliers_of(network: RoadNetwork, wanted: Nodes) -> list[int]:
    """Places of the suppliers: nodes that are named, or so many zones with most trips from them.

    Raises
    ------
    BadInput
        No such nodes, or not so many zones.
    """
    return _named("suppliers", network, wanted, ()) or _largest("suppliers", network, wanted)


def targets_of(network: RoadNetwork, wanted: Nodes, sources: Sequence[int], roads: RoadGraph, given: bool) -> list[int]:
    """Places of the demanders: nodes that are named, or so many zones with most trips to them, of those that the
    suppliers reach and, unless demand is `given`, have trips to.

    Raises
    ------
    BadInput
        No such nodes, or not so many zones.
    """
    return _named("demanders", network, wanted, sources) or _served("demanders", network, wanted, sources, roads, given)


def _named(what: str, network: RoadNetwork, nodes: Nodes, taken: Sequence[int]) -> list[int]:
    """Places of nodes that are named by number, [] where they are counted."""
    if isinstance(nodes, int):
        return []
    place = {int(one): node for node, one in enumerate(network.ids)}
    chosen = [place.get(int(node), -1) for node in nodes]
    for node, number in zip(chosen, nodes, strict=True):
        if node < 0 or node in taken or chosen.count(node) > 1:
            span = f"{network.ids[0]} to {network.ids[-1]}"
            rule = f"must be different nodes of the file, {span}, and no supplier may be a demander"
            raise BadInput(f"{what}: {rule}, got {shown(int(number))} (take another)")
    return chosen


def _largest(what: str, network: RoadNetwork, count: Nodes) -> list[int]:
    """So many zones with most trips from them, the lower number on ties."""
    zones = len(network.zones)
    if not isinstance(count, int) or not 1 <= count <= zones:
        raise BadInput(f"{what}: must be 1 to {zones}, got {count} (there are {zones} zones; or name nodes)")
    order = np.argsort(-network.trips.sum(axis=1), kind="stable")
    return [int(network.zones[zone]) for zone in order[:count]]


def _served(
    what: str, network: RoadNetwork, count: Nodes, sources: Sequence[int], roads: RoadGraph, given: bool
) -> list[int]:
    """So many zones with most trips to them that some supplier has trips to, if demand is not given, and reaches."""
    order = np.argsort(-network.trips.sum(axis=0), kind="stable")
    zones = [int(network.zones[zone]) for zone in order]
    wanted = _between(network, sources, zones).sum(axis=0) > 0.0
    free = [node for node, some in zip(zones, wanted, strict=True) if node not in sources and (some or given)]
    reached = np.flatnonzero(roads.served(sources, free).any(axis=0)) if free else np.array([], dtype=np.int64)
    free = [free[place] for place in reached]
    if not isinstance(count, int) or not 1 <= count <= len(free):
        rule = "zones are reached by the suppliers" + ("" if given else " and get trips from them")
        raise BadInput(f"{what}: must be 1 to {len(free)}, got {count} ({len(free)} {rule}; or name nodes)")
    return free[:count]


def _between(network: RoadNetwork, sources: Sequence[int], targets: Sequence[int]) -> Array:
    """Trips (N, M) between nodes, 0 where one is no zone."""
    zone = np.full(network.nodes, -1)
    zone[network.zones] = np.arange(len(network.zones))
    rows, columns = zone[list(sources)], zone[list(targets)]
    trips = network.trips[np.ix_(rows, columns)]
    return np.where((rows[:, None] >= 0) & (columns >= 0), trips, 0.0)


def asked_for(
    network: RoadNetwork,
    sources: Sequence[int],
    targets: Sequence[int],
    scale: float,
    demand: float | Sequence[float] | None,
) -> Array:
    """What each demander asks for, (M,): as given, or the scaled trips from all suppliers to it.

    Raises
    ------
    BadInput
        Not one number each, or no trips to a demander.
    """
    if not 0.0 < scale < np.inf:
        raise BadInput(f"scale: must be finite and > 0, got {scale:g} (1 takes the trips as they are)")
    if demand is not None:
        given = np.asarray(demand, dtype=np.float64)
        if given.ndim > 1 or given.size not in (1, len(targets)) or not ((given >= 0.0) & (given < np.inf)).all():
            raise BadInput(
                f"demand: must be one number >= 0, or {len(targets)} of them, got {shown(demand)} (one each)"
            )
        return np.full(len(targets), given, dtype=np.float64)
    totals: Array = scale * _between(network, sources, targets).sum(axis=0)
    if not totals.all():
        node = network.ids[targets[int(np.flatnonzero(totals == 0.0)[0])]]
        fix = "take others, or write demand"
        raise BadInput(f"demanders: no trips lead from the suppliers to node {node} ({fix})")
    return totals
