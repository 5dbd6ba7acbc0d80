"""Bounds, taxes and the settlement against T, Algorithm 2."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.errors import BadInput
from robosim.leader.bound import Bound, announce, contraction, diameter, edge_diameter
from robosim.leader.settle import Settlement, Terms, settle
from robosim.leader.tax_rule import NONE, RULES, Case, others
from robosim.network import graphs
from robosim.network.network import Network, spread

ONE = (np.array([-1.0]), np.array([1.0]))


def path(n: int) -> Network:
    return Network(n=n, edges=graphs.path(n), name="path")


@given(st.integers(2, 6), st.integers(1, 2))
@settings(max_examples=20, deadline=None)
def test_diameter_is_the_largest_spread_over_the_corners_of_the_type_space(n: int, d: int) -> None:
    lower, upper = np.arange(d) - 1.0, np.arange(d) + 2.0
    corners = np.stack(np.meshgrid(*[[0.0, 1.0]] * (n * d), indexing="ij"), axis=-1).reshape(-1, n, d)
    q = lower + corners * (upper - lower)  # a convex function is largest at a corner
    assert diameter(n, lower, upper) == pytest.approx(spread(q).max())


@given(st.integers(2, 9), st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_edge_diameter_is_the_largest_edge_difference_over_the_corners_on_a_tree(n: int, seed: int) -> None:
    tree = Network(n=n, edges=graphs.random_tree(n, np.random.default_rng(seed)))
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * n, indexing="ij"), axis=-1).reshape(-1, n)
    largest = np.linalg.norm(corners @ tree.incidence.toarray(), axis=1).max()
    assert edge_diameter(n, *ONE) == pytest.approx(largest)


def test_paper_bound_is_the_formula_of_line_12() -> None:
    network, alpha = path(5), 0.2
    incidence = network.incidence.toarray()
    gram = incidence.T @ incidence
    prefactor = np.linalg.norm(incidence @ np.linalg.inv(gram), 2) * 2 * np.sqrt(4)  # sup ‖Bᵀq‖ = 2·√4 on [-1, 1]
    low, high = np.linalg.eigvalsh(gram)[[0, -1]]
    for rule, rho in (("paper", alpha * low), ("paper-as-published", low / high)):
        beta = announce(rule, network, alpha, *ONE).beta(np.arange(50))
        np.testing.assert_allclose(beta, (1 - rho) ** np.arange(50) * prefactor, rtol=1e-9)


@given(st.integers(3, 12), st.floats(0.05, 1.95), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_contraction_is_the_spectral_radius_off_agreement(n: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = Network(n=n, edges=graphs.with_long_links(graphs.random_tree(n, rng), n, 1, rng))
    alpha = share / network.lambda_max
    off = np.eye(n) - alpha * network.laplacian.toarray() - np.full((n, n), 1 / n)
    assert contraction(network, alpha) == pytest.approx(np.linalg.norm(off, 2), abs=1e-9)


def test_noise_widens_the_bound_by_the_sum_of_shrinking_misses() -> None:
    bound = Bound(factor=0.5, contraction=0.5, size=0.0, noise=3.0, floor=0.0)
    assert bound.beta(4) == pytest.approx(3.0 * (1 + 0.5 + 0.25 + 0.125))
    still = Bound(factor=1.0, contraction=1.0, size=2.0, noise=3.0, floor=0.0)
    assert still.beta(4) == pytest.approx(2.0 + 3.0 * 4)


def test_the_paper_s_bound_is_refused_where_it_does_not_exist() -> None:
    ring = Network(n=6, edges=graphs.ring(6), name="ring")
    with pytest.raises(BadInput, match='trees only, this graph has 6 edges for 6 agents \\(use bound = "tight"\\)'):
        announce("paper", ring, 0.1, *ONE)
    with pytest.raises(BadInput, match="needs alpha <= 1/lambda_max"):
        announce("paper", path(4), 0.5, *ONE)


reports = st.integers(1, 12).flatmap(lambda n: st.lists(st.floats(0, 1e6), min_size=n, max_size=n))


@given(reports)
def test_groves_tax_is_the_sum_of_the_others_reports(costs: list[float]) -> None:
    tax = others(np.array([costs]))[0]
    for i in range(len(costs)):
        assert tax[i] == pytest.approx(sum(costs[:i] + costs[i + 1 :]), rel=1e-12, abs=1e-9)


@given(reports, st.floats(0, 1e6))
def test_nobody_s_own_report_moves_a_bit_of_its_own_tax(costs: list[float], other: float) -> None:
    for i in range(len(costs)):
        changed = [*costs[:i], other, *costs[i + 1 :]]
        assert others(np.array([changed]))[0, i] == others(np.array([costs]))[0, i]


def test_no_tax_is_zero() -> None:
    np.testing.assert_array_equal(NONE.pay(case(np.ones((2, 3)))), np.zeros((2, 3)))


def case(reported: np.ndarray) -> Case:
    """A bill for which nothing is known but reports."""
    unknown = np.full(reported.shape, np.nan)
    leader = np.zeros(len(reported))
    return Case(reported=reported, leader_cost=leader, others_alone=unknown, leader_alone=unknown, worth=unknown)


def bill(
    decision: list[float], said: list[float], tax: str = "groves", faulty: int | None = None, **terms: float | list
) -> Settlement:
    """Robots on a line; costs of 0 to 4 may be claimed, the penalty is 12, β = 0.5."""
    blamed = np.zeros((1, len(decision)), dtype=bool)
    if faulty is not None:
        blamed[0, faulty] = True
    known = {"lowest": 0.0, "highest": 4.0, "penalty": 12.0, "beta": 0.5} | terms
    distance = np.asarray(spread(np.array(decision)[None, :, None]))
    announced = Terms(distance=distance, **{name: np.array(x) for name, x in known.items()})
    return settle(RULES[tax], case(np.array([said])), announced, blamed)


def test_inside_the_bound_everybody_pays_the_others_costs() -> None:
    settlement = bill([0.1, 0.0, -0.1], [1.0, 2.0, 3.0])
    assert not settlement.penalised[0]
    assert settlement.tax[0].tolist() == [5.0, 4.0, 3.0]
    assert settlement.distance[0] == pytest.approx(np.sqrt(0.02))


@pytest.mark.parametrize("far", [1.0, np.nan, np.inf])
def test_outside_the_bound_everybody_pays_the_penalty(far: float) -> None:
    with np.errstate(invalid="ignore"):
        settlement = bill([far, 0.0, -1.0], [1.0, 2.0, 3.0])
    assert settlement.penalised[0]
    assert settlement.tax[0].tolist() == [12.0, 12.0, 12.0]


@pytest.mark.parametrize(("lie", "clipped"), [(np.nan, 0.0), (-5.0, 0.0), (np.inf, 4.0), (1e9, 4.0), (-np.inf, 0.0)])
def test_a_refused_report_costs_its_sender_the_penalty_and_others_its_clipped_value(lie: float, clipped: float) -> None:
    settlement = bill([0.0, 0.0, 0.0], [1.0, lie, 3.0])
    assert settlement.refused[0].tolist() == [False, True, False]
    assert settlement.tax[0] == pytest.approx([clipped + 3.0, 12.0, 1.0 + clipped], abs=1e-9)


def test_a_true_report_from_outside_the_type_space_is_not_refused() -> None:
    far = [[9.0, 4.0]]  # what a robot that was dragged away can have spent
    settlement = bill([0.0, 0.0], [9.0, 1.0], highest=far)
    assert not settlement.refused.any()
    assert settlement.tax[0].tolist() == [1.0, 9.0]


def test_a_faulty_sender_pays_the_penalty() -> None:
    assert bill([0.0, 0.0], [1.0, 2.0], faulty=1).tax[0].tolist() == [2.0, 12.0]


def test_without_a_tax_nothing_is_collected() -> None:
    settlement = bill([5.0, 0.0], [1.0, 2.0], tax="none")
    assert settlement.tax[0].tolist() == [0.0, 0.0]
    assert not settlement.penalised[0]
    refused = bill([0.0, 0.0], [np.nan, 2.0], tax="none")
    assert refused.refused[0].tolist() == [True, False]
    assert refused.tax[0].tolist() == [0.0, 0.0]


def test_who_pays_a_penalty_pays_its_tax_where_that_is_more() -> None:
    """So that nobody is better off for being refused."""
    assert bill([0.0, 0.0], [1.0, np.nan], penalty=0.5).tax[0].tolist() == [0.0, 1.0]
    assert bill([5.0, 0.0], [3.0, 2.0], penalty=2.5).tax[0].tolist() == [2.5, 3.0]


def test_where_nothing_bounds_the_distance_nobody_is_outside() -> None:
    free = Terms(lowest=np.zeros((1, 2)), highest=np.full((1, 2), 4.0), penalty=np.array([[12.0]]))
    settlement = settle(RULES["groves"], case(np.array([[1.0, 2.0]])), free, np.zeros((1, 2), dtype=bool))
    assert settlement.tax[0].tolist() == [2.0, 1.0]
    assert np.isnan([settlement.distance[0], settlement.beta[0]]).all()
    assert (settlement.penalised.tolist(), settlement.penalty.tolist()) == ([False], [[12.0, 12.0]])
