"""What the judge says that selfishness earned: against the same mission in which only that agent is faithful."""

import numpy as np
import pytest

import robosim
from robosim.controllers.selfish.bidders import ConstantBid, CostMisreport

PAIR = {"leader.tax": "clearing-price", "mission.rounds": 200}
"""T, section II: v(z) = (z - 1)² twice, c = 1."""


def test_a_bid_against_the_clearing_price_gains_a_twelfth() -> None:
    """Faithful net cost 1/4 + 1/2 = 3/4; who always asks for 1/3 gets it at λ = 2/3 and ends at 4/9 + 2/9 = 2/3."""
    record = robosim.run("two-bidders", set=PAIR, strategies={1: ConstantBid(bid=1 / 3)})
    (found,) = record.verdict.gains
    assert (found.agent, found.strategy, found.covered) == (1, "constant-bid", False)
    assert found.gain == pytest.approx(1 / 12, abs=1e-6)
    assert found.others_change == pytest.approx(1 / 9 + 2 / 3 * 2 / 3 - 3 / 4, abs=1e-6)


def test_each_of_two_liars_is_held_against_the_mission_in_which_the_other_lies_still() -> None:
    plays = {0: CostMisreport(shift=0.5), 2: CostMisreport(scale=2.0)}
    world = {"bidders.count": 4, "mission.rounds": 60, "leader.tax": "vcg"}
    both = robosim.run("market", set=world, strategies=plays)
    for found in both.verdict.gains:
        alone = robosim.run("market", set=world, strategies={i: x for i, x in plays.items() if i != found.agent})
        change = both.net_cost[0] - alone.net_cost[0]
        assert found.gain == pytest.approx(-change[found.agent], abs=1e-12)
        assert found.others_change == pytest.approx(np.delete(change, found.agent).sum(), abs=1e-12)
        assert not found.covered  # a certificate speaks of one deviator
    assert [found.agent for found in both.verdict.gains] == [0, 2]


def test_a_single_liar_is_covered_and_gains_no_more_than_is_certified() -> None:
    record = robosim.run(
        "market", set={"bidders.count": 4, "leader.tax": "vcg"}, strategies={0: CostMisreport(shift=0.5)}
    )
    (found,) = record.verdict.gains
    assert found.covered
    assert found.gain <= record.verdict.epsilon.certified + 1e-9
