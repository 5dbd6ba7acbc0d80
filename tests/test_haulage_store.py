"""Freight records on disk, bit for bit, and what stands in the JSON of a freight run."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

import robosim
from robosim.controllers.selfish.suppliers import CostMisreport
from robosim.freight.record import FreightRecord, RoadLog

CONTRACT = {
    "robosim", "world", "kind", "seed", "rounds", "interrupted", "agents", "leader", "social_cost", "optimum", "budget",
    "individually_rational", "epsilon", "gains", "mechanisms", "prices", "history", "baselines", "unknown",
}  # fmt: skip
AGENT = {"id", "strategy", "type", "decision", "private_cost", "reported_cost", "energy_j", "tax", "net_cost"}
LEADER = {"tax", "bound", "distance", "beta", "penalised", "penalty"}


def interrupted(world, **keys):
    """Stopped after round 3, as by Ctrl-C."""

    def stop(snapshot):
        if snapshot.k == 3:
            raise KeyboardInterrupt

    return robosim.load(world, set=keys).run(watch=stop)


CASES = {
    "roads": lambda: robosim.run("freight"),
    "lies": lambda: robosim.run("freight", strategies={2: CostMisreport()}, set={"mission.rounds": 40}),
    "shadow-price": lambda: robosim.run("freight", set={"leader.tax": "shadow-price", "mission.rounds": 40}),
    "general": lambda: robosim.run("aggregator"),
    "thinned": lambda: robosim.run("freight", set={"record.every": 50, "mission.controller": "dc_admm"}),
    "interrupted": lambda: interrupted("freight"),
    "interrupted general": lambda: interrupted("aggregator", **{"leader.tax": "none"}),
}


@pytest.fixture(scope="module", params=CASES)
def record(request):
    return CASES[request.param]()


def same(a, b):
    """Bit for bit: dtypes, shapes and values, NaN where NaN was."""
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            same(a[key], b[key])
    elif hasattr(a, "__dataclass_fields__"):
        for field in fields(a):
            same(getattr(a, field.name), getattr(b, field.name))
    else:
        assert a == b


def test_a_record_comes_back_bit_for_bit(record, tmp_path):
    back = robosim.load_record(record.save(tmp_path / "run"))
    for field in fields(FreightRecord):
        if field.name != "judged":
            same(getattr(back, field.name), getattr(record, field.name))
    assert back.verdict == record.verdict
    assert back.summary() == record.summary()


def test_the_world_of_a_record_runs_to_the_same_record(tmp_path):
    record = CASES["lies"]()
    (tmp_path / "again.toml").write_text(record.world_toml)
    again = robosim.run(tmp_path / "again.toml", strategies={2: CostMisreport()})
    np.testing.assert_array_equal(again.said["x"], record.said["x"])
    np.testing.assert_array_equal(again.settlement.tax, record.settlement.tax)


def test_the_json_has_the_keys_of_every_kind_of_world_and_no_strange_number(record):
    text = json.dumps(record.summary(), allow_nan=False)
    found = json.loads(text)
    assert found == record.summary()  # lists, not tuples or arrays
    assert set(found) >= CONTRACT
    for row in found["agents"]:
        assert set(row) >= AGENT
        assert row["net_cost"] == pytest.approx(row["private_cost"] + row["tax"])
    assert set(found["leader"]) >= LEADER
    assert set(found["epsilon"]) == {"certified", "exact", "bounded"}
    assert found["kind"] == "freight"
    assert [len(x) for x in found["history"].values() if x is not None] == [len(record.kept)] * 5
    assert found["budget"] == pytest.approx(sum(row["tax"] for row in found["agents"]))
    assert len(found["mechanisms"]) == 4


def test_infinite_limits_and_gaps_are_null():
    """∞ is no limit; JSON has no word for it."""
    record = CASES["interrupted"]()
    assert record.verdict.epsilon.certified is None
    roads: RoadLog = record.roads
    capacity = np.full_like(roads.capacity, np.inf)
    record = replace(record, gap=np.inf, roads=replace(roads, capacity=capacity), objective=record.objective * np.nan)
    found = json.loads(json.dumps(record.summary(), allow_nan=False))
    assert found["agents"][0]["type"]["capacity"] == [None, None]
    assert found["agents"][0]["type"]["stock"] == roads.stock[0].tolist()
    assert found["leader"]["gap"] is None
    assert set(found["history"]["objective"]) == {None}


def test_prices_are_by_demander_and_good_and_decisions_by_path():
    """Variable (m·K + k)·I + t; row m·K + k of b."""
    mission = robosim.load("freight")
    record, instance = mission.run(), mission.instance
    found = record.summary()
    assert np.shape(found["prices"]) == instance.demand.shape
    shipped = np.array([row["decision"] for row in found["agents"]]).reshape(instance.N, instance.M, instance.K, -1)
    np.testing.assert_allclose(shipped.sum(axis=(0, 3)), instance.demand)
