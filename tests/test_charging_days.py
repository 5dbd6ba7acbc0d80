"""`robosim charging-days`: each day of a file a mission of its own, and the sums."""

import csv
import json
import signal
from pathlib import Path

import pytest

import robosim
from robosim.__main__ import main
from robosim.charging.baselines import RULES
from robosim.charging.many_days import play
from robosim.charging.many_days.answer import COLUMNS, as_csv
from robosim.charging.many_days.picture import costs
from robosim.charging.many_days.play import Asked, Played, asked, days_in, summed

TABLE = """arrival,departure,requested_kwh
2019-10-28 08:00,2019-10-28 16:00,20
2019-10-28 09:00,2019-10-28 12:00,15
2019-10-30 20:00,2019-10-31 06:00,30
2019-10-30 21:00,2019-10-31 05:00,25
2019-10-31 09:00,2019-10-31 15:00,10
"""
ONLY = ["--set", "station.limit_kw=8"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sessions.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def what(table: Path) -> Asked:
    return asked(str(table), None, None, ["station.limit_kw=8"])


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("days") / "sessions.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture(scope="module")
def played(once: Path) -> list[Played]:
    what = asked(str(once), None, None, ["station.limit_kw=8"])
    found = list(play.play(what, days_in(what, None, None)))
    assert all(isinstance(one, Played) for one in found)
    return found


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_a_day_is_the_mission_that_run_plays(once: Path, played) -> None:
    """Days without cars are not there; who stays over night belongs to the day on which it came."""
    assert [(str(one.day), one.cars, one.wanted_kwh) for one in played] == [
        ("2019-10-28", 2, 35.0), ("2019-10-30", 2, 55.0), ("2019-10-31", 1, 10.0),
    ]  # fmt: skip
    keys = {"station.sessions": str(once), "station.day": "2019-10-30", "station.limit_kw": 8}
    alone = robosim.load("charging", set=play.USUAL | keys)
    assert [one.social_cost for one in played[1].rules] == [
        one["social_cost"] for one in alone.run().summary()["baselines"]
    ]
    assert played[1].least == pytest.approx(alone.least, rel=1e-12)


def test_sums_are_sums(played) -> None:
    total = summed(played)
    assert [one.rule for one in total] == ["online prices", "day-ahead prices (clairvoyant)", *RULES]
    for place, one in enumerate(total):
        mine = [day.rules[place] for day in played]
        assert one.social_cost == pytest.approx(sum(rule.social_cost for rule in mine))
        assert one.delivered_kwh + one.unmet_kwh == pytest.approx(100.0)
        assert one.gap == pytest.approx(one.social_cost / sum(day.least for day in played) - 1)
        assert one.highest_kw == max(rule.highest_kw for rule in mine)
        served = sum(day.cars * rule.served_share for day, rule in zip(played, mine, strict=True)) / 5
        assert one.served_share == pytest.approx(served)


def test_bounds_choose_days(what: Asked) -> None:
    from datetime import date

    assert [str(day) for day in days_in(what, date(2019, 10, 29), date(2019, 10, 30))] == ["2019-10-30"]
    with pytest.raises(robosim.BadInput, match=r"nobody comes on 2019-10-29 \(it has days from 2019-10-28"):
        days_in(what, date(2019, 10, 29), date(2019, 10, 29))


def test_csv_has_a_row_a_day_and_rule(table: Path, tmp_path: Path, capsys) -> None:
    """And the JSON the same numbers."""
    target = tmp_path / "days.csv"
    assert main(["charging-days", str(table), "--csv", str(target), "--json", *ONLY]) == 0
    found, rows = json.loads(capsys.readouterr().out), rows_of(target)
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == 3 * 6
    assert float(rows[6]["social_cost"]) == found["days"][1]["rules"][0]["social_cost"]
    assert found["sums"][0]["social_cost"] == pytest.approx(
        sum(float(row["social_cost"]) for row in rows if row["rule"] == "online prices")
    )
    assert (found["left_out"], found["interrupted"]) == ([], False)


def test_tables_fit_80_columns(table: Path, capsys) -> None:
    assert main(["charging-days", str(table), *ONLY, "--set", "station.mpc=always"]) == 0
    printed = capsys.readouterr().out
    for words in ("2019-10-30", "least laxity", "MPC without prices", "3 days"):
        assert words in printed
    assert "…" not in printed
    assert max(len(line) for line in printed.splitlines() if "─" in line) <= 80


def test_the_picture_shows_every_rule_and_the_least(played) -> None:
    figure = costs(played, "sessions.csv")
    top, low = figure.axes
    lines = {line.get_label(): line for line in top.get_lines()}
    assert len(lines) == 7
    assert list(lines["online prices"].get_ydata()) == [day.rules[0].social_cost for day in played]
    assert list(lines["least (knows all)"].get_ydata()) == [day.least for day in played]
    assert "exceeds the feeder" in " ".join(map(str, lines))
    looks = {(line.get_color(), line.get_marker()) for line in top.get_lines()}
    assert len({marker for _, marker in looks}) == len({colour for colour, _ in looks}) == 7
    assert "$" in top.get_ylabel()
    assert "%" in low.get_ylabel()


def test_a_picture_is_written(table: Path, tmp_path: Path) -> None:
    assert main(["charging-days", str(table), "--to", "2019-10-28", "--plot", str(tmp_path / "d.png"), *ONLY]) == 0
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


def test_a_day_that_is_wrong_is_left_out_and_said(table: Path, capsys) -> None:
    table.write_text(TABLE + "2019-10-31 10:00,2019-10-31 09:00,10\n")
    assert main(["charging-days", str(table), "--json", *ONLY]) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert [day["day"] for day in found["days"]] == ["2019-10-28", "2019-10-30"]
    assert found["left_out"][0]["day"] == "2019-10-31"
    assert "sessions.csv:7" in found["left_out"][0]["why"]
    assert "1 of 3 days were left out" in said.err


def test_ctrl_c_leaves_what_was_finished(table: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    """It comes in the middle of the second day."""
    whole = play._played

    def stopped(what, day):
        found = whole(what, day)
        if str(day) == "2019-10-30":
            signal.raise_signal(signal.SIGINT)
        return found

    monkeypatch.setattr(play, "_played", stopped)
    target = tmp_path / "days.csv"
    assert main(["charging-days", str(table), "--csv", str(target), "--json", *ONLY]) == 130
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["interrupted"]
    assert [day["day"] for day in found["days"]] == ["2019-10-28", "2019-10-30"][: len(found["days"])]
    assert 1 <= len(found["days"]) <= 2
    assert {row["day"] for row in rows_of(target)} == {day["day"] for day in found["days"]}
    assert "of 3 days" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.csv"], "nowhere.csv"),
        (["{}", "--from", "May"], "--from: 'May' is no day"),
        (["{}", "--world", "rendezvous"], "station"),
        (["acn:jpl"], "acn:jpl: no such file"),
        (["{}", "--set", "station.day=2019-10-28"], "station.day is chosen by --from and --to"),
        (["{}", "--set", "station.limit_kw=-1"], "--set:1: station.limit_kw"),
        (["{}", "--from", "2030-01-01"], "nobody comes on"),
        (["{}", "--csv", "/nowhere/at/all.csv"], "all.csv: there is no folder"),
        (["{}", "--plot", "days.jpeg"], "days.jpeg: pictures end in .png"),
    ],
)
def test_what_is_asked_wrongly_is_one_line(table: Path, capsys, words: list[str], message: str) -> None:
    assert main(["charging-days", *(word.format(table) for word in words)]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert "Traceback" not in said.err


def test_no_days_are_a_table_without_rows() -> None:
    assert as_csv([]).splitlines() == [",".join(COLUMNS)]
