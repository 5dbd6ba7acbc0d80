"""Bodies meet where points would, within what is announced, and are neither fined nor favoured for having a body."""

from importlib import resources

import numpy as np
import pytest

import robosim
from robosim.rendezvous.bodies.body import Tracking
from robosim.rendezvous.bounds.tracked import tolerance
from robosim.rendezvous.starts import random_starts

POINTS = resources.files("robosim.worlds").joinpath("robotarium-points.toml").read_text()
PLANE = POINTS.replace("speed_limit_mps = 0.2\n", "")
SPACE = PLANE.replace("dimension = 2", "dimension = 3").replace("[[-1.6, 1.6], [-1.0, 1.0]]", "[-1.0, 1.0]")
BODIES = {
    "gritsbot": {"mission.dt_s": 0.99, "robots.control_dt_s": 0.033},
    "turtlebot3": {"mission.dt_s": 1.2, "robots.control_dt_s": 0.05},
    "car": {"mission.dt_s": 1.0, "robots.control_dt_s": 0.05},
    "double-integrator": {"mission.dt_s": 2.0, "robots.control_dt_s": 0.05},
    "quadrotor": {"mission.dt_s": 2.0, "robots.control_dt_s": 0.05},
}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    for name, text in {"plane": PLANE, "space": SPACE}.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


def built(worlds, body, **keys):
    world = worlds / ("space.toml" if body == "quadrotor" else "plane.toml")
    return robosim.load(world, set={"mission.rounds": 120, "robots.body": body, **BODIES[body], **keys})


def corners_and(mission, count, seed=7):
    """Random types, the first the corner from which agreeing takes longest."""
    rules, n = mission.announcement, mission.network.n
    starts = np.random.default_rng(seed).uniform(rules.lower, rules.upper, (count, n, len(rules.lower)))
    starts[0] = np.where((np.arange(n) < n // 2)[:, None], rules.lower, rules.upper)
    return starts


@pytest.mark.parametrize("body", BODIES)
def test_bodies_meet_at_the_mean_of_the_starts_and_nobody_is_fined(worlds, body):
    mission = built(worlds, body)
    rules, starts = mission.announcement, corners_and(mission, 12)
    record = mission.starts({"start": starts}).run(every=120)
    assert not record.settlement.penalised.any()
    drift = rules.bound.noise * rules.rounds / np.sqrt(mission.network.n)  # what misses may have added up to
    off = np.linalg.norm(record.decision.mean(axis=1) - starts.mean(axis=1), axis=-1)
    assert (off <= drift + 1e-9).all()
    assert (np.linalg.norm(record.decision - starts.mean(axis=1)[:, None], axis=-1) <= rules.beta + drift + 1e-9).all()


def test_a_tolerance_is_what_its_recursion_says_and_no_round_may_ask_for_more_than_is_tracked(worlds):
    mission = built(worlds, "car")
    world, rules = mission.world, mission.announcement
    assert rules.tolerance_m > 0.0
    reached = rules.bound.reached
    found = tolerance(
        mission.network,
        rules.schedule,
        np.full(rules.rounds, np.inf),
        reached,
        Tracking(reach_m=1.0, floor_m=0.01),
        0.0,
    )
    shrink = 1.0 - rules.schedule * mission.network.connectivity
    apart = 0.0
    for k in range(rules.rounds):
        apart = shrink[k] * apart + np.sqrt(mission.network.n) * 0.01
    assert found.apart_m[-1] == pytest.approx(apart, rel=1e-12)
    assert found.drift_m == pytest.approx(0.01 * rules.rounds, rel=1e-12)
    assert world.tracking.floor_m == 1e-3


def test_what_was_missed_before_counts_as_long_as_it_rings(worlds):
    mission = built(worlds, "gritsbot")
    steps = np.array([1.0, 0.0, 0.0, 2.0])
    assert Tracking(reach_m=9.0, gains=(0.5, 0.25), floor_m=0.1).misses(steps) == pytest.approx([0.6, 0.35, 0.1, 1.1])
    assert mission.announcement.tolerance_m == 0.0  # a unicycle that has time is where it was told to be


def test_a_round_too_short_for_a_body_is_refused_and_told_which_would_do(worlds):
    with pytest.raises(robosim.BadInput, match=r"mission\.dt_s: a round of 0\.1 s is too short .*use dt_s = "):
        built(worlds, "gritsbot", **{"mission.dt_s": 0.1, "robots.control_dt_s": 0.02})


def test_bodies_that_do_not_fit_are_refused_at_their_keys(worlds):
    with pytest.raises(robosim.BadInput, match=r"robots\.dimension: is 2, \"quadrotor\" moves in 3"):
        robosim.load(worlds / "plane.toml", set={"robots.body": "quadrotor"})
    with pytest.raises(robosim.BadInput, match=r"did you mean \"gritsbot\"|gritsbot"):
        robosim.load(worlds / "plane.toml", set={"robots.body": "gritsbott"})
    with pytest.raises(robosim.BadInput, match=r"robots\.body: has 2 bodies, there are 10 robots"):
        robosim.load(worlds / "plane.toml", set={"robots.body": ["car", "gritsbot"]})
    with pytest.raises(robosim.BadInput, match=r"Car has no parameter .*wheel"):
        robosim.load(worlds / "plane.toml", set={"robots.body": "car", "robots.bodies": {"car": {"wheels": 4}}})
    with pytest.raises(robosim.BadInput, match=r"robots\.speed_limit_mps: is the limit of points"):
        robosim.load("robotarium-points", set={"robots.body": "car"})


def test_a_bound_that_a_program_proves_has_no_room_for_bodies_that_miss(worlds):
    program = {"mission.controller": "saturated_consensus", "leader.alpha": "auto"}
    keys = {**program, "mission.rounds": 20, "leader.bound": "auto"}
    assert built(worlds, "car", **keys).announcement.rule == "rehearsed"
    with pytest.raises(robosim.BadInput, match=r"leader\.bound: 'tight' has no room for .* bodies miss"):
        built(worlds, "car", **(keys | {"leader.bound": "tight"}))


def test_a_team_of_several_bodies_meets_too(worlds):
    keys = {"robots.body": ["gritsbot", "car"] * 5, "mission.dt_s": 1.2, "robots.control_dt_s": 0.05}
    mission = robosim.load(worlds / "plane.toml", set={"mission.rounds": 120, **keys})
    record = mission.starts({"start": corners_and(mission, 6)}).run(every=120)
    assert not record.settlement.penalised.any()
    assert record.bodies.names[:2] == ("gritsbot", "car")


def test_the_price_of_misses_is_told_and_is_no_more_than_all_of_it(worlds):
    found = robosim.certify(built(worlds, "car"))
    told = next(line for line in found.notes if "of ε are for what bodies miss" in line)
    share, whole = float(told.split(" of ")[0]), float(told.split(" of ")[1].split()[0])
    assert 0.0 < share <= whole
    assert whole == pytest.approx(found.certified, rel=1e-2)


def test_a_formation_ends_in_its_places_and_its_record_plays_again(worlds, tmp_path):
    mission = built(worlds, "gritsbot", **{"formation.shape": "circle", "formation.radius_m": 0.4})
    record = mission.run()
    ends = record.positions[0, -1] - mission.world.places
    np.testing.assert_allclose(ends, np.broadcast_to(ends.mean(axis=0), ends.shape), atol=1e-3)
    np.testing.assert_allclose(record.table(0)[3]["type"], mission.own["start"][0, 3] + mission.world.places[3])
    record.save(tmp_path / "run")
    again = robosim.load(tmp_path / "run" / "world.toml").run()
    np.testing.assert_array_equal(again.positions, record.positions)
    read = robosim.load_record(tmp_path / "run")
    np.testing.assert_array_equal(read.bodies.headings_rad, record.bodies.headings_rad)


def test_what_others_see_may_be_wrong_and_the_bound_has_room_for_it(worlds):
    mission = built(worlds, "gritsbot", **{"robots.sensing_noise_m": 0.001, "robots.position_noise_m": 0.001})
    record = mission.starts({"start": corners_and(mission, 20)}).run(every=120)
    assert not record.settlement.penalised.any()
    assert record.settlement.distance.max() > 1e-4


@pytest.mark.parametrize("world", ["convoy", "rovers", "obstacles"])
def test_nobody_gains_more_than_is_certified_for_having_a_body(world):
    keys = {"obstacles": {"leader.bound": 0.8}}.get(world, {}) | {"selfish": [], "mission.rounds": 60}
    found = robosim.attack(robosim.load(world, set=keys), agents=[0, 3], strategies=["stationary", "foot-dragging"])
    for rule, epsilon in found.epsilon.items():
        assert epsilon.certified is not None, found.void[rule]
        assert max(one.gain for one in found.attacks) <= epsilon.certified


def ended(mission, starts):
    """Records of missions from random starts, with room for all, side by side."""
    return mission.starts({"start": starts}).run(every=mission.rounds)


@pytest.mark.deep
def test_the_robotarium_meets_on_its_circle_from_500_random_starts():
    mission = robosim.load("robotarium")
    rng = np.random.default_rng(11)
    starts = np.stack([random_starts(mission.scenario, rng) for _ in range(500)]) - mission.world.places
    record = ended(mission, starts)
    assert not record.settlement.penalised.any()
    assert (record.bodies.clearance_m >= 0.0).all()
    ends = record.decision - record.decision.mean(axis=1, keepdims=True)
    assert np.linalg.norm(ends, axis=-1).max() < 0.01  # on the formation to 1 cm
    assert mission.announcement.beta < 0.05
    certified = record.private_cost.sum(axis=1) - np.maximum(0.0, spread(starts) - mission.announcement.beta) ** 2
    share = certified / record.private_cost.sum(axis=1)  # crowds that push each other move the mean: up to a quarter
    assert np.median(share) < 0.05
    assert robosim.certify(mission).certified < 0.05 * mission.run().verdict.social_cost


def spread(points):
    """‖(I-J) θ‖ of each mission."""
    return np.linalg.norm((points - points.mean(axis=1, keepdims=True)).reshape(len(points), -1), axis=1)


RANDOM = {
    "gritsbot": {**BODIES["gritsbot"], "robots.position_noise_m": 0.001, "robots.sensing_noise_m": 0.001},
    "car": BODIES["car"],
    "double-integrator": BODIES["double-integrator"],
    "turtlebot3": {
        **BODIES["turtlebot3"],
        "event": [{"robot": 2, "off": 10, "on": 30}],
        "leader.alpha": "auto",
        "leader.bound": "auto",
    },
}


@pytest.mark.deep
@pytest.mark.parametrize("body", RANDOM)
def test_500_random_missions_fine_no_faithful_body(worlds, body):
    keys = {"robots.body": body, "mission.rounds": 200, **RANDOM[body]}
    mission = robosim.load(worlds / "plane.toml", set=keys)
    for part in range(10):
        assert not ended(mission, corners_and(mission, 50, seed=part)).settlement.penalised.any()
