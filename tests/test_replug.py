"""Who unplugs and comes again has two sessions: played, billed and taxed as two cars, and borne by one."""

from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.attacks import attack
from robosim.controllers.selfish.visits import RePlug

KEYS = {
    "mission.planning": "online",
    "mission.rounds": 400,
    "leader.epsilon_share": 1e-9,
    "station.unmet": "allowed",
    "station.limit_kw": 8.0,
    "station.battery": "linear",
    "station.wear_dollars_per_kw2h": 0.01,
    "station.waiting_dollars_per_kwh_h": 0.0,
}
OTHERS = "2019-10-29 08:00,2019-10-29 10:30,12\n2019-10-29 08:45,2019-10-29 11:00,9\n"
ONCE = "2019-10-29 08:00,2019-10-29 12:00,20\n"


@pytest.fixture
def load(tmp_path: Path):
    def load(rows: str, **keys: object):
        path = tmp_path / "sessions.csv"
        path.write_text("arrival,departure,requested_kwh\n" + rows)
        given = {key.replace("__", "."): value for key, value in keys.items()}
        return robosim.load("charging", set=KEYS | {"station.sessions": str(path)} | given)

    return load


def replugged(mission, **parameters: float):
    """The record of a mission in which car 0 plugs in twice."""
    from robosim.agent import Deviation

    plays = Deviation(strategy=RePlug(**parameters), missions=np.array([0]), agents=np.array([0]))
    return mission.playing((plays,)).run()


@pytest.mark.parametrize("tax", ["vcg", "groves", "clearing-price"])
def test_it_is_the_day_on_which_two_cars_come(load, tax: str) -> None:
    """Sessions 8:00 to 9:00 for all of 20 kWh and 9:30 to 12:00 for what is lacking: the same meters, both taxes."""
    record = replugged(load(ONCE + OTHERS, leader__tax=tax))
    first = record.day.metered_kwh[0, : 9 * 12].sum()
    assert 0 < first < 6.656
    rows = f"2019-10-29 08:00,2019-10-29 09:00,20\n2019-10-29 09:30,2019-10-29 12:00,{float(20 - first)!r}\n"
    two = load(rows + OTHERS, leader__tax=tax).run()
    np.testing.assert_allclose(record.day.metered_kwh[1:], two.day.metered_kwh[2:], atol=1e-4)
    np.testing.assert_allclose(record.day.metered_kwh[0], two.day.metered_kwh[:2].sum(axis=0), atol=1e-4)
    taxes = two.settlement.tax[0]
    assert np.abs(taxes[:2]).min() > 1e-3
    assert record.settlement.tax[0] == pytest.approx([taxes[:2].sum(), *taxes[2:]], abs=1e-3)
    assert record.reported_cost[0, 0] == pytest.approx(two.reported_cost[0, :2].sum(), abs=1e-4)


def test_its_net_cost_is_what_all_its_energy_costs_it_and_both_taxes(load) -> None:
    mission = load(ONCE + OTHERS)
    record = replugged(mission)
    kw = record.day.metered_kw[0, 0]
    away = record.day.metered_kwh[0, 9 * 12 : 9 * 12 + 6]
    price = mission.day.problem.energy_cost[0]
    missing = 20.0 - kw.sum() * 0.25
    true = (price * kw).sum() + 0.01 / 2 * 0.25 * (kw**2).sum() + missing
    assert not away.any()
    assert record.private_cost[0, 0] == pytest.approx(true)
    assert record.net_cost[0, 0] == pytest.approx(true + record.settlement.tax[0, 0])
    assert record.day.content_kwh[0].max() == pytest.approx(48 - 20 + kw.sum() * 0.25)
    assert record.day.stored_kwh[0] == pytest.approx(kw.sum() * 0.25)
    assert record.summary()["agents"][0]["strategy"] == "re-plug"


def test_whoever_comes_back_with_the_next_agreement_only_lacks_what_the_first_session_left(load) -> None:
    """Alone with all the power it wants: 20 kWh in all, however soon it comes again, and nobody to be taxed for."""
    for away_h in (0.0, 0.01, 0.3):
        record = replugged(load(ONCE, station__limit_kw=60.0), after_h=0.9, away_h=away_h)
        assert record.day.metered_kwh[0].sum() == pytest.approx(20.0)
        assert record.settlement.tax[0, 0] == pytest.approx(0.0, abs=1e-6)


def test_who_leaves_before_it_would_come_again_has_one_session(load) -> None:
    mission = load(ONCE + OTHERS)
    late = replugged(mission, after_h=4.0)
    faithful = mission.run()
    np.testing.assert_allclose(late.day.metered_kwh, faithful.day.metered_kwh, atol=1e-9)
    np.testing.assert_allclose(late.settlement.tax, faithful.settlement.tax, atol=1e-9)


def test_no_certificate_speaks_of_who_has_two_names(load) -> None:
    """Side by side with others in one batch; planned before the day it is one car that says something else."""
    few = {"mission__rounds": 12, "leader__epsilon_share": 1e-5, "station__replan_min": 15}
    mission = load(ONCE + OTHERS, **few)
    found = attack(mission, agents=[0, 1], strategies=["re-plug", "early-leave"]).attacks
    assert [one.covered for one in found] == [False] * 2 + [True] * 2
    assert found[0].net_cost == pytest.approx(replugged(mission).net_cost[0, 0], abs=1e-2)
    ahead = load(ONCE + OTHERS, mission__planning="day-ahead", mission__rounds=100)
    assert all(one.covered for one in attack(ahead, agents=[0], strategies=["re-plug"]).attacks)
