"""A freight market on a real road network: its largest origins supply, its largest destinations ask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import shown
from robosim.freight.roads.instance import Instance
from robosim.freight.roads.random_roads import ample, split
from robosim.freight.roads.shortest_ways import renumbered, shortest_ways
from robosim.freight.roads.tntp import RoadNetwork
from robosim.network.graphs import canonical, communication

Nodes = int | Sequence[int]
"""How many, the largest ones; or which ones, numbered as in the file."""


def tntp_instance(
    network: RoadNetwork,
    *,
    suppliers: Nodes = 4,
    demanders: Nodes = 3,
    goods: int = 2,
    paths: int = 2,
    congestion: str = "bpr",
    scale: float = 1.0,
    slack: float = 0.5,
    by: str = "time",
    graph: str = "ring",
    seed: int = 0,
) -> Instance:
    """Suppliers and demanders at nodes of a real network.

    Parameters
    ----------
    suppliers, demanders : how many nodes with most trips from them and, among the others, to them; or nodes by number.
    goods : K; the trips from suppliers to a demander, times `scale`, are its demand, in drawn parts of the goods.
    paths : the I shortest ones `by` free-flow "time" or "length".
    congestion : "bpr", t0(1 + b(F/capacity)^power); or "linear", the line through its times at no flow and capacity.
    slack : stock and capacity above what any N - 1 suppliers need, drawn; this much on average.
    graph : who talks to whom: path, ring, star, complete, grid, random-tree or geometric.

    Raises
    ------
    BadInput
        Nodes that are none or too few, no trips between them, too few paths, different powers of BPR.
    """
    rng = np.random.default_rng(seed)
    sources = _chosen("suppliers", suppliers, network.trips.sum(axis=1), ())
    targets = _chosen("demanders", demanders, network.trips.sum(axis=0), sources)
    demand = split(_totals(network, sources, targets, scale), _at_least_one("goods", goods), rng)
    stock, capacity = ample(demand, len(sources), slack, rng)
    ways = shortest_ways(
        network.links,
        _weight(network, by),
        sources,
        targets,
        _at_least_one("paths", paths),
        names=[f"node {node + 1}" for node in range(network.nodes)],
        first_through=network.first_through,
    )
    incidence, used = renumbered(ways, len(network.links))
    late, power = _congestion(network, used, congestion)
    number = _numbering(network, sources, targets)
    positions = None if network.positions is None else network.positions[np.argsort(number)]
    return Instance.checked(
        place=f"{network.file}: ",
        private_cost=np.repeat(network.free_flow_time[None, used], len(sources), axis=0),
        congestion=late,
        power=power,
        path_incidence=incidence,
        demand=demand,
        stock=stock,
        capacity=capacity,
        comm_edges=communication(graph, len(sources), rng, None if positions is None else positions[: len(sources)]),
        positions=positions,
        roads=canonical(number[network.links]),
        edge_from_to=number[network.links[used]],
        edge_length=network.length[used],
        suppliers=[f"node {node + 1}" for node in sources],
        demanders=[f"node {node + 1}" for node in targets],
    )


def _chosen(what: str, nodes: Nodes, trips: Array, taken: Sequence[int]) -> list[int]:
    """Zones, from 0: the wanted ones, or so many with most trips (the lower number on ties)."""
    zones = len(trips)
    if isinstance(nodes, int):
        free = [int(zone) for zone in np.argsort(-trips, kind="stable") if int(zone) not in taken]
        if not 1 <= nodes <= len(free):
            raise BadInput(f"{what}: must be 1 to {len(free)}, got {nodes} (there are {zones} zones)")
        return free[:nodes]
    chosen = [int(node) - 1 for node in nodes]
    for zone in chosen:
        if not 0 <= zone < zones or zone in taken or chosen.count(zone) > 1:
            rule = f"must be different zones, 1 to {zones}, and no supplier may be a demander"
            raise BadInput(f"{what}: {rule}, got {shown(zone + 1)} (take another)")
    return chosen


def _at_least_one(what: str, count: int) -> int:
    if count < 1:
        raise BadInput(f"{what}: must be >= 1, got {count} (there must be one at least)")
    return count


def _totals(network: RoadNetwork, sources: Sequence[int], targets: Sequence[int], scale: float) -> Array:
    """Trips from all suppliers to each demander, scaled, (M,)."""
    if not 0.0 < scale < np.inf:
        raise BadInput(f"scale: must be finite and > 0, got {scale:g} (1 takes the trips as they are)")
    totals: Array = scale * network.trips[np.ix_(sources, targets)].sum(axis=0)
    if not totals.all():
        node = targets[int(np.flatnonzero(totals == 0.0)[0])] + 1
        raise BadInput(f"demanders: no trips lead from the suppliers to node {node} (take others)")
    return totals


def _weight(network: RoadNetwork, by: str) -> Array:
    known = {"time": network.free_flow_time, "length": network.length}
    if by not in known:
        raise BadInput(f"by: must be 'time' or 'length', got {shown(by)} (time is what trucks pay for)")
    return known[by]


def _congestion(network: RoadNetwork, used: NDArray[np.int64], kind: str) -> tuple[Array, float]:
    """a (E,) and the power with which flow makes a link slower, φ = F(t0 + a F^power)."""
    growth = network.free_flow_time[used] * network.b[used]
    if kind == "linear":
        return growth / network.capacity[used], 1.0
    if kind != "bpr":
        raise BadInput(f"congestion: must be 'bpr' or 'linear', got {shown(kind)} (bpr is what the file describes)")
    powers = np.unique(network.power[used][growth > 0.0])
    if powers.size > 1 or powers.min(initial=1.0) < 1.0:
        shows = ", ".join(f"{power:g}" for power in powers[:4])
        raise BadInput(f"{network.file}: power: links must have one power >= 1, got {shows} (take congestion 'linear')")
    power = float(powers[0]) if powers.size else 1.0
    return growth / network.capacity[used] ** power, power


def _numbering(network: RoadNetwork, sources: Sequence[int], targets: Sequence[int]) -> NDArray[np.int64]:
    """The new number of every node: suppliers first, then demanders, then the others in their order."""
    ends = [*sources, *targets]
    others = [node for node in range(network.nodes) if node not in set(ends)]
    number = np.empty(network.nodes, dtype=np.int64)
    number[[*ends, *others]] = np.arange(network.nodes)
    return number
