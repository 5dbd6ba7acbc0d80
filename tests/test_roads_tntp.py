"""Road networks in the TNTP format: the whole of each file is read, every fault has its line, markets stand on them."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.errors import BadInput, RobosimError
from robosim.freight.roads.haul import haul
from robosim.freight.roads.instance import Instance, coupled, indispensable
from robosim.freight.roads.shortest_ways import shortest_ways
from robosim.freight.roads.tntp import RoadNetwork, read_tntp
from robosim.freight.roads.tntp_instance import tntp_instance

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "roads"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="LOUD: ../shared/data/roads is not here, no real roads tested"
)
NET = """<NUMBER OF ZONES> 4
<NUMBER OF NODES> 5
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 7 ~ a comment
<END OF METADATA>

~ init term capacity length time b power speed toll type ;
 1 5 100 1 2 0.15 4 0 0 1 ;
 5 3 200 1 3 0.15 4 0 0 1 ;
 1 3 100 9 6 0.15 4 0 0 1 ;
 2 5 100 1 1 0.15 4 0 0 1 ; ~ another one
 2 3 100 1 7 0.15 4 0 0 1
 5 4 100 1 1 0.15 4 0 0 1 ;
 3 4 100 1 1 0.15 4 0 0 1 ;
"""
TRIPS = """<NUMBER OF ZONES> 4
<END OF METADATA>

Origin 1
  2 : 5.0;  3 : 100.0;
  4 : 1.0;
Origin  2 ~ rest
  3 : 60.0; 4 : 20;
"""
NODES = "Node X Y ;\n1 0 0 ;\n2 0 1 ;\n3 2 0 ;\n4 2 1 ;\n5 1 0.5 ;\n"


def network(tmp_path: Path, net: str = NET, trips: str = TRIPS, nodes: str = NODES) -> RoadNetwork:
    for name, text in (("net", net), ("trips", trips), ("node", nodes)):
        (tmp_path / f"Town_{name}.tntp").write_text(text, encoding="utf-8")
    return read_tntp(*(tmp_path / f"Town_{name}.tntp" for name in ("net", "trips", "node")))


def complaints(tmp_path: Path, **texts: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        network(tmp_path, **texts)
    return [line.removeprefix(f"{tmp_path}/Town_") for line in str(caught.value).splitlines()]


def test_links_trips_and_places_are_those_of_the_files(tmp_path: Path) -> None:
    town = network(tmp_path)
    assert (town.nodes, town.first_through) == (5, 0)
    assert town.links.tolist() == [[0, 4], [4, 2], [0, 2], [1, 4], [1, 2], [4, 3], [2, 3]]
    assert town.capacity.tolist() == [100, 200, 100, 100, 100, 100, 100]
    assert town.length.tolist() == [1, 1, 9, 1, 1, 1, 1]
    assert town.free_flow_time.tolist() == [2, 3, 6, 1, 7, 1, 1]
    assert (town.b == 0.15).all()
    assert (town.power == 4.0).all()
    assert town.trips.tolist() == [[0, 5, 100, 1], [0, 0, 60, 20], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert town.positions is not None
    assert town.positions[4].tolist() == [1.0, 0.5]


def test_market_of_a_town_by_hand(tmp_path: Path) -> None:
    """Suppliers 1 and 2, demander 3: over node 5 in 5 and 4, straight in 6 and 7; BPR a = t0 b / capacity^4."""
    market = tntp_instance(network(tmp_path), suppliers=[1, 2], demanders=[3], goods=1, scale=0.5)
    assert market.edge_from_to is not None
    assert market.edge_from_to.tolist() == [[0, 4], [4, 2], [0, 2], [1, 4], [1, 2]]
    assert market.private_cost.tolist() == [[2, 3, 6, 1, 7]] * 2
    assert market.congestion == pytest.approx(0.15 * np.array([2, 3, 6, 1, 7]) / np.array([1, 2, 1, 1, 1]) ** 4 / 1e8)
    assert market.power == 4.0
    assert market.path_incidence.tolist() == [
        [[[1, 1, 0, 0, 0], [0, 0, 1, 0, 0]]],
        [[[0, 1, 0, 1, 0], [0, 0, 0, 0, 1]]],
    ]
    assert market.demand.tolist() == [[80.0]]
    assert (market.suppliers, market.demanders) == (("node 1", "node 2"), ("node 3",))
    linear = tntp_instance(network(tmp_path), suppliers=[1, 2], demanders=[3], goods=1, congestion="linear")
    assert linear.power == 1.0
    at_capacity = market.private_cost[0] + market.congestion * np.array([100, 200, 100, 100, 100.0]) ** 4
    assert linear.private_cost[0] + linear.congestion * np.array([100, 200, 100, 100, 100]) == pytest.approx(
        at_capacity
    )


def test_largest_origins_and_destinations_are_taken(tmp_path: Path) -> None:
    market = tntp_instance(network(tmp_path), suppliers=2, demanders=2, goods=3)
    assert (market.suppliers, market.demanders) == (("node 1", "node 2"), ("node 3", "node 4"))
    assert market.demand.sum(axis=1) == pytest.approx([160.0, 21.0])
    assert market.edge_from_to is not None
    assert market.positions is not None
    assert market.positions[market.edge_from_to[0]].tolist() == [[0.0, 0.0], [1.0, 0.5]]
    assert indispensable(market) == []


def test_paths_pass_through_no_zone_below_the_first_through_node(tmp_path: Path) -> None:
    town = network(tmp_path, net=NET.replace("<FIRST THRU NODE> 1", "<FIRST THRU NODE> 5"))
    market = tntp_instance(town, suppliers=[1, 2], demanders=[4], goods=1, paths=1)
    assert market.E == 3
    more = tntp_instance(town, suppliers=[1, 2], demanders=[4], goods=1, paths=2)
    assert more.path_incidence.any(axis=3).tolist() == [[[True, False]], [[True, False]]]


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("net", "<NUMBER OF NODES> 5", "", "net.tntp:1: <NUMBER OF NODES>: is missing ("),
        ("net", "<NUMBER OF NODES> 5", "<NUMBER OF NODES> many", "net.tntp:2: <NUMBER OF NODES>: must be 1 to 1000000"),
        ("net", "<NUMBER OF LINKS> 7", "<NUMBER OF LINKS> 9", 'net.tntp:4: <NUMBER OF LINKS>: says "9", rows: 7 ('),
        ("net", " 1 5 100 1", " 1 6 100 1", 'net.tntp:8: term_node: must be a node, 1 to 5, got "6" ('),
        ("net", " 1 5 100 1", " 1 1.5 100 1", 'net.tntp:8: term_node: must be a node, 1 to 5, got "1.5" ('),
        ("net", " 1 5 100 1", " 1 5 0 1", 'net.tntp:8: capacity: must be a number > 0, got "0" ('),
        ("net", " 1 5 100 1 2", " 1 5 100 1 fast", 'net.tntp:8: free_flow_time: must be a number >= 0, got "fast" ('),
        ("net", "0.15 4 0 0 1 ;", "nan 4 0 0 1 ;", 'net.tntp:8: b: must be a number >= 0, got "nan" ('),
        ("net", "0.15 4 0 0 1 ;", "0.15 4 ;", "net.tntp:8: row: must have 10 columns, got 7 (columns: init_node, "),
        ("trips", "3 : 100.0", "9 : 100.0", 'trips.tntp:5: destination: must be a zone, 1 to 4, got "9" ('),
        ("trips", "3 : 100.0", "3   100.0", 'trips.tntp:5: trips: must be destination : trips, got "3   100.0" ('),
        ("trips", "3 : 100.0", "3 : -1", 'trips.tntp:5: trips: must be a number >= 0, got "-1" ('),
        ("trips", "Origin 1", "Origin one", 'trips.tntp:4: Origin: must be a zone, 1 to 4, got "one" ('),
        ("trips", "Origin 1\n", "", "trips.tntp:4: trips: stand below no origin ("),
        ("trips", "<NUMBER OF ZONES> 4", "<NUMBER OF ZONES> 9", "trips.tntp:1: <NUMBER OF ZONES>: must be 1 to 5, got"),
        ("nodes", "5 1 0.5 ;", "", "node.tntp:1: file: node 5 has no coordinates ("),
        ("nodes", "5 1 0.5 ;", "5 1 ;", 'node.tntp:6: row: must be node, x and y, got "5 1 ;" ('),
    ],
)
def test_every_fault_has_its_line(tmp_path: Path, kind: str, old: str, new: str, said: str) -> None:
    whole = {"net": NET, "trips": TRIPS, "nodes": NODES}[kind]
    found = complaints(tmp_path, **{kind: whole.replace(old, new, 1)})
    assert found[0].startswith(said)
    assert all(line.endswith(")") for line in found)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    assert len(complaints(tmp_path, net=NET.replace(" 100 ", " -1 "))) == 6


def test_an_absent_file_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput,
        match=r"SiouxFalls_net.tntp:1: file: no such file \(get it from https://github.com/bstab.*"
        r"TransportationNetworks, folder SiouxFalls, or",
    ):
        read_tntp(tmp_path / "SiouxFalls_net.tntp", tmp_path / "SiouxFalls_trips.tntp")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"suppliers": 0}, "suppliers: must be 1 to 4, got 0"),
        ({"suppliers": [1, 1]}, "suppliers: must be different nodes of the file, 1 to 5, .* got 1"),
        ({"suppliers": [1], "demanders": [1]}, "demanders: must be different nodes"),
        ({"suppliers": [6]}, "suppliers: must be different nodes of the file, 1 to 5, .* got 6"),
        ({"suppliers": [1], "demanders": [5]}, "demanders: no trips lead from the suppliers to node 5"),
        ({"suppliers": [3], "demanders": [1], "demand": 9.0}, "demanders: no path leads from any supplier to node 1"),
        ({"suppliers": [2], "demanders": 3}, r"demanders: must be 1 to 2, got 3 \(2 zones are reached"),
        ({"suppliers": [1], "demanders": [3, 4], "demand": [1.0, 2.0, 3.0]}, "demand: must be one number >= 0, or 2"),
        ({"suppliers": [3, 4], "demanders": [1]}, "demanders: no trips lead from the suppliers to node 1"),
        ({"suppliers": 2, "demanders": 1, "goods": 0}, "goods: must be >= 1, got 0"),
        ({"suppliers": 2, "demanders": 1, "scale": -1.0}, "scale: must be finite and > 0, got -1"),
        ({"suppliers": 2, "demanders": 1, "slack": -1.0}, "slack: must be finite and >= 0, got -1"),
        (
            {"suppliers": 2, "demanders": 1, "congestion": "cubic"},
            "congestion: must be 'bpr' or 'linear', got \"cubic\"",
        ),
        ({"suppliers": 2, "demanders": 1, "by": "toll"}, "by: must be 'time' or 'length', got \"toll\""),
        ({"suppliers": 2, "demanders": 1, "graph": "rign"}, r'graph: there is no "rign" \(did you mean "ring"\?\)'),
    ],
)
def test_markets_that_cannot_be(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        tntp_instance(network(tmp_path), **options)  # type: ignore[arg-type]


def test_links_have_powers_of_their_own(tmp_path: Path) -> None:
    town = network(tmp_path, net=NET.replace("0.15 4", "0.15 2", 1))
    market = tntp_instance(town, suppliers=[1, 2], demanders=[3], goods=1)
    assert np.asarray(market.power).tolist() == [2, 4, 4, 4, 4]
    assert market.congestion[0] == pytest.approx(0.15 * 2 / 100**2)
    odd = network(tmp_path, net=NET.replace("0.15 4", "0.15 0.5", 1))
    with pytest.raises(BadInput, match=r"of the link [0-9]+ [0-9]+ must be 0 or >= 1, got 0.5 \(take congestion"):
        tntp_instance(odd, suppliers=[1, 2], demanders=[3], goods=1)
    flat = tntp_instance(
        network(tmp_path, net=NET.replace("0.15 4", "0.15 0", 1)), suppliers=[1, 2], demanders=[3], goods=1
    )
    assert (flat.congestion[0], flat.private_cost[0, 0], flat.power) == (0.0, pytest.approx(2 * 1.15), 4.0)
    assert tntp_instance(town, suppliers=[1, 2], demanders=[3], congestion="linear").power == 1.0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_shortest_ways_are_the_shortest_of_all_simple_paths(seed: int) -> None:
    """Against the list of every simple path of a small random graph."""
    rng = np.random.default_rng(seed)
    links = np.argwhere((rng.random((6, 6)) < 0.6) & ~np.eye(6, dtype=bool))
    weight = rng.uniform(1.0, 2.0, len(links))
    graph = nx.DiGraph([(int(a), int(b), {"w": w}) for (a, b), w in zip(links, weight, strict=True)])
    graph.add_nodes_from(range(6))
    every = sorted(nx.path_weight(graph, path, "w") for path in nx.all_simple_paths(graph, 0, 5))[:3]
    if every:
        found = shortest_ways(links, weight, [0], [5], len(every), names=list("abcdef"))[0][0]
        assert [weight[path].sum() for path in found] == pytest.approx(every)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["net", "trips", "nodes"]),
    start=st.integers(0, 400),
    length=st.integers(0, 40),
    other=st.text(max_size=4),
)
def test_spoilt_files_are_read_or_refused_in_lines(
    kind: str, start: int, length: int, other: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = {"net": NET, "trips": TRIPS, "nodes": NODES}
    texts[kind] = texts[kind][:start] + other + texts[kind][start + length :]
    folder = tmp_path_factory.mktemp("town")
    try:
        network(folder, **texts)
    except RobosimError as error:
        assert all(line.startswith(f"{folder}/Town_") for line in str(error).split("\n"))  # noqa: PT017


def real(name: str, **options: object) -> Instance:
    node = DATA / f"{name}_node.tntp"
    files = (DATA / f"{name}_net.tntp", DATA / f"{name}_trips.tntp", node if node.exists() else None)
    return tntp_instance(read_tntp(*files), **options)  # type: ignore[arg-type]


@needs_data
def test_real_networks_are_read_to_the_last_link_and_trip() -> None:
    """Totals as the headers of the files print them."""
    sioux = read_tntp(DATA / "SiouxFalls_net.tntp", DATA / "SiouxFalls_trips.tntp", DATA / "SiouxFalls_node.tntp")
    assert (sioux.nodes, len(sioux.links), sioux.trips.sum()) == (24, 76, 360600.0)
    anaheim = read_tntp(DATA / "Anaheim_net.tntp", DATA / "Anaheim_trips.tntp")
    assert (anaheim.nodes, len(anaheim.links), anaheim.first_through) == (416, 914, 38)
    assert anaheim.trips.sum() == pytest.approx(104694.40)


@needs_data
@pytest.mark.parametrize("name", ["SiouxFalls", "Anaheim"])
@pytest.mark.parametrize("congestion", ["bpr", "linear"])
def test_real_markets_can_be_supplied_without_anyone_and_metered(name: str, congestion: str) -> None:
    """No supplier is indispensable (X, Assumption 7); the metered cost is (X, (B.2)) also with BPR, power 4."""
    market = real(name, congestion=congestion, suppliers=5, demanders=3, paths=3)
    assert indispensable(market) == []
    assert market.power == (4.0 if congestion == "bpr" else 1.0)
    equal = (market.demand / (market.N * market.I))[None, :, :, None]
    x = np.broadcast_to(equal, (market.N, market.M, market.K, market.I)).reshape(market.N, -1)
    problem = coupled(market)
    assert problem.excess(x) == pytest.approx(np.zeros(market.M * market.K), abs=1e-9)
    assert haul(market, x, periods=24).cost.sum(axis=1) == pytest.approx(problem.costs(x), rel=1e-9)
