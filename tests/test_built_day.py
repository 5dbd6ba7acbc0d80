"""From a world file to a charging day: minutes, kilowatts and dollars against a table worked by hand."""

from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.charging.station.caltech import caltech_site

TABLE = """\
arrival,departure,estimated_departure,requested_kwh,delivered_kwh
2019-10-29T10:07,2019-10-29T17:03,2019-10-29T16:02,12.0,10.0
2019-10-29T08:00,2019-10-29T12:00,2019-10-29T12:00,6.0,6.0
2019-10-29T09:30,2019-10-29T09:30,2019-10-29T10:30,3.0,0.0
"""
WAITING, WEAR = (0.004, 0.002, 0.0), (0.01, 0.02, 0.005)


@pytest.fixture
def built(tmp_path: Path):
    """Builds the table's day under more keys of a world file."""
    file = tmp_path / "day.csv"
    file.write_text(TABLE)

    def build(**keys: object):
        options = {
            "station.sessions": str(file),
            "station.unmet": "allowed",
            "station.waiting_dollars_per_kwh_h": list(WAITING),
            "station.wear_dollars_per_kw2h": list(WEAR),
        }
        return robosim.load("charging-day-ahead", set=options | {key.replace("__", "."): x for key, x in keys.items()})

    return build


def test_a_kilowatt_costs_the_tariff_and_the_hours_since_the_arrival(built) -> None:
    """p_t = (tariff + waiting · (t - arrival)₊) · ¼ h; who comes at 10:07 has waited 53 min at 11:00."""
    cost = built(station__tariff=0.2).allocation.energy_cost
    at = {"10:00": 40, "10:15": 41, "11:00": 44, "16:45": 67}
    assert cost[0, at["10:00"]] == pytest.approx(0.2 / 4)
    assert cost[0, at["10:15"]] == pytest.approx((0.2 + 0.004 * 8 / 60) / 4)
    assert cost[0, at["11:00"]] == pytest.approx((0.2 + 0.004 * 53 / 60) / 4)
    assert cost[1, at["16:45"]] == pytest.approx((0.2 + 0.002 * 8.75) / 4)
    np.testing.assert_allclose(cost[2], 0.2 / 4)


def test_plans_have_whole_periods_and_cars_draw_in_their_stay(built) -> None:
    """10:07 to 17:03 holds the quarters from 10:15 to 17:00; the car is there for 3 of the 5 minutes to 10:10."""
    mission = built()
    day = mission.allocation
    np.testing.assert_array_equal(day.stay, [[41, 68], [32, 48], [38, 38]])
    np.testing.assert_array_equal(day.told[:, 1:], [[41, 64], [32, 48], [38, 42]])
    np.testing.assert_allclose(day.told[:, 0], np.array([12.0, 6.0, 3.0]) * 4)
    np.testing.assert_allclose(mission.day.station.cars.stay, [[121.4, 204.6], [96, 144], [114, 114]])
    np.testing.assert_array_equal(mission.day.deadline, [193, 144, 126])
    np.testing.assert_allclose(day.curvature, np.array(WEAR) / 4)
    np.testing.assert_allclose(day.energy, np.array([12.0, 6.0, 3.0]) * 4)
    np.testing.assert_allclose(built(station__wants="delivered").allocation.energy, np.array([10.0, 6.0, 0.0]) * 4)


@pytest.mark.parametrize(("battery_kw", "most"), [(3.0, 3.0), (50.0, 6.656)])
def test_a_car_takes_what_both_charger_and_battery_allow(built, battery_kw: float, most: float) -> None:
    mission = built(station__battery_kw=battery_kw)
    np.testing.assert_allclose(mission.allocation.limit_kw, most)
    np.testing.assert_allclose(mission.day.station.cars.power_kw, most)


@pytest.mark.parametrize("efficiency", [1.0, 0.8])
def test_a_wish_that_is_met_fills_the_battery_to_its_target(built, efficiency: float) -> None:
    """content + efficiency · wish = target · capacity."""
    station = built(station__efficiency=efficiency, station__battery_kwh=40.0, station__target_soc=0.9).day.station
    np.testing.assert_allclose(station.content_kwh + efficiency * np.array([12.0, 6.0, 3.0]), 0.9 * 40.0)


def test_who_comes_and_goes_in_one_minute_has_a_station_of_its_own(tmp_path: Path) -> None:
    """At 09:30 a car stands at the only other one until noon; in the minute of a departure a station is free."""
    file = tmp_path / "short.csv"
    rows = ["arrival,departure,requested_kwh", "2019-10-29T08:00,2019-10-29T12:00,6.0"]
    rows += ["2019-10-29T09:30,2019-10-29T09:30,3.0", "2019-10-29T12:00,2019-10-29T14:00,3.0"]
    file.write_text("\n".join(rows))
    station = robosim.load(
        "charging-day-ahead", set={"station.sessions": str(file), "station.unmet": "allowed"}
    ).day.station
    assert len(station.posts.kind) == 2
    assert station.cars.station[0] != station.cars.station[1]


@pytest.mark.parametrize("share", [1e-8, 1e-3])
def test_epsilon_is_a_share_of_ten_kilowatt_hours_each_at_the_mean_price(built, share: float) -> None:
    """Three cars at 0.2 $/kWh: 3 · 10 · 0.2 = 6 $; where energy is free, what is missing costs 1 $/kWh."""
    assert built(station__tariff=0.2, leader__epsilon_share=share).rules["epsilon"] == pytest.approx(6.0 * share)
    assert built(station__tariff=0.0, leader__epsilon_share=share).rules["epsilon"] == pytest.approx(30.0 * share)


def test_what_is_planned_is_carried_whoever_leaves_it_alone(tmp_path: Path) -> None:
    """Behind the transformer at Caltech currents of other phases take load away: no plan may count on their cars."""
    file = tmp_path / "phases.csv"
    posts = ("CA-303", "CA-304", "CA-307")  # between A and B, B and C, C and A
    rows = [f"2019-10-29T08:00,2019-10-29T12:00,6.0,{post}" for post in posts]
    file.write_text("\n".join(["arrival,departure,requested_kwh,station_id", *rows]))
    keys = {"station.sessions": str(file), "station.site": "caltech", "station.limit_kw": 5.0}
    day = robosim.load("charging-day-ahead", set=keys | {"station.unmet": "allowed"}).allocation
    feeder, evses = (site := caltech_site(5.0)).feeder, site.evses
    place = [evses.ids.index(post) for post in posts]
    assert (day.weights >= 0).all()
    for plan in np.random.default_rng(1).uniform(0, 1, (30, 3)):
        plan *= (day.rows_kw / (plan @ day.weights)).min()  # one row is full
        for there in np.ndindex(2, 2, 2):
            amps = np.zeros(len(evses))
            amps[place] = plan * there / 0.208
            assert (feeder.loads(amps) <= feeder.limit_a * (1 + 1e-9)).all()


def test_drawn_drivers_want_what_the_whole_hours_of_either_stay_can_give() -> None:
    """At most 90 % of 6.656 kW in whole periods of an hour, both of the true stay and of the one that was told."""
    mission = robosim.load("charging-day-ahead", seed=5, set={"station.period_min": 60, "station.limit_kw": 400.0})
    day, usable = mission.allocation, 0.9 * 6.656
    true, told = np.diff(day.stay, axis=1)[:, 0], np.diff(day.told[:, 1:], axis=1)[:, 0]
    assert (day.energy <= usable * np.minimum(true, told) * (1 + 1e-12)).all()
    assert (told < true).any()
    short = day.energy >= usable * told * (1 - 1e-12)
    assert short.any()  # there are some whom what they told keeps from asking for more
