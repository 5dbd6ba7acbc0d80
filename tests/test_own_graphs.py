"""Graphs of one's own: read as networkx means them or refused by name, weights in all that is computed and kept.

With weights L = B diag(w) Bᵀ and consensus is z⁺ = (I - αL) z (T, Algorithm 2, line 7, on a weighted graph).
"""

from __future__ import annotations

import json
import subprocess
import sys

import clarabel
import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

import robosim
from robosim.agent import Heard
from robosim.controllers.consensus import Consensus
from robosim.controllers.selfish.robots import STRATEGIES
from robosim.errors import BadInput
from robosim.kernels.mixing import step, weighted_step
from robosim.kernels.steering import faithful_play, impulse_responses, scripted_play
from robosim.leader.bound import announce, paper
from robosim.network import graphs
from robosim.network.network import Network
from robosim.rendezvous.gains.exact import best_response, exact_gains

FAMILIES = ("path", "cycle", "star", "wheel", "complete", "tree", "gnp", "barbell", "grid", "lollipop")
LABELLING = ("ids", "shuffled ids", "strings", "tuples", "mixed", "floats", "from one", "negative", "bools", "frozen")


def family(kind: str, n: int, seed: int) -> nx.Graph:
    """A connected graph with n nodes or so."""
    made = {
        "path": lambda: nx.path_graph(n),
        "cycle": lambda: nx.cycle_graph(n),
        "star": lambda: nx.star_graph(n - 1),
        "wheel": lambda: nx.wheel_graph(n),
        "complete": lambda: nx.complete_graph(n),
        "tree": lambda: nx.random_labeled_tree(n, seed=seed),
        "gnp": lambda: nx.compose(nx.path_graph(n), nx.gnp_random_graph(n, 0.4, seed=seed)),
        "barbell": lambda: nx.barbell_graph(3, max(n - 6, 0)),
        "grid": lambda: nx.convert_node_labels_to_integers(nx.grid_2d_graph(2, (n + 1) // 2)),
        "lollipop": lambda: nx.lollipop_graph(4, max(n - 4, 1)),
    }
    return made[kind]()


def relabelled(graph: nx.Graph, kind: str, seed: int) -> nx.Graph:
    """The same graph under other names, its nodes in another order."""
    rng, nodes = np.random.default_rng(seed), list(graph.nodes)
    named = {
        "ids": lambda i: i,
        "shuffled ids": lambda i: np.int64(i),
        "strings": lambda i: f"robot {i}",
        "tuples": lambda i: (i, str(i)),
        "mixed": lambda i: i if i % 3 else (f"s{i}" if i % 2 else (i,)),
        "floats": lambda i: i + 0.5,
        "from one": lambda i: i + 1,
        "negative": lambda i: -i,
        "bools": lambda i: bool(i) if i < 2 else f"b{i}",
        "frozen": lambda i: frozenset({i}),
    }[kind]
    order = nodes if kind == "ids" else rng.permutation(nodes).tolist()
    out = nx.Graph()
    out.add_nodes_from(named(i) for i in order)
    edges = list(graph.edges)
    for e in rng.permutation(len(edges)):
        out.add_edge(*(named(i) for i in edges[e]))
    return out


def weighed(graph: nx.Graph, seed: int) -> nx.Graph:
    """Some edges with weights of all number types, others without."""
    rng = np.random.default_rng(seed)
    for number, (a, b) in enumerate(graph.edges):
        given = [
            float(rng.uniform(0.01, 50)),
            int(rng.integers(1, 9)),
            np.float32(rng.uniform(0.1, 2)),
            np.float64(1 / 3),
        ]
        if number % 5 < 4:
            graph.edges[a, b]["weight"] = given[number % 5]
    return graph


SIXTY = [(FAMILIES[k % 10], LABELLING[(k + k // 10) % 10], k % 2 == 1, k) for k in range(60)]


@pytest.mark.parametrize(("kind", "labels", "heavy", "seed"), SIXTY)
def test_sixty_graphs_are_those_of_networkx_with_its_spectrum(kind: str, labels: str, heavy: bool, seed: int) -> None:
    graph = relabelled(family(kind, 5 + seed % 7, seed), labels, seed)
    graph = weighed(graph, seed) if heavy else graph
    network = Network.of(graph)
    ids = labels.endswith("ids")
    order = sorted(graph.nodes) if ids else list(graph.nodes)
    assert network.labels == (() if ids else tuple(graph.nodes))
    theirs = nx.laplacian_matrix(graph, nodelist=order).toarray().astype(float)
    np.testing.assert_allclose(network.laplacian.toarray(), theirs, rtol=1e-15, atol=1e-15 * theirs.max())
    spectrum = np.sort(nx.laplacian_spectrum(graph))
    assert network.connectivity == pytest.approx(spectrum[1], rel=1e-9)
    assert network.lambda_max == pytest.approx(spectrum[-1], rel=1e-9)
    assert (network.weights is not None) == heavy
    if heavy:
        given = [float(graph.edges[order[a], order[b]].get("weight", 1)) for a, b in network.edges.tolist()]
        np.testing.assert_array_equal(network.weights, given)


def test_the_hub_stays_the_hub() -> None:
    """R5: nodes in the order 2, 0, 1, 3 are ids all the same."""
    network = Network.of(nx.Graph([(2, 0), (2, 1), (2, 3)]))
    assert network.links.degree.tolist() == [1, 1, 3, 1]
    assert network.labels == ()
    mission = robosim.load("rendezvous", set={"robots.count": 4, "selfish": []}, network=nx.star_graph([2, 0, 1, 3]))
    assert mission.network.links.degree.tolist() == [1, 1, 3, 1]


def with_weight(weight: object) -> nx.Graph:
    graph = nx.path_graph(["a", "b", "c"])
    graph.edges["a", "b"]["weight"] = weight
    return graph


REFUSED = {
    "directed": (nx.DiGraph([(0, 1), (1, 2)]), r"directed \(DiGraph\).*to_undirected"),
    "directed multi": (nx.MultiDiGraph([(0, 1), (1, 2)]), r"directed \(MultiDiGraph\)"),
    "multi": (nx.MultiGraph([(0, 1), (0, 1), (1, 2)]), r"multigraph \(MultiGraph\).*nx\.Graph\(graph\)"),
    "loop": (nx.Graph([("a", "a"), ("a", "b")]), r"edge \('a', 'a'\) joins an agent to itself"),
    "loop of ids": (nx.Graph([(0, 1), (1, 1)]), r"edge \(1, 1\) joins an agent to itself"),
    "empty": (nx.Graph(), "at least 2 agents, got 0"),
    "one node": (nx.empty_graph(1), "at least 2 agents, got 1"),
    "apart": (nx.Graph([("a", "b"), ("c", "d"), ("d", "e")]), r"2 components: \{'a', 'b'\}; \{'c', 'd', 'e'\}"),
    "lonely": (nx.empty_graph(3), r"3 components: \{0\}; \{1\}; \{2\}"),
    "zero": (with_weight(0), r"edge \('a', 'b'\): its weight must be a finite number > 0, got 0 \(remove"),
    "negative": (with_weight(-1.5), r"edge \('a', 'b'\): .* got -1.5"),
    "nan": (with_weight(float("nan")), "> 0, got nan"),
    "infinite": (with_weight(float("inf")), "> 0, got inf"),
    "beyond floats": (with_weight(10**400), "must be a finite number > 0"),
    "text": (with_weight("heavy"), "> 0, got 'heavy'"),
    "truth": (with_weight(True), "> 0, got True"),
    "no number": (with_weight(None), "> 0, got None"),
    "complex": (with_weight(1j), "> 0, got 1j"),
    "huge": (with_weight(1e13), r"must lie in 1e-12\.\.1e\+12, got 1e\+13"),
    "unprintable": (nx.Graph([("a\n\u202eb", "a\n\u202eb")]), r"edge \('a\\n\\u202eb'"),
    "no graph": (3.5, "networkx graph or a list of edges, got float"),
    "text for a graph": ("ring", "networkx graph or a list of edges, got str"),
    "list of names": ([("a", "b")], r"edge \('a', 'b'\): agents of a list are ids .* nx\.Graph"),
    "list of halves": ([(0, 1.5)], "got 1.5"),
    "list of truths": ([(False, True)], "got False"),
    "list of lone ids": ([(0,)], r"must be \[i, j\] or \[i, j, weight\]"),
    "list of numbers": ([0, 1], r"edge 0 must be \[i, j\]"),
    "huge ids": ([(0, 10**30)], "got 10000000"),
    "far ids": ([(0, 10**12)], "1000000000001 agents need 1000000000000 edges"),
    "two weights": ([(0, 1, 2.0), (1, 0, 3.0)], r"edge \(1, 0\) stands twice with different weights"),
    "list with no weight": ([(0, 1, -2.0)], r"edge \(0, 1\): its weight .* got -2.0"),
    "below 0": ([(-1, 0)], r"edge \(-1, 0\) names an agent outside 0..0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_such_graph_is_refused_by_name(case: str) -> None:
    graph, message = REFUSED[case]
    with pytest.raises(BadInput, match=message) as found:
        Network.of(graph)
    assert str(found.value).isprintable()
    with pytest.raises(BadInput, match=r"^network: "):
        robosim.load("rendezvous", network=graph)


def test_weights_that_span_beyond_rounding_are_refused_and_those_below_are_on_the_safe_side() -> None:
    with pytest.raises(BadInput, match="span too far: the algebraic connectivity is lost in rounding"):
        Network.of([(0, 1, 1e-12), (1, 2, 1e12), (2, 3, 1e-12)])
    for weight in (1e-9, 1e-6, 1e-3):
        path = Network.of([(0, 1, 1.0), (1, 2, weight), (2, 3, 1.0)])  # λ₂ = 1 + w - √(1 + w²)
        true = 2 * weight / (1 + weight + np.sqrt(1 + weight**2))
        assert true * (1 - 4e-15 / weight - 2e-11) <= path.connectivity <= true * (1 + 1e-15)


@pytest.mark.parametrize("unit", [1e-11, 1.0, 1e11])
def test_the_unit_of_weights_does_not_matter(unit: float) -> None:
    """α is a share of 1/λmax: a team on a graph c·w moves as one on w."""
    one = Network.of([(0, 1, 0.5), (1, 2, 2.0), (2, 3, 0.7), (3, 0, 1.1)])
    other = Network.of([(i, j, w * unit) for (i, j), w in zip(one.edges, one.weights, strict=True)])
    assert other.connectivity / unit == pytest.approx(one.connectivity, rel=1e-11)
    assert other.lambda_max / unit == pytest.approx(one.lambda_max, rel=1e-11)


def test_large_graphs_with_weights_have_the_dense_spectrum() -> None:
    graph = nx.connected_watts_strogatz_graph(800, 6, 0.3, seed=2)
    rng = np.random.default_rng(4)
    nx.set_edge_attributes(graph, {e: float(rng.lognormal()) for e in graph.edges}, "weight")
    network, spectrum = Network.of(graph), nx.laplacian_spectrum(graph)
    assert network.connectivity == pytest.approx(sorted(spectrum)[1], rel=1e-8)
    assert network.connectivity <= sorted(spectrum)[1] * (1 + 1e-11)
    assert network.lambda_max == pytest.approx(max(spectrum), rel=1e-9)


def random_network(seed: int, most: int = 10) -> Network:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, most))
    edges = graphs.with_long_links(graphs.random_tree(n, rng), n, int(rng.integers(0, 2)), rng)
    return Network(n=n, edges=edges, weights=10 ** rng.uniform(-1.5, 1.5, len(edges)))


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_weighted_consensus_is_the_power_of_a_dense_matrix(seed: int) -> None:
    network, rng = random_network(seed), np.random.default_rng(seed)
    alpha, z = 1 / network.lambda_max, rng.uniform(-1, 1, (2, network.n, 3))
    weights = np.zeros((network.n, network.n))
    weights[network.edges[:, 0], network.edges[:, 1]] = network.weights
    dense = np.diag((weights + weights.T).sum(axis=0)) - weights - weights.T
    np.testing.assert_allclose(network.laplacian.toarray(), dense, atol=1e-13 * dense.max())
    incidence = network.incidence.toarray()
    np.testing.assert_allclose(incidence @ np.diag(network.weights) @ incidence.T, dense, atol=1e-13 * dense.max())
    np.testing.assert_allclose(network.statespace().A, np.eye(network.n) - alpha * dense, atol=1e-12)
    program, now = Consensus(), z
    state, _ = program.start({"start": z}, {"alpha": alpha}, network.links)
    for _ in range(17):
        heard = Heard({"z": now}, {}, network.links, {"z": now})
        np.testing.assert_allclose(heard.pull("z"), -np.einsum("ij,mjc->mic", dense, now), atol=1e-12 * dense.max())
        state, said = program.step(state, heard)
        now = said["z"]
    power = np.linalg.matrix_power(np.eye(network.n) - alpha * dense, 17)
    np.testing.assert_allclose(now, np.einsum("ij,mjc->mic", power, z), atol=1e-13)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_one_agent_alone_hears_the_weights_of_its_own_links(seed: int) -> None:
    network = random_network(seed)
    robosim.check_controller(Consensus, network=network, rules={"alpha": 1 / network.lambda_max}, rounds=5)
    for agent in range(network.n):
        one, row = network.links.only(agent), slice(*network.links.indptr[agent : agent + 2])
        np.testing.assert_array_equal(one.edge_weight, network.links.edge_weight[row])
        assert one.weighted_degree == pytest.approx(network.laplacian.toarray()[agent, agent], rel=1e-14)


@given(st.integers(0, 10**6), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_weights_of_one_give_the_bits_of_no_weights(seed: int, d: int) -> None:
    heavy, rng = random_network(seed), np.random.default_rng(seed)
    plain, ones = (
        Network(n=heavy.n, edges=heavy.edges),
        Network(n=heavy.n, edges=heavy.edges, weights=0 * heavy.weights + 1),
    )
    assert plain.links.edge_weight is None
    each, z = ones.links.edge_weight, rng.normal(size=(3, heavy.n, d))
    graph, out, again = (plain.links.indptr, plain.links.indices), np.empty_like(z), np.empty_like(z)
    step(*graph, z, z, 0.1, out)
    weighted_step(*graph, z, z, 0.1, again, each)
    np.testing.assert_array_equal(out, again)
    for mine, theirs in zip(
        faithful_play(*graph, 0.1, z[0], 9, 1), faithful_play(*graph, 0.1, z[0], 9, 1, each), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    script = rng.normal(size=(8, d))
    np.testing.assert_array_equal(
        scripted_play(*graph, 0.1, z[0], script, 0), scripted_play(*graph, 0.1, z[0], script, 0, each)
    )
    np.testing.assert_array_equal(impulse_responses(*graph, 0.1, 9, 2), impulse_responses(*graph, 0.1, 9, 2, each))
    assert Network.of([(*edge, 1.0) for edge in plain.edges.tolist()], plain.n).weights is None


@given(st.integers(0, 10**6))
@example(10518)  # λ₂ rounded up in its 12th digit would fine two robots after one round
@example(12480)  # and so would λmax, rounded down
@settings(max_examples=100, deadline=None)
def test_faithful_teams_stay_inside_tight_and_the_papers_bound_on_weighted_graphs(seed: int) -> None:
    """‖(I-J) zᵏ‖ ≤ β(k) at every corner of the box; on trees with B√w in the place of the paper's B."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    edges = graphs.random_tree(n, rng)
    network = Network(n=n, edges=edges, weights=10 ** rng.uniform(-1, 1, n - 1))
    lower, upper = np.array([-1.0]), np.array([3.0])
    alpha = float(rng.choice([rng.uniform(0.2, 1), rng.uniform(0.99, 1), 1.0])) / network.lambda_max
    corners = np.where((np.arange(2**n)[:, None] >> np.arange(n)) & 1, 3.0, -1.0).T
    root = np.sqrt(network.weights)[:, None] * network.incidence.toarray().T  # √w Bᵀ
    inverse = np.linalg.norm(root.T @ np.linalg.inv(root @ root.T), 2)  # ‖B√w (√w BᵀB √w)⁻¹‖₂
    assert paper(network, alpha, lower, upper)[1] == pytest.approx(
        inverse * np.linalg.norm(root @ corners, axis=0).max()
    )
    z, matrix = corners, np.eye(n) - alpha * network.laplacian.toarray()
    bounds = [announce(rule, network, alpha, lower, upper) for rule in ("tight", "paper")]
    for k in range(12):
        off = np.linalg.norm(z - z.mean(axis=0), axis=0).max()
        assert all(off <= bound.beta(k) for bound in bounds)
        z = matrix @ z
    if (network.weights != 1).any():
        with pytest.raises(BadInput, match="publishes no bound for graphs with weights"):
            announce("paper-as-published", network, alpha, lower, upper)


def by_cone_program(network: Network, alpha: float, theta, rounds: int, beta: float, agent: int) -> float:
    """min ‖z - θ‖² over z = z_f + H x, ‖(I-J) z‖ ≤ β, by clarabel on dense matrices of our own making; one axis."""
    n = network.n
    move = np.eye(n) - alpha * nx.laplacian_matrix(as_networkx(network), nodelist=range(n)).toarray()
    final = np.linalg.matrix_power(move, rounds) @ theta
    columns, masked = [np.eye(n)[agent]], move.copy()
    masked[agent] = 0.0
    pulled = move[:, agent] * (np.arange(n) != agent)
    for _ in range(rounds):
        columns.append(pulled)
        pulled = masked @ pulled
    basis, sizes, _ = np.linalg.svd(np.array(columns).T, full_matrices=False)
    basis = basis[:, sizes > 1e-12 * sizes[0]]
    off = np.eye(n) - 1 / n
    r = basis.shape[1]
    matrix = csc_array(np.vstack([np.zeros((1, r)), -off @ basis]))
    right = np.concatenate([[beta], off @ final])
    settings_ = clarabel.DefaultSettings()
    settings_.verbose = False
    settings_.tol_gap_abs = settings_.tol_gap_rel = settings_.tol_feas = 1e-12
    quadratic, linear = csc_array(2 * np.eye(r)), 2 * basis.T @ (final - theta)
    solved = clarabel.DefaultSolver(
        quadratic, linear, matrix, right, [clarabel.SecondOrderConeT(n + 1)], settings_
    ).solve()
    return float(np.sum((final + basis @ np.array(solved.x) - theta) ** 2))


def as_networkx(network: Network) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(network.n))
    graph.add_weighted_edges_from(
        (a, b, w) for (a, b), w in zip(network.edges.tolist(), network.weights.tolist(), strict=True)
    )
    return graph


@pytest.mark.parametrize("seed", range(12))
def test_the_exact_figure_on_a_weighted_graph_is_that_of_a_cone_solver(seed: int) -> None:
    rng, network = np.random.default_rng(seed), random_network(seed, 8)
    alpha, rounds, theta = 0.8 / network.lambda_max, int(rng.integers(4, 9)), rng.uniform(-1, 1, network.n)
    move = np.eye(network.n) - alpha * network.laplacian.toarray()
    final, links = np.linalg.matrix_power(move, rounds) @ theta, network.links
    beta = (1 - alpha * network.connectivity) ** rounds * np.sqrt(network.n)
    found = exact_gains(
        links.indptr, links.indices, theta[:, None], final[:, None], beta, rounds, weight=links.edge_weight
    )
    plain = exact_gains(links.indptr, links.indices, theta[:, None], final[:, None], beta, rounds)
    for agent in range(network.n):
        best = by_cone_program(network, alpha, theta, rounds, beta, agent)
        assert found[agent] == pytest.approx(np.sum((final - theta) ** 2) - best, abs=1e-6)
    if rounds + 1 < network.n:  # where few rounds keep the agent from steering everybody, weights are felt
        assert np.abs(found - plain).max() > 1e-6


WORLD = """
[mission]
kind = "rendezvous"
rounds = {rounds}
seed = {seed}
[robots]
count = {n}
dimension = {d}
{limits}
[network]
graph = "edges"
edges = {edges}
"""


def world_of(seed: int, limits: str, rounds: int) -> str:
    network = random_network(seed, 8)
    rows = [[*edge, w] for edge, w in zip(network.edges.tolist(), network.weights.tolist(), strict=True)]
    return WORLD.format(rounds=rounds, seed=seed, n=network.n, d=1 + seed % 3, limits=limits, edges=rows)


@given(
    seed=st.integers(0, 10**5),
    rounds=st.integers(1, 25),
    limits=st.sampled_from(["", "", "speed_limit_mps = 0.7", "arena_m = [-15.0, 15.0]"]),
    name=st.sampled_from(sorted(STRATEGIES)),
)
@settings(max_examples=40, deadline=None)
def test_found_is_at_most_bounded_exact_and_certified_on_weighted_worlds(tmp_path_factory, seed, rounds, limits, name):
    file = tmp_path_factory.mktemp("w") / "weighted.toml"
    file.write_text(world_of(seed, limits, rounds))
    mission = robosim.load(file)
    agent = seed % mission.network.n
    epsilon = mission.run().verdict.epsilon
    scale = 1e-9 * (1 + mission.problem.optimum(mission.own["start"][0]))
    assert None not in (epsilon.certified, epsilon.exact, epsilon.bounded)
    assert epsilon.bounded <= epsilon.exact + scale <= epsilon.certified + 2 * scale
    table = f'\n[[selfish]]\nrobot = {agent}\nstrategy = "{name}"\n'
    file.write_text(world_of(seed, limits, rounds) + table)
    verdict = robosim.run(file).verdict
    assert all(gain.gain is None or gain.gain <= epsilon.bounded + scale for gain in verdict.gains)


@pytest.mark.parametrize("seed", range(10))
def test_the_best_script_earns_the_exact_figure_when_the_mission_plays_it(seed: int, tmp_path) -> None:
    """Solver, mission and exact figure must mean the same weights, or the script misses the bound or the optimum."""
    file = tmp_path / "weighted.toml"
    file.write_text(world_of(seed, "", 5))
    mission = robosim.load(file)
    agent, links = seed % mission.network.n, mission.network.links
    record, start = mission.run(), mission.own["start"][0]
    known = links.indptr, links.indices, start, record.decision[0], mission.announcement.beta, 5
    exact = exact_gains(*known, [agent], weight=links.edge_weight)[0]
    solved = best_response(*known[:2], mission.announcement.alpha, *known[2:], agent, weight=links.edge_weight)
    played = robosim.run(file, strategies={agent: robosim.agent.BestResponse(within_limits=False)})
    gain, tolerance = played.verdict.gains[0].gain, 1e-7 * (1 + mission.optimum())
    assert exact > 1e-3
    assert gain == pytest.approx(solved.gain, abs=tolerance)
    if solved.solved:  # else it would have to announce positions that float64 cannot steer by
        assert gain == pytest.approx(exact, abs=tolerance)
    assert solved.solved or seed in (2, 5)


@pytest.mark.parametrize("source", ["file", "networkx"])
def test_a_record_keeps_weights_and_its_world_plays_the_same_bits(source: str, tmp_path) -> None:
    file = tmp_path / "weighted.toml"
    file.write_text(world_of(5, "", 12))
    network = None
    if source == "networkx":
        graph = as_networkx(random_network(5, 8))
        network = nx.relabel_nodes(graph, {i: f"node {i}" for i in graph.nodes})
        file.write_text(WORLD.format(rounds=12, seed=5, n=len(graph), d=2, limits="", edges="[]").split("[network]")[0])
    first = robosim.run(file, network=network, set={"mission.rounds": 12})
    first.save(tmp_path / "saved")
    kept = robosim.load_record(tmp_path / "saved")
    np.testing.assert_array_equal(kept.weights, first.weights)
    assert kept.provenance.not_reproducible == ()
    assert kept.labels == (() if source == "file" else tuple(f"node {i}" for i in range(len(first.start))))
    assert source == "file" or kept.table()[1]["label"] == "node 1"
    again = robosim.run(tmp_path / "saved" / "world.toml")
    np.testing.assert_array_equal(again.said["z"], first.said["z"])
    np.testing.assert_array_equal(again.settlement.tax, first.settlement.tax)
    np.testing.assert_array_equal(again.weights, first.weights)
    assert again.rules.beta == first.rules.beta


def test_weights_are_in_the_answer_and_not_dropped(tmp_path) -> None:
    """R5: weights 10, 0.1 and 1 on a path of four: λ₂ is 0.097, not 0.586."""
    graph = nx.Graph()
    graph.add_weighted_edges_from([(0, 1, 10.0), (1, 2, 0.1), (2, 3, 1.0)])
    mission = robosim.load("rendezvous", set={"robots.count": 4, "selfish": []}, network=graph)
    assert mission.network.connectivity == pytest.approx(nx.algebraic_connectivity(graph, method="lanczos"), rel=1e-6)
    assert mission.network.connectivity == pytest.approx(0.097, abs=1e-3)
    assert mission.announcement.alpha == pytest.approx(1 / max(nx.laplacian_spectrum(graph)))


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ("[[0, 1, -1], [1, 2]]", ":12: network.edges.0.2: must be > 0, got -1"),
        ("[[0, 1], [1, 2, 0]]", ":12: network.edges.1.2: must be > 0, got 0"),
        ("[[0, 1], [1, 2, inf]]", ":12: network.edges.1.2: must be finite, got inf"),
        ("[[0, 1], [1, 2, nan]]", ":12: network.edges.1.2: must be finite"),
        ('[[0, 1], [1, 2, "a"]]', ':12: network.edges.1.2: must be a number, got "a"'),
        ("[[0, 1], [1, 2, 1e13]]", ":12: network.edges.1.2: must be <= 1e"),
        ("[[0, 1], [1, 2, 1.0, 1.0]]", ":12: network.edges.1: must have 3 or fewer elements"),
        ("[[0, 1.5, 2.0], [1, 2]]", ":12: network.edges.0.1: must be a whole number, got 1.5"),
        ("[[0, 1, 2.0], [1, 0, 3.0], [1, 2]]", ":12: network.edges.1: [1, 0] stands twice"),
        ("[[0, 1, 2.0], [2, 2, 3.0], [1, 2]]", ":12: network.edges.1: joins robot 2 to itself"),
        ("[[0, 1, 1e-12], [1, 2, 1e12]]", ":12: network.edges: weights span too far"),
        ("[[0, 1, 2.0]]", ":12: network.edges: the graph falls into 2 components: {2}; {0, 1}"),
    ],
)
def test_weights_in_world_files_are_checked_at_their_line(edges: str, message: str, tmp_path, cli) -> None:
    file = tmp_path / "w.toml"
    file.write_text(WORLD.format(rounds=5, seed=1, n=3, d=2, limits="", edges=edges))
    with pytest.raises(BadInput) as found:
        robosim.load(file)
    assert message in str(found.value)
    code, _, err = cli("run", file)
    assert code == 2
    assert "Traceback" not in err
    assert message in err


def test_the_command_line_runs_certifies_and_draws_a_weighted_world(tmp_path) -> None:
    file = tmp_path / "w.toml"
    file.write_text(WORLD.format(rounds=30, seed=1, n=3, d=2, limits="", edges="[[0, 1, 2.5], [1, 2, 0.4]]"))
    call = [sys.executable, "-m", "robosim"]
    told = subprocess.run([*call, "certify", str(file), "--json"], capture_output=True, text=True, check=True)
    network = Network.of([(0, 1, 2.5), (1, 2, 0.4)])
    assert json.loads(told.stdout)["alpha"] == pytest.approx(1 / network.lambda_max, rel=1e-11)


def test_lines_of_heavy_links_are_wider() -> None:
    from robosim.rendezvous.figures.trajectories import trajectories

    record = robosim.run("rendezvous", set={"robots.count": 3, "selfish": []}, network=[(0, 1, 4.0), (1, 2, 1.0)])
    links = next(one for one in trajectories(record).axes[0].collections if one.get_label() == "link")
    assert links.get_linewidths()[0] > links.get_linewidths()[1] > 0


def test_rooms_whose_methods_know_no_weights_refuse_them() -> None:
    with pytest.raises(BadInput, match="network: its edges have weights, and these methods weigh neighbours by how"):
        robosim.load("freight", network=[(0, 1, 2.0), (1, 2), (2, 3), (3, 0)])
    with pytest.raises(BadInput, match=r"network.edges.0: has a weight, 2.5, .* \(write \[0, 1\]\)"):
        robosim.load("freight", set={"network.graph": "edges", "network.edges": [[0, 1, 2.5], [1, 2]]})
    with pytest.raises(BadInput, match="takes no graph"):
        robosim.load("six-bidders", network=[(0, 1, 2.0)])
    with pytest.raises(BadInput, match="takes no graph"):
        robosim.load("charging-day-ahead", network=[(0, 1, 2.0)])
