"""Hand-written instances: what is written is what is read; everything wrong is said with its line."""

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.errors import BadInput, RobosimError, TooLarge
from robosim.files.lines import line_of
from robosim.freight.roads.archive import read_instance
from robosim.freight.roads.instance import Instance

GOOD = """
goods = ["grain", "steel"]
paths = 2
congestion = 0.01

[[supplier]]
name = "mill"
stock = [80, 60]
cost_per_km = 1.5
[[supplier]]
name = "port"
capacity = 200
[[demander]]
name = "town"
demand = [50, 20]
[[crossing]]
name = "bridge"
[[road]]
between = ["mill", "bridge"]
length_km = 12
cost = [10, 14]
[[road]]
between = ["bridge", "town"]
length_km = 3
congestion = 0.05
[[road]]
between = ["mill", "town"]
length_km = 20
[[road]]
between = ["port", "bridge"]
length_km = 8
[[road]]
between = ["port", "mill"]
length_km = 1
one_way = true
"""


def read(tmp_path: Path, text: str) -> Instance:
    path = tmp_path / "roads.toml"
    path.write_text(text, encoding="utf-8")
    return read_instance(path)


def complaints(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, text)
    return [line.removeprefix(f"{tmp_path / 'roads.toml'}:") for line in str(caught.value).splitlines()]


def test_paths_costs_and_limits_by_hand(tmp_path: Path) -> None:
    """mill: over the bridge 15 km, straight 20 km; port: over the bridge 11 km, over the mill 16 km."""
    instance = read(tmp_path, GOOD)
    assert instance.edge_from_to is not None
    assert instance.edge_from_to.tolist() == [[0, 3], [3, 2], [0, 2], [1, 3], [1, 0]]
    assert instance.path_incidence[0, 0].tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 0, 0]]
    assert instance.path_incidence[1, 0].tolist() == [[0, 1, 0, 1, 0], [1, 1, 0, 0, 1]]
    assert instance.private_cost.tolist() == [[10.0, 4.5, 30.0, 12.0, 1.5], [14.0, 3.0, 20.0, 8.0, 1.0]]
    assert instance.congestion.tolist() == [0.01, 0.05, 0.01, 0.01, 0.01]
    assert instance.stock.tolist() == [[80.0, 60.0], [np.inf, np.inf]]
    assert instance.capacity.tolist() == [[np.inf], [200.0]]
    assert instance.demand.tolist() == [[50.0, 20.0]]
    assert (instance.suppliers, instance.demanders, instance.goods) == (("mill", "port"), ("town",), ("grain", "steel"))
    assert instance.comm_edges.tolist() == [[0, 1]]


def test_points_with_places_need_no_lengths(tmp_path: Path) -> None:
    text = """
    links = [["a", "b"], ["c", "b"]]
    [[supplier]]
    name = "a"
    at = [0, 0]
    [[supplier]]
    name = "b"
    at = [3, 4]
    [[supplier]]
    name = "c"
    at = [0, 1]
    [[demander]]
    name = "d"
    at = [3, 0]
    demand = 5
    [[road]]
    between = ["a", "b"]
    [[road]]
    between = ["b", "d"]
    [[road]]
    between = ["c", "a"]
    """
    instance = read(tmp_path, text)
    assert instance.edge_length is not None
    assert sorted(instance.edge_length) == [1.0, 4.0, 5.0]
    assert instance.positions is not None
    assert instance.positions.tolist() == [[0, 0], [3, 4], [0, 1], [3, 0]]
    assert instance.comm_edges.tolist() == [[0, 1], [1, 2]]
    assert instance.goods == ("goods",)


def test_every_wrong_value_is_said_with_its_line_and_a_fix(tmp_path: Path) -> None:
    text = """goods = ["grain", "steel"]
paths = 1.5
congestoin = 0.01
[[supplier]]
name = "mi ll"
stock = [80, "x"]
cost_per_km = -1
[[supplier]]
capacity = nan
[[demander]]
name = "town"
demnd = [50, 20]
[[road]]
between = ["mill"]
length_km = inf
"""
    found = complaints(tmp_path, text)
    assert [": ".join(line.split(": ")[:2]) for line in found] == [
        "2: paths",
        "3: congestoin",
        "5: supplier.0.name",
        "6: supplier.0.stock.1",
        "7: supplier.0.cost_per_km",
        "8: supplier.1.name",
        "9: supplier.1.capacity",
        "10: demander.0.demand",
        "12: demander.0.demnd",
        "14: road.0.between",
        "15: road.0.length_km",
    ]
    assert found[0] == "2: paths: must be a whole number, got 1.5 (for example paths = 2)"
    assert found[1] == '3: congestoin: unknown key (did you mean "congestion"?)'
    assert found[8] == '12: demander.0.demnd: unknown key (did you mean "demand"?)'
    assert all(line.endswith(")") for line in found)


def test_every_contradiction_is_said_with_its_line(tmp_path: Path) -> None:
    text = GOOD.replace('"bridge", "town"', '"brige", "town"').replace("[80, 60]", "[80]")
    text = text.replace("length_km = 20", "").replace('"port", "mill"', '"port", "port"').replace("[10, 14]", "[1]")
    text = text.replace("paths = 2", 'links = [["mill", "prot"]]').replace('name = "town"', 'name = "mill"')
    assert [line.partition(" (")[0] for line in complaints(tmp_path, text)] == [
        '3: links: there is no supplier "prot"',
        "8: supplier.stock: must have 2 elements, got 1",
        '14: demander.name: there is another "mill"',
        "21: road.cost: must have 2 elements, got 1",
        '23: road.between: there is no point "brige"',
        '23: road.between: there is no point "town"',
        '27: road.between: there is no point "town"',
        "33: road.between: must name two points, got one twice",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("paths = 2", 'graph = "rign"', '3: graph: there is no "rign" (did you mean "ring"?)'),
        (
            'between = ["mill", "town"]\nlength_km = 20',
            'between = ["mill", "town"]',
            "28: road.length_km: is missing",
        ),
        ("[[supplier]]", "[[supplier]", "6: toml: "),
        ("paths = 2", "paths = [", "4: toml: "),
        ("[50, 20]", "[500, 20]", "1: demand[0, 0]: all suppliers together can deliver"),
        ("paths = 2", f"paths = {'9' * 5000}", "1: toml: a number of thousands of digits (shorten it)"),
        ("paths = 2", f"x = {'[' * 3000}", "1: toml: brackets are nested too deeply ("),
    ],
)
def test_single_faults(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = GOOD.replace("capacity = 200", "capacity = 200\nstock = 30").replace(old, new, 1)
    assert complaints(tmp_path, text)[0].startswith(said)


def test_other_files(tmp_path: Path) -> None:
    assert [line.split(":")[1].strip() for line in complaints(tmp_path, "")] == ["demander", "road", "supplier"]
    with pytest.raises(BadInput, match=r"none.toml:1: file: no such file"):
        read_instance(tmp_path / "none.toml")
    with pytest.raises(TooLarge, match="more than 1 MB"):
        read(tmp_path, "#" * 1_000_001)


def test_lines_of_keys() -> None:
    text = 'a = 1\n[[x]]\n"b" = 1\n[x.y]\nc = 1\n[[x]] # second\n  b = 2\nx = 3\n'
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("x", 0, "b")) == 3
    assert line_of(text, ("x", 1, "b")) == 7
    assert line_of(text, ("x", 1, "missing")) == 6
    assert line_of(text, ("x", 7, "b")) == 2
    assert line_of(text, ("nowhere",)) == 1


@settings(max_examples=100, deadline=None)
@given(start=st.integers(0, len(GOOD)), length=st.integers(0, 40), other=st.text(max_size=5))
def test_spoilt_files_are_read_or_refused_in_lines(
    start: int, length: int, other: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("roads") / "roads.toml"
    path.write_bytes((GOOD[:start] + other + GOOD[start + length :]).encode("utf-8", "surrogatepass"))
    try:
        read_instance(path)
    except RobosimError as error:
        assert all(line.startswith(f"{path}:") for line in str(error).split("\n"))  # noqa: PT017


def test_roads_have_powers_of_their_own_and_what_does_not_exist_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """From the mill two paths lead to the town, three are asked for; nobody reaches an isle, one supplier is enough."""
    caplog.set_level(logging.INFO)
    market = read(tmp_path, GOOD.replace("congestion = 0.05", "congestion = 0.05\npower = 3").replace("= 2", "= 3", 1))
    assert np.asarray(market.power).tolist().count(3.0) == 1
    assert market.congestion[np.asarray(market.power) == 3.0].tolist() == [0.05]
    assert market.path_incidence.any(axis=3)[0].tolist() == [[True, True, False]]
    assert "1 of 2 pairs have fewer than 3 paths: from mill to town there are 2" in caplog.text
    isle = '[[demander]]\nname = "isle"\ndemand = 1\n[[crossing]]\nname = "rock"\n'
    road = '[[road]]\nbetween = ["rock", "isle"]\nlength_km = 1\n'
    assert (
        "demander: no path leads from any supplier to isle (add roads)" in complaints(tmp_path, GOOD + isle + road)[0]
    )
    alone = GOOD.replace('[[road]]\nbetween = ["port", "bridge"]\nlength_km = 8\n', "")
    market = read(tmp_path, alone)
    assert market.path_incidence.any(axis=(2, 3)).tolist() == [[True], [True]]
