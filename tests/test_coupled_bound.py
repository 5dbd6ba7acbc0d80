"""Certificate of coupled costs: a lower bound of the optimum from any decision and any price, tight where both are."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.errors import BadInput
from robosim.freight.coupled.bound import box, cheapest, lower_bound
from robosim.freight.coupled.feasible import nearest_feasible
from robosim.freight.coupled.optimum import optima_without, optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.leader.tax_rule import vcg

ROUNDING = 1e-10


def drawn(seed, power=1.0, upper=np.inf):
    """Random roads of four suppliers with six variables each, two goods, eight edges."""
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
        upper=upper,
    )


@given(st.integers(0, 10_000), st.sampled_from([1.0, 1.5, 4.0]), st.floats(0, 30), st.floats(0, 5))
@settings(max_examples=40, deadline=None)
def test_never_above_the_optimum(seed, power, away, wrong):
    """Any x, feasible or not, and any λ: the bound is at most F*, so that gap ≥ F(x) - F* ≥ 0 at feasible x."""
    problem, rng = drawn(seed, power), np.random.default_rng(seed)
    best = optimum(problem)
    x = best.x + away * rng.normal(size=best.x.shape)
    price = best.price + wrong * rng.normal(size=2)
    assert lower_bound(problem, x, price).value <= best.objective * (1 + ROUNDING)
    decided = nearest_feasible(problem, x)
    bound = lower_bound(problem, decided, price)
    lost = problem.objective(decided) - best.objective
    assert -ROUNDING * best.objective <= lost <= bound.gap + ROUNDING * best.objective
    assert bound.gap == pytest.approx(problem.objective(decided) - bound.value, rel=1e-9)


@given(st.integers(0, 10_000), st.sampled_from([1.0, 4.0]))
@settings(max_examples=20, deadline=None)
def test_tight_at_the_optimum_and_its_price(seed, power):
    problem = drawn(seed, power)
    best = optimum(problem)
    assert abs(lower_bound(problem, best.x, best.price).gap) <= 1e-7 * best.objective


@pytest.mark.parametrize("power", [1.0, 4.0])
@pytest.mark.parametrize("name", ["example-1", "example-2", "example-5", "semi-balanced", "unbalanced"])
def test_shrinks_with_the_run(name, power):
    """On the paper's instances, also with BPR: along decisions and prices that approach the optimum the gap halves."""
    problem = coupled(paper_instance(name))
    problem = replace(problem, power=power, congestion=problem.congestion / 100 ** (power - 1))
    best, rng = optimum(problem), np.random.default_rng(1)
    start = nearest_feasible(problem, best.x + rng.uniform(-30, 30, best.x.shape))
    off = 0.2 * best.price * rng.uniform(-1, 1, best.price.shape)
    gaps, losses = [], []
    for t in 0.5 ** np.arange(0, 30, 6):
        x = best.x + t * (start - best.x)
        gaps.append(lower_bound(problem, x, best.price + t * off).gap)
        losses.append(problem.objective(x) - best.objective)
    assert (np.array(gaps) >= np.array(losses) - ROUNDING * best.objective).all()
    assert (np.array(losses) > 0).all()
    assert (np.diff(gaps) < 0).all()
    assert gaps[-1] < 1e-5 * gaps[0]


def test_the_formula_on_one_road():
    """min x² , x = 2, 0 ≤ x ≤ 5: at x₀ = 3, λ = 1 the bound is -9 + min (6 - 1)x + 2 = -7; at x₀ = 2, λ = 4 it is 4."""
    problem = Coupled.of([[0.0]], 1.0, [2.0], theta=[[[1.0]]], congestion=1.0, lower=0.0, upper=5.0)
    assert lower_bound(problem, np.array([[3.0]]), np.array([1.0])).value == pytest.approx(-7)
    assert lower_bound(problem, np.array([[2.0]]), np.array([4.0])).value == pytest.approx(4)
    assert lower_bound(problem, np.array([[2.0]]), np.array([4.0])).gap == pytest.approx(0)
    assert lower_bound(problem, np.array([[2.0]]), np.array([9.0])).value == pytest.approx(-4 - 5 * 5 + 18)
    raised = replace(problem, power=4.0)
    assert lower_bound(raised, np.array([[-3.0]]), np.array([0.0])).value == 0


def test_no_end_is_said_honestly():
    """Who may ship without end at a price above its cost leaves no bound, with and without rows of limits."""
    free = Coupled.of([[1.0], [1.0]], 1.0, [1.0], lower=0.0)
    x = np.array([[0.5], [0.5]])
    assert lower_bound(free, x, np.array([1.5])).value == -np.inf
    assert lower_bound(free, x, np.array([1.5])).gap == np.inf
    assert lower_bound(free, x, np.array([1.0])).value == 1.0
    rows = replace(free, limits=np.array([[[-1.0]], [[1.0]]]), most=np.array([[0.0], [1.0]]))
    assert lower_bound(rows, x, np.array([1.5])).value == -np.inf
    assert lower_bound(rows, x, np.array([0.5])).value == pytest.approx(0.5)


def test_each_agents_programme_in_closed_form():
    """min c'x, x ≥ 0, x₁ + x₂ ≤ 3, x₁ ≤ 2: both at the price that pays most."""
    problem = Coupled.of([[0.0, 0.0]], 1.0, [1.0], limits=[[1, 1], [1, 0]], most=[3.0, 2.0], lower=0.0)
    assert cheapest(problem, 0, np.array([-5.0, -1.0])) == pytest.approx(-11)
    assert cheapest(problem, 0, np.array([1.0, 2.0])) == 0
    np.testing.assert_array_equal(box(problem.limits[0], problem.most[0], np.zeros(2), np.full(2, np.inf))[1], [2, 3])
    np.testing.assert_array_equal(box(problem.limits[0], problem.most[0], np.ones(2), np.full(2, 1.5))[1], [1.5, 1.5])
    with pytest.raises(BadInput, match="agent 0's own limits leave it nothing to choose"):
        cheapest(replace(problem, most=np.array([[-1.0, 2.0]])), 0, np.array([1.0, 1.0]))


@given(st.integers(0, 10_000), st.floats(0.01, 3))
@settings(max_examples=25, deadline=None)
def test_vcg_gains_stay_below_the_gap(seed, away):
    """X, (7): profit_i = h_-i - F(x) whatever i declares, so no declaration gains more than the faithful run's gap."""
    problem, rng = drawn(seed), np.random.default_rng(seed)
    best, alone = optimum(problem), optima_without(problem)
    x = nearest_feasible(problem, best.x + away * rng.normal(size=best.x.shape))
    gap = lower_bound(problem, x, best.price).gap

    def profit(decided):
        costs = problem.costs(decided)
        return -costs - vcg(costs[None], alone[None])[0]

    honest = profit(x)
    for i in range(4):
        lie = problem.slope.copy()
        lie[i] += rng.normal(size=6)
        found = optimum(replace(problem, slope=lie)).x
        gain = profit(found)[i] - honest[i]
        assert gain <= gap + ROUNDING * best.objective
