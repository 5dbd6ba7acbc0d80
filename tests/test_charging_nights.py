"""Stays over midnight and over days: planned, charged and priced to their end, cut only when asked."""

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.errors import BadInput

NIGHT = """arrival,departure,requested_kwh
2019-10-29 20:00,2019-10-30 07:00,20
2019-10-29 21:00,2019-10-30 07:00,20
2019-10-29 22:30,2019-10-30 07:00,20
"""


def test_a_night_is_charged_over_midnight_and_cut_only_when_asked(tmp_path, capsys) -> None:
    """C3: figures of an independent model of two days."""
    path = tmp_path / "night.csv"
    path.write_text(NIGHT)
    chosen = {"station.sessions": str(path), "station.limit_kw": 7, "station.unmet": "allowed"}
    record = robosim.run("charging-day-ahead", set=chosen, strategies={})
    assert (record.day.metered_kw[0].sum(axis=1) * record.day.hours).tolist() == pytest.approx([20.0] * 3)
    assert record.private_cost.sum() == pytest.approx(5.87, abs=5e-3)
    assert record.settlement.tax[0].tolist() == pytest.approx([0.060, 0.060, 0.050], abs=5e-4)
    assert record.prices[0, -1].max() / record.day.hours <= 0.0264
    words = [f"--set={key}={value}" for key, value in chosen.items()]
    assert main(["run", "charging-day-ahead", *words, "--set=selfish=[]", "--set=station.cut_h=24"]) == 0
    assert "3 of 3 stays end at 24 h (station.cut_h), and went on in truth" in capsys.readouterr().out


def test_prices_of_the_next_day_are_those_of_its_weekday(tmp_path) -> None:
    """From Sunday night to Monday morning the tariff changes from weekend to weekday."""
    path = tmp_path / "night.csv"
    path.write_text("arrival,departure,requested_kwh\n2019-07-07 20:00,2019-07-08 20:00,20\n")
    day = robosim.run("charging-day-ahead", set={"station.sessions": str(path)}, strategies={}).day
    tariff = day.tariff_per_kwh
    assert len(tariff) == 44 * 4
    assert np.ptp(tariff[: 24 * 4]) == 0  # a weekend has one price
    assert tariff[(24 + 13) * 4] > tariff[(24 + 9) * 4] > tariff[(24 + 2) * 4]


def test_whoever_stays_longer_than_a_fortnight_is_named(tmp_path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("arrival,departure,requested_kwh\n2019-10-01 20:00,2019-10-30 07:00,20\n")
    with pytest.raises(BadInput, match=r"long\.csv:2: departure: 29\.3 days after the day began, .*station\.cut_h"):
        robosim.load("charging-day-ahead", set={"station.sessions": str(path)}, strategies={})
    cut = robosim.load("charging-day-ahead", set={"station.sessions": str(path), "station.cut_h": 48.0}, strategies={})
    assert len(cut.day.tariff_per_kwh) == 2 * 96


@pytest.mark.parametrize("limit_kw", [1e6, 1e12])
def test_a_limit_that_cannot_bind_is_in_nobody_s_way(limit_kw) -> None:
    """C14: a limit of another size made the central optimum unsettled; the day is that of a limit of 60 kW."""
    days = [
        robosim.run("charging-day-ahead", set={"station.count": 5, "station.limit_kw": x}) for x in (60.0, limit_kw)
    ]
    assert days[1].verdict.optimum == pytest.approx(days[0].verdict.optimum, rel=1e-7)
    assert days[1].verdict.optimum <= days[1].verdict.social_cost * (1 + 1e-9)


def test_days_that_do_not_fit_are_refused_when_they_are_known(tmp_path, monkeypatch) -> None:
    """A fortnight has fourteen times the periods of the day that a world file promises."""
    path = tmp_path / "long.csv"
    rows = "".join(f"2019-10-01 08:{k:02d},2019-10-14 07:00,20\n" for k in range(40))
    path.write_text("arrival,departure,requested_kwh\n" + rows)
    chosen = {"station.sessions": str(path), "station.limit_kw": 500.0}
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.2")
    with pytest.raises(robosim.RobosimError, match=r"40 sessions x 1276 periods .*the limit is 200 MB"):
        robosim.load("charging-day-ahead", set=chosen, strategies={})
    robosim.load("charging-day-ahead", set=chosen | {"station.cut_h": 24.0}, strategies={})
