"""Everybody's trips on a road network: as drivers choose for themselves, or as is best for all together.

User equilibrium (Wardrop): all paths that are used between two zones take equally long, and no other is shorter. It is
the minimum of Beckmann's Σ_e ∫_0^{x_e} t_e, t = t0 (1 + b (x/c)^p); the social optimum is that of Σ_e x_e t_e, an
equilibrium of the marginal costs t + x t'. Both are found on paths (`robosim.kernels.assignment`): rounds of shortest
paths, which join the lists, and sweeps that level their costs. The relative gap, what all could save by the shortest
paths as they are over what all pay, is 0 at an equilibrium and bounds how far the objective is from its least value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.roads.private_costs import UnitCost
from robosim.freight.roads.shortest_ways import RoadGraph
from robosim.freight.roads.tntp import RoadNetwork
from robosim.kernels import assignment as kernels

Search = tuple[Any, Any, Any, Any]
"""Links by where they begin, where they end, and which nodes are passed, as `tree` needs them."""
Roads = tuple[Array, Array, Array, Array, Array]
"""fixed, time, late, room, power (L,) of `price_of`."""
Kind = Literal["user", "system"]
SWEEPS = 20
"""Between two rounds of shortest paths."""
ROUNDS = 300


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Flows (L,) of the links and what a unit pays there, cost (L,), in the order of the file.

    `objective` is Beckmann's for users and the total cost for the system; `total` = Σ flow · cost; `gap` is relative;
    `paths` how many are used; `reached` whether the gap that was asked for was.
    """

    kind: Kind
    flow: Array
    cost: Array
    objective: float
    total: float
    gap: float
    rounds: int
    paths: int
    reached: bool


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Zones with trips between them, by origin: nodes and trips, (pairs,); `within` trips stay in their zone."""

    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    demand: Array
    within: float

    @classmethod
    def of(cls, network: RoadNetwork) -> Pairs:
        """All pairs of a network that have trips."""
        trips = network.trips
        origin, target = np.nonzero(trips * ~np.eye(len(trips), dtype=bool))
        return cls(
            origin=network.zones[origin],
            target=network.zones[target],
            demand=trips[origin, target],
            within=float(np.trace(trips)),
        )


def assigned(
    network: RoadNetwork,
    kind: Kind = "user",
    *,
    gap: float = 1e-8,
    rounds: int = ROUNDS,
    cost: UnitCost | None = None,
    watch: Callable[[int, float], None] | None = None,
) -> Assignment:
    """All trips on the roads, at a relative gap of at most `gap` if that takes at most `rounds` rounds.

    Parameters
    ----------
    cost : weights of tolls and lengths; its private part counts nothing here.
    watch : called with each round and its gap.

    Raises
    ------
    BadInput
        Trips between zones that no path joins.
    """
    cost, pairs = cost or UnitCost(), Pairs.of(network)
    fixed = cost.of(network) - network.free_flow_time
    graph = RoadGraph.of(network.links, network.free_flow_time, network.nodes, network.first_through)
    late = network.b * (1.0 + network.power if kind == "system" else 1.0)
    roads = (fixed, network.free_flow_time, late, network.capacity, network.power)
    lists = _Lists.of(len(pairs.demand), len(network.links))
    search: Search = (graph.out, graph.order, graph.links[:, 1].copy(), graph.through)
    best, count = np.inf, 0
    for count in range(rounds + 1):
        kernels.costs_of(lists.flow, *roads, lists.cost)
        if not count:
            _refuse_cut(network, pairs, search, lists.cost)
        else:
            paid = float((lists.flow * lists.cost).sum())
            least = kernels.least_total(*search, lists.cost, pairs.origin, pairs.target, pairs.demand)
            best = max(paid - least, 0.0) / paid if paid else 0.0
            if watch:
                watch(count, best)
            if best <= gap or count == rounds:
                break
        lists.grow(graph, search, pairs)
        kernels.costs_of(lists.flow, *roads, lists.cost)
        lists.level(roads)
    return _result(network, kind, lists, fixed, best, count, best <= gap)


class _Lists:
    """Paths of all pairs, and the flows and costs of links that follow from them."""

    def __init__(self, pairs: int, links: int) -> None:
        self.first = np.full(pairs, -1, dtype=np.int64)
        self.begin, self.behind = np.zeros(pairs + 2, dtype=np.int64), np.full(pairs + 2, -1, dtype=np.int64)
        self.links, self.amount = np.zeros(16 * pairs + 16, dtype=np.int64), np.zeros(pairs + 2)
        self.used, self.paths = np.zeros(1, dtype=np.int64), 0
        self.flow, self.cost = np.zeros(links), np.zeros(links)

    @classmethod
    def of(cls, pairs: int, links: int) -> _Lists:
        """Empty ones."""
        return cls(pairs, links)

    def grow(self, graph: RoadGraph, search: Search, pairs: Pairs) -> None:
        """The cheapest path of every pair joins its list."""
        out, order, head, through = search
        tail = graph.links[:, 0].copy()
        self.begin, self.links, self.behind, self.amount, self.flow = kernels.new_paths(
            out, order, tail, head, through, self.cost, pairs.origin, pairs.target, pairs.demand,
            self.first, self.begin, self.links, self.behind, self.amount, self.used, self.flow,
        )  # fmt: skip

    def level(self, roads: Roads) -> None:
        """Sweeps, then only paths with flow stay."""
        kept = (self.first, self.begin, self.links, self.behind, self.amount)
        kernels.levelled(*kept, self.flow, self.cost, *roads, SWEEPS)
        kernels.pruned(self.first, self.behind, self.amount)
        self.paths = kernels.summed(*kept, self.flow)


def _refuse_cut(network: RoadNetwork, pairs: Pairs, search: Search, cost: Array) -> None:
    """Raise `BadInput` naming zones with trips between them that no path joins."""
    if np.isfinite(kernels.least_total(*search, cost, pairs.origin, pairs.target, pairs.demand)):
        return
    for origin, target, demand in zip(pairs.origin, pairs.target, pairs.demand, strict=True):
        one = np.array([origin]), np.array([target]), np.array([1.0])
        if not np.isfinite(kernels.least_total(*search, cost, *one)):
            ends = f"from zone {network.ids[origin]} to zone {network.ids[target]}"
            fix = "take them out of the file of trips"
            raise BadInput(f"{network.file}: no path leads {ends}, and {demand:g} trips are to go there ({fix})")


def _result(
    network: RoadNetwork, kind: Kind, lists: _Lists, fixed: Array, gap: float, rounds: int, reached: bool
) -> Assignment:
    """Costs are those that who drives there feels, in both kinds."""
    ratio = lists.flow / network.capacity
    bent = np.where(network.b > 0.0, network.b * ratio**network.power, 0.0)
    felt = fixed + network.free_flow_time * (1.0 + bent)
    total = float((lists.flow * felt).sum())
    beckmann = lists.flow * (fixed + network.free_flow_time * (1.0 + bent / (network.power + 1.0)))
    return Assignment(
        kind=kind, flow=lists.flow, cost=felt, objective=float(beckmann.sum()) if kind == "user" else total,
        total=total, gap=gap, rounds=rounds, paths=lists.paths, reached=reached,
    )  # fmt: skip


def price_of_anarchy(user: Assignment, system: Assignment) -> float:
    """Total cost at the user equilibrium over that at the social optimum, ≥ 1 up to the gaps; 1 where nothing costs."""
    return user.total / system.total if system.total else 1.0
