"""Teams of mixed bodies: each agent does what it does alone, to the last bit; what is said of all is the worst."""

import numpy as np
import pytest

from robosim.errors import BadInput
from robosim.rendezvous.bodies.car import Car
from robosim.rendezvous.bodies.check import check_body
from robosim.rendezvous.bodies.double_integrator import DoubleIntegrator
from robosim.rendezvous.bodies.point import Point
from robosim.rendezvous.bodies.quadrotor import Quadrotor
from robosim.rendezvous.bodies.team import Team
from robosim.rendezvous.bodies.unicycle import Unicycle
from tests.driving import DT_S, STEPS, drive, walk

KINDS = (Point(speed_limit_mps=0.3), Unicycle(), Car(), DoubleIntegrator())
INDEX = (3, 1, 0, 2, 1, 0, 3)
TEAM = Team(bodies=KINDS, index=INDEX)
ROUND_S = 2 * STEPS * DT_S


@pytest.fixture(scope="module")
def driven():
    """Starts, headings, goals of six rounds, and what the team did."""
    rng = np.random.default_rng(0)
    start, looks = rng.uniform(-1, 1, (6, len(INDEX), 2)), rng.uniform(-3, 3, len(INDEX))
    goals = walk(rng, start, 6, TEAM.tracking(ROUND_S, DT_S).reach_m)
    return start, looks, goals, drive(TEAM, start, looks, goals, steps=2 * STEPS)


@pytest.mark.parametrize("agent", range(len(INDEX)))
def test_each_agent_does_what_it_does_alone(driven, agent: int) -> None:
    start, looks, goals, together = driven
    body, who = KINDS[INDEX[agent]], slice(agent, agent + 1)
    alone = drive(body, start[:, who], looks[who], np.ascontiguousarray(goals[:, :, who]), steps=2 * STEPS)
    assert np.array_equal(alone.at, together.at[:, who])
    assert np.array_equal(alone.meters, together.meters[:, who])
    assert np.array_equal(alone.inner, together.inner[:, who, : body.inner(2)])
    assert not together.inner[:, who, body.inner(2) :].any()
    assert np.array_equal(body.steered(alone.at, alone.inner), TEAM.steered(together.at, together.inner)[:, who])
    mine, theirs = body.heading(alone.inner), TEAM.heading(together.inner)[:, who]
    assert np.isnan(theirs).all() if mine is None else np.array_equal(mine, theirs)


def test_what_is_said_of_all_is_the_worst(driven) -> None:
    said, each = TEAM.tracking(ROUND_S, DT_S), [body.tracking(ROUND_S, DT_S) for body in KINDS]
    assert said.reach_m == min(one.reach_m for one in each)
    assert said.floor_m == 1e-3
    assert said.gains == each[3].gains
    assert (TEAM.speed_mps, TEAM.tube_m(DT_S)) == (1.0, KINDS[3].tube_m(DT_S))
    assert TEAM.tubes_m(DT_S).tolist() == [KINDS[one].tube_m(DT_S) for one in INDEX]
    assert (TEAM.stops, TEAM.dimensions, TEAM.inner(2)) == (False, (2,), 4)
    assert (driven[3].misses <= said.misses(np.full(6, said.reach_m))[:, None, None]).all()


def test_bodies_that_nobody_has_are_not_counted_and_points_look_nowhere() -> None:
    team = Team(bodies=KINDS, index=(0, 0))
    assert team.tracking(ROUND_S, DT_S).floor_m == 0.0
    assert team.heading(team.begin(np.zeros((1, 2, 2)), np.zeros(2))) is None


def test_a_team_keeps_the_promises_of_a_body() -> None:
    assert "agents were not tried alone (it is a team)" in str(check_body(TEAM))


def test_a_team_without_a_space_or_with_agents_without_bodies_is_refused() -> None:
    with pytest.raises(BadInput, match=r"Team: Unicycle, Quadrotor cannot move in the same space \(take bodies with"):
        Team(bodies=(Unicycle(), Quadrotor()), index=(0, 1))
    with pytest.raises(BadInput, match=r"Team: index must name bodies 0\.\.0, got \[0, 1\] \(one an agent\)"):
        Team(bodies=(Unicycle(),), index=(0, 1))
