"""What a file says of each car goes into its battery and its largest power; wishes that cannot be met are named."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.charging.formats.reading import understood
from robosim.errors import BadInput

FAULTS = Path(__file__).parents[1] / ".." / "shared" / "faults" / "sessions"
HEAD = "arrival,departure,requested_kwh,station_id,battery_kwh,soc_at_arrival,max_kw\n"
PER_CAR = (
    HEAD
    + """\
2019-10-29 08:00,2019-10-29 08:45,25,DC1,77,0.2,50
2019-10-29 08:10,2019-10-29 17:00,38,AC1,58,0.15,11
2019-10-29 09:00,2019-10-29 12:00,9,AC2,24,0.5,3.6
"""
)


@pytest.fixture
def load(tmp_path):
    """Loads a day of a text under keys of [station]."""

    def loaded(text: str, **keys: object):
        path = tmp_path / "cars.csv"
        path.write_text(text)
        set_here = {f"station.{key}": value for key, value in keys.items()}
        return robosim.load("charging-day-ahead", set={"station.sessions": str(path), **set_here}, strategies={})

    return loaded


def figures(mission) -> list[list[float]]:
    """Capacity, content at the arrival, largest power of the battery and of the plan, of every car."""
    station = mission.day.station
    rows = (station.cars.capacity_kwh, station.content_kwh, station.cars.power_kw, mission.allocation.limit_kw)
    return [row.tolist() for row in rows]


def test_what_a_file_says_of_its_cars_holds(load) -> None:
    """0.2 of 77 kWh is 15.4 kWh; the post gives 32 A at 208 V, the third car takes 3.6 kW."""
    mission = load(PER_CAR, impossible="unmet")
    assert figures(mission) == [
        [77.0, 58.0, 24.0],
        pytest.approx([15.4, 8.7, 12.0]),
        [6.656, 6.656, 3.6],
        [6.656, 6.656, 3.6],
    ]
    np.testing.assert_allclose(mission.allocation.energy * 0.25, [25.0, 38.0, 9.0])
    day = mission.run().day
    metered = day.metered_kw[0].sum(axis=1) * day.hours
    assert metered[0] == pytest.approx(6.656 * 0.75)
    assert (metered[1:] <= [38.0, 9.0]).all()
    assert metered[1] == pytest.approx(38.0, abs=0.02)
    assert metered[2] == pytest.approx(9.0, abs=0.1)  # from 0.8 on it takes less
    assert (day.metered_kw[0].max(axis=1) <= np.array([6.656, 6.656, 3.6]) * (1 + 1e-9)).all()
    np.testing.assert_allclose(day.content_kwh[1].max(), 8.7 + metered[1])


@pytest.mark.skipif(not FAULTS.is_dir(), reason="LOUD: ../shared/faults/sessions is not here, its cars are not tried")
def test_the_file_that_was_not_read_says_the_same(load) -> None:
    text = (FAULTS / "per_car.csv").read_text()
    assert figures(load(text, impossible="unmet")) == figures(load(PER_CAR, impossible="unmet"))


def test_blanks_fall_back_to_the_world(load) -> None:
    """Without a state of charge a car is at its target when it has its wish: 0.8 · 40 - 9 = 23, 0.8 · 50 - 9 = 31."""
    blanks = (
        HEAD + "2019-10-29 09:00,2019-10-29 12:00,9,,,,\n2019-10-29 09:00,2019-10-29 12:00,9,,50,,\n"
        "2019-10-29 09:00,2019-10-29 12:00,9,,,0.25,5\n"
    )
    found = figures(load(blanks, battery_kwh=40.0, battery_kw=6.0))
    assert found[0] == [40.0, 50.0, 40.0]
    assert found[1] == pytest.approx([23.0, 31.0, 10.0])
    assert found[2] == found[3] == [6.0, 6.0, 5.0]


def test_what_a_file_says_wins_over_fitted_batteries(load) -> None:
    one = HEAD + "2019-10-29 09:00,2019-10-29 12:00,9,,77,0.2,\n"
    both = one + "2019-10-29 09:00,2019-10-29 12:00,9,,,,\n"
    capacity, content, _, _ = figures(load(both, battery_kwh="fitted"))
    alone = figures(load(HEAD + "2019-10-29 09:00,2019-10-29 12:00,9,,,,\n", battery_kwh="fitted"))
    assert (capacity[0], content[0]) == (77.0, pytest.approx(15.4))
    assert (capacity[1], content[1]) == (alone[0][0], alone[1][0])
    assert figures(load(one, battery_kwh="fitted"))[0] == [77.0]
    with pytest.raises(BadInput, match=r"cars\.csv:2: battery_kwh: is empty beside a state of charge, .*\"fitted\""):
        load(HEAD + "2019-10-29 09:00,2019-10-29 12:00,9,,,0.2,\n", battery_kwh="fitted")


@pytest.mark.parametrize(
    ("cells", "shares"),
    [(["0.2", "", "1"], [0.2, np.nan, 1.0]), (["20", "", "0.5"], [0.2, np.nan, 0.005]), (["20 %", "1%"], [0.2, 0.01])],
)
def test_per_cent_is_guessed_and_said(load, cells, shares) -> None:
    rows = "".join(f"2019-10-29 09:00,2019-10-29 12:00,1,,60,{cell},\n" for cell in cells)
    reading = understood(HEAD + rows, "file")
    np.testing.assert_allclose([one.car.soc for one in reading.visits], shares)
    said = "soc_at_arrival is read as per cent, as numbers above 1 or a % stand there"
    assert reading.told.doubts == ((said,) if shares[0] != float(cells[0].rstrip(" %")) else ())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load(HEAD + rows, impossible="unmet")
    assert [str(one.message).partition(": ")[2] for one in caught] == list(reading.told.doubts)


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ("0,0.5,7", "battery_kwh", 'must be between 0.1 and 10000 kWh, got "0" (or leave the cell empty)'),
        ("60,120,7", "soc_at_arrival", 'must be between 0 and 100, got "120" (or leave the cell empty)'),
        ("60,-0.1,7", "soc_at_arrival", 'must be between 0 and 100, got "-0.1" (or leave the cell empty)'),
        ("60,0.5,7200", "max_kw", 'must be between 0.01 and 1000 kW, got "7200" (or leave the cell empty)'),
        ("60,half,7", "soc_at_arrival", 'must be between 0 and 100, got "half" (or leave the cell empty)'),
        ("nan,0.5,7", "battery_kwh", 'must be between 0.1 and 10000 kWh, got "nan" (or leave the cell empty)'),
    ],
)
def test_numbers_that_no_car_has_are_named(load, cells: str, column: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(HEAD + f"2019-10-29 09:00,2019-10-29 12:00,9,,{cells}\n")
    assert str(caught.value).partition("cars.csv:")[2] == f"2: {column}: {message}"


# -- wishes that cannot be met -----------------------------------------------------------------------------------------

BIG = "arrival,departure,requested_kwh\n2019-10-29 00:00,2019-10-29 23:45,90\n2019-10-29 00:00,2019-10-29 20:00,5\n"
"""C12: 90 kWh into a battery of 60."""
CERTAIN = {"wear_dollars_per_kw2h": 0.01, "waiting_dollars_per_kwh_h": 0.0}


def test_more_than_a_battery_holds_is_refused_by_name(load) -> None:
    room = r"cars\.csv:2: session 'line 2': wants 90 kWh, its battery has room for 60 kWh \(write"
    with pytest.raises(BadInput, match=rf'{room} station\.unmet = "allowed" '):
        load(BIG)
    with pytest.raises(BadInput, match=rf'{room} station\.impossible = "unmet" '):
        load(BIG, unmet="allowed", impossible="error")
    assert load(BIG, battery_kwh=90.0).network.n == 2
    with pytest.raises(BadInput, match="room for 75 kWh"):
        load(BIG, efficiency=0.8)  # at the meter
    assert load(BIG, battery_kwh="fitted").network.n == 2


@pytest.mark.parametrize(("soc", "room"), [("0.5", "30"), ("0.99", "0.6"), ("1", "0")])
def test_the_room_is_above_the_state_of_charge_where_that_is_told(load, soc: str, room: str) -> None:
    row = f"2019-10-29 00:00,2019-10-29 23:45,31,,60,{soc},\n"
    with pytest.raises(BadInput, match=rf"wants 31 kWh, its battery has room for {room} kWh"):
        load(HEAD + row)
    assert load(HEAD + row.replace(",31,", f",{room},")).network.n == 1  # so much fits


def test_more_than_a_charger_gives_in_the_stay_is_refused_as_ever(load) -> None:
    short = "arrival,departure,requested_kwh\n2019-10-29 08:00,2019-10-29 09:00,70\n"
    with pytest.raises(BadInput, match=r"wants 70 kWh, its charger gives 6\.656 kWh in its stay \(write"):
        load(short)


def test_capped_wishes_are_said_and_nobody_gains_by_them(load, capsys, tmp_path) -> None:
    """From a battery of 60 kWh, and from a charger of 6.656 kW in an hour."""
    linear = {"battery": "linear", **CERTAIN}
    short = "2019-10-29 08:00,2019-10-29 09:00,10\n"
    mission = load(BIG + short, impossible="cap", **linear)
    np.testing.assert_allclose(mission.allocation.energy * 0.25, [60.0, 5.0, 6.656])
    np.testing.assert_allclose(mission.allocation.told[:, 0] * 0.25, [60.0, 5.0, 6.656])
    np.testing.assert_allclose(mission.day.sessions.capped_kwh, [30.0, 0.0, 10.0 - 6.656])
    record = mission.run()
    assert record.verdict.epsilon.certified < 1e-6
    np.testing.assert_allclose(record.day.metered_kw[0].sum(axis=1) * 0.25, [60.0, 5.0, 6.656], atol=1e-6)
    words = [f"--set=station.{key}={value}" for key, value in linear.items()]
    path = f"--set=station.sessions={tmp_path / 'cars.csv'}"
    assert main(["check", "charging-day-ahead", path, "--set=station.impossible=cap", "--set=selfish=[]", *words]) == 0
    note = "2 of 3 EVs want more than they can be given, and ask for 33.34 kWh less (station.impossible)"
    assert note in capsys.readouterr().out


def test_capped_is_what_is_wanted_be_it_asked_or_delivered(load) -> None:
    table = "arrival,departure,requested_kwh,delivered_kwh\n2019-10-29 00:00,2019-10-29 23:45,90,50\n"
    mission = load(table, impossible="cap", wants="delivered")
    assert (mission.allocation.energy * 0.25).tolist() == [50.0]
    assert mission.day.sessions.capped_kwh.tolist() == [0.0]
    assert mission.day.sessions.asked_kwh.tolist() == [90.0]  # as told, whatever is true


def test_a_wish_may_stay_and_cost(load) -> None:
    """As `unmet` says it always did; the new key is heard where both are there."""
    same = [load(BIG, **keys, **CERTAIN) for keys in ({"unmet": "allowed"}, {"impossible": "unmet"})]
    for mission in same:
        assert (mission.allocation.energy * 0.25).tolist() == [90.0, 5.0]
    costs = [mission.run().verdict.social_cost for mission in same]
    assert costs[0] == costs[1] > 30.0  # thirty kWh at a dollar are missing
    keys = same[0].scenario.station
    assert (keys.impossible, keys.if_impossible) == (None, "unmet")
    assert load(BIG, unmet="allowed", battery_kwh=90.0, impossible="error").scenario.station.if_impossible == "error"


@pytest.mark.parametrize(("battery_kwh", "efficiency"), [(60.0, 1.0), (20.0, 1.0), (20.0, 0.8)])
def test_no_drawn_driver_wants_more_than_a_battery_takes(battery_kwh: float, efficiency: float) -> None:
    """Seed 89 draws a wish of more than 60 kWh: a day that nobody wrote is never refused."""
    keys = {"station.battery_kwh": battery_kwh, "station.efficiency": efficiency, "station.limit_kw": 200.0}
    energy = robosim.load("charging-day-ahead", seed=89, set=keys).allocation.energy * 0.25
    assert energy.max() == pytest.approx(battery_kwh / efficiency)
