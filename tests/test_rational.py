"""Individual rationality: nobody would rather have stayed away, and rounding does not count as being worse off."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.taxes import Properties, properties

ROUNDING, TOO_MUCH = 1e-13, 1e-7
"""Shares of a cost: what sums lose on the way, and what somebody really pays."""


def taxed(record, net):
    """The record with taxes that leave everybody at a net cost."""
    return replace(record, settlement=replace(record.settlement, tax=net - record.private_cost))


@pytest.mark.parametrize(("more", "willing"), [(0.0, True), (ROUNDING, True), (TOO_MUCH, False), (-TOO_MUCH, True)])
def test_a_bidder_stays_as_long_as_it_pays_no_more_than_having_nothing_costs(more: float, willing: bool) -> None:
    """T, section II: who gets nothing bears v(0) = 1."""
    mission = robosim.load("two-bidders")
    record = mission.run()
    for who in (0, 1):
        net = np.full((1, 2), 0.5)
        net[0, who] = 1.0 + more
        assert mission.rational(taxed(record, net)) is willing


def test_what_a_plan_is_above_the_optimum_is_nobodys_loss_within_the_announced_gap() -> None:
    """VCG: F(x) - h_-i is at most the gap above what staying away costs; other rules have no such reason."""
    mission = robosim.load(
        "charging-day-ahead",
        set={"station.count": 4, "station.limit_kw": 8.0, "leader.tax": "vcg", "leader.epsilon_share": 1e-3},
    )
    record, announced = mission.run(), mission.rules["epsilon"]
    away = mission.allocation.costs(np.zeros_like(record.decision[0]))[None]
    for gap, more, willing in [
        (1.0, 0.9, True),
        (1.0, 1.1, False),
        (0.5, 0.4, True),
        (0.5, 0.6, False),
        (9.0, 1.1, False),
    ]:
        judged = replace(taxed(record, away + more * announced), gap=np.array([gap * announced]))
        assert mission.rational(judged) is willing
        assert not mission.billed("clearing-price").rational(judged)


@pytest.mark.parametrize(("more", "willing"), [(0.0, True), (ROUNDING, True), (TOO_MUCH, False), (-TOO_MUCH, True)])
def test_a_supplier_stays_as_long_as_it_is_paid_what_it_bears(more: float, willing: bool) -> None:
    """X, Proposition 4: staying away costs nothing."""
    pair = Coupled.of([[1.0], [3.0]], 1.0, [2.0], H=[[[2.0]], [[2.0]]], lower=0.0)
    mission = robosim.load(pair, set={"leader.tax": "shadow-price", "mission.rounds": 30})
    record = mission.run()
    size = record.private_cost[0].max()
    for who in (0, 1):
        net = np.full((1, 2), -1.0)
        net[0, who] = more * size
        assert mission.rational(taxed(record, net)) is willing


@pytest.mark.parametrize(("less", "willing"), [(0.0, True), (ROUNDING, True), (TOO_MUCH, False), (-TOO_MUCH, True)])
def test_payments_that_cover_costs_are_told_from_those_that_do_not(less: float, willing: bool) -> None:
    cost = np.array([3.0, 40.0])
    paid = Properties(payment=cost * (1 - less), cost=cost, social_cost=43.0, optimum=43.0)
    assert paid.individually_rational is willing
    one = Properties(payment=np.array([9.0, 40.0 * (1 - less)]), cost=cost, social_cost=43.0, optimum=43.0)
    assert one.individually_rational is willing


def test_efficiency_is_what_was_possible_over_what_was_spent() -> None:
    """x₁ + x₂ = 2 at x² + x and x² + 3x: (3/2, 1/2) costs 3/2·5/2 + 1/2·7/2 = 11/2, (1, 1) costs 6."""
    pair = Coupled.of([[1.0], [3.0]], 1.0, [2.0], H=[[[2.0]], [[2.0]]], lower=0.0)
    best = optimum(pair)
    found = properties(pair, np.ones((2, 1)), np.array([-3.0, -4.5]), best.objective)
    assert found.efficiency == pytest.approx(11 / 12)
    np.testing.assert_allclose(found.cost, [2.0, 4.0])
    np.testing.assert_allclose(found.profit, [1.0, 0.5])
    assert properties(pair, best.x, np.zeros(2), best.objective).efficiency == pytest.approx(1.0)
