"""Coupled problems (X, (P)): what plain arrays become, who is left without one agent, and back from a file."""

import io
import zipfile
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array

from robosim.errors import BadInput, TooLarge
from robosim.freight.coupled.feasible import shortfall
from robosim.freight.coupled.file import read_problem, save_problem
from robosim.freight.coupled.problem import Coupled

ROADS = np.array([[[1, 1, 0], [0, 1, 0], [0, 0, 0]], [[0, 1, 1], [0, 0, 1], [0, 0, 0]]], dtype=float)
"""Two suppliers with three variables each on three edges; nobody uses the last one."""


def two(**changes):
    given = {"theta": ROADS, "congestion": [2.0, 1.0, 5.0], "limits": [[1, 1, 1]], "most": 4.0, "lower": 0.0}
    return Coupled.of([[1, 2, 3], [3, 2, 1]], [[1, 1, 1]], [5.0], **{**given, **changes})


def same(one, other):
    for field in fields(Coupled):
        a, b = getattr(one, field.name), getattr(other, field.name)
        np.testing.assert_array_equal(*(x.toarray() if field.name == "theta" else x for x in (a, b)), field.name)


def test_parts_are_shares_of_the_variables_that_use_an_edge():
    """X, (B.3): edge 0 is used by two variables of each, edge 1 by one of each, edge 2 by nobody."""
    np.testing.assert_array_equal(two().part, [[0.5, 0.5, 0], [0.5, 0.5, 0]])
    lopsided = two(theta=ROADS * np.array([1, 0])[:, None, None])
    np.testing.assert_array_equal(lopsided.part, [[1, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize("power", [1.0, 4.0])
def test_costs_add_up_and_the_gradient_is_that_of_the_objective(power):
    """Σ C_i = Σ f_i (X, (B.2) and (B.3)); ∇F against finite differences."""
    problem = two(power=power)
    x = np.random.default_rng(1).uniform(0.1, 1, (2, 3))
    flow = ROADS[0] @ x[0] + ROADS[1] @ x[1]
    by_hand = (problem.slope * x).sum() + (np.array([2, 1, 5]) * flow ** (power + 1)).sum()
    assert problem.objective(x) == pytest.approx(by_hand)
    assert problem.costs(x).sum() == pytest.approx(by_hand)
    slope = approx_fprime(x.ravel(), lambda z: float(problem.objective(z.reshape(2, 3))), 1e-7)
    np.testing.assert_allclose(problem.gradient(x).ravel(), slope, rtol=1e-4)


def test_a_flow_that_rounding_has_put_below_zero_costs_nothing():
    """(-1e-12)^2.5 is no number, and an objective that is none never settles."""
    problem = Coupled.of([[1.0], [1.0]], 1.0, [1.0], theta=np.ones((2, 1, 1)), congestion=1.0, power=1.5, lower=0.0)
    x = np.full((2, 1), -1e-12)
    assert problem.objective(x) == pytest.approx(0.0, abs=1e-11)
    np.testing.assert_allclose(problem.costs(x), 0.0, atol=1e-11)
    np.testing.assert_allclose(problem.gradient(x), 1.0)


def test_theta_may_be_blocks_dense_or_sparse():
    wide = np.concatenate(list(ROADS), axis=1)
    same(two(), two(theta=wide))
    same(two(), two(theta=csr_array(wide)))


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_quadratic_costs_become_edges_of_their_own(seed, n, rank):
    """½ x'Hx of any rank: H = LL', a = ½, only i uses them (X, (P) with any convex quadratic f_i)."""
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(3, n, min(rank, n)))
    H = half @ half.transpose(0, 2, 1)
    problem = Coupled.of(rng.normal(size=(3, n)), 1.0, [1.0], H=list(H))
    x = rng.normal(size=(3, n))
    np.testing.assert_allclose(
        problem.costs(x), np.einsum("in,inm,im->i", x, H, x) / 2 + (problem.slope * x).sum(axis=1), atol=1e-9
    )
    assert len(problem.congestion) == 3 * min(rank, n)
    np.testing.assert_array_equal(problem.part.sum(axis=0), 1.0)


def test_a_diagonal_or_nothing_may_stand_for_a_matrix():
    one = Coupled.of([[1.0, 1.0], [1.0, 1.0]], 1.0, [1.0], H=[[2.0, 0.0], None])
    other = Coupled.of([[1.0, 1.0], [1.0, 1.0]], 1.0, [1.0], H=[np.diag([2.0, 0.0]), np.zeros((2, 2))])
    same(one, other)
    np.testing.assert_allclose(one.theta.toarray(), [[np.sqrt(2), 0, 0, 0]])


def test_slack_turns_at_most_into_exactly():
    """Σ A_i x_i ≤ b: X, Remark 1. Each agent has slack of its own, so that the set of x is what it was."""
    problem = two(sense="<=")
    assert problem.variables == 4
    np.testing.assert_array_equal(problem.A, [[[1, 1, 1, 1]]] * 2)
    np.testing.assert_array_equal(problem.theta.toarray()[:, [0, 1, 2, 4, 5, 6]], two().theta.toarray())
    np.testing.assert_array_equal(problem.theta.toarray()[:, [3, 7]], 0.0)
    np.testing.assert_array_equal(problem.upper[:, 3], 5.0)
    x = np.array([[1, 0, 0, 0], [1, 0, 0, 3.0]])
    assert problem.excess(x) == 0
    assert problem.objective(x) == two().objective(x[:, :3])
    assert np.isinf(two(sense="<=", lower=-np.inf).upper[:, 3]).all()
    np.testing.assert_array_equal(two(sense="<=", lower=-1.0, most=9.0).upper[:, 3], 5 + 6)
    owing = two(sense="<=", lower=[[1, 0, 0], [0, 0, 0]], upper=[[9, 9, 9], [0, 0, 0]])  # alone, 1 leaves all of b
    assert not shortfall(owing.without(0)).any()


def test_without_an_agent_the_others_share_its_edges():
    """P_-i: b stays, parts add up to 1 on the edges that are left; costs are those of x_i = 0 (X, section 5.2)."""
    rng = np.random.default_rng(2)
    theta = (rng.uniform(size=(4, 6, 3)) < 0.4).astype(float)
    problem = Coupled.of(rng.uniform(1, 2, (4, 3)), [[1, 1, 1]], [5.0], theta=theta, congestion=1.0, lower=0.0)
    for i in range(4):
        rest = problem.without(i)
        x = rng.uniform(size=(4, 3))
        x[i] = 0.0
        left = np.delete(x, i, axis=0)
        assert rest.agents == 3
        assert rest.objective(left) == pytest.approx(problem.objective(x))
        np.testing.assert_allclose(rest.costs(left), np.delete(problem.costs(x), i))
        used = np.delete(theta, i, axis=0).any(axis=(0, 2))
        np.testing.assert_allclose(rest.part.sum(axis=0), used)
        np.testing.assert_allclose(rest.part, Coupled.of(
            rest.slope, rest.A, rest.b, theta=np.delete(theta, i, axis=0), congestion=1.0, lower=0.0).part)  # fmt: skip
        np.testing.assert_array_equal(rest.b, problem.b)


def test_edges_whose_owner_left_go_to_who_uses_them():
    problem = two(part=[[1, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(problem.without(0).part, [[1, 1, 0]])
    with pytest.raises(BadInput, match=r"agent: must be one of 0..1, got 2"):
        problem.without(2)
    with pytest.raises(BadInput, match="nobody to meet b without it"):
        problem.without(0).without(0)


def test_own_arrays_have_a_row_each():
    problem = two()
    own = problem.own()
    assert {x.shape[:2] for x in own.values()} == {(1, 2)}
    assert {key: x.shape[2] for key, x in own.items()} == {
        "slope": 3, "most": 1, "limits": 3, "rows": 3, "lower": 3, "upper": 3, "part": 3, "id": 1}  # fmt: skip
    assert Coupled.of([[1.0], [1.0]], 1.0, [1.0]).own()["limits"].shape == (1, 2, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"theta": ROADS[:, :, :2]}, r"theta: must have 2·3 columns, got 4"),
        ({"theta": ROADS * np.nan}, r"theta: must be finite, got nan"),
        ({"congestion": [2, -1, 5]}, r"congestion: must be ≥ 0, got -1"),
        ({"congestion": [2, 1]}, r"congestion: must have the shape \(3,\) or spread to it, got \(2,\)"),
        ({"power": 0.5}, r"power: must be at least 1, got 0.5"),
        ({"power": 4.0, "lower": -1.0}, r"flows must be ≥ 0 where the power is 4"),
        ({"power": 4.0, "theta": -ROADS}, r"flows must be ≥ 0"),
        ({"power": 4.0, "H": [[1.0, 1.0, 1.0], None]}, r"H: quadratic costs need the power 1, got 4.0"),
        ({"part": [[1, 1, 1], [1, 0, 0]]}, r"part: must be ≥ 0 and add up to 1"),
        ({"part": [[2, 1, 1], [-1, 0, 0]]}, r"part: must be ≥ 0"),
        ({"H": [None]}, r"H: must be one matrix for each of 2 agents, got 1"),
        ({"H": [None, [[1, 0, 0], [0, -2, 0], [0, 0, 1]]]}, r"H\[1\]: agent 1's cost is not convex: least eigenv.* -2"),
        ({"H": [None, [0, 1, -3]]}, r"H\[1\]: agent 1's cost is not convex: least eigenvalue -3"),
        ({"H": [[[1, 2, 0], [2, 1, 0], [0, 0, 9]], None]}, r"agent 0's cost is not convex: least eigenvalue -1 "),
        ({"H": [[[0, 1, 0], [1, 0, 0], [0, 0, 0]], None]}, r"agent 0's cost is not convex"),
        ({"H": [[[1, 1, 0], [0, 1, 0], [0, 0, 1]], None]}, r"H\[0\]: agent 0's cost must be symmetric"),
        ({"H": [[[1, 1]], None]}, r"H\[0\]: must have the shape \(3, 3\)"),
        ({"lower": [[0, 0, 0], [0, 9, 0]], "upper": 5.0}, r"agent 1's lower limit is above its upper one"),
        ({"most": np.nan}, r"most: must be a number or ±∞, got nan"),
        ({"limits": [1, 1, 1]}, r"limits: must be \(N, r, n\) or \(r, n\), got \(3,\)"),
        ({"limits": None}, r"limits: must be"),
        ({"sense": "=>"}, r"sense: must be '=', '<=' or '>=', got '=>'"),
        ({"sense": ["=", "<="]}, r"sense: must be one, or one for each of 1 rows of b, got 2"),
    ],
)
def test_what_cannot_be_used_is_named(changes, message):
    with pytest.raises(BadInput, match=message):
        two(**changes)


def test_shapes_and_numbers_of_the_rest():
    with pytest.raises(BadInput, match=r"slope, b: must have the shapes \(N, n\) and \(m,\), got \(2,\)"):
        Coupled.of([1.0, 2.0], 1.0, [1.0])
    with pytest.raises(BadInput, match=r"A: must be finite, got inf"):
        Coupled.of([[1.0]], np.inf, [1.0])
    with pytest.raises(BadInput, match=r"b: must be finite, got nan"):
        Coupled.of([[1.0]], 1.0, [np.nan])
    with pytest.raises(BadInput, match=r"A: must have the shape \(1, 2, 1\)"):
        Coupled.of([[1.0]], [[1.0, 2.0, 3.0]], [1.0, 1.0])


@pytest.mark.parametrize("problem", [two(), two(sense="<=", power=4.0), Coupled.of([[1.0]], 1.0, [1.0])])
def test_a_file_gives_back_every_bit(problem, tmp_path):
    same(read_problem(save_problem(problem, tmp_path / "problem.npz")), problem)
    assert [path.name for path in tmp_path.iterdir()] == ["problem.npz"]


def test_a_file_may_be_written_by_hand(tmp_path):
    np.savez(tmp_path / "mine.npz", slope=[[1.0], [2.0]], A=1.0, b=[3.0], H=[[[2.0]], [[4.0]]], sense="<=")
    same(read_problem(tmp_path / "mine.npz"), Coupled.of([[1.0], [2.0]], 1.0, [3.0], H=[[2.0], [4.0]], sense="<="))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"slope": [[1.0]], "A": 1.0}, r"b is missing"),
        ({"slope": [[1.0]], "A": 1.0, "b": [1.0], "extra": 1}, r"'extra' is not known"),
        ({"slope": [[1.0]], "A": 1.0, "b": [np.nan]}, r"bad.npz:1: b: must be finite, got nan"),
        ({"slope": [["x"]], "A": 1.0, "b": [1.0]}, r"bad.npz:1: slope"),
        ({"slope": [[1.0]], "A": 1.0, "b": [1.0], "power": [1.0, 2.0]}, r"power: must have the shape \(0,\)"),
        ({"slope": [[1.0]], "A": 1.0, "b": [1.0], "theta_data": [1.0]}, r"theta: no compressed rows of 1 columns"),
        ({"slope": [[1.0]], "A": 1.0, "b": [1.0], "theta_data": [1.0], "theta_indices": [4], "theta_indptr": [0, 1]},
         r"theta: no compressed rows of 1 columns"),
        ({"slope": np.array([[{}]], dtype=object), "A": 1.0, "b": [1.0]}, r"slope: cannot be read: damaged"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_named_with_its_fault(arrays, message, tmp_path):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(BadInput, match=message):
        read_problem(tmp_path / "bad.npz")


def test_no_file_and_no_archive(tmp_path):
    with pytest.raises(BadInput, match=r"gone.npz:1: file: no such file"):
        read_problem(tmp_path / "gone.npz")
    with pytest.raises(BadInput, match=r"cannot be written: No such file"):
        save_problem(two(), tmp_path / "nowhere" / "problem.npz")
    whole = save_problem(two(), tmp_path / "problem.npz").read_bytes()
    for content in (b"", b"hello", whole[:200], whole[:-30], whole[:60] + b"xxxx" + whole[64:]):
        (tmp_path / "cut.npz").write_bytes(content)
        with pytest.raises(BadInput, match=r"cut.npz:1: "):
            read_problem(tmp_path / "cut.npz")
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("slope.txt", "1")
    (tmp_path / "cut.npz").write_bytes(other.getvalue())
    with pytest.raises(BadInput, match=r"slope is missing"):
        read_problem(tmp_path / "cut.npz")


def test_a_file_that_unpacks_to_too_much_is_refused_first(tmp_path, monkeypatch):
    path = save_problem(two(), tmp_path / "problem.npz")
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.000001")
    with pytest.raises(TooLarge, match=r"problem.npz:1: file: [0-9.]+ kB when unpacked \(at most 200 B"):
        read_problem(path)


@example(b"\x00\x97", 2692)
@given(st.binary(min_size=1, max_size=6), st.integers(0, 5000))
@settings(max_examples=150, deadline=None)
def test_damage_is_told_or_harmless(tmp_path_factory, noise, where):
    """Whatever bytes are overwritten: the same problem, or one line; too large where a size was hit, never else."""
    folder = tmp_path_factory.getbasetemp()
    content = bytearray(save_problem(two(), folder / "whole.npz").read_bytes())
    place = where % len(content)
    content[place : place + len(noise)] = noise
    (folder / "hurt.npz").write_bytes(content)
    try:
        same(read_problem(folder / "hurt.npz"), two())
    except (BadInput, TooLarge) as fault:
        complaint = str(fault)
    else:
        return
    assert complaint.startswith(f"{folder / 'hurt.npz'}:1: ")
