"""Dual decomposition (T, sections II and V, Algorithm 1), played by a plain loop: the paper's numbers and claims."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.agent import Deviation, Heard, Links, Strategy, View
from robosim.auction.absence import others_alone
from robosim.auction.market_power import central_vcg
from robosim.auction.problem import Allocation
from robosim.controllers.dual_decomposition import Market, PriceTaker
from robosim.controllers.selfish.bidders import BIDDING, BaitAndSwitch, ConstantBid, CostMisreport
from robosim.leader.tax_rule import others, vcg

SECTION_II = Allocation.of([[2.0], [2.0]], -2.0, 1.0, [1.0], k=1.0)  # v_i = (z_i - 1)², z_1 + z_2 = 1
EXAMPLE_1 = Allocation.of([[2.0], [2.0]], [[-2.0], [-4.0]], [[[1.0]], [[-1.0]]], [0.0], k=[1.0, 4.0])


def six_bidders():
    """v_i = a_i (z_i - t_i)², Σz_i = 0.6 Σt, -1 ≤ z_i ≤ 3, γ = 0.5/Σ 1/(2a_i)."""
    rng = np.random.default_rng(0)
    a, t = rng.uniform(0.5, 2, 6), rng.uniform(0.5, 1.5, 6)
    problem = Allocation.of(
        2 * a[:, None], (-2 * a * t)[:, None], 1.0, [0.6 * t.sum()], k=a * t**2, lower=-1.0, upper=3.0
    )
    return problem, 0.5 / (1 / (2 * a)).sum()


def drawn(seed, agents=6, rows=2, n=3, sense="=", limits=True):
    rng = np.random.default_rng(seed)
    q, t = rng.uniform(0.5, 2, (agents, n)), rng.uniform(0, 2, (agents, n))
    R = rng.uniform(0.2, 1, (agents, rows, n))
    c = np.einsum("irc,ic->r", R, t * rng.uniform(0.3, 0.9, (agents, 1)))
    box = (-0.5, 2.5) if limits else (-np.inf, np.inf)
    k = (0.5 * q * t**2).sum(axis=1)
    return Allocation.of(q, -q * t, R, c, k=k, lower=box[0], upper=box[1], sense=sense)


def lonely(agents):
    none = np.zeros(0, dtype=np.int32)
    return Links(np.zeros(agents + 1, dtype=np.int32), none, none, np.zeros(0), np.ones(agents))


def each_alone(problem):
    """The mission and its N marginal problems, (N + 1, N, 1)."""
    return np.vstack([np.ones((1, problem.agents), bool), ~np.eye(problem.agents, dtype=bool)])[..., None]


def play(problem, rounds, *, market=Market(), bidders=(), controller=PriceTaker(), watch=None, **announced):  # noqa: B008
    """One mission, T, Remark 1: returns the leader's state, the last words, the decision and the reports (M, N)."""
    rules, own = problem.rules(rounds=rounds, **announced), problem.own()
    missions = np.arange(len(rules["price"]))
    selfish = [Deviation(strategy=s, missions=missions, agents=np.full_like(missions, i)) for i, s in bidders]
    state, said = controller.start(own, rules, lonely(problem.agents))
    hall, cast = market.start(rules)
    for k in range(1, rounds + 1):
        heard = Heard(said, cast, lonely(problem.agents), said)
        state, said = controller.step(state, heard)
        for one in selfish:
            words = one.rows(heard.own) | {key: x[:, 0] for key, x in cast.items()}
            view = View(one.rows(own), words, one.rows(said), rules)
            said["z"][one.missions, one.agents] = one.strategy.say(k, None, view)[1]["z"]
        hall, cast = market.step(hall, said)
        if watch:
            watch(k, hall, said)
        if market.done(hall).all():
            break
    decision = market.decide(hall, said)
    return hall, said, decision, controller.report(own, decision, {})["cost"][..., 0]


def by_price(problem, rounds, bidders=(), agent=0, **announced):
    """Net cost of one agent under the clearing price at λⁿ."""
    hall, _, z, cost = play(problem, rounds, bidders=bidders, **announced)
    return float((cost + problem.payments(hall.price, z))[0, agent])


def by_vcg(problem, rounds, bidders=(), **announced):
    """Net costs (N,) under VCG, all marginal problems in one batch, and the gap of the mission itself."""
    hall, _, z, cost = play(problem, rounds, bidders=bidders, present=each_alone(problem), **announced)
    tax = vcg(cost[:1], others_alone(cost[None]))
    return (cost[:1] + tax)[0], float(Market().gap(hall, cost, z)[0]), tax[0]


def test_section_two_clearing_price():
    hall, _, z, _ = play(SECTION_II, 60)
    np.testing.assert_allclose([*z.ravel(), hall.price.item()], [1 / 2, 1 / 2, 1], atol=1e-12)
    assert by_price(SECTION_II, 60) == pytest.approx(3 / 4)
    hall, _, z, _ = play(SECTION_II, 60, bidders=[(0, ConstantBid())])
    np.testing.assert_allclose([*z.ravel(), hall.price.item()], [1 / 3, 2 / 3, 2 / 3], atol=1e-12)
    assert by_price(SECTION_II, 60, [(0, ConstantBid())]) == pytest.approx(2 / 3)


def test_section_two_under_vcg():
    """1/2 + 0 faithful, 4/9 + 1/9 for the constant bid: the same lie no longer pays."""
    assert by_vcg(SECTION_II, 60)[0][0] == pytest.approx(1 / 2)
    assert by_vcg(SECTION_II, 60, [(0, ConstantBid())])[0][0] == pytest.approx(5 / 9)


def test_example_one_faithful_play_is_nash_but_not_dominant():
    liar = (1, CostMisreport(shift=1.0))  # plays (z_2 - 3)²
    for first, expected in (([], 1.0), ([(0, CostMisreport(shift=-1.0))], 0.5)):
        _, _, z, cost = play(EXAMPLE_1, 80, bidders=[liar, *first])
        assert z[0, 0, 0] == pytest.approx(2.0 if not first else 1.5)
        assert (cost + others(cost))[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("rounds", [25, 50, 100])
def test_bait_and_switch_gains_under_the_clearing_price_however_many_rounds(rounds):
    problem, gamma = six_bidders()
    faithful = by_price(problem, rounds, gamma=gamma)
    assert faithful - by_price(problem, rounds, [(0, BaitAndSwitch())], gamma=gamma) == pytest.approx(0.2407, abs=5e-5)


@pytest.mark.parametrize("name", [name for name in BIDDING if name != "best-response"])
def test_no_bidder_gains_more_than_the_gap_under_vcg(name):
    problem, gamma = six_bidders()
    for rounds in (5, 25):
        faithful, gap, _ = by_vcg(problem, rounds, gamma=gamma)
        for agent in range(6):
            net, _, _ = by_vcg(problem, rounds, [(agent, BIDDING[name]())], gamma=gamma)
            assert faithful[agent] - net[agent] <= gap + 1e-12
    assert BIDDING[name].name == name


@given(st.integers(0, 10_000), st.sampled_from(["=", "<="]), st.sampled_from(["gradient", "nesterov", "secant"]))
@settings(max_examples=30, deadline=None)
def test_dual_values_are_lower_bounds_and_the_gap_bounds_suboptimality(seed, sense, update):
    problem = drawn(seed, sense=sense)
    optimum = problem.optimum()[2]
    gaps, market = [], Market(update=update)

    def watch(k, hall, said):
        assert hall.bound[0] <= optimum + 1e-9
        assert (hall.price >= 0).all() or sense == "="
        z = market.decide(hall, said)
        cost = problem.costs(z)
        gaps.append(float(market.gap(hall, cost, z)[0]))
        assert cost.sum() - optimum <= gaps[-1] + 1e-9

    play(problem, 120, market=market, watch=watch)
    assert gaps[-1] < 1e-2 * gaps[0] + 1e-9


@pytest.mark.parametrize("sense", ["=", "<="])
@pytest.mark.parametrize("update", ["gradient", "nesterov", "secant"])
def test_price_and_shares_converge_to_the_central_optimum(sense, update):
    problem = drawn(4, sense=sense)
    hall, _, z, cost = play(problem, 1500, market=Market(update=update))
    shares, price, value = problem.optimum()
    np.testing.assert_allclose(hall.price[0, 0], price, atol=1e-7)
    np.testing.assert_allclose(z[0], shares, atol=1e-7)
    assert abs(Market().gap(hall, cost, z)[0]) < 1e-9
    assert cost.sum() == pytest.approx(value, abs=1e-9)


def test_a_resource_that_is_not_scarce_is_free():
    plenty = replace(drawn(2, sense="<="), c=np.array([1e3, 1e3]))
    hall, said, z, _ = play(plenty, 50)
    assert not hall.price.any()
    np.testing.assert_array_equal(z, said["z"])


def test_plain_gradient_is_the_papers():
    """(3b) line by line for Σz = c: λ^k = λ^{k-1} + γ(Σ ẑ^k - c), ẑ^k = t - λ^{k-1}/2a."""
    problem, gamma = six_bidders()
    q, f, price, prices = problem.q, problem.f, 0.0, []
    play(problem, 30, gamma=gamma, watch=lambda k, hall, said: prices.append(hall.price.item()))
    for got in prices:
        price += gamma * (np.clip(-(f + price) / q, -1, 3).sum() - problem.c[0])
        assert got == pytest.approx(price, rel=1e-13)


def test_momentum_needs_fewer_rounds_where_resources_differ_and_the_past_fewest():
    rng = np.random.default_rng(3)
    R = rng.normal(size=(8, 6, 4)) * np.geomspace(1, 8, 6)[None, :, None]
    problem = Allocation.of(rng.uniform(0.5, 2, (8, 4)), rng.normal(size=(8, 4)), R, rng.normal(size=6))
    rounds = {}
    for update in ("gradient", "nesterov", "secant"):
        play(problem, 20_000, market=Market(update=update), epsilon=1e-9,
             watch=lambda k, hall, said, update=update: rounds.__setitem__(update, k))  # fmt: skip
    assert rounds["nesterov"] < rounds["gradient"] / 4
    assert rounds["secant"] < rounds["nesterov"] / 2


def test_every_follower_alone_says_the_same_bits():
    problem = drawn(7)
    rules, own = problem.rules(rounds=30, epsilon=0.0), problem.own()
    market, links = Market(), lonely(6)
    state, said = PriceTaker().start(own, rules, links)
    hall, cast = market.start(rules)
    apart = [PriceTaker().start({key: x[:, i : i + 1] for key, x in own.items()}, rules, lonely(1)) for i in range(6)]
    for _ in range(30):
        state, said = PriceTaker().step(state, Heard(said, cast, links, said))
        apart = [PriceTaker().step(s, Heard(w, cast, lonely(1), w)) for s, w in apart]
        for key, words in said.items():
            np.testing.assert_array_equal(np.concatenate([w[key] for _, w in apart], axis=1), words)
        hall, cast = market.step(hall, said)


def test_each_mission_of_a_batch_is_the_mission_alone_bit_for_bit():
    problem, present = drawn(8), each_alone(drawn(8))
    hall, _, z, _ = play(problem, 80, market=Market(update="nesterov"), present=present, epsilon=1e-3)
    assert hall.done.all()
    for m in range(7):
        one, _, share, _ = play(problem, 80, market=Market(update="nesterov"), present=present[m : m + 1], epsilon=1e-3)
        np.testing.assert_array_equal(one.price[0], hall.price[m])
        np.testing.assert_array_equal(share[0], z[m])
        assert one.gap[0] == hall.gap[m]


def test_a_type_changes_only_its_own_words():
    problem = drawn(1)
    other = replace(problem, f=problem.f + 0.5 * (np.arange(6) == 2)[:, None])
    words = [PriceTaker().start(p.own(), problem.rules(rounds=1), lonely(6))[1] for p in (problem, other)]
    for key in ("z", "dual"):
        changed = (words[0][key] != words[1][key]).any(axis=(0, 2))
        assert np.flatnonzero(changed).tolist() == [2]


@pytest.mark.parametrize("epsilon", [1e-1, 1e-4, 1e-8])
def test_stops_when_the_gap_certifies_epsilon(epsilon):
    problem, last = drawn(5), []
    optimum = problem.optimum()[2]
    hall, _, z, cost = play(problem, 5000, epsilon=epsilon, watch=lambda k, hall, said: last.append(k))
    assert hall.done.all()
    assert last[-1] < 5000
    assert cost.sum() - optimum <= epsilon
    assert Market().gap(hall, cost, z)[0] <= epsilon * (1 + 1e-9) + 1e-12
    np.testing.assert_allclose(np.einsum("irc,mic->mr", problem.R, z)[0], problem.c, atol=1e-10)


def test_without_an_epsilon_all_rounds_are_run():
    hall, *_ = play(SECTION_II, 50)
    assert not Market().done(hall).any()


def test_the_unprojected_answers_certify_nothing():
    """F(ẑ) - q(λ) = -λ'(Rẑ - c) is negative while demand exceeds supply; the projection's gap never is."""
    problem, gamma = six_bidders()
    hall, said, z, cost = play(problem, 3, gamma=gamma)
    assert problem.costs(said["z"]).sum() - hall.bound[0] < -0.01
    assert Market().gap(hall, cost, z)[0] > 0


@pytest.mark.parametrize("sense", ["=", "<="])
def test_vcg_taxes_are_those_of_n_plus_one_central_solves(sense):
    problem = drawn(6, sense=sense)
    _, _, tax = by_vcg(problem, 1500, market=Market(update="nesterov"))
    exact = central_vcg(problem)
    np.testing.assert_allclose(tax, exact, atol=1e-6 * np.abs(exact).max())
    assert (exact >= -1e-9).all() or sense == "="


class LastBid(Strategy):
    """Faithful but for the last round, in which it asks for `extra` more."""

    def __init__(self, extra):
        self.extra = extra

    def say(self, k, memory, view):
        return memory, {"z": view.faithful["z"] + (self.extra if k == view.rules["rounds"] else 0.0)}


def test_marginal_problems_started_warm_depend_on_the_agent_and_break_the_certificate():
    """k_i = -Σ_{j≠i} v_j(z^-i) must not depend on agent i (T, Definition 3): from λⁿ of the main run it does."""
    a, t = np.array([0.3, 0.3, 4.0]), np.array([3.0, 1.0, 1.0])
    problem = Allocation.of(2 * a[:, None], (-2 * a * t)[:, None], 1.0, [3.0], k=a * t**2)

    def net(extra, warm):
        bidder = [(0, LastBid(extra))]
        hall, _, z, cost = play(problem, 60, bidders=bidder)
        start, rounds = (hall.price[0, 0], 2) if warm else (0.0, 60)
        _, _, _, without = play(problem, rounds, bidders=bidder, price=start, present=each_alone(problem))
        k = -others(without[1:2])[0, 0]
        return float(cost[0].sum() + k), float(k), float(Market().gap(hall, cost, z)[0])

    for warm in (False, True):
        nets, ks, gaps = zip(*(net(extra, warm) for extra in (0.0, *np.linspace(-0.5, 0.5, 21))), strict=True)
        assert (len(set(ks)) == 1) is not warm
        gain = nets[0] - min(nets)
        assert gaps[0] < 1e-12
        assert (gain > 0.05) if warm else (gain <= gaps[0] + 1e-12)


def test_own_reports_move_no_own_tax():
    problem, _ = six_bidders()
    _, _, _, cost = play(problem, 20, present=each_alone(problem))
    lie = cost.copy()
    lie[:, 2] += 7.0
    honest, told = vcg(cost[:1], others_alone(cost[None]))[0], vcg(lie[:1], others_alone(lie[None]))[0]
    assert honest[2] == told[2]


class Quartic:
    """A cost that is not quadratic: v = z⁴/4 - t z, answered in closed form."""

    def __init__(self, t):
        self.t = t

    def respond(self, price):
        return np.cbrt(self.t - price)

    def cost(self, z):
        return float(z[0] ** 4 / 4 - self.t * z[0])


def test_a_users_own_problem_per_agent():
    """Σz = c with z_i³ = t_i - λ: the price balances the cube roots."""
    t = np.array([1.0, 2.0, 4.0])
    public = Allocation.of([[1.0]] * 3, 0.0, 1.0, [2.0])
    controller = PriceTaker(problems=tuple(Quartic(x) for x in t))
    hall, _, z, cost = play(public, 4000, controller=controller, gamma=0.2, epsilon=1e-9)
    assert hall.done.all()
    assert np.cbrt(t - hall.price.item()).sum() == pytest.approx(2.0, abs=1e-4)
    assert z.sum() == pytest.approx(2.0)
    assert cost.sum() >= hall.bound[0]


class Own:
    """One agent of a quadratic allocation without shared limits, as a problem of its own."""

    def __init__(self, problem, i):
        self.q, self.f, self.k, self.R = problem.q[i], problem.f[i], problem.k[i], problem.R[i]

    def respond(self, price):
        return -(self.f + price @ self.R) / self.q

    def cost(self, z):
        return float((z * (0.5 * self.q * z + self.f)).sum() + self.k)


def test_own_problems_and_quadratic_types_are_the_same_mission():
    problem = drawn(9, limits=False)
    own = PriceTaker(problems=tuple(Own(problem, i) for i in range(6)))
    runs = [play(problem, 200, controller=c, present=each_alone(problem)) for c in (PriceTaker(), own)]
    for (hall, _, *a), (other, _, *b) in [runs]:
        for x, y in zip((hall.price, hall.bound, *a), (other.price, other.bound, *b), strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)
