"""Every session file that was refused once runs, with at most one key that says what the file does not."""

import warnings
from pathlib import Path

import pytest

import robosim

FAULTS = Path(__file__).parents[1] / ".." / "shared" / "faults" / "sessions"
ABSENT = "LOUD: ../shared/faults/sessions is not here, its files are not run"
KEYS = {
    "acn_list.json": {},
    "alone.csv": {},
    "blank_cells.csv": {"station.day": "2019-10-29"},
    "chargepoint.csv": {},
    "dundee.csv": {"station.impossible": "cap"},
    "elaad.csv": {"station.impossible": "cap"},
    "minutes.csv": {"station.impossible": "cap"},
    "night.csv": {},
    "ocpi_cdr.json": {"station.impossible": "cap"},
    "per_car.csv": {"station.impossible": "cap"},
    "utc.csv": {"station.timezone": "America/Los_Angeles"},
}
"""Which of several days, what becomes of wishes that no charger can meet, where the station is."""
OF_THREE = ("chargepoint.csv", "dundee.csv", "elaad.csv", "night.csv", "per_car.csv")


@pytest.mark.skipif(not FAULTS.is_dir(), reason=ABSENT)
def test_every_file_is_tried() -> None:
    assert sorted(path.name for path in FAULTS.iterdir()) == sorted(KEYS)


@pytest.mark.skipif(not FAULTS.is_dir(), reason=ABSENT)
@pytest.mark.parametrize("name", sorted(KEYS))
def test_it_runs(name: str) -> None:
    keys = KEYS[name]
    assert len(keys) <= 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        record = robosim.run("charging-day-ahead", set={"station.sessions": str(FAULTS / name), **keys}, strategies={})
    clock = ["the clock is UTC, as the records name no zone (station.timezone gives one)"]
    assert [str(one.message).partition(": ")[2] for one in caught] == (clock if name == "ocpi_cdr.json" else [])
    day = record.day
    metered = day.metered_kw[0].sum(axis=1) * day.hours
    assert len(metered) == (3 if name in OF_THREE else 1 if name == "alone.csv" else 2)
    assert (metered <= day.wanted_kwh + 1e-9).all()
    assert metered.sum() == pytest.approx(day.wanted_kwh.sum(), abs=0.05)
    assert metered.sum() > 0
