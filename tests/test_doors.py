"""Doors that stand open: one's own networks and bodies, missions with types of their own, decisions without a bill."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import robosim
from robosim.agent import Heard, Strategy
from robosim.controllers.selfish.robots import FootDragging, Stationary
from robosim.errors import BadInput


@dataclass(frozen=True)
class Late:
    """Everybody hears what was said a round before: the memory holds the words that are under way."""

    real: robosim.Network

    @property
    def n(self):
        return self.real.n

    @property
    def links(self):
        return self.real.links

    def __getattr__(self, name):
        return getattr(self.real, name)

    def start(self):
        return None

    def deliver(self, k, memory, said, cast):
        voices = said if memory is None else memory
        return {key: x.copy() for key, x in said.items()}, Heard(said, cast, self.links, voices)


def test_a_network_of_ones_own_delivers_with_memory_that_stands_in_the_snapshot() -> None:
    perfect = robosim.load("erratum", set={"leader.bound": "tight"})
    late = replace(perfect, network=Late(perfect.network))
    snapshot = late.start()
    for _ in range(3):
        before = snapshot
        snapshot = late.advance(snapshot)
        np.testing.assert_array_equal(snapshot.heard.voices["z"], before.heard.own["z"])
    again = late.advance(before)  # an old snapshot goes on as it did: nothing hides outside of it
    np.testing.assert_array_equal(again.heard.own["z"], snapshot.heard.own["z"])
    assert late.run().distance[0, -1] != perfect.run().distance[0, -1]


def test_missions_with_types_of_their_own_run_side_by_side_as_they_run_alone() -> None:
    mission = robosim.load("rendezvous-honest", set={"mission.rounds": 30})
    rng = np.random.default_rng(5)
    thetas = rng.uniform(-5, 5, (4, *mission.own["start"].shape[1:]))
    together = mission.starts({"start": thetas}).run()
    assert together.decision.shape == thetas.shape
    for row, theta in enumerate(thetas):
        alone = mission.starts({"start": theta[None]}).run()
        np.testing.assert_array_equal(alone.positions[0], together.positions[row])
        np.testing.assert_array_equal(alone.settlement.tax[0], together.settlement.tax[row])
        np.testing.assert_array_equal(alone.private_cost[0], together.private_cost[row])
    assert together.table(2)[0]["type"] == thetas[2, 0].tolist()


@pytest.mark.parametrize("thetas", [{}, {"begin": np.zeros((2, 5, 1))}, {"start": np.zeros((2, 3, 1))}])
def test_types_that_no_agent_has_are_refused(thetas) -> None:
    with pytest.raises(BadInput, match="thetas"):
        robosim.load("erratum").starts(thetas)


def test_decisions_of_many_scripts_come_without_a_bill() -> None:
    mission = robosim.load("rendezvous-honest", set={"mission.rounds": 25})
    scripts = [(0, Stationary()), (3, FootDragging(stride=0.2)), (5, Stationary())]
    found = mission.final(scripts)
    for row, (agent, plan) in enumerate(scripts):
        alone = robosim.load("rendezvous-honest", set={"mission.rounds": 25}, strategies={agent: plan}).run()
        np.testing.assert_array_equal(found[row], alone.decision[0])


@pytest.mark.parametrize("world", ["market", "charging-day-ahead", "freight"])
def test_every_world_gives_decisions_without_a_bill(world: str) -> None:
    small = {"charging-day-ahead": {"station.count": 5}}.get(world, {})
    mission = robosim.load(world, set=small).faithful()
    np.testing.assert_array_equal(mission.final([(0, Strategy())])[0], mission.run().decision[0])
