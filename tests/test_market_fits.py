"""A leader that aims a little below what there is waits for answers that fit as they are, and asks what those cost."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.agent import Heard, Links
from robosim.controllers.dual_decomposition import ChargingCar, Market
from robosim.controllers.parts.charging import fleet, plan, spend, use
from tests.test_market_price import drawn_day, without_each

SEEDS = [0, 3, 5]


def play(day, epsilon: float, present=None):
    """Every state of a mission and of those without one car each, and the words of each round, by a plain loop."""
    none = np.zeros(0, dtype=np.int32)
    links = Links(np.zeros(day.agents + 1, dtype=np.int32), none, none, np.zeros(0), np.ones(day.agents))
    rules = day.rules(rounds=500, epsilon=epsilon, present=present)
    market, taker = Market(update="secant"), ChargingCar()
    (state, said), (hall, cast) = taker.start(day.own(), rules, links), market.start(rules)
    rounds = []
    while not hall.done.all():
        state, said = taker.step(state, Heard(said, cast, links, said))
        answered, (hall, cast) = hall.price, market.step(hall, said)
        rounds.append((answered, said, hall))
    return rounds, market.decide(hall, said)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_price_is_one_at_which_the_decision_is_what_everybody_wants(seed: int) -> None:
    """Where all fits as asked for the price waits for what that costs: (3a) at the last price is the decision."""
    day = drawn_day(seed)
    present = without_each(day.agents)
    rounds, decision = play(day, 1e-7 * day.best.cost, present)
    price, _, hall = rounds[-1]
    nothing = np.full((len(price), day.agents), np.nan)
    want = plan(day.own(), fleet(day.own()), hall.price, nothing).x
    fits = (day.load(want, present)[:, 0] <= day.given_kw[0]).all(axis=1)
    assert fits.mean() > 0.9
    np.testing.assert_allclose(np.where(present, want, 0.0)[fits], decision[fits], atol=1e-9)
    assert (day.load(decision, present)[:, 0] <= day.given_kw[0]).all()
    assert (hall.gap <= 1e-7 * day.best.cost).all()
    best = [day.best.cost, *(day.without(i).best.cost for i in range(day.agents))]
    np.testing.assert_allclose((day.costs(decision) * present[..., 0]).sum(axis=1), best, rtol=2e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_questions_are_few_and_each_is_the_last(seed: int) -> None:
    """Of answers that fit is asked once; no mission is asked how dear an excess is before."""
    day = drawn_day(seed)
    rounds, _ = play(day, 1e-7 * day.best.cost, without_each(day.agents))
    asked = np.sum([hall.waiting for *_, hall in rounds], axis=0)
    assert asked.mean() < 1.5


def test_an_answer_is_given_again_where_the_price_stays() -> None:
    """Round 1 hears the announced price still, and who is asked the last one: the same arrays, nothing is solved."""
    day = drawn_day(3)
    rounds, _ = play(day, 1e-7 * day.best.cost)
    first, again = rounds[0], rounds[-1]
    assert again[1]["z"] is rounds[-2][1]["z"]
    np.testing.assert_array_equal(again[0], rounds[-2][0])
    want = plan(day.own(), fleet(day.own()), first[0], np.full((1, day.agents), np.nan))
    np.testing.assert_array_equal(first[1]["z"], want.x)


def test_who_lies_about_its_power_stays_in_nobody_s_memory() -> None:
    """The selfish write into copies: the program answers as if the car had said what it should."""
    mission = robosim.load("charging-day-ahead", set={"station.count": 6, "leader.tax": "none"})
    lying = mission.playing((deviation(mission),))
    faithful, other = mission.advance(mission.start()), lying.advance(lying.start())
    np.testing.assert_array_equal(other.state.answer.x, faithful.state.answer.x)
    assert not np.array_equal(other.heard.own["z"], faithful.heard.own["z"])
    np.testing.assert_array_equal(
        lying.advance(other).state.answer.x[:, 1:], mission.advance(faithful).state.answer.x[:, 1:]
    )


def deviation(mission):
    """Car 0 asks for less than it wants, from the first round on."""
    from robosim.agent import Deviation

    strategy = mission.strategies["proportional"](factor=0.5)
    return Deviation(strategy=strategy, missions=np.array([0]), agents=np.array([0]))


@pytest.mark.parametrize("part", [1.0, 0.97, 0.5])
def test_within_shares_that_are_all_needed_a_car_takes_them(part: float) -> None:
    """v_i(z) = Σ p z + a/2 ‖z‖² + w (E - Σ z) where no unit costs more than w; x = z."""
    day = drawn_day(5)
    own, cars = day.own(), fleet(day.own())
    nowhere = np.full((1, day.agents), np.nan)
    z = part * plan(own, cars, np.zeros((1, 1, day.periods)), nowhere).x
    found = use(own, cars, z)
    np.testing.assert_allclose(found.x, z, rtol=1e-12, atol=1e-12)
    wear, missing = 0.5 * day.curvature * (z[0] ** 2).sum(axis=1), np.maximum(day.energy - z[0].sum(axis=1), 0.0)
    np.testing.assert_allclose(
        found.value[0], (day.energy_cost * z[0]).sum(axis=1) + wear + day.unmet * missing, rtol=1e-11
    )
    dear = replace(day, unmet=np.full(day.agents, 0.1))
    cut = spend(dear.own(), fleet(dear.own()), z, np.zeros((1, 1, day.periods)), nowhere, np.empty_like(z)).x
    marginal = day.energy_cost + day.curvature[:, None] * cut[0]
    assert (cut <= z + 1e-12).all()
    assert (marginal[cut[0] > 1e-9] <= 0.1 + 1e-9).all()
    assert (cut < z - 1e-6).any()
