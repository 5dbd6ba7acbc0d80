"""Private types and who hears whom: starts, boxes and the graph of a rendezvous, drawn from the world file's seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robosim import graphs
from robosim.agent import Array
from robosim.errors import BadInput
from robosim.network import Network
from robosim.scenario import RendezvousScenario

STARTS, GRAPH, NOISE = 1, 2, 3
"""Streams of the world's seed: adding a draw to one leaves the others' bits alone."""


def box(value: Sequence[float] | Sequence[Sequence[float]], d: int) -> tuple[Array, Array]:
    """Corners (lower, upper), each (d,), of [lo, hi] for every coordinate or of one pair a coordinate."""
    pairs = np.broadcast_to(np.asarray(value, dtype=np.float64).reshape(-1, 2), (d, 2))
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def starts(scenario: RendezvousScenario) -> Array:
    """θ, (agents, d) in metres: as listed, or uniform in the type space."""
    robots = scenario.robots
    lower, upper = box(robots.type_space_m, robots.dimension)
    if robots.starts_m == "random":
        rng = np.random.default_rng([scenario.mission.seed, STARTS])
        return np.asarray(rng.uniform(lower, upper, (robots.count, robots.dimension)))
    return np.asarray(robots.starts_m, dtype=np.float64).reshape(robots.count, robots.dimension)


def network(scenario: RendezvousScenario, start: Array) -> Network:
    """The communication graph that the world file names; geometric graphs link robots that start near each other.

    Raises `BadInput` at `network.graph` or `network.edges` when it is not connected.
    """
    wanted, n = scenario.network, len(start)
    rng = np.random.default_rng([scenario.mission.seed, GRAPH])
    try:
        return Network(n=n, edges=_edges(scenario, start, rng), name="" if wanted.long_links else wanted.graph)
    except BadInput as problem:
        raise scenario.error("network.edges" if wanted.graph == "edges" else "network.graph", str(problem)) from None


def _edges(scenario: RendezvousScenario, start: Array, rng: np.random.Generator) -> graphs.Edges:
    wanted, n = scenario.network, len(start)
    if wanted.graph == "geometric":
        radius = None if wanted.radius_m == "auto" else float(wanted.radius_m)
        if wanted.long_links:
            return graphs.small_world(start, wanted.long_links, radius, rng)
        return graphs.geometric(start, radius)
    if wanted.graph == "edges":
        edges = graphs.canonical(wanted.edges or [])
    elif wanted.graph == "random-tree":
        edges = graphs.random_tree(n, rng)
    else:
        edges = graphs.DETERMINISTIC[wanted.graph](n)
    return graphs.with_long_links(edges, n, wanted.long_links, rng) if wanted.long_links else edges
