"""Corners of coupled problems and of the aggregator where a sign or a limit decides, each against a closed form."""

import numpy as np
import pytest

from robosim.charging.aggregator import Aggregator
from robosim.charging.problem import ChargingDay
from robosim.freight.coupled.bound import box, cheapest
from robosim.freight.coupled.feasible import nearest_feasible
from robosim.freight.coupled.optimum import optima_without, optimum
from robosim.freight.coupled.penalties import penalties
from robosim.freight.coupled.problem import Coupled
from robosim.network import graphs
from robosim.network.network import Network


def test_at_negative_prices_the_aggregator_provides_nothing() -> None:
    """min ½·2‖y‖² + 3 max y - λ'y over y ≥ 0 at λ = (-5, 4): y = (0, ½), where 4 - 2·½ = 3; it is worth -¼."""
    aggregator = Aggregator(curvature=2.0, demand=3.0, c=np.array([7.0, 8.0]))
    provided, value = aggregator.answer(np.array([[[1.0, 0.5, -5.0, 4.0]]]))
    np.testing.assert_allclose(provided[0, 0], [7.0, 8.0, 0.0, 0.5])
    assert value[0] == pytest.approx(-0.25 - 7.0 - 4.0)
    provided, value = aggregator.answer(np.array([[[0.0, 0.0, -5.0, -1.0]]]))
    np.testing.assert_array_equal(provided[0, 0], [7.0, 8.0, 0.0, 0.0])
    assert value[0] == 0.0


def test_a_row_with_both_signs_limits_nobody_alone() -> None:
    """y₁ - y₂ ≤ 1 and 0 ≤ y₂ ≤ 5 let y₁ be 6: min -y₁ is -6, not -1."""
    rows = np.array([[1.0, -1.0]])
    problem = Coupled.of([[0.0, 0.0]], 1.0, [1.0], limits=rows, most=[1.0], lower=0.0, upper=[[np.inf, 5.0]])
    assert cheapest(problem, 0, np.array([-1.0, 0.0])) == pytest.approx(-6.0)
    upper = box(rows, np.array([1.0]), np.zeros(2), np.array([np.inf, 5.0]))[1]
    np.testing.assert_array_equal(upper, [np.inf, 5.0])


@pytest.mark.parametrize("off", [1e-9, 1e-6, 1e-3])
def test_who_is_nearly_feasible_is_moved_all_the_same(off: float) -> None:
    """x₁ + x₂ = 3 from (1 + δ, 2): each gives up δ/2."""
    problem = Coupled.of([[1.0], [1.0]], 1.0, [3.0], lower=0.0, upper=5.0)
    found = nearest_feasible(problem, np.array([[1.0 + off], [2.0]]))
    assert abs(found.sum() - 3.0) <= 1e-12
    np.testing.assert_allclose(found[:, 0], [1.0 + off / 2, 2.0 - off / 2], rtol=0, atol=1e-12)


def test_who_is_absent_is_held_to_nothing() -> None:
    """Agent 0 must do at least 1; without it x₁ = 3 at x² costs 9, without agent 1 x₀ = 3 at 2x² costs 18."""
    problem = Coupled.of(
        [[0.0], [0.0]], 1.0, [3.0], H=[[4.0], [2.0]], limits=[[[-1.0]], [[-1.0]]], most=[[-1.0], [0.0]], upper=9.0
    )
    assert optimum(problem).objective == pytest.approx(6.0)  # 2·1² + 2², the marginal costs being 4 and 4
    np.testing.assert_allclose(optima_without(problem), [9.0, 18.0])
    alone = [optimum(problem.without(i)).objective for i in (0, 1)]
    np.testing.assert_allclose(optima_without(problem), alone)


def test_slack_has_room_for_what_agents_would_rather_leave() -> None:
    """x₁ + x₂ ≤ ½, -1 ≤ x_i ≤ 2 at costs x_i: both take -1, which leaves 2½ of slack."""
    problem = Coupled.of([[1.0], [1.0]], 1.0, [0.5], lower=-1.0, upper=2.0, sense="<=")
    best = optimum(problem)
    np.testing.assert_allclose(best.x[:, 0], -1.0, atol=1e-9)
    assert best.x[:, 1].sum() == pytest.approx(2.5)
    assert best.objective == pytest.approx(-2.0)
    np.testing.assert_allclose(problem.upper[:, 1], 2.5)


@pytest.mark.parametrize("n", [3, 6, 12])
def test_price_steps_fall_with_the_three_quarters_power_of_the_mixing_rate(n: int) -> None:
    """σ = 5 χ (1 - λ₂(W))^¾, ρ = 0.3 κ/mean deg: costs x_i² have κ = 2 and χ = n · 2/n². Three digits."""
    problem = Coupled.of(np.ones((n, 1)), 1.0, [float(n)], H=[[2.0]] * n)
    for edges in (graphs.path(n), graphs.complete(n)):
        network = Network(n=n, edges=edges)
        links, W = network.links, np.diag(network.links.own_weight)
        for i in range(n):
            near = slice(links.indptr[i], links.indptr[i + 1])
            W[i, links.indices[near]] += links.weight[near]
        gap = 1.0 - np.sort(np.linalg.eigvalsh(W))[-2]
        found = penalties(problem, network)
        assert found["sigma"] == pytest.approx(5.0 * (2.0 / n) * gap**0.75, rel=6e-3)
        assert found["rho"] == pytest.approx(0.3 * 2.0 / (2.0 * len(edges) / n), rel=6e-3)


def test_parts_that_were_agreed_hold_where_somebody_is_absent() -> None:
    """Of edge 0 the parts are 0.7, 0.2 and 0.1: without agent 0 they are 2/3 and 1/3, though all use it alike."""
    part = np.array([[0.7, 0.0], [0.2, 1.0], [0.1, 0.0]])
    theta = np.array([[[1.0], [1.0]], [[1.0], [1.0]], [[1.0], [1.0]]])
    problem = Coupled.of(np.ones((3, 1)), 1.0, [3.0], theta=theta, congestion=1.0, part=part)
    np.testing.assert_allclose(problem.without(0).part, [[2 / 3, 1.0], [1 / 3, 0.0]])
    np.testing.assert_allclose(problem.without(2).part, [[7 / 9, 0.0], [2 / 9, 1.0]])
    # nobody who is left had a part of edge 1: it is shared by use
    np.testing.assert_allclose(problem.without(1).part, [[7 / 8, 0.5], [1 / 8, 0.5]])


@pytest.mark.parametrize("loss", [0.0, 1e-3, 0.5])
def test_sure_steps_are_shorter_than_the_dual_function_bends(loss: float) -> None:
    """Γ⁻¹ ⪰ Σ_i w_i w_i'/a_i + e e'/q in every period, over who is registered for it; e is the aggregator's row."""
    stay, rng = np.array([[0, 2], [1, 3], [0, 3], [2, 3]]), np.random.default_rng(4)
    day = ChargingDay(
        curvature=np.full(4, 0.3),
        energy_cost=np.full((4, 3), 0.1),
        limit_kw=np.full(4, 7.0),
        stay=stay,
        energy=np.full(4, 5.0),
        unmet=np.ones(4),
        weights=rng.uniform(0.0, 1.0, (4, 2)),
        rows_kw=np.array([9.0, 8.0]),
        least_curvature=np.array([0.1, 0.2, 0.3, 0.05]),
        told=np.zeros((4, 3)),
        loss=loss,
    )
    steps = day.sure_steps(np.ones((1, 4, 1), dtype=bool))[0, 0].reshape(-1, 3)
    for t in range(3):
        here = (stay[:, 0] <= t) & (t < stay[:, 1])
        bend = np.einsum("ik,il,i->kl", *[day.reached[here]] * 2, 1.0 / day.least_curvature[here])
        if loss:
            bend[-1, -1] += 1.0 / loss
        assert np.linalg.eigvalsh(np.diag(1.0 / steps[:, t]) - bend).min() >= -1e-9 * bend.max()
