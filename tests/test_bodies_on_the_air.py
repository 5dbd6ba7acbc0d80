"""Bodies over bad radios: 500 random missions fine nobody faithful, and who is selfish gains no more than certified."""

from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation
from robosim.controllers.selfish.robots import FootDragging, Stationary
from robosim.rendezvous.effort import least_total
from robosim.rendezvous.starts import random_starts

BURSTS = {"loss": 0.2, "burst": {"p_bad": 0.05, "p_recover": 0.25, "loss_bad": 0.9}, "delay_rounds": [0, 1]}
NOISE = {"robots.position_noise_m": 0.001, "robots.sensing_noise_m": 0.001}
AGREED = {"leader.bound": "auto", "leader.alpha": "auto"}
PLANE = resources.files("robosim.worlds").joinpath("robotarium-points.toml").read_text()
WORLDS = {
    # noise, loss, bursts, delay, a robot that fails and comes back, a circle, and distances that are kept
    "everything": (
        "robotarium",
        {
            **NOISE,
            **AGREED,
            "mission.rounds": 150,
            "mission.controller": "hold-last",
            "robots.count": 6,
            "network.radio": BURSTS,
            "event": [{"robot": 2, "off": 10, "on": 30}],
        },
    ),
    "two kinds of bodies": (
        "plane.toml",
        {
            **NOISE,
            **AGREED,
            "mission.rounds": 150,
            "mission.dt_s": 1.6,
            "mission.controller": "hold-last",
            "robots.body": ["turtlebot3", "car"] * 5,
            "robots.control_dt_s": 0.05,
            "network.radio": BURSTS,
            "event": [{"robot": 2, "off": 10, "on": 30}],
        },
    ),
    "points": ("lossy", {}),
    "points that hold what they heard": ("lossy", {"mission.controller": "hold-last", "network.graph": "ring"}),
}


def built(name, folder):
    world, keys = WORLDS[name]
    (folder / "plane.toml").write_text(PLANE.replace("speed_limit_mps = 0.2\n", ""))
    return robosim.load(folder / world if world.endswith(".toml") else world, set=keys)


def parts(mission, count, size):
    """Batches of random starts, each with losses and errors of its own."""
    rules, rng = mission.announcement, np.random.default_rng(4)
    for part in range(count // size):
        starts = rng.uniform(rules.lower, rules.upper, (size, mission.network.n, len(rules.lower)))
        if mission.scenario.avoidance is not None:  # no two may overlap at the start
            starts = np.stack([random_starts(mission.scenario, rng) for _ in range(size)]) - mission.world.places
        radio = replace(mission.network, seed=1_000 + part)
        yield replace(mission, network=radio, world=replace(mission.world, seed=part)).starts({"start": starts}), rng


def certified(team, faithful, starts):
    """ε of each of the missions, (missions,), as `certify` has it."""
    rules, law = team.announcement, team.problem.law
    least = np.array([min(least_total(law, start, rules.beta), rules.penalty) for start in starts])
    return faithful.net_cost.max(axis=1) - least


def held(mission, count, size):
    """Plays them all: nobody faithful is fined, and no robot that is stationary or slow gains more than certified."""
    fined, worst = 0, -np.inf
    for team, rng in parts(mission, count, size):
        starts, rows = team.own["start"], np.arange(size)
        faithful = team.run(every=mission.rounds)
        fined += int(faithful.settlement.penalised.sum())
        who, epsilon = rng.integers(mission.network.n, size=size), certified(team, faithful, starts)
        for strategy in (Stationary(), FootDragging(stride=0.3)):
            selfish = replace(team, deviations=(Deviation(strategy=strategy, missions=rows, agents=who),))
            gain = (faithful.net_cost - selfish.run(every=mission.rounds).net_cost)[rows, who]
            worst = max(worst, float((gain - epsilon).max()))
    return fined, worst


@pytest.mark.deep
@pytest.mark.parametrize("name", WORLDS)
def test_500_missions_over_a_bad_radio_fine_nobody_and_no_selfish_robot_gains_more_than_certified(name, tmp_path):
    fined, worst = held(built(name, tmp_path), 500, 50)
    assert fined == 0
    assert worst <= 0.0


def test_so_do_20_missions(tmp_path):
    fined, worst = held(built("points that hold what they heard", tmp_path), 20, 10)
    assert fined == 0
    assert worst <= 0.0
