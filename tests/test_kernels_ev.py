"""Best responses to a price (T, Algorithm 1, step (3a)): optimality conditions, duality, and plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.kernels.ev_response import Fleet, respond
from robosim.kernels.near_response import QuadraticAgents, respond_quadratic

seeds = st.integers(0, 100_000)
sizes = st.sampled_from([(1, 1), (1, 7), (3, 5)])
periods = st.sampled_from([1, 15, 16, 24, 96])
spreads = st.sampled_from([1.0, 0.05, 0.001])  # of the curvature: the smaller, the more periods are at a bound
WISHES = ("must", "priced", "soft", "soft-capped", "none")


def wishes(kind, energy, rng):
    """(…, 4) arrays E, κ, lo, hi."""
    worth = rng.uniform(0.0, 0.5, energy.shape)
    kappa = 1.0 / rng.uniform(0.01, 1.0, energy.shape)
    zero, infinite = np.zeros_like(energy), np.full_like(energy, np.inf)
    parts = {
        "must": (energy, zero, -infinite, infinite),
        "priced": (energy, zero, zero, worth),
        "soft": (energy, kappa, -infinite, infinite),
        "soft-capped": (energy, kappa, zero, worth),
        "none": (zero, zero, zero, zero),
    }
    return np.stack(parts[kind], axis=-1)


def drawn_fleet(seed, missions=1, agents=5, t=24, spread=1.0, kind="must", flat=True):
    """A random fleet; with `flat` everything that can be shared is shared."""
    rng = np.random.default_rng(seed)
    own = 1 if flat else missions
    first = rng.integers(0, t, (1, agents))
    stay = np.stack([first, rng.integers(first + 1, t + 1)], axis=-1).astype(np.int32)
    derating = np.ones((1, 1, 1)) if flat else rng.uniform(0.0, 1.0, (1, 1, t))
    limit = rng.choice([3.7, 6.656, 11.0], (own, agents, 1)) * derating
    room = np.where(inside(stay, t), limit, 0.0).sum(axis=2)
    energy = rng.uniform(0.0, 0.99 if kind == "must" else 1.3, (own, agents)) * room
    fleet = Fleet(
        curvature=rng.uniform(0.005, 0.05, (1, agents)) * spread,
        cost=rng.uniform(-0.05, 0.3, (own, 1 if flat else agents, t)),
        limit=limit,
        stay=stay,
        wish=wishes(kind, energy, rng),
        present=np.ones((1, agents), dtype=bool),
    )
    return fleet, rng.uniform(0.0, 0.2, (missions, t))


def inside(stay, t):
    return (np.arange(t) >= stay[..., :1]) & (np.arange(t) < stay[..., 1:])


def play(fleet, price, missions, nu=None):
    agents, t = fleet.curvature.shape[1], price.shape[1]
    nu = np.full((missions, agents), np.nan) if nu is None else nu.copy()
    x, value, load = np.empty((missions, agents, t)), np.empty((missions, agents)), np.empty((missions, t))
    respond(*fleet, price, nu, x, value, load)
    return x, nu, value, load


def spelled_out(fleet, price):
    """Everything on the axes (M, N, T): price p + λ, curvature, upper bounds, wish."""
    shape = (price.shape[0], fleet.curvature.shape[1], price.shape[1])
    upper = np.where(inside(fleet.stay, shape[2]), fleet.limit, 0.0)
    parts = fleet.cost + price[:, None, :], fleet.curvature[..., None], upper
    return *(np.broadcast_to(part, shape) for part in parts), np.broadcast_to(fleet.wish, (*shape[:2], 4))


def penalty(wish, missing):
    """φ(e) = max of ν e - κ ν²/2 over lo ≤ ν ≤ hi; of a hard wish 0 (nothing is missing)."""
    kappa, low, high = wish[..., 1], wish[..., 2], wish[..., 3]
    hard = (kappa == 0.0) & ~np.isfinite(low)
    free = np.where(kappa > 0.0, missing / np.where(kappa > 0.0, kappa, 1.0), np.where(missing > 0.0, high, low))
    best = np.where(hard, 0.0, np.clip(free, np.where(hard, 0.0, low), np.where(hard, 0.0, high)))
    return best * missing - 0.5 * kappa * best**2


def private_and_price(fleet, price, x):
    total, a, _, wish = spelled_out(fleet, price)
    return (0.5 * a * x**2 + total * x).sum(axis=2) + penalty(wish, wish[..., 0] - x.sum(axis=2))


def by_bisection(fleet, price):
    """The same responses by halving the bracket of ν, all EVs at once."""
    total, a, upper, wish = spelled_out(fleet, price)
    energy, kappa = wish[..., 0], wish[..., 1]
    reach = np.abs(total).max() + (a * upper).max() + (energy / np.where(kappa > 0, kappa, np.inf)).max() + 1.0
    low, high = np.maximum(wish[..., 2], -reach), np.minimum(wish[..., 3], reach)
    for _ in range(200):
        nu = 0.5 * (low + high)
        over = np.clip((nu[..., None] - total) / a, 0.0, upper).sum(axis=2) + kappa * nu > energy
        low, high = np.where(over, low, nu), np.where(over, nu, high)
    return np.clip((nu[..., None] - total) / a, 0.0, upper)


@pytest.mark.parametrize("kind", WISHES)
@given(seeds, sizes, periods, spreads, st.booleans())
@settings(max_examples=25, deadline=None)
def test_response_is_the_bisection_and_the_value_is_its_cost(kind, seed, size, t, spread, flat) -> None:
    fleet, price = drawn_fleet(seed, *size, t, spread, kind, flat)
    x, _, value, load = play(fleet, price, size[0])
    np.testing.assert_allclose(x, by_bisection(fleet, price), atol=1e-9)
    np.testing.assert_allclose(value, private_and_price(fleet, price, x), rtol=1e-10, atol=1e-10)  # strong duality
    np.testing.assert_allclose(load, x.sum(axis=1), rtol=1e-13, atol=1e-13)


@given(seeds, sizes, periods, spreads, st.booleans())
@settings(max_examples=40, deadline=None)
def test_what_must_be_served_is_served_at_one_marginal_cost(seed, size, t, spread, flat) -> None:
    """KKT: 0 ≤ x ≤ u, Σ x = E, a x + p + λ = ν between the bounds, ≥ ν at 0, ≤ ν at u."""
    fleet, price = drawn_fleet(seed, *size, t, spread, "must", flat)
    x, nu, _, _ = play(fleet, price, size[0])
    total, a, upper, wish = spelled_out(fleet, price)
    assert np.all((x >= 0.0) & (x <= upper))
    np.testing.assert_allclose(x.sum(axis=2), wish[..., 0], rtol=1e-12, atol=1e-12)
    marginal = a * x + total - nu[..., None]
    assert np.all(marginal[(x > 0.0)] <= 1e-12)
    assert np.all(marginal[(x < upper)] >= -1e-12)


@given(seeds, spreads)
@settings(max_examples=30, deadline=None)
def test_priced_energy_is_missing_only_at_its_price(seed, spread) -> None:
    """E - Σ x > 0 only where ν = w, Σ x > E only where ν = 0."""
    fleet, price = drawn_fleet(seed, 2, 6, 24, spread, "priced")
    x, nu, _, _ = play(fleet, price, 2)
    missing, worth = fleet.wish[..., 0] - x.sum(axis=2), fleet.wish[..., 3]
    assert np.all((nu >= 0.0) & (nu <= worth))
    np.testing.assert_allclose(np.maximum(missing, 0.0) * (worth - nu), 0.0, atol=1e-11)
    np.testing.assert_allclose(np.maximum(-missing, 0.0) * nu, 0.0, atol=1e-11)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_soft_wish_pays_its_marginal_price(seed) -> None:
    """φ(e) = b e²/2: ν = b (E - Σ x)."""
    fleet, price = drawn_fleet(seed, 1, 6, 24, 0.1, "soft")
    x, nu, _, _ = play(fleet, price, 1)
    np.testing.assert_allclose(nu, (fleet.wish[..., 0] - x.sum(axis=2)) / fleet.wish[..., 1], rtol=1e-9, atol=1e-11)


@given(seeds, st.sampled_from(WISHES))
@settings(max_examples=40, deadline=None)
def test_dual_function_bounds_every_feasible_plan(seed, kind) -> None:
    """Weak duality: Σ_i value_i - λ'c ≤ Σ_i v_i(x_i) for any x with Σ x = c; here c is what some plan uses."""
    fleet, price = drawn_fleet(seed, 1, 6, 24, 0.1, kind)
    _, _, value, _ = play(fleet, price, 1)
    other, _, _, used = play(fleet, np.random.default_rng(seed).uniform(0, 0.5, price.shape), 1)
    social = private_and_price(fleet, 0.0 * price, other).sum()
    assert value.sum() - price[0] @ used[0] <= social + 1e-10


@given(seeds, st.sampled_from(WISHES), st.floats(-5.0, 5.0))
@settings(max_examples=40, deadline=None)
def test_any_warm_start_leads_to_the_same_plan(seed, kind, start) -> None:
    fleet, price = drawn_fleet(seed, 1, 6, 96, 0.05, kind)
    cold, _, value, _ = play(fleet, price, 1)
    warm, _, again, _ = play(fleet, price, 1, np.full((1, 6), start))
    np.testing.assert_allclose(warm, cold, atol=1e-10)
    np.testing.assert_allclose(again, value, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("flat", [True, False])
def test_missions_of_a_batch_are_missions_alone_bit_for_bit(flat) -> None:
    fleet, price = drawn_fleet(3, 4, 9, 96, 0.1, "priced", flat)
    together = play(fleet, price, 4)
    for m in range(4):
        alone = play(Fleet(*(part[m : m + 1] if len(part) > 1 else part for part in fleet)), price[m : m + 1], 1)
        for part, whole in zip(alone, together, strict=True):
            np.testing.assert_array_equal(part[0], whole[m])


def test_sums_do_not_need_the_plans() -> None:
    fleet, price = drawn_fleet(5, 2, 9, 96, 0.1)
    _, nu, value, load = play(fleet, price, 2)
    again, bare, none = np.full((2, 9), np.nan), np.empty((2, 9)), np.empty((0, 0, 0))
    sums = np.empty((2, 96))
    respond(*fleet, price, again, none, bare, sums)
    respond(*fleet, price, nu.copy(), none, np.empty((2, 9)), np.empty((0, 0)))
    for part, whole in ((again, nu), (bare, value), (sums, load)):
        np.testing.assert_array_equal(part, whole)


def test_absent_agents_take_nothing_and_others_do_not_notice() -> None:
    """T, (8): in P_-j agent j is absent, z_j = 0."""
    fleet, price = drawn_fleet(7, 1, 5, 24, 0.1)
    everybody = play(fleet, price, 1)
    marginal = fleet._replace(present=np.concatenate([np.ones((1, 5), dtype=bool), ~np.eye(5, dtype=bool)]))
    x, nu, value, load = play(marginal, price.repeat(6, axis=0), 6)
    for j in range(5):
        others = np.arange(5) != j
        np.testing.assert_array_equal(x[j + 1, others], everybody[0][0, others])
        np.testing.assert_array_equal(value[j + 1, others], everybody[2][0, others])
        assert not x[j + 1, j].any()
        assert value[j + 1, j] == 0.0
        assert np.isnan(nu[j + 1, j])
        np.testing.assert_allclose(load[j + 1], everybody[3][0] - everybody[0][0, j], atol=1e-12)


@pytest.mark.parametrize(("share", "least_cost"), [(0.0, 0.0), (1.0, None), (1.01, np.inf), (-0.1, np.inf)])
def test_corners_of_what_must_be_served(share, least_cost) -> None:
    """Nothing, everything, and what cannot be: the least cost of an empty set is ∞."""
    fleet, price = drawn_fleet(11, 1, 6, 24, 0.1)
    _, _, upper, wish = spelled_out(fleet, price)
    wish = wish.copy()
    wish[..., 0] = share * upper.sum(axis=2)
    x, nu, value, _ = play(fleet._replace(wish=wish), price, 1)
    np.testing.assert_allclose(x, np.where(share >= 1.0, upper, 0.0), rtol=1e-11)
    assert np.isfinite(nu).all()
    expected = private_and_price(fleet, price, x) if least_cost is None else least_cost
    np.testing.assert_allclose(value, np.broadcast_to(expected, value.shape), rtol=1e-10, atol=1e-12)


def test_empty_stay_pays_for_everything_missing() -> None:
    """With no period to charge in, the cost is φ(E) = w E; what must be served then costs ∞."""
    fleet, price = drawn_fleet(1, 1, 2, 24)
    fleet.stay[:] = 7
    wish = np.array([[[4.0, 0.0, 0.0, 0.3], [4.0, 0.0, -np.inf, np.inf]]])
    x, _, value, load = play(fleet._replace(wish=wish), price, 1)
    np.testing.assert_allclose(value, [[1.2, np.inf]], rtol=1e-15)
    assert not x.any()
    assert not load.any()


def test_stays_beyond_the_day_end_with_it() -> None:
    fleet, price = drawn_fleet(2, 1, 3, 24, kind="priced")
    wild, tame = fleet.stay.copy(), fleet.stay.copy()
    wild[0], tame[0] = [[-5, 30], [20, 99], [9, 3]], [[0, 24], [20, 24], [9, 9]]
    beyond, within = play(fleet._replace(stay=wild), price, 1), play(fleet._replace(stay=tame), price, 1)
    for part, whole in zip(beyond, within, strict=True):
        np.testing.assert_array_equal(part, whole)


def test_price_that_is_not_a_number_shows() -> None:
    fleet, price = drawn_fleet(1, 1, 2, 24)
    _, nu, value, _ = play(fleet, np.full_like(price, np.nan), 1)
    assert np.isnan(nu).all()
    assert np.isnan(value).all()


def prosumers(seed, missions, agents, n, rows):
    rng = np.random.default_rng(seed)
    lower = rng.uniform(-1.0, 0.0, (1, agents, n))
    upper = lower + rng.uniform(0.0, 2.0, lower.shape)
    who = QuadraticAgents(
        curvature=rng.uniform(0.1, 2.0, (1, agents, n)),
        slope=rng.normal(size=(missions, agents, n)),
        lower=lower,
        upper=upper,
        rows=rng.normal(size=(agents, rows, n)),
        present=np.ones((1, agents), dtype=bool),
    )
    return who, rng.normal(size=(missions, rows)), rng


def answer(who, price, missions, agents, n):
    z, value, load = np.empty((missions, agents, n)), np.empty((missions, agents)), np.empty((missions, price.shape[1]))
    respond_quadratic(*who, price, z, value, load)
    return z, value, load


@given(seeds, st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_quadratic_response_is_clipped_and_cannot_be_improved(seed, missions, agents, n, rows) -> None:
    who, price, rng = prosumers(seed, missions, agents, n, rows)
    z, value, load = answer(who, price, missions, agents, n)
    pull = who.slope + np.einsum("irn,mr->min", who.rows, price)
    np.testing.assert_allclose(z, np.clip(-pull / who.curvature, who.lower, who.upper), atol=1e-13)
    np.testing.assert_allclose(value, (0.5 * who.curvature * z**2 + pull * z).sum(axis=2), atol=1e-12)
    np.testing.assert_allclose(load, np.einsum("irn,min->mr", who.rows, z), atol=1e-12)
    other = rng.uniform(who.lower, who.upper, z.shape)
    assert np.all((0.5 * who.curvature * other**2 + pull * other).sum(axis=2) >= value - 1e-12)


def test_two_bidders_answer_as_in_section_two() -> None:
    """T, section II: v_i = (z_i - 1)², one unit to share; at λ = 1 both ask for 1/2, q(λ) = Σ value - λ + 2 = 1/2."""

    def each(number):
        return np.full((1, 2, 1), number)

    who = QuadraticAgents(
        curvature=each(2.0),
        slope=each(-2.0),
        lower=each(-np.inf),
        upper=each(np.inf),
        rows=np.ones((1, 1, 1)),
        present=np.ones((1, 2), dtype=bool),
    )
    z, value, load = answer(who, np.ones((1, 1)), 1, 2, 1)
    np.testing.assert_array_equal(z, np.full((1, 2, 1), 0.5))
    np.testing.assert_array_equal(load, [[1.0]])
    assert value.sum() - 1.0 + 2.0 == 0.5


def test_absent_prosumer_takes_nothing() -> None:
    who, price, _ = prosumers(4, 1, 3, 2, 2)
    z, value, load = answer(who._replace(present=np.array([[True, False, True]])), price, 1, 3, 2)
    everybody, _, _ = answer(who, price, 1, 3, 2)
    assert not z[0, 1].any()
    assert value[0, 1] == 0.0
    np.testing.assert_allclose(load[0], np.einsum("irn,in->r", who.rows[[0, 2]], everybody[0, [0, 2]]), atol=1e-13)
