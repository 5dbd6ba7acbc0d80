"""The loop: closed forms, purity, physics, and what happens when agents misbehave."""

import math

import networkx as nx
import numpy as np
import pytest

import robosim
from robosim.agent import Strategy
from robosim.controllers.consensus import Consensus
from robosim.controllers.selfish.robots import FootDragging, OverReport, Script, Stationary, Stubborn
from robosim.errors import AgentFailure, BadInput

SMALL = {"robots.count": 6, "mission.rounds": 15}


@pytest.mark.parametrize("graph", ["path", "ring", "star", "complete", "grid", "random-tree", "geometric"])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_faithful_mission_is_a_power_of_the_consensus_matrix(graph: str, d: int) -> None:
    mission = robosim.load("rendezvous-honest", set=SMALL | {"network.graph": graph, "robots.dimension": d})
    record = mission.run()
    matrix = np.eye(6) - mission.announcement.alpha * mission.network.laplacian.toarray()
    for k in (1, 7, 15):
        expected = np.linalg.matrix_power(matrix, k) @ mission.own["start"][0]
        np.testing.assert_allclose(record.positions[0, k], expected, atol=1e-12)
    np.testing.assert_allclose(record.decision[0].mean(axis=0), record.start.mean(axis=0), atol=1e-12)


def test_advancing_a_snapshot_twice_gives_the_same_and_leaves_it_alone() -> None:
    mission = robosim.load("rendezvous", set={"robots.position_noise_m": 0.01})
    snapshot = mission.start()
    for _ in range(5):
        before = snapshot.body.position.copy()
        once, twice = mission.advance(snapshot), mission.advance(snapshot)
        np.testing.assert_array_equal(once.body.position, twice.body.position)
        np.testing.assert_array_equal(snapshot.body.position, before)
        snapshot = once
    assert snapshot.k == 5


def test_run_is_advance_in_a_loop_and_a_thinned_record_keeps_the_same_rounds() -> None:
    mission = robosim.load("rendezvous")
    full, thin = mission.run(), mission.run(every=7)
    snapshot = mission.start()
    for _ in range(mission.rounds):
        snapshot = mission.advance(snapshot)
    np.testing.assert_array_equal(mission.settle(snapshot).decision, full.decision)
    assert thin.kept.tolist() == sorted({*range(0, mission.rounds + 1, 7), mission.rounds})
    np.testing.assert_array_equal(thin.positions, full.positions[:, thin.kept])
    np.testing.assert_array_equal(thin.energy_j, full.energy_j[:, thin.kept])
    np.testing.assert_array_equal(thin.settlement.tax, full.settlement.tax)


def test_a_batch_of_missions_is_each_mission_alone() -> None:
    from robosim.agent import Deviation

    mission = robosim.load("rendezvous-honest", set=SMALL)
    agents = np.arange(6)
    batch = mission.playing((Deviation(strategy=FootDragging(), missions=np.arange(6), agents=agents),), batch=7).run()
    for agent in agents:
        alone = robosim.run("rendezvous-honest", set=SMALL, strategies={int(agent): FootDragging()})
        np.testing.assert_array_equal(batch.positions[agent], alone.positions[0])
        np.testing.assert_array_equal(batch.settlement.tax[agent], alone.settlement.tax[0])
    np.testing.assert_array_equal(batch.positions[6], mission.run().positions[0])
    assert batch.strategy(2, mission=2) == "foot-dragging"
    assert batch.strategy(2, mission=3) == "faithful"


def test_auto_timing_lets_faithful_robots_follow_the_iterate_exactly() -> None:
    slow = {"robots.speed_limit_mps": 0.3, "network.graph": "star"}
    corners = {"robots.starts_m": [[-10.0, -10.0]] + [[10.0, 10.0]] * 5, "robots.count": 6}
    record = robosim.run("rendezvous-honest", set=SMALL | slow | corners)
    free = robosim.run("rendezvous-honest", set=SMALL | corners | {"network.graph": "star"})
    np.testing.assert_array_equal(record.positions, free.positions)
    speeds = np.linalg.norm(np.diff(record.positions, axis=1), axis=-1) / record.dt_s
    assert speeds.max() <= 0.3 * (1 + 1e-9)


def test_a_round_that_is_too_short_is_refused_with_what_would_do() -> None:
    world = SMALL | {"robots.speed_limit_mps": 1.0, "mission.dt_s": 0.5, "leader.alpha": 0.25}
    with pytest.raises(
        BadInput, match=r"mission\.dt_s: .*cannot follow.*use dt_s = (\S+), leader\.alpha = (\S+), or"
    ) as error:
        robosim.load("rendezvous-honest", set=world)
    import re

    dt, alpha = re.search(r"use dt_s = (\S+), leader\.alpha = (\S+), or", str(error.value)).groups()
    robosim.load("rendezvous-honest", set=world | {"mission.dt_s": float(dt) * 1.00001})
    robosim.load("rendezvous-honest", set=world | {"leader.alpha": float(alpha) * 0.99999})
    auto = robosim.load("rendezvous-honest", set=world | {"leader.alpha": "auto"})
    assert auto.announcement.alpha == pytest.approx(float(alpha), rel=1e-5)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"leader.alpha": 5.0}, r"leader\.alpha: must be < 2/lambda_max"),
        (
            {"leader.alpha": "1.9/lambda_max", "robots.speed_limit_mps": 1.0, "network.graph": "star"},
            "must be <= 1/degree",
        ),
        (
            {"mission.travel": "after-agreeing", "mission.travel_time_s": 1.0, "robots.speed_limit_mps": 1.0},
            r"travel_time_s: faithful robots cannot get there",
        ),
        (
            {"network.graph": "geometric", "network.radius_m": 1e-6},
            r"network\.graph: the graph falls into 6 components",
        ),
        ({"network.graph": "edges", "network.edges": [[0, 1], [2, 3], [3, 4], [4, 5]]}, r"network\.edges: .*\{0, 1\}"),
        (
            {"mission.controller": "nobody"},
            r"mission\.controller: no controller 'nobody' in .*robosim\.controllers\.nobody",
        ),
    ],
)
def test_worlds_that_cannot_be_built_say_where_and_why(keys, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        robosim.load("rendezvous-honest", set=SMALL | keys)


def test_alpha_beyond_one_over_lambda_max_is_allowed_without_limits_and_certified() -> None:
    record = robosim.run("rendezvous-honest", set=SMALL | {"leader.alpha": "1.7/lambda_max", "mission.rounds": 200})
    assert not record.settlement.penalised[0]
    assert record.verdict.epsilon.exact <= record.verdict.epsilon.certified


def test_agree_first_then_travel_spends_squared_distance_over_time() -> None:
    """A single integrator that covers s metres in T seconds at least effort: ∫‖u‖² = s²/T."""
    travel = {"mission.travel": "after-agreeing", "robots.private_cost": "energy", "mission.travel_time_s": 8.0}
    record = robosim.run("rendezvous-honest", set=SMALL | travel)
    way = record.decision[0] - record.start
    np.testing.assert_allclose(record.private_cost[0], (way**2).sum(axis=1) / 8.0, rtol=1e-12)
    drive = robosim.run("rendezvous-honest", set=SMALL)
    np.testing.assert_allclose(record.decision, drive.decision, atol=1e-12)
    assert record.verdict.optimum == pytest.approx(drive.verdict.optimum / 8.0)
    assert record.verdict.epsilon.certified == pytest.approx(drive.verdict.epsilon.certified / 8.0)
    assert record.positions.shape == (1, 2, 6, 2)
    assert record.said["z"].shape == (1, 16, 6, 2)


def test_energy_along_the_path_has_a_certificate_and_no_optimum() -> None:
    record = robosim.run("rendezvous-honest", set=SMALL | {"robots.private_cost": "energy"})
    np.testing.assert_array_equal(record.private_cost, record.spent_j)
    assert record.verdict.optimum is None
    assert 0.0 < record.verdict.epsilon.certified < record.verdict.social_cost
    assert record.verdict.epsilon.exact is None


def test_walls_stop_a_robot_and_a_battery_too() -> None:
    run_away = {0: Stubborn(target_m=(500.0, 0.0))}
    record = robosim.run("rendezvous-honest", set=SMALL | {"robots.arena_m": [-12.0, 12.0]}, strategies=run_away)
    assert record.decision[0, 0, 0] == 12.0
    weak = SMALL | {"energy.power": "custom", "energy.p1_j_per_m": 2.0, "energy.battery_j": 10.0}
    record = robosim.run("rendezvous-honest", set=weak, strategies=run_away)
    assert record.spent_j[0, 0] == pytest.approx(10.0)
    assert np.linalg.norm(record.decision[0, 0] - record.start[0]) == pytest.approx(5.0)


class Broken(Strategy):
    """Says NaN from round 3 on, or something of another shape."""

    def __init__(self, value: object) -> None:
        self.value = value

    def say(self, k, memory, view):
        return memory, view.faithful if k < 3 else {"z": np.full_like(view.faithful["z"], self.value)}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_not_finite_is_refused_and_its_sender_pays(value: float) -> None:
    record = robosim.run("rendezvous-honest", set=SMALL, strategies={2: Broken(value)})
    assert np.isfinite(record.positions).all()
    np.testing.assert_array_equal(record.positions[0, 2:, 2], np.broadcast_to(record.positions[0, 2, 2], (14, 2)))
    assert record.settlement.refused[0].tolist() == [i == 2 for i in range(6)]
    assert record.settlement.tax[0, 2] == record.rules.penalty
    assert np.isfinite(record.settlement.tax).all()


def test_a_message_of_another_shape_is_an_agent_failure() -> None:
    class Silent(Strategy):
        def say(self, k, memory, view):
            return memory, {"z": np.zeros((1, 7))}

    with pytest.raises(AgentFailure, match=r"Silent: in round 0 it said 'z' \(1, 7\), it may say 'z' \(1, 2\)"):
        robosim.run("rendezvous-honest", set=SMALL, strategies={2: Silent()})


class Mad(Consensus):
    """A faithful program with a bug."""

    def step(self, state, heard):
        state, said = super().step(state, heard)
        return state, {"z": said["z"] / 0.0 if self.pays_for == "energy" else said["z"][:, :2]}


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("travel", ["while-agreeing", "after-agreeing"])
def test_a_faithful_program_that_breaks_the_protocol_is_an_agent_failure(travel: str) -> None:
    world = SMALL | {"mission.travel": travel}
    with pytest.raises(AgentFailure, match=r"Mad: in round 1 agent 0 said inf under 'z'"):
        robosim.run("rendezvous-honest", set=world, controller=Mad(pays_for="energy"))
    with pytest.raises(AgentFailure, match=r"Mad: in round 1 it said 'z' \(1, 2, 2\), it must say 'z' \(1, 6, 2\)"):
        robosim.run("rendezvous-honest", set=world, controller=Mad())


def test_a_program_that_raises_is_an_agent_failure_with_its_line() -> None:
    class Forgetful(Consensus):
        def step(self, state, heard):
            return self.memory

    with pytest.raises(AgentFailure, match=r"test_mission\.py:\d+: Forgetful: AttributeError in round 1: .*memory"):
        robosim.run("rendezvous-honest", set=SMALL, controller=Forgetful())


def test_an_agent_that_does_not_exist_cannot_be_selfish() -> None:
    with pytest.raises(BadInput, match=r"agent 99 does not exist \(use 0\.\.5\)"):
        robosim.load("rendezvous-honest", set=SMALL, strategies={99: Stationary()})


def test_ctrl_c_settles_what_was_played() -> None:
    mission = robosim.load("rendezvous-honest")

    def interrupt(snapshot) -> None:
        if snapshot.k == 10:
            raise KeyboardInterrupt

    for every in (1, 4):
        record = mission.run(every=every, watch=interrupt)
        assert record.interrupted
        assert record.rules.rounds == 10
        assert record.kept[-1] == 10
        assert record.settlement.beta == mission.announcement.bound.beta(10)
        np.testing.assert_array_equal(record.positions[:, -1], mission.run().positions[:, 10])


def test_gains_in_a_run_are_against_the_same_mission_with_only_that_robot_faithful() -> None:
    both = {1: Stationary(), 4: OverReport()}
    record = robosim.run("rendezvous-honest", set=SMALL, strategies=both)
    for gain in record.verdict.gains:
        others = {agent: plan for agent, plan in both.items() if agent != gain.agent}
        honest = robosim.run("rendezvous-honest", set=SMALL, strategies=others)
        assert gain.gain == pytest.approx(float(honest.net_cost[0, gain.agent] - record.net_cost[0, gain.agent]))
        assert not gain.covered  # a certificate speaks of one deviator
    alone = robosim.run("rendezvous-honest", set=SMALL, strategies={1: Stationary()}).verdict.gains[0]
    assert alone.covered


def test_a_script_is_played_to_the_letter() -> None:
    track = np.cumsum(np.full((16, 2), 0.1), axis=0)
    record = robosim.run("rendezvous-honest", set=SMALL, strategies={3: Script(positions=track)})
    np.testing.assert_array_equal(record.said["z"][0, :, 3], track)


def test_any_networkx_graph_can_carry_a_mission() -> None:
    graph = nx.petersen_graph()
    mission = robosim.load("rendezvous-honest", set={"robots.count": 10}, network=graph)
    assert mission.network.connectivity == pytest.approx(nx.algebraic_connectivity(graph))
    assert not mission.run().settlement.penalised[0]
    with pytest.raises(BadInput, match="network: has 10 agents, rendezvous-honest has 6 robots"):
        robosim.load("rendezvous-honest", set=SMALL, network=graph)
    with pytest.raises(BadInput, match="bidders hear the leader only"):
        robosim.load("two-bidders", network=graph)


def test_the_published_bound_warns() -> None:
    with pytest.warns(UserWarning, match="leader.bound: the published bound penalises faithful robots"):
        robosim.load("erratum", set={"leader.bound": "paper-as-published"})


def test_ctrl_c_inside_a_compiled_kernel_is_ctrl_c_and_no_agent_s_fault() -> None:
    """Compiled code turns it into a SystemError whose cause it is."""
    from robosim.program import crashed

    problem = SystemError("returned a result with an exception set")
    problem.__cause__ = KeyboardInterrupt()
    assert isinstance(crashed("in round 3", object(), problem), KeyboardInterrupt)
