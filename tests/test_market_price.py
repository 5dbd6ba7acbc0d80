"""How the leader moves prices and when it asks: sure steps, long steps, kernels of many missions against plain ones."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.agent import Heard, Links
from robosim.charging.problem import ChargingDay
from robosim.controllers.dual_decomposition import ChargingCar, Market
from robosim.controllers.parts.charging import fleet, plan, price_at_plug, spend, use
from robosim.controllers.parts.price_step import answered, asked, expected, nothing_known
from robosim.kernels.coupling import steepness
from robosim.kernels.ev_response import respond
from robosim.kernels.levels import level_periods, shared

seeds = st.integers(0, 10_000)


def drawn_day(seed: int, n: int = 12, rows: int = 1, t: int = 24, own_wear: bool = True) -> ChargingDay:
    """EVs that share `rows` rows; about half of what all would like at once fits."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, t - 6, n)
    last = np.minimum(first + rng.integers(4, t, n), t)
    wear, most = rng.uniform(0.005, 0.05, n), rng.choice([3.7, 6.656, 11.0], n)
    weights = np.ones((n, 1)) if rows == 1 else rng.uniform(0.0, 1.0, (n, rows))
    there = (np.arange(t) >= first[:, None]) & (np.arange(t) < last[:, None])
    peak = np.abs(np.einsum("ik,it->kt", weights, there * most[:, None])).max(axis=1)
    return ChargingDay(
        curvature=wear,
        energy_cost=np.repeat(rng.uniform(0.05, 0.3, (1, t)), n, axis=0),
        limit_kw=most,
        stay=np.stack([first, last], axis=1),
        energy=rng.uniform(0.2, 0.8, n) * most * (last - first),
        unmet=np.full(n, 2.0),
        weights=weights,
        rows_kw=0.5 * peak,
        least_curvature=wear if own_wear else np.full(n, 0.005),
        told=np.zeros((n, 3)),
    )


def play(day: ChargingDay, epsilon: float, present=None, rounds: int = 5000, **changed):
    """A mission by a plain loop: the leader's last state, its decision, and the rounds."""
    none = np.zeros(0, dtype=np.int32)
    links = Links(np.zeros(day.agents + 1, dtype=np.int32), none, none, np.zeros(0), np.ones(day.agents))
    rules = day.rules(rounds=rounds, epsilon=epsilon, present=present) | changed
    market, taker = Market(update="nesterov"), ChargingCar()
    (state, said), (hall, cast) = taker.start(day.own(), rules, links), market.start(rules)
    while hall.k < rounds and not market.done(hall).all():
        state, said = taker.step(state, Heard(said, cast, links, said))
        hall, cast = market.step(hall, said)
    return hall, market.decide(hall, said)


def without_each(n: int) -> np.ndarray:
    """The mission and its marginal problems."""
    return np.vstack([np.ones((1, n), bool), ~np.eye(n, dtype=bool)])[..., None]


@pytest.mark.parametrize("rows", [1, 5])
@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_long_steps_end_at_the_central_optimum(rows: int, seed: int) -> None:
    """Whatever the strides were, the gap is certified: cost - ε ≤ q(λ) ≤ optimum ≤ cost of the decision."""
    day = drawn_day(seed, rows=rows, own_wear=False)
    best = day.best.cost
    hall, z = play(day, 1e-7 * best)
    assert hall.done.all()
    cost = day.costs(z).sum()
    assert hall.bound[0] <= best * (1 + 1e-9)
    assert best * (1 - 1e-9) <= cost <= hall.bound[0] + 1e-7 * best * (1 + 1e-6)


def test_strides_save_rounds_where_the_public_bound_is_loose_and_are_never_shorter_than_the_sure_step() -> None:
    rounds = {}
    for boldest in (1.0, 64.0):
        found = [play(drawn_day(s, n=40, own_wear=False), 1e-4, boldest=boldest)[0] for s in range(5)]
        assert all((hall.prices.stride >= 1.0).all() and (hall.prices.stride <= boldest).all() for hall in found)
        rounds[boldest] = sum(hall.k for hall in found)
    assert rounds[64.0] < 0.7 * rounds[1.0]


def test_a_batch_is_each_mission_alone_bit_for_bit_with_strides_and_questions() -> None:
    for rows in (1, 4):
        day = drawn_day(3, rows=rows)
        present = without_each(day.agents)
        hall, z = play(day, 1e-5, present)
        assert hall.done.all()
        for m in range(0, len(present), 3):
            one, share = play(day, 1e-5, present[m : m + 1])
            np.testing.assert_array_equal(one.price[0], hall.price[m])
            np.testing.assert_array_equal(share[0], z[m])
            assert (one.gap[0], one.prices.stride.item()) == (hall.gap[m], hall.prices.stride[m].item())


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_steepness_bounds_what_the_moving_rows_can_bend(seed: int) -> None:
    """D - Σ_i w_i w_i' b_i is positive semidefinite over the rows that move, and D is 0 elsewhere."""
    rng = np.random.default_rng(seed)
    n, rows, t = 6, 4, 5
    weights, b = rng.normal(size=(n, rows)), rng.uniform(0.1, 2.0, n)
    stay = np.sort(rng.integers(0, t + 1, (n, 2)), axis=1)
    present, moving = rng.random((2, n)) < 0.8, rng.random((2, rows, t)) < 0.6
    steep = np.full((2, rows, t), np.nan)
    steepness(weights, b, stay, present, moving, steep)
    assert not steep[~moving].any()
    for m in range(2):
        for at in range(t):
            here = present[m] & (stay[:, 0] <= at) & (at < stay[:, 1])
            w = weights[here] * moving[m, :, at]
            assert np.linalg.eigvalsh(np.diag(steep[m, :, at]) - (w.T * b[here]) @ w).min() >= -1e-12


@given(seeds, st.sampled_from([1, 3]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_answers_of_open_missions_are_the_responses_at_the_plug(seed: int, rows: int, some: bool) -> None:
    """plan = respond to p_t + Σ_k w_ik λ_kt; a mission that is closed keeps its words."""
    day, rng = drawn_day(seed, rows=rows), np.random.default_rng(seed)
    own, price = day.own(), rng.uniform(0.0, 0.2, (3, 1, rows * 24)) * (rng.random((3, 1, rows * 24)) < 0.5)
    cars, worth = fleet(own), np.full((3, 12), np.nan)
    x, value = np.empty((3, 12, 24)), np.empty((3, 12))
    at_plug = np.broadcast_to(price_at_plug(own, price), x.shape)
    respond(*cars._replace(cost=cars.cost + at_plug), np.zeros((1, 24)), worth.copy(), x, value, np.empty((0, 0)))
    before = plan(own, cars, 0.0 * price, worth)
    open_ = np.array([True, not some, True])
    found = plan(own, cars, price, worth, open_, before)
    np.testing.assert_allclose(found.x[open_], x[open_], atol=1e-9)
    np.testing.assert_allclose(found.value[open_], value[open_], rtol=1e-12)
    np.testing.assert_array_equal(found.x[~open_], before.x[~open_])
    np.testing.assert_array_equal(found.worth[~open_], worth[~open_])


@given(seeds, st.sampled_from([1, 3]))
@settings(max_examples=25, deadline=None)
def test_what_corrected_shares_cost_is_what_the_clipped_shares_cost(seed: int, rows: int) -> None:
    """v_i(clip(ẑ_i - Σ_k w_ik μ_k, 0, u_i)), 0 where there is no μ; wherever the search begins."""
    day, rng = drawn_day(seed, rows=rows), np.random.default_rng(seed)
    own, z = day.own(), rng.uniform(-1.0, 12.0, (2, 12, 24))
    mu = rng.uniform(0.0, 5.0, (2, 1, rows * 24))
    shares = np.clip(z - price_at_plug(own, mu), 0.0, day.limit_kw[:, None])
    expected_value = use(own, fleet(own), shares).value
    mu[1] = np.nan
    for begin in (np.full((2, 12), np.nan), rng.uniform(0.0, 2.0, (2, 12))):
        found = spend(own, fleet(own), z, mu, begin).value
        np.testing.assert_allclose(found[0], expected_value[0], rtol=1e-10)
        assert not found[1].any()


@given(seeds, st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_levelled_periods_are_the_levelled_resources(seed: int, equal: bool, wide: bool) -> None:
    """The same bits as resource by resource, whether limits differ by period or not."""
    rng = np.random.default_rng(seed)
    m, n, t = 2, 7, 5
    z, lower = rng.normal(1.0, 2.0, (m, n, t)), np.zeros((n, t if wide else 1))
    upper = lower + rng.uniform(0.5, 3.0, lower.shape)
    present = rng.random((m, n)) < 0.8
    present[:, 0] = True
    c = rng.uniform(0.1, 0.4, t)  # the first alone can take it
    full = [np.broadcast_to(x, (n, t)).ravel() for x in (lower, upper)]
    places = np.ascontiguousarray(np.arange(n * t).reshape(n, t).T.ravel())
    flat, mu_flat = z.reshape(m, -1).copy(), np.empty((m, t))
    there = np.repeat(present[..., None], t, axis=2).reshape(m, -1)
    assert shared(np.arange(t + 1) * n, places, np.ones(n * t), flat, *full, there, c, equal, mu_flat)
    mu = np.empty((m, t))
    assert level_periods(z, lower, upper, present, c, equal, mu)
    np.testing.assert_array_equal(z, flat.reshape(z.shape))
    np.testing.assert_array_equal(mu, mu_flat)
    load = z.sum(axis=1)
    assert (np.abs(load - c) < 1e-12).all() if equal else (load <= c + 1e-12).all()


def questions(true_gap, excesses, price: float, epsilon: float):
    """Play the leader's questions against a law of the gap: the rounds in which it asked, up to the first gap ≤ ε."""
    guess, rounds = nothing_known(1), []
    for k, excess in enumerate(excesses, start=1):
        one, know = np.array([excess]), np.zeros(1)
        ask, guess = asked(guess, k, know, one, np.array([price]), epsilon, np.ones(1, bool))
        if ask[0]:
            rounds.append(k)
            guess = answered(guess, np.array([true_gap(excess)]), ask)
            assert expected(guess, know, one)[0] == pytest.approx(true_gap(excess))
            if true_gap(excess) <= epsilon:
                return rounds
    return rounds


@pytest.mark.parametrize(("law", "least"), [(lambda e: 3.0 * e, 1e-8 / 3), (lambda e: e * e, 1e-4)])
def test_few_questions_find_the_first_round_in_which_the_gap_closes(law, least: float) -> None:
    """A gap in proportion to the excess, or to its square: asked at once when it closes, after few vain questions."""
    excesses = 0.7 ** np.arange(80)
    found = questions(law, excesses, 0.05, 1e-8)
    closes = 1 + int(np.argmax(law(excesses) <= 1e-8))
    assert law(excesses[closes - 1]) <= 1e-8 < law(excesses[closes - 2])
    assert found[-1] - closes <= 2
    assert len(found) <= 5


def test_who_lies_about_its_dual_value_moves_no_price() -> None:
    """Prices follow what is asked for: two leaders that hear the same shares and other values say the same price."""
    day = drawn_day(1)
    rules = day.rules(rounds=50)
    rng, market = np.random.default_rng(0), Market(update="nesterov")
    (one, _), (other, _) = market.start(rules), market.start(rules)
    for _ in range(20):
        z = rng.uniform(0.0, 6.0, (1, 12, 24))
        one, _ = market.step(one, {"z": z, "dual": np.zeros((1, 12, 1))})
        other, _ = market.step(other, {"z": z, "dual": rng.normal(size=(1, 12, 1))})
        np.testing.assert_array_equal(one.price, other.price)
    assert one.prices.stride.item() >= 1.0


def test_prices_are_announced_steps_where_a_step_was_chosen() -> None:
    """A step of one's own, or a share of the sure one, is taken as it is."""
    day = drawn_day(2)
    for rules in (day.rules(rounds=9, gamma=1e-4), day.rules(rounds=9, share=0.5)):
        assert rules["boldest"] == 1.0
        assert rules["steps"] is None
    assert replace(day, loss=0.001).rules(rounds=9)["steps"] is not None
