"""Missions as environments for learning agents: the APIs' own checks, bits that repeat, returns that are net costs."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.rl.told import Told

gymnasium = pytest.importorskip("gymnasium", reason="LOUD: extra rl is not installed, environments are not tested")
pytest.importorskip("pettingzoo", reason="LOUD: extra rl is not installed, environments are not tested")

WORLDS = {
    "erratum": {"mission.rounds": 6},
    "two-bidders": {"mission.rounds": 6},
    "charging-day-ahead": {"mission.rounds": 5, "station.count": 4, "station.limit_kw": 12.0},
    "charging": {
        "mission.rounds": 6,
        "station.count": 4,
        "station.limit_kw": 10.0,
        "station.period_min": 60,
        "station.step_min": 60,
        "station.replan_min": 60,
    },
    "freight": {"mission.rounds": 5},
}
"""A small world of each kind, and one whose agents come and go."""


def made(world: str, **options):
    return robosim.parallel_env(world, set=WORLDS[world], **options)


def play(env, seed: int, scale: float = 0.5):
    """A whole episode of random actions: everything that the environment said, as bytes, returns, last infos."""
    rng, said, totals, infos = np.random.default_rng(seed), [], dict.fromkeys(env.possible_agents, 0.0), {}
    observations, _ = env.reset()
    said.append({name: x.tobytes() for name, x in observations.items()})
    while env.agents:
        actions = {name: scale * rng.uniform(-1, 1, env.action_space(name).shape) for name in env.agents}
        observations, rewards, over, cut, infos = env.step(actions)
        said.append((rewards, over, cut, infos, {name: x.tobytes() for name, x in observations.items()}))
        totals = {name: totals[name] + rewards[name] for name in totals}
        assert all(env.observation_space(name).contains(x) for name, x in observations.items())
    return said, totals, infos


@pytest.mark.parametrize("world", WORLDS)
def test_pettingzoo_accepts_a_world_of_each_kind(world: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pettingzoo's own, about games that it imports
        from pettingzoo.test import parallel_api_test
    env = made(world)
    parallel_api_test(env, num_cycles=20)
    name = env.possible_agents[0]
    assert env.observation_space(name) is env.observation_space(name)
    assert env.action_space(name) is env.action_space(name)


@pytest.mark.parametrize("world", WORLDS)
def test_gymnasium_accepts_a_world_of_each_kind(world: str) -> None:
    """Warnings are errors here."""
    from gymnasium.utils.env_checker import check_env

    check_env(robosim.env(world, agent=1, set=WORLDS[world]), skip_render_check=True)


@pytest.mark.parametrize("world", WORLDS)
def test_whole_episodes_repeat_bit_for_bit_and_returns_are_minus_net_costs(world: str) -> None:
    """PettingZoo's own seed test stops after one step (its pull request 1437)."""
    env = made(world)
    first, totals, infos = play(env, 1)
    other, _, _ = play(env, 2)
    again, _, _ = play(env, 1)
    fresh, _, _ = play(made(world), 1)
    assert first == again == fresh
    assert first != other
    for name, bill in infos.items():
        assert bill["private_cost"] + bill["tax"] == bill["net_cost"]
        assert abs(totals[name] + bill["net_cost"]) <= 1e-9 * (1 + abs(bill["net_cost"]))


@pytest.mark.parametrize("world", WORLDS)
def test_actions_of_zero_are_the_faithful_mission_and_a_script_can_be_played_again(world: str) -> None:
    env = made(world, free=[1])
    faithful = robosim.load(world, set=WORLDS[world]).faithful().whole()
    if world == "erratum":  # its own selfish robot plays on
        faithful = robosim.load(world, set=WORLDS[world], strategies=None).whole()
    play(env, 0, scale=0.0)
    assert (env.record.decision == faithful.decision).all()
    assert (env.record.net_cost == faithful.net_cost).all()
    (name,) = env.possible_agents
    _, _, infos = play(env, 3)
    script = env.played(name)
    play(env, 4)
    again = robosim.load(world, set=WORLDS[world], strategies={1: script}).whole()
    assert again.net_cost[0, 1] == infos[name]["net_cost"]
    assert again.strategy(1) == "learner"


def test_the_reward_is_shaped_by_what_is_metered_and_the_tax_comes_last() -> None:
    """A robot's running cost is its squared way so far (T, (12)); bidders pay at the end only."""
    env = robosim.parallel_env("erratum", set=WORLDS["erratum"])
    said, _, infos = play(env, 5)
    robot = env.possible_agents[2]
    whole = robosim.load("erratum", set=WORLDS["erratum"], strategies={i: env.played(n) for i, n in enumerate(infos)})
    record = whole.run(every=1)
    way = ((record.positions[0, :, 2] - record.starts[0, 2]) ** 2).sum(axis=1)
    rewards = [step[0][robot] for step in said[1:]]
    assert rewards[:-1] == pytest.approx(-np.diff(way, prepend=0.0)[:-1], abs=1e-12)
    assert abs(rewards[-1] - rewards[-2]) > 0.0
    auction = made("two-bidders")
    said, _, _ = play(auction, 5)
    assert all(step[0]["agent_0"] == 0.0 for step in said[1:-1])
    assert said[-1][0]["agent_0"] != 0.0


def test_a_robot_sees_its_type_its_words_and_its_neighbours() -> None:
    env = robosim.env("erratum", agent=2, set=WORLDS["erratum"])
    mission = robosim.load("erratum", set=WORLDS["erratum"], strategies={})
    seen, _ = env.reset()
    parts = env.parts
    assert seen[parts["type"]] == mission.own["start"][0, 2]
    assert seen[parts["round"]] == 0
    assert not seen[parts["near.heard"]].any()
    snapshot = env.episode.mission.start()
    seen, *_ = env.step(np.zeros(2))
    near = snapshot.heard.links.ids[snapshot.heard.links.indptr[2] : snapshot.heard.links.indptr[3]]
    assert np.flatnonzero(seen[parts["near.heard"]]).tolist() == sorted(near.tolist())
    z = snapshot.heard.own["z"][0, :, 0]
    assert seen[parts["own.z"]] == z[2]
    assert (seen[parts["near.z"]][near] == z[near]).all()
    for k in range(6):
        assert seen[parts["round"]] == (k + 1) / 7
        assert seen[parts["last"]] == (k == 5)
        seen, _, over, _, info = env.step(np.zeros(2))
    assert over
    assert seen[parts["paid"]] == info["private_cost"]


def test_words_stay_in_their_announced_range_and_reports_are_scaled() -> None:
    env = robosim.env("two-bidders", agent=0, words=["z"], set={"bidders.bid_limits_kw": [-1, 3], "mission.rounds": 4})
    assert env.action_space.shape == (2,)
    (room,) = env.episode.told[0].rooms.values()
    assert (room.width, room.lower, room.upper) == (4.0, -1.0, 3.0)
    env.reset()
    bids = []
    for move in (-1.0, -9.0, 1.0, 0.0, -0.25):
        seen, _, _, _, info = env.step([move, 0.5])
        bids.append(seen[env.parts["own.z"]][0])
    assert bids[:3] == [-1.0, -1.0, 3.0]
    assert info["private_cost"] > 0.01
    assert info["reported_cost"] == pytest.approx(1.5 * info["private_cost"])


def test_words_without_an_announced_range_move_by_what_they_span_in_the_faithful_mission() -> None:
    env = made("two-bidders", free=[0])
    record = robosim.load("two-bidders", set=WORLDS["two-bidders"]).faithful()
    duals, snapshot = [], record.start()
    while snapshot.k < 6:
        duals.append(snapshot.heard.own["dual"][0, 0, 0])
        snapshot = record.advance(snapshot)
    duals.append(snapshot.heard.own["dual"][0, 0, 0])
    assert env.episode.told[0].rooms["dual"].width == pytest.approx(max(duals) - min(duals))


def test_another_seed_draws_another_world_and_the_same_one_the_same() -> None:
    env = robosim.parallel_env("six-bidders", free=[0], set={"mission.rounds": 3})
    plain, _ = env.reset()
    seven, _ = env.reset(seed=7)
    stays, _ = env.reset()
    back, _ = env.reset(seed=0)
    name = env.possible_agents[0]
    assert (seven[name] == stays[name]).all()
    assert (plain[name] == back[name]).all()
    assert (plain[name] != seven[name]).any()


def test_the_record_of_an_episode_is_judged_when_it_is_asked_whatever_was_played_since() -> None:
    env = robosim.parallel_env("six-bidders", free=[0], words=["z"], set={"mission.rounds": 10})
    (name,) = env.possible_agents
    env.reset()
    while env.agents:
        last = env.episode.snapshot is not None and env.episode.snapshot.k == 9
        env.step({name: [0.03 if last else -1.0, 0.0]})
    record = env.record
    play(env, 1)
    (gain,) = record.verdict.gains
    honest = robosim.load("six-bidders", set={"mission.rounds": 10}).faithful().run().net_cost[0, 0]
    assert gain.gain == honest - record.net_cost[0, 0]
    assert gain.gain > 0.1  # bait-and-switch


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"free": [9]}, "free: must be ids from 0 to 1"),
        ({"free": []}, "free: must be ids"),
        ({"free": "some"}, "free: must be ids"),
        ({"words": ["x"]}, "words: 'x' is not said here, but z, dual"),
    ],
)
def test_bad_arguments_are_refused(options, message: str) -> None:
    with pytest.raises(robosim.BadInput, match=message):
        made("two-bidders", **options)


def test_more_than_memory_holds_is_refused(monkeypatch) -> None:
    monkeypatch.setattr("robosim.rl.episode.LARGEST", 20)
    with pytest.raises(robosim.TooLarge, match=r"free: 2 agents that each see 11 numbers .* \(name fewer in free\)"):
        made("two-bidders")
    made("two-bidders", free=[0])


def test_bad_actions_and_steps_after_the_end_are_refused() -> None:
    env = robosim.env("two-bidders", agent=0, words=["z"], set={"mission.rounds": 1})
    env.reset()
    for bad in ([0.0], [np.nan, 0.0]):
        with pytest.raises(robosim.BadInput, match="action: must be 2 numbers"):
            env.step(bad)
    env.step([0.0, 0.0])
    env.step([0.0, 0.0])
    with pytest.raises(robosim.RobosimError, match="the mission is over"):
        env.step([0.0, 0.0])


def test_without_the_packages_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setattr("robosim.rl.find_spec", lambda name: None)
    with pytest.raises(robosim.BadInput, match=r"pip install 'faithful-robosim\[rl\]'"):
        robosim.parallel_env("two-bidders")
    with pytest.raises(robosim.BadInput, match="gymnasium is not installed"):
        robosim.env("two-bidders", agent=0)


def test_robots_move_their_waypoints_by_the_width_of_the_type_space() -> None:
    mission = robosim.load("erratum", set=WORLDS["erratum"])
    room = made("erratum", free=[0]).episode.told[0].rooms["z"]
    assert (room.lower, room.upper) == (mission.announcement.lower, mission.announcement.upper)
    assert room.width == mission.announcement.upper - mission.announcement.lower


def test_a_new_episode_plays_its_own_actions_and_a_bidder_sees_the_price() -> None:
    env = robosim.env("two-bidders", agent=0, words=["z"], set={"bidders.bid_limits_kw": [-1, 3], "mission.rounds": 3})
    prices = []
    for move in (1.0, -1.0):
        env.reset()
        seen, *_ = env.step([move, 0.0])
        assert seen[env.parts["own.z"]] == 1.0 + 2.0 * move  # the borders of what may be said
        seen, *_ = env.step([move, 0.0])
        assert seen[env.parts["leader.price"]] == env.episode.snapshot.heard.leader["price"][0, 0]
        prices.append(seen[env.parts["leader.price"]][0])
    assert prices[0] > prices[1]


def test_zeros_say_what_is_faithful_even_where_that_is_out_of_range() -> None:
    room = made("two-bidders", free=[0]).episode.told[0].rooms["z"]
    told = Told({"z": replace(room, lower=np.array([-1.0]), upper=np.array([3.0]))})
    view = robosim.View({}, None, {"z": np.array([[5.0]])}, {})
    told.tell([0.0, 0.0])
    assert told.say(0, None, view)[1]["z"] == 5.0
    told.tell([1e-9, 0.0])
    assert told.say(1, None, view)[1]["z"] == 3.0


def test_words_of_another_size_are_said_faithfully() -> None:
    """Problems without somebody are played faithfully where their words are others (freight)."""
    told = Told(made("two-bidders", free=[0]).episode.told[0].rooms)
    told.tell([1.0, 1.0, 0.0])
    view = robosim.View({}, None, {"z": np.zeros((1, 3)), "dual": np.zeros((1, 1))}, {})
    assert told.say(0, None, view)[1] is view.faithful


def test_over_a_radio_an_agent_sees_only_what_arrived() -> None:
    """With losses some rounds bring nothing from a neighbour, its place is zeros then."""
    keys = {"network.radio.loss": 0.5, "mission.rounds": 8, "leader.tax": "none"}
    env = robosim.parallel_env("rendezvous-honest", free=[0], set=keys)
    (name,) = env.possible_agents
    env.reset()
    arrived = []
    while env.agents:
        seen = env.step({name: np.zeros(env.action_space(name).shape)})[0][name]
        heard = seen[env.parts["near.heard"]] == 1.0
        assert not seen[env.parts["near.z"]].reshape(-1, 2)[~heard].any()
        arrived.append(heard)
    ever = np.any(arrived, axis=0)
    assert ever.sum() >= 2
    assert not np.all(arrived, axis=0)[ever].all()
