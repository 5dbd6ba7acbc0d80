"""What the leader of a freight mission announces, and what it finds out about problems that lack somebody."""

import numpy as np
import pytest

import robosim
from robosim.controllers.selfish.suppliers import CostMisreport


@pytest.mark.parametrize("rounds", [1, 7, 40])
def test_the_others_alone_play_as_many_rounds_as_all(rounds: int) -> None:
    """h_-i (X, (7)) is what the others report after n rounds of P_-i, as in a mission of their own."""
    mission = robosim.load("freight", set={"mission.rounds": rounds})
    without = mission.run().without[0]
    for agent in range(4):
        alone = mission.without(agent).run()
        assert alone.rounds == rounds
        assert without[agent] == pytest.approx(alone.reported_cost[0].sum(), rel=1e-12)


@pytest.mark.parametrize("absent", range(4))
@pytest.mark.parametrize("liar", range(4))
def test_who_lies_does_so_under_its_new_number_where_another_is_absent(absent: int, liar: int) -> None:
    mission = robosim.load("freight", strategies={liar: CostMisreport(scale=3.0)})
    left = mission.without(absent)
    slope = np.delete(mission.types["slope"][0], absent, axis=0)
    assert left.names() == ({} if absent == liar else {(0, liar - (liar > absent)): "cost-misreport"})
    np.testing.assert_array_equal(left.types["slope"][0], slope)


@pytest.mark.parametrize("penalties", ["auto", "published"])
def test_a_penalty_that_is_given_replaces_the_one_that_would_be_found(penalties: str) -> None:
    keys = {"method.penalties": penalties}
    found = robosim.load("freight", set=keys).penalties
    given = robosim.load("freight", set=keys | {"method.rho": 0.0625}).penalties
    assert found["rho"] != 0.0625
    assert given == {**found, "rho": 0.0625}
    assert robosim.load("freight", set=keys | {"method.rho": 0.0625}).announced["rho"] == 0.0625
