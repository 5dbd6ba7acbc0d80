"""Methods that price roads instead of keeping copies: their local problems, formulas, and the central optimum."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

import robosim
from robosim.agent import Heard
from robosim.checks import check_mission
from robosim.controllers.dot_admm import DotAdmm
from robosim.controllers.dual_subgradient import DualSubgradient
from robosim.controllers.parts.flow_problem import FlowProblem, shared_edges
from robosim.errors import BadInput
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.penalties import penalties
from robosim.freight.coupled.problem import Coupled
from robosim.network.network import Network

RING = [(0, 1), (1, 2), (2, 3), (0, 3)]


def small(power=1.0, own=True, seed=2):
    """Four agents with three variables on five edges; with own quadratic costs where congestion is linear."""
    rng = np.random.default_rng(seed)
    H = rng.uniform(0.2, 1, (4, 3)) if own and power == 1.0 else None
    theta = (rng.random((4, 5, 3)) < 0.6).astype(float)
    theta[1:, 4] = 0.0  # an edge that agent 0 alone may use
    return Coupled.of(
        rng.uniform(1, 3, (4, 3)), [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]], [4.0, 5.0], lower=0.0, upper=4.0,
        theta=theta, congestion=rng.uniform(0.05, 0.2, 5), power=power, H=H,
        limits=[[1.0, 1.0, 1.0]], most=3.5,
    )  # fmt: skip


def rules(problem, **more):
    known = {"theta": problem.theta, "congestion": problem.congestion, "power": problem.power}
    return {**known, "b": problem.b, "agents": problem.agents, **more}


def test_own_quadratic_costs_are_no_rows_of_the_coupling() -> None:
    problem = small()
    shared = shared_edges(rules(problem))
    loads = (np.abs(problem.theta.toarray().reshape(-1, 4, 3)) > 0).any(axis=2).sum(axis=1)
    np.testing.assert_array_equal(shared, loads > 1)
    assert 0 < shared.sum() < len(shared)
    bent = small(power=4.0)
    assert shared_edges(rules(bent)).sum() == (np.abs(bent.theta.toarray()) > 0).any(axis=1).sum()


@pytest.mark.parametrize("power", [1.0, 4.0])
def test_the_nearest_answer_is_that_of_an_independent_solver(power: float) -> None:
    """min ψ'x + ½x'Qx + Σ s φ(w/s) + Σ (c/2)(Φ(x, w) - u)² over x and w together, by SLSQP."""
    problem = small(power)
    told = rules(problem)
    local = FlowProblem.of(problem.own(), told, np.tile([[0.8, 1.5]], (4, 1)))
    shared, i = shared_edges(told), 1
    aim = np.random.default_rng(0).uniform(0.2, 1.5, (1, 4, len(local.share)))
    x, left = local.nearest(aim, np.zeros((1, 4, 3)))
    rows, c, s, a = local.dense[0, i], local.weight[i], problem.part[i, shared], problem.congestion[shared]
    theta, m = problem.theta.toarray()[:, 3:6], 2

    def cost(z):
        w = z[3:]
        left = rows @ z[:3] - aim[0, i]
        left[m:] -= w
        flow = np.where(s > 0, np.abs(w) / np.where(s > 0, s, 1.0), 0.0)
        alone = problem.congestion[~shared] @ (theta[~shared] @ z[:3]) ** 2 if power == 1.0 else 0.0
        return problem.slope[i] @ z[:3] + alone + (s * a * flow ** (power + 1)).sum() + 0.5 * (c * left**2).sum()

    most = [(0.0, None if part > 0 else 0.0) for part in s]
    inside = {"type": "ineq", "fun": lambda z: 3.5 - z[:3].sum()}
    start = np.full(3 + len(s), 0.5)
    best = minimize(
        cost, start, bounds=[(0.0, 4.0)] * 3 + most, constraints=inside, options={"ftol": 1e-15, "maxiter": 500}
    )
    np.testing.assert_allclose(x[0, i], best.x[:3], atol=2e-4)
    w = rows[m:] @ x[0, i] - aim[0, i, m:] - left[0, i, m:]
    assert cost(np.concatenate([x[0, i], w])) <= best.fun + 1e-7


@pytest.mark.parametrize("power", [1.0, 4.0])
def test_dot_admm_ends_at_the_central_optimum(power: float) -> None:
    problem = small(power)
    best = optimum(problem)
    keys = {"mission.controller": "dot-admm", "mission.rounds": 1500, "leader.tax": "none", "leader.tolerance": 1e-9}
    record = robosim.load("freight", problem=problem, network=RING, set=keys).run()
    assert record.rounds < 1500
    assert record.objective[0, -1] == pytest.approx(best.objective, rel=1e-7)
    np.testing.assert_allclose(record.price[0], best.price, rtol=1e-5)
    assert record.residuals[0, -1].max() <= 1e-9


def test_prices_of_dot_admm_are_those_of_its_proximal_step() -> None:
    """λ = v + (C/deg)(Φ(x, w) - D), v the mean of what is remembered, and φ_e'(w/s) is the price of the edge."""
    problem, network = small(), Network.of(RING)
    told = rules(problem, sigma=0.7, gamma=1.3)
    program = DotAdmm()
    state, said = program.start(problem.own(), told, network.links)
    for _ in range(4):
        state, said = program.step(state, Heard(said, {}, network.links, said))
    next_state, after = program.step(state, Heard(said, {}, network.links, said))
    mean = np.array([[next_state.zeta[0, a:b].mean(axis=0) for a, b in zip(state.ends, state.ends[1:], strict=False)]])
    x, lam, m = after["y"], after["multiplier"], 2
    excess = np.einsum("irn,in->ir", state.problem.dense[0], x[0]) - state.problem.share
    w = excess[:, m:] - (lam - mean)[0, :, m:] / state.weight[:, m:]
    np.testing.assert_allclose((lam - mean)[0, :, :m], state.weight[:, :m] * excess[:, :m], atol=1e-12)
    s = state.problem.part[0]
    np.testing.assert_allclose((2 * state.problem.toll * w)[s > 0], (s * lam[0, :, m:])[s > 0], atol=1e-9)


def test_the_dual_subgradient_averages_its_answers_towards_the_optimum() -> None:
    problem = small(own=False)
    best = optimum(problem)
    keys = {"mission.controller": "dual_subgradient", "mission.rounds": 1500, "leader.tax": "none"}
    record = robosim.load("freight", problem=problem, network=RING, set={**keys, "leader.tolerance": None}).run()
    assert record.objective[0, -1] == pytest.approx(best.objective, rel=3e-2)
    assert record.residuals[0, -1, 0] < 1e-2
    late = np.abs(record.objective[0] / best.objective - 1)
    assert late[-100:].max() < 0.2 * late[30:100].max()


def test_averages_and_steps_are_those_of_the_formula() -> None:
    problem, network = small(), Network.of(RING)
    told = rules(problem, sigma=0.7, gamma=1.3)
    program = DualSubgradient(decay=0.6, late=1.0)
    state, said = program.start(problem.own(), told, network.links)
    answers, before = [], None
    for k in range(1, 5):
        before = said
        state, said = program.step(state, Heard(said, {}, network.links, said))
        answers.append(state.x[0])
        weights = np.arange(1.0, k + 1)
        average = np.einsum("k,kin->in", weights / weights.sum(), np.array(answers))
        np.testing.assert_allclose(said["y"][0], average, atol=1e-12)
    mixed = Heard(before, {}, network.links, before).mixed("multiplier")[0]
    left = np.einsum("imn,in->im", problem.A, state.x[0]) - problem.b / 4
    np.testing.assert_allclose(said["multiplier"][0, :, :2], mixed[:, :2] + 4**-0.6 * 0.7 * left, atol=1e-12)


@pytest.mark.parametrize("name", ["dot_admm", "dual_subgradient"])
def test_they_keep_the_contract_of_programs(name: str) -> None:
    mission = robosim.load("freight", problem=small(), network=RING, set={"mission.controller": name})
    assert len(check_mission(mission).lines) >= 3


@pytest.mark.parametrize("program", [DotAdmm(), DualSubgradient()])
def test_each_agent_alone_says_what_it_says_among_others(program) -> None:
    problem, network = small(), Network.of(RING)
    told, own, links = rules(problem, sigma=0.7, gamma=1.3), problem.own(), network.links
    ones = [links.only(i) for i in range(4)]
    mine = [{key: x[:, [i]] for key, x in own.items()} for i in range(4)]
    state, said = program.start(own, told, links)
    alone = [program.start(mine[i], told, ones[i]) for i in range(4)]
    for _ in range(6):
        state, after = program.step(state, Heard(said, {}, links, said))
        voices = [{key: x[:, one.ids] for key, x in said.items()} for one in ones]
        alone = [program.step(kept, Heard(words, {}, ones[i], voices[i])) for i, (kept, words) in enumerate(alone)]
        said = after
        for key, x in said.items():
            np.testing.assert_allclose(np.concatenate([words[key] for _, words in alone], axis=1), x, atol=1e-10)


def test_who_has_no_limits_has_no_linear_answer() -> None:
    free = replace(small(own=False), upper=np.full((4, 3), np.inf), most=np.full((4, 1), np.inf))
    with pytest.raises(BadInput, match="dual_subgradient: variable 0 of agent 0 has no limit"):
        penalties(free, Network.of(RING), "dual_subgradient")
    curved = small()
    curved = replace(curved, upper=np.full((4, 3), np.inf), most=np.full((4, 1), np.inf))
    assert penalties(curved, Network.of(RING), "dual_subgradient")["sigma"] > 0


@pytest.mark.parametrize(
    ("program", "given"),
    [(DotAdmm, {"alpha": 1.0}), (DualSubgradient, {"decay": 0.5}), (DualSubgradient, {"late": -1.0})],
)
def test_parameters_without_a_proof_are_refused(program, given) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        program(**given)
