"""The problem behind a charging day: costs in closed form, optima of other solvers, sure steps, who depends on whom."""

import time
from dataclasses import replace

import clarabel
import numpy as np
import piqp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse

import robosim
from robosim.agent import Deviation, Heard, Strategy
from robosim.charging.aggregator import Aggregator
from robosim.charging.build import refuse_nonsense
from robosim.charging.problem import ChargingDay
from robosim.controllers.dual_decomposition import ChargingCar
from robosim.controllers.parts.charging import fleet, plan
from robosim.errors import BadInput

seeds = st.integers(0, 100_000)
KINDS = ("plain", "rows", "aggregated", "rows, aggregated")


def drawn(seed: int, kind: str = "plain", agents: int = 5, periods: int = 8) -> ChargingDay:
    """A day of which somebody's wish is met only in part; rows weigh cars differently, as a polygon's do."""
    rng = np.random.default_rng([7, seed])
    first = rng.integers(0, periods - 1, agents)
    stop = rng.integers(first + 1, periods + 1)
    limit = rng.choice([3.7, 6.656, 11.0], agents)
    curvature = rng.uniform(0.002, 0.05, agents)
    rows = rng.uniform(0.0, 1.0, (agents, 4)) if "rows" in kind else np.ones((agents, 1))
    own_cost = {"loss": 0.003, "demand": 0.2} if "aggregated" in kind else {}
    energy = rng.uniform(0.2, 1.3, agents) * limit * (stop - first)
    return ChargingDay(
        curvature=curvature,
        energy_cost=rng.uniform(-0.02, 0.3, (agents, periods)),
        limit_kw=limit,
        stay=np.stack([first, stop], axis=1),
        energy=energy,
        unmet=rng.uniform(0.2, 1.0, agents),
        weights=rows,
        rows_kw=rng.uniform(0.05, 0.3, rows.shape[1]) * limit.sum(),
        least_curvature=np.full(agents, 0.002),
        told=np.concatenate([energy[:, None] * 1.92, np.stack([first, stop], axis=1)], axis=1),
        **own_cost,
    )


def one_car(**types: object) -> ChargingDay:
    """One EV, four periods, everything 1 but what is named."""
    given = {"curvature": 1.0, "limit_kw": 10.0, "energy": 4.0, "unmet": 1e3, "least_curvature": 0.25} | types
    single = {key: np.array([x]) for key, x in given.items() if key != "energy_cost"}
    return ChargingDay(
        **single,
        energy_cost=np.broadcast_to(np.asarray(types.get("energy_cost", 0.1), dtype=float), (1, 4)),
        stay=np.array([[0, 4]]),
        weights=np.ones((1, 1)),
        rows_kw=np.array([100.0]),
        told=np.zeros((1, 3)),
    )


# -- v_i(z) ------------------------------------------------------------------------------------------------------------


def test_energy_is_spread_evenly_where_prices_are_even() -> None:
    """Σ x = E at equal prices: x = E/n, v = pE + aE²/(2n)."""
    day = one_car()
    np.testing.assert_allclose(day.use(np.full((1, 1, 4), 9.0)), 1.0)
    np.testing.assert_allclose(day.costs(np.full((1, 4), 9.0)), [0.1 * 4 + 0.5 * 16 / 4])


def test_a_share_that_is_too_small_is_used_up_and_the_rest_has_its_price() -> None:
    """w above every marginal cost: x = z, v = Σ (p z + a z²/2) + w (E - Σ z)."""
    z = np.array([[0.5, 0.25, 0.0, 1.0]])
    expected = 0.1 * 1.75 + 0.5 * (0.25 + 0.0625 + 1.0) + 1e3 * 2.25
    np.testing.assert_allclose(one_car().costs(z), [expected])


def test_energy_that_costs_more_than_doing_without_is_not_taken() -> None:
    """p ≥ w: x = 0, v = wE; and 0 where nothing is wanted, even where p < 0."""
    z = np.full((1, 4), 9.0)
    np.testing.assert_allclose(one_car(unmet=0.05).costs(z), [0.05 * 4])
    np.testing.assert_allclose(one_car(energy=0.0).costs(z), [0.0])
    paid = one_car(energy=0.0, energy_cost=-0.5)
    np.testing.assert_array_equal(paid.use(z[None]), 0.0)
    np.testing.assert_array_equal(paid.costs(z), [0.0])


@pytest.mark.parametrize("wear", [0.0, 1e-9, 1.0])
def test_nobody_takes_more_than_it_wants_whatever_it_is_paid(wear: float) -> None:
    """Σ x ≤ E with p < 0, the best-paid periods first where costs do not bend; v = p'x + a/2 ‖x‖²."""
    price = np.array([[-0.1, -0.5, 0.2, -0.3]])
    day = one_car(curvature=wear, least_curvature=0.0, energy_cost=price, energy=14.0)
    x = day.use(np.full((1, 1, 4), 9.0))[0, 0]
    assert x.sum() == pytest.approx(14.0, rel=1e-9)
    if wear < 1.0:
        np.testing.assert_allclose(x, [0.0, 9.0, 0.0, 5.0], atol=1e-6)
    np.testing.assert_allclose(day.costs(np.full((1, 4), 9.0)), price @ x + wear / 2 * (x**2).sum(), rtol=1e-9)


@given(seeds, st.floats(0.0, 1.0))
@settings(max_examples=40, deadline=None)
def test_costs_are_convex_fall_with_the_share_and_ignore_what_nobody_can_use(seed: int, s: float) -> None:
    """v is convex and falling; shares above u and outside the stay change nothing."""
    day, rng = drawn(seed), np.random.default_rng(seed)
    z, y = rng.uniform(0.0, 12.0, (2, day.agents, day.periods))
    between = s * day.costs(z) + (1 - s) * day.costs(y)
    assert (day.costs(s * z + (1 - s) * y) <= between + 1e-9).all()
    assert (day.costs(np.maximum(z, y)) <= day.costs(z) + 1e-9).all()
    t = np.arange(day.periods)
    here = (day.stay[:, :1] <= t) & (t < day.stay[:, 1:])
    z = z - 1.0
    usable = np.where(here, np.clip(z, 0.0, day.limit_kw[:, None]), 0.0)
    np.testing.assert_array_equal(day.costs(z), day.costs(usable))
    used = day.use(z[None])[0]
    assert (used <= usable + 1e-12).all()
    np.testing.assert_allclose(day.costs(z), day.metered_costs(used[None])[0], rtol=1e-10, atol=1e-10)


# -- the optimum -------------------------------------------------------------------------------------------------------


def by_clarabel(day: ChargingDay) -> float:
    """The least social cost by an interior point method of its own, from the definition with dense matrices."""
    n, t, rows = day.agents, day.periods, len(day.rows_kw)
    size = n * t + n + (t + 1 if day.aggregated else 0)  # power, what is missing, summed power and its peak
    quadratic, linear = np.zeros(size), np.zeros(size)
    quadratic[: n * t], linear[: n * t] = np.repeat(day.curvature, t), day.energy_cost.ravel()
    linear[n * t : n * t + n] = day.unmet
    at_most, limit = [], []
    periods, eye = np.arange(t), np.eye(size)
    here = (day.stay[:, :1] <= periods) & (periods < day.stay[:, 1:])
    for i in range(n):
        at_most.append(-eye[i * t : i * t + t].sum(axis=0) - eye[n * t + i])
        limit.append(-day.energy[i])
        at_most.append(eye[i * t : i * t + t].sum(axis=0))  # never more than it wants, even where it is paid
        limit.append(day.energy[i])
    for k in range(rows):
        for p in range(t):
            at_most.append(sum(day.weights[i, k] * eye[i * t + p] for i in range(n)))
            limit.append(day.rows_kw[k])
    if day.aggregated:
        quadratic[n * t + n : -1], linear[-1] = day.loss, day.demand
        for p in range(t):
            whole = sum(eye[i * t + p] for i in range(n))
            at_most += [whole - eye[n * t + n + p], eye[n * t + n + p] - eye[-1]]  # losses only rise: ≤ is enough
            limit += [0.0, 0.0]
    upper = np.where(here, day.limit_kw[:, None], 0.0).ravel()
    at_most += [*eye[: n * t], *-eye]
    limit += [*upper, *np.zeros(size)]
    chosen = clarabel.DefaultSettings()
    chosen.verbose = False
    chosen.tol_gap_abs = chosen.tol_gap_rel = chosen.tol_feas = 1e-11
    cones = [clarabel.NonnegativeConeT(len(limit))]
    p = sparse.csc_matrix(np.diag(quadratic))
    a = sparse.csc_matrix(np.array(at_most))
    return float(clarabel.DefaultSolver(p, linear, a, np.array(limit), cones, chosen).solve().obj_val)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_is_that_of_another_solver(kind: str, seed: int) -> None:
    day = drawn(seed, kind)
    z, price, cost = day.optimum()
    assert cost == pytest.approx(by_clarabel(day), rel=1e-7)
    assert (day.weights.T @ z <= day.rows_kw[:, None] + 1e-7).all()
    assert price.max() > 1e-3  # something is scarce


@pytest.mark.parametrize("kind", KINDS)
@given(seeds)
@example(1)
@example(29)  # of these days piqp believes easily that they have no plan
@settings(max_examples=15, deadline=None)
def test_the_optimum_and_its_prices_have_no_gap(kind: str, seed: int) -> None:
    """q(λ*) = Σ v_i(z*) + G: the followers' own answers to λ* show that nothing is better."""
    day = drawn(seed, kind)
    _, price, cost = day.optimum()
    assert dual(day, price) == pytest.approx(cost, rel=1e-7, abs=1e-7)


def dual(day: ChargingDay, price: np.ndarray) -> float:
    """q(λ), from the followers' answers and the supply's."""
    own = day.own()
    found = plan(own, fleet(own), price[None, None], np.full((1, day.agents), np.nan))
    return float(found.value.sum() + day.supply.answer(price[None, None])[1][0])


def gradient(day: ChargingDay, price: np.ndarray) -> np.ndarray:
    """∇q(λ) = Σ R_i z_i(λ) - y(λ)."""
    own, everybody = day.own(), np.ones((1, day.agents, 1), dtype=bool)
    found = plan(own, fleet(own), price[None, None], np.full((1, day.agents), np.nan))
    return (day.load(found.x, everybody) - day.supply.answer(price[None, None])[0])[0, 0]


@pytest.mark.parametrize("kind", KINDS)
@given(seeds, st.sampled_from([0.01, 0.1, 1.0]))
@settings(max_examples=40, deadline=None)
def test_steps_are_sure(kind: str, seed: int, far: float) -> None:
    """q(μ) ≥ q(λ) + ∇q(λ)'(μ - λ) - ½ Σ (μ - λ)²/γ for all λ, μ ≥ 0: a step of γ ∇q never overshoots."""
    day, rng = drawn(seed, kind), np.random.default_rng(seed)
    everybody = np.ones((1, day.agents, 1), dtype=bool)
    here = rng.uniform(0.0, 0.5, len(day.supply.c) + day.periods * day.aggregated)
    move = rng.uniform(size=len(here)) < rng.choice([0.2, 1.0])  # of some rows and periods only, or of all
    gamma = day.steps_where(move[None, None], everybody)[0, 0]
    assert (gamma >= day.sure_steps(everybody)[0, 0]).all()
    there = np.maximum(here + far * move * rng.normal(size=len(gamma)), 0.0)
    way = there - here
    least = dual(day, here) + gradient(day, here) @ way - 0.5 * (way**2 / gamma).sum()
    assert dual(day, there) >= least - 1e-9


def test_the_sure_step_of_one_ev_alone_is_its_curvature() -> None:
    steps = one_car(curvature=0.5).sure_steps(np.ones((1, 1, 1), dtype=bool))
    np.testing.assert_allclose(steps, 0.25, rtol=1e-8)


def test_whoever_is_absent_is_not_counted_in_the_steps() -> None:
    day = drawn(3, "rows, aggregated")
    others = np.ones((1, day.agents, 1), dtype=bool)
    others[0, 2] = False
    everybody = np.ones((1, day.agents - 1, 1), dtype=bool)
    np.testing.assert_array_equal(day.sure_steps(others), day.without(2).sure_steps(everybody))


# -- the aggregator ----------------------------------------------------------------------------------------------------


@given(seeds, st.sampled_from([0.0, 0.05, 0.5, 50.0]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_aggregator_answers_as_trying_every_peak_does(seed: int, demand: float, alike: bool) -> None:
    """min_y Σ q/2 y² + D max y - λ'y: for a peak m, y = clip(λ/q, 0, m); the best of many m, and what it is."""
    rng = np.random.default_rng(seed)
    q = 0.01 if alike else rng.uniform(0.01, 0.05, 6)
    price = rng.uniform(-0.1, 0.5, (1, 1, 6))
    own = Aggregator(curvature=q, demand=demand, c=np.zeros(0))
    provided, value = own.answer(price)
    peak = np.linspace(0.0, 60.0, 6001)[:, None]
    y = np.minimum(np.maximum(price[0] / q, 0.0), peak)
    tried = (0.5 * q * y**2).sum(axis=1) + demand * peak[:, 0] - (price[0] * y).sum(axis=1)
    assert value[0] <= tried.min() + 1e-12
    assert value[0] == pytest.approx(tried.min(), abs=6 * 0.5 * 0.05 * 0.01**2 + 1e-12)
    assert own.cost(provided)[0] - (price * provided).sum() == pytest.approx(value[0], abs=1e-12)


def test_rows_that_are_given_cost_nothing_and_stay_as_they_are() -> None:
    own = Aggregator(curvature=0.1, demand=1.0, c=np.array([3.0, 4.0]))
    provided, value = own.answer(np.array([[[0.5, 0.25, 0.0, 0.0]]]))
    np.testing.assert_array_equal(provided[0, 0], [3.0, 4.0, 0.0, 0.0])
    assert value[0] == -(0.5 * 3 + 0.25 * 4)


# -- the projection ----------------------------------------------------------------------------------------------------


def nearest_by_piqp(day: ChargingDay, z: np.ndarray) -> np.ndarray:
    """min ‖x - z‖² s.t. W'x ≤ c, 0 ≤ x ≤ u, period by period."""
    x = np.empty_like(z)
    for t in range(day.periods):
        solver = piqp.DenseSolver()
        for name in ("eps_abs", "eps_rel", "eps_duality_gap_abs", "eps_duality_gap_rel"):
            setattr(solver.settings, name, 1e-11)
        rows = day.weights.T.copy()
        solver.setup(
            np.eye(day.agents), -z[:, t], None, None, rows, None, day.rows_kw, np.zeros(day.agents), day.limit_kw
        )
        assert solver.solve() == piqp.PIQP_SOLVED
        x[:, t] = solver.result.x
    return x


@pytest.mark.parametrize("kind", ["plain", "rows"])
@given(seeds, st.sampled_from([1.0, 30.0]))
@settings(max_examples=30, deadline=None)
def test_the_projection_is_the_nearest_power_that_the_feeder_carries(kind: str, seed: int, wild: float) -> None:
    """Against piqp; feasible without any tolerance; each share is clip(z_i - R_i'μ, 0, u_i) with the μ broadcast."""
    day, rng = drawn(seed, kind), np.random.default_rng(seed)
    z = rng.uniform(-wild, 12.0 * wild, (1, day.agents, day.periods))
    x, mu = day.project(z, np.ones((1, day.agents, 1), dtype=bool))
    np.testing.assert_allclose(x[0], nearest_by_piqp(day, z[0]), atol=1e-4 * wild)  # rows are met a 1e-10 early
    assert (day.weights.T @ x[0] <= day.rows_kw[:, None] * (1 + 1e-12)).all()
    by_row = mu[0, 0].reshape(day.weights.shape[1], -1)
    np.testing.assert_allclose(x[0], np.clip(z[0] - day.weights @ by_row, 0.0, day.limit_kw[:, None]), atol=1e-9 * wild)
    left = day.rows_kw[:, None] - day.weights.T @ x[0]
    np.testing.assert_allclose(by_row * left, 0.0, atol=1e-6 * wild)  # with feasibility this is optimality


def test_who_is_absent_gets_nothing_and_makes_no_room_for_others() -> None:
    """What others get is what they would without it."""
    for seed in range(20):
        day, everybody = drawn(seed, "rows"), np.ones((1, 5, 1), dtype=bool)
        others = everybody & (np.arange(5)[:, None] != 2)
        z = np.random.default_rng(seed).uniform(0.0, 12.0, (1, 5, day.periods))
        x, mu = day.project(z, others)
        assert not x[0, 2].any()
        alone = day.without(2).project(np.delete(z, 2, axis=1), everybody[:, 1:])
        np.testing.assert_array_equal(np.delete(x, 2, axis=1), alone[0])
        np.testing.assert_array_equal(mu, alone[1])


def test_the_projection_is_right_and_fast_where_many_nearly_parallel_rows_bind() -> None:
    """The polygons of three-phase limits, asked for far too much: no row carries more than its limit, those with a
    price carry all of it; a day takes milliseconds (without Newton steps, 90 s)."""
    day = robosim.load("charging-day-ahead", set=CALTECH | {"station.count": 40, "station.limit_kw": 60.0}).allocation
    everybody = np.ones((1, 40, 1), dtype=bool)
    for most in (9.0, 300.0, 1e12):
        z = np.random.default_rng(0).uniform(-3.0, most, (1, 40, day.periods))
        begin = time.perf_counter()
        x, mu = day.project(z, everybody)
        seconds = time.perf_counter() - begin
        left = day.rows_kw[:, None] - day.weights.T @ x[0]
        assert left.min() >= 0.0
        assert (left[mu[0, 0].reshape(left.shape) > 0.0] <= 1e-8).all()
    assert seconds < 2.0


# -- the loop ----------------------------------------------------------------------------------------------------------

SMALL = {"station.count": 6, "station.limit_kw": 8.0, "station.unmet": "allowed", "mission.rounds": 400}
CALTECH = SMALL | {"station.site": "caltech", "station.limit_kw": 12.0, "mission.rounds": 60}
LOSSY = SMALL | {"station.loss_dollars_per_kw2h": 0.001, "station.demand_dollars_per_kw": 0.5, "mission.rounds": 60}
PLACES = {"plain": SMALL, "caltech": CALTECH, "aggregated": LOSSY}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("update", ["gradient", "nesterov", "secant"])
def test_the_gap_is_never_less_than_what_the_decision_costs_too_much(place: str, update: str) -> None:
    """Σ v_i(z) + G - q(λ) ≥ Σ v_i(z) + G - optimum ≥ 0 after any number of rounds, and it closes."""
    gaps = []
    options = PLACES[place] | {"leader.tax": "none", "market.update": update}
    mission = robosim.load("charging-day-ahead", set=options)
    day, snapshot = mission.allocation, mission.start()
    for rounds in (1, 2, 5, 20, 100):
        while snapshot.k < rounds:
            snapshot = mission.advance(snapshot)
        record = mission.settle(snapshot)
        z = record.decision[0]
        too_much = day.costs(z).sum() + day.supply_cost(z[None])[0] - mission.optimum()
        assert record.gap[0] >= too_much - 1e-9
        assert too_much >= -1e-9
        gaps.append(record.gap[0])
    assert gaps[-1] < 0.5 * gaps[0]


@pytest.mark.parametrize("place", PLACES)
def test_marginal_problems_know_nothing_of_who_is_absent(place: str) -> None:
    """P_-j is the same bits whatever j's private type is, and whatever j says."""
    j, mission = 0, robosim.load("charging-day-ahead", set=PLACES[place] | {"leader.tax": "vcg", "mission.rounds": 40})
    day = mission.allocation
    other = replace(day, energy=doubled(day.energy, j), curvature=doubled(day.curvature, j))
    changed = replace(mission, allocation=other, own=other.own())
    shouting = mission.playing((Deviation(strategy=Shout(), missions=np.array([0]), agents=np.array([j])),))
    first, second, third = (played(one) for one in (mission, changed, shouting))
    for later in (second, third):
        np.testing.assert_array_equal(first.leader.price[1 + j], later.leader.price[1 + j])
        np.testing.assert_array_equal(first.leader.gap[1 + j], later.leader.gap[1 + j])
        others = np.arange(6) != j
        np.testing.assert_array_equal(first.heard.own["z"][1 + j, others], later.heard.own["z"][1 + j, others])
        assert (first.leader.price[0] != later.leader.price[0]).any()


def doubled(x: np.ndarray, place: int) -> np.ndarray:
    return x * np.where(np.arange(len(x)) == place, 2.0, 1.0)


class Shout(Strategy):
    """Asks for far too much, and says that it costs far too little."""

    def say(self, k, memory, view):
        words = view.faithful
        false = {"z": words["z"] + 50.0, "dual": words["dual"] - 1e3}
        return memory, words | false | ({"cost": words["cost"] - 1e3} if "cost" in words else {})


def played(mission):
    snapshot = mission.start()
    while snapshot.k < mission.rounds and not mission.finished(snapshot):
        snapshot = mission.advance(snapshot)
    return snapshot


@pytest.mark.parametrize("place", PLACES)
def test_an_ev_alone_says_the_same_bits_as_in_its_population(place: str) -> None:
    """Every EV is a program of its own, which hears the leader only."""
    mission = robosim.load("charging-day-ahead", set=PLACES[place] | {"leader.tax": "none"})
    snapshot = mission.start()
    spoken, cast = [snapshot.heard.own], [snapshot.heard.leader]
    for _ in range(40):
        snapshot = mission.advance(snapshot)
        spoken.append(snapshot.heard.own)
        cast.append(snapshot.heard.leader)
    for i in range(6):
        own = {key: x[:, i : i + 1] for key, x in mission.own.items()}
        program, links = ChargingCar(), mission.network.links.only(i)
        state, said = program.start(own, mission.announced, links)
        for k in range(41):
            for key, x in said.items():
                np.testing.assert_array_equal(x[:, 0], spoken[k][key][:, i], err_msg=f"{key} of {i} in round {k}")
            state, said = program.step(state, Heard(said, cast[k], links, {}))


@pytest.mark.parametrize("place", PLACES)
def test_missions_side_by_side_are_each_mission_alone(place: str) -> None:
    """The same bits in a batch, beside marginal problems, and beside missions in which somebody is selfish."""
    mission = robosim.load("charging-day-ahead", set=PLACES[place] | {"leader.tax": "clearing-price"})
    alone = mission.run()
    shout = Deviation(strategy=Shout(), missions=np.array([1]), agents=np.array([3]))
    for beside in (mission.playing((shout,), batch=3).run(), mission.billed("vcg").run()):
        for name in ("decision", "reported_cost", "private_cost", "gap"):
            np.testing.assert_array_equal(getattr(beside, name)[0], getattr(alone, name)[0], err_msg=name)
        np.testing.assert_array_equal(beside.prices[0, -1], alone.prices[0, -1])


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"energy": np.array([-1.0])}, "energy must not be negative"),
        ({"weights": np.array([[-0.1]])}, "weights must not be negative"),
        ({"unmet": np.array([np.nan])}, "unmet must be finite"),
        ({"demand": 1.0}, "demand needs loss > 0"),
        ({"least_curvature": np.array([2.0])}, "curvature must be at least least_curvature"),
    ],
)
def test_numbers_that_no_day_has_are_refused(wrong: dict, match: str) -> None:
    with pytest.raises(BadInput, match=match):
        refuse_nonsense(replace(one_car(), **wrong))
