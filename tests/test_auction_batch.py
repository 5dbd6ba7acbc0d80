"""Auctions side by side: each mission of a batch, with its marginal problems, is what it would be alone."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation, Strategy
from robosim.controllers.selfish.bidders import CostMisreport, FreezeBid


class Mute(Strategy):
    """From round 4 on asks for something that is no number."""

    def say(self, k, memory, view):
        return memory, {**view.faithful, "z": np.full_like(view.faithful["z"], np.nan if k >= 4 else 0.5)}


class Evasive(Strategy):
    """Says what its share costs it, and of what it would have where another is absent something that is no number."""

    def report(self, view, decision, report):
        cost = report["cost"].copy()
        cost[1:] = np.nan
        return {"cost": cost}


def batch_of(*plays: tuple[int, int, Strategy], batch: int = 3, tax: str = "vcg"):
    """A market of four in which (mission, agent, strategy) are played."""
    mission = robosim.load("market", set={"bidders.count": 4, "leader.tax": tax, "mission.rounds": 60})
    one = [Deviation(strategy=s, missions=np.array([m]), agents=np.array([i])) for m, i, s in plays]
    return mission, replace(mission, deviations=tuple(one), batch=batch).run()


@pytest.mark.parametrize("tax", ["vcg", "groves"])
def test_a_mission_of_a_batch_is_the_mission_alone(tax: str) -> None:
    plays = [(1, 2, CostMisreport(shift=0.5)), (2, 0, FreezeBid()), (2, 3, CostMisreport(scale=2.0))]
    mission, together = batch_of(*plays, tax=tax)
    for m in range(3):
        here = tuple(
            Deviation(strategy=s, missions=np.array([0]), agents=np.array([i])) for of, i, s in plays if of == m
        )
        alone = replace(mission, deviations=here).run()
        np.testing.assert_array_equal(together.decision[m], alone.decision[0])
        np.testing.assert_array_equal(together.settlement.tax[m], alone.settlement.tax[0])
        np.testing.assert_array_equal(together.gap[m], alone.gap[0])
    assert np.abs(together.settlement.tax[1] - together.settlement.tax[0]).max() > 1e-3


@pytest.mark.parametrize("tax", ["vcg", "groves"])
@pytest.mark.parametrize("who", [(0, 1), (1, 3), (2, 0)])
def test_who_is_refused_is_so_in_its_own_mission_only(tax: str, who: tuple[int, int]) -> None:
    _, record = batch_of((*who, Mute()), tax=tax)
    expected = np.zeros((3, 4), dtype=bool)
    expected[who] = True
    np.testing.assert_array_equal(record.settlement.refused, expected)


@pytest.mark.parametrize("who", range(4))
def test_who_says_nonsense_about_what_would_be_without_another_is_refused(who: int) -> None:
    """The others' taxes are made of it: it counts as the least cost that can be, and the sender pays at least C."""
    _, record = batch_of((0, who, Evasive()), batch=1)
    assert record.settlement.refused[0].tolist() == [i == who for i in range(4)]
    assert np.isfinite(record.settlement.tax).all()
    assert record.settlement.tax[0, who] >= record.settlement.penalty[0, who] > 0
