"""Exchange ADMM (T, section V; Boyd et al. 2011, 7.3) for costs that need not be strictly convex: LP, QP agree."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import robosim
from robosim.agent import Heard, Links
from robosim.auction.problem import Allocation
from robosim.controllers import admm
from robosim.controllers.admm import Admm, Exchange, penalty, taken_by_each
from robosim.kernels import Unsettled
from robosim.kernels.near_response import least_at_price, respond_near


def lonely(agents):
    none = np.zeros(0, dtype=np.int32)
    return Links(np.zeros(agents + 1, dtype=np.int32), none, none, np.zeros(0), np.ones(agents))


def alone(said, i):
    return {key: x[:, i : i + 1] for key, x in said.items()}


def announced(f, R, c, *, q=0.0, lower=0.0, upper=1.0, sense="<=", rounds=2000, rho=None, **keys):
    """Types with curvature q ≥ 0, and the rules."""
    public = Allocation.of(np.ones_like(f), f, R, c, lower=lower, upper=upper, sense=sense)
    own = public.own() | {"curvature": np.broadcast_to(np.asarray(q, dtype=float), f.shape)[None]}
    rules = public.rules(rounds=rounds, **keys)
    return own, rules | {"rho": penalty(own, len(public.c)) if rho is None else rho}


def play(own, rules, follower=Admm(), watch=None):  # noqa: B008
    """The leader's state, the last words and the decision."""
    agents = own["upper"].shape[1]
    leader = Exchange()
    state, said = follower.start(own, rules, lonely(agents))
    stand, cast = leader.start(rules)
    for _ in range(rules["rounds"]):
        heard = Heard(said, cast, lonely(agents), said)
        state, said = follower.step(state, heard)
        stand, cast = leader.step(stand, said)
        if watch:
            watch(stand, said)
        if leader.done(stand).all():
            break
    return stand, said, leader.decide(stand, said)


def charging(seed, agents=20, periods=24, share=0.4, sense="<="):
    """Chargers of P_i kW, electricity at 19 to 35 a MWh give or take 0.3, energy worth 20 to 40: linear costs."""
    rng = np.random.default_rng(seed)
    power, price = rng.uniform(3, 5, agents), rng.uniform(19, 35, periods) / 3000
    own_price = price + rng.uniform(-0.3, 0.3, (agents, periods)) / 3000
    worth = rng.uniform(20, 40, (agents, 1)) / 3000 if sense == "<=" else 0.0
    R = power[:, None, None] * np.eye(periods)
    return (own_price - worth) * power[:, None], R, np.full(periods, share * power.sum())


def linear_optimum(f, R, c, sense, upper=1.0):
    rows = R.transpose(1, 0, 2).reshape(len(c), -1)
    shared = {"A_eq": rows, "b_eq": c} if sense == "=" else {"A_ub": rows, "b_ub": c}
    return linprog(f.ravel(), bounds=(0, upper), **shared).fun


@pytest.mark.parametrize("sense", ["<=", "="])
@pytest.mark.parametrize("seed", [0, 1])
def test_linear_costs_reach_the_optimum_of_the_linear_programme(seed, sense):
    """Where plain dual decomposition would jump between 0 and P_i for ever."""
    f, R, c = charging(seed, sense=sense)
    own, rules = announced(f, R, c, sense=sense, rounds=3000)
    stand, said, z = play(own, rules)
    best = linear_optimum(f, R, c, sense)
    over = np.einsum("irc,ic->r", R, said["z"][0]) - c
    assert (np.abs(over) if sense == "=" else over).max() <= 1e-6 * c[0]
    assert (f * z[0]).sum() == pytest.approx(best, rel=1e-6)
    assert stand.market.bound[0] == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("sense", ["<=", "="])
def test_it_stops_when_the_duality_gap_certifies_the_announced_epsilon(sense):
    f, R, c = charging(2, sense=sense)
    best = linear_optimum(f, R, c, sense)
    own, rules = announced(f, R, c, sense=sense, rounds=10_000, epsilon=1e-6 * abs(best))
    stand, _, z = play(own, rules)
    cost = Admm().report(own, z, {})["cost"][..., 0]
    assert stand.market.done.all()
    assert stand.market.k < 1000
    assert cost.sum() - best <= Exchange().gap(stand, cost, z)[0] <= 1e-6 * abs(best)
    assert (z >= 0).all()
    assert (z <= 1).all()
    assert (np.einsum("irc,ic->r", R, z[0]) <= c + 1e-9).all()


@example(3329, "=")  # needs more than 800 rounds
@given(st.integers(0, 10_000), st.sampled_from(["=", "<="]))
@settings(max_examples=12, deadline=None)
def test_every_bound_is_one_and_mixed_costs_converge(seed, sense):
    """q zero here and there, R_i not separable: against piqp on the same problem with q where it is positive."""
    rng = np.random.default_rng(seed)
    agents, rows, n = 5, 2, 3
    q = rng.uniform(0.5, 2, (agents, n)) * (rng.random((agents, n)) < 0.6)
    f, R = rng.normal(size=(agents, n)), rng.uniform(0.2, 1, (agents, rows, n))
    c = np.einsum("irc,ic->r", R, rng.uniform(-0.6, 0.6, (agents, n)))
    own, rules = announced(f, R, c, q=q, lower=-1, upper=1, sense=sense, rounds=20_000, epsilon=1e-5)
    best = quadratic_optimum(q, f, R, c, sense)
    bounds = []
    stand, _, z = play(own, rules, watch=lambda stand, _: bounds.append(stand.market.bound[0]))
    cost = (z[0] * (0.5 * q * z[0] + f)).sum()
    assert stand.market.done.all()
    assert max(bounds) <= best + 1e-7
    assert best - 1e-7 <= cost <= best + 1.01e-5
    assert best - bounds[-1] <= 1e-5


def quadratic_optimum(q, f, R, c, sense):
    import piqp

    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-11
    rows = np.asfortranarray(R.transpose(1, 0, 2).reshape(len(c), -1))
    shared = (rows, c, None, None, None) if sense == "=" else (None, None, rows, None, c)
    solver.setup(np.diag(q.ravel()), f.ravel(), *shared, -np.ones(q.size), np.ones(q.size))
    assert solver.solve() == piqp.PIQP_SOLVED
    return solver.result.info.primal_obj


def test_flat_costs_find_a_feasible_division():
    """v = 0: every feasible division is best, and the gap knows it."""
    own, rules = announced(np.zeros((4, 1)), np.ones((4, 1, 1)), [2.5], sense="=", rounds=100, rho=1.0)
    stand, said, z = play(own, rules)
    assert Exchange().gap(stand, np.zeros((1, 4)), z)[0] == pytest.approx(0.0, abs=1e-9)
    assert z.sum() == pytest.approx(2.5)
    assert said["z"].sum() == pytest.approx(2.5, abs=1e-6)


class Wish:
    """v = w|z - t| within [0, 2]: piecewise linear, solved in closed form."""

    def __init__(self, w, t):
        self.w, self.t = w, t

    def respond(self, price):
        return np.array([0.0 if price[0] > self.w else 2.0 if price[0] < -self.w else self.t])

    def respond_near(self, price, target, rho):
        free = target - price / rho
        shrunk = self.t + np.sign(free - self.t) * np.maximum(np.abs(free - self.t) - self.w / rho, 0.0)
        return np.clip(shrunk, 0.0, 2.0)

    def cost(self, z):
        return float(self.w * abs(z[0] - self.t))


def test_piecewise_linear_costs_of_their_own():
    """Cheapest first: who minds least gives up first, max(w) is never asked (a linear programme by hand)."""
    w, t = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 0.5, 1.5, 1.0])
    own, rules = announced(np.zeros((4, 1)), np.ones((4, 1, 1)), [2.7], sense="=", upper=2.0, rounds=4000,
                           epsilon=1e-7, rho=1.0)  # fmt: skip
    follower = Admm(problems=tuple(Wish(*one) for one in zip(w, t, strict=True)))
    stand, _, z = play(own, rules, follower)
    assert stand.market.done.all()
    np.testing.assert_allclose(z[0, :, 0], [0.0, 0.2, 1.5, 1.0], atol=1e-6)
    assert stand.market.price.item() == pytest.approx(2.0, abs=1e-4)


class Battery:
    """Linear cost, at least `need` over all periods, 0 ≤ z ≤ 1 (the fleet of Vujanic et al. 2016, charging in part)."""

    def __init__(self, price, power, need):
        self.price, self.power, self.need = price, power, need

    def respond(self, price):
        unit = self.price + self.power * price
        order, z, left = np.argsort(unit), np.zeros_like(unit), self.need
        for t in order:
            z[t] = 1.0 if unit[t] < 0 else min(1.0, max(left, 0.0))
            left -= z[t]
        return z

    def respond_near(self, price, target, rho):
        bend = rho * self.power**2
        free = target / self.power - (self.price + self.power * price) / bend

        def at(nu):
            return np.clip(free + nu, 0.0, 1.0)

        low, high = 0.0, 1.0 + np.abs(free).max()
        if at(low).sum() >= self.need:
            return at(low)
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if at(middle).sum() < self.need else (low, middle)
        return at(high)

    def cost(self, z):
        return float((self.price * z).sum())


def test_a_fleet_with_energy_needs_against_the_linear_programme():
    rng = np.random.default_rng(5)
    agents, periods = 6, 8
    power, need = rng.uniform(3, 5, agents), rng.uniform(2, 4, agents)
    price = rng.uniform(19, 35, periods) / 30 * power[:, None] + rng.uniform(-0.3, 0.3, (agents, periods)) / 30
    c = np.full(periods, 0.45 * power.sum())
    R = power[:, None, None] * np.eye(periods)
    rows = np.vstack([R.transpose(1, 0, 2).reshape(periods, -1), -np.kron(np.eye(agents), np.ones(periods))])
    best = linprog(price.ravel(), A_ub=rows, b_ub=np.concatenate([c, -need]), bounds=(0, 1)).fun
    own, rules = announced(price, R, c, rounds=1500)
    follower = Admm(problems=tuple(Battery(*one) for one in zip(price, power, need, strict=True)))
    stand, said, _ = play(own, rules, follower)
    asked = said["z"][0]
    assert (asked * price).sum() == pytest.approx(best, rel=1e-6)
    assert (power @ asked - c).max() <= 1e-6 * c[0]
    assert stand.market.bound[0] == pytest.approx(best, rel=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_near_answers_are_optimal(seed):
    """0 ∈ q z + f + R'(λ + ρ(Rz - target)) + normal cone of the box, also where the answer is not unique."""
    rng = np.random.default_rng(seed)
    missions, agents, rows, n = 2, 3, 2, 4
    q = rng.uniform(0, 2, (1, agents, n)) * (rng.random((1, agents, n)) < 0.5)
    f, R = rng.normal(size=(missions, agents, n)), rng.normal(size=(agents, rows, n))
    price, target = rng.normal(size=(missions, rows)), rng.normal(size=(missions, agents, rows))
    rho, z = rng.uniform(0.2, 3, missions), rng.uniform(-1, 1, (missions, agents, n))
    box = np.full((1, agents, n), 1.0)
    respond_near(q, f, -box, box, R, price, target, rho, z)
    off = np.einsum("irc,mic->mir", R, z) - target
    pull = q * z + f + np.einsum("irc,mir->mic", R, price[:, None] + rho[:, None, None] * off)
    np.testing.assert_allclose(z, np.clip(z - pull, -1, 1), atol=1e-9)


@pytest.mark.parametrize("seed", [9061, 9872, 7371, 3970])
def test_near_answers_are_optimal_where_columns_are_nearly_parallel(seed):
    """One number after the other goes 2000 turns and is still up to 1e-3 off."""
    test_near_answers_are_optimal.hypothesis.inner_test(seed)


def test_an_answer_that_is_not_optimal_says_so(monkeypatch):
    """After one turn the slopes are off by what `respond_near` says, and the follower says whose fault that is."""
    rng = np.random.default_rng(1)
    R, f, box = rng.normal(size=(1, 2, 4)), rng.normal(size=(1, 1, 4)), np.full((1, 1, 4), 1.0)
    price, target, rho, z = np.zeros((1, 2)), np.zeros((1, 1, 2)), np.ones(1), np.zeros((1, 1, 4))
    off = respond_near(0 * box, f, -box, box, R, price, target, rho, z, 1)
    assert off > 1e-3
    assert respond_near(0 * box, f, -box, box, R, price, target, rho, z, 2000) <= 1e-12
    own = {"curvature": 0 * box, "slope": f, "lower": -box, "upper": box, "rows": R.reshape(1, 1, -1),
           "constant": np.zeros((1, 1, 1))}  # fmt: skip
    monkeypatch.setattr(admm, "respond_near", lambda *args: respond_near(*args, 1))
    with pytest.raises(Unsettled, match=f"off by {off:.3g} of its terms"):
        admm.quadratic_answer(own, price[:, None], target, rho, np.zeros((1, 1, 4)))


def test_terms_of_the_dual_function_are_the_least_values():
    """min over a fine grid of each number; -∞ where a linear cost has no limit."""
    rng = np.random.default_rng(1)
    q, f = np.array([[[0.0, 1.0, 0.0]]]), rng.normal(size=(1, 1, 3))
    R, price = rng.normal(size=(1, 2, 3)), rng.normal(size=(5, 2))
    lower, upper, value = np.full((1, 1, 3), -2.0), np.full((1, 1, 3), 1.0), np.empty((5, 1))
    least_at_price(q, f, lower, upper, R, price, value)
    grid = np.linspace(-2, 1, 30_001)[:, None]
    for m in range(5):
        terms = 0.5 * q[0, 0] * grid**2 + (f[0, 0] + price[m] @ R[0]) * grid
        assert value[m, 0] == pytest.approx(terms.min(axis=0).sum(), abs=1e-7)
    least_at_price(q, f, lower, np.full((1, 1, 3), np.inf), R, -1e3 * np.sign(R[0, :, 0]) * np.ones((1, 2)), value[:1])
    assert value[0, 0] == -np.inf


def test_every_follower_alone_says_the_same_bits():
    rng = np.random.default_rng(3)
    f, R = rng.normal(size=(6, 3)), rng.uniform(0.2, 1, (6, 2, 3))
    own, rules = announced(f, R, [1.0, 0.5], lower=-1, rounds=25, epsilon=0.0)
    leader, links = Exchange(), lonely(6)
    state, said = Admm().start(own, rules, links)
    alike = [Admm().start(alone(own, i) | {"rows": own["rows"][:, i : i + 1]}, rules, links.only(i)) for i in range(6)]
    stand, cast = leader.start(rules)
    for _ in range(25):
        heard = Heard(said, cast, links, said)
        state, said = Admm().step(state, heard)
        alike = [
            Admm().step(one, Heard(alone(heard.own, i), cast, links.only(i), {})) for i, (one, _) in enumerate(alike)
        ]
        for i, (_, words) in enumerate(alike):
            for key, x in words.items():
                np.testing.assert_array_equal(x, alone(said, i)[key])
        stand, cast = leader.step(stand, said)


def test_who_is_absent_leaves_the_problem_of_the_others():
    """P_-j(0), T, (7): N counts who is present, so the smaller mission has the same prices."""
    f, R, c = charging(4, agents=5, periods=6)
    present = np.ones((2, 5, 1), dtype=bool)
    present[1, 3] = False
    own, rules = announced(f, R, c, rounds=60, present=present, rho=1e-3)
    stand, said, z = play(own, rules)
    others = np.arange(5) != 3
    less, fewer = announced(f[others], R[others], c, rounds=60, rho=1e-3)
    smaller, words, decision = play(less, fewer)
    np.testing.assert_allclose(stand.market.price[1], smaller.market.price[0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(z[1, others], decision[0], atol=1e-12)
    assert not z[1, 3].any()
    np.testing.assert_allclose(said["z"][1, others], words["z"][0], atol=1e-12)


def test_marginal_problems_stop_one_by_one_each_certified():
    """Algorithm 1, lines 8 to 15: what one mission does changes nothing in the others, and every gap is a bound."""
    f, R, c = charging(7, agents=6, periods=4)
    present = np.vstack([np.ones((1, 6), bool), ~np.eye(6, dtype=bool)])[..., None]
    own, rules = announced(f, R, c, rounds=3000, present=present, epsilon=1e-6)
    closed = []
    stand, _, z = play(own, rules, watch=lambda stand, _: closed.append(stand.market.done.sum()))
    assert stand.market.done.all()
    assert 0 < closed[len(closed) // 2] < 7 or len(set(closed)) > 2
    cost = (z * f).sum(axis=(1, 2))
    for m, here in enumerate(present[..., 0]):
        best = linear_optimum(f[here], R[here], c, "<=")
        assert -1e-9 <= cost[m] - best <= 1e-6
        alone, announcement = announced(f[here], R[here], c, rounds=3000, epsilon=1e-6, rho=rules["rho"])
        assert play(alone, announcement)[0].market.price == pytest.approx(stand.market.price[m : m + 1], abs=1e-9)


class Linear(Allocation):
    """Bidders whose rules hold a penalty."""

    def rules(self, *, rho, **keys):
        return super().rules(**keys) | {"rho": rho}


def test_linear_bidders_in_the_auction_pay_what_linear_programmes_say():
    """T, (8): Σ_{j≠i} v_j(z*) - Σ_{j≠i} v_j(z^-i) from N + 1 linear programmes, in 20 marginal problems at once."""
    options = {"leader.tax": "vcg", "bidders.bid_limits_kw": [0, 1], "market.capacity_share": 0.5}
    mission = robosim.load("market", set=options | {"leader.epsilon": 1e-7, "mission.rounds": 5000})
    kept = {one.name: getattr(mission.allocation, one.name) for one in fields(Allocation)}
    problem = Linear(**{**kept, "q": np.zeros((20, 1))})
    rules = {**mission.rules, "gamma": 1.0, "rho": penalty(problem.own(), 1)}
    record = replace(
        mission, allocation=problem, own=problem.own(), controller=Admm(), coordinator=Exchange(), rules=rules
    ).run()
    best = linear_optimum(problem.f, problem.R, problem.c, "=")
    f, z = problem.f[:, 0], record.decision[0, :, 0]
    taxes = []
    for i in range(20):
        others = np.arange(20) != i
        without = linear_optimum(problem.f[others], problem.R[others], problem.c, "=")
        taxes.append(best - f[i] * z[i] - without)
    assert record.rounds < 1000
    assert f @ z - best <= 1e-7
    np.testing.assert_allclose(record.settlement.tax[0], taxes, atol=1e-6 * np.abs(taxes).max())


def test_one_round_is_the_equations():
    """z^k near a^{k-1} - e^{k-1}, λ^k = λ^{k-1} + ρ(ā - c/N), e^k = (λ^k - λ^{k-1})/ρ; q = 0: z = target - (f+λ)/ρ."""
    f = np.array([[0.3], [-0.2]])
    own, rules = announced(f, np.ones((2, 1, 1)), [0.4], lower=-9, upper=9, sense="=", rho=2.0)
    follower, leader, links = Admm(), Exchange(), lonely(2)
    state, said = follower.start(own, rules, links)
    np.testing.assert_allclose(said["z"][0], -f / 2)
    stand, cast = leader.start(rules)
    a, price, excess = -f[:, 0] / 2, 0.0, 0.0
    for _ in range(5):
        state, said = follower.step(state, Heard(said, cast, links, said))
        a = a - excess - (f[:, 0] + price) / 2
        np.testing.assert_allclose(said["z"][0, :, 0], a, rtol=1e-12)
        stand, cast = leader.step(stand, said)
        excess = a.mean() - 0.2
        price += 2.0 * excess
        assert cast["price"].item() == pytest.approx(price)
        assert cast["excess"].item() == pytest.approx(excess)


def test_the_penalty_scales_as_the_problem_does():
    """Money λ-fold: ρ λ-fold; resources r-fold (R and c): ρ by r²."""
    f, R, c = charging(6)
    rho = announced(f, R, c)[1]["rho"]
    assert announced(10 * f, R, c)[1]["rho"] == pytest.approx(10 * rho)
    assert announced(f, 10 * R, 10 * c)[1]["rho"] == pytest.approx(rho / 100)
    assert announced(np.zeros((2, 1)), np.ones((2, 1, 1)), [1.0])[1]["rho"] == 1.0
    curved = announced(np.zeros((3, 1)), 2 * np.ones((3, 1, 1)), [1.0], q=8.0, lower=-np.inf, upper=np.inf)
    assert curved[1]["rho"] == pytest.approx(2.0)


def test_a_world_may_give_the_penalty():
    options = {"mission.controller": "admm", "bidders.bid_limits_kw": [0, 2]}
    usual = robosim.load("market", set=options)
    assert usual.announced["rho"] == penalty(usual.own, 1)
    assert robosim.load("market", set=options | {"mission.parameters.rho": 0.7}).announced["rho"] == 0.7


def test_loads_are_summed_alike_for_one_and_for_many():
    rng = np.random.default_rng(0)
    R, z = rng.normal(size=(1, 4, 6)), rng.normal(size=(2, 4, 3))
    np.testing.assert_allclose(
        taken_by_each({"rows": R}, z, 2), np.einsum("irc,mic->mir", R[0].reshape(4, 2, 3), z), rtol=1e-12
    )
