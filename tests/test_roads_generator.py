"""The paper's generator: every array equals the published instance, bit for bit; first values stand here in digits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robosim.errors import BadInput
from robosim.freight.roads.generator import DirectedRoads, crossing, detours, generated, paper_instance, shortest
from robosim.freight.roads.points import distances, plain_order, spanning_tree, stable_order, talking
from robosim.freight.roads.recipes import RECIPES

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "freight"
FILES = [
    *((f"example-{i}", f"freight_example{i}", "plain") for i in range(1, 7)),
    ("semi-balanced", "freight_semibalanced_seed9", "plain"),
    ("unbalanced", "freight_unbalanced_seed36", "plain"),
    ("example-1", "freight_example1_avx512ties", "stable"),
]
ARRAYS = {
    "private_cost": "c",
    "path_incidence": "path_incidence",
    "demand": "demand",
    "stock": "stock",
    "capacity": "capacity",
    "comm_edges": "comm_edges",
    "positions": "point_pos",
    "roads": "road_edges_undirected",
    "edge_from_to": "used_edge_from_to",
}
COLUMNS = [5, 4, 6, 7, 16, 14, 0, 3, 1, 2, 15, 17, 13, 11, 9, 10, 8, 12]
ROWS = [12, 13, 4, 3, 9, 16, 17, 10, 6, 14, 5, 0, 8, 15, 7, 11, 2, 1]
ROADS = """
1-0 9-1 7-0 6-9 8-7 15-0 13-15 5-13 14-15 12-14 4-12 10-12 2-14 3-2 16-3 17-16 11-17 2-16 7-1 11-10 8-2 8-3 6-1 17-10
1-15 2-17 7-9 8-0 0-14 13-1 9-8 10-4 3-17 10-14 5-15 13-14
""".split()


@pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/freight is not here, instances are not compared")
@pytest.mark.parametrize(("name", "file", "ties"), FILES, ids=lambda value: str(value))
def test_every_array_equals_the_published_one(name: str, file: str, ties: str) -> None:
    instance = paper_instance(name, ties)
    with np.load(DATA / f"{file}.npz") as published:
        for ours, theirs in ARRAYS.items():
            assert np.array_equal(getattr(instance, ours), published[theirs]), ours
        assert (instance.congestion == published["c0"]).all()
        sizes = [int(published[letter]) for letter in "NMKIE"]
    assert sizes == [instance.N, instance.M, instance.K, instance.I, instance.E]


def test_example_1_without_any_file() -> None:
    """X, Example 1: points, roads and the first draws of seed 192."""
    instance = paper_instance("example-1")
    positions, roads = instance.positions, instance.roads
    assert positions is not None
    assert roads is not None
    assert np.array_equal(positions, 13 / 18 * np.array([COLUMNS, ROWS]).T)
    assert [f"{a}-{b}" for a, b in roads] == ROADS
    first = [array.flat[0] for array in (instance.demand, instance.capacity, instance.stock, instance.private_cost)]
    assert first == pytest.approx([137.864984, 292.757611, 184.726525, 5.159545], abs=5e-7)
    assert instance.E == 19


def test_the_tie_that_decides_example_1() -> None:
    """The 26th road: from point 2, points 7 and 17 are as far to the last bit; the plain sort has 17 first."""
    plain, stable = paper_instance("example-1"), paper_instance("example-1", "stable")
    assert plain.roads is not None
    assert stable.roads is not None
    assert plain.positions is not None
    apart = distances(plain.positions)
    assert apart[2, 7] == apart[2, 17] == pytest.approx(4.844813951249544, abs=1e-15)
    assert (plain.roads[25].tolist(), stable.roads[25].tolist()) == ([2, 17], [2, 7])
    assert (plain.E, stable.E) == (19, 17)


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(BadInput, match=r'instance: the paper has no "exampel-1" \(did you mean "example-1"\?\)'):
        paper_instance("exampel-1")
    with pytest.raises(BadInput, match="ties: must be 'plain' or 'stable', got \"quick\""):
        paper_instance("example-1", "quick")


@pytest.mark.parametrize("seed", range(6))
def test_any_seed_gives_planar_connected_networks(seed: int) -> None:
    """2P roads, no two properly crossing; everybody reaches everybody; paths lead from supplier to demander."""
    instance = generated(replace(RECIPES["example-1"], seed=seed))
    points, roads = instance.positions, instance.roads
    assert points is not None
    assert roads is not None
    assert len(np.unique(np.sort(roads, axis=1), axis=0)) == 2 * len(points)
    for a, b in roads:
        assert not crossing(points[a], points[b], points[roads[:, 0]], points[roads[:, 1]]).any()
    assert instance.edge_from_to is not None
    for i, m, t in np.ndindex(instance.N, instance.M, instance.I):
        edges = instance.edge_from_to[instance.path_incidence[i, m, t] == 1]
        balance = np.zeros(len(points), dtype=int)
        np.add.at(balance, edges[:, 0], 1)
        np.add.at(balance, edges[:, 1], -1)
        assert (balance[i], balance[instance.N + m], np.abs(balance).sum()) == (1, -1, 2)


@given(keys=st.lists(st.integers(0, 9).map(float), max_size=120))
def test_both_orders_sort(keys: list[float]) -> None:
    for order in (plain_order(keys), stable_order(keys)):
        assert sorted(order) == list(range(len(keys)))
        assert [keys[i] for i in order] == sorted(keys)
    assert stable_order(keys) == np.argsort(keys, kind="stable").tolist()


@given(keys=st.lists(st.floats(0.0, 1.0), max_size=120, unique=True))
def test_without_ties_the_order_is_the_only_one(keys: list[float]) -> None:
    assert plain_order(keys) == stable_order(keys)


def test_crossing_is_proper_crossing() -> None:
    a, b = np.array([0.0, 0.0]), np.array([2.0, 2.0])
    c = np.array([[0.0, 2.0], [0.0, 0.0], [1.0, 1.0], [3.0, 0.0], [0.0, 1.0]])
    d = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0], [3.0, 9.0], [1.0, 2.0]])
    assert crossing(a, b, c, d).tolist() == [
        True,
        False,
        False,
        False,
        False,
    ]  # X, shared end, touching, apart, parallel


def test_trees_have_least_length_and_talkers_least_degree() -> None:
    """Prim's tree against scipy's; then edges go to whoever has fewest."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    points = np.random.default_rng(5).random((20, 2))
    apart = distances(points)
    assert sum(apart[a, b] for a, b in spanning_tree(apart)) == pytest.approx(minimum_spanning_tree(apart).sum())
    edges = talking(apart, 30)
    assert len(edges) == 30
    assert np.bincount(edges.ravel()).min() >= 2
    assert np.array_equal(talking(apart[:4, :4], 6), np.stack(np.triu_indices(4, 1), axis=1))


def test_detours_close_the_cheapest_edge_for_good() -> None:
    """Two ways of length 2 and 3 and a bridge before them: the second path is the other way, the third none is left."""
    roads, length = np.array([[0, 1], [1, 2], [2, 4], [1, 3], [3, 4]]), np.zeros((5, 5))
    for (a, b), far in zip(roads, [1.0, 1.0, 1.0, 1.0, 2.0], strict=True):
        length[a, b] = length[b, a] = far
    ways = DirectedRoads(roads, length)
    assert shortest(ways, 0, 4, ()) == (3.0, [0, 2, 4])
    assert detours(ways, 0, 4, 2) == [[0, 2, 4], [0, 6, 8]]
    assert shortest(ways, 0, 4, {0})[0] == np.inf
