"""Limits that change over the day, building load, PV and emissions: what is read, planned, executed and said.

Numbers in the docstrings are worked out by hand.
"""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import robosim
from robosim.charging.baselines import RULES, baseline, baselines
from robosim.charging.build import foreseen
from robosim.charging.series import Clock, least_of_periods, mean_of_periods, mean_of_steps
from robosim.charging.station.site_file import read_site
from robosim.errors import BadInput

ALONE = "2019-10-29 08:00,2019-10-29 09:00,3\n"
FLAT = {
    "station.wear_dollars_per_kw2h": 0.01,
    "station.waiting_dollars_per_kwh_h": 0.0,
    "station.tariff": 0.1,
    "station.limit_kw": 10.0,
    "station.battery": "linear",
    "station.unmet": "allowed",
    "leader.epsilon_share": 1e-9,
}
ONLINE = {"mission.planning": "online", "mission.rounds": 200, "station.room_dollars_per_kwh_h": 0.0}
MORNING = "time,kW\n00:00,0\n08:00,8\n08:30,0\n"


@pytest.fixture
def station(tmp_path: Path):
    """A station with the sessions of a table and the series of others."""

    def load(rows: str = ALONE, keys: dict[str, object] | None = None, **files: str):
        path = tmp_path / "sessions.csv"
        path.write_text("arrival,departure,requested_kwh\n" + rows)
        named = {}
        for key, text in files.items():
            (tmp_path / f"{key}.csv").write_text(text)
            named[f"station.{key}"] = str(tmp_path / f"{key}.csv")
        world = tmp_path / "world.toml"
        world.write_text('[mission]\nkind = "charging"\nrounds = 2000\n[station]\n')
        given = FLAT | {"station.sessions": str(path)} | named | (keys or {})
        return robosim.load(world, set={key: value for key, value in given.items() if value is not None})

    return load


def quarters(value_of_minute, step: int = 15) -> str:
    """A series in steps of minutes, on the clock of any day."""
    rows = (f"{m // 60:02d}:{m % 60:02d},{value_of_minute(m)}" for m in range(0, 1440, step))
    return "\n".join(["time,kW", *rows]) + "\n"


def busy(m: int) -> float:
    """8 kW from 8:00 to 8:30."""
    return 8.0 if 480 <= m < 510 else 0.0


def scheduled(value_of_minute) -> str:
    """The same as what building and cars may take together."""
    return quarters(lambda m: 10.0 - value_of_minute(m))


@pytest.mark.parametrize("planning", ["day-ahead", "online"])
@pytest.mark.parametrize("file", ["load", "grid_limit"])
def test_a_plan_goes_around_what_the_building_takes(station, planning: str, file: str) -> None:
    """3 kWh in four quarters, 2 kW in the first two: 2, 2, 4, 4 kW. Energy 0.3 $, wear 0.01/2 · ¼ · 40 = 0.05 $, and a
    kWh more in the first two would save 0.01 (4 - 2) = 0.02 $."""
    more = ONLINE if planning == "online" else {}
    text = quarters(busy) if file == "load" else scheduled(busy)
    record = station(keys=more, **{file: text}).run()
    np.testing.assert_allclose(record.day.metered_kw[0, 0, 32:36], [2, 2, 4, 4], atol=1e-4)
    assert record.private_cost[0, 0] == pytest.approx(0.35, abs=1e-6)
    assert record.prices[0, -1, 32:36] / record.day.hours == pytest.approx([0.02, 0.02, 0, 0], abs=1e-4)
    assert record.day.excess_a[0] <= 1e-9
    assert record.verdict.optimum == pytest.approx(0.35, abs=1e-6)


def test_panels_give_back_what_the_building_takes_and_no_more_than_wires_carry(station) -> None:
    """limit - load + pv = 10 - 8 + 8, the same bits as without; 30 kW of sun in the evening are clipped, and said."""
    plain = station().run()
    mission = station(load=quarters(busy), pv=quarters(lambda m: 30 if m >= 1200 else busy(m)))
    record = mission.run()
    np.testing.assert_array_equal(record.day.metered_kwh, plain.day.metered_kwh)
    np.testing.assert_array_equal(record.day.limit_a, plain.day.limit_a)
    assert mission.day.said == (
        "there are 10 to 10 kW for the cars (station.load, station.pv); a plan counts on the least of a period",
        "for 4 h there would be more than the wires carry, which nobody can take",
    )


def test_a_limit_of_the_grid_holds_until_the_next(station) -> None:
    """Three rows make a day, and the least of limit and wires counts: 6 of 6 kW, 2, then 10 of 40."""
    mission = station(grid_limit="minutes;kW\n0;6,0\n480;2,0\n510;40\n")
    given = mission.day.problem.given_kw[0]
    assert given[[0, 31, 32, 33, 34, 95]].tolist() == pytest.approx([6, 6, 2, 2, 10, 10], rel=1e-12)


def test_no_rule_exceeds_what_there_is_in_its_step(station) -> None:
    """9 of 10 kW are gone from 8:05 to 8:10 only: a plan of quarters counts on 1 kW until 8:15, rules of thumb take
    more before and after, plans that are made as time goes on after."""
    text = quarters(lambda m: 9 if m == 485 else 0, 5)
    rows = "2019-10-29 08:00,2019-10-29 08:30,3\n" * 2
    for more in ({}, ONLINE):
        mission = station(rows, more, load=text)
        record = mission.run()
        limit = mission.day.station.limit_a
        assert limit[0, [95, 96, 97, 98]] * 0.208 == pytest.approx([10, 10, 1, 10])
        assert (record.day.line_a <= limit * (1 + 1e-12)).all()
        first = record.day.metered_kwh[:, 96:99].sum(axis=0) * 12
        assert first == pytest.approx([1, 1, 10] if more else [1, 1, 1], abs=1e-3)
    for name, rule in RULES.items():
        day = mission.day
        done = day.station.baseline(rule, day.sessions.asked_kwh, day.deadline.astype(float))
        if name == "uncontrolled":
            assert done.excess_a == pytest.approx((2 * 6.656 - 1) / 0.208)
        else:
            assert (done.line_a <= limit * (1 + 1e-12)).all(), name
            assert done.line_a[0, [96, 98]] * 0.208 == pytest.approx([10, 10], abs=0.45), name
    uncontrolled = baselines(record, mission.day)[1]
    assert uncontrolled.excess_share == pytest.approx((2 * 6.656 - 1) / 10)


@pytest.mark.parametrize("more", [{}, ONLINE], ids=["day-ahead", "online"])
@pytest.mark.parametrize("site", ["plain", "caltech"])
def test_nothing_left_is_no_division_by_nothing(station, more, site: str) -> None:
    """From 8:00 to 8:30, and all day: nobody draws anything then, what is missing costs, and the best is found."""
    keys = more | {"station.site": site, "mission.rounds": 400, "station.limit_kw": 10.0}
    rows = "2019-10-29 08:00,2019-10-29 09:00,3\n" * 2
    record = station(rows, keys, load=quarters(lambda m: 10 if 480 <= m < 510 else 0)).run()
    assert (record.day.metered_kwh[:, 96:102] == 0.0).all()
    assert record.day.metered_kwh.sum() > 2.4
    nothing = station(rows, keys, load=quarters(lambda m: 12)).run()
    assert (nothing.day.metered_kwh == 0.0).all()
    assert nothing.private_cost[0] == pytest.approx([3.0, 3.0])
    assert nothing.verdict.optimum == pytest.approx(6.0)
    assert np.isfinite(nothing.prices).all()
    assert np.isfinite(nothing.settlement.tax).all()


def test_the_online_bound_holds_where_steps_have_more_than_their_period_at_the_least(station) -> None:
    """A plan of periods has the least, execution the mean: somebody who knows all may have the mean."""
    keys = ONLINE | {"station.unmet_dollars_per_kwh": 5.0}
    mission = station("2019-10-29 08:00,2019-10-29 08:15,3\n", keys, load=quarters(lambda m: 9 if m == 485 else 0, 5))
    record = mission.run()
    assert mission.day.relaxed.given_kw[0, 32] == pytest.approx(7.0)  # (10 + 1 + 10) / 3
    assert mission.day.problem.given_kw[0, 32] == pytest.approx(1.0)
    assert record.private_cost.sum() >= mission.least - 1e-9


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.sampled_from(["plain", "caltech"]), st.sampled_from([0.0, 0.5]))
def test_whatever_the_building_takes_all_keep_to_what_is_left_and_none_beats_the_future(
    tmp_path, seed: int, site: str, demand: float
) -> None:
    """Loads that jump every 5 minutes, nothing left among them; with an aggregator who pays for power, and without."""
    taken = np.random.default_rng(seed).choice([0.0, 4.0, 9.0, 15.0, 30.0], 288)
    (tmp_path / "load.csv").write_text(quarters(lambda m: taken[m // 5], 5))
    keys = {"station.count": 5, "station.limit_kw": 20.0, "station.unmet": "allowed", "station.site": site}
    keys |= {"station.load": str(tmp_path / "load.csv"), "station.demand_dollars_per_kw": demand}
    keys |= {"station.loss_dollars_per_kw2h": 0.01} if demand else {}
    mission = robosim.load("charging", seed=seed, set=ONLINE | keys | {"leader.tax": "none", "mission.rounds": 20})
    online, ahead, limit = mission.run(), foreseen(mission).run(every=2000), mission.day.station.limit_a
    for record in (online, ahead):
        assert (record.day.line_a <= limit * (1 + 1e-9)).all()
        assert mission.least <= (record.private_cost[0].sum() + record.leader_cost[0]) * (1 + 1e-9)
    for rule in RULES:
        found = baseline(mission.day, rule)
        if rule != "uncontrolled":
            assert found.excess_a <= 1e-9
            assert mission.least <= found.social_cost * (1 + 1e-9)


# -- sites of several limits -------------------------------------------------------------------------------------------

DEPOT = """
[site]
line_volts = 400.0
[[posts]]
id = "A"
volts = 230.0
phase = "L1"
[[posts]]
id = "B"
volts = 230.0
phase = "L2"
[[posts]]
id = "C"
volts = 400.0
phases = 3
[[limits]]
name = "feeder"
line = ["L1", "L2", "L3", "N"]
limit_a = 30.0
[[limits]]
name = "pillar"
posts = ["A", "B"]
limit_a = 20.0
"""


def test_a_balanced_load_takes_its_share_of_every_line(station, tmp_path) -> None:
    """30 A on each of three lines are √3 · 400 V · 30 A = 20.785 kW; half of it leaves 15 A. A neutral and a pillar
    have nothing of it."""
    (tmp_path / "depot.toml").write_text(DEPOT)
    keys = {"station.site": str(tmp_path / "depot.toml"), "station.limit_kw": None}
    half = math.sqrt(3) * 0.4 * 30 / 2
    site = read_site(tmp_path / "depot.toml")
    np.testing.assert_allclose(site.feeder.whole_kw, [2 * half] * 3 + [np.nan] * 2)
    rows = "2019-10-29 08:00,2019-10-29 10:00,12\n" * 3
    mission = station(rows, keys, load=quarters(lambda m: half if m < 720 else 0))
    limit = mission.day.station.limit_a
    np.testing.assert_allclose(limit[:, 0], [15, 15, 15, 30, 20])
    np.testing.assert_allclose(limit[:, 200], [30, 30, 30, 30, 20])
    record = mission.run()
    assert (record.day.line_a <= limit * (1 + 1e-9)).all()
    # with the building's own currents, in phase with each line, no line carries more than its 30 A
    done = mission.day.station.cars.station
    amps = np.zeros((len(site.evses), record.day.metered_kwh.shape[1]))
    np.add.at(amps, done, record.day.metered_kwh * 12e3 / site.evses.voltage_v[done][:, None])
    building = 15 * np.exp(1j * np.radians([0.0, -120.0, 120.0]))[:, None] * (np.arange(288) < 144)
    carried = np.abs(site.feeder.phasors[:3] @ amps + building)
    assert carried.max() <= 30 * (1 + 1e-9)
    assert carried.max() > 25


def test_at_caltech_the_transformer_is_shared_and_the_pods_are_not(station) -> None:
    keys = {"station.site": "caltech", "station.limit_kw": 150.0}
    mission = station(keys=keys, load=quarters(lambda m: 75))
    own = [80, 80] + [150e3 / 360] * 3 + [150e3 / 831] * 3
    half = [1, 1] + [0.5] * 6
    np.testing.assert_allclose(mission.day.station.limit_a, np.multiply(own, half)[:, None] * np.ones(288))


PARTS = "".join(f'[[limits]]\nname = "{one}"\nposts = ["{one}"]\nlimit_a = 9.0\n' for one in "AB")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (PARTS, "of all posts"),
        ('[[limits]]\nname = "odd"\nlimit_a = 9.0\n', "how many kW of load fill the limit 'odd'"),
    ],
)
def test_a_site_must_say_what_a_kilowatt_takes_of_it(station, tmp_path, limits: str, words: str) -> None:
    posts = '[[posts]]\nid = "A"\nvolts = 230.0\n[[posts]]\nid = "B"\nvolts = 400.0\n'
    (tmp_path / "odd.toml").write_text(posts + limits)
    with pytest.raises(BadInput, match=rf"station\.load: .*{words}"):
        station(ALONE * 2, {"station.site": str(tmp_path / "odd.toml"), "station.limit_kw": None}, load=quarters(int))


# -- emissions ---------------------------------------------------------------------------------------------------------

DIRTY = "time,kg/kWh\n" + "".join(
    f"{half // 2}:{half % 2 * 30:02d},{0.5 if half < 17 else 0.2}\n" for half in range(48)
)


@pytest.mark.parametrize("more", [{}, ONLINE], ids=["day-ahead", "online"])
def test_emissions_move_charging_where_they_have_a_price(station, more) -> None:
    """At 0.2 $/kg a kWh costs 0.2 $ until 8:30 and 0.14 $ after: 0, 0, 6, 6 kW, 3 · 0.14 + 0.01/2 · ¼ · 72 = 0.51 $ and
    3 · 0.2 = 0.6 kg. Without a price 3 kW all along, 1.5 (0.5 + 0.2) = 1.05 kg."""
    free = station(keys=more, carbon=DIRTY).run()
    assert free.day.emitted_kg == pytest.approx(1.05, abs=1e-4)
    mission = station(keys=more | {"station.carbon_dollars_per_kg": 0.2}, carbon=DIRTY)
    record = mission.run()
    np.testing.assert_allclose(record.day.metered_kw[0, 0, 32:36], [0, 0, 6, 6], atol=1e-4)
    assert record.private_cost[0, 0] == pytest.approx(0.51, abs=1e-6)
    assert record.day.emitted_kg == pytest.approx(0.6, abs=1e-4)
    rules = {one["rule"]: one for one in record.summary()["baselines"]}
    assert rules["uncontrolled"]["carbon_kg"] == pytest.approx(0.5 * 3, abs=1e-9)  # 6.656 kW: done by 8:27
    assert next(iter(rules.values()))["carbon_kg"] == pytest.approx(0.6, abs=1e-4)
    assert all(one["carbon_kg"] is not None for one in rules.values())
    assert station().run().summary()["baselines"][0]["carbon_kg"] is None


def test_the_tables_say_what_every_rule_emits(station, tmp_path) -> None:
    from robosim.charging.tables import findings, run_tables

    mission = station(carbon=DIRTY)
    record = mission.run()
    assert [str(column.header) for column in run_tables(record)[1].columns][-1] == "CO2"
    assert "1.05 kg CO2 emitted" in "\n".join(findings(record, mission))
    assert "CO2" not in "\n".join(findings(station().run(), mission))


def test_a_price_of_emissions_needs_to_know_them(station) -> None:
    with pytest.raises(BadInput, match=r"station\.carbon_dollars_per_kg: is 0\.2, and nothing says what a kWh emits"):
        station(keys={"station.carbon_dollars_per_kg": 0.2})


# -- means, files and records ------------------------------------------------------------------------------------------


def test_values_count_for_as_long_as_they_hold() -> None:
    """6 kg for 2 of 5 minutes and 1 for 3: 3; a plan has the least or the mean of the steps of its periods."""
    from robosim.charging.formats.time_series import Series

    series = Series(np.array([0.0, 2.0, 7.5]), np.array([6.0, 1.0, 2.0]), ())
    steps = mean_of_steps(series, Clock(np.array([0.0, 5.0]), 10.0))
    assert steps.tolist() == [3.0, 1.5]
    assert least_of_periods(steps, 2).tolist() == [1.5]
    assert mean_of_periods(steps, 2).tolist() == [2.25]


def test_series_travel_with_the_record(station, tmp_path) -> None:
    mission = station(load=quarters(busy), carbon=DIRTY)
    record = mission.run()
    again = robosim.load_record(record.save(tmp_path / "record"))
    np.testing.assert_array_equal(again.day.limit_a, record.day.limit_a)
    np.testing.assert_array_equal(again.day.carbon_kg_per_kwh, record.day.carbon_kg_per_kwh)
    assert {"station.load", "station.carbon"} <= set(mission.scenario.inputs())
    inside = [path.name for path in (tmp_path / "record").rglob("*.csv")]
    assert {"load.csv", "carbon.csv"} <= set(inside)
    np.testing.assert_array_equal(
        robosim.load(tmp_path / "record" / "world.toml").run().day.metered_kwh, record.day.metered_kwh
    )


def test_the_picture_has_what_is_left_as_stairs(station) -> None:
    from robosim.charging.figures.power import power
    from robosim.charging.figures.taxes import day_of

    record = station(load=quarters(busy)).run()
    (line,) = (one for axes in power(record).axes for one in axes.lines if one.get_label() == "left for the cars")
    assert line.get_ydata()[[95, 96, 101, 102]].tolist() == pytest.approx([10, 2, 2, 10])
    assert day_of(record).optimum()[2] == pytest.approx(0.35, abs=1e-6)


# -- what is refused ---------------------------------------------------------------------------------------------------


def stamped(first: str = "2019-10-29", days: int = 1, offset: str = "") -> list[str]:
    day = np.datetime64(first)
    return [f"{day + np.timedelta64(15 * q, 'm')}{offset},1" for q in range(96 * days)]


def text_of(rows: list[str]) -> str:
    return "time,kW\n" + "\n".join(rows) + "\n"


def changed(row: int, to: str | None) -> list[str]:
    """A day whose row is another one, or is missing."""
    rows = stamped()
    return [*rows[:row], *([] if to is None else [to]), *rows[row + 1 :]]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (changed(4, None), r"load\.csv:6: time: comes 30 min after the row before, rows are 15 min apart \(write"),
        (changed(0, None), r"load\.csv:2: time: the times are 2019-10-29 00:15 to .* 23:45, the mission begins at"),
        (stamped()[:-1], r"load\.csv:96: time: the values end at 2019-10-29 23:45, the mission's plan at 2019"),
        (changed(4, "2019-10-29 01:00,nan"), r'load\.csv:6: kW: must be a number, got "nan"'),
        (changed(4, "2019-10-29 01:00,"), r'load\.csv:6: kW: must be a number, got ""'),
        (changed(4, "2019-10-29 01:00,-1"), r'load\.csv:6: kW: must be >= 0, got "-1"'),
        (changed(4, "2019-10-29 01:00,5e6"), r"load\.csv:6: kW: must be <= 1e\+06, got .*kW, not W"),
        (changed(4, "2019-10-29 00:45,1"), r"load\.csv:6: time: is not after the row before"),
        (changed(4, "1 pm,1"), r'load\.csv:6: time: not a time: "1 pm"'),
        (changed(4, "13:00,1"), r'load\.csv:6: time: not a time: "13:00"'),
        (changed(4, "2019-10-29 01:00,1,2"), r"load\.csv:6: row: has not the 2 cells of the first line"),
        (changed(4, "2019-10-29 01:00Z,1"), r"some times have an offset from UTC, others none"),
        (stamped("2019-10-30"), r"load\.csv:2: time: the times are 2019-10-30 00:00 to .*, the mission begins at"),
        (stamped("2018-10-29"), r"load\.csv:2: time: the times are 2018-10-29 00:00 to .*, the mission begins at"),
        (["0,1", "15,1", "1440,1"], r"load\.csv:4: time: must be a time of day like the rows above, got"),
        (["0,1", "15,1", "x,1"], r"load\.csv:4: time: must be a time of day"),
        (["0,1", "15,1"], r"load\.csv:3: time: the values end at 00:30, the mission's plan at 24:00"),
        ([], r"load\.csv:1: file: holds no values"),
    ],
)  # fmt: skip
def test_what_a_series_must_not_have(station, rows: list[str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        station(load=text_of(rows))
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("time,kWh", 'needs one column "kW" in its first line, got'),
        ("time,W", 'needs one column "kW"'),
        ("time,L1 kW,L2 kW,L3 kW", "several columns for it: L1 kW, L2 kW, L3 kW .*lines, so that those are summed"),
        ("kW", 'needs one column "time"'),
        ("2019-10-29 00:00,5", 'needs one column "time"'),
    ],
)
def test_columns_are_plain(station, header: str, words: str) -> None:
    with pytest.raises(BadInput, match=rf"load\.csv:1: file: .*{words}"):
        station(load=header + "\n0" + ",1" * header.count(",") + "\n")


def test_a_unit_that_is_ten_thousand_times_too_large_is_a_slip(station) -> None:
    with pytest.raises(BadInput, match=r"carbon\.csv:2: moer: must be <= 5, got \"900\" \(kg a kWh: lbs/MWh"):
        station(carbon=quarters(lambda m: 900).replace("kW", "moer"))


def test_rows_of_other_days_are_in_nobodys_way_and_counted(station) -> None:
    rows = [*stamped("2019-10-28"), *stamped(), *stamped("2019-10-30")]
    rows[3] = rows[3].replace(",1", ",nan")  # of the day before
    said = station(load=text_of(rows)).day.said
    assert said[0] == "load.csv: 192 of 288 rows are of other times than the mission's"


def test_other_columns_are_named(station) -> None:
    text = "time,kW,weather\n" + "\n".join(f"{row},fine" for row in stamped()) + "\n"
    assert "load.csv: columns that are not used: weather" in station(load=text).day.said


def test_times_of_day_hold_on_each_day_and_stamps_on_their_own(station) -> None:
    rows = "2019-10-29 22:00,2019-10-30 07:00,20\n"
    mission = station(rows, load=quarters(lambda m: 4 if m < 60 else 0))
    assert mission.day.problem.given_kw[0, [0, 4, 96, 100]].tolist() == pytest.approx([6, 10, 6, 10])
    with pytest.raises(BadInput, match=r"the values end at 2019-10-30 00:00, the mission's plan at 2019-10-30 07:00"):
        station(rows, load=text_of(stamped()))


def test_stamps_are_read_on_the_clock_of_the_station(station) -> None:
    """8 kW at 15:00 UTC are those of 8:00 in California; without a zone all UTC stamps are doubted aloud."""
    rows = [f"{row.split(',')[0]},{8 if '15:00Z' in row else 0}" for row in stamped("2019-10-29", 2, "Z")]
    keys = {"station.timezone": "America/Los_Angeles"}
    given = station(
        keys=keys, load=text_of(["2019-10-29 06:45Z,0", *stamped_from(rows, "07:00Z")])
    ).day.problem.given_kw
    assert given[0, 31:34].tolist() == pytest.approx([10, 2, 10])
    with pytest.warns(UserWarning, match="the clock is UTC, as all stamps are"):
        station(load=text_of(rows))


def stamped_from(rows: list[str], begin: str) -> list[str]:
    first = next(k for k, row in enumerate(rows) if begin in row)
    return rows[first:]


def test_an_hour_that_comes_twice_has_its_second_values(station) -> None:
    """On 3 November 2019 clocks in California go back from 2:00 to 1:00."""
    utc = np.datetime64("2019-11-03T07:00") + np.arange(25 * 4) * np.timedelta64(15, "m")
    rows = [f"{moment}Z,{k // 4}" for k, moment in enumerate(utc)]
    keys = {"station.timezone": "America/Los_Angeles", "station.limit_kw": 50.0}
    mission = station("2019-11-03 08:00,2019-11-03 09:00,3\n", keys, load=text_of(rows))
    taken = 50 - mission.day.problem.given_kw[0]
    assert taken[[0, 4, 8, 92]].tolist() == pytest.approx([0, 2, 3, 24])
    assert "load.csv: clocks are set back: of the hour that comes twice the second values hold" in mission.day.said
