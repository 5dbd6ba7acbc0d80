"""Weights of rows and of steep edges that follow what makes no headway: the leader's rule, and who heeds it."""

from dataclasses import replace

import daqp
import numpy as np

import robosim
from robosim.agent import Heard
from robosim.checks import check_controller
from robosim.controllers.consensus_tracking_admm import ConsensusTrackingAdmm, controller
from robosim.controllers.parts.balance import EASE, EVERY, LAST, STEP, WEIGHTS, Balance
from robosim.freight.coupled.problem import Coupled
from robosim.freight.coupled.steep import gentled, span, steep_rules
from tests.test_steep import market, steeper

FAR = 1e30


def two_ways(missions=1, tolerance=1e-6):
    """What a leader knows of two suppliers, one row of b = 10, and one steep edge that the first variable loads."""
    theta = np.array([[1.0, 0.0, 1.0, 0.0]])
    rules = {"theta": theta, "steep": np.array([5.0]), "agents": 2, "A": np.ones((2, 1, 2)), "b": np.array([10.0])}
    more = {"missions": missions, "tolerance": tolerance, "balance": np.array([[0.25, 0.1], [64.0, 16.0]])}
    return Balance.of({**rules, **more})


def after(balance, rounds, x_of, apart=0.0):
    """Rounds in which everybody's own block is x_of(k), (2, 2), and copies of others are `apart` from it."""
    for _ in range(rounds):
        x, old = (
            np.tile(np.asarray(x_of(k), dtype=float), (len(balance.factor), 1, 1)) for k in (balance.k + 1, balance.k)
        )
        y = np.tile(x.reshape(len(x), 1, 4), (1, 2, 1))
        y[:, 0, 2] += apart
        y[:, 1, 0] += apart
        balance = balance.after(y, x, old)
    return balance


def test_what_lacks_and_does_not_move_weighs_more_and_more_up_to_what_is_announced() -> None:
    """The first rounds are what others are compared with; the edge, over which copies agree, is left alone."""
    still = [[1.0, 2.0], [3.0, 2.0]]
    factors = [after(two_ways(), n * EVERY, lambda k: still).factor[0] for n in range(1, 7)]
    assert [one.tolist() for one in factors] == [[1, 1], [4, 1], [16, 1], [64, 1], [64, 1], [64, 1]]


def test_copies_that_stay_apart_make_the_edge_weigh_more() -> None:
    met = [[1.0, 4.0], [3.0, 2.0]]
    assert after(two_ways(), 3 * EVERY, lambda k: met, apart=0.5).factor[0].tolist() == [1.0, 16.0]


def test_who_agrees_and_moves_on_and_on_is_held_less() -> None:
    """Demand is met while one supplier takes over from the other, over the edge."""
    balance = after(two_ways(), 4 * EVERY, lambda k: [[1.0 + 0.01 * k, 4.0], [3.0 - 0.01 * k, 2.0]])
    assert balance.factor[0].tolist() == [0.25, 0.1]


def test_what_falls_by_itself_is_left_alone() -> None:
    """What lacks falls by 3 % a round, and nobody moves much."""
    balance = after(two_ways(), 6 * EVERY, lambda k: [[1.0, 4.0 - 2.0 * 0.97**k], [3.0, 2.0]])
    assert balance.factor[0].tolist() == [1.0, 1.0]


def test_what_is_below_the_tolerance_is_not_looked_at() -> None:
    short = [[1.0, 4.0 - 5e-7], [3.0, 2.0]]
    assert after(two_ways(), 5 * EVERY, lambda k: short).factor[0].tolist() == [1.0, 1.0]
    assert after(two_ways(tolerance=1e-8), 2 * EVERY, lambda k: short).factor[0].tolist() == [STEP, 1.0]


def test_what_moves_counts_as_often_as_its_weight_has_grown() -> None:
    """2e-8 of b a round is below a tenth of the tolerance, 64 times that is not: nobody stops because of its weight."""
    heavy = two_ways()._replace(factor=np.array([[64.0, 16.0]]))
    drift = lambda k: [[1.0 + 2e-7 * k, 4.0], [3.0 - 2e-7 * k, 2.0]]  # noqa: E731
    assert after(heavy, 2 * EVERY, drift).factor[0].tolist() == [16.0, 4.0]
    assert after(two_ways(), 2 * EVERY, drift).factor[0].tolist() == [1.0, 1.0]


def test_weights_stay_in_the_end() -> None:
    """So that there is one metric in which the algorithm converges."""
    still = [[1.0, 2.0], [3.0, 2.0]]
    late = after(two_ways(), EVERY, lambda k: still)._replace(k=LAST)
    assert after(late, 3 * EVERY, lambda k: still).factor[0].tolist() == [1.0, 1.0]


def test_weights_are_announced_to_stay_between() -> None:
    """An edge with a = 100 that one of two ways to b = 3 uses, φ'' = 200: K and σ may grow to a tenth of that."""
    pair = Coupled.of(
        np.zeros((2, 2)), np.ones(2), [3.0], theta=np.tile(np.eye(2), 2), congestion=[1.0, 100.0], lower=0
    )
    announced = {"steep": np.array([0.0, 40.0]), "climb": np.array([[3.0]]), "sigma": 2.0}
    least, most = span(pair, announced, stiffness=0.25)
    np.testing.assert_allclose(least, [EASE / 10.0, 1.0 / 40.0])
    np.testing.assert_allclose(most, [0.1 * 200.0 / 2.0, 0.1 * 200.0 / 0.25 / 40.0])
    fourth = replace(pair, power=3.0)  # φ'' = 3·4·100·F² at F = 3
    np.testing.assert_allclose(span(fourth, announced, 0.25)[1], [0.1 * 10_800.0 / 2.0, 0.1 * 10_800.0 / 0.25 / 40.0])


def test_leaders_speak_only_of_what_is_steep() -> None:
    problem, network = market("example-1")
    keys = {"leader.tax": "none", "mission.rounds": 3}
    plain = robosim.load(problem, network=network, set=keys)
    assert plain.played().heard.leader == {}
    steep = robosim.load(steeper(problem, 3, 100.0), network=network, set=keys)
    for snapshot in (steep.start(), steep.played()):
        assert snapshot.heard.leader[WEIGHTS].shape == (1, 1, len(problem.b) + 1)


def test_missions_side_by_side_have_weights_of_their_own() -> None:
    """In the second somebody says too much once: each goes on as it does alone, to the last bit."""
    problem, network = market("example-5")
    keys = {"leader.tax": "none", "mission.rounds": 120, "leader.tolerance": 1e-6}
    mission = robosim.load(steeper(problem, 28, 1e5), network=network, set=keys)

    def played(batch, odd):
        these = replace(mission, batch=batch)
        seen = these.start()
        while seen.k < 120:
            seen = these.advance(seen)
            if seen.k == 5:
                seen.heard.own["y"][odd, 2] *= 1.5
        return seen.leader

    both, honest, liar = played(2, [1]), played(1, []), played(1, [0])
    for k, alone in enumerate((honest, liar)):
        np.testing.assert_array_equal(both.x[k], alone.x[0])
        np.testing.assert_array_equal(both.balance.factor[k], alone.balance.factor[0])
    assert (both.balance.factor[0] != both.balance.factor[1]).any()


class Dense:
    """X, Algorithm 1 with both weights, line by line, with dense matrices and no live solver."""

    def __init__(self, problem, network, rules):
        self.problem, self.links = problem, network.links
        agents, n = problem.slope.shape
        theta, size, links = problem.theta.toarray(), agents * n, network.links
        self.near = [links.indices[a:b] for a, b in zip(links.indptr[:-1], links.indptr[1:], strict=True)]
        self.weights = np.diag(links.own_weight)
        for i, near in enumerate(self.near):
            self.weights[i, near] = links.weight[links.indptr[i] : links.indptr[i + 1]]
        self.rules, self.rho, self.theta = rules, rules["rho"], theta
        self.metric, self.sigma = self.metrics(np.ones(len(problem.b) + np.count_nonzero(rules["steep"])))
        self.bend = [2.0 * theta.T @ np.diag(problem.congestion * part) @ theta for part in problem.part]
        self.y, self.multiplier = np.zeros((agents, size)), np.zeros((agents, len(problem.b)))
        self.tracker, self.v = np.tile(-problem.b / agents, (agents, 1)), np.zeros((agents, size))

    def metrics(self, factor):
        """M of copies and σ(I + C'C) of rows, with the leader's factors of rows and of steep edges."""
        m, n, steep = len(self.problem.b), self.problem.variables, self.rules["steep"].copy()
        steep[steep > 0] *= factor[m:]
        metric = np.eye(self.theta.shape[1])
        for j in range(self.problem.agents):
            own = slice(j * n, (j + 1) * n)
            metric[own, own] += self.theta[:, own].T @ np.diag(steep) @ self.theta[:, own]
        climb = self.rules["climb"] * np.sqrt(factor[:m])
        return metric, self.rules["sigma"] * (np.diag(np.maximum(factor[:m], EASE)) + climb.T @ climb)

    def heed(self, factor):
        """From now on other weights: the multipliers of copies, M (v - mean of the neighbours), stay what they are."""
        metric, self.sigma = self.metrics(factor)
        for i, near in enumerate(self.near):
            mean = self.y[near].mean(axis=0)
            self.v[i] = mean + np.linalg.solve(metric, self.metric @ (self.v[i] - mean))
        self.metric = metric

    def advance(self):
        price, left, old = self.weights @ self.multiplier, self.weights @ self.tracker, self.y
        self.y = np.stack([self.answer(i, price[i], left[i]) for i in range(len(old))])
        n = self.problem.variables
        moved = np.stack([self.problem.A[i] @ (self.y - old)[i, i * n : (i + 1) * n] for i in range(len(old))])
        self.tracker = left + moved
        self.multiplier = price + self.tracker @ self.sigma
        for i, near in enumerate(self.near):
            self.v[i] += (self.y[near] - old[near] / 2).sum(axis=0) / len(near) - old[i] / 2

    def answer(self, i, price, left):
        problem, n = self.problem, self.problem.variables
        own, size = slice(i * n, (i + 1) * n), self.y.shape[1]
        rows, limits = np.zeros((len(price), size)), np.zeros((len(problem.most[i]), size))
        rows[:, own], limits[:, own] = problem.A[i], problem.limits[i]
        draw = self.rho * len(self.near[i]) * self.metric
        hessian = self.bend[i] + rows.T @ self.sigma @ rows + draw
        linear = rows.T @ (price + self.sigma @ (left - rows @ self.y[i])) - draw @ self.v[i]
        linear[own] += problem.slope[i]
        lower, upper = np.full(size, -FAR), np.full(size, FAR)
        lower[own], upper[own] = problem.lower[i], problem.upper[i].clip(max=FAR)
        y, _, flag, _ = daqp.solve(
            hessian, linear, limits, np.append(upper, problem.most[i]), np.append(lower, np.full(len(limits), -FAR)),
            primal_tol=1e-11,
        )  # fmt: skip
        assert flag == 1
        return np.asarray(y)


def steep_market():
    """Example 1 with two steep roads, one of which a town cannot well do without."""
    problem, network = market("example-1")
    problem = steeper(steeper(problem, 14, 30.0), 3, 300.0)
    found = gentled(problem)
    assert found is not None
    announced = steep_rules(problem, network, found)
    announced["climb"] = np.array([[1.0, 1.0, 0.5, 0.0, 0.0, 2.0]])
    public = {"theta": problem.theta, "congestion": problem.congestion, "power": 1.0, "b": problem.b}
    return problem, network, {**public, "agents": 4, "rounds": 100, **announced}


def test_the_weighted_program_makes_the_full_forms_iterates() -> None:
    """Through two changes of the weights that the leader says."""
    problem, network, rules = steep_market()
    dense, program, rng = Dense(problem, network, rules), ConsensusTrackingAdmm(), np.random.default_rng(0)
    state, said = program.start(problem.own(), rules, network.links)
    factor = np.ones(8)
    for k in range(60):
        if k in (20, 40):
            factor = np.exp(rng.normal(size=8))
            dense.heed(factor)
        state, said = program.step(state, Heard(said, {WEIGHTS: factor[None, None]}, network.links, said))
        dense.advance()
    for key in ("y", "multiplier", "tracker"):
        expected = getattr(dense, key)
        np.testing.assert_allclose(said[key][0], expected, rtol=0, atol=1e-8 * (1 + np.abs(expected).max()))


def test_the_weighted_program_keeps_the_promises_of_a_controller() -> None:
    problem, network, rules = steep_market()
    check_controller(controller, own=problem.own(), rules=rules, network=network, rounds=30)
