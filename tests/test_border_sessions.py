"""How many sessions a world has is counted in rows, so that what is refused is refused for its true reason."""

import gzip

import pytest

import robosim
from robosim.charging.size import Size, rows_of_days
from robosim.errors import BadInput
from robosim.scenario.loading import load_scenario

HEADER = "arrival,departure,requested_kwh,session_id,note\n"


def table(days: int, sessions: int, width: int = 0) -> str:
    rows = [
        f"2019-10-{1 + day:02d} {8 + k % 9:02d}:{k % 60:02d},2019-10-{1 + day:02d} 20:00,4,s{day}-{k},{'x' * width}"
        for day in range(days)
        for k in range(sessions)
    ]
    return HEADER + "\n".join(rows) + "\n"


def estimate(file, **keys: object) -> str:
    scenario = load_scenario("charging-day-ahead", overrides={"station.sessions": str(file), **keys})
    return scenario.needs()[0].what.split(" x ")[0]


def test_a_hundred_sessions_in_wide_columns_are_a_hundred(tmp_path, monkeypatch) -> None:
    file = tmp_path / "wide.csv"
    file.write_text(table(1, 100, width=400))
    assert file.stat().st_size > 40_000
    assert estimate(file) == "100 sessions"
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.5")
    assert (
        robosim.load("charging-day-ahead", set={"station.sessions": str(file), "station.unmet": "allowed"}).network.n
        == 100
    )


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_rows_of_the_day_count(tmp_path, name: str) -> None:
    file, text = tmp_path / name, table(3, 7).encode()
    file.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert estimate(file) == "7 sessions"
    assert estimate(file, **{"station.day": "2019-10-02"}) == "7 sessions"
    assert estimate(file, **{"station.day": "2019-11-02"}) == "0 sessions"


def test_many_days_without_a_day_are_refused_for_the_days(tmp_path, monkeypatch) -> None:
    file = tmp_path / "year.csv"
    file.write_text(table(28, 60, width=900))
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.5")
    with pytest.raises(
        BadInput, match=r"holds 28 days and 1680 sessions \(name one as station\.day: 2019-10-01 \(60\), .*at most 14\)"
    ):
        robosim.load("charging-day-ahead", set={"station.sessions": str(file)})


@pytest.mark.parametrize("text", ["", "arrival\n", '{"_items": []}', "[]", "a,b\n1,2\n", '"' + "x" * 200_000, "\0\n\0"])
def test_what_is_no_table_is_no_reason_to_fail_here(tmp_path, text: str) -> None:
    file = tmp_path / "odd.csv"
    file.write_text(text)
    assert estimate(file).endswith(" sessions")
    file.write_bytes(b"\x1f\x8b broken")
    assert estimate(file) == "200 sessions"


def test_other_separators_count_too() -> None:
    assert rows_of_days("arrival;x\n2019-10-29 08:00;1,5\n2019-10-29 09:00;2,5\n", "2019-10-29") == Size(2)
