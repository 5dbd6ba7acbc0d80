"""A learner that starts faithful finds bait-and-switch under the clearing price, and nothing above ε under VCG."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import robosim

pytest.importorskip("gymnasium", reason="LOUD: extra rl is not installed, no learner is tested")

LEARN = runpy.run_path(str(Path(__file__).parents[1] / "scripts" / "learn_bait.py"))["learn"]
ROUNDING = 1e-9


def bait(agent: int, rounds: int) -> float:
    """What the shipped strategy gains."""
    mission = robosim.load("six-bidders", set={"mission.rounds": rounds})
    (row,) = robosim.attack(mission, agents=[agent], strategies=["bait-and-switch"]).attacks
    return row.gain


def test_a_learner_finds_bait_and_switch_under_the_clearing_price() -> None:
    found = LEARN("six-bidders", 0, "clearing-price", 10, 12)
    bids = found.record.said["z"][0, :, 0, 0]
    assert found.history[0] < found.gain
    assert found.gain > 0.1
    assert bids[-1] > bids[1:-1].max() + 0.1  # low until the price is down, then the catch
    assert found.certified is None
    assert found.record.verdict.gains[0].gain == pytest.approx(found.gain, abs=ROUNDING)


def test_a_learner_finds_nothing_above_epsilon_under_vcg() -> None:
    found = LEARN("six-bidders", 0, "vcg", 8, 12)
    assert found.certified is not None
    assert found.certified < 1e-6
    assert found.gain <= found.certified + ROUNDING


def test_where_rounds_are_too_few_a_learner_gains_something_and_epsilon_says_how_much_at_most() -> None:
    found = LEARN("six-bidders", 0, "vcg", 8, 4)
    assert 1e-3 < found.gain <= found.certified


@pytest.mark.deep
@pytest.mark.parametrize("agent", range(6))
def test_long_runs_earn_what_the_shipped_strategy_earns_and_nothing_under_vcg(agent: int) -> None:
    found = LEARN("six-bidders", agent, "clearing-price", 60, 50)
    assert found.gain >= bait(agent, 50) - 1e-3
    safe = LEARN("six-bidders", agent, "vcg", 60, 50)
    assert safe.gain <= safe.certified + ROUNDING
