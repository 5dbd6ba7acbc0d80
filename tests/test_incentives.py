"""Found ≤ bounded ≤ exact ≤ certified, on random worlds; and what taxes do to selfish robots."""

import math
from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.certificate import certify
from robosim.controllers.selfish.robots import STRATEGIES, BestResponse
from robosim.mission import Mission

GRAPHS = ("path", "ring", "star", "complete", "grid", "random-tree", "geometric")


def random_world(seed: int, **fixed: object) -> Mission:
    """A small rendezvous: any graph, dimension, length and step size, half of them with speed limit or walls."""
    rng = np.random.default_rng(seed)
    keys: dict[str, object] = {
        "robots.count": int(rng.integers(3, 11)),
        "robots.dimension": int(rng.integers(1, 4)),
        "robots.type_space_m": [-1.0, 1.0],
        "network.graph": str(rng.choice(GRAPHS)),
        "mission.rounds": int(rng.integers(1, 41)),
        "leader.alpha": f"{rng.uniform(0.2, 1.0):.3f}/lambda_max",
    }
    if rng.random() < 0.5:
        keys["robots.speed_limit_mps"] = float(rng.uniform(0.5, 2.0))
    if rng.random() < 0.3:
        keys["robots.arena_m"] = [-1.5, 2.0]
    return robosim.load("rendezvous-honest", seed=seed, set=keys | fixed)


def scale(mission: Mission) -> float:
    rules = mission.announcement
    return mission.network.n * float(np.linalg.norm(rules.upper - rules.lower)) ** 2


FEW, MANY = range(5), range(5, 30)


@pytest.mark.parametrize("block", [*FEW, *(pytest.param(k, marks=pytest.mark.deep) for k in MANY)])
def test_found_bounded_exact_certified_come_in_this_order(block: int) -> None:
    for seed in range(10 * block, 10 * block + 10):
        mission = random_world(seed)
        found = robosim.attack(mission, seconds=math.inf)
        epsilon, slack = found.epsilon["groves"], 1e-9 * scale(mission)
        best = max(one.gain for one in found.attacks)
        assert len(found.attacks) == len(STRATEGIES) * mission.network.n
        assert all(one.covered for one in found.attacks)
        assert best <= epsilon.bounded + slack, (seed, best, epsilon)
        assert epsilon.bounded <= epsilon.exact + slack, (seed, epsilon)
        assert epsilon.exact <= epsilon.certified + slack, (seed, epsilon)


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_on_a_path_with_enough_rounds_the_exact_value_of_a_leaf_is_the_closed_form(n: int) -> None:
    mission = robosim.load(
        "rendezvous-honest",
        seed=n,
        set={"robots.count": n, "network.graph": "path", "mission.rounds": 4 * n, "leader.alpha": "0.9/lambda_max"},
    )
    found = certify(mission)
    assert found.exact[0] == pytest.approx(found.certified, rel=1e-9)


@pytest.mark.deep
def test_best_response_earns_the_exact_gain_wherever_it_can_be_driven_in_double_precision() -> None:
    near = worlds = 0
    for seed in range(100):
        mission = random_world(seed, **{"mission.rounds": 1 + seed % 12})
        free = replace(
            mission, world=replace(mission.world, speed_limit_mps=math.inf, lower=np.empty(0), upper=np.empty(0))
        )
        agent = seed % free.network.n
        exact = certify(free).exact[agent]
        record = free.playing(robosim_deviation(free, agent)).run()
        honest = free.faithful().run()
        gain = honest.net_cost[0, agent] - record.net_cost[0, agent]
        width = float(np.linalg.norm(free.announcement.upper - free.announcement.lower))
        worlds += 1
        assert gain <= exact + 1e-9 * scale(free)
        if np.abs(record.positions).max() <= 1e3 * width:
            near += 1
            assert gain == pytest.approx(exact, abs=1e-6), seed
    assert near / worlds > 0.5, f"only {near} of {worlds} stay within 1000 diameters"


def robosim_deviation(mission: Mission, agent: int):
    from robosim.build import deviations

    return deviations(mission, {agent: BestResponse(within_limits=False)})


def test_without_tax_the_stationary_robot_gains_its_whole_cost() -> None:
    mission = robosim.load("rendezvous-honest", set={"mission.rounds": 400, "network.graph": "complete"})
    found = robosim.attack(mission, strategies=["stationary"], taxes=["none", "groves"])
    free = [one for one in found.attacks if one.tax_rule == "none"]
    assert len(free) == mission.network.n
    for one in free:
        assert one.gain == pytest.approx(one.net_cost_faithful, rel=1e-12)
        assert one.net_cost == 0.0
        assert not one.covered
    assert found.epsilon["none"].certified is None
    assert max(one.gain for one in found.attacks if one.tax_rule == "groves") <= found.epsilon["groves"].certified


@pytest.mark.parametrize("graph", ["ring", "geometric", "random-tree"])
def test_with_groves_and_enough_rounds_nobody_gains_epsilon(graph: str) -> None:
    world = {"network.graph": graph, "robots.count": 8}
    mission = robosim.load("rendezvous-honest", set=world)
    rounds = mission.kind.rounds_needed(mission, 1e-3)
    enough = robosim.load("rendezvous-honest", set=world | {"mission.rounds": rounds})
    found = robosim.attack(enough, seconds=math.inf)
    assert found.epsilon["groves"].certified <= 1e-3
    assert max(one.gain for one in found.attacks) <= 1e-3
    fewer = robosim.load("rendezvous-honest", set=world | {"mission.rounds": rounds - 1})
    assert certify(fewer, seconds=0).over_types > 1e-3


def test_own_report_is_neutral_and_others_pay_for_it() -> None:
    found = robosim.attack(robosim.load("rendezvous-honest"), strategies=["over-report", "under-report"])
    for one in found.attacks:
        assert one.gain == pytest.approx(0.0, abs=1e-9)
        assert one.others_change * (1 if one.strategy == "over-report" else -1) > 0


def test_a_large_team_is_attacked_by_everything_that_can_be_played() -> None:
    swarm = robosim.load("swarm", set={"robots.count": 6000, "mission.rounds": 3})
    found = robosim.attack(swarm, agents=[5])
    assert {one.strategy for one in found.attacks} == {*STRATEGIES} - {"best-response"}
