"""Problems of one's own: from Python, cvxpy, by hand; a sense for each row, what limits are worth, own programs."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim import Coupled
from robosim.errors import BadInput
from robosim.freight.coupled.duals import limit_prices
from robosim.freight.coupled.optimum import optimum
from robosim.freight.given import GeneralProblem
from robosim.freight.roads.archive import NAMES

TRIANGLE = [(0, 1), (1, 2), (0, 2)]


def cvxpy():
    try:
        import cvxpy as cp
    except ImportError:
        pytest.skip("NOT TESTED: cvxpy is not installed (pip install 'faithful-robosim[cvxpy]')")
    return cp


def written():
    """Three owners; matrices, scalars, bounds, private and shared rows, both senses, coupled costs."""
    cp = cvxpy()
    rng = np.random.default_rng(1)
    x, y = cp.Variable(3, name="x", nonneg=True), cp.Variable((2, 2), name="y")
    z = cp.Variable(name="z", bounds=[-1, 4])
    cost = cp.sum_squares(rng.normal(size=(4, 3)) @ x - 1) + 2 * cp.sum_squares(y - 1) + (z - 2) ** 2
    cost += cp.square(cp.sum(x) + z) + rng.normal(size=3) @ x
    rows = [cp.sum(x) + cp.sum(y) + z == 5, x[0] + 2 * y[1, 0] <= 1.5, y[0, 1] - z >= -1.0, x[1] + x[2] <= 2, y <= 3,
            y >= -1, y[0, 0] + y[0, 1] == 1.2, 2 * z <= 6]  # fmt: skip
    return cp.Problem(cp.Minimize(cost), rows), (x, y, z), rows


def test_a_cvxpy_problem_has_the_optimum_that_cvxpy_finds() -> None:
    problem, (x, y, z), rows = written()
    problem.solve(solver="CLARABEL")
    values = x.value.copy(), y.value.copy(), float(z.value)
    found = Coupled.from_cvxpy(problem, {x: 0, "y": 1, z: 2})
    np.testing.assert_array_equal(x.value, values[0])  # nothing of the user's is left changed
    best = optimum(found)
    constant = 4.0 + 2 * 4 + 4  # ‖-1‖², 2‖-1‖², (-2)²
    assert best.objective + constant == pytest.approx(problem.value, abs=1e-7)
    np.testing.assert_allclose(best.x[0, :3], values[0], atol=1e-6)
    np.testing.assert_allclose(best.x[1, :4], values[1].ravel(order="F"), atol=1e-6)
    np.testing.assert_allclose(best.x[2, 0], values[2], atol=1e-6)
    duals = [-rows[0].dual_value, -rows[1].dual_value, rows[2].dual_value, -rows[6].dual_value]
    np.testing.assert_allclose(best.price, duals, atol=1e-6)


def test_agents_solve_it_too() -> None:
    problem, (x, y, z), _ = written()
    keys = {"leader.tax": "none", "leader.tolerance": 1e-7, "mission.controller": "dot_admm"}
    record = robosim.load(
        "freight", problem=Coupled.from_cvxpy(problem, {x: 0, y: 1, z: 2}), network=TRIANGLE, set=keys
    ).run()
    problem.solve(solver="CLARABEL")
    np.testing.assert_allclose(record.decision[0, 0, :3], x.value, atol=1e-4)


def test_gains_are_maximised_and_parameters_count() -> None:
    cp = cvxpy()
    x, y, limit = cp.Variable(name="x"), cp.Variable(name="y"), cp.Parameter(value=3.0)
    problem = cp.Problem(cp.Maximize(-cp.square(x - 1) - 2 * cp.square(y - 2)), [x + y <= limit - 1, x >= 0])
    best = optimum(Coupled.from_cvxpy(problem, {x: 0, y: 1}))
    problem.solve(solver="CLARABEL")
    np.testing.assert_allclose(best.x[:, 0], [x.value, y.value], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cp, x, y: (cp.Minimize(cp.abs(x) + y), [x + y == 1], {x: 0, y: 1}), "objective is not quadratic"),
        (lambda cp, x, y: (cp.Minimize(-cp.square(x) + y), [x + y == 1], {x: 0, y: 1}), "objective is not convex"),
        (lambda cp, x, y: (cp.Minimize(cp.square(x)), [cp.square(x) + y <= 1], {x: 0, y: 1}), "is not affine"),
        (lambda cp, x, y: (cp.Minimize(x + y), [x + y == 1], {x: 0}), "variable 'y' belongs to nobody"),
        (lambda cp, x, y: (cp.Minimize(x + y), [x + y == 1], {x: 0, y: 1, "w": 1}), "'w' is no variable"),
        (lambda cp, x, y: (cp.Minimize(x + y), [x + y == 1], {x: 0, y: 2}), "without gaps"),
        (lambda cp, x, y: (cp.Minimize(x + y), [x <= 1, y <= 1], {x: 0, y: 1}), "no constraint joins two agents"),
        (lambda cp, x, y: (cp.Minimize(x), [cp.SOC(y, x), x + y == 1], {x: 0, y: 1}), "must be ==, <= or >=, got SOC"),
    ],
)
def test_what_is_no_quadratic_problem_is_said(change, said) -> None:
    cp = cvxpy()
    objective, rows, owners = change(cp, cp.Variable(name="x"), cp.Variable(name="y"))
    with pytest.raises(BadInput, match=said):
        Coupled.from_cvxpy(cp.Problem(objective, rows), owners)


def test_private_rows_of_both_senses_are_kept() -> None:
    cp = cvxpy()
    x, y = cp.Variable(2, name="x"), cp.Variable(name="y")
    rows = [cp.sum(x) + y == 3, cp.constraints.NonNeg(x[0] - x[1] - 1), x[0] + x[1] <= 2, y <= 5, -2 * x[1] <= 4]
    problem = cp.Problem(cp.Minimize(cp.sum_squares(x - 1) + cp.square(y - 4)), rows)
    best = optimum(Coupled.from_cvxpy(problem, {x: 0, y: 1}))
    problem.solve(solver="CLARABEL")
    np.testing.assert_allclose([*best.x[0], best.x[1, 0]], [*x.value, y.value], atol=1e-6)
    assert x.value[0] - x.value[1] == pytest.approx(1.0)  # it binds


def test_integer_variables_are_refused() -> None:
    cp = cvxpy()
    x, y = cp.Variable(name="x", integer=True), cp.Variable(name="y")
    with pytest.raises(BadInput, match="variable 'x' is integer"):
        Coupled.from_cvxpy(cp.Problem(cp.Minimize(x + y), [x + y == 1]), {x: 0, y: 1})


def test_without_cvxpy_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cvxpy", None)
    with pytest.raises(BadInput, match=r"pip install 'faithful-robosim\[cvxpy\]'"):
        Coupled.from_cvxpy(object(), {})


def test_a_problem_takes_the_place_of_the_worlds_own(tmp_path) -> None:
    """`load("freight", problem=P)`: method, leader and rounds stay the world's, and its file plays it again."""
    problem = Coupled.of([[1.0], [1.5], [2.0]], 1.0, [2.0], H=[[[2.0]], [[2.0]], [[1.0]]])
    mission = robosim.load("freight", problem=problem, network=TRIANGLE, set={"mission.rounds": 300})
    assert mission.rounds == 300
    assert mission.instance is None
    np.testing.assert_array_equal(mission.problem.b, problem.b)
    record = mission.run()
    np.testing.assert_allclose(record.decision[0], optimum(problem).x, atol=1e-5)
    assert robosim.run("freight", problem=problem, set={"mission.rounds": 3}).rounds == 3
    with pytest.raises(BadInput, match="problem: must be one that some kind of world takes, got 3"):
        robosim.load("freight", problem=3)
    with pytest.raises(BadInput, match="problem: unknown section"):
        robosim.load("rendezvous", problem=problem)


def signed(sense, b=(3.0, 1.0, -1.0)):
    rows = [[1.0, 1.0], [1.0, -1.0], [-1.0, 0.0]]
    return Coupled.of([[1.0, 2.0], [2.0, 1.0]], rows, b, H=[[1.0, 0.5]] * 2, lower=-5.0, upper=5.0, sense=sense)


def test_each_row_has_its_sense() -> None:
    """Σ A x ≥ b is -Σ A x ≤ -b; its price is what one unit more of b costs, whatever the sense."""
    best = optimum(signed(["=", ">=", "<="]))
    assert signed(["=", ">=", "<="]).variables == 4  # one slack a row that is no equality
    x = best.x[:, :2]
    turned = Coupled.of(
        [[1.0, 2.0], [2.0, 1.0]], [[1.0, 1.0], [-1.0, 1.0], [-1.0, 0.0]], [3.0, -1.0, -1.0],
        H=[[1.0, 0.5]] * 2, lower=-5.0, upper=5.0, sense=["=", "<=", "<="],
    )  # fmt: skip
    other = optimum(turned)
    np.testing.assert_allclose(other.x[:, :2], x, atol=1e-7)
    np.testing.assert_allclose(other.price * [1, -1, 1], best.price, atol=1e-7)
    assert x.sum() == pytest.approx(3.0)
    assert x[:, 0].sum() - x[:, 1].sum() >= 1.0 - 1e-9
    h = 1e-4
    for row in range(3):
        b = np.array([3.0, 1.0, -1.0])
        ends = [optimum(signed(["=", ">=", "<="], b + s * h * np.eye(3)[row])).objective for s in (1, -1)]
        assert best.price[row] == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-5)


def test_senses_are_read_from_files(tmp_path) -> None:
    np.savez(tmp_path / "p.npz", slope=[[1.0], [2.0]], A=[[1.0], [1.0]], b=[2.0, 1.0], sense=["<=", ">="], lower=0.0)
    found = robosim.load("freight", set={"freight.problem": str(tmp_path / "p.npz"), "leader.tax": "none"}).problem
    assert found.variables == 3
    np.testing.assert_array_equal(found.A[0], [[1, 1, 0], [1, 0, -1]])


@pytest.mark.parametrize("instance", ["example-1", "example-5"])
def test_prices_of_limits_are_what_one_unit_more_saves(instance: str) -> None:
    problem = robosim.load("freight", set={"freight.instance": instance, "leader.tax": "none"}).problem
    best = optimum(problem)
    found, h = limit_prices(problem, best.x, best.price), 1e-2
    assert (found > 1e-2).any()
    for i, r in {(int(i), int(r)) for i, r in [*np.argwhere(found > 1e-2), (0, 0)]}:
        ends = []
        for sign in (1, -1):
            most = problem.most.copy()
            most[i, r] += sign * h
            ends.append(optimum(replace(problem, most=most)).objective)
        assert found[i, r] == pytest.approx((ends[1] - ends[0]) / (2 * h), abs=1e-6)


def test_a_record_names_its_prices() -> None:
    record = robosim.run("freight", set={"leader.tax": "shadow-price"})
    prices = record.leader(0)["prices"]
    assert prices[4] == {"demander": "demander 1", "good": "good 1", "price": record.price[0, 4]}
    told = record.summary()["agents"][1]
    assert len(told["stock_price"]) == 3
    assert told["capacity_price"][0] == pytest.approx(record.limit_price[1, 3])
    assert record.limit_price.max() == pytest.approx(6.152, abs=1e-2)


def test_the_problem_by_hand_runs(cli, tmp_path) -> None:
    code, text, _ = cli("new", "freight", "--own")
    (tmp_path / "own.toml").write_text(text)
    assert code == 0
    assert text.count("#") > 20
    mission = robosim.load(tmp_path / "own.toml")
    record = mission.run()
    assert record.objective[0, -1] == pytest.approx(mission.central.objective, rel=1e-5)
    code, _, err = cli("new", "rendezvous", "--own")
    assert code == 2
    assert "--own: no world rendezvous-own is bundled" in err


MINE = """
from robosim.controllers.consensus_tracking_admm import ConsensusTrackingAdmm


class Mine:
    def __init__(self):
        self.inner = ConsensusTrackingAdmm()
        self.start, self.step, self.report = self.inner.start, self.inner.step, self.inner.report
"""


def test_a_program_of_ones_own_runs_or_the_key_is_named(cli, tmp_path) -> None:
    (tmp_path / "controllers").mkdir()
    (tmp_path / "controllers" / "mine.py").write_text(MINE)
    (tmp_path / "worlds").mkdir()
    world = tmp_path / "worlds" / "w.toml"
    head = '[mission]\nkind = "freight"\nrounds = 30\ncontroller = "mine"\n[leader]\ntax = "none"\n'
    world.write_text(head)
    code, _, err = cli("run", world)
    assert code == 2
    assert 'method.penalties: is "auto", and penalties of mine are not known to robosim' in err
    world.write_text(head + "[method]\nrho = 0.08\nsigma = 1.6\n")
    code, out, _ = cli("run", world)
    assert code == 0
    assert "trackers add up to what demand lacks: nobody injected anything" in out  # its first words show its tracker
    lied = robosim.load(world, strategies={1: "tracker-injection:share=0.5"}).run()
    assert lied.injected[0] == pytest.approx(0.125)


@pytest.mark.parametrize("edges", ["[[0,0],[0,1],[1,2],[2,3]]", "[[0,1],[1,2],[2,3],[3,3]]"])
def test_nobody_is_its_own_neighbour(cli, edges: str) -> None:
    keys = ("--set", "network.graph=edges", "--set", f"network.edges={edges}")
    code, _, err = cli("check", "freight", *keys)
    assert code == 2
    assert "joins an agent to itself (remove it)" in err


def test_the_page_about_files_is_true(cli, tmp_path) -> None:
    """docs/freight-files.md: its roads by hand are read, its keys and arrays are those that there are."""
    text = (Path(__file__).parents[1] / "docs/freight-files.md").read_text(encoding="utf-8")
    roads = next(
        block for block in re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if "[[road]]" in block
    )
    (tmp_path / "mine.toml").write_text(roads)
    code, out, err = cli(
        "run", "freight", "--set", f"freight.instance={tmp_path / 'mine.toml'}", "--set", "leader.tax=none"
    )
    assert (code, err) == (0, "")
    assert "town" in out
    cells = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
    assert {key for cell in cells for key in re.findall(r"`(\w+)`", cell)} == set(GeneralProblem.model_fields) | NAMES
