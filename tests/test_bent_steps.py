"""Congestion that bends: compiled steps against careful ones, one continuation to negative flows."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from robosim.controllers.iplux import Slope
from robosim.controllers.parts.local_problem import LocalProblem
from robosim.controllers.parts.local_solvers import Programmes
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.taxes import tolls, unit_prices
from robosim.kernels.bent_steps import Alike, Memory, bend_of, share_of, slope_of
from robosim.kernels.congestion import powered
from tests.test_local_problem import drawn, feasible_move, rules

POWERS = np.array([1.0, 1.5, 4.0, 2.2, 4.0, 6.0, 1.0])


@pytest.mark.parametrize("seed", range(25))
def test_compiled_steps_end_where_careful_ones_do(seed: int) -> None:
    """Over rounds, in which matrices are kept: the careful steps of plain NumPy, from nothing, as reference."""
    problem, rng = replace(drawn(seed), power=POWERS), np.random.default_rng(seed)
    tau, c = rng.uniform(0.05, 2.0, 3), rng.uniform(0.0, 2.0, 3)
    local = LocalProblem.of(problem.own(), rules(problem), tau, c)
    h, q = 3.0 * rng.normal(size=(1, 3, 12)), 3.0 * rng.normal(size=(1, 3, 4))
    for _ in range(4):
        h, q = h + 0.1 * rng.normal(size=h.shape), q + 0.1 * rng.normal(size=q.shape)
        y = local.solve(h, q)[0]
        fresh = LocalProblem.of(problem.own(), rules(problem), tau, c)
        for i in range(3):
            careful = fresh.bent.careful(0, i).solve(h[0, i], problem.slope[i] + q[0, i], None)
            np.testing.assert_allclose(y[i], careful, rtol=0, atol=1e-6 * (1.0 + np.abs(careful).max()))
            at = problem.theta @ y[i]
            steep = (POWERS + 1) * problem.congestion * problem.part[i] * powered(at, POWERS)
            slope = tau[i] * y[i] - h[0, i] + problem.theta.T @ steep
            own = slice(4 * i, 4 * i + 4)
            slope[own] += problem.slope[i] + q[0, i] + c[i] * problem.A[i].T @ problem.A[i] @ y[i, own]
            move = slope.copy()
            move[own] = feasible_move(problem, i, y[i, own], slope[own])
            assert abs(move).max() < 1e-7 * (1.0 + abs(slope).max() + abs(h).max())


@pytest.mark.parametrize("careful", [False, True])
def test_digits_stay_where_an_edge_weighs_1e6_times_as_much_as_copies(careful: bool) -> None:
    """Near an answer steps are small, and so is what cancels: with whole answers in place of steps 3e-5 was left."""
    theta = csr_array(np.concatenate([np.kron(np.ones(3), np.eye(4)), np.eye(4, 12)]))
    problem = Coupled.of(
        np.ones((3, 4)), np.eye(4)[:2] + np.eye(4)[2:], [50.0, 80.0], theta=theta, lower=0.0,
        congestion=np.repeat([1e-6, 1e4], 4), power=np.repeat([4.0, 1.0], 4), part=np.full((3, 8), 1 / 3),
    )  # fmt: skip
    local = LocalProblem.of(problem.own(), rules(problem), np.full(3, 0.01), np.full(3, 0.1))
    h, q, y = np.full((1, 3, 12), 3.0), np.full((1, 3, 4), -2000.0), np.zeros(12)
    h[0, :, :4] += 2e4 / 3 * np.array([30.0, 20.0, 40.0, 10.0])  # where neighbours draw the copies of agent 0
    for change in (1.0, 1e-3, 0.0):
        asked = h[0, 1] + change
        y = (
            local.bent.careful(0, 1).solve(asked, problem.slope[1] + q[0, 1], y)
            if careful
            else local.solve(h + change, q)[0, 1]
        )
    steep = (problem.power + 1) * problem.congestion * problem.part[1] * powered(theta @ y, problem.power)
    slope = 0.01 * y - asked + theta.T @ steep
    assert np.abs(np.delete(slope, np.s_[4:8])).max() < 1e-7


def test_what_a_programme_leaves_of_0_counts_in_what_a_cost_can_show() -> None:
    """x = 0 at costs of 1e12 a unit: rounding of 1 there is 1e-3, and no fall below that is one."""
    problem = Coupled.of([[1e12], [1.0]], 1.0, [1.0], theta=np.ones((1, 2)), congestion=1.0, power=4.0, lower=0.0)
    careful = LocalProblem.of(problem.own(), rules(problem), np.ones(2), np.ones(2)).bent.careful(0, 0)
    _, size, _ = careful._cost(np.zeros(2), problem.slope[0], np.array([0.0, 1.0]), np.zeros(2))
    assert size == pytest.approx(1e12, rel=1e-9)


def test_with_other_weights_steps_begin_where_answers_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """One programme an agent where the answer is the same, more from nothing; the first problem stays what it was."""
    problem, rng = replace(drawn(3), power=POWERS), np.random.default_rng(3)
    own, tau, h, q = problem.own(), np.full(3, 0.5), 3.0 * rng.normal(size=(1, 3, 12)), 3.0 * rng.normal(size=(1, 3, 4))
    asked: list[int] = []
    solve_one = Programmes.solve_one
    monkeypatch.setattr(Programmes, "solve_one", lambda self, *args: asked.append(1) or solve_one(self, *args))
    first = LocalProblem.of(own, rules(problem), tau, np.ones(3))
    y = first.solve(h, q)
    known = LocalProblem.of(own, rules(problem), tau, np.ones(3), before=first)
    counts = []
    for local in (known, LocalProblem.of(own, rules(problem), tau, np.ones(3))):
        asked.clear()
        np.testing.assert_allclose(local.solve(h, q), y, rtol=0, atol=1e-8)
        counts.append(len(asked))
    assert counts[0] == 3 < counts[1]
    heavier = LocalProblem.of(own, rules(problem), 2.0 * tau, np.ones(3), before=first)
    assert np.abs(heavier.solve(h, q) - y).max() > 0.01
    np.testing.assert_allclose(first.solve(h, q), y, rtol=0, atol=1e-8)


def test_links_with_the_same_flow_are_one_road() -> None:
    """Two links of one power add up, one of another power stays a term; φ' and φ'' are sums over the links."""
    theta = csr_array(np.array([[1.0, 0, 1], [0, 1, 0], [1, 0, 1], [1, 0, 1]]))
    alike = Alike.of(theta, np.arange(4, dtype=np.int32), np.array([1.0, 4.0, 1.0, 3.0]))
    roads = alike.roads(np.array([2.0, 5.0, 3.0, 7.0]))
    assert roads.first.tolist() == [0, 2, 3]
    assert (roads.load.tolist(), roads.power.tolist()) == ([5.0, 7.0, 5.0], [1.0, 3.0, 4.0])
    assert roads.paths.edges == 2
    for flow in (-2.0, 0.5):
        expected = 2 * 5.0 * flow + 4 * 7.0 * np.sign(flow) * abs(flow) ** 3
        assert slope_of(*roads[1:], 0, flow) == pytest.approx(expected)
        assert bend_of(*roads[1:], 0, flow) == pytest.approx(2 * 5.0 + 12 * 7.0 * flow**2)
    assert np.isnan(Memory.of(roads, 1).weight).all()


def test_a_step_is_taken_as_far_as_the_cost_falls() -> None:
    """φ = F^5 from F = 1: a step to -3 (slope -20) ends near 0, one to ½ is taken whole."""
    road = (np.array([0, 1], dtype=np.int32), np.array([1.0]), np.array([4.0]))
    far = share_of(*road, np.array([1.0]), np.array([-4.0]), 0.0, 0.0, -20.0)
    assert 0.1 < far <= 0.25
    assert share_of(*road, np.array([1.0]), np.array([-0.5]), 0.0, 0.0, -2.5) == 1.0


@pytest.mark.parametrize("power", [1.5, 3.0, POWERS[:3]])
def test_one_continuation_of_negative_flows_everywhere(power: float | np.ndarray) -> None:
    """a|F|^{p+1} in the objective, its derivative in the gradient and in programs, a sgn(F)|F|^p in tolls and costs."""
    problem = Coupled.of(
        [[1.0, 0.5], [0.3, 2.0]], np.eye(2), [1.0, 1.0], theta=np.eye(3, 4) + 0.5 * np.eye(3, 4, 1),
        congestion=[0.2, 0.3, 0.1], power=power, lower=0.0,
    )  # fmt: skip
    x = np.array([[-2.0, 1.0], [-0.3, -1.5]])
    flow = problem.flow(x)
    assert (flow < 0).sum() == 2
    late = problem.congestion * np.abs(flow) ** (np.asarray(power) + 1.0)
    assert problem.objective(x) == pytest.approx((x * problem.slope).sum() + late.sum())
    assert problem.costs(x).sum() == pytest.approx(problem.objective(x))
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        slope = (problem.objective(x + step) - problem.objective(x - step)) / 2e-6
        assert problem.gradient(x)[place] == pytest.approx(slope, rel=1e-6)
    charged = tolls(problem, x[None])[0]
    assert (charged * x).sum() == pytest.approx(late.sum())
    assert np.isfinite(unit_prices(problem, x, np.ones(2))).all()
    announced = {"theta": problem.theta, "congestion": problem.congestion, "power": power, "agents": 2}
    program = Slope.of(problem.own(), announced)
    both = program.at(np.tile(x.ravel(), (1, 2, 1)))[0].sum(axis=0)
    assert both.reshape(x.shape) == pytest.approx(problem.gradient(x))


def test_powers_of_their_own_have_the_optimum_of_an_analytic_case() -> None:
    """Two roads, F₁ + F₂ = 5: F₁ = 1, F₂ = 4 where 3·F₁² = (p+1) a F₂^p with p = 2.5."""
    a = 3.0 / (3.5 * 4.0**2.5)
    problem = Coupled.of([[0.0], [0.0]], 1.0, [5.0], theta=np.eye(2), congestion=[1.0, a], power=[2.0, 2.5], lower=0.0)
    found = optimum(problem)
    assert found.x.ravel() == pytest.approx([1.0, 4.0], rel=1e-6)
    assert found.price == pytest.approx([3.0], rel=1e-6)
