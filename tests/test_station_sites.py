"""Sites of one's own: power of posts, limits against waves in time, plans that keep to them, errors, and the page."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.charging.build import build_day
from robosim.charging.site_keys import LimitTable, PostTable, SiteSection
from robosim.charging.station.battery import batteries
from robosim.charging.station.caltech import caltech_site
from robosim.charging.station.posts import CONTINUOUS, DEADBAND, LEVELS
from robosim.charging.station.site_file import read_site
from robosim.errors import BadInput, TooLarge
from robosim.files.writing import value_text
from robosim.kernels.charging import blank
from robosim.kernels.station import execute_day
from robosim.scenario.loading import load_scenario
from robosim.scenario.reading import template
from tests.site_files import as_acn, as_toml, line_currents

PAGE = (Path(__file__).parents[1] / "docs" / "sites.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
DAY = """arrival,departure,requested_kwh,station_id,session_id
2026-03-02 08:00,2026-03-02 16:00,20,A1,s1
2026-03-02 08:10,2026-03-02 09:30,10,A2,s2
2026-03-02 08:20,2026-03-02 11:00,5,B1,s3
2026-03-02 09:00,2026-03-02 11:00,35,F1,s4
2026-03-02 10:00,2026-03-02 15:00,9,A1,s5
2026-03-02 16:30,2026-03-02 18:00,5,Z9,s6
"""
POSTS: list[dict[str, Any]] = [
    {"id": "T1", "volts": 400.0, "phases": 3},
    {"id": "T2", "volts": 400.0, "phases": 3, "max_a": 63.0},
    {"id": "S1", "volts": 230.0, "phase": "L1"},
    {"id": "S2", "volts": 230.0, "phase": "L2"},
    {"id": "S3", "volts": 230.0, "phase": "L3"},
    {"id": "S4", "volts": 230.0, "phase": "L1"},
    {"id": "U1", "volts": 400.0, "phase": "L1-L2", "max_a": 20.0},
    {"id": "U2", "volts": 400.0, "phase": "L3-L1", "max_a": 20.0},
    {"id": "D1", "volts": 800.0, "current": "DC", "max_a": 100.0},
]
LIMITS: list[dict[str, Any]] = [
    {"name": "feeder", "line": ["L1", "L2", "L3"], "limit_a": 70.0},
    {"name": "neutral", "line": "N", "limit_a": 25.0},
    {"name": "panel", "line": "L1", "posts": ["S1", "U1", "U2", "T1"], "limit_a": 50.0},
    {"name": "sum", "posts": ["S1", "S2", "D1"], "limit_a": 90.0},
    {"name": "power", "limit_kw": 44.0},
    {"name": "odd", "weights": {"S1": 1.0, "S2": -0.5, "U2": 2.0}, "limit_a": 40.0},
]


def tables(posts: list[dict[str, Any]], limits: list[dict[str, Any]], line_volts: float | None = 400.0) -> str:
    """A site file."""
    head = "" if line_volts is None else f"[site]\nline_volts = {line_volts}\n"
    found = [("posts", table) for table in posts] + [("limits", table) for table in limits]
    return head + "\n".join(
        f"[[{name}]]\n" + "".join(f"{key} = {value_text(value)}\n" for key, value in table.items())
        for name, table in found
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The examples of the page, with a day for them."""
    for name, text in zip(("depot.toml", "my.toml", "posts.toml"), EXAMPLES, strict=True):
        (tmp_path / name).write_text(text)
    (tmp_path / "posts.toml").write_text(EXAMPLES[2].replace("day.csv", "short.csv"))
    (tmp_path / "day.csv").write_text(DAY)
    (tmp_path / "short.csv").write_text("".join(DAY.splitlines(keepends=True)[k] for k in (0, 1, 4)))
    return tmp_path


def written(
    folder: Path, posts: list[dict[str, Any]], limits: list[dict[str, Any]], volts: float | None = 400.0
) -> Path:
    path = folder / "site.toml"
    path.write_text(tables(posts, limits, volts))
    return path


def complaints(path: Path) -> list[str]:
    """Every line of the error, without the folder."""
    with pytest.raises(BadInput) as caught:
        read_site(path)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


# -- power and currents ----------------------------------------------------------------------------------------------


def test_power_by_hand(tmp_path: Path) -> None:
    """3 x 400 V: 32 A are 22.17 kW; 230 V: 7.36 kW; 50 kW of 400 V direct current are 125 A; levels end at the last."""
    posts = [
        {"id": "a", "volts": 400.0, "phases": 3},
        {"id": "b", "volts": 230.0},
        {"id": "c", "volts": 400.0, "current": "DC", "max_a": 125.0},
        {"id": "d", "volts": 230.0, "levels_a": [16, 10, 63]},
        {"id": "e", "volts": 230.0, "kind": "deadband", "max_a": 80.0},
        {"id": "f", "volts": 208.0, "kind": "clippercreek", "max_a": 30.0},
    ]
    site = read_site(written(tmp_path, posts, [{"name": "all", "limit_kw": 100.0}]))
    assert site.evses.max_kw == pytest.approx([22.170, 7.36, 50.0, 14.49, 18.4, 4.992], abs=5e-4)
    assert site.evses.kind.tolist() == [CONTINUOUS, CONTINUOUS, CONTINUOUS, LEVELS, DEADBAND, LEVELS]
    assert site.evses.levels_a[site.evses.table[3]][:4].tolist() == [0.0, 10.0, 16.0, 63.0]
    assert site.evses.direct.tolist() == [False, False, True, False, False, False]
    assert site.name == "site"
    assert site.feeder.linear
    power = site.evses.voltage_v * site.evses.max_a / 1000
    full = site.feeder.loads(site.evses.max_a) / site.feeder.limit_a
    assert full == pytest.approx([power.sum() / 100.0])  # amperes of the first post, but as many kW


def test_lines_carry_what_waves_in_time_add_up_to(tmp_path: Path) -> None:
    """Sampled sines, in phase with the voltage across each post, against the phasors; also by hand."""
    site = read_site(written(tmp_path, POSTS, LIMITS))
    assert site.feeder.names == ("feeder L1", "feeder L2", "feeder L3", "neutral", "panel", "sum", "power", "odd")
    rng = np.random.default_rng(0)
    for _ in range(50):
        x = rng.uniform(0, site.evses.max_a) * rng.integers(0, 2, len(POSTS))
        loads = dict(zip(site.feeder.names, site.feeder.loads(x).tolist(), strict=True))
        waves = line_currents(POSTS, x, 400.0)
        assert [loads[f"feeder {line}"] for line in ("L1", "L2", "L3")] == pytest.approx(
            [waves[line] for line in ("L1", "L2", "L3")], abs=1e-9
        )
        assert loads["neutral"] == pytest.approx(waves["N"], abs=1e-9)
        part = [j for j, post in enumerate(POSTS) if post["id"] in ("S1", "U1", "U2", "T1")]
        assert loads["panel"] == pytest.approx(line_currents([POSTS[j] for j in part], x[part], 400.0)["L1"], abs=1e-9)
        assert loads["sum"] == pytest.approx(x[2] + x[3] + x[8])
    alone = site.feeder.loads(np.eye(len(POSTS))[8] * 10.0)  # 8 kW direct: 11.5 A of each line of 400 V
    assert alone[:4] == pytest.approx([11.547] * 3 + [0.0], abs=1e-3)


def test_a_post_beside_the_lines_needs_no_phase(tmp_path: Path) -> None:
    """Nor does a direct-current one that hangs on nothing else need the feeder's volts."""
    posts = [*POSTS[2:4], {"id": "X", "volts": 230.0}, POSTS[8]]
    limits = [
        {"name": "l", "line": ["L1", "N"], "posts": ["S1", "S2"], "limit_a": 9.0},
        {"name": "s", "limit_kw": 50.0},
    ]
    site = read_site(written(tmp_path, posts, limits, None))
    power = (3 * 230 + 3 * 230 + 4 * 230 + 5 * 800) / 230  # in amperes of the first post
    assert site.feeder.loads(np.array([3.0, 3.0, 4.0, 5.0])) == pytest.approx([3.0, 3.0, power])
    assert site.feeder.names == ("l L1", "l N", "s")


# -- planning --------------------------------------------------------------------------------------------------------


def everybody(posts: list[dict[str, Any]]) -> str:
    """One car at each post, from morning to night."""
    rows = [f"2026-03-02 0{k % 6}:00,2026-03-02 2{k % 3}:00,90,{post['id']},c{k}" for k, post in enumerate(posts)]
    return "\n".join(["arrival,departure,requested_kwh,station_id,session_id", *rows]) + "\n"


def world(folder: Path, site: Path, **keys: Any) -> Path:
    head = '[mission]\nkind = "charging"\nrounds = 50\n[station]\n'
    told = {"sessions": "cars.csv", "site": site.name, "unmet": "allowed", "battery_kwh": 100.0} | keys
    path = folder / "w.toml"
    path.write_text(head + "".join(f"{key} = {value_text(value)}\n" for key, value in told.items()))
    return path


def test_plans_that_the_rows_allow_keep_to_every_true_limit(tmp_path: Path) -> None:
    """200 random plans on the edge of the rows, executed without easing, whatever part of them cars take: never more
    than a limit by phasors (nor, in the worst step, by waves in time), and close to every limit now and then."""
    (tmp_path / "cars.csv").write_text(everybody(POSTS))
    site_file = written(tmp_path, POSTS, LIMITS)
    site, built = read_site(site_file), build_day(load_scenario(world(tmp_path, site_file)))
    day, station = built.problem, built.station
    at, amps_of = station.cars.station, 1000.0 / site.evses.voltage_v[station.cars.station]
    rng, closest = np.random.default_rng(1), np.zeros(len(site.feeder.names))
    for _ in range(200):
        wish = rng.exponential(size=(day.agents, day.periods)) * (rng.random((day.agents, 1)) < 0.6)
        wish = np.minimum(wish * day.limit_kw[:, None], day.limit_kw[:, None])
        z = wish * np.minimum(1.0, (day.rows_kw[:, None] / np.maximum(day.weights.T @ wish, 1e-9)).min(axis=0))
        for plan in (z, z * rng.random(z.shape)):  # all of it, any part of it
            amps = np.zeros((day.periods, len(POSTS)))
            amps[:, at] = (plan * amps_of[:, None]).T
            loads = site.feeder.loads(amps)
            assert (loads <= site.feeder.limit_a * (1 + 1e-9)).all()
            closest = np.maximum(closest, loads.max(axis=0) / site.feeder.limit_a)
            worst = amps[loads[:, 0].argmax()]
            waves = line_currents(POSTS, worst, 400.0)
            assert max(waves[line] for line in ("L1", "L2", "L3")) <= 70.0 * (1 + 1e-9)
            assert waves["N"] <= 25.0 * (1 + 1e-9)
        logs = blank(day.agents, len(site.feeder.limit_a), station.steps)
        content, metered = station.content_kwh.copy(), np.zeros(day.agents)
        gear = (station.cars, station.posts, station.wires)
        excess, _ = execute_day(*gear, z, station.ratio, station.step_h, False, content, metered, logs)
        assert excess <= 1e-9
    assert (closest > 0.9).all()


def test_caltech_written_out_is_caltech(tmp_path: Path) -> None:
    """The same decisions, prices, bills and currents, of a day on which the garage's feeder matters."""
    (tmp_path / "garage.toml").write_text(as_toml(caltech_site(14.0)))
    text = re.sub(r"\nlimit_kw = .*", "", template("charging-day-ahead")).replace(
        'site = "plain" ', 'site = "garage.toml" '
    )
    (tmp_path / "w.toml").write_text(text)
    keys = {"station.count": 12, "station.unmet": "allowed", "mission.rounds": 60}
    own = robosim.run(tmp_path / "w.toml", set=keys)
    ours = robosim.run("charging-day-ahead", set={**keys, "station.site": "caltech", "station.limit_kw": 14.0})
    assert ours.settlement.tax.max() > 0.01
    for name in ("decision", "prices", "private_cost", "net_cost"):
        np.testing.assert_allclose(getattr(own, name), getattr(ours, name), rtol=0, atol=1e-9)
    np.testing.assert_allclose(own.day.line_a, ours.day.line_a, rtol=0, atol=1e-9)


# -- worlds ----------------------------------------------------------------------------------------------------------


def test_the_page_s_examples_run_and_say_who_stands_elsewhere(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = (
        "2 of 6 cars stand at another post (1 whose own is taken, 1 whose own the site does not have; "
        'station.elsewhere = "same-kind"): s5: A1 → A2; s6: Z9 → A1'
    )
    assert main(["check", str(folder / "my.toml")]) == 0
    assert f"note: {note}" in capsys.readouterr().out
    assert main(["run", str(folder / "my.toml"), "--json"]) == 0
    assert note in json.loads(capsys.readouterr().out)["notes"]
    assert main(["run", str(folder / "my.toml")]) == 0
    assert capsys.readouterr().out.count(note) == 1
    mission = robosim.load(folder / "posts.toml")
    assert mission.day.problem.limit_kw == pytest.approx([22.17, 50.0], abs=5e-3)  # a DC car takes what its post gives
    assert mission.run().day.metered_kw[0].max(axis=1)[1] > 17.5  # 35 kWh in two hours


def test_a_record_plays_again_without_the_site_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "record"
    assert main(["run", str(folder / "my.toml"), "--out", str(out)]) == 0
    assert load_scenario(folder / "my.toml").inputs()["station.site"] == folder / "depot.toml"
    first = robosim.run(folder / "my.toml")
    for name in ("depot.toml", "day.csv"):
        (folder / name).unlink()
    np.testing.assert_array_equal(robosim.run(out / "world.toml").decision, first.decision)


def test_a_written_scenario_names_the_site_from_any_folder(folder: Path, tmp_path: Path) -> None:
    """Posts and paths stay, and what does not go with a site file is not written."""
    for name in ("my.toml", "posts.toml"):
        scenario = load_scenario(folder / name)
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        again = tmp_path / "elsewhere" / name
        again.write_text(scenario.to_toml())
        assert load_scenario(again).station == scenario.station.model_copy(
            update={key: str(path) for key, path in ((k.split(".")[1], p) for k, p in scenario.inputs().items())}
        )
        build_day(load_scenario(again))


def test_a_site_file_takes_keys_of_its_own_only(folder: Path) -> None:
    given = {"limit_kw": 9.0, "chargers": 3, "charger": "deadband", "voltage_v": 230.0, "charger_max_a": 16.0}
    with pytest.raises(BadInput) as caught:
        load_scenario(folder / "my.toml", overrides={f"station.{key}": value for key, value in given.items()})
    lines = str(caught.value).splitlines()
    assert sorted(line.split(": ")[1].removeprefix("station.") for line in lines) == sorted(given)
    assert all('got "depot.toml"' in line for line in lines)
    with pytest.raises(BadInput, match=r"no such file: .*nowhere\.toml") as caught:
        build_day(load_scenario(folder / "my.toml", overrides=["station.site=nowhere.toml"]))
    for key in ("posts", "elsewhere"):
        value = [{"id": "A", "volts": 230.0}] if key == "posts" else "any"
        site = "caltech" if key == "posts" else "plain"
        with pytest.raises(BadInput, match=rf"station\.{key}: is used only with"):
            load_scenario("charging-day-ahead", overrides={f"station.{key}": value, "station.site": site})


def test_chargers_above_32_amperes(tmp_path: Path) -> None:
    """A fleet of 63 A and 400 V between three phases' lines: 43.6 kW each."""
    keys = {"station.charger_max_a": 63.0, "station.voltage_v": 692.82, "station.charger": "deadband"}
    built = build_day(load_scenario("charging-day-ahead", overrides=keys | {"station.count": 5}))
    assert built.problem.limit_kw == pytest.approx(43.65, abs=0.01)
    with pytest.raises(BadInput, match='charger_max_a: is 63, chargers of kind "aerovironment" end at 32 A'):
        load_scenario("charging-day-ahead", overrides=keys | {"station.charger": "aerovironment"})


def test_posts_that_differ_behind_one_limit_of_power_are_levelled_like_equal_ones(folder: Path) -> None:
    """A kW takes a kW of the feeder, whatever volts it has: exactly, or the quick projection would not do."""
    posts = [{"id": f"P{k}", "volts": volts} for k, volts in enumerate(np.linspace(100.0, 300.0, 60).tolist())]
    keys = {"station.posts": posts, "station.unmet": "allowed", "station.limit_kw": 7.0}
    built = build_day(load_scenario("charging-day-ahead", overrides=keys))
    assert built.problem.plain
    assert built.problem.rows_kw == pytest.approx([7.0])


def test_fitted_batteries_take_their_energy_at_the_posts_they_stand_at(tmp_path: Path) -> None:
    """Slow posts and a fast one: each by its own power, within the stay, or 99 % of what that gives."""
    (tmp_path / "cars.csv").write_text(everybody(POSTS))
    path = world(tmp_path, written(tmp_path, POSTS, LIMITS), battery_kwh="fitted")
    built = build_day(load_scenario(path))
    cars, most = built.station.cars, built.problem.limit_kw
    stay_h = built.sessions.stay_h
    made = batteries(cars.capacity_kwh, built.station.content_kwh, most)
    wanted = np.minimum(90.0, 0.99 * most * stay_h)
    assert most.min() < 8 < 60 < most.max()
    assert made.meters_kwh(most, stay_h) == pytest.approx(wanted, abs=1e-6)


def test_rows_that_memory_has_no_room_for_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before they are made: the neutral of all three phases, 300 times, needs 24 sides each."""
    limits = [{"name": f"n{k}", "line": "N", "limit_a": 9.0} for k in range(300)]
    (folder / "depot.toml").write_text(tables(POSTS[2:6], limits))
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.05")
    keys = {"mission.rounds": 10, "station.sessions": str(folder / "short.csv"), "station.elsewhere": "any"}
    what = "7200 rows of 300 limits x 96 periods, 3 problems, 12 rounds need about 83.17 MB, the limit is 50 MB"
    with pytest.raises(TooLarge, match=f"my.toml:8: station.site: {what}"):
        build_day(load_scenario(folder / "my.toml", overrides=keys))


# -- errors ----------------------------------------------------------------------------------------------------------


def test_every_error_of_a_site_file_at_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "depot.toml").write_text(
        """[[posts]]
id = "A"
volts = 400
phases = 2
[[posts]]
id = "B"
volts = 20
breaker = 3
[[posts]]
id = "C"
volts = 400
current = "DC"
phase = "L1"
[[posts]]
id = "D"
volts = 230
[[posts]]
id = "D"
volts = 230
kind = "clippercreek"
max_a = 40
[[posts]]
id = "E"
volts = 230
angle_deg = 30
phase = "L1"
levels_a = [8]
kind = "deadband"
max_a = 7
[[limits]]
name = "l"
line = "L4"
limit_a = 3
[[limits]]
name = "m"
line = "L1"
limit_kw = 3
[[limits]]
name = "n"
posts = ["A", "X", "A"]
weights = {Y = 1.0}
[[limits]]
name = "n"
weights = {E = 1.0, D = 2.0}
limit_a = 1
limit_kw = 1
"""
    )
    assert main(["check", str(folder / "my.toml")]) == 2
    lines = capsys.readouterr().err.replace(f"{folder}/", "").splitlines()
    assert [line[: line.index(" (")] for line in lines] == [
        'depot.toml:1: site.line_volts: is missing, and the lines that feed DC post "C" carry a current by it',
        "depot.toml:4: posts.0.phases: must be 1 or 3, got 2",
        "depot.toml:7: posts.1.volts: must be >= 50, got 20",
        "depot.toml:8: posts.1.breaker: unknown key",
        "depot.toml:9: posts.2.max_a: is missing",
        "depot.toml:13: posts.2.phase: is of a single-phase post, this one loads every line",
        "depot.toml:14: posts.3.phase: is missing, and a limit on lines must know which it loads",
        "depot.toml:17: posts.4.phase: is missing, and a limit on lines must know which it loads",
        'depot.toml:18: posts.4.id: "D" is the name of post 3 already',
        'depot.toml:21: posts.4.max_a: is 40, chargers of kind "clippercreek" end at 32 A',
        "depot.toml:25: posts.5.angle_deg: stands beside phase",
        "depot.toml:27: posts.5.levels_a: stands beside kind",
        "depot.toml:29: posts.5.max_a: is 7, below every level",
        'depot.toml:32: limits.0.line.0: must be "L1", "L2", "L3" or "N", got "L4"',
        "depot.toml:37: limits.1.limit_kw: limits a sum of power, not the current of a line or of phasors",
        "depot.toml:38: limits.2.limit_a: is missing",
        'depot.toml:39: limits.2.name: "n" stands twice',
        'depot.toml:40: limits.2.posts.1: no post is called "X"',
        'depot.toml:40: limits.2.posts.2: "A" stands twice',
        "depot.toml:41: limits.2.weights: stands beside posts",
        'depot.toml:41: limits.2.weights.Y: no post is called "Y"',
        'depot.toml:43: limits.3.name: "n" stands twice',
        "depot.toml:44: limits.3.weights.D: this post has no angle, and others of this limit have one",
        "depot.toml:45: limits.3.limit_a: stands beside limit_kw",
    ]


def test_errors_of_posts_in_the_world_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "my.toml").write_text(
        '[mission]\nkind = "charging"\n[station]\nsessions = "day.csv"\n'
        '[[station.posts]]\nid = "A"\nvolts = 400\nphase = "L1"\nangle_deg = 3\n'
        '[[station.posts]]\nid = "A"\nvolt = 230\n[[station.posts]]\nid = "A"\nvolts = true\n'
    )
    assert main(["check", str(folder / "my.toml")]) == 2
    lines = capsys.readouterr().err.replace(f"{folder}/", "").splitlines()
    assert lines == [
        "my.toml:9: station.posts.0.angle_deg: stands beside phase (remove one of them)",
        "my.toml:10: station.posts.1.volts: is missing (for example volts = 230.0)",
        'my.toml:12: station.posts.1.volt: unknown key (did you mean "volts"?)',
        "my.toml:15: station.posts.2.volts: must be a number, got true (for example volts = 230.0)",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1: toml: the file holds no keys (a site file has [[posts]] and [[limits]], see docs/sites.md)"),
        ("posts = 3", "1: posts: must be a list, got 3 (write [[posts]] on a line and its keys on the lines below)"),
        ("[site]", "1: limits: is missing (write [[limits]] on a line and its keys below)"),
        ("[[posts]", "1: toml: "),
        ("pots = []", '1: pots: unknown section (did you mean "posts"?)'),
        ("site = 3", "1: site: must be a table, got 3 (write [site] on a line and its keys on the lines below)"),
        (
            "[site]\nname = ' x'",
            '2: site.name: must be 1 to 64 printable characters without blanks around them, got " x"',
        ),
        ("{", "1: json: "),
        ("{}", "1: context_dict: no objects"),
    ],
)
def test_what_is_no_site_file(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    assert any(line.startswith(message) for line in complaints(tmp_path / "s.toml"))


def test_a_post_that_nothing_limits_is_refused(tmp_path: Path) -> None:
    """Also one that a line does not feel: three balanced phases in the neutral, a post of other lines."""
    posts = [
        {"id": "T", "volts": 400.0, "phases": 3},
        {"id": "S", "volts": 230.0, "phase": "L2"},
        {"id": "W", "volts": 230.0, "phase": "L1"},
    ]
    limits = [
        {"name": "n", "line": "N", "posts": ["T", "W"], "limit_a": 9.0},
        {"name": "1", "line": "L1", "posts": ["S"], "limit_a": 9.0},
        {"name": "w", "weights": {"W": 0.0}, "limit_a": 9.0},
    ]
    fix = "name it in a limit, or write one without posts, which is for all"
    assert complaints(written(tmp_path, posts, limits)) == [
        f'{line}: posts.{k}.id: no limit holds "{name}" ({fix})' for line, k, name in ((4, 0, "T"), (9, 1, "S"))
    ]


def test_a_site_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("#" * 1_000_001)
    with pytest.raises(TooLarge, match=r"s\.toml:1: file: more than 1 MB"):
        read_site(tmp_path / "s.toml")


POISON = [
    None,
    True,
    -1,
    0,
    3,
    1e-300,
    1e300,
    10**400,
    "",
    "L1",
    "A1",
    "x" * 100,
    "\x1b",
    [],
    [[]],
    ["A1"],
    {},
    {"A1": 1},
]


def spoilt(value: Any, rng: random.Random) -> Any:
    """The same with one thing in it, anywhere, replaced by poison or left out."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return rng.choice(POISON)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = rng.choice(keys)
    if rng.random() < 0.15:
        return type(value)(
            {k: v for k, v in value.items() if k != key}
            if isinstance(value, dict)
            else [v for k, v in enumerate(value) if k != key]
        )
    changed = spoilt(value[key], rng)
    return {**value, key: changed} if isinstance(value, dict) else [*value[:key], changed, *value[key + 1 :]]


def test_spoilt_sites_are_read_or_refused_in_words(tmp_path: Path) -> None:
    """Nothing but a site, or lines with file, line, key and fix."""
    rng, path, read, lines = random.Random(0), tmp_path / "s.toml", 0, []
    own = {"site": {"line_volts": 400.0}, "posts": POSTS, "limits": LIMITS}
    theirs = json.loads(as_acn(caltech_site()))
    for turn in range(400):
        whole = spoilt(theirs if turn % 2 else own, rng)
        path.write_text(json.dumps(whole) if turn % 2 or not isinstance(whole, dict) else toml(whole))
        try:
            read_site(path)
            read += 1
        except BadInput as problem:
            lines += str(problem).splitlines()
    assert 30 < read < 370
    assert [line for line in lines if not re.match(r".*s\.toml:\d+: .*\(.*\)$", line)] == []


def toml(whole: dict[str, Any]) -> str:
    """Values as TOML, nothing as a text: what `written` writes, without headers."""
    found = {key: "nothing" if value is None else value for key, value in whole.items()}
    return "\n".join(f"{key} = {value_text(without_none(value))}" for key, value in found.items())


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(part) for key, part in value.items()}
    return [without_none(part) for part in value] if isinstance(value, list) else "nothing" if value is None else value


def test_the_page_names_every_key() -> None:
    for model in (PostTable, LimitTable, SiteSection):
        for key in model.model_fields:
            assert f"`{key}`" in PAGE or re.search(rf"^{key} = ", PAGE, re.MULTILINE), key
    for word in ("any", "same-kind", "forbidden"):
        assert f'`"{word}"`' in PAGE
