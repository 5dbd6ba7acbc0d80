"""Days that are planned as time goes on as environments: only who is plugged in has words, and days end as ever."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import robosim
from robosim.rl.told import Told

pytest.importorskip("gymnasium", reason="LOUD: extra rl is not installed, environments are not tested")
pytest.importorskip("pettingzoo", reason="LOUD: extra rl is not installed, environments are not tested")

DAY = {
    "station.count": 4,
    "station.limit_kw": 10.0,
    "station.period_min": 60,
    "station.step_min": 60,
    "station.replan_min": 60,
    "mission.rounds": 12,
}


def exchanges(mission):
    """Every exchange of words of a faithful day: the agreement's step and round, who was there, what was said."""
    snapshot = mission.opened()
    while not mission.finished(snapshot):
        body = snapshot.body
        place = body.live.step, 0 if body.inner is None else body.inner.k + 1
        inner = body.talk.start() if body.inner is None else body.talk.advance(body.inner)
        yield place, body.talk.left, inner
        snapshot = mission.exchange(snapshot)


def test_rounds_are_exchanges_and_the_first_words_of_an_agreement_go_with_the_last_of_the_one_before() -> None:
    """One `advance` is one round as before: what an exchange leaves in between belongs to no round."""
    mission = robosim.load("charging", set=DAY)
    words, rounds, begun = [], 0, 0
    for place, _, inner in exchanges(mission):
        words.append(place)
        rounds, begun = rounds + (inner.k > 0), begun + (inner.k == 0)
    assert len(words) == len(set(words)) == rounds + begun
    assert words == sorted(words)
    record = mission.whole()
    assert record.kept[-1] == rounds
    assert record.day.agreements == begun


def test_a_step_is_an_exchange_in_which_a_free_car_has_words_and_the_rest_passes_by_itself() -> None:
    mission = robosim.load("charging", set=DAY)
    car = 3
    expected = [place for place, left, _ in exchanges(mission) if left.present[0, left.who == car].any()]
    env = robosim.env("charging", agent=car, set=DAY)
    seen, _ = env.reset()
    met, over = [], False
    while not over:
        met.append(env.episode.turns.place(env.episode.snapshot))
        assert seen[env.parts["here"]] == 1.0
        seen, _, over, _, _ = env.step(np.zeros(env.action_space.shape))
    assert met == expected
    assert 0 < len(met) < len(list(exchanges(mission)))
    assert seen[env.parts["here"]] == 0.0
    assert not seen[env.parts["own.z"]].any()


def test_a_car_sees_what_it_lacks_the_clock_and_the_prices_of_the_periods_that_are_left() -> None:
    mission = robosim.load("charging", set=DAY)
    car = 2
    there = [
        (place, left, inner, int(np.flatnonzero(left.who == car)[0]))
        for place, left, inner in exchanges(mission)
        if car in left.who and left.present[0, left.who == car].any()
    ]
    env = robosim.env("charging", agent=car, set=DAY)
    seen, _ = env.reset()
    parts = env.parts
    for j, ((step, k), left, inner, column) in enumerate(there):
        assert seen[parts["clock"]] == step / 24
        assert seen[parts["round"]] == k / 13
        assert seen[parts["last"]] == (k == 12)
        wish = left.own["wish"]
        assert seen[parts["lacking"]] == wish[0, column, 0] * left.day.hours
        if k == 0:
            prices = left.price[0, 0]
            assert not seen[parts["own.z"]].any()
        seen_price, known = seen[parts["leader.price"]].reshape(2, -1), prices.reshape(2, -1)  # feeder; room
        assert (seen_price[:, : known.shape[1]] == known).all()
        assert not seen_price[:, known.shape[1] :].any()
        seen, _, over, _, _ = env.step(np.zeros(env.action_space.shape))
        prices, said = inner.heard.leader["price"][0, 0], inner.heard.own["z"][0, column]
        going_on = j + 1 < len(there) and there[j + 1][0][0] == step
        if going_on:
            assert (seen[parts["own.z"]][: len(said)] == said).all()
            assert not seen[parts["own.z"]][len(said) :].any()
    assert over
    assert (mission.whole().net_cost == env.record.net_cost).all()


def test_the_reward_is_shaped_by_what_was_metered_and_what_is_missing_counts_when_a_car_leaves() -> None:
    """Σ_t p_t x_t + a/2 x_t² so far; at the departure w (E - Σ x)₊ comes to it, and the tax at the end of the day."""
    keys = DAY | {"station.unmet": "allowed", "station.limit_kw": 1.5}
    env = robosim.parallel_env("charging", set=keys, tax="clearing-price")
    env.reset()
    problem, stay = env.episode.mission.day.problem, env.episode.mission.day.station.cars.stay
    paid, last = [], env.episode.snapshot
    while env.agents:
        at = env.episode.snapshot.body.live.step
        env.step({name: np.zeros(space.shape) for name, space in env.action_spaces.items()})
        paid.append((at, env.episode.now.paid.copy()))
        last = env.episode.snapshot
    record = env.record
    metered = record.day.metered_kw[0]
    assert last.body.live.step == 24
    for before, ((at, _), (step, _)) in enumerate(pairwise(paid)):
        assert step >= at
        so_far = np.where(np.arange(24) < step, metered, 0.0)
        cost = (problem.energy_cost * so_far).sum(axis=1) + 0.5 * problem.curvature * (so_far**2).sum(axis=1)
        missing = np.maximum(problem.energy - so_far.sum(axis=1), 0.0)
        cost += np.where(stay[:, 1] <= step, problem.unmet * missing, 0.0)
        if paid[before][0] == step:  # the cost is that of the clock after the exchange before
            assert paid[before][1] == pytest.approx(cost, abs=1e-12)
    assert (paid[-1][1] == record.private_cost[0]).all()
    assert np.maximum(problem.energy - metered.sum(axis=1), 0.0).max() > 0.1
    assert (record.settlement.tax[0] != 0.0).any()


@pytest.mark.parametrize(
    ("tax", "keys", "others"),
    [
        ("dynamic-pivot", {}, {}),
        ("vcg", {"station.room_dollars_per_kwh_h": 0.02}, {}),
        pytest.param("clearing-price", {"mission.controller": "admm"}, {}, marks=pytest.mark.deep),
        ("groves", {}, {3: "re-plug"}),
    ],
)
def test_a_recorded_episode_played_again_gives_the_same_record(tax: str, keys, others) -> None:
    """Every word, meter, report and tax, whoever else deviates, comes twice, or is reckoned with as if absent."""
    keys = DAY | keys
    env = robosim.parallel_env("charging", free=[0, 2], set=keys, tax=tax, strategies=others)
    rng = np.random.default_rng(1)
    env.reset()
    while env.agents:
        env.step({name: rng.uniform(-0.5, 0.5, env.action_space(name).shape) for name in env.agents})
    played = {i: env.played(f"EV_{i}") for i in (0, 2)}
    env.reset()  # what was played stays what it was
    faithful = robosim.load("charging", set=keys, tax=tax, strategies=others).whole()
    again = robosim.load("charging", set=keys, tax=tax, strategies=others | played).whole()
    one = robosim.load("charging", set=keys, tax=tax, strategies=others | {0: played[0]}).whole()
    record = again
    env.reset()
    while env.agents:
        now = {i: Told.kept(played[i]) for i in (0, 2)}
        place = env.episode.turns.place(env.episode.snapshot)
        env.step({f"EV_{i}": now[i]._action(place) for i in (0, 2)})
    for name in ("decision", "net_cost", "private_cost", "reported_cost"):
        assert (getattr(record, name) == getattr(env.record, name)).all(), name
        assert (getattr(record, name) != getattr(faithful, name)).any(), name
        assert (getattr(record, name) != getattr(one, name)).any(), name
    assert (record.day.metered_kw == env.record.day.metered_kw).all()
    assert (record.prices == env.record.prices).all()


def test_words_move_by_what_a_car_says_over_the_faithful_day_while_it_is_there() -> None:
    mission = robosim.load("charging", set=DAY, tax="none")
    said: dict[int, list[float]] = {}
    for _, left, inner in exchanges(mission):
        for column, car in enumerate(left.who):
            if left.present[0, column]:
                said.setdefault(int(car), []).extend(inner.heard.own["z"][0, column])
    env = robosim.parallel_env("charging", set=DAY)
    for car, numbers in said.items():
        assert env.episode.told[car].rooms["z"].width == pytest.approx(max(numbers) - min(numbers))
        assert env.episode.told[car].rooms["z"].width.shape == (24,)


def test_a_car_that_wants_nothing_has_one_step_and_pays_nothing() -> None:
    """Car 1 of this day wants nothing, so it is never asked."""
    env = robosim.env("charging", agent=1, set=DAY, tax="none")
    env.reset()
    _, reward, over, _, bill = env.step(np.ones(env.action_space.shape))
    assert over
    assert reward == bill["net_cost"] == 0.0
    with pytest.raises(robosim.RobosimError, match="the mission is over"):
        env.step(np.ones(env.action_space.shape))


def test_what_is_only_reckoned_with_hears_no_learner() -> None:
    """The dynamic pivot asks what would be without a car: those words are in no step of the episode."""
    env = robosim.env("charging", agent=2, set=DAY, tax="dynamic-pivot")
    told = env.episode.told[2]
    told.tell(np.ones(env.action_space.shape), (0, 0))
    view = robosim.View({}, None, {"z": np.ones((1, 5)), "dual": np.ones((1, 1)), "cost": np.ones((1, 1))}, {})
    assert told.during(None).say(0, None, view)[1] is view.faithful
    assert (told.during(0).say(0, None, view)[1]["z"] != 1.0).all()
    assert told.during(0).say(0, None, view)[1]["z"].shape == (1, 5)


def test_the_report_follows_the_last_action_of_a_car_that_had_words() -> None:
    env = robosim.parallel_env("charging", free=[0, 2], set=DAY, tax="none")
    told: dict[int, float] = {}
    env.reset()
    step = 0
    while env.agents:
        here = env.episode.turns.speaking(env.episode.snapshot)
        actions = {i: np.zeros(env.action_space(f"EV_{i}").shape) for i in (0, 2)}
        for i, action in actions.items():
            action[-1] = step / 1000.0
            if here[i]:
                told[i] = action[-1]
        env.step({f"EV_{i}": action for i, action in actions.items()})
        step += 1
    assert told[0] != told[2]
    for i in (0, 2):
        assert env.record.reported_cost[0, i] == env.record.private_cost[0, i] * (1.0 + told[i])
