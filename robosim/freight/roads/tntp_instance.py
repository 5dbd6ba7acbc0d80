"""A freight market on a real road network: its largest origins supply, its largest destinations ask."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import shown
from robosim.freight.roads.chosen import Nodes, asked_for, suppliers_of, targets_of
from robosim.freight.roads.instance import Instance
from robosim.freight.roads.private_costs import UnitCost
from robosim.freight.roads.random_roads import ample, split
from robosim.freight.roads.saying import notes, telling
from robosim.freight.roads.shortest_ways import RoadGraph, renumbered
from robosim.freight.roads.tntp import RoadNetwork
from robosim.network.graphs import canonical, communication

LOG = logging.getLogger(__name__)


def tntp_instance(
    network: RoadNetwork,
    *,
    suppliers: Nodes = 4,
    demanders: Nodes = 3,
    goods: int = 2,
    paths: int = 2,
    congestion: str = "bpr",
    scale: float = 1.0,
    demand: float | Sequence[float] | None = None,
    slack: float = 0.5,
    by: str = "time",
    cost: UnitCost | None = None,
    graph: str = "ring",
    seed: int = 0,
) -> Instance:
    """Suppliers and demanders at nodes of a real network.

    What had to be assumed, what counts nothing and which paths do not exist is noted in the log.

    Parameters
    ----------
    suppliers, demanders : how many zones with most trips from them and, among those that get trips from the suppliers
        and can be reached, to them; or nodes by number, zones or not.
    goods : K; the trips from suppliers to a demander, times `scale`, are its demand, in drawn parts of the goods.
    demand : of each demander, all goods together, in place of trips; one for all or one each.
    paths : the I shortest ones `by` "time", what a unit costs on empty roads, or "length"; fewer where there are none.
    congestion : "bpr", t0(1 + b(F/capacity)^power); or "linear", the line through its times at no flow and capacity.
    slack : stock and capacity above what any N - 1 suppliers need, drawn; this much on average.
    cost : of a unit on an empty road; its time where nothing is said.
    graph : who talks to whom: path, ring, star, complete, grid, random-tree or geometric.

    Raises
    ------
    BadInput
        Nodes that are none or too few, no trips or no paths between them, powers of BPR between 0 and 1.
    """
    rng, cost = np.random.default_rng(seed), cost or UnitCost()
    sources = suppliers_of(network, suppliers)
    roads = RoadGraph.of(network.links, _weight(network, cost, by), network.nodes, network.first_through)
    targets = targets_of(network, demanders, sources, roads, demand is not None)
    asked = split(asked_for(network, sources, targets, scale, demand), _at_least_one("goods", goods), rng)
    ways = roads.ways(sources, targets, _at_least_one("paths", paths), told=telling(len(sources) * len(targets)))
    reach = np.array([[bool(several) for several in row] for row in ways])
    _refuse_unreached(network, targets, reach)
    stock, capacity = ample(asked, reach, slack, rng)
    incidence, used = renumbered(ways, len(network.links), paths)
    late, power, more = _congestion(network, used, congestion)
    number = _numbering(network, sources, targets)
    positions = None if network.positions is None else network.positions[np.argsort(number)]
    for note in notes(network, sources, targets, ways, paths, cost):
        LOG.info("%s: %s", network.file, note)
    return Instance.checked(
        place=f"{network.file}: ",
        private_cost=cost.private(network, sources, seed)[:, used] + more,
        congestion=late,
        power=power,
        path_incidence=incidence,
        demand=asked,
        stock=stock,
        capacity=capacity,
        comm_edges=communication(graph, len(sources), rng, None if positions is None else positions[: len(sources)]),
        positions=positions,
        roads=canonical(number[network.links]),
        edge_from_to=number[network.links[used]],
        edge_length=network.length[used],
        suppliers=[f"node {network.ids[node]}" for node in sources],
        demanders=[f"node {network.ids[node]}" for node in targets],
    )


def _at_least_one(what: str, count: int) -> int:
    if count < 1:
        raise BadInput(f"{what}: must be >= 1, got {count} (there must be one at least)")
    return count


def _weight(network: RoadNetwork, cost: UnitCost, by: str) -> Array:
    known = {"time": cost.of(network), "length": network.length}
    if by not in known:
        raise BadInput(f"by: must be 'time' or 'length', got {shown(by)} (time is what trucks pay for)")
    if (known[by] < 0.0).any():
        raise BadInput("toll_weight, length_weight: some road would pay those who use it (tolls in the file are < 0)")
    return known[by]


def _refuse_unreached(network: RoadNetwork, targets: Sequence[int], reach: NDArray[np.bool_]) -> None:
    for place in np.flatnonzero(~reach.any(axis=0)):
        node = network.ids[targets[int(place)]]
        raise BadInput(f"demanders: no path leads from any supplier to node {node} (take others)")


def _congestion(network: RoadNetwork, used: NDArray[np.int64], kind: str) -> tuple[Array, float | Array, Array]:
    """a and power (E,) with which flow makes a link slower, φ = F(t0 + a F^power), and what it adds to t0 for good."""
    growth = network.free_flow_time[used] * network.b[used]
    none = np.zeros_like(growth)
    if kind == "linear":
        return growth / network.capacity[used], 1.0, none
    if kind != "bpr":
        raise BadInput(f"congestion: must be 'bpr' or 'linear', got {shown(kind)} (bpr is what the file describes)")
    power = network.power[used]
    bends = (growth > 0.0) & (power > 0.0)
    if (power[bends] < 1.0).any():
        worst = int(np.flatnonzero(bends & (power < 1.0))[0])
        start, end = network.ids[network.links[used[worst]]]
        raise BadInput(
            f"{network.file}: power: of the link {start} {end} must be 0 or >= 1, got {power[worst]:g} "
            "(take congestion 'linear')"
        )
    power = np.where(bends, power, power[bends][0] if bends.any() else 1.0)
    late = np.where(bends, growth / network.capacity[used] ** power, 0.0)
    same = bool((power == power[:1]).all())
    return late, float(power[0]) if same else power, np.where(power == 0.0, 0.0, np.where(bends, 0.0, growth))


def _numbering(network: RoadNetwork, sources: Sequence[int], targets: Sequence[int]) -> NDArray[np.int64]:
    """The new number of every node: suppliers first, then demanders, then the others in their order."""
    ends = [*sources, *targets]
    others = [node for node in range(network.nodes) if node not in set(ends)]
    number = np.empty(network.nodes, dtype=np.int64)
    number[[*ends, *others]] = np.arange(network.nodes)
    return number
