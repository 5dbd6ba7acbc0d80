"""What the others pay by an attack is played for the best ones only, and changes nothing of what is found."""

from __future__ import annotations

import math
import signal
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import robosim
from robosim import Strategy
from robosim.attacks import attack, cases
from robosim.attacks.table import comparison
from robosim.cli import tables

ONLINE = {
    "station.count": 6,
    "station.limit_kw": 12.0,
    "station.period_min": 60,
    "station.step_min": 60,
    "station.replan_min": 60,
    "mission.rounds": 12,
}
WORLDS = {
    "six-bidders": {"mission.rounds": 15},
    "charging-day-ahead": {"station.count": 5, "station.limit_kw": 10.0, "mission.rounds": 30},
    "charging": ONLINE,
}
TAXES = ["none", "clearing-price", "groves", "vcg"]


def by_case(found):
    """Attacks by what they are."""
    return {(one.strategy, one.tax_rule, one.agent): one for one in found.attacks}


def close(one, other) -> bool:
    """Up to rounding: more missions side by side move last digits of days planned as time goes on."""
    return abs(one - other) <= 1e-9 * (1 + abs(one))


@pytest.mark.parametrize(
    "world", ["charging", *(pytest.param(one, marks=pytest.mark.deep) for one in WORLDS if one != "charging")]
)
def test_gains_are_those_of_all_problems_and_the_best_know_what_the_others_pay(world: str) -> None:
    """Who deviates has no part in the problem without it: T, Algorithm 1, line 19, charges W_-i whatever i says."""
    mission = robosim.load(world, set=WORLDS[world])
    whole, quick = attack(mission, taxes=TAXES), attack(mission, taxes=TAXES, others="best")
    other = by_case(quick)
    assert by_case(whole).keys() == other.keys()
    for place, one in by_case(whole).items():
        assert close(one.gain, other[place].gain), place
        assert close(one.net_cost, other[place].net_cost), place
        known = not math.isnan(other[place].others_change)
        assert known or one.tax_rule == "vcg"
        assert not known or close(one.others_change, other[place].others_change), place
    names = {one.strategy for one in whole.attacks}
    known = [one for one in quick.attacks if one.tax_rule == "vcg" and not math.isnan(one.others_change)]
    assert {one.strategy for one in known} == names
    assert len(known) < sum(one.tax_rule == "vcg" for one in quick.attacks)
    same = comparison(whole, world, "$"), comparison(quick, world, "$")
    for name in names:
        for rule in TAXES:
            one, two = (table.cell(name, rule) for table in same)
            assert close(one.gain, two.gain)
            assert two.agent == one.agent or close(one.gain, by_case(whole)[name, rule, two.agent].gain)


class ElsewhereMute(Strategy):
    """Says nothing usable where somebody else is absent: it is fined for that."""

    serves = ("auction",)

    def say(self, k, memory, view):
        return memory, {"z": view.faithful["z"] + 0.01}

    def apart(self):
        return Mute()


class Mute(Strategy):
    def say(self, k, memory, view):
        return memory, {"z": np.full_like(view.faithful["z"], np.nan)}


def test_who_is_fined_in_a_problem_without_somebody_else_does_not_come_first() -> None:
    mission = robosim.load("six-bidders", set={"mission.rounds": 10}, tax="vcg")
    whole = attack(mission, strategies=[ElsewhereMute()])
    quick = attack(mission, strategies=[ElsewhereMute()], others="best")
    assert by_case(quick) == by_case(whole)
    assert max(one.gain for one in whole.attacks) < -1.0  # the fine


def test_one_problem_a_mission_is_played_until_the_best_are_known(monkeypatch) -> None:
    played = []
    batch = cases._batch

    def noted(mission, these):
        played.append((mission.copies, len(these)))
        return batch(mission, these)

    monkeypatch.setattr(cases, "_batch", noted)
    mission = robosim.load("six-bidders", set={"mission.rounds": 5})
    found = attack(mission, taxes=["none", "vcg"], strategies=["shift", "freeze"], others="best")
    assert played == [(1, 12), (1, 12), (7, 2)]
    assert len(found.attacks) == 24


def test_ctrl_c_before_the_last_problems_leaves_gains_and_says_what_is_unknown(monkeypatch, capsys) -> None:
    mission = robosim.load("six-bidders", set={"mission.rounds": 5})
    batch = cases._batch

    def stopped(mission, these):
        if mission.copies > 1:
            signal.raise_signal(signal.SIGINT)
        return batch(mission, these)

    monkeypatch.setattr(cases, "_batch", stopped)
    found = attack(mission, taxes=["none", "vcg"], strategies=["shift"], others="best")
    assert found.interrupted
    assert len(found.attacks) == 12
    assert all(math.isnan(one.others_change) == (one.tax_rule == "vcg") for one in found.attacks)
    tables.show_comparison(comparison(found, "six-bidders", "$"))
    tables.show_attacks(found, "$")
    shown = capsys.readouterr().out
    assert "nan" not in shown
    assert " -" in shown


def test_a_gain_that_is_another_one_by_rounding_only_is_the_same() -> None:
    """A car whose cost is 0 gains -1e-14 of what others pay if more is played beside it: who was first stays first."""
    bills = {"groves": SimpleNamespace(net_cost=np.array([[0.0, -100.0]]))}
    one = cases.Attack(
        agent=0, strategy="over-ask", parameters={}, tax_rule="groves", net_cost_faithful=0.0, net_cost=0.0, gain=0.0,
        others_change=math.nan, covered=True, plays=Strategy(),
    )  # fmt: skip
    known = SimpleNamespace(found=[one, replace(one, agent=1)], faithful=bills)
    whole = [replace(one, gain=-1e-12, others_change=3.0), replace(one, agent=1, gain=1e-6, others_change=4.0)]
    assert cases.Cases._replaced(known, whole[:1]) == set()
    assert (known.found[0].gain, known.found[0].others_change) == (0.0, 3.0)
    assert cases.Cases._replaced(known, whole[1:]) == {"over-ask"}
    assert known.found[1] is whole[1]


def test_progress_ends_where_it_said_that_it_would() -> None:
    steps = []
    mission = robosim.load("six-bidders", set={"mission.rounds": 5})
    attack(
        mission,
        taxes=["none", "vcg"],
        strategies=["shift", "freeze"],
        others="best",
        progress=lambda *x: steps.append(x),
    )
    assert steps == [(12, 14), (14, 14), (14, 14)]


def test_a_car_that_does_not_come_again_pays_the_groves_tax_once_beside_one_that_does() -> None:
    """In a batch in which somebody unplugs and comes again all missions have its second session; it is taxed there."""
    mission = robosim.load("charging", set=ONLINE, tax="groves")
    alone = by_case(attack(mission, agents=[3], strategies=["over-ask"]))
    beside = by_case(attack(mission, agents=[3], strategies=["re-plug", "over-ask"]))
    assert alone.keys() < beside.keys()
    for place, one in alone.items():
        assert close(one.net_cost, beside[place].net_cost)
        assert close(one.others_change, beside[place].others_change)
