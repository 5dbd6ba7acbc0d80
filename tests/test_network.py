"""Graphs, matrices and spectra against their definitions and networkx."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.errors import BadInput
from robosim.network import graphs
from robosim.network.graphs import extremes, named_extremes
from robosim.network.network import Network, spread


def any_network(kind: str, n: int, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    if kind == "random-tree":
        return Network(n=n, edges=graphs.random_tree(n, rng))
    if kind == "geometric":
        return Network(n=n, edges=graphs.geometric(rng.uniform(size=(n, 2))))
    return Network(n=n, edges=graphs.DETERMINISTIC[kind](n), name=kind)


networks = st.builds(
    any_network,
    st.sampled_from(["path", "ring", "star", "complete", "grid", "random-tree", "geometric"]),
    st.integers(2, 40),
    st.integers(0, 10_000),
)


@given(networks)
@settings(max_examples=80, deadline=None)
def test_laplacian_is_incidence_times_its_transpose_and_extremes_are_its_eigenvalues(network: Network) -> None:
    laplacian = network.laplacian.toarray()
    incidence = network.incidence.toarray()
    np.testing.assert_array_equal(laplacian, incidence @ incidence.T)  # L = B Bᵀ
    assert (incidence.sum(axis=0) == 0).all()
    values = np.linalg.eigvalsh(laplacian)
    assert network.connectivity == pytest.approx(values[1], rel=1e-9)
    assert network.lambda_max == pytest.approx(values[-1], rel=1e-9)


@given(networks)
@settings(max_examples=80, deadline=None)
def test_metropolis_weights_are_symmetric_doubly_stochastic_and_positive_semidefinite(network: Network) -> None:
    links = network.links
    weights = np.diag(links.own_weight)
    for i in range(network.n):
        row = slice(links.indptr[i], links.indptr[i + 1])
        weights[i, links.indices[row]] = links.weight[row]
    np.testing.assert_array_equal(weights, weights.T)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-14)
    assert np.linalg.eigvalsh(weights)[0] > -1e-12


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("path", nx.path_graph),
        ("ring", nx.cycle_graph),
        ("complete", nx.complete_graph),
        ("star", lambda n: nx.star_graph(n - 1)),
    ],
)
@pytest.mark.parametrize("n", [3, 4, 7, 12])
def test_named_graphs_are_those_of_networkx_with_closed_form_spectra(name: str, reference, n: int) -> None:
    network = Network(n=n, edges=graphs.DETERMINISTIC[name](n), name=name)
    theirs = Network.of(reference(n))
    np.testing.assert_array_equal(network.edges, theirs.edges)
    assert named_extremes(name, n) == pytest.approx(extremes(theirs.laplacian), rel=1e-12)


@pytest.mark.parametrize("n", [4, 6, 9, 12, 13])
def test_grid_has_unit_steps_and_is_connected(n: int) -> None:
    network = Network(n=n, edges=graphs.grid(n))
    assert network.links.degree.max() <= 4
    if n in (4, 9):
        assert nx.is_isomorphic(nx.Graph(network.edges.tolist()), nx.grid_2d_graph(int(n**0.5), int(n**0.5)))


@pytest.mark.parametrize("graph", ["grid", "geometric", "random-tree", "small-world"])
def test_iterative_spectrum_of_large_graphs_is_the_dense_one(graph: str) -> None:
    n, rng = 900, np.random.default_rng(3)
    points = rng.uniform(size=(n, 2))
    edges = graphs.small_world(points, 1, None, rng) if graph == "small-world" else any_network(graph, n, 3).edges
    network = Network(n=n, edges=edges)
    values = np.linalg.eigvalsh(network.laplacian.toarray())
    assert network.connectivity == pytest.approx(values[1], rel=1e-8)
    assert network.connectivity <= values[1] * (1 + 1e-11)  # the bound may only err on the generous side
    assert network.lambda_max == pytest.approx(values[-1], rel=1e-10)


@given(st.integers(2, 60), st.integers(1, 3), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_geometric_graph_links_exactly_the_near_pairs(n: int, d: int, seed: int) -> None:
    points = np.random.default_rng(seed).uniform(size=(n, d))
    edges = graphs.geometric(points)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    reach = apart[edges[:, 0], edges[:, 1]].max()
    assert graphs.component_labels(n, edges).max() == 0
    np.testing.assert_array_equal(edges, np.argwhere(np.triu(apart <= reach, 1)))


def test_connectivity_of_a_long_thin_graph_is_found_by_shift_and_invert() -> None:
    n = 1500
    chain = Network(n=n, edges=graphs.path(n))  # without its name no closed form is used
    assert chain.connectivity == pytest.approx(2 - 2 * np.cos(np.pi / n), rel=1e-6)


def test_what_is_heard_in_sum_in_weighted_mean_and_one_by_one() -> None:
    network = any_network("geometric", 6, 2)
    said = {"z": np.random.default_rng(1).normal(size=(2, 6, 3))}
    memory, heard = network.deliver(3, network.start(), said, {})
    assert memory is None
    links = network.links
    adjacency = np.diag(links.degree) - network.laplacian.toarray()
    np.testing.assert_allclose(heard.total("z"), np.einsum("ij,mjc->mic", adjacency, said["z"]))
    weights = np.diag(links.own_weight)
    weights[np.repeat(np.arange(6), np.diff(links.indptr)), links.indices] = links.weight
    np.testing.assert_allclose(heard.mixed("z"), np.einsum("ij,mjc->mic", weights, said["z"]))
    np.testing.assert_array_equal(heard.each("z"), said["z"][:, links.indices])


def test_components_of_a_disconnected_graph_are_named() -> None:
    with pytest.raises(BadInput, match=r"2 components: \{3, 4\}; \{0, 1, 2\} \(add edges"):
        Network.of([(0, 1), (1, 2), (3, 4)])
    with pytest.raises(BadInput, match=r"12 components: .*; …"):
        Network(n=12, edges=graphs.canonical([]))


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([(0, 0), (0, 1)], r"edge \(0, 0\) joins an agent to itself"),
        ([(0, 1), (1, 9)], r"edge \(1, 9\) names an agent outside 0..2"),
    ],
)
def test_impossible_edges_are_refused(edges, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Network.of(edges, 3)


def test_one_agent_is_no_network() -> None:
    with pytest.raises(BadInput, match="at least 2 agents"):
        Network.of([], 1)


def test_statespace_is_one_round_of_consensus() -> None:
    network = any_network("geometric", 7, 1)
    system = network.statespace(0.1, dt_s=0.5)
    z = np.random.default_rng(0).normal(size=7)
    np.testing.assert_allclose(system.A @ z, z - 0.1 * network.laplacian @ z)
    assert system.dt == 0.5
    np.testing.assert_allclose(network.statespace().A, np.eye(7) - network.laplacian.toarray() / network.lambda_max)


@given(st.integers(1, 3), st.integers(2, 20), st.integers(0, 1000))
@settings(deadline=None)
def test_spread_is_the_distance_to_the_nearest_agreement(d: int, n: int, seed: int) -> None:
    z = np.random.default_rng(seed).normal(size=(n, d))
    best = np.linalg.norm(z - z.mean(axis=0))  # the mean is the nearest point of agreement
    assert spread(z) == pytest.approx(best)
    for step in 1e-3 * np.eye(d):
        assert np.linalg.norm(z - z.mean(axis=0) - step) > best
