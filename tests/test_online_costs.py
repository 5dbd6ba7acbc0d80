"""Online, what the summed power costs the aggregator: losses, and a peak that was paid for already (X, Example 2)."""

import numpy as np
import piqp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robosim
from robosim.attacks import attack
from robosim.charging.aggregator import Aggregator
from robosim.charging.build import foreseen
from robosim.charging.online.certificate import clairvoyant
from robosim.charging.problem import ChargingDay
from robosim.errors import BadInput
from tests.test_online import FLAT, NOBODY, ONLINE, together, without

COSTLY = {"station.loss_dollars_per_kw2h": 0.01, "station.demand_dollars_per_kw": 0.5, "leader.epsilon_share": 1e-9}
TWO = "2019-10-29 08:00,2019-10-29 09:00,4\n2019-10-29 10:00,2019-10-29 10:30,1.5\n"


@pytest.fixture
def station(tmp_path):
    """A station with the sessions of a table, planned as time goes on, whose aggregator pays for power."""

    def load(rows: str, keys: dict[str, object] | None = None):
        path = tmp_path / "sessions.csv"
        path.write_text("arrival,departure,requested_kwh\n" + rows)
        flat = {"station.tariff": 0.1, "station.unmet": "allowed", "station.battery": "linear"}
        given = (
            ONLINE
            | FLAT
            | NOBODY
            | COSTLY
            | flat
            | {"station.sessions": str(path), "mission.rounds": 2000}
            | (keys or {})
        )
        return robosim.load("charging", set=given)

    return load


# -- the dual term, against a quadratic programme ----------------------------------------------------------------------


def by_programme(price: np.ndarray, q: float, demand: float, counted: np.ndarray, peak: float) -> float:
    """min q/2 Σ ((d + y)² - d²) + D (h - f) - λ'y over y ≥ 0 and h ≥ d_t + y_t, h ≥ f = max(peak, d), by piqp."""
    count, floor = len(price), max(peak, counted.max())
    hessian = np.diag(np.r_[np.full(count, q), 1e-300])
    linear = np.r_[q * counted - price, demand]
    rows = np.hstack([np.eye(count), -np.ones((count, 1))])
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-11
    lower = np.r_[np.zeros(count), floor]
    solver.setup(hessian, linear, None, None, rows, None, -counted, lower, np.full(count + 1, np.inf))
    assert solver.solve() == piqp.PIQP_SOLVED
    return float(solver.result.info.primal_obj) - demand * floor


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_its_term_of_the_dual_function_is_that_of_a_programme(seed: int, periods: int) -> None:
    """Two missions side by side, each with what its meters counted and its own peak; rows that are given cost λ'c."""
    rng = np.random.default_rng(seed)
    q, demand = rng.uniform(0.05, 2.0), rng.choice([0.0, rng.uniform(0, 5)])
    counted = np.zeros((2, periods))
    counted[:, 0] = rng.uniform(0, 3, 2) * rng.choice([0, 1], 2)
    peak, c = rng.uniform(0, 4, 2) * rng.choice([0, 1], 2), rng.uniform(0, 5, periods)
    paid = Aggregator(curvature=q, demand=demand, c=c, counted=counted, peak=peak)
    price = rng.uniform(0, 4, (2, 1, 2 * periods))
    provided, value = paid.answer(price)
    for m in range(2):
        own = price[m, 0, periods:]
        expected = by_programme(own, q, demand, counted[m], peak[m])
        given_rows = -(price[m, 0, :periods] * c).sum()
        assert value[m] - given_rows == pytest.approx(expected, abs=1e-7)
        part = paid.among(np.arange(2) == m)
        assert part.answer(price[m : m + 1])[1][0] == value[m]
        assert part.cost(provided[m : m + 1])[0] == paid.cost(provided)[m]
    attained = paid.cost(provided) - (price[:, 0, periods:] * provided[:, 0, periods:]).sum(axis=1)
    np.testing.assert_allclose(attained - price[:, 0, :periods] @ c, value, atol=1e-12)


def test_at_the_beginning_of_a_day_nothing_is_counted() -> None:
    plain = Aggregator(curvature=0.3, demand=2.0, c=np.ones(4))
    begun = Aggregator(curvature=0.3, demand=2.0, c=np.ones(4), counted=np.zeros((1, 4)), peak=np.zeros(1))
    price = np.array([[[0.1, 0, 0, 0.2, 1.0, 2.0, 0.5, 1.5]]])
    for mine, theirs in zip(begun.answer(price), plain.answer(price), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-14)


def test_power_up_to_the_peak_that_is_paid_for_costs_its_losses_only() -> None:
    """d = 2 of this period, 5 kW before: y = 4 costs 0.1/2 (36 - 4) = 1.6 of losses and 3 (6 - 5) of peak."""
    paid = Aggregator(curvature=0.1, demand=3.0, c=np.ones(2), counted=np.array([[2.0, 0.0]]), peak=np.array([5.0]))
    assert paid.cost(np.array([[[0, 0, 3.0, 0.0]]]))[0] == pytest.approx(0.05 * (25 - 4))
    assert paid.cost(np.array([[[0, 0, 4.0, 0.0]]]))[0] == pytest.approx(0.05 * (36 - 4) + 3)
    assert paid.cost(np.zeros((1, 1, 4)))[0] == 0.0


# -- days --------------------------------------------------------------------------------------------------------------


def test_who_comes_later_uses_the_peak_that_is_there(station) -> None:
    """A kW more of the peak costs 0.5 $. The first car pays for 4 kW, as each brings 1 kWh worth 1 $; half an hour
    brings the second 0.5 kWh a kW, worth 0.45 $ beside the tariff: alone it goes without, after the first it has 3 kW.

    Losses 0.01/2 · ¼ (4 · 16 + 2 · 9) = 0.1025 $ and the peak 0.5 · 4 = 2 $. Energy and wear (as large as the losses):
    0.4 + 0.08 and 0.15 + 0.0225. Without the first the second lacks 1.5 $, and nothing else is paid:
    tax 0.1725 + 2.1025 - 1.5; without the second 0.48 + 2.08 are paid: tax 0.48 + 2.1025 - 2.56.
    """
    mission = station(TWO)
    record = mission.run()
    np.testing.assert_allclose(record.day.metered_kw[0, 0, 32:36], 4.0, atol=1e-4)
    np.testing.assert_allclose(record.day.metered_kw[0, 1, 40:42], 3.0, atol=1e-4)
    assert record.day.leader_cost[0] == pytest.approx(2.1025, abs=1e-4)
    assert record.private_cost[0] == pytest.approx([0.48, 0.1725], abs=1e-4)
    assert record.settlement.tax[0] == pytest.approx([0.775, 0.0225], abs=1e-4)
    assert record.net_cost[0] == pytest.approx(record.private_cost[0] + record.settlement.tax[0])
    assert mission.least == pytest.approx(2.755, abs=1e-6)


def test_with_everybody_there_at_once_it_is_the_day_ahead_plan() -> None:
    """What is counted of a period moves no plan, agreed on anew within it: the same power, costs and taxes."""
    same = COSTLY | {"station.count": 6, "station.limit_kw": 18.0, "station.battery": "linear"}
    same |= {"mission.rounds": 2000}
    online = together(robosim.load("charging", set=ONLINE | NOBODY | same)).run()
    ahead = together(robosim.load("charging-day-ahead", set=same)).run()
    assert online.private_cost[0].sum() == pytest.approx(ahead.private_cost[0].sum(), rel=1e-9)
    assert online.day.leader_cost[0] == pytest.approx(ahead.day.leader_cost[0], rel=1e-9)
    np.testing.assert_allclose(online.settlement.tax, ahead.settlement.tax, atol=1e-7)


CROWD = ONLINE | COSTLY | {"station.count": 7, "station.limit_kw": 12.0, "station.unmet": "allowed"}


@pytest.mark.deep
def test_absence_replayed_is_a_day_without_the_car_also_for_the_aggregator() -> None:
    """tax_i = Σ_{j≠i} v_j + G - (Σ_j v_j + G of a day of their own)."""
    mission = robosim.load("charging", set=CROWD | {"mission.rounds": 1000})
    record = mission.run()
    for car in range(7):
        alone = without(mission.billed("none"), car).run()
        spent = alone.private_cost[0].sum() + alone.day.leader_cost[0]
        others = np.delete(record.private_cost[0], car).sum() + record.day.leader_cost[0]
        assert record.settlement.tax[0, car] == pytest.approx(others - spent, abs=1e-4)
    assert record.settlement.tax.max() > 0.1


@pytest.mark.deep
def test_what_is_found_is_certified_and_the_bound_is_below_whoever_plans() -> None:
    mission = robosim.load("charging", set=CROWD | NOBODY | {"mission.rounds": 15})
    record = mission.run()
    ahead = foreseen(mission).run(every=2000)
    for day in (record, ahead):
        assert day.private_cost[0].sum() + day.day.leader_cost[0] >= mission.least - 1e-6
    certified = robosim.certify(mission).certified
    assert certified == pytest.approx(record.private_cost[0].sum() + record.day.leader_cost[0] - mission.least)
    found = attack(mission, strategies=["over-ask", "shift"]).attacks
    assert 0 < max(one.gain for one in found) <= certified
    assert all(one.covered for one in found)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_clairvoyant_bound_is_the_optimum_of_small_days(seed: int) -> None:
    """The dual function at the prices of the optimum, of days with an aggregator."""
    rng = np.random.default_rng(seed)
    n, t = 4, 8
    one = np.full(n, 0.01)
    day = ChargingDay(
        curvature=one * rng.uniform(1, 3, n), energy_cost=rng.uniform(0, 0.1, (n, t)), limit_kw=rng.uniform(2, 6, n),
        stay=np.stack([rng.integers(0, 4, n), rng.integers(5, t + 1, n)], axis=1), energy=rng.uniform(3, 15, n),
        unmet=np.full(n, 1.0), weights=np.ones((n, 1)), rows_kw=np.array([9.0]), least_curvature=one,
        told=np.zeros((n, 3)), loss=0.02, demand=rng.uniform(0, 2), spared=rng.choice([0.0, 0.5, 1.0], (1, t)),
    )  # fmt: skip
    cost = day.optimum()[2]
    assert clairvoyant(day) == pytest.approx(cost, rel=1e-6)
    assert clairvoyant(day) <= cost + 1e-9


# -- the tariff's own demand charge ------------------------------------------------------------------------------------


@pytest.mark.parametrize("planning", ["day-ahead", "online"])
@pytest.mark.parametrize(("days", "share"), [("2019-10-29", 1 / 30), ("2019-10-28..2019-10-29", 2 / 30)])
def test_a_tariff_s_demand_charge_is_used_where_it_is_asked_for(station, planning, days: str, share: float) -> None:
    """15.51 $ a kW and month of 30 days, for the days of the mission; without it the run says what is left out."""
    from robosim.charging.tables import findings

    rows = TWO + TWO.replace("10-29", "10-28")
    keys = {"mission.planning": planning, "station.tariff": "sce-tou-ev-4", "station.day": days, "mission.rounds": 100}
    asked = station(rows, keys | {"station.demand_dollars_per_kw": "tariff"})
    assert asked.allocation.demand == pytest.approx(15.51 * share)
    record = asked.run()
    load = record.day.metered_kw[0].sum(axis=0)
    losses = 0.01 / 2 * 0.25 * (load**2).sum()
    assert record.day.leader_cost[0] == pytest.approx(losses + 15.51 * share * load.max())
    assert record.day.demand == pytest.approx(15.51 * share)
    assert not any("demand charge" in line for line in findings(record, asked))
    assert asked.day.said == ()
    left = station(rows, keys | {"station.demand_dollars_per_kw": 0.0})
    assert any('station.demand_dollars_per_kw = "tariff"' in line for line in findings(left.run(), left))


def test_a_run_says_that_the_building_s_peak_is_not_in_the_charge(station, tmp_path) -> None:
    (tmp_path / "load.csv").write_text("time,kW\n00:00,5\n12:00,5\n")
    asked = station(TWO, {"station.load": str(tmp_path / "load.csv")})
    assert any("on the power of the cars alone" in line for line in asked.day.said)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"station.demand_dollars_per_kw": "tariff"}, 'is "tariff", which has no demand charge'),
        ({"station.demand_dollars_per_kw": "monthly"}, 'must be "tariff" or a number, got "monthly"'),
        ({"station.loss_dollars_per_kw2h": 0.0}, "needs station.loss_dollars_per_kw2h > 0"),
    ],
)
def test_a_demand_charge_that_nobody_knows_is_refused(station, keys: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=rf"station\.demand_dollars_per_kw: {words}"):
        station(TWO, keys)
