"""`robosim export`: what is read back from the MCAP file is what the record says, in every kind of world."""

import json
import re
import warnings
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.errors import BadInput
from robosim.exporting import messages as telling
from robosim.exporting.timeline import timeline_of
from robosim.kind import kind_named
from robosim.palette import look

mcap = pytest.importorskip("mcap.reader", reason="LOUD: mcap is not installed (extra `export`), no export is tested")
DOCS = Path(__file__).parents[1] / "docs"
DAY = {"station.count": 5, "station.limit_kw": 9.0, "mission.rounds": 30}
RUNS = {
    "robots": ("rendezvous", {"mission.rounds": 12}),
    "space": ("drones", {"mission.rounds": 5}),
    "bodies": ("rovers", {"mission.rounds": 10}),
    "bidders": ("six-bidders", {}),
    "cars": ("charging-day-ahead", DAY),
    "suppliers": ("freight", {"mission.rounds": 20}),
    "a general problem": ("aggregator", {"mission.rounds": 20}),
}


class Read:
    """A file read back: topic → [(seconds, message)], and its schemas by topic."""

    def __init__(self, path):
        self.topics, self.schemas, self.path = defaultdict(list), {}, path
        with open(path, "rb") as file:
            for schema, channel, message in mcap.make_reader(file).iter_messages():
                assert (schema.encoding, channel.message_encoding) == ("jsonschema", "json")
                assert message.log_time == message.publish_time
                self.schemas[channel.topic] = schema.name, json.loads(schema.data)
                self.topics[channel.topic].append((message.log_time / 1e9, json.loads(message.data)))

    def __call__(self, topic):
        return [message for _, message in self.topics[topic]]

    def seconds(self, topic):
        return [t_s for t_s, _ in self.topics[topic]]

    def entity(self, name, place=-1):
        (found,) = [one for one in self("/scene")[place]["entities"] if one["id"] == name]
        return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Record and file of each run, once."""
    kept, folder = {}, tmp_path_factory.mktemp("exports")

    def found(name):
        if name not in kept:
            world, keys = RUNS[name]
            record = robosim.run(world, set=keys)
            kept[name] = record, Read(robosim.export(record, folder / f"{name}.mcap"))
        return kept[name]

    return found


def faults(schema, value, place="message"):
    """Where a message is not what its schema says: of the words of JSON Schema those that ours use."""
    known = {"title", "type", "properties", "required", "items", "enum", "minimum", "maximum"}
    assert set(schema) <= known, set(schema) - known
    python = {"object": dict, "array": list, "string": str, "boolean": bool, "number": (int, float), "integer": int}
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    if kinds and not any(value is None if kind == "null" else isinstance(value, python[kind]) for kind in kinds):
        yield f"{place}: {value!r} is no {kinds}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    elif isinstance(value, dict):
        missing, others = (
            set(schema.get("required", [])) - set(value),
            set(value) - set(schema.get("properties", value)),
        )
        if missing or others:
            yield f"{place}: lacks {missing}, has {others}"
        for key, one in schema.get("properties", {}).items():
            yield from faults(one, value[key], f"{place}.{key}") if key in value else ()
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from faults(schema.get("items", {}), one, f"{place}[{number}]")
    elif isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{place}: {value} is out of range"


@pytest.mark.parametrize("name", RUNS)
def test_every_message_is_what_its_schema_says_and_times_never_fall(name, exported) -> None:
    _, file = exported(name)
    assert {"/log", "/settlement"} < set(file.topics)
    for topic, (called, schema) in file.schemas.items():
        assert schema["title"] == called or called.startswith("robosim.")
        for message in (file(topic)[0], file(topic)[-1]):
            assert not list(faults(schema, message)), topic
        assert file.seconds(topic) == sorted(file.seconds(topic))


def test_faults_of_messages_are_found() -> None:
    """The test above can fail."""
    _, schema = "foxglove.Log", telling.schemas.LOG
    good = {"timestamp": {"sec": 0, "nsec": 5}, "level": 2, "message": "", "name": "", "file": "", "line": 0}
    assert not list(faults(schema, good))
    for wrong in ({"level": 9}, {"message": 3}, {"timestamp": {"sec": 0, "nsec": -1}}, {"more": 1}):
        assert len(list(faults(schema, good | wrong))) == 1
    assert len(list(faults(schema, {key: x for key, x in good.items() if key != "line"}))) == 1


def xyz(place, d=2):
    return [place[axis] for axis in "xyz"[:d]]


@pytest.mark.parametrize("name", ["robots", "space"])
def test_robots_are_where_the_record_has_them(name, exported) -> None:
    """In the scene, in their frames and in the numbers, at k dt seconds, in the colour of what they play."""
    record, file = exported(name)
    d = record.start.shape[1]
    np.testing.assert_allclose(file.seconds("/scene"), record.kept * record.dt_s, atol=1e-6)
    sort = "spheres" if d == 3 else "cylinders"
    for row in (0, 3, -1):
        for robot in (0, 7):
            at = record.positions[0, row, robot]
            assert xyz(file.entity(f"robot {robot}", row)[sort][0]["pose"]["position"], d) == at.tolist()
            frame = file("/tf")[row]["transforms"][robot]
            assert (frame["child_frame_id"], xyz(frame["translation"], d)) == (f"robot {robot}", at.tolist())
            assert file("/robots")[row]["agents"][robot]["position_m"] == at.tolist()
    for (_, robot), strategy in record.strategies.items():
        shown = file.entity(f"robot {robot}")
        red = int(look(strategy).colour[1:3], 16) / 255
        assert shown["metadata"][0] == {"key": "strategy", "value": strategy}
        assert shown[sort][0]["color"]["r"] == red
    np.testing.assert_allclose([one["distance_m"] for one in file("/agreement")], record.distance[0])
    np.testing.assert_allclose([one["beta_m"] for one in file("/agreement")], record.beta)


def test_links_join_robots_and_trails_end_where_they_are(exported) -> None:
    record, file = exported("robots")
    (links,) = file.entity("link 0", 5)["lines"]
    ends = np.array([xyz(point) for point in links["points"]]).reshape(-1, 2, 2)
    np.testing.assert_array_equal(ends, record.positions[0, 5][record.edges])
    (trail,) = file.entity("trail of robot 2", 5)["lines"]
    np.testing.assert_array_equal([xyz(point) for point in trail["points"]], record.positions[0, :6, 2])
    assert not [one["id"] for one in file("/scene")[0]["entities"] if "trail" in one["id"]]


def test_bodies_have_their_size_and_look_where_they_do(exported) -> None:
    record, file = exported("bodies")
    disc, arrow = (file.entity("robot 3", 8)[key][0] for key in ("cylinders", "arrows"))
    assert disc["size"]["x"] == disc["size"]["y"] == 2 * record.bodies.radius_m[3]
    turn = arrow["pose"]["orientation"]
    heading = 2 * np.arctan2(turn["z"], turn["w"])
    assert np.cos(heading - record.bodies.headings_rad[0, 8, 3]) == pytest.approx(1.0)
    assert np.hypot(turn["z"], turn["w"]) == pytest.approx(1.0)
    assert file("/tf")[8]["transforms"][3]["rotation"] == turn


def test_obstacles_stand_on_the_ground_once(tmp_path) -> None:
    record = robosim.run("obstacles", set={"mission.rounds": 5})
    (ground,) = Read(robosim.export(record, tmp_path / "a.mcap"))("/ground")
    corners = [[xyz(point) for point in one["points"]] for one in ground["entities"][0]["lines"]]
    np.testing.assert_array_equal(np.concatenate(corners), record.bodies.outlines)
    assert len(corners) == len(record.bodies.first) - 1


def test_bids_and_prices_are_the_record_s(exported) -> None:
    record, file = exported("bidders")
    np.testing.assert_allclose([one["price_dollars_per_kw"] for one in file("/market")], record.prices[0])
    bids = [[agent["bid_kw"] for agent in one["agents"]] for one in file("/market")]
    np.testing.assert_allclose(bids, record.said["z"][0])
    assert file.seconds("/market") == record.kept.tolist()
    assert "/scene" not in file.topics


def test_a_day_has_load_limit_price_and_states_of_charge(exported) -> None:
    """At the end of each step, from midnight; who is not there has no state of charge."""
    record, file = exported("cars")
    day = record.day
    np.testing.assert_allclose(file.seconds("/day"), 3600 * day.step_h * np.arange(1, 289))
    load = [one["load_kw"] for one in file("/day")]
    assert sum(load) * day.step_h == pytest.approx(day.metered_kwh.sum())
    np.testing.assert_allclose([one["limit_kw"] for one in file("/day")], 9.0)
    np.testing.assert_allclose([one["price_dollars_per_kwh"] for one in file("/day")][::3], record.prices[0, -1] * 4)
    car = int(np.argmax(day.stored_kwh))
    soc = np.array([one["agents"][car]["state_of_charge_percent"] for one in file("/day")], dtype=float)
    np.testing.assert_array_equal(np.isfinite(soc), day.content_kwh[car] > 0)
    np.testing.assert_allclose(np.nanmax(soc), 100 * day.content_kwh[car].max() / day.capacity_kwh[car])
    assert [one["round"] for one in file("/plan")] == record.kept.tolist()


def test_cars_come_into_the_scene_and_leave_it(exported) -> None:
    """What is deleted was there before, and is not there any more."""
    record, file = exported("cars")
    before: set[str] = set()
    left = set()
    for scene in file("/scene"):
        now = {one["id"] for one in scene["entities"]}
        assert {one["id"] for one in scene["deletions"]} == before - now
        left |= before - now
        before = now
    departed = (record.day.stay_min[:, 1] < 24 * 60 - 5).nonzero()[0]
    assert {f"EV {car}" for car in departed} <= left
    assert len(departed) > 2


def test_flows_are_lines_as_wide_as_they_are_large(exported) -> None:
    record, file = exported("suppliers")
    scene = file("/scene")[record.rounds]
    (flows,) = [one["lines"] for one in scene["entities"] if one["id"].startswith("flow")]
    widths = np.array([one["thickness"] for one in flows])
    ends, which = np.unique(record.roads.edges, axis=0, return_inverse=True)
    carried = np.bincount(which.ravel(), weights=record.flows[0, -1], minlength=len(ends))
    some = carried > 1e-3 * carried.max()
    assert len(flows) == some.sum()
    np.testing.assert_allclose(widths, np.maximum(10.0 * carried[some] / carried.max(), 1.5))
    missed = np.array([one["demand_residual"] for one in file("/agreement")], dtype=float)
    np.testing.assert_allclose(missed, np.where(np.isfinite(record.residuals), record.residuals, np.nan)[0, :, 0])
    loads = [one["edge_flow"] for one in file("/roads")]
    np.testing.assert_allclose(loads[::8], record.roads.edge_load)


def test_problems_without_places_have_numbers_only(exported) -> None:
    record, file = exported("a general problem")
    assert set(file.topics) == {"/agreement", "/log", "/settlement"}
    decided = [[agent["decides_in_all"] for agent in one["agents"]] for one in file("/agreement")]
    np.testing.assert_allclose(decided, record.said["x"][0].sum(axis=2))


@pytest.mark.parametrize("name", RUNS)
def test_the_settlement_is_the_bill(name, exported) -> None:
    record, file = exported(name)
    (bill,) = file("/settlement")
    assert [row["tax"] for row in bill["agents"]] == record.settlement.tax[0].tolist()
    assert bill["unit"] == record.unit
    said = [one["message"] for one in file("/log")]
    assert len([text for text in said if re.match(rf"{kind_named(record.noun).agent} \d+ \(", text)]) == len(
        bill["agents"]
    )
    assert f"tax {record.tax_rule}" in said[0]


def test_fines_are_warnings(exported) -> None:
    """Robot 3 does not move, and 12 rounds leave the team outside; whoever is inside has none."""
    record, file = exported("robots")
    fined = bool(record.settlement.penalised[0])
    unfair = robosim.run("rendezvous", set={"mission.rounds": 60})
    assert unfair.settlement.penalised[0]
    assert not fined
    warned = [one for one in telling.messages(unfair) if one.topic == "/log" and one.says["level"] == 3]
    assert len([one for one in warned if one.says["message"].endswith(", fined")]) == 12
    assert any("outside the bound: each is fined" in one.says["message"] for one in warned)
    assert not [one for one in file("/log") if one["message"].endswith("fined")]


def test_the_same_record_gives_the_same_bytes(exported, tmp_path) -> None:
    """Also when it was written and read."""
    for name in ("robots", "cars"):
        record, file = exported(name)
        again = robosim.export(robosim.load_record(record.save(tmp_path / name)), tmp_path / f"{name}.mcap")
        assert again.read_bytes() == file.path.read_bytes()


def test_many_moments_are_thinned_and_that_is_said(monkeypatch) -> None:
    monkeypatch.setattr(telling, "THINGS", 48)
    found = list(telling.messages(robosim.run("rendezvous", set={"mission.rounds": 12})))
    assert [one.ns for one in found if one.topic == "/scene"] == [
        one.ns for one in found if one.topic == "/robots" and one.says["agents"]
    ][::4]
    assert any("4 of 13 moments are in the scene" in one.says["message"] for one in found if one.topic == "/log")


def test_of_a_crowd_only_the_selfish_have_trails(monkeypatch) -> None:
    def trails(record):
        says = [one.says for one in telling.messages(record) if one.topic == "/scene"]
        return {one["id"] for one in says[-1]["entities"] if one["id"].startswith("trail")}

    record = robosim.run("rendezvous", set={"mission.rounds": 3})
    assert len(trails(record)) == 12
    monkeypatch.setattr("robosim.exporting.entities.CROWD", 11)
    assert trails(record) == {"trail of robot 3"}


def test_a_kind_that_tells_nothing_has_its_history(monkeypatch) -> None:
    record = robosim.run("six-bidders")
    silent = replace(kind_named("auction"), timeline=None, scene=None)
    monkeypatch.setattr("robosim.exporting.timeline.kind_named", lambda noun: silent)
    (track,) = timeline_of(record).tracks.values()
    np.testing.assert_array_equal(track.team["price"], record.prices[0])
    assert track.t_s.tolist() == record.kept.tolist()


def test_the_extra_is_named_and_other_endings_are_refused(exported, tmp_path, monkeypatch) -> None:
    record, _ = exported("bidders")
    with pytest.raises(BadInput, match=r"exports end in \.mcap, not '\.bag'"):
        robosim.export(record, tmp_path / "a.bag")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        robosim.export(record, tmp_path / "file" / "a.mcap")
    monkeypatch.setattr("robosim.exporting.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'faithful-robosim\[export\]'"):
        robosim.export(record, tmp_path / "a.mcap")


@pytest.mark.parametrize("page", ["export.md", pytest.param("figures.md", marks=pytest.mark.deep)])
def test_what_the_pages_say_runs(page, tmp_path, monkeypatch, capsys) -> None:
    """Each command, and each block of Python."""
    monkeypatch.chdir(tmp_path)
    robosim.run("erratum").save(tmp_path / "record")
    tried = 0
    for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL):
        if language == "python":
            exec(compile(text, page, "exec"), {})  # noqa: S102
            tried += 1
        for line in text.splitlines() if not language else ():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert main(re.split(r" {2,}", line)[0].split()[1:]) == 0, capsys.readouterr().err
            tried += 1
    assert tried >= 2


def test_topics_of_the_page_are_those_of_the_files(exported) -> None:
    """Each topic and each number that a file has is named there."""
    page = (DOCS / "export.md").read_text()
    for name in RUNS:
        _, file = exported(name)
        assert not [topic for topic in file.topics if f"`{topic}`" not in page]
