"""Rules without prices beside ours: energy, cost and load of a day, against acnportal's figures and by hand."""

import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import robosim
from robosim.__main__ import main
from robosim.charging.baselines import RULES, STATED, baseline, baselines, jain
from robosim.charging.problem import TYPE
from robosim.charging.tables import bills, cars_shown, cars_table, day_lines, run_tables
from robosim.cli.tables import amount

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "ev" / "acn_caltech_2019-10-29.csv"
real = pytest.mark.skipif(not DATA.is_file(), reason="LOUD: ../shared/data/ev is not here, no real day is compared")
SCARCE = {"station.count": 12, "station.limit_kw": 20.0}


@pytest.fixture(scope="module")
def mission():
    return robosim.load("charging-day-ahead", seed=4, set=SCARCE)


@pytest.fixture(scope="module")
def record(mission):
    return mission.run()


@pytest.fixture(scope="module")
def crowd():
    """Fifty cars, two of them selfish, under the clearing price."""
    selfish = [{"agents": [3, 44], "strategy": "over-ask"}]
    return robosim.run("charging-day-ahead", set={"selfish": selfish, "leader.tax": "clearing-price"})


BENCHMARK = {
    "station.sessions": str(DATA),
    "station.cut_h": 24.0,
    "station.unmet": "allowed",
    "station.wants": "delivered",
    "station.target_soc": 1.0,
    "station.site": "caltech",
    "station.limit_kw": 150.0,
    "station.charger": "continuous",
}


def benchmark_day():
    """The world with the conventions of the benchmark: wishes and batteries as delivered, operators who know them and
    when cars really leave, cars there for whole steps, and in none that the next one at their station touches too."""
    built = robosim.load("charging-day-ahead", set=BENCHMARK).day
    cars, (first, last) = built.station.cars, built.station.cars.stay.T
    stay = np.stack([np.floor(first), np.ceil(last)], axis=1)
    for i, post in enumerate(cars.station):
        later = stay[(cars.station == post) & (cars.stay[:, 0] > cars.stay[i, 0]), 0]
        stay[i, 1] = min(stay[i, 1], *later) if later.size else stay[i, 1]
    told = replace(built.sessions, asked_kwh=built.sessions.delivered_kwh)
    station = replace(built.station, cars=cars._replace(stay=stay))
    return replace(built, sessions=told, station=station, deadline=stay[:, 1])


@real
def test_rules_deliver_what_acnportal_s_do() -> None:
    """acnportal 0.3.3 on the same sessions, measured; its sorted rules bisect to 1e-4 A."""
    day = benchmark_day()
    kwh = {rule: baseline(day, rule).delivered_kwh for rule in RULES}
    assert kwh["uncontrolled"] == pytest.approx(405.3859403198735, abs=1e-9)
    assert kwh["earliest deadline"] == pytest.approx(373.78606205877793, abs=3e-3)
    assert kwh["least laxity"] == pytest.approx(388.68384582395623, abs=3e-2)
    assert kwh["round robin"] == pytest.approx(378.638714474352, abs=1e-9)


@real
def test_conventions_of_the_world_cost_energy() -> None:
    """Stated departures were wrong by hours: sorting by them delivers less than sorting by true ones."""
    known = benchmark_day()
    stated = replace(robosim.load("charging-day-ahead", set=BENCHMARK).day, sessions=known.sessions)
    for rule in ("earliest deadline", "least laxity"):
        assert baseline(stated, rule, STATED).delivered_kwh < baseline(known, rule).delivered_kwh - 10.0


@real
def test_what_rules_know_decides_who_is_cheaper() -> None:
    """Told what drivers told, no rule of thumb is near the prices; told what cars know, least laxity is cheaper here.

    Day-ahead plans have no energy to spare where batteries take less than was planned, and nobody plans anew.
    """
    mission = robosim.load("charging-day-ahead", set={"station.sessions": str(DATA), "station.unmet": "allowed"})
    record = mission.run()
    ours, uncontrolled, *rules = baselines(record, mission.day, STATED)
    assert ours.excess_a == 0.0
    assert uncontrolled.excess_a > 400.0
    for rule in rules:
        assert rule.excess_a <= 1e-9
        assert ours.social_cost < rule.social_cost - 30.0
        assert ours.delivered_kwh > rule.delivered_kwh + 30.0
    true = {one.rule: one.social_cost for one in baselines(record, mission.day)}
    assert true["least laxity"] < ours.social_cost < true["earliest deadline"] < true["round robin"]


def test_ours_is_the_record(record, mission) -> None:
    """Social cost as the verdict has it, energy and peak as metered."""
    ours = baselines(record, mission.day)[0]
    day = record.day
    assert ours.rule == "day-ahead prices (clairvoyant)"
    assert ours.social_cost == pytest.approx(record.verdict.social_cost, rel=1e-12)
    assert ours.delivered_kwh == pytest.approx(day.metered_kw[0].sum() * day.hours, rel=1e-12)
    assert ours.unmet_kwh == pytest.approx((day.wanted_kwh - day.metered_kwh.sum(axis=1)).clip(0).sum(), abs=1e-9)
    assert ours.highest_kw <= 20.0 * (1 + 1e-9)


def test_numbers_of_a_rule_are_those_of_its_day(record, mission) -> None:
    """From the executed day: Σ_t p x + a/2 x² + w (E - Σ x)₊ (X, Example 2), the rows of the feeder, who is served."""
    built, p = mission.day, mission.allocation
    for found, rule in zip(baselines(record, mission.day, STATED)[1:], RULES, strict=True):
        day = built.station.baseline(RULES[rule], built.sessions.asked_kwh, built.deadline)
        x = day.metered_kwh.reshape(12, 96, 3).sum(axis=2) * 4
        missing = (p.energy - x.sum(axis=1)).clip(0)
        cost = (p.energy_cost * x).sum() + (p.curvature[:, None] * x * x).sum() / 2 + (p.unmet * missing).sum()
        assert found.rule == rule
        assert found.social_cost == pytest.approx(cost, rel=1e-12)
        assert found.delivered_kwh + found.unmet_kwh == pytest.approx(record.day.wanted_kwh.sum(), rel=1e-9)
        assert found.delivered_kwh == pytest.approx(day.stored_kwh.sum(), rel=1e-9)
        assert found.excess_a == max(day.excess_a, 0.0)
        assert found.excess_share == pytest.approx(max(found.highest_kw / 20.0 - 1.0, 0.0), abs=1e-9)
        assert found.served_share == (record.day.wanted_kwh - day.metered_kwh.sum(axis=1) < 0.02).mean()


def test_nobody_who_keeps_to_the_feeder_is_cheaper_than_the_optimum(record, mission) -> None:
    """The plan's cost is the least; uncontrolled charging may be cheaper, as it burns the feeder."""
    _, uncontrolled, *rules = baselines(record, mission.day)
    assert uncontrolled.excess_share > 0.3
    for rule in rules:
        assert rule.excess_share <= 1e-9
        assert rule.social_cost > record.verdict.optimum


def test_the_aggregator_s_cost_is_counted() -> None:
    """G(y) = q/2 ‖y‖² + D max y (X, Example 2) on top of the private costs."""
    keys = SCARCE | {"station.loss_dollars_per_kw2h": 0.001, "station.demand_dollars_per_kw": 0.1, "mission.rounds": 20}
    mission = robosim.load("charging-day-ahead", seed=4, set=keys | {"leader.tax": "none"})
    built, found = mission.day, baseline(mission.day, "round robin", STATED)
    day = built.station.baseline(RULES["round robin"], built.sessions.asked_kwh, built.deadline)
    x = built.station.period_kw(day)
    y = x.sum(axis=0)
    supply = 0.5 * 0.001 * 0.25 * (y @ y) + 0.1 * y.max()
    assert found.social_cost == pytest.approx(mission.allocation.metered_costs(x[None]).sum() + supply, rel=1e-12)


@settings(max_examples=100)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9), st.floats(0.1, 1.0))
def test_fairness_is_jain_s_index(shares: list[float], scale: float) -> None:
    """Between 1/N and 1, whatever the unit; k of N who have the same and nobody else anything: k/N."""
    found = jain(np.array(shares))
    assert 1 / len(shares) <= found * (1 + 1e-9) <= 1 + 1e-8
    if min(shares) > 1e-100:
        assert jain(scale * np.array(shares)) == pytest.approx(found)
    assert jain(np.array([scale] * len(shares) + [0.0])) == pytest.approx(len(shares) / (len(shares) + 1))


def test_gaps_are_to_the_least_that_the_day_costs(record, mission) -> None:
    """Day-ahead plans are about whole periods, the bound about parts of them too: nobody is below it."""
    ours, _, *rules = baselines(record, mission.day)
    least = ours.social_cost / (1 + ours.gap)
    assert least <= record.verdict.optimum * (1 + 1e-9)
    for one in (ours, *rules):
        assert one.gap >= 0.0
        assert one.social_cost == pytest.approx(least * (1 + one.gap), rel=1e-12)
    shares = record.day.metered_kwh.sum(axis=1) / record.day.wanted_kwh
    assert ours.fairness == pytest.approx(shares.sum() ** 2 / (12 * (shares**2).sum()), rel=1e-9)


def test_the_bound_of_a_day_ahead_plan_knows_parts_of_periods(tmp_path: Path) -> None:
    """Fourteen minutes have no whole quarter of an hour: rules of thumb use them, and are not better than the least."""
    path = tmp_path / "minutes.csv"
    path.write_text("arrival,departure,requested_kwh\n2019-10-29 08:00:30,2019-10-29 08:14:30,1\n")
    keys = {"station.sessions": str(path), "station.unmet": "allowed", "station.waiting_dollars_per_kwh_h": 0.0}
    mission = robosim.load("charging-day-ahead", set=keys)
    ours, uncontrolled, *_ = baselines(mission.run(), mission.day)
    assert ours.delivered_kwh == 0.0
    assert uncontrolled.delivered_kwh == pytest.approx(1.0, abs=2e-3)
    assert 0.0 <= uncontrolled.gap < 0.2 < ours.gap


def test_operators_know_what_they_were_told(mission) -> None:
    """Who asks for nothing gets nothing, whatever it wants; TYPE, the truth, is untouched."""
    told = mission.day.sessions
    silent = replace(mission.day, sessions=replace(told, asked_kwh=np.where(np.arange(12) == 5, 0.0, told.asked_kwh)))
    heard, unheard = (baseline(day, "uncontrolled", STATED) for day in (mission.day, silent))
    wanted = mission.day.station.cars.wanted_kwh[5]
    assert unheard.delivered_kwh == pytest.approx(heard.delivered_kwh - wanted)
    assert unheard.unmet_kwh == pytest.approx(heard.unmet_kwh + wanted)
    assert all(getattr(silent.problem, name) is getattr(mission.day.problem, name) for name in TYPE)
    assert baseline(silent, "uncontrolled") == baseline(
        mission.day, "uncontrolled"
    )  # who knows the truth hears nothing


def test_rules_play_the_mission_s_own_day(mission) -> None:
    """Not the one that its world file describes: here a car has told its operators that it wants nothing."""
    told = mission.day.sessions
    silent = replace(mission.day, sessions=replace(told, asked_kwh=np.where(np.arange(12) == 5, 0.0, told.asked_kwh)))
    station = mission.scenario.station.model_copy(update={"rules_know": "stated"})
    scenario = mission.scenario.model_copy(update={"station": station})
    found = replace(mission, scenario=scenario, day=silent).run().summary()["baselines"]
    assert found[1]["delivered_kwh"] == baseline(silent, "uncontrolled", STATED).delivered_kwh
    assert found[1]["delivered_kwh"] < baseline(mission.day, "uncontrolled", STATED).delivered_kwh - 1.0
    assert found[1]["knows"] == "stated"


def test_json_has_baselines_where_there_are_cars(record, mission, tmp_path, monkeypatch) -> None:
    found = record.summary()["baselines"]
    assert [one["rule"] for one in found] == ["day-ahead prices (clairvoyant)", *RULES]
    assert found == [asdict(one) for one in baselines(record, mission.day)]
    assert robosim.load_record(record.save(tmp_path / "day")).summary()["baselines"] == found
    assert robosim.run("two-bidders").summary()["baselines"] is None
    assert robosim.run("erratum").summary()["baselines"] is None
    monkeypatch.setattr("robosim.charging.tables.MOST", 11)  # for very many cars nobody waits for them
    assert mission.run().summary()["baselines"] is None


def shown(table, width=80) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_tables_of_a_day_fit_80_columns(crowd) -> None:
    """No number is cut; money to four decimals; units below the names."""
    cars, rules = run_tables(crowd)
    for table in (cars, rules):
        text = shown(table)
        assert max(map(len, text.splitlines())) <= 80
        assert "…" not in text.replace("   …   ", "")
    assert "kWh" in text.splitlines()[3]


def test_the_selfish_and_the_most_taxed_are_shown(crowd) -> None:
    cars = cars_shown(crowd)
    rest = np.setdiff1d(np.arange(50), cars)
    assert len(cars) == 20
    assert {3, 44} <= set(cars.tolist())
    honest = np.setdiff1d(cars, [3, 44])
    assert crowd.settlement.tax[0, honest].min() >= crowd.settlement.tax[0, rest].max()
    text = shown(cars_table(crowd, crowd.day))
    assert text.count("over-ask") == 2
    assert "30 more" in text


def test_rows_are_the_bill(crowd) -> None:
    """Under the clearing price what the power is worth is the tax; net = private + tax; the last row sums all."""
    figures = bills(crowd, crowd.day)
    np.testing.assert_allclose(figures[3], figures[4], atol=1e-9)
    np.testing.assert_allclose(figures[2] + figures[4], figures[5])
    last = next(line for line in shown(cars_table(crowd, crowd.day)).splitlines() if "50 EVs" in line).split()
    assert last[-1] == f"{crowd.net_cost[0].sum():.4f}"
    assert last[3] == f"{crowd.day.metered_kwh.sum():.2f}"


def test_what_the_gap_leaves_open_is_nothing() -> None:
    assert [amount(x, 1e-6) for x in (-7.7e-09, 0.0, 2e-6, -0.25)] == ["0", "0", "2.0e-06", "-0.2500"]
    assert amount(104.59, 5e-3, 2) == "104.59"


def test_shortfalls_are_said_where_there_are_any(record) -> None:
    assert "missed" not in " ".join(day_lines(record, record.day))
    day = replace(record.day, metered_cost=record.day.planned_cost + 0.25)
    assert "what meters missed of the plan cost 3 $" in " ".join(day_lines(record, day))


def test_run_prints_both_tables(capsys) -> None:
    keys = [part for key, value in SCARCE.items() for part in ("--set", f"{key}={value}")]
    assert main(["run", "charging-day-ahead", *keys]) == 0
    printed = capsys.readouterr().out
    for words in ("at price", "earliest deadline", "never exceeded", "clairvoyant"):
        assert words in printed
    assert "e-09" not in printed.split("highest price")[0]
    assert main(["run", "charging-day-ahead", "--json", *keys]) == 0
    assert len(json.loads(capsys.readouterr().out)["baselines"]) == 5
