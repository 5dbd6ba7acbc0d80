"""A day that was planned is not quite the day that was metered: what each costs, who pays for it, what is certified."""

import numpy as np
import pytest

import robosim

SCARCE = {
    "station.count": 6,
    "station.limit_kw": 5.0,
    "station.unmet": "allowed",
    "mission.rounds": 300,
    "station.battery_kwh": 20.0,
    "station.target_soc": 1.0,  # two-stage batteries take less than was planned towards full
    "station.battery": "two-stage",
}
COSTLY_GRID = {"station.loss_dollars_per_kw2h": 0.01, "station.demand_dollars_per_kw": 0.5}


def day_of(**keys: object):
    mission = robosim.load(
        "charging-day-ahead", seed=3, set=SCARCE | {key.replace("__", "."): x for key, x in keys.items()}
    )
    return mission, mission.run()


def private_costs(day, x: np.ndarray) -> np.ndarray:
    """Σ_t p_it x_it + a_i/2 ‖x_i‖² + w_i (E_i - Σ_t x_it)₊ of power x (N, T) kW, car by car."""
    return np.array(
        [
            day.energy_cost[i] @ x[i]
            + 0.5 * day.curvature[i] * (x[i] @ x[i])
            + day.unmet[i] * max(day.energy[i] - x[i].sum(), 0.0)
            for i in range(day.agents)
        ]
    )


def test_the_log_holds_what_was_wished_what_was_planned_and_what_became_of_it() -> None:
    mission, record = day_of(leader__tax="none")
    log, day = record.day, mission.allocation
    np.testing.assert_allclose(log.wanted_kwh, mission.day.sessions.asked_kwh)
    np.testing.assert_allclose(log.planned_cost[0], private_costs(day, log.plan_kw[0]))
    np.testing.assert_allclose(log.metered_cost[0], private_costs(day, log.metered_kw[0]))
    assert log.shortfall.max() > 0.1
    np.testing.assert_allclose(log.shortfall, log.metered_cost - log.planned_cost)
    np.testing.assert_array_equal(record.private_cost, log.metered_cost)


def test_the_leader_pays_the_grid_for_what_meters_counted() -> None:
    """G(y) = ½ q ‖y‖² + D max y of the metered power y, in quarters of an hour: q is a quarter of 0.01."""
    _, record = day_of(leader__tax="none", **{key.replace(".", "__"): x for key, x in COSTLY_GRID.items()})
    metered, planned = (x[0].sum(axis=0) for x in (record.day.metered_kw, record.day.plan_kw))
    expected = 0.5 * 0.01 * 0.25 * (metered @ metered) + 0.5 * metered.max()
    assert record.leader_cost[0] == pytest.approx(expected)
    assert record.day.leader_cost[0] == pytest.approx(expected)
    assert planned.sum() > metered.sum() + 1.0


@pytest.mark.parametrize("bills", ["decision", "meter"])
def test_the_clearing_price_is_paid_for_what_is_billed(bills: str) -> None:
    """tax_i = λ'x_i: of one row of which everybody takes a kW."""
    _, record = day_of(leader__tax="clearing-price", leader__bills=bills)
    power = record.day.metered_kw[0] if bills == "meter" else record.decision[0]
    np.testing.assert_allclose(record.settlement.tax[0], power @ record.prices[0, -1], atol=1e-12)
    assert np.abs((record.day.metered_kw[0] - record.decision[0]) @ record.prices[0, -1]).max() > 1e-3


def test_what_is_certified_counts_a_shortfall_where_the_decision_is_billed() -> None:
    """Who is billed for what it did not get could gain what that costs it; where meters are billed the gap is all."""
    mission, record = day_of(leader__tax="groves")
    shortfall = (private_costs(mission.allocation, record.day.metered_kw[0]) - record.day.planned_cost[0]).max()
    assert shortfall > 0.1
    assert robosim.certify(mission).certified == pytest.approx(record.gap[0] + shortfall)
    mission, record = day_of(leader__tax="groves", leader__bills="meter")
    assert robosim.certify(mission).certified == pytest.approx(record.gap[0])


@pytest.mark.parametrize("share", [0.5, 1.0, 3.0])
def test_who_draws_more_than_it_wished_for_pays_for_it_and_gets_nothing_back(share: float) -> None:
    """w (E - Σ x)₊ is nothing beyond E, at any power that a meter may show."""
    day = robosim.load("charging-day-ahead", seed=3, set=SCARCE).allocation
    x = share * day.energy[:, None] * np.random.default_rng(2).dirichlet(np.ones(day.periods), day.agents)
    np.testing.assert_allclose(day.metered_costs(x[None])[0], private_costs(day, x))
