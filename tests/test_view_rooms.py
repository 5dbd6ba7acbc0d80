"""Every kind of world is seen as what it is; a mission and the saved record of it look the same, pixel by pixel."""

import json
from dataclasses import replace

import numpy as np
import pytest

from robosim.build import load
from robosim.controllers.selfish.robots import InitialLie
from robosim.controllers.selfish.suppliers import StockWithholding
from robosim.errors import BadInput
from robosim.kind import kinds
from robosim.view import Playback
from robosim.view.scene import Chart, Gauge, Map, Table, kin_of, plain
from robosim.view.scenery import recalled_from
from tests.seen import mission, pixels, played, stored

DAY = {
    "station__count": 4,
    "station__limit_kw": 12.0,
    "station__step_min": 15,
    "station__replan_min": 15,
    "mission__rounds": 40,
}
WORLDS: list[tuple[str, dict[str, object]]] = [
    ("rendezvous", {}),
    ("rendezvous", {"mission__rounds": 9, "mission__travel": "after-agreeing"}),
    ("lossy", {"mission__rounds": 30}),
    ("long-haul", {"mission__rounds": 55}),
    ("rovers", {"mission__rounds": 8}),
    ("two-bidders", {"mission__rounds": 12}),
    ("charging", DAY),
    ("charging-day-ahead", DAY),
    ("freight", {"mission__rounds": 12, "leader__tax": "shadow-price", "freight__periods": 2}),
    ("aggregator", {"mission__rounds": 12, "leader__tax": "none"}),
]


@pytest.mark.parametrize(("world", "keys"), WORLDS, ids=[f"{world}-{i}" for i, (world, _) in enumerate(WORLDS)])
def test_a_mission_and_its_record_show_the_same_frames(world: str, keys: dict[str, object]) -> None:
    live, recalled = played(world, **keys), stored(world, **keys)
    assert live.positions() == recalled.positions()
    assert live.length == recalled.length == len(live.moments)
    for one, other in zip(live.moments, recalled.moments, strict=True):
        for name, x, y in zip(one._fields, one, other, strict=True):
            np.testing.assert_array_equal(x, y, err_msg=name)  # bit for bit, or a shade differs somewhere
    shown = set()
    for place in np.unique(np.linspace(0, live.length - 1, 9).astype(int)).tolist():
        live.seek(place)
        recalled.seek(place)
        assert pixels(live) == pixels(recalled), place
        shown.add(pixels(live))
    assert len(shown) > 5, "frames differ from each other"


def test_every_kind_has_a_scene_that_json_can_say() -> None:
    """No room but has one; what a page gets is plain: no NaN, no array, and the names of its parts."""
    assert all(kind.scene is not None for kind in kinds().values())
    for world in ("rendezvous", "two-bidders", "aggregator"):
        scene = played(world, 2).scene()
        said = json.loads(json.dumps(plain(scene), allow_nan=False))
        assert said["is"] == "Scene"
        assert said["title"] == scene.title
        assert said["main"]["is"] in ("Map", "Chart")
    said = plain(played("rendezvous", 2).scene())
    at = mission("rendezvous").run().positions[0, 2]
    np.testing.assert_array_equal(said["main"]["agents"]["at"], at)


def test_a_kind_without_a_scene_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    record = mission("two-bidders", mission__rounds=2).run()
    monkeypatch.setattr("robosim.view.scenery.kind_named", lambda noun: None)
    with pytest.raises(BadInput, match="two-bidders: auction has no scene"):
        recalled_from(record)


def test_messages_flash_as_the_radio_lost_them() -> None:
    """Links heard and not heard in all rounds are what the record counted; late ones are not heard."""
    keys = {"network__radio__delay_rounds": [0, 0], "mission__rounds": 30}
    watched, record = stored("lossy", **keys), mission("lossy", **keys).run()
    assert record.reception is not None
    heard, lost = (sum(len(getattr(one, name)) for one in watched.moments) for name in ("heard", "lost"))
    assert (heard + lost, lost) == (record.reception.sent[0], record.reception.lost[0])
    main = watched.scene().main
    assert isinstance(main, Map)
    assert [one.name for one in main.lines] == ["message", "lost or late"]


def test_batteries_ring_and_run_empty() -> None:
    record, watched = mission("long-haul", mission__rounds=55).run(), played("long-haul", mission__rounds=55)
    main = watched.scene().main
    assert isinstance(main, Map)
    log = record.bodies
    assert log is not None
    assert log.charge_j is not None
    np.testing.assert_array_equal(main.agents.level, log.charge_j[0, -1] / log.charge_j[0, 0])  # type: ignore[union-attr]
    np.testing.assert_array_equal(main.circles[0].at, log.pads[:, :2])
    empty = {i: k for i, k in enumerate(log.emptied[0].tolist()) if log.charge_j[0, -1, i] <= 0.0}
    assert len(empty) > 1
    assert ("bad", "empty: " + ", ".join(f"{i} (round {k})" for i, k in empty.items())) in watched.scene().facts, "R14"
    assert dict(watched.told(next(iter(empty))))["battery"] == f"empty since round {next(iter(empty.values()))}"
    travels = {"mission__travel": "after-agreeing", "energy__battery_j": 2.0, "mission__rounds": 9}
    points, spent = played("rendezvous", **travels), mission("rendezvous", **travels).run().spent_j[0]
    np.testing.assert_allclose(points.scene().main.agents.level, 1 - spent / 2.0)  # type: ignore[union-attr]
    assert 0.0 < spent.max() <= 2.0


def test_bids_stand_at_the_price_that_they_answer() -> None:
    """T, Section II: bidder i takes 1 - λ/2 of the price λ that it heard; the last bids clear the market at λ* = 1."""
    main = played("two-bidders").scene().main
    assert isinstance(main, Chart)
    assert [curve.agent for curve in main.curves] == [1, 0]
    for curve in main.curves:
        np.testing.assert_allclose(curve.y[2:], 1 - curve.x[2:] / 2)
        np.testing.assert_allclose([curve.x[-1], curve.y[-1]], [1.0, 0.5], atol=1e-6)


@pytest.mark.parametrize("world", ["charging", "charging-day-ahead"])
def test_the_station_is_that_of_the_record(world: str) -> None:
    """Who is there stands at its post, as full as it is, and draws what meters counted."""
    record, watched = mission(world, **DAY).run(), stored(world, **DAY)
    day, seen = record.day, 0
    for place in watched.positions():
        watched.seek(place)
        step = watched.moments[place]
        if not hasattr(step, "content_kwh") or not (step.content_kwh > 0).any():
            continue
        scene = watched.scene()
        assert isinstance(scene.main, Map)
        agents, here = scene.main.agents, np.flatnonzero(day.content_kwh[:, step.t] > 0)
        full = dict(zip(agents.ids.tolist(), agents.level.tolist(), strict=True))  # type: ignore[union-attr]
        for car in here:
            assert full[car] == day.content_kwh[car, step.t] / day.capacity_kwh[car]
        gauge, table = scene.side[:2]
        assert isinstance(gauge, Gauge)
        assert isinstance(table, Table)
        np.testing.assert_allclose(gauge.value, day.metered_kwh[:, step.t].sum() / day.step_h)
        assert gauge.limit == pytest.approx(12.0)
        assert sorted(table.agents) == here.tolist()
        known = len(step.price) if day.agreements == 0 else (step.t + 1) * len(step.price) // day.metered_kwh.shape[1]
        np.testing.assert_array_equal(np.isfinite(step.price), np.arange(len(step.price)) < known)
        seen += 1
    assert seen > 20
    assert day.post is not None
    crossing = [(i, j) for i in range(4) for j in range(i) if day.post[i] == day.post[j]]
    assert all(_apart(day.stay_min[i], day.stay_min[j]) for i, j in crossing), "one post, one car at a time"


def _apart(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(one[1] <= other[0] or other[1] <= one[0])


def test_roads_are_as_wide_as_what_they_carry() -> None:
    keys = {"mission__rounds": 12, "leader__tax": "none", "freight__periods": 2}
    record, watched = mission("freight", **keys).run(), played("freight", **keys)
    last = watched.moments[-1]
    assert record.roads is not None
    np.testing.assert_allclose(last.flow, record.roads.edge_load[-1])
    problem = mission("freight", **keys).problem  # type: ignore[attr-defined]
    np.testing.assert_allclose(watched.moments[12].flow, problem.flow(record.said["x"][0, 12]), atol=1e-9)
    main = watched.scene().main
    assert isinstance(main, Map)
    names = [one.name for one in main.lines]
    assert names == ["road", "flow", "trucks"]
    assert main.lines[1].width is not None
    carried = np.sort(last.flow[last.flow > 1e-3 * last.flow.max()])
    np.testing.assert_allclose(np.sort(main.lines[1].width), carried / carried.max())
    assert watched.scene().clock.startswith("period 2 of 2")


def test_what_is_told_of_an_agent_is_its_types_cost_and_tax_as_its_leader_would_settle_now() -> None:
    liar = InitialLie(exaggeration=2.0)
    watched = Playback.live(load("rendezvous-honest", strategies={2: liar}, set={"mission.rounds": 20}))
    for _ in range(7):
        watched.forward()
    told = dict(watched.told(2))
    assert watched.mission is not None
    settled = watched.mission.settle(watched.snapshots[7])
    assert told["true start"] != told["reported start"]
    assert told["plays"] == "initial-lie"
    assert told["cost so far"] == f"{settled.private_cost[0, 2]:.4g} m²"
    assert float(told["tax so far"].split()[0].replace(",", "")) == pytest.approx(
        settled.settlement.tax[0, 2], rel=1e-3
    )
    recalled = stored("rendezvous", mission__rounds=20)
    recalled.seek(7)
    assert dict(recalled.told(2))["tax so far"] == "not known before the end"
    thief = StockWithholding(share=0.5)
    shy = Playback.live(load("freight", strategies={1: thief}, set={"leader.tax": "none", "mission.rounds": 3}))
    told = dict(shy.told(1))
    true, claimed = (float(told[key].split(",")[0]) for key in ("true stock", "claims to have"))
    assert claimed < 0.9 * true
    assert dict(played("two-bidders", 5).told(0))["tax so far"].endswith("$")
    assert dict(played("freight", 3).told(0))["tax so far"] == "not known before the end", "it takes other missions"


def test_robots_are_moved_before_the_start_only() -> None:
    watched = Playback.live(mission("obstacles", mission__rounds=3))
    before = watched.moments[0].at[4].copy()
    assert watched.move(4, [0.2, -0.1])
    np.testing.assert_allclose(watched.moments[0].at[4], before + np.array([0.2, -0.1]))
    assert not watched.move(4, [100.0, 0.0]), "outside the type space"
    other = watched.moments[0].at[5] - watched.moments[0].at[4]
    assert not watched.move(4, other.tolist()), "another robot stands there"
    assert watched.forward()
    assert not watched.move(4, [0.1, 0.0])
    assert not Playback.live(mission("two-bidders")).move(0, [0.1, 0.1])


def test_the_selfish_come_last_in_the_legend_and_look_different() -> None:
    legend, rows = kin_of({1: "stationary", 4: "freeze"}, 6)
    assert [one.name for one in legend] == ["faithful", "freeze", "stationary"]
    assert rows.tolist() == [0, 2, 0, 0, 1, 0]
    assert len({one.look.colour for one in legend}) == len({one.look.shape for one in legend}) == 3


def test_records_that_could_not_be_drawn_are_refused() -> None:
    """What a picture takes from a record is held against the rest of it: no post, edge, pad or corner too few."""
    day, roads, robots = (
        mission(world, mission__rounds=2, **keys).run()
        for world, keys in (
            ("charging-day-ahead", {"station__count": 4, "station__limit_kw": 12.0}),
            ("freight", {"leader__tax": "none"}),
            ("obstacles", {}),
        )
    )
    for record in (day, roads, robots):
        assert (record.verdict, list(record.faults()))[1] == []
    post = replace(day, day=replace(day.day, post=np.full(4, 7), post_ids=("A", "B")))
    assert list(post.faults()) == ["day/post: names post 7, there are 2"]
    told = replace(day, types=day.types | {"told": day.types["told"][..., :2]})
    assert list(told.faults()) == ["types: told must hold energy and stay, got 2 numbers"]
    assert list(replace(roads, flows=roads.flows[..., 1:]).faults()) == [
        "flow: must have one number for each of 19 edges"
    ]
    for wrong, fault in (
        ({"first": robots.bodies.first[1:]}, "bodies/first"),
        ({"pads": np.ones((1, 2))}, "bodies/pads"),
    ):
        found = list(replace(robots, bodies=replace(robots.bodies, **wrong)).faults())
        assert len(found) == 1
        assert fault in found[0]
