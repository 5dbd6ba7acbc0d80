"""Worlds with a station: what is accepted, the exact words of errors, where files are, how much memory is estimated."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robosim.agent import Strategy
from robosim.charging.keys import SESSIONS, TARIFFS
from robosim.charging.scenario import ChargingScenario, needs
from robosim.charging.site_keys import Charger
from robosim.charging.site_rules import LARGEST_A, LEAST_A
from robosim.charging.sources import SITES
from robosim.charging.station import posts as evse
from robosim.charging.station import tariff
from robosim.controllers.selfish import evs as selfish_evs
from robosim.controllers.selfish import visits as selfish_visits
from robosim.errors import BadInput, TooLarge
from robosim.scenario.loading import json_schema, load_scenario
from robosim.scenario.reading import template
from robosim.scenario.world_file import estimate_bytes

SMALLEST = '[mission]\nkind = "charging"\n[station]\n'
World = Callable[[str], Path]


@dataclass(frozen=True, kw_only=True)
class Dawdle(Strategy):
    """A deviation that does nothing, to stand in a table."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Writes w.toml into an empty current directory, so that messages begin with w.toml."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        Path("w.toml").write_text(text)
        return Path("w.toml")

    return write


@pytest.fixture
def deviation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selfish_evs, "EV_DEVIATIONS", {"dawdle": Dawdle})
    monkeypatch.setattr(selfish_visits, "VISITS", {})


def load(name: str | Path, *options: str) -> ChargingScenario:
    scenario = load_scenario(name, overrides=options)
    assert isinstance(scenario, ChargingScenario)
    return scenario


def errors(name: str | Path, *options: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_scenario(name, overrides=options)
    return str(caught.value).split("\n")


# -- what is accepted ------------------------------------------------------------------------------------------------


def test_defaults_are_those_of_the_documentation(world: World) -> None:
    found = load(world(SMALLEST))
    station, market, leader = found.station, found.market, found.leader
    assert (found.mission.rounds, found.mission.controller, found.record.every) == (60, "dual_decomposition", 1)
    assert (station.sessions, station.day, station.count, station.acn_site) == ("drawn", None, 50, None)
    assert (station.claimed_only, station.wants) == (False, "asked")
    assert (station.site, station.chargers, station.limit_kw, station.feeder_kw) == ("plain", None, None, 60.0)
    assert (station.charger, station.charger_kind) == (None, "continuous")
    assert (station.charger_max_a, station.voltage_v) == (32.0, 208.0)
    assert (station.period_min, station.step_min, station.periods) == (15, 5, 96)
    assert (station.tariff, station.tariff_day) == ("sce-tou-ev-4", "2019-10-29")
    assert (station.demand_dollars_per_kw, station.loss_dollars_per_kw2h) == (0.0, 0.0)
    assert (station.unmet, station.unmet_dollars_per_kwh) == ("forbidden", 1.0)
    assert (station.impossible, station.if_impossible, station.columns) == (None, "error", None)
    assert (station.wear_dollars_per_kw2h, station.wear_range_dollars_per_kw2h) == ("random", (0.002, 0.02))
    assert (station.waiting_dollars_per_kwh_h, station.waiting_range_dollars_per_kwh_h) == ("random", (0.0, 0.01))
    assert (station.battery, station.battery_kwh, station.battery_kw) == ("two-stage", 60.0, None)
    assert station.efficiency == 1.0
    assert (market.start_price, market.step, market.update, market.step_of_sure) == (0.0, "auto", "nesterov", None)
    assert (leader.tax, leader.epsilon, leader.epsilon_share, leader.bills) == ("vcg", None, None, None)


def test_caltech_brings_its_own_chargers_and_transformer(world: World) -> None:
    own = load(world(SMALLEST), "station.site=caltech").station
    assert (own.feeder_kw, own.charger_kind, own.polygon_sides) == (150.0, None, 24)
    other = load(
        "charging-day-ahead", "station.site=caltech", "station.charger=deadband", "station.polygon_sides=3"
    ).station
    assert (other.feeder_kw, other.charger_kind, other.polygon_sides) == (60.0, "deadband", 3)


def test_the_bundled_world() -> None:
    found = load("charging-day-ahead")
    assert (found.station.sessions, found.station.count, found.station.feeder_kw) == ("drawn", 50, 60.0)
    assert (found.leader.tax, found.leader.epsilon_share, found.leader.bills) == ("vcg", 1e-8, None)


@pytest.mark.parametrize("day", ["2019-10-29", "'2019-10-29'", "'20191029'", "'2019-W44-2'"])
def test_days_are_dates_of_toml_or_text(world: World, day: str) -> None:
    """Also without quotes, as `--set station.day=2019-10-29` is read."""
    found = load(world(SMALLEST), f"station.day={day}", "station.sessions=acn:jpl", f"station.tariff_day={day}")
    assert (found.station.day, found.station.tariff_day) == ("2019-10-29", "2019-10-29")
    assert found.station.acn_site == "jpl"
    assert load(world(f"{SMALLEST}sessions='acn:jpl'\nday={day}")).station.day == "2019-10-29"
    python = {"station.day": date(2019, 10, 29), "station.sessions": "acn:jpl"}
    assert load_scenario("charging-day-ahead", overrides=python).station.day == "2019-10-29"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("wear_dollars_per_kw2h", 0.01),
        ("waiting_dollars_per_kwh_h", 0.0),
        ("battery_kwh", "fitted"),
        ("battery_kwh", 40.0),
        ("battery_kw", 6.656),
        ("tariff", -0.05),
        ("tariff", "prices.json"),
        ("sessions", "../days/one"),
        ("unmet", "allowed"),
        ("claimed_only", True),
        ("efficiency", 0.9),
        ("chargers", 12),
    ],
)
def test_other_values(world: World, key: str, value: object) -> None:
    scenario = load_scenario(world(SMALLEST), overrides={f"station.{key}": value})
    assert getattr(scenario.station, key) == value  # type: ignore[union-attr]


def test_lists_count_drawn_sessions(world: World) -> None:
    listed = "station.waiting_dollars_per_kwh_h=[0, 1, 0.5]"
    assert load(world(SMALLEST), listed).station.count == 3
    assert load(world(SMALLEST), listed, "station.wear_dollars_per_kw2h=[1, 2, 3]").station.count == 3
    assert load(world(SMALLEST), listed, "station.sessions=day.csv").station.count == 50


def test_a_file_replaces_drawn_sessions_in_any_world() -> None:
    """`count` and `tariff_day` of the bundled world stay where they are, and unused."""
    assert load("charging-day-ahead", "station.sessions=day.csv", "station.day=2020-02-29").station.day == "2020-02-29"


def test_bills_by_meter(world: World) -> None:
    assert load(world(SMALLEST), "leader.bills=meter").leader.bills == "meter"


@pytest.mark.usefixtures("deviation")
def test_selfish_evs(world: World) -> None:
    (one,) = load(world(SMALLEST), "selfish=[{agents=[0, 49], strategy='dawdle'}]").selfish
    assert (one.agents, one.strategy, one.parameters(Dawdle)) == ((0, 49), "dawdle", {})


@pytest.mark.usefixtures("deviation")
def test_evs_of_a_file_are_counted_when_it_is_read(world: World) -> None:
    table, missing = "selfish=[{agent=50, strategy='dawdle'}]", "agent 50 does not exist (agents are 0..49)"
    assert errors(world(SMALLEST), table) == [f"--set:1: selfish.0.agent: {missing}"]
    assert load(world(SMALLEST), table, "station.sessions=day.csv").selfish[0].agents == (50,)


def test_names_that_are_copied_to_keep_loading_light() -> None:
    """World files know chargers, sites and tariffs by the names of the station's own tables."""
    assert get_args(Charger) == tuple(evse.KINDS)
    assert {kind: made.min_a for kind, made in evse.KINDS.items() if made.min_a} == LEAST_A
    assert {kind: made.max_a for kind, made in evse.KINDS.items() if made.levels_a} == LARGEST_A
    assert tuple(tariff.TARIFFS) == TARIFFS
    assert tuple(f"acn:{site}" for site in SITES) == SESSIONS[1:]


# -- the words of errors ---------------------------------------------------------------------------------------------

PATH = "a file (with a dot or a slash in its path)"
SOURCE = f'station.sessions: must be "drawn", "acn:caltech", "acn:jpl", or {PATH}'
PLACE = f'station.site: must be "plain", "caltech", or {PATH}'
PRICE = f'station.tariff: must be "sce-tou-ev-4", a price in dollars/kWh, or {PATH}'
KNOWN = "known: mission, station, market, leader, record, selfish"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("station=3", "station: must be a table, got 3 (write [station] on a line and its keys on the lines below)"),
        ("bidders.count=3", f"bidders: unknown section ({KNOWN})"),
        ("market.capacity_kw=3", "market.capacity_kw: unknown key (known: start_price, step, update)"),
        ("station.limit=3", 'station.limit: unknown key (did you mean "limit_kw"?)'),
        ("station.sessions=drwan", f'{SOURCE}, got "drwan" (did you mean "drawn"?)'),
        ("station.sessions=acn:caltec", f'{SOURCE}, got "acn:caltec" (did you mean "acn:caltech"?)'),
        ("station.sessions=''", f'{SOURCE}, got "" (for example sessions = "drawn")'),
        (
            "station.sessions=7",
            'station.sessions: must be text in double quotes, got 7 (for example sessions = "drawn")',
        ),
        ("station.site=caltec", f'{PLACE}, got "caltec" (did you mean "caltech"?)'),
        ("station.site=3", 'station.site: must be text in double quotes, got 3 (for example site = "plain")'),
        ("station.elsewhere=home", 'station.elsewhere: must be "any", "same-kind" or "forbidden", got "home" ('),
        ("station.tariff=sce", f'{PRICE}, got "sce" (for example tariff = "sce-tou-ev-4")'),
        ("station.tariff='0.1'", f'{PRICE}, got "0.1" (write the number without quotes)'),
        ("station.tariff=true", 'station.tariff: must be a number, got true (for example tariff = "sce-tou-ev-4")'),
        (
            "station.day=2019-10-29",
            'station.day: is used only with sessions from a file or "acn:…", got "drawn" '
            "(name those, or write tariff_day for the day whose prices hold)",
        ),
        (
            "station.sessions=acn:jpl",
            'station.day: is missing, sessions = "acn:jpl" needs one (for example day = "2019-10-29")',
        ),
        (
            "station.tariff_day='2019-02-29'",
            'station.tariff_day: must be a date, got "2019-02-29" (for example tariff_day = "2019-10-29")',
        ),
        (
            "station.tariff_day=2019-02-28 07:00:00",
            "station.tariff_day: must be text in double quotes, got 2019-02-28 07:00:00 "
            '(for example tariff_day = "2019-10-29")',
        ),
        ("station.count=0", "station.count: must be >= 1, got 0 (for example count = 50)"),
        (
            "station.charger_max_a=32000",
            "station.charger_max_a: must be <= 5000, got 32000 (for example charger_max_a = 32.0)",
        ),
        ("station.voltage_v=12", "station.voltage_v: must be >= 50, got 12 (for example voltage_v = 208.0)"),
        (
            "station.polygon_sides=24",
            'station.polygon_sides: is used only with site = "caltech" or a file as site, got "plain" '
            "(set that, or remove polygon_sides)",
        ),
        ("station.charger=acn", 'station.charger: must be "continuous", "deadband", "aerovironment" or '),
        (
            "station.period_min=7",
            "station.period_min: must divide the 1440 minutes of a day, got 7 (for example period_min = 15)",
        ),
        ("station.step_min=4", "station.step_min: must divide period_min = 15, got 4 (for example step_min = 15)"),
        (
            "station.wear_dollars_per_kw2h=-1",
            'station.wear_dollars_per_kw2h: must be >= 0, got -1 (for example wear_dollars_per_kw2h = "random")',
        ),
        (
            "station.waiting_dollars_per_kwh_h=[0, -1]",
            "station.waiting_dollars_per_kwh_h.1: must be >= 0, got -1 "
            '(for example waiting_dollars_per_kwh_h = "random")',
        ),
        (
            "station.waiting_range_dollars_per_kwh_h=[0, 0]",
            "station.waiting_range_dollars_per_kwh_h: needs lo < hi, got [0, 0] (for example [0.002, 0.02])",
        ),
        (
            "station.battery_kwh=some",
            'station.battery_kwh: must be "fitted" or a number, got "some" (for example battery_kwh = 60.0)',
        ),
        ("station.efficiency=1.1", "station.efficiency: must be <= 1, got 1.1 (for example efficiency = 1.0)"),
        (
            "leader.epsilon_share=2",
            "leader.epsilon_share: must be <= 1, got 2 (for example epsilon_share = 1e-08)",
        ),
        (
            "selfish=[{agent=1, strategy='stationary'}]",
            'selfish.0.strategy: "stationary" is not known (known: dawdle, programme; '
            "one of your own stands in controllers/stationary.py)",
        ),
    ],
)
@pytest.mark.usefixtures("deviation")
def test_words_of_errors(world: World, option: str, message: str) -> None:
    (line,) = errors(world(SMALLEST), option)
    assert line.removeprefix("w.toml:3: ").removeprefix("--set:1: ").startswith(message)


def test_words_about_two_keys(world: World) -> None:
    name = world(f"{SMALLEST}charger = 'clippercreek'\ncharger_max_a = 7\nwear_range_dollars_per_kw2h = [0.1, 0.2]\n")
    assert errors(
        name,
        "station.wear_dollars_per_kw2h=[1, 2]",
        "station.count=3",
        "leader.epsilon=1e-6",
        "leader.epsilon_share=1e-6",
    ) == [
        'w.toml:5: station.charger_max_a: is 7, chargers of kind "clippercreek" begin at 8 A '
        "(write charger_max_a = 8.0, or choose another charger)",
        'w.toml:6: station.wear_range_dollars_per_kw2h: is used only with wear_dollars_per_kw2h = "random", '
        "got [1, 2] (set that, or remove wear_range_dollars_per_kw2h)",
        "--set:1: station.wear_dollars_per_kw2h: has 2 numbers, there are 3 sessions "
        "(give one number for each session, or leave station.count to the list)",
        "--set:4: leader.epsilon_share: stands beside epsilon (remove one of them)",
    ]


def test_keys_of_a_plain_site_at_caltech(world: World) -> None:
    given = ["station.chargers=3", "station.charger_max_a=16", "station.voltage_v=240"]
    lines = errors(world(SMALLEST), "station.site=caltech", *given)
    assert [line.split(": ")[1] for line in lines] == [option.split("=")[0] for option in given]
    assert all('is used only with site = "plain", got "caltech"' in line for line in lines)


def test_a_file_that_names_no_kind_is_read_as_the_nearest(world: World) -> None:
    assert errors(world("[mission]\nrounds = 1\n[station]\ncount = 0\n")) == [
        'w.toml:1: mission.kind: is missing (for example kind = "charging")',
        "w.toml:4: station.count: must be >= 1, got 0 (for example count = 50)",
    ]


# -- where files are -------------------------------------------------------------------------------------------------


def test_a_file_named_in_a_world_is_relative_to_it(world: World, tmp_path: Path) -> None:
    """One named by an option is relative to the current folder; either may be absolute; words name no file."""
    (tmp_path / "far").mkdir()
    there = world("").rename(tmp_path / "far" / "w.toml")
    there.write_text(f"{SMALLEST}sessions = 'day.csv'\ntariff = '../prices.json'\n")
    inside = load(there)
    assert (inside.file_of("sessions"), inside.file_of("tariff")) == (
        tmp_path / "far" / "day.csv",
        tmp_path / "far" / "../prices.json",
    )
    assert load(there, "station.sessions=near/day.csv").file_of("sessions") == Path("near/day.csv")
    whole = load(there, "station={sessions = 'near/day.csv', tariff = 0.1}")
    assert (whole.file_of("sessions"), whole.file_of("tariff")) == (Path("near/day.csv"), None)
    assert load(there, f"station.sessions={tmp_path}/x.csv").file_of("sessions") == tmp_path / "x.csv"
    assert load("charging-day-ahead", "station.sessions=day.csv").file_of("sessions") == Path("day.csv")
    assert load("charging-day-ahead").file_of("sessions") is load("charging-day-ahead").file_of("tariff") is None


def test_a_scenario_without_a_file_takes_the_current_folder() -> None:
    values = {"mission": {"kind": "charging"}, "station": {"sessions": "day.csv"}}
    assert ChargingScenario.model_validate(values).file_of("sessions") == Path("day.csv")


def test_files_that_are_missing_are_named_where_they_are_named(world: World) -> None:
    name = world(f"{SMALLEST}sessions = 'day.csv'\ntariff = 0.1\n")
    hint = "a path in a world file is relative to it, one in an option to the current folder"
    with pytest.raises(BadInput) as caught:
        load(name).existing_file_of("sessions")
    assert str(caught.value) == f"w.toml:4: station.sessions: no such file: day.csv ({hint})"
    with pytest.raises(BadInput, match=r"^--set:1: station\.sessions: no such file: a/b\.json "):
        load(name, "station.sessions=a/b.json").existing_file_of("sessions")
    Path("day.csv").write_text("")
    assert load(name).existing_file_of("sessions") == Path("day.csv")
    assert load(name).existing_file_of("tariff") is None


def test_a_written_world_finds_its_files_from_any_folder(world: World, tmp_path: Path) -> None:
    name = world(SMALLEST)
    named = ("station.sessions=a/day.csv", "station.tariff=b.json", "station.load=c.csv", "station.carbon=a/d.csv")
    written = load(name, *named).to_toml()
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "w.toml").write_text(written)
    again = load(tmp_path / "far" / "w.toml")
    assert (again.file_of("sessions"), again.file_of("tariff")) == (tmp_path / "a" / "day.csv", tmp_path / "b.json")
    assert (again.file_of("load"), again.file_of("carbon")) == (tmp_path / "c.csv", tmp_path / "a" / "d.csv")
    assert again.to_toml() == written


# -- written, estimated, described -----------------------------------------------------------------------------------

POSITIVES = st.floats(1e-12, 1e12)
COSTS = {
    "wear_dollars_per_kw2h": ("wear_range_dollars_per_kw2h", POSITIVES),
    "waiting_dollars_per_kwh_h": ("waiting_range_dollars_per_kwh_h", st.floats(0, 1e12)),
}
SITES_OF_WORLDS: list[dict[str, Any]] = [
    {},
    {"site": "caltech", "polygon_sides": 6, "limit_kw": 70},
    {"chargers": 7, "charger": "deadband", "charger_max_a": 6, "voltage_v": 400},
    {"site": "/sites/depot.toml", "polygon_sides": 8, "elsewhere": "forbidden"},
    {
        "posts": [
            {"id": "A 1", "volts": 230, "levels_a": [6, 8]},
            {"id": "B*é", "volts": 90.5, "current": "DC", "max_a": 9},
        ]
    },
]
SOURCES: list[dict[str, Any]] = [
    {},
    {"sessions": "acn:caltech", "day": date(2019, 10, 29)},
    {"sessions": "/days/one.csv", "day": "2019-10-29", "claimed_only": True},
    {"sessions": "/days/one.json.gz"},
    {"sessions": "/a.xlsx", "day": "all", "impossible": "cap", "columns": {"arrival": ["Day", "At"], "max_kw": 'k"W'}},
    {"sessions": "acn:jpl", "day": "2019-10-29..2019-10-31", "impossible": "unmet"},
]


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Sections of a valid world, each key there or not."""
    n = draw(st.integers(1, 5))
    station: dict[str, Any] = {"count": n, **draw(st.sampled_from(SITES_OF_WORLDS)), **draw(st.sampled_from(SOURCES))}
    for key, (bounds, number) in COSTS.items():
        value = draw(st.one_of(st.just("random"), number, st.lists(number, min_size=n, max_size=n)))
        station |= {key: value} | ({bounds: [0.25, 9]} if value == "random" and draw(st.booleans()) else {})
    period, step = draw(st.sampled_from([(15, 5), (60, 60), (1440, 1)]))
    series = {"load": "/l.csv", "grid_limit": "/g.csv", "carbon": "/m.csv", "carbon_dollars_per_kg": 0.1}
    charged = {"demand_dollars_per_kw": "tariff", "loss_dollars_per_kw2h": 0.1, "pv": "/p.csv"}
    kinds = [{}, {"battery_kwh": "fitted", "tariff": 0.1}, {"battery_kw": 3, "tariff": "/t.json"}, series, charged]
    more = st.sampled_from(kinds)
    market = draw(st.sampled_from([{}, {"step": "0.5/L", "update": "gradient", "start_price": -1}]))
    leader = draw(st.sampled_from([{}, {"epsilon": 1e-6, "bills": "meter"}, {"epsilon_share": 0.5, "tax": "none"}]))
    return {
        "station": {**station, **draw(more), "period_min": period, "step_min": step},
        "market": market,
        "leader": leader,
    }


FILES = count()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds())
def test_a_written_scenario_loads_to_an_equal_one(tmp_path: Path, sections: dict[str, Any]) -> None:
    scenario = load_scenario("charging-day-ahead", overrides=sections)
    file = tmp_path / f"w{next(FILES)}.toml"
    file.write_text(scenario.to_toml())
    again = load_scenario(file)
    assert again == scenario
    assert again.to_toml() == scenario.to_toml()


def estimate(*options: str) -> int:
    return estimate_bytes(load("charging-day-ahead", *options))


def test_estimates_grow_with_rounds_and_with_the_square_of_evs_under_vcg() -> None:
    plans = 8 * 96 * (50 + 1) * 1000  # the plans of fifty EVs and a price, for every period
    assert estimate("mission.rounds=2000") - estimate("mission.rounds=1000") == plans
    assert estimate("mission.rounds=2000", "record.every=2") == estimate("mission.rounds=1000")
    vcg = [estimate(f"station.count={n}") - estimate("leader.tax=none", f"station.count={n}") for n in (10, 100)]
    assert vcg == [8 * 96 * 10 * n * n for n in (10, 100)]  # ten copies of N plans in N more problems
    assert estimate("station.period_min=5") - estimate("station.period_min=10") > estimate("station.period_min=15") / 2
    assert estimate("station.site=caltech") > estimate()


def sessions_seen(name: str | Path, *options: str) -> float:
    """N by the first estimate: N EVs x 2000 bytes and (N + 1) x 8 bytes a period and kept round, of which 2 + 1."""
    first, _ = load(name, *options, "mission.rounds=1", "station.period_min=1440", "station.step_min=1440").needs()
    return (first.size - 24) / (2000 + 24)


def test_sessions_of_a_table_are_its_rows_and_else_guessed(world: World) -> None:
    name = world(SMALLEST)
    rows = [f"2019-10-{29 + (k >= 300)} 08:00,{'x' * 400}" for k in range(307)]
    Path("day.csv").write_text("\n".join(["arrival,note", *rows]))
    Path("day.json").write_text('{"_items": []}')
    assert sessions_seen(name) == 50
    assert sessions_seen(name, "station.sessions=day.csv") == 300
    assert sessions_seen(name, "station.sessions=day.csv", "station.day=2019-10-29") == 300
    assert sessions_seen(name, "station.sessions=day.csv", "station.day=2019-10-30") == 7
    for unknown in ("day.json", "missing.csv", "'a\\u0000.csv'"):
        assert sessions_seen(name, f"station.sessions={unknown}") == 200
    assert sessions_seen(name, "station.sessions=acn:jpl", "station.day=2019-10-29") == 200


def test_a_read_file_replaces_the_guess() -> None:
    scenario = load("charging-day-ahead", "station.sessions=missing.csv", "leader.tax=none")
    assert [need.what for need in needs(scenario, 7)] == [
        "7 sessions x 96 periods x 2000 rounds",
        "7 sessions x 96 periods",
    ]


@pytest.mark.parametrize(
    ("options", "begin"),
    [
        (["station.count=1000000", "leader.tax=none"], "--set:1: station.count: 1000000 sessions x 96 periods x 2000 "),
        (
            ["mission.rounds=1000000000"],
            "--set:1: mission.rounds: 50 sessions x 96 periods x 1000000000 rounds need about 39.17 TB, ",
        ),
        (
            ["station.count=100000"],
            "--set:1: station.count: 100001 problems of 100000 sessions x 96 periods need about 76.95 TB, ",
        ),
        (["station.count=1000000000000000000"], "--set:1: station.count: "),
    ],
)
def test_absurd_sizes_are_refused(monkeypatch: pytest.MonkeyPatch, options: list[str], begin: str) -> None:
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "11.7")
    with pytest.raises(TooLarge) as caught:
        load("charging-day-ahead", *options)
    assert str(caught.value).startswith(begin)


def test_the_schema_has_either_bidders_or_a_station() -> None:
    schema = json_schema()
    forms = {ref["$ref"].rpartition("/")[2]: schema["$defs"][ref["$ref"].rpartition("/")[2]] for ref in schema["anyOf"]}
    bidders, station = forms["AuctionScenario"], forms["ChargingScenario"]
    assert {"bidders", "market"} <= set(bidders["required"])
    assert "station" in station["required"]
    assert not {"station"} & bidders["properties"].keys()
    assert not {"bidders"} & station["properties"].keys()
    assert not bidders["additionalProperties"]
    assert not station["additionalProperties"]
    assert schema["$defs"]["ChargingMarket"]["properties"]["update"]["default"] == "nesterov"


@pytest.mark.usefixtures("deviation")
def test_the_schema_offers_evs_their_own_strategies() -> None:
    assert json_schema()["$defs"]["SelfishEv"]["properties"]["strategy"]["enum"] == ["dawdle", "programme"]


def test_the_template_names_a_station_s_keys_at_the_start_of_lines() -> None:
    text = template("charging-day-ahead")
    assert set(tomllib.loads(text)) == {"mission", "station", "market", "leader"}
    assert "\nsessions = " in text
    assert "\nunmet = " in text
