"""Freight instances: every fault is named with array, index, value and fix; the coupled problem is X's Example 1."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.errors import BadInput, RobosimError, TooLarge
from robosim.freight.roads import archive
from robosim.freight.roads.archive import read_instance
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import Instance, coupled, indispensable, refuse_indispensable, shortage

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "freight"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/freight is not here, not compared")


def content(**other: Any) -> dict[str, Any]:
    """Two suppliers, one demander, one good; a road of each's own (edges 0, 1) and one for both (edge 2)."""
    return {
        "private_cost": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        "congestion": [0.1, 0.2, 0.3],
        "path_incidence": [[[[1, 0, 0], [0, 0, 1]]], [[[0, 1, 0], [0, 1, 1]]]],
        "demand": [[5.0]],
        "stock": [[5.0], [8.0]],
        "capacity": [[9.0], [9.0]],
        "comm_edges": [[0, 1]],
        **other,
    }


def fault(**other: Any) -> str:
    with pytest.raises(BadInput) as caught:
        Instance.checked(place="here: ", **content(**other))
    assert all(re.fullmatch(r"here: \w+[^ ]*.*: .+ \(.+\)", line) for line in str(caught.value).splitlines())
    return str(caught.value)


def test_sizes_types_and_names() -> None:
    instance = Instance.checked(**content(goods=["grain"]))
    assert (instance.N, instance.M, instance.K, instance.I, instance.E, instance.variables) == (2, 1, 1, 2, 3, 2)
    assert (instance.suppliers, instance.demanders) == (("supplier 0", "supplier 1"), ("demander 0",))
    assert instance.goods == ("grain",)
    assert (instance.path_incidence.dtype, instance.comm_edges.dtype) == (np.int8, np.int64)


@pytest.mark.parametrize(
    ("array", "value", "said"),
    [
        ("private_cost", [[1.0, 2.0], [4.0, 5.0]], "private_cost: must have the shape (N, E) with E = 3, got (2, 2)"),
        ("demand", [5.0], "demand: must have the shape (M, K), got (1,)"),
        ("stock", [[5.0], [np.nan]], "stock[1, 0]: must be between 0 and 1e+12, or inf, got nan"),
        ("demand", [[np.inf]], "demand[0, 0]: must be between 0 and 1e+12, got inf"),
        (
            "congestion",
            [0.1, -0.2, -1.0],
            "congestion[1]: must be between 0 and 1e+12, got -0.2 (0 where there is none; 1 m",
        ),
        ("capacity", [[9.0], ["many"]], "capacity: must be an array of numbers"),
        ("stock", [[5.0], [1.0, 2.0]], "stock: must be an array of numbers"),
        ("comm_edges", [[0, 0.5]], "comm_edges[0, 1]: must be a whole number, got 0.5"),
        ("comm_edges", [[0, 2]], "comm_edges[0, 1]: must be 0 to 1, got 2"),
        ("comm_edges", [[0, 0], [0, 1]], "comm_edges: supplier 0 is joined to itself"),
        ("comm_edges", np.zeros((0, 2)), "comm_edges: the graph falls into 2 components: {0}; {1}"),
        ("power", 0.5, "power: must be finite and >= 1, got 0.5"),
        ("power", [1.0, 4.0], "power: must have the shape (E,) with E = 3, got (2,)"),
        (
            "path_incidence",
            [[[[0, 0, 0], [1, 0, 1]]], [[[0, 1, 0], [0, 1, 1]]]],
            "path_incidence[0, 0, 0]: the path from",
        ),
        (
            "path_incidence",
            [[[[1, 0, 0], [1, 0, 0]]], [[[0, 1, 0], [0, 1, 0]]]],
            "path_incidence[:, :, :, 2]: this edge",
        ),
        (
            "path_incidence",
            [[[[2, 0, 0], [0, 0, 1]]], [[[0, 1, 0], [0, 1, 1]]]],
            "path_incidence[0, 0, 0, 0]: must be 0",
        ),
        ("suppliers", ["only one"], "suppliers: must be N = 2 names, got 1"),
        ("edge_length", [1.0, 2.0, np.nan], "edge_length[2]: must be between 0 and 1e+12, got nan"),
        ("demand", [[20.0]], "demand[0, 0]: all suppliers together can deliver 13 of the 20 of good 0 that demander 0"),
        ("capacity", [[9.0], [-1.0]], "capacity[1, 0]: must be between 0 and 1e+12, or inf, got -1"),
    ],
)
def test_a_fault_is_named_with_its_place_and_value(array: str, value: Any, said: str) -> None:
    assert fault(**{array: value}).startswith(f"here: {said}")


def test_all_faults_are_said_at_once() -> None:
    assert len(fault(demand=[[-1.0]], stock=[[np.nan], [1.0]], power=np.nan).splitlines()) == 3


def test_shortage_is_that_of_stock_and_of_capacity() -> None:
    """What is missing is a closed form where one limit binds: demand minus stocks, demand minus capacities."""
    demand, plenty = np.array([[4.0, 6.0], [5.0, 1.0]]), np.full((2, 2), np.inf)
    assert not shortage(demand, plenty, plenty).any()
    assert shortage(demand, np.array([[3.0, 9.0], [2.0, 9.0]]), plenty).sum(axis=0) == pytest.approx([4.0, 0.0])
    assert shortage(demand, plenty, np.array([[3.0, 9.0], [2.0, 9.0]])).sum(axis=1) == pytest.approx([5.0, 0.0])


def test_indispensable_suppliers_are_named() -> None:
    """X, Assumption 7: supplier 1 has all that is asked for, supplier 0 has not."""
    instance = Instance.checked(**content(demand=[[7.0]]))
    assert indispensable(instance) == [1]
    with pytest.raises(BadInput, match=r"suppliers: demand cannot be met without supplier 1 \(1\) \(lower demand"):
        refuse_indispensable(instance)
    assert indispensable(Instance.checked(**content(demand=[[4.0]]))) == []


def test_coupled_objective_is_the_sum_over_edges_by_hand() -> None:
    """X, (B.2): x = ((1, 2), (3, 4)): flows 1, 3 + 4, 2 + 4; private 1·1 + 3·2, 5·3 + (5 + 6)·4."""
    problem = coupled(Instance.checked(**content(demand=[[10.0]], power=2.0)))
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert problem.flow(x) == pytest.approx([1.0, 7.0, 6.0])
    assert problem.costs(x) == pytest.approx(
        [7.0 + 0.1 + 2 * 0.3 * 36, 59.0 + 7 * 0.2 * 49 + 4 * 0.3 * 36],
    )
    assert problem.costs(x).sum() == pytest.approx(problem.objective(x))
    assert problem.part == pytest.approx(np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]))
    assert problem.excess(x) == pytest.approx([0.0])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_rows_and_flows_are_sums_over_the_named_axes(seed: int) -> None:
    """Variable (m·K + k)·I + t: demand sums over i, t, stock over m, t, capacity over k, t, flow over paths."""
    instance = paper_instance("example-5")
    problem = coupled(instance)
    x = np.random.default_rng(seed).random((instance.N, instance.M, instance.K, instance.I))
    flat = x.reshape(instance.N, -1)
    assert problem.excess(flat) + problem.b == pytest.approx(x.sum(axis=(0, 3)).ravel())
    limits = np.einsum("irv,iv->ir", problem.limits, flat)
    assert limits == pytest.approx(np.concatenate([x.sum(axis=(1, 3)), x.sum(axis=(2, 3))], axis=1))
    own = np.einsum("imte,imkt->ie", instance.path_incidence.astype(float), x)
    assert problem.own_flow(flat) == pytest.approx(own)
    assert problem.flow(flat) == pytest.approx(own.sum(axis=0))
    assert (problem.slope * flat).sum(axis=1) == pytest.approx((own * instance.private_cost).sum(axis=1))
    assert problem.part.sum(axis=0) == pytest.approx(np.ones(instance.E))


@needs_data
@pytest.mark.parametrize("number", [1, 4, 5])
def test_published_optimum_costs_what_was_published(number: int) -> None:
    """Objective and own costs (X, (B.2)) at the stored solution; it meets demand and every limit."""
    problem = coupled(paper_instance(f"example-{number}"))
    solution = solutions()[str(number)]
    x = np.array(solution["x"]).reshape(problem.agents, -1)
    assert problem.objective(x) == pytest.approx(solution["objective"], rel=1e-9)
    assert problem.costs(x) == pytest.approx(np.array(solution["own_cost"]), rel=1e-9)
    assert problem.excess(x) == pytest.approx(0.0, abs=1e-6)
    assert (np.einsum("irv,iv->ir", problem.limits, x) <= problem.most + 1e-6).all()


def solutions() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "freight_examples_solutions.json").read_text())
    return found


def test_archive_gives_the_same_instance_back(tmp_path: Path) -> None:
    instance = paper_instance("semi-balanced")
    archive.write_archive(tmp_path / "roads.npz", instance)
    assert same(read_instance(tmp_path / "roads.npz"), instance)


def same(one: Instance, other: Instance) -> bool:
    return all(np.array_equal(value, vars(other)[key]) for key, value in vars(one).items())


@needs_data
def test_published_archive_is_the_generated_instance() -> None:
    read = read_instance(DATA / "freight_example2.npz")
    assert same(replace(read, edge_length=None), replace(paper_instance("example-2"), edge_length=None))


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read_instance(path)
    assert str(caught.value).startswith(f"{path}:1: ")
    return str(caught.value).removeprefix(f"{path}:1: ")


def test_files_that_are_no_archives(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("not at all")
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "folder.npz").mkdir()
    assert refused(tmp_path / "text.npz").startswith("file: not an npz archive, or damaged (")
    assert refused(tmp_path / "empty.npz").startswith("file: not an npz archive, or damaged (")
    assert refused(tmp_path / "folder.npz").startswith("file: is a folder (")
    assert refused(tmp_path / "nowhere.npz").startswith("file: no such file (")
    assert refused(tmp_path / "roads.csv").startswith('file: must end in .npz or .toml, got ".csv" (')


def test_archives_with_wrong_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, good = tmp_path / "roads.npz", {**content(), "c": content()["private_cost"]}
    np.savez(path, **{key: value for key, value in good.items() if key not in ("stock", "congestion")})
    assert re.findall(r"(\w+): is missing", refused(path) + str(path)) == ["stock", "congestion"]
    np.savez(path, **good | {"demand": np.array([[object()]])})
    assert refused(path).startswith("demand: cannot be read: damaged, or Python objects (")
    np.savez(path, **good | {"demand": np.array([["much"]])})
    assert refused(path).startswith("demand: must be an array of numbers")
    np.savez(path, **{key: value for key, value in good.items() if key != "congestion"}, c0=[0.1, 0.2])
    assert refused(path).startswith("c0: must be one number, got the shape (2,)")
    np.savez(path, **good | {"stock": [[np.nan], [1.0]]})
    assert refused(path).startswith("stock[0, 0]: must be between 0 and 1e+12, or inf, got nan")
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.0000003")
    with pytest.raises(TooLarge, match="when unpacked"):
        read_instance(path)


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_archives_are_refused_or_read_in_one_line(
    place: int, byte: int, cut: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("roads") / "roads.npz"
    archive.write_archive(path, Instance.checked(**content()))
    whole = bytearray(path.read_bytes())
    place %= len(whole)
    whole[place] = byte
    path.write_bytes(whole[:place] if cut else whole)
    try:
        read_instance(path)
    except RobosimError as error:
        assert str(error).startswith(f"{path}:1: ")  # noqa: PT017
