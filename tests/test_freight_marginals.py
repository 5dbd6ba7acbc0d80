"""What the leader of a freight mission announces, and what it finds out about problems that lack somebody."""

import numpy as np
import pytest

import robosim
from robosim.controllers.selfish.suppliers import CostMisreport


@pytest.mark.parametrize("rounds", [1, 7, 40])
def test_the_others_alone_play_rounds_of_their_own(rounds: int) -> None:
    """h_-i (X, (7)) is what the others report where P_-i ends, as in a mission of their own; the record says how."""
    mission = robosim.load("freight", set={"mission.rounds": 3, "leader.marginal_rounds": rounds})
    record = mission.run()
    for agent in range(4):
        alone = mission.without(agent).run()
        assert alone.rounds == record.without_rounds[0, agent] == rounds
        assert record.without_cut[0, agent]
        assert record.without[0, agent] == pytest.approx(alone.reported_cost[0].sum(), rel=1e-12)
        np.testing.assert_array_equal(record.without_residuals[0, agent], alone.residuals[0, -1])


def test_a_short_mission_cuts_no_marginal_run() -> None:
    """F1: of 3 rounds with everybody, all that the others need without one: they stop by the announced tolerance."""
    record = robosim.load("freight", set={"mission.rounds": 3}).run()
    assert record.cut.all()
    assert not record.without_cut.any()
    assert (record.without_rounds > 100).all()
    assert (record.without_residuals <= 1e-6).all()
    whole = robosim.run("freight")
    np.testing.assert_array_equal(record.without, whole.without)  # nothing of it depends on the main run
    assert robosim.load("freight", set={"leader.tolerance": None, "mission.rounds": 3}).marginal_rounds == 3
    assert robosim.load("freight", set={"mission.rounds": 4000}).marginal_rounds == 4000


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
