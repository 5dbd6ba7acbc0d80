"""Central optima of coupled problems (X, (P)): against published figures, closed forms and clarabel's power cones."""

import json
from dataclasses import replace
from pathlib import Path

import clarabel
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.sparse import block_array, csc_matrix, eye_array, hstack, lil_array, vstack

from robosim.errors import BadInput
from robosim.freight.coupled.feasible import coupling, indispensable, local_limits, nearest_feasible, shortfall
from robosim.freight.coupled.optimum import Lifted, alike, lifted_rows, optima_without, optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "freight"
INSTANCES = {
    **{f"example-{k}": ("freight_examples_solutions.json", str(k)) for k in range(1, 7)},
    "semi-balanced": ("freight_semibalanced_seed9.json", None),
    "unbalanced": ("freight_unbalanced_seed36.json", None),
}


def published(name):
    file, key = INSTANCES[name]
    if not (DATA / file).exists():
        pytest.skip(f"{DATA / file} is not there: central optima are not compared with the published ones")
    content = json.loads((DATA / file).read_text())
    return content[key] if key else content


def drawn(seed, agents=4, power=1.0, sense="="):
    """Random roads: six variables, two goods, eight edges, limits that leave all but one able to do it; "<=" asks for
    no less than b."""
    rng = np.random.default_rng(seed)
    return Coupled.of(
        rng.uniform(1, 9, (agents, 6)),
        np.kron(np.eye(2), np.ones(3)) * (1 if sense == "=" else -1),
        rng.uniform(5, 10, 2) * (1 if sense == "=" else -1),
        theta=(rng.uniform(size=(agents, 8, 6)) < 0.4).astype(float),
        congestion=rng.uniform(0, 0.5, 8) / 4 ** (power - 1),
        power=power,
        limits=np.stack([np.ones(6), rng.integers(0, 2, 6)]),
        most=rng.uniform(7, 9, (agents, 2)) * 3 / (agents - 1),
        lower=0.0,
        sense=sense,
    )


def by_clarabel(problem):
    """The optimum with t_e ≥ F_e^{p+1} as power cones (t, 1, F): another model and another solver. x and λ too."""
    n, m, edges = problem.slope.size, len(problem.b), len(problem.congestion)
    limits, most = local_limits(problem)
    flat = block_array([[coupling(problem), None], [problem.theta, -eye_array(edges)], [-eye_array(n), None],
                        [limits, None]])  # fmt: skip
    cones = lil_array((3 * edges, n + 2 * edges))
    for e in range(edges):
        cones[3 * e, n + edges + e] = -1
        cones[3 * e + 2, n + e] = -1
    rows = vstack([hstack([flat, lil_array((flat.shape[0], edges))]), cones])
    right = [problem.b, np.zeros(edges), -problem.lower.ravel(), most, np.tile([0.0, 1.0, 0.0], edges)]
    kinds = [clarabel.ZeroConeT(m + edges), clarabel.NonnegativeConeT(n + len(most))]
    kinds += [clarabel.PowerConeT(1 / (problem.power + 1))] * edges
    rules = clarabel.DefaultSettings()
    rules.verbose = False
    cost = np.concatenate([problem.slope.ravel(), np.zeros(edges), problem.congestion])
    nothing = csc_matrix((len(cost), len(cost)))
    found = clarabel.DefaultSolver(nothing, cost, csc_matrix(rows), np.concatenate(right), kinds, rules).solve()
    solved = found.status == clarabel.SolverStatus.Solved  # it gives up on some, 7 % off: no reference
    return found.obj_val if solved else np.nan, -np.array(found.z)[:m]


@pytest.mark.parametrize("name", INSTANCES)
def test_published_optima_to_1e_10(name):
    """Objective, price and V(-i) of the paper's instances, from another solver (Clarabel at 1e-12)."""
    figures, problem = published(name), coupled(paper_instance(name))
    best = optimum(problem)
    assert best.objective == pytest.approx(figures["objective"], rel=1e-10)
    np.testing.assert_allclose(best.price, np.ravel(figures["lambda_"]), rtol=1e-7)
    np.testing.assert_allclose(problem.excess(best.x), 0, atol=1e-9)
    if name != "example-3":  # 2.5 s; its objectives without somebody stand in the next test
        np.testing.assert_allclose(optima_without(problem), figures["objective_without"], rtol=1e-10)
    np.testing.assert_allclose(problem.costs(best.x), figures["own_cost"], rtol=1e-6, atol=1e-4)


@pytest.mark.deep
def test_large_marginal_problems():
    np.testing.assert_allclose(
        optima_without(coupled(paper_instance("example-3"))), published("example-3")["objective_without"], rtol=1e-10
    )


@given(st.integers(0, 10_000), st.sampled_from([1.0, 1.5, 2.0, 4.0]))
@settings(max_examples=25, deadline=None)
def test_optima_of_convex_congestion_are_clarabels(seed, power):
    """min ψ'x + Σ a F^{p+1}: Newton steps on flows against power cones."""
    problem = drawn(seed, power=power)
    best = optimum(problem)
    value, _ = by_clarabel(problem)
    assume(np.isfinite(value))
    assert best.objective == pytest.approx(value, rel=1e-4)  # its cones are good for four digits
    np.testing.assert_allclose(problem.excess(best.x), 0, atol=1e-8)


@given(st.integers(0, 10_000), st.sampled_from([1.0, 2.0, 4.0]))
@example(seed=414, power=2.0)  # on which Clarabel gives up
@settings(max_examples=25, deadline=None)
def test_optimality_conditions(seed, power):
    """min_{y ∈ X_i} (∇_i F - A_i'λ)'y is attained at x_i for every agent, which suffices (X, (P) is convex)."""
    from scipy.optimize import linprog

    problem = drawn(seed, power=power)
    best = optimum(problem)
    reduced = problem.gradient(best.x) - np.einsum("imn,m->in", problem.A, best.price)
    for i in range(problem.agents):
        least = linprog(reduced[i], A_ub=problem.limits[i], b_ub=problem.most[i]).fun
        assert (reduced[i] * best.x[i]).sum() == pytest.approx(least, abs=1e-6 * best.objective)
        assert (problem.limits[i] @ best.x[i] <= problem.most[i] + 1e-8).all()


@given(st.integers(0, 10_000), st.sampled_from([1.0, 4.0]), st.sampled_from(["=", "<="]))
@settings(max_examples=15, deadline=None)
def test_problems_without_somebody_are_the_smaller_ones(seed, power, sense):
    """V(-i) with the limits of i set to 0 in one live solver equals the optimum of P_-i on its own."""
    problem = drawn(seed, power=power, sense=sense)
    alone = [optimum(problem.without(i)).objective for i in range(problem.agents)]
    np.testing.assert_allclose(optima_without(problem), alone, rtol=1e-9)


def test_price_is_what_one_more_unit_costs():
    """λ = dF*/db by central differences."""
    problem = drawn(5)
    best = optimum(problem)
    for row in range(2):
        step = 1e-4 * np.eye(2)[row]
        more, less = (optimum(replace(problem, b=problem.b + s)).objective for s in (step, -step))
        assert best.price[row] == pytest.approx((more - less) / 2e-4, rel=1e-6)


@pytest.mark.parametrize("power", [1.0, 2.5, 4.0])
def test_parallel_roads_share_at_equal_marginal_costs(power):
    """One road each: (p+1) a_i x_i^p + ψ = λ, so x_i ∝ a_i^{-1/p}; everybody's price is the same."""
    a = np.array([1.0, 2.0, 5.0])
    problem = Coupled.of(
        np.full((3, 1), 2.0), 1.0, [6.0], theta=np.eye(3)[:, :, None], congestion=a, power=power, lower=0.0
    )
    best = optimum(problem)
    share = a ** (-1 / power) / (a ** (-1 / power)).sum()
    np.testing.assert_allclose(best.x[:, 0], 6 * share, rtol=1e-8)
    assert best.price[0] == pytest.approx(2 + (power + 1) * a[0] * (6 * share[0]) ** power, rel=1e-8)


def test_quadratic_costs_clear_at_one_price():
    """min Σ ½h_i x_i² + ψ_i x_i, Σ x_i = b: x_i = (λ - ψ_i)/h_i, λ = (b + Σ ψ_i/h_i)/Σ 1/h_i."""
    h, psi = np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, -1.0])
    best = optimum(Coupled.of(psi[:, None], 1.0, [5.0], H=h[:, None]))
    price = (5 + (psi / h).sum()) / (1 / h).sum()
    np.testing.assert_allclose(best.price, price)
    np.testing.assert_allclose(best.x[:, 0], (price - psi) / h)


def test_an_aggregator_is_one_more_agent():
    """X, Example 2: Σ x_i = x_0 with the aggregator's own cost ½c‖x_0 + d‖² and limits; A_0 = -I, b = 0.

    Two vehicles need 3 and 1 over two periods with demand d = (4.5, 0): the valley is filled, x_0 = (0, 4).
    Where the aggregator may draw no more than 2.5 at a time, 1.5 are drawn in the first period.
    """
    need = [[1.0, 1.0], [-1.0, -1.0]]
    limits = np.array([[[0.0, 0.0], [0.0, 0.0]], need, need])
    aggregator = {
        "slope": [[4.5, 0.0], [0.0, 0.0], [0.0, 0.0]],
        "A": [-np.eye(2), np.eye(2), np.eye(2)],
        "b": [0.0, 0.0],
        "H": [np.eye(2), None, None],
        "limits": limits,
        "most": [[0.0, 0.0], [3.0, -3.0], [1.0, -1.0]],
        "lower": 0.0,
    }
    best = optimum(Coupled.of(**aggregator))
    np.testing.assert_allclose(best.x[0], [0, 4], atol=1e-6)
    narrow = optimum(Coupled.of(**aggregator, upper=[[2.5, 2.5], [9, 9], [9, 9]]))
    np.testing.assert_allclose(narrow.x[0], [1.5, 2.5], atol=1e-6)
    np.testing.assert_allclose(narrow.x[1:].sum(axis=0), narrow.x[0], atol=1e-8)


def test_slack_takes_what_is_not_used():
    """X, Remark 1: Σ x_i ≤ b costs what = b costs where more pays, and nothing is taken where it does not."""
    wants = {"A": 1.0, "H": [[1.0], [1.0]], "lower": 0.0}
    assert optimum(Coupled.of([[-3.0], [-3.0]], b=[4.0], sense="<=", **wants)).objective == pytest.approx(-8)
    few = optimum(Coupled.of([[-1.0], [-1.0]], b=[4.0], sense="<=", **wants))
    assert few.objective == pytest.approx(-1)
    np.testing.assert_allclose(few.price, 0, atol=1e-6)


def test_columns_alike_are_added_up_first():
    """Goods on one path load the same edges; lifting them once gives the same optimum and fewer numbers."""
    problem = coupled(paper_instance("example-1"))
    which, first = alike(problem.theta)
    dense = problem.theta.toarray()
    np.testing.assert_array_equal(dense, dense[:, first][:, which])
    assert len(np.unique(dense, axis=1).T) == len(first) == 16
    rows, variables = lifted_rows(problem)
    assert (rows.shape, variables) == ((6 + 16 + 19, 48 + 16 + 19), 83)
    assert lifted_rows(drawn(1))[1] == 24 + 8


def test_only_columns_of_equal_numbers_are_alike():
    """Two variables on one edge with different loads, each twice: x_1 + 2x_2 is what flows, not x_1 + x_2."""
    problem = Coupled.of([[1.0] * 4], [[1.0, 0, 1, 0], [0, 1, 0, 1]], [1.0, 1.0], theta=[[1.0, 2, 1, 2]],
                         congestion=1.0, lower=0.0)  # fmt: skip
    np.testing.assert_array_equal(alike(problem.theta)[0], [0, 1, 0, 1])
    assert optimum(problem).objective == pytest.approx(2 + 9)


def test_unmet_demand_is_named():
    problem = drawn(7)
    with pytest.raises(BadInput, match=r"^b\[1\]: the agents' limits leave 3.* of 400 unmet \(1 of 2 rows"):
        optimum(replace(problem, b=np.array([1.0, 400.0])))
    with pytest.raises(BadInput, match=r"^b\[0\]: the agents' limits force 3 more than -3 \("):
        optimum(replace(problem, b=np.array([-3.0, 1.0])))
    with pytest.raises(BadInput, match=r"^b\[0\]: .* of 50 unmet"):
        nearest_feasible(replace(problem, b=np.array([50.0, 1.0])), np.zeros((4, 6)))


def test_an_agent_without_choice_is_named():
    problem = drawn(7)
    most = problem.most.copy()
    most[2] = -1.0
    with pytest.raises(BadInput, match=r"agent 2's own limits leave it nothing to choose"):
        optimum(replace(problem, most=most))


def test_costs_without_end_are_told():
    with pytest.raises(BadInput, match=r"costs fall without end"):
        optimum(Coupled.of([[-1.0], [1.0]], [[1.0]], [1.0]))


def test_who_cannot_be_missed_is_named():
    """X, Assumption 7: without agent 1 only 4 of 7 can be brought."""
    problem = Coupled.of([[1.0], [1.0], [1.0]], 1.0, [7.0], lower=0.0, upper=[[2.0], [9.0], [2.0]])
    assert indispensable(problem) == [1]
    np.testing.assert_allclose(shortfall(problem.without(1)), [3.0])
    with pytest.raises(BadInput, match=r"^without agent 1 \(X, Assumption 7\): b\[0\]: .* leave 3 of 7 unmet"):
        optima_without(problem)
    assert indispensable(Coupled.of([[1.0]], 1.0, [1.0])) == [0]
    assert not shortfall(problem).any()


def test_absence_may_break_ones_own_limits():
    """Who must ship at least 1 when there may be absent: P_-i asks nothing of i."""
    problem = Coupled.of(
        [[1.0], [2.0]], 1.0, [3.0], limits=[[-1.0]], most=[[-1.0], [0.0]], lower=[[0.5], [0.0]], upper=5.0
    )
    np.testing.assert_allclose(optima_without(problem), [6.0, 3.0], rtol=1e-9)


@given(st.integers(0, 10_000), st.floats(1e-9, 10.0))
@settings(max_examples=40, deadline=None)
def test_nearest_feasible_decision(seed, noise):
    """The projection: feasible, not farther than any other feasible point, and (x - z)'(y - z) ≤ 0 for those."""
    problem = drawn(seed)
    rng = np.random.default_rng(seed)
    points = [optimum(replace(problem, slope=rng.uniform(1, 9, (4, 6)))).x for _ in range(4)]
    x = points[0] + noise * rng.normal(size=(4, 6))
    z = nearest_feasible(problem, x)
    assert np.abs(problem.excess(z)).max() <= 1e-11
    assert (z >= 0).all()
    assert (np.einsum("irn,in->ir", problem.limits, z) <= problem.most + 1e-11).all()
    for y in points:
        assert ((x - z) * (y - z)).sum() <= 1e-6 * noise * (noise + np.linalg.norm(y - z))
    np.testing.assert_array_equal(nearest_feasible(problem, z), z)


def test_projection_onto_a_simplex_in_closed_form():
    """Σ x_i = 1, x ≥ 0: (0.9, 0.5, -1) goes to (0.7, 0.3, 0)."""
    problem = Coupled.of([[1.0], [1.0], [1.0]], 1.0, [1.0], lower=0.0)
    z = nearest_feasible(problem, np.array([[0.9], [0.5], [-1.0]]))
    np.testing.assert_allclose(z[:, 0], [0.7, 0.3, 0.0], atol=1e-9)


def test_a_solver_that_stops_early_is_asked_for_less(monkeypatch):
    monkeypatch.setattr("robosim.freight.coupled.optimum.LOOSER", (1e-300, 1e-10))
    problem = drawn(3)
    assert Lifted(problem).solve().objective == pytest.approx(by_clarabel(problem)[0], rel=1e-6)


def test_a_projection_that_fails_has_another_way(monkeypatch):
    monkeypatch.setattr("robosim.freight.coupled.feasible.NEAR", ())
    corner = nearest_feasible(drawn(1), np.zeros((4, 6)))  # the least Σ|x - said| where no shortest way is found
    np.testing.assert_allclose(drawn(1).excess(corner), 0, atol=1e-8)
    assert (corner >= 0).all()
    monkeypatch.setattr("robosim.freight.coupled.feasible.NEAR", (1e-9, np.inf))
    z = nearest_feasible(drawn(1), np.full((4, 6), -5.0))  # at first all limits are too far to be minded
    assert (z >= 0).all()
    np.testing.assert_allclose(drawn(1).excess(z), 0, atol=1e-10)
