"""One settlement for all worlds (T, Definition 1): a report that is unusable fines its sender and nobody else."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robosim
from robosim.agent import Strategy
from robosim.leader.settle import TOLERANCE, Terms, individually_rational, settle, usable
from robosim.leader.tax_rule import GROVES, NONE, RULES, Case, others

WORLDS = {
    "rendezvous-honest": {},
    "market": {"bidders.count": 5, "mission.rounds": 20},
    "charging-day-ahead": {"station.count": 4, "station.limit_kw": 10.0},
    "freight": {"mission.rounds": 60},
}
UNUSABLE = [np.nan, np.inf, -np.inf, 1e300, -1e300]


@dataclass(frozen=True, kw_only=True)
class Says(Strategy):
    """Reports one number, whatever it cost."""

    number: float

    def report(self, view, decision, report):
        return {"cost": np.full_like(report["cost"], self.number)}


def case_of(reported):
    nothing = np.full(reported.shape, np.nan)
    return Case(
        reported=reported,
        leader_cost=np.zeros(len(reported)),
        others_alone=nothing,
        leader_alone=nothing,
        worth=nothing,
    )


@pytest.mark.parametrize("number", UNUSABLE)
@pytest.mark.parametrize("world", WORLDS)
def test_who_reports_nonsense_is_fined_and_nobody_else(world: str, number: float) -> None:
    mission = robosim.load(world, set=WORLDS[world], strategies={})
    honest = mission.run(every=mission.rounds)
    lying = replace(
        mission, deviations=robosim.load(world, set=WORLDS[world], strategies={1: Says(number=number)}).deviations
    )
    record = lying.run(every=mission.rounds)
    assert record.settlement.refused[0].tolist() == [i == 1 for i in range(mission.network.n)]
    assert not record.settlement.penalised[0]
    assert np.isfinite(record.settlement.tax).all()
    assert record.net_cost[0, 1] >= honest.net_cost[0, 1] + 1e-9  # it does not pay
    fined = record.settlement.tax[0] >= record.settlement.penalty[0]
    assert fined.nonzero()[0].tolist() == [1]


@pytest.mark.parametrize("world", WORLDS)
def test_true_reports_are_never_refused(world: str) -> None:
    record = robosim.load(world, set=WORLDS[world], strategies={}).run()
    assert not record.settlement.refused.any()


numbers = st.one_of(st.floats(-1e6, 1e6), st.sampled_from(UNUSABLE))


@given(st.lists(numbers, min_size=2, max_size=6), st.floats(-1e3, 1e3), st.floats(0.0, 1e4))
def test_reports_outside_the_range_are_moved_to_its_ends(reports: list[float], low: float, width: float) -> None:
    x = np.array([reports])
    inside, refused = usable(x, np.array(low), np.array(low + width))
    assert np.isfinite(inside).all()
    assert (inside >= low).all()
    assert (inside <= low + width + 1e-12 * abs(low + width)).all()
    clear = (x > low + 1e-9 * abs(low)) & (x < low + width - 1e-9 * abs(low + width))
    assert not refused[clear].any()
    np.testing.assert_array_equal(inside[clear], x[clear])
    assert refused[~np.isfinite(x)].all()


@given(st.lists(st.floats(0, 100), min_size=2, max_size=6), st.integers(0, 5))
def test_groves_taxes_are_the_others_reports_bit_for_bit(reports: list[float], agent: int) -> None:
    """No bit of one's own tax depends on one's own report (T, Definition 3)."""
    i, x = agent % len(reports), np.array([reports])
    terms = Terms(lowest=np.array(0.0), highest=np.array(100.0), penalty=np.array(1e4))
    nobody = np.zeros(x.shape, dtype=bool)
    before = settle(GROVES, case_of(x), terms, nobody)
    x2 = x.copy()
    x2[0, i] = 50.0
    after = settle(GROVES, case_of(x2), terms, nobody)
    assert before.tax[0, i] == after.tax[0, i]
    np.testing.assert_allclose(before.tax[0], x.sum() - x[0], rtol=1e-12, atol=1e-9)


def test_outside_the_bound_everybody_pays_the_penalty_and_without_a_tax_nobody() -> None:
    x = np.array([[1.0, 2.0], [1.0, 2.0]])
    terms = Terms(
        lowest=np.array(0.0),
        highest=np.array(9.0),
        penalty=np.array(7.0),
        distance=np.array([0.5, 2.0]),
        beta=np.array(1.0),
    )
    nobody = np.zeros(x.shape, dtype=bool)
    bill = settle(GROVES, case_of(x), terms, nobody)
    np.testing.assert_array_equal(bill.tax, [[2.0, 1.0], [7.0, 7.0]])
    np.testing.assert_array_equal(bill.penalised, [False, True])
    free = settle(NONE, case_of(x), terms, ~nobody)
    np.testing.assert_array_equal(free.tax, np.zeros((2, 2)))
    assert not free.penalised.any()
    faulty = settle(GROVES, case_of(x), replace(terms, distance=None, beta=None), np.array([[True, False]] * 2))
    np.testing.assert_array_equal(faulty.tax, [[7.0, 1.0]] * 2)
    assert np.isnan(faulty.distance).all()


def test_every_rule_says_what_it_needs() -> None:
    """A rule that is applied to what it says it needs leaves no NaN."""
    x = np.array([[1.0, 2.0, 3.0]])
    for rule in RULES.values():
        case = case_of(x)
        if "absence" in rule.needs:
            case = replace(case, others_alone=others(x) - 1.0, leader_alone=np.zeros_like(x))
        if "worth" in rule.needs:
            case = replace(case, worth=x)
        if "pivot" in rule.needs:
            case = replace(case, pivots=x)
        assert np.isfinite(rule.pay(case)).all(), rule.name


@pytest.mark.parametrize(("beyond", "rational"), [(0.5, True), (2.0, False)])
def test_individual_rationality_allows_rounding_of_the_social_cost(beyond: float, rational: bool) -> None:
    cost, tax = np.array([3.0, 4.0]), np.array([-3.0, -4.0])
    slack = beyond * TOLERANCE * (cost.sum() + np.abs(tax).max())
    assert individually_rational(cost + tax + np.array([slack, 0.0]), np.zeros(2), cost, tax) is rational
