"""Random freight markets of our own: any number of suppliers, demanders, goods and paths, nobody indispensable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import shown
from robosim.freight.roads.instance import Instance
from robosim.freight.roads.shortest_ways import renumbered, shortest_ways
from robosim.network.graphs import Edges, canonical, communication

SPACING_KM = 10.0
"""Side of the square that one point has on average."""
CONGESTION = {"linear": (1.0, 1.0), "bpr": (0.15, 4.0)}
"""What a unit costs more at capacity, as a share of the cost on an empty road; the power."""
DEMAND = (50.0, 150.0)


def random_roads(
    seed: int,
    *,
    suppliers: int = 4,
    demanders: int = 3,
    goods: int = 2,
    paths: int = 2,
    congestion: str = "linear",
    slack: float = 0.5,
    graph: str = "ring",
) -> Instance:
    """Points drawn in a square, joined by the roads of their Delaunay triangulation: planar and connected.

    Every supplier may take the `paths` shortest simple paths. On an empty road a unit of flow costs a supplier 0.7 to
    1.3 a km, drawn for each edge; capacities of roads are drawn around everybody's demand divided by N. Demand is 50 to
    150 of each good; stock and capacity leave `slack` beyond what any N - 1 suppliers need, so that nobody is
    indispensable.

    Parameters
    ----------
    congestion : "linear", the cost doubles at the capacity of a road; or "bpr", it grows by 0.15 (F/capacity)^4.
    graph : who talks to whom: path, ring, star, complete, grid, random-tree or geometric.

    Raises
    ------
    BadInput
        A count below 1; no such congestion or graph.
    """
    _refuse_counts(suppliers=suppliers, demanders=demanders, goods=goods, paths=paths)
    if congestion not in CONGESTION:
        raise BadInput(f"congestion: must be 'linear' or 'bpr', got {shown(congestion)} (linear is the paper's)")
    rng = np.random.default_rng(seed)
    count = (suppliers + demanders) * (paths + 1)
    positions = rng.uniform(0.0, SPACING_KM * np.sqrt(count), (count, 2))
    roads = triangles(positions)
    links = roads[:, [0, 1, 1, 0]].reshape(-1, 2)
    length = np.hypot(*(positions[links[:, 0]] - positions[links[:, 1]]).T)
    incidence, used = _paths(links, length, suppliers, demanders, paths)
    demand = rng.uniform(*DEMAND, (demanders, goods))
    stock, capacity = ample(demand, np.ones((suppliers, demanders), dtype=bool), slack, rng)
    growth, power = CONGESTION[congestion]
    most = demand.sum() / suppliers * rng.uniform(0.5, 1.5, len(used))
    return Instance.checked(
        private_cost=length[used] * rng.uniform(0.7, 1.3, (suppliers, len(used))),
        congestion=growth * length[used] / most**power,
        power=power,
        path_incidence=incidence,
        demand=demand,
        stock=stock,
        capacity=capacity,
        comm_edges=communication(graph, suppliers, rng, positions[:suppliers]),
        positions=positions,
        roads=roads,
        edge_from_to=links[used],
        edge_length=length[used],
    )


def triangles(positions: Array) -> Edges:
    """The sides of the Delaunay triangulation of points (P, 2), P ≥ 3."""
    corners = Delaunay(positions).simplices
    return canonical(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]))


def _paths(
    links: Edges, length: Array, suppliers: int, demanders: int, paths: int
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int8]], np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    names = [f"point {point}" for point in range(int(links.max()) + 1)]
    ends = range(suppliers, suppliers + demanders)
    return renumbered(shortest_ways(links, length, range(suppliers), ends, paths, names=names), len(links))


def _refuse_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise BadInput(f"{name}: must be >= 1, got {count} (there must be one at least)")


def split(totals: Array, goods: int, rng: np.random.Generator) -> Array:
    """Demand (M, K) that adds up to `totals` (M,), in drawn parts of the goods."""
    parts = rng.uniform(0.5, 1.5, (len(totals), goods))
    return np.asarray(totals[:, None] * parts / parts.sum(axis=1, keepdims=True))


def ample(demand: Array, reach: NDArray[np.bool_], slack: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Stock (N, K) and capacity (N, M) with which any N - 1 suppliers can meet the demand (X, Assumption 7).

    Everybody has a share 1/(N - 1) of it, plus `slack` on average: an equal split among all but one is feasible. Of a
    demander that only some reach it is shared among these.

    Parameters
    ----------
    demand : (M, K); reach : (N, M) whether there is a path.

    Raises
    ------
    BadInput
        The slack is negative or not finite.
    """
    if not 0.0 <= slack < np.inf:
        raise BadInput(f"slack: must be finite and >= 0, got {slack:g} (0.5: half as much again as is needed)")
    suppliers, (_, k) = len(reach), demand.shape
    draws = 1.0 + 2.0 * slack * rng.uniform(0.0, 1.0, (suppliers, k + demand.shape[0]))
    if reach.all():
        share = 1.0 / max(suppliers - 1, 1)
        return share * draws[:, :k] * demand.sum(axis=0), share * draws[:, k:] * demand.sum(axis=1)
    shares = reach / np.maximum(reach.sum(axis=0) - 1, 1)
    return draws[:, :k] * (shares @ demand), draws[:, k:] * shares * demand.sum(axis=1)
