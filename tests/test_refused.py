"""A report that is no cost, in every kind of world: its sender is refused and pays, and the record is whole."""

import json

import numpy as np
import pytest
from rich.console import Console

import robosim
from robosim.agent import Strategy
from robosim.cli.tables import costs_table

WORLDS = {
    "rendezvous": ("rendezvous-honest", {"mission.rounds": 20}),
    "auction, vcg": ("six-bidders", {"leader.tax": "vcg"}),
    "auction, clearing price": ("six-bidders", {"leader.tax": "clearing-price"}),
    "charging, plan": ("charging-day-ahead", {"station.count": 6, "station.limit_kw": 5.0}),
    "charging, meter": ("charging-day-ahead", {"station.count": 6, "station.limit_kw": 5.0, "leader.bills": "meter"}),
    "freight, vcg": ("freight", {"mission.rounds": 20}),
    "freight, shadow price": ("freight", {"mission.rounds": 20, "leader.tax": "shadow-price"}),
}
NUMBERS = (np.nan, np.inf, -np.inf, 1e30, -1e30)


class Claim(Strategy):
    """Reports this number, whatever it cost."""

    def __init__(self, number: float) -> None:
        self.number = number

    def report(self, view, decision, report):
        return {"cost": np.full_like(report["cost"], self.number)}


@pytest.fixture(scope="module")
def honest():
    """Every world, played by faithful agents when first asked for."""
    kept = {}

    def play(name: str):
        if name not in kept:
            world, keys = WORLDS[name]
            kept[name] = robosim.load(world, set=keys).faithful().run()
        return kept[name]

    return play


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", WORLDS)
def test_who_reports_no_cost_is_refused_and_is_no_better_off(name: str, number: float, honest) -> None:
    world, keys = WORLDS[name]
    record = robosim.run(world, set=keys, strategies={1: Claim(number)})
    bill, faithful = record.settlement, honest(name)
    assert bill.refused[0].nonzero()[0].tolist() == [1]
    assert np.isfinite(bill.tax).all()
    assert bill.tax[0, 1] >= bill.penalty[0, 1] > 0
    assert record.net_cost[0, 1] >= faithful.net_cost[0, 1]
    np.testing.assert_array_equal(record.decision, faithful.decision)


@pytest.mark.parametrize("name", WORLDS)
def test_a_rule_that_does_not_enforce_collects_nothing(name: str, honest) -> None:
    world, keys = WORLDS[name]
    record = robosim.run(world, set=keys | {"leader.tax": "none"}, strategies={1: Claim(np.nan)})
    assert record.settlement.refused[0].nonzero()[0].tolist() == [1]
    assert not record.settlement.tax.any()


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", ["rendezvous", "auction, vcg", "charging, plan", "freight, vcg"])
def test_a_record_with_such_a_report_is_whole(name: str, number: float, tmp_path) -> None:
    """JSON has no word for it, tables show a dash, and it comes back from its folder bit for bit."""
    world, keys = WORLDS[name]
    record = robosim.run(world, set=keys, strategies={1: Claim(number)})
    said = json.loads(json.dumps(record.summary(), allow_nan=False))
    assert said["agents"][1]["reported_cost"] == (number if np.isfinite(number) else None)
    assert said["leader"]["refused"] == [1]
    Console(quiet=True).print(costs_table(record))
    back = robosim.load_record(record.save(tmp_path / "run"))
    np.testing.assert_array_equal(back.reported_cost, record.reported_cost)
    np.testing.assert_array_equal(back.settlement.tax, record.settlement.tax)
    assert back.summary() == record.summary()
