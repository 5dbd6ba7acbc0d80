"""Shadow prices and VCG (X, section 5): who is paid what, what it covers, and who can game it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from robosim.freight.coupled.optimum import optima_without, optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.freight.taxes import Properties, case_of, properties, shadow_price, unit_prices
from robosim.leader.tax_rule import RULES, vcg


def drawn(seed, power=1.0):
    """Random roads of four suppliers with six variables each, two goods, eight edges; any three can do it."""
    rng = np.random.default_rng(seed)
    return Coupled.of(
        rng.uniform(1, 9, (4, 6)),
        np.kron(np.eye(2), np.ones(3)),
        rng.uniform(5, 10, 2),
        theta=(rng.uniform(size=(4, 8, 6)) < 0.4).astype(float),
        congestion=rng.uniform(0, 0.5, 8) / 4 ** (power - 1),
        power=power,
        limits=np.stack([np.ones(6), rng.integers(0, 2, 6)]),
        most=rng.uniform(7, 9, (4, 2)),
        lower=0.0,
    )


def parallel(costs, demand, c0):
    """Suppliers with a road each and one that all share, up to the demander (X, Example 3 and Example 5)."""
    n = len(costs)
    theta = np.zeros((n, n + 1, 1))
    theta[np.arange(n), np.arange(n)] = theta[:, n] = 1.0
    return Coupled.of(np.reshape(costs, (n, 1)), 1.0, [demand], theta=theta, congestion=c0, lower=0.0)


def misreport(problem, agent, delta):
    """The problem as others see it when `agent` adds delta (a number, or one for each variable) to its unit costs."""
    slope = problem.slope.copy()
    slope[agent] += delta
    return replace(problem, slope=slope)


def shadow_profit(true, reported):
    """Profits when payments follow what was reported and costs what is true, (N,)."""
    best = optimum(reported)
    return -shadow_price(reported, best.x, best.price) - true.costs(best.x)


def bill(rule, problem, best, without):
    """Taxes (N,) at the optimum by one of `RULES`, when everybody reports what is true."""
    reported = problem.costs(best.x)
    return RULES[rule].pay(case_of(problem, best.x[None], best.price[None], reported[None], without[None]))[0]


def vcg_profit(true, reported, agent, alone):
    """Profit of `agent`, who lies alone; `alone` (N,) is h_-i of the others' true costs."""
    best = optimum(reported)
    return (-bill("vcg", reported, best, alone) - true.costs(best.x))[agent]


@example(374, 4.0)  # a supplier of nothing, whose profit is the difference of two optima of 4e2
@given(st.integers(0, 10_000), st.sampled_from([1.0, 2.0, 4.0]))
@settings(max_examples=25, deadline=None)
def test_payments_cover_costs_and_the_decision_is_efficient(seed, power):
    """IR and SE of both rules (X, Propositions 3, 4, 5), on random roads, linear and BPR-like congestion."""
    problem = drawn(seed, power)
    best = optimum(problem)
    alone = optima_without(problem)
    for rule in ("shadow-price", "vcg"):
        found = properties(problem, best.x, bill(rule, problem, best, alone), best.objective)
        assert found.individually_rational
        assert found.profit.min() >= -1e-6 * best.objective
        assert found.efficiency == pytest.approx(1)
    np.testing.assert_allclose(found.profit, alone - best.objective, atol=1e-7 * best.objective)


def test_a_loss_is_one_beyond_the_rounding_of_the_social_cost():
    """Whoever ships nothing is paid the difference of two optima, which rounding leaves; 1e-6 of these is a loss."""
    cost = np.array([400.0, 1e-7])
    assert Properties(payment=cost - [0, 2e-9], cost=cost, social_cost=400.0, optimum=400.0).individually_rational
    assert not Properties(payment=cost - [0, 4e-4], cost=cost, social_cost=400.0, optimum=400.0).individually_rational


def test_without_payments_nobody_gains_by_working():
    problem = drawn(1)
    best = optimum(problem)
    found = properties(problem, best.x, bill("none", problem, best, np.full(4, np.nan)), best.objective)
    np.testing.assert_array_equal(found.payment, 0.0)
    assert not found.individually_rational


@pytest.mark.parametrize("power", [1.0, 2.0, 4.0])
def test_unit_prices_are_equation_6(power):
    """p_i = A_i'λ - Σ_{j≠i} ∇_{x_i} C_j(x), the gradients by finite differences of the true costs (X, (B.2))."""
    problem = drawn(3, power)
    best = optimum(problem)
    x = best.x + 0.1
    prices = unit_prices(problem, x, best.price)
    for i in range(4):

        def others(own, i=i):
            moved = x.copy()
            moved[i] = own
            return float(np.delete(problem.costs(moved), i).sum())

        slope = approx_fprime(x[i], others, 1e-7)
        np.testing.assert_allclose(prices[i], problem.A[i].T @ best.price - slope, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("power", [1.0, 4.0])
def test_nobody_wants_to_move_at_shadow_prices(power):
    """X, Proposition 4: x is an equilibrium, each x_i minimises C_i(·, x_-i) - p_i'x_i over X_i (first-order)."""
    from scipy.optimize import linprog

    problem = drawn(4, power)
    best = optimum(problem)
    prices, flow = unit_prices(problem, best.x, best.price), problem.flow(best.x)
    own = problem.own_flow(best.x)
    a, p = problem.congestion, problem.power
    for i in range(4):
        theta = problem.theta[:, 6 * i : 6 * i + 6]
        marginal = problem.slope[i] + theta.T @ (a * (flow**p + p * flow ** (p - 1) * own[i])) - prices[i]
        least = linprog(marginal, A_ub=problem.limits[i], b_ub=problem.most[i]).fun
        assert marginal @ best.x[i] == pytest.approx(least, abs=1e-6 * best.objective)


def test_vcg_is_equation_7():
    rng = np.random.default_rng(0)
    costs, alone = rng.uniform(size=5), rng.uniform(size=(1, 5))
    tax = vcg(costs[None], alone)[0]
    for i in range(5):
        assert -tax[i] == pytest.approx(alone[0, i] - (costs.sum() - costs[i]))
        changed = costs.copy()
        changed[i] = 99.0
        assert vcg(changed[None], alone)[0, i] == tax[i]


@given(st.integers(3, 7), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_parallel_suppliers_in_closed_form(n, seed):
    """X, Example 5: n suppliers with one path each, one good, demand b, congestion c₀F on every road, no limits.

    Each path is a road of its own and a road that all share; C_i = ‖c_i‖₁ is what a unit costs along it. The shared
    flow is always b, so the objective is Σ c₀x_i² + C_i x_i + c₀b². Stationarity of the Lagrangian where all x_i > 0:
    2c₀x_i + C_i + 2c₀b = λ, summed: λ = 2c₀b/n + 2c₀b + C̄, hence x_i = b/n + (C̄ - C_i)/(2c₀). Equation (6):
    p_i = λ - c₀(b - x_i), so that profit_i = p_i x_i - (c₀x_i² + c₀b x_i + C_i x_i) = (λ - 2c₀b - C_i)x_i = 2c₀x_i².

    If i reports C_i + δ (S does not change), λ' = λ + δ/n, x_i' = x_i - δ(n-1)/(2c₀n), x_j' = x_j + δ/(2c₀n):
    profit_i' = (2c₀x_i + δ/n)x_i', concave in δ, largest at δ* = -c₀n(n-2)x_i/(n-1) < 0, an UNDER-report, which gains
    c₀(n-2)²x_i²/(2(n-1)); profit_j' = 2c₀x_j'², convex in δ: the others lose.

    Under VCG the same lie raises the true social cost, and lowers i's profit, by c₀Σ(x_j' - x_j)² = δ²(n-1)/(4c₀n).
    """
    rng = np.random.default_rng(seed)
    c0, demand = rng.uniform(0.2, 2), rng.uniform(5, 20)
    costs = 3 + rng.uniform(-1, 1, n) * c0 * demand / (4 * n)
    true = parallel(costs, demand, c0)
    best = optimum(true)
    x = demand / n + (costs.mean() - costs) / (2 * c0)
    np.testing.assert_allclose(best.x[:, 0], x, rtol=1e-7)
    np.testing.assert_allclose(best.price, 2 * c0 * demand * (1 + 1 / n) + costs.mean())
    np.testing.assert_allclose(unit_prices(true, best.x, best.price)[:, 0], best.price[0] - c0 * (demand - x))
    honest = shadow_profit(true, true)
    np.testing.assert_allclose(honest, 2 * c0 * x**2, rtol=1e-6)

    delta = -rng.uniform(0.2, 1) * 2 * c0 * n * x.min() * 0.9
    lied = shadow_profit(true, misreport(true, 0, delta))
    after = x + np.where(np.arange(n) == 0, 1 - n, 1) * delta / (2 * c0 * n)
    np.testing.assert_allclose(lied[0], (2 * c0 * x[0] + delta / n) * after[0], rtol=1e-6)
    np.testing.assert_allclose(lied[1:], 2 * c0 * after[1:] ** 2, rtol=1e-5, atol=1e-8)
    assert (lied[1:] < honest[1:]).all()

    alone = optima_without(true)
    loss = vcg_profit(true, true, 0, alone) - vcg_profit(true, misreport(true, 0, delta), 0, alone)
    assert loss == pytest.approx(delta**2 * (n - 1) / (4 * c0 * n), rel=1e-5)


def test_shadow_prices_are_gamed_and_vcg_is_not():
    """X, Example 3 with numbers of our own: c₀ = 1/2, b = 6, C = (1, 2, 3).

    x = (3, 2, 1), λ = 10, p = (8.5, 8, 7.5), profits x² = (9, 4, 1). Supplier 0's best lie is δ* = -9/4: it then ships
    4.5, the others 1.25 and 0.25; profits 10.125, 1.5625, 0.0625: a gain of 9/8. Under VCG h_-0 = 30.25, so
    that 0's profit is 30.25 - 15.5 - 18 + 18 … = h_-0 - F*; the same lie loses it δ²(n-1)/(4c₀n) = 27/16.
    """
    true = parallel([1.0, 2.0, 3.0], 6.0, 0.5)
    best = optimum(true)
    np.testing.assert_allclose(best.x[:, 0], [3, 2, 1], rtol=1e-9)
    assert best.price[0] == pytest.approx(10)
    np.testing.assert_allclose(unit_prices(true, best.x, best.price)[:, 0], [8.5, 8, 7.5])
    np.testing.assert_allclose(-shadow_price(true, best.x, best.price), [25.5, 16, 7.5])
    np.testing.assert_allclose(shadow_profit(true, true), [9, 4, 1], rtol=1e-7)
    lie = misreport(true, 0, -9 / 4)
    np.testing.assert_allclose(shadow_profit(true, lie), [10.125, 1.5625, 0.0625], rtol=1e-7)
    for other in (-2.5, -2.0):
        assert shadow_profit(true, misreport(true, 0, other))[0] < 10.125

    # F* = c₀Σx² + Σ C_i x_i + c₀b² = 7 + 10 + 18 = 35; alone, 1 and 2 ship (3.5, 2.5): 9.25 + 14.5 + 18 = 41.75
    alone = optima_without(true)
    assert best.objective == pytest.approx(35)
    assert alone[0] == pytest.approx(41.75)
    assert vcg_profit(true, true, 0, alone) == pytest.approx(6.75)
    assert vcg_profit(true, lie, 0, alone) == pytest.approx(6.75 - 27 / 16)


def test_all_under_reporting_ends_below_truth():
    """X, (D.2): best replies to each other. With s = Σδ/n, i's profit is (2c₀x_i + s)(x_i + (s - δ_i)/(2c₀)).

    Its derivative in δ_i vanishes at δ_i = -(n-2)(2c₀x_i + s); summed, s = -2c₀b(n-2)/(n(n-1)); the profit there is
    2c₀(n-1)(x_i - b(n-2)/(n(n-1)))², which is 2c₀x_i²/(n-1) among equals.
    """
    n, c0, demand = 4, 0.5, 12.0
    true = parallel([1.0, 1.1, 0.95, 0.95], demand, c0)
    x = optimum(true).x[:, 0]
    s = -2 * c0 * demand * (n - 2) / (n * (n - 1))
    lies = -(n - 2) * (2 * c0 * x + s)
    together = replace(true, slope=true.slope + lies[:, None])
    profits = shadow_profit(true, together)
    np.testing.assert_allclose(profits, 2 * c0 * (n - 1) * (x + s / (2 * c0)) ** 2, rtol=1e-6)
    assert (profits < shadow_profit(true, true)).all()
    for step in (-0.2, 0.2):
        assert shadow_profit(true, misreport(together, 0, step))[0] < profits[0]


@pytest.mark.parametrize("name", ["example-1", "semi-balanced"])
def test_no_misreport_of_200_gains_under_vcg_and_one_does_under_shadow_prices(name):
    """X, Proposition 6 and Example 3: 200 lies, the whole vector shifted or every unit cost by its own amount."""
    true, rng = coupled(paper_instance(name)), np.random.default_rng(7)
    alone, honest = optima_without(true), shadow_profit(true, true)
    truthful = [vcg_profit(true, true, i, alone) for i in range(4)]
    best, scale = -np.inf, optimum(true).objective
    for trial in range(200):
        agent = trial % 4
        each = rng.uniform(-4, 4, true.variables if trial % 8 < 4 else 1)
        lie = misreport(true, agent, each)
        decided = optimum(lie)
        costs = true.costs(decided.x)
        assert -bill("vcg", lie, decided, alone)[agent] - costs[agent] <= truthful[agent] + 1e-7 * scale
        best = max(best, float(-shadow_price(lie, decided.x, decided.price)[agent] - costs[agent] - honest[agent]))
    assert best > 1e-3 * scale


@pytest.mark.parametrize(
    ("agent", "delta", "truthful", "payoff"),
    [(0, 1.45, 4434.77, 4864.59), (2, 0.60, 1189.78, 1199.05), (3, 0.85, 2497.75, 2509.20)],
)
def test_the_papers_misreports_of_example_1(agent, delta, truthful, payoff):
    """X, Figure 5: δ on every private edge cost of one supplier; best payoffs of the sweep from -5 to 5 by 0.05."""
    true = coupled(paper_instance("example-1"))
    edges = np.asarray(true.theta.sum(axis=0)).reshape(true.slope.shape)[agent]
    assert shadow_profit(true, true)[agent] == pytest.approx(truthful, abs=0.006)
    assert shadow_profit(true, misreport(true, agent, delta * edges))[agent] == pytest.approx(payoff, abs=0.006)
    for near in (delta - 0.05, delta + 0.05):
        assert shadow_profit(true, misreport(true, agent, near * edges))[agent] < payoff
