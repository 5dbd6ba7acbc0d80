"""Markets of our own: any size, same seed, same bits; nobody is indispensable; what is left without one supplier."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from robosim.errors import BadInput
from robosim.freight.roads.generator import crossing
from robosim.freight.roads.instance import Instance, coupled, indispensable
from robosim.freight.roads.random_roads import random_roads, triangles
from robosim.network.graphs import GRAPHS, communication, component_labels

sizes = st.integers(2, 5)


def without(instance: Instance, absent: int) -> Instance:
    """The others' instance: their roads, their talks, the whole demand; edges that only the absent one used are gone.

    Raises
    ------
    BadInput
        The others cannot talk to each other without this supplier, or there are none.
    """
    rest = np.delete(np.arange(instance.N), absent)
    edges = instance.comm_edges[(instance.comm_edges != absent).all(axis=1)]
    talks = edges - (edges > absent)
    name = instance.suppliers[absent]
    if not rest.size:
        raise BadInput(f"suppliers: nobody is left without {name} (a market needs two suppliers)")
    if component_labels(len(rest), talks).max() > 0:
        raise BadInput(f"comm_edges: without {name} ({absent}) the others cannot talk to each other (add edges)")
    used = instance.path_incidence[rest].any(axis=(0, 1, 2))
    return replace(
        instance,
        private_cost=instance.private_cost[np.ix_(rest, used)],
        congestion=instance.congestion[used],
        path_incidence=np.ascontiguousarray(instance.path_incidence[rest][..., used]),
        stock=instance.stock[rest],
        capacity=instance.capacity[rest],
        comm_edges=talks,
        positions=None,
        roads=None,
        edge_from_to=None,
        edge_length=None if instance.edge_length is None else instance.edge_length[used],
        suppliers=tuple(instance.suppliers[i] for i in rest),
    )


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=sizes,
    m=st.integers(1, 4),
    k=st.integers(1, 4),
    paths=st.integers(1, 4),
    congestion=st.sampled_from(["linear", "bpr"]),
    graph=st.sampled_from(GRAPHS),
    slack=st.floats(0.0, 2.0),
)
def test_any_size_gives_a_sound_market(
    seed: int, n: int, m: int, k: int, paths: int, congestion: str, graph: str, slack: float
) -> None:
    """X, Assumption 7 by construction; suppliers can talk; paths lead where they should; same seed, same bits."""
    options = {"suppliers": n, "demanders": m, "goods": k, "paths": paths, "congestion": congestion, "graph": graph}
    market = random_roads(seed, **options, slack=slack)  # type: ignore[arg-type]
    assert (n, m, k, paths) == (market.N, market.M, market.K, market.I)
    assert indispensable(market) == []
    assert component_labels(n, market.comm_edges).max() == 0
    assert market.edge_from_to is not None
    assert market.positions is not None
    for i, j, t in np.ndindex(n, m, paths):
        edges = market.edge_from_to[market.path_incidence[i, j, t] == 1]
        balance = np.zeros(len(market.positions), dtype=int)
        np.add.at(balance, edges.ravel(), np.tile([1, -1], len(edges)))
        assert (balance[i], balance[n + j], np.abs(balance).sum()) == (1, -1, 2)
    again = random_roads(seed, **options, slack=slack)  # type: ignore[arg-type]
    assert all(np.array_equal(value, vars(again)[key]) for key, value in vars(market).items())


def test_roads_are_a_triangulation() -> None:
    """3 P - 3 - (corners of the hull) sides; none crosses another."""
    points = np.random.default_rng(7).random((30, 2))
    roads = triangles(points)
    assert len(roads) == 3 * 30 - 3 - len(ConvexHull(points).vertices)
    for a, b in roads:
        assert not crossing(points[a], points[b], points[roads[:, 0]], points[roads[:, 1]]).any()


def test_a_talk_is_complete_only_if_asked() -> None:
    assert len(random_roads(0, suppliers=6).comm_edges) == 6
    assert len(random_roads(0, suppliers=6, graph="complete").comm_edges) == 15
    assert communication("ring", 1, np.random.default_rng(0)).shape == (0, 2)
    with pytest.raises(BadInput, match="graph: 'geometric' needs positions"):
        communication("geometric", 3, np.random.default_rng(0))


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(BadInput, match="goods: must be >= 1, got 0"):
        random_roads(0, goods=0)
    with pytest.raises(BadInput, match="congestion: must be 'linear' or 'bpr', got \"cubic\""):
        random_roads(0, congestion="cubic")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), absent=st.integers(0, 3))
def test_without_a_supplier_the_others_problem_is_the_same_with_zero_deliveries(seed: int, absent: int) -> None:
    """X, section 5.2: h_-i is the optimum with x_i = 0; objective and costs agree at any such x."""
    market = random_roads(seed, suppliers=4)
    less, rest = without(market, absent), np.delete(np.arange(4), absent)
    x = np.random.default_rng(seed).random((4, market.variables))
    x[absent] = 0.0
    assert coupled(less).objective(x[rest]) == pytest.approx(coupled(market).objective(x))
    assert coupled(less).costs(x[rest]) == pytest.approx(coupled(market).costs(x)[rest])
    assert coupled(less).part.sum(axis=0) == pytest.approx(np.ones(less.E))
    assert less.suppliers == tuple(market.suppliers[i] for i in rest)


def test_whoever_holds_the_talk_together_is_named() -> None:
    market = random_roads(0, suppliers=4, graph="star")
    with pytest.raises(BadInput, match=r"comm_edges: without supplier 0 \(0\) the others cannot talk to each other"):
        without(market, 0)
    assert without(market, 3).comm_edges.tolist() == [[0, 1], [0, 2]]
