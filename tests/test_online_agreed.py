"""Missions side by side whose agreement is made are not played on with the others: sooner done, and the same bits."""

from collections.abc import Callable

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation, Strategy
from robosim.charging.online import agreed
from robosim.controllers.dual_decomposition import ChargingCar
from robosim.controllers.selfish.pretenders import OverAsk
from robosim.mission import Mission, Snapshot
from robosim.record import Record

SMALL = {
    "station.count": 6,
    "station.limit_kw": 9.0,
    "station.replan_min": 15,
    "mission.rounds": 30,
    "station.unmet": "allowed",
}
LIES = ("constant-bid", "over-ask", "freeze", "late-arrival")
EACH = 4


def liars(mission: Mission, names: tuple[str, ...] = LIES) -> tuple[Deviation, ...]:
    """Cars 0 to 3 by each strategy, in missions of their own."""
    every = np.arange(EACH)
    return tuple(
        Deviation(strategy=mission.strategies[name](), missions=EACH * row + every, agents=every)
        for row, name in enumerate(names)
    )


def played(mission: Mission, monkeypatch: pytest.MonkeyPatch, fewer: float) -> tuple[Record, int]:
    """The record, and how often missions were parted."""
    end, often = ended(mission, monkeypatch, fewer)
    return mission.settle(end), often


def ended(mission: Mission, monkeypatch: pytest.MonkeyPatch, fewer: float) -> tuple[Snapshot, int]:
    """The same before it is settled."""
    count, parted = [0], agreed.parted

    def counted(*args: object) -> object:
        found = parted(*args)
        count[0] += found is not None
        return found

    monkeypatch.setattr("robosim.charging.online.mission.parted", counted)
    monkeypatch.setattr(agreed, "FEWER", fewer)
    return mission.played(mission.tape(1)), count[0]


@pytest.mark.parametrize("controller", ["dual_decomposition", "admm"])
def test_who_has_agreed_is_not_played_on_and_nothing_changes(monkeypatch, controller: str) -> None:
    mission = robosim.load("charging", tax="clearing-price", set=SMALL | {"mission.controller": controller})
    mission = mission.playing(liars(mission), batch=EACH * len(LIES))
    (fewer, often), (all_, never) = (played(mission, monkeypatch, share) for share in (0.75, 0.0))
    assert often > 10
    assert never == 0
    for one, other in zip(figures(fewer), figures(all_), strict=True):
        np.testing.assert_array_equal(one, other)
    assert fewer.net_cost.std(axis=0).max() > 1e-3, "missions differ"


def test_absent_cars_are_played_so_too_and_faults_keep_their_places(monkeypatch) -> None:
    """Under VCG each mission has one without each car; who says no number is marked in its own."""
    mission = robosim.load("charging", tax="vcg", set=SMALL | {"station.count": 5})
    cars = np.array([1, 4])
    mission = mission.playing((Deviation(strategy=Mute(), missions=np.arange(2), agents=cars),), batch=2)
    (end, often), (whole, _) = (ended(mission, monkeypatch, share) for share in (0.75, 0.0))
    assert often > 10
    assert sorted(end.faults) == sorted(whole.faults)
    fewer, all_ = mission.settle(end), mission.settle(whole)
    for one, other in zip(figures(fewer), figures(all_), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(np.argwhere(fewer.settlement.refused), [[0, 1], [1, 4]])


def test_who_cannot_be_told_apart_stays_with_all_others(monkeypatch) -> None:
    """A strategy of one's own that remembers something, and says nothing of how that is parted."""
    mission = robosim.load("charging", tax="none", set=SMALL)
    lying = (*liars(mission), Deviation(strategy=Counting(), missions=np.array([16]), agents=np.array([0])))
    _, often = played(mission.playing(lying, batch=17), monkeypatch, 0.75)
    assert often < played(mission.playing(lying[:-1], batch=16), monkeypatch, 0.75)[1]


def test_who_inherits_and_keeps_something_else_is_played_on(monkeypatch) -> None:
    """A program and a strategy that are like robosim's own, and count: their memories are nothing to be split."""
    mission = robosim.load("charging", tax="none", set=SMALL, controller=Counted())
    cars = np.arange(EACH)
    lying = (*liars(mission, ("constant-bid",)), Deviation(strategy=Twice(), missions=EACH + cars, agents=cars))
    record, often = played(mission.playing(lying, batch=2 * EACH), monkeypatch, 0.75)
    assert often == 0
    own = robosim.load("charging", tax="none", set=SMALL)
    same, often = played(own.playing(liars(own, ("constant-bid", "over-ask")), batch=2 * EACH), monkeypatch, 0.75)
    assert often > 0
    np.testing.assert_array_equal(record.net_cost[:EACH], same.net_cost[:EACH])
    twice = (*liars(own, ("constant-bid",)), Deviation(strategy=Twice(), missions=EACH + cars, agents=cars))
    assert played(own.playing(twice, batch=2 * EACH), monkeypatch, 0.75)[1] < often, "Twice() cannot be split"


def figures(record: Record) -> list[np.ndarray]:
    day: Callable = record.day
    return [record.net_cost, record.decision, record.gap, record.reported_cost, day.metered_kw, day.worth]


class Counted(ChargingCar):
    """Keeps how often it spoke as well, (state, count): a tuple that nobody knows how to split."""

    def start(self, own, rules, links):
        state, said = super().start(own, rules, links)
        return (state, 0), said

    def step(self, state, heard):
        inner, said = super().step(state[0], heard)
        return (inner, state[1] + 1), said


class Twice(OverAsk):
    """Remembers a number, and where its search began."""

    name = "twice"

    def say(self, k, memory, view):
        count, inner = memory or (0, None)
        inner, said = super().say(k, inner, view)
        return (count + 1, inner), said


class Mute(Strategy):
    """Says nothing usable now and then."""

    def say(self, k, memory, view):
        z = view.faithful["z"]
        return memory, {**view.faithful, "z": np.full_like(z, np.nan) if k == 1 else z}


class Counting(Strategy):
    """Asks for half in every other round."""

    def say(self, k, memory, view):
        z = view.faithful["z"] * (0.5 if (memory or 0) % 2 else 1.0)
        return (memory or 0) + 1, {**view.faithful, "z": z}
