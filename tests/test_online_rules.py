"""Prices as time goes on beside one mind that solves the same, and beside rules of thumb that know as much."""

import io
from dataclasses import asdict

import numpy as np
import pytest
from rich.console import Console

import robosim
from robosim.charging.baselines import MPC, RULES, Baseline, mpc
from robosim.charging.online.central import alone, problem_of
from robosim.charging.online.residual import residual
from robosim.charging.tables import findings, run_tables

ONLINE = {
    "mission.planning": "online",
    "mission.rounds": 200,
    "leader.epsilon_share": 1e-8,
    "leader.tax": "none",
    "station.unmet": "allowed",
    "station.count": 12,
    "station.limit_kw": 12.0,
}


@pytest.fixture(scope="module")
def mission():
    return robosim.load("charging", seed=4, set=ONLINE)


@pytest.fixture(scope="module")
def record(mission):
    return mission.run()


def test_prices_do_what_one_mind_does(record, mission) -> None:
    """Both solve the same at every step: the same day, to what the agreements' gaps leave open."""
    found = {one["rule"]: one for one in record.summary()["baselines"]}
    ours, central = found["online prices"], found[MPC]
    assert central["social_cost"] == pytest.approx(ours["social_cost"], rel=1e-5)
    for key in ("delivered_kwh", "unmet_kwh", "highest_kw", "fairness"):
        assert central[key] == pytest.approx(ours[key], rel=1e-3, abs=1e-3)
    assert central["excess_a"] <= 1e-9
    assert central == asdict(mpc(mission.day, mission.every)) | {"gap": central["gap"]}


def test_one_mind_solves_what_those_plugged_in_agree_on(mission) -> None:
    """The first problem of the day: everybody's true numbers, and nobody who has not come."""
    station = alone(mission.day)
    live = station.start(0.0)
    first = int(np.floor(station.stay[0, :, 0].min()))
    left = residual(station, live._replace(step=first), mission.every)
    problem = problem_of(left)
    assert problem.agents == 1
    car = left.who[0]
    assert problem.energy[0] == pytest.approx(mission.allocation.energy[car])
    assert problem.curvature[0] == mission.allocation.curvature[car]
    assert problem.stay[0, 0] == 0


def test_every_rule_has_its_gap_to_the_same_bound(record, mission) -> None:
    for one in record.summary()["baselines"]:
        assert one["social_cost"] == pytest.approx(mission.least * (1 + one["gap"]), rel=1e-9)
        assert 1 / 12 <= one["fairness"] <= 1
        assert one["gap"] >= 0 or one["excess_a"] > 0
    assert [one["rule"] for one in record.summary()["baselines"]] == [
        "online prices", "day-ahead prices (clairvoyant)", MPC, *RULES,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "there"), [("always", True), pytest.param("never", False, marks=pytest.mark.deep), ("if-quick", False)]
)
def test_whether_one_mind_is_asked_is_said(record, mission, monkeypatch, wanted: str, there: bool) -> None:
    """Always, never, or where it is quick; where it is left out for its length, how to have it stands below."""
    monkeypatch.setattr("robosim.charging.tables.QUICK_S", 0.0)
    asked = robosim.load("charging", seed=4, set=ONLINE | {"station.mpc": wanted})
    rules = [one["rule"] for one in asked.run().summary()["baselines"]]
    assert (MPC in rules) == there
    said = any('station.mpc = "always"' in line for line in findings(record, asked))
    assert said == (wanted == "if-quick")


@pytest.mark.parametrize(
    ("know", "words"), [pytest.param("true", "as they are", marks=pytest.mark.deep), ("stated", "as drivers told them")]
)
def test_the_table_says_what_rules_know(know: str, words: str) -> None:
    mission = robosim.load("charging", seed=4, set=ONLINE | {"station.rules_know": know})
    record = mission.run()
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(run_tables(record)[1])
    text = console.export_text()
    assert words in text
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    thumb = [Baseline(**one) for one in record.verdict.baselines][3:]
    assert {one.knows for one in thumb} == {know}


def test_who_knows_departures_sorts_by_them() -> None:
    """Of two cars one leaves early and said late: only who knows the truth serves it first, in the hour that it has."""
    mission = robosim.load("charging", seed=4, set=ONLINE)
    from robosim.charging.baselines import told

    energy, deadline = told(mission.day, "true")
    np.testing.assert_allclose(energy, mission.day.station.cars.wanted_kwh)
    np.testing.assert_array_equal(deadline, np.ceil(mission.day.station.cars.stay[:, 1]))
    energy, deadline = told(mission.day, "stated")
    np.testing.assert_array_equal(energy, mission.day.sessions.asked_kwh)
    np.testing.assert_array_equal(deadline, mission.day.deadline)
    assert (deadline != np.ceil(mission.day.station.cars.stay[:, 1])).any()
