"""Tariffs: the published prices of Southern California Edison, and every file of acnportal's format."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.charging.station.tariff import SCE_TOU_EV_4, TARIFFS, flat_tariff, read_tariff
from robosim.errors import BadInput

FOLDER = Path(__file__).parents[1] / ".." / "shared" / "data" / "ev" / "tariffs_acnportal"
here = pytest.mark.skipif(not FOLDER.is_dir(), reason="LOUD: ../shared/data/ev is not here, real tariffs are not read")
SEASON = {
    "id": "all",
    "effective_start": "01-01",
    "effective_end": "12-31",
    "dow_mask": "ALL",
    "times": [0, 8.5],
    "tariffs": [0.1, 0.2],
    "demand_charge": 3,
}
QUARTERS = np.arange(0, 1440, 15)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def to_file(*seasons: object) -> Path:
        path = tmp_path / "tariff.json"
        path.write_text(json.dumps({"name": "mine", "schedule": list(seasons)}, indent=1))
        return path

    return to_file


def test_a_summer_weekday_by_hand() -> None:
    """Night until 8, peak from noon to 18, night again from 23; the price begins with its hour."""
    minutes = np.array([0, 479, 480, 719, 720, 1079, 1080, 1379, 1380, 1439])
    night, middle, peak = 0.05623, 0.0925, 0.26668
    expected = [night, night, middle, middle, peak, peak, middle, middle, night, night]
    assert SCE_TOU_EV_4.price_per_kwh(minutes, date(2019, 7, 3)).tolist() == expected
    assert (SCE_TOU_EV_4.price_per_kwh(minutes, date(2019, 7, 6)) == night).all()  # a Saturday
    assert SCE_TOU_EV_4.demand_charge_per_kw(date(2019, 7, 3)) == 15.51


def test_winter_runs_over_new_year_and_leap_days() -> None:
    for day in (date(2019, 10, 1), date(2019, 12, 31), date(2020, 1, 1), date(2020, 2, 29), date(2020, 5, 31)):
        assert SCE_TOU_EV_4.season(day).name.startswith("Winter")
    assert SCE_TOU_EV_4.season(date(2019, 9, 30)).name == "Summer-Weekday"


def test_every_day_has_one_price_list() -> None:
    for tariff in (*TARIFFS.values(), flat_tariff(0.3)):
        for number in range(366):
            assert tariff.season(date(2020, 1, 1) + timedelta(days=number))


def test_flat() -> None:
    assert (flat_tariff(0.3, 2.0).price_per_kwh(QUARTERS, date(2020, 2, 29)) == 0.3).all()
    assert flat_tariff(0.3, 2.0).demand_charge_per_kw(date(2020, 2, 29)) == 2.0


@here
def test_the_bundled_tariff_is_the_published_one() -> None:
    published = read_tariff(FOLDER / "sce_tou_ev_4_march_2019.json")
    assert published.seasons == SCE_TOU_EV_4.seasons


@here
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_says_what_its_json_says(path: Path) -> None:
    tariff, raw = read_tariff(path), json.loads(path.read_text())
    assert tariff.name == raw["name"]
    assert len(tariff.seasons) == len(raw["schedule"])
    for season, said in zip(tariff.seasons, raw["schedule"], strict=True):
        for begin, price in zip(said["times"], said["tariffs"], strict=True):
            assert season.price_per_kwh(60 * begin) == price
        assert season.demand_charge_per_kw == said["demand_charge"]


@here
def test_two_price_lists_for_one_day_are_an_error_of_that_day_only() -> None:
    """PG&E A-10 as published there gives both winter seasons every day of the week."""
    tariff = read_tariff(FOLDER / "pge_a10_tou_aug_2019.json")
    assert tariff.price_per_kwh(720, date(2019, 7, 3)) == 0.23223
    with pytest.raises(BadInput, match=r"\.json:5: schedule: 'Winter-Weekday' and 'Winter-Weekend' both hold on Mon"):
        tariff.season(date(2019, 12, 2))


def test_a_day_without_prices(write: Callable[..., Path]) -> None:
    tariff = read_tariff(write(SEASON | {"effective_end": "06-30"}))
    assert tariff.price_per_kwh(510, date(2019, 6, 30)) == 0.2
    with pytest.raises(BadInput, match="no prices for Mon 2019-07-01"):
        tariff.season(date(2019, 7, 1))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"effective_start": "13-01"}, 'effective_start: must be "MM-DD", got "13-01"'),
        ({"effective_end": 7}, 'effective_end: must be "MM-DD", got 7'),
        ({"dow_mask": "SUNDAYS"}, 'dow_mask: must be WEEKDAYS, WEEKENDS, ALL, got "SUNDAYS"'),
        ({"times": [1, 8]}, "times: hours must rise from 0 and stay below 24"),
        ({"times": [0, 24]}, "times: hours must rise from 0 and stay below 24"),
        ({"tariffs": [0.1]}, "tariffs: 1 prices for 2 times"),
        ({"tariffs": [0.1, True]}, "tariffs: must be a list of numbers, got [0.1, true]"),
        ({"demand_charge": -1}, "demand_charge: must be a number >= 0, got -1"),
    ],
)
def test_errors_name_line_and_key(write: Callable[..., Path], changes: dict[str, object], expected: str) -> None:
    path = write(SEASON, SEASON | changes)
    with pytest.raises(BadInput) as caught:
        read_tariff(path)
    place, message = str(caught.value).split(": schedule.1.")
    assert message.startswith(f"{expected} (")
    (key,) = changes
    lines = path.read_text().splitlines()
    assert f'"{key}"' in lines[int(place.removeprefix(f"{path}:")) - 1]


def test_misspelt_and_missing_keys_and_other_files(write: Callable[..., Path], tmp_path: Path) -> None:
    season = {key: value for key, value in SEASON.items() if key not in ("tariffs", "dow_mask")} | {"tarifs": [1]}
    with pytest.raises(BadInput) as caught:
        read_tariff(write(season, 3))
    assert [line.split(": ", 1)[1] for line in str(caught.value).splitlines()] == [
        "schedule.0.dow_mask: is missing (which days of the week)",
        "schedule.0.tarifs: unknown key, and 'tariffs' is missing (did you mean \"tariffs\"?)",
        "schedule.1: must be a table, got 3 (write { } with id, effective_start, effective_end, dow_mask, times, "
        "tariffs)",
    ]
    for text in ("[]", "{}", '{"schedule": {}}'):
        (tmp_path / "other.json").write_text(text)
        with pytest.raises(BadInput, match="schedule: no list of seasons"):
            read_tariff(tmp_path / "other.json")
    with pytest.raises(BadInput, match="no such file"):
        read_tariff(tmp_path / "nothing.json")


def test_a_price_that_changes_within_a_period_is_the_mean_over_its_minutes(write, tmp_path) -> None:
    """Times of use 0 and 8.5 h, periods of an hour: 6 kWh from 8 to 9 cost half of each price."""
    sessions = tmp_path / "day.csv"
    sessions.write_text("arrival,departure,requested_kwh\n2019-10-29 08:00,2019-10-29 09:00,6\n")
    chosen = {
        "station.sessions": str(sessions),
        "station.tariff": str(write(SEASON)),
        "station.period_min": 60,
        "station.limit_kw": 60.0,
        "station.wear_dollars_per_kw2h": 1e-6,
        "station.waiting_dollars_per_kwh_h": 0.0,
    }
    record = robosim.run("charging-day-ahead", set=chosen, strategies={})
    assert record.day.tariff_per_kwh[7:10].tolist() == pytest.approx([0.1, 0.15, 0.2])
    assert record.private_cost[0, 0] == pytest.approx(6 * 0.15, abs=1e-4)
