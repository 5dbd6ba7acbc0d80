"""Best responses within speed limits and walls, against another formulation, the free optimum, search and replays."""

from __future__ import annotations

from typing import NamedTuple

import clarabel
import networkx as nx
import numpy as np
import pytest
from numba import config
from scipy.sparse import csc_array

from robosim.errors import BadInput
from robosim.rendezvous.gains.bounded import bounded_best_response, bounded_gains, pulled_inside
from robosim.rendezvous.gains.cones import SLACK, program
from robosim.rendezvous.gains.deviation import DeviationGame
from robosim.rendezvous.gains.exact import exact_gains

KINDS = ("path", "ring", "star", "tree", "geometric")
FEW = 6 if config.DISABLE_JIT else 1
"""How many times fewer worlds to try where kernels are interpreted."""


class World(NamedTuple):
    indptr: np.ndarray
    indices: np.ndarray
    laplacian: np.ndarray
    alpha: float
    theta: np.ndarray
    final: np.ndarray
    beta: float
    rounds: int
    speed: float


def spread(z):
    return z - z.mean(axis=0)


def cost(z, theta):
    return float(np.sum((z - theta) ** 2))


def links(kind, n, seed):
    if kind == "geometric":
        radius = 0.5
        while not nx.is_connected(graph := nx.random_geometric_graph(n, radius, seed=seed)):
            radius *= 1.1
    else:
        graph = {
            "path": nx.path_graph,
            "ring": nx.cycle_graph,
            "star": lambda m: nx.star_graph(m - 1),
            "tree": lambda m: nx.random_labeled_tree(m, seed=seed),
        }[kind](n)
    matrix = nx.to_scipy_sparse_array(graph, nodelist=range(n), format="csr")
    return matrix.indptr, matrix.indices, nx.laplacian_matrix(graph, nodelist=range(n)).toarray().astype(float)


def world(kind, n, d, rounds, seed, step=None):
    """A world in the unit box with the tight bound; `speed` is the longest faithful step."""
    rng = np.random.default_rng(seed)
    indptr, indices, lap = links(kind, n, seed)
    values = np.linalg.eigvalsh(lap)
    alpha = (step or rng.uniform(0.2, 1.0)) / values[-1]
    theta = rng.random((n, d))
    final, speed = theta, 0.0
    for _ in range(rounds):
        moved = alpha * lap @ final
        final, speed = final - moved, max(speed, np.linalg.norm(moved, axis=1).max())
    beta = (1 - alpha * values[1]) ** rounds * np.sqrt(d * n / 4) + 1e-12 * np.sqrt(n * d)
    return World(indptr, indices, lap, alpha, theta, final, beta, rounds, speed)


def random_world(seed):
    rng = np.random.default_rng(seed)
    n, d, rounds = int(rng.integers(3, 16)), int(rng.integers(1, 4)), int(rng.integers(1, 50))
    return world(KINDS[seed % len(KINDS)], n, d, rounds, seed), int(rng.integers(n))


def known(w):
    return w.indptr, w.indices, w.alpha, w.theta, w.final, w.beta, w.rounds


def limits(w, speed=np.inf, lower=-np.inf, upper=np.inf):
    d = w.theta.shape[1]
    return {"reach": speed * w.speed, "lower": np.full(d, lower), "upper": np.full(d, upper)}


def exact(w, agent):
    return exact_gains(w.indptr, w.indices, w.theta, w.final, w.beta, w.rounds, [agent])[0]


def play(w, script, agent):
    """z^n by dense products, another order of summation than the kernels'."""
    step = np.eye(len(w.theta)) - w.alpha * w.laplacian
    z = w.theta.copy()
    z[agent] = script[0]
    for position in script[1:]:
        z = step @ z
        z[agent] = position
    return z


def check_script(w, agent, found, reach, lower, upper):
    """The script keeps its limits, ends inside β and earns exactly what is said."""
    size = np.linalg.norm(spread(w.theta))
    steps = np.diff(np.vstack([w.theta[[agent]], found.positions[1:]]), axis=0)
    z = play(w, found.positions, agent)
    assert np.linalg.norm(steps, axis=1).max() <= reach * (1 + 1e-12)
    assert (found.positions >= lower).all()
    assert (found.positions <= upper).all()
    assert np.linalg.norm(spread(z)) <= w.beta
    assert found.gain >= 0
    assert found.gain == pytest.approx(cost(w.final, w.theta) - cost(z, w.theta), abs=1e-9 * size**2)


@pytest.mark.parametrize("seed", range(80 // FEW))
def test_bounded_keeps_its_limits_and_stays_below_exact(seed):
    """bounded ≤ exact (+1e-9·d²); replayed by dense products it stays inside limits and β."""
    w, agent = random_world(seed)
    allowed = limits(w, (1 + 1e-9, 2.0, np.inf)[seed % 3], *((0.0, 1.0), (-np.inf, 1.2))[seed % 2])
    found = bounded_best_response(*known(w), agent, **allowed)
    check_script(w, agent, found, **allowed)
    assert found.solved
    assert found.gain <= exact(w, agent) + 1e-9 * np.linalg.norm(spread(w.theta)) ** 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "rounds", "d"), [(3, 2, 1), (6, 3, 2), (5, 5, 3), (9, 4, 2)])
def test_without_limits_bounded_is_exact(kind, n, rounds, d):
    """Few rounds are well conditioned: the cone program finds what Krylov and the secular equation find."""
    w = world(kind, n, d, rounds, seed=n, step=0.7)
    for agent in (0, n - 1):
        found = bounded_best_response(*known(w), agent, **limits(w))
        assert found.solved
        assert found.gain == pytest.approx(exact(w, agent), abs=2e-6 * np.linalg.norm(spread(w.theta)) ** 2)


def raw_optimum(w, agent, reach, lower, upper):
    """The same optimum over all positions of all rounds, x^{k+1}_j = (W x^k)_j for j ≠ i, straight from the paper.

    Variables x^0..x^n, (rounds+1) N d numbers, the announced start x^0_i free within the walls.
    """
    n, d = w.theta.shape
    k, size = w.rounds + 1, n * d
    axes, others = np.eye(d), np.delete(np.arange(n), agent)
    step = np.kron(np.eye(n) - w.alpha * w.laplacian, axes)
    keep = np.kron(np.eye(n)[others], axes)
    mine = np.kron(np.eye(n)[[agent]], axes)

    def at(rounds, block):
        return np.kron(np.eye(k)[[rounds]], block)

    equal = [at(0, keep)] + [at(r + 1, keep) - at(r, keep @ step) for r in range(w.rounds)]
    fixed = np.concatenate([w.theta[others].ravel(), np.zeros(w.rounds * len(keep))])
    me = np.vstack([at(r, mine) for r in range(k)])
    centre = np.kron(np.eye(n) - 1 / n, axes)
    rows, right = (
        [*equal, me, -me, np.zeros((1, k * size)), -at(w.rounds, centre)],
        [fixed, np.tile(upper, k), -np.tile(lower, k), [w.beta], np.zeros(size)],
    )
    cones = [clarabel.ZeroConeT(len(fixed)), clarabel.NonnegativeConeT(2 * k * d), clarabel.SecondOrderConeT(size + 1)]
    for r in range(1, k):
        rows += [np.zeros((1, k * size)), -at(r, mine) + (at(r - 1, mine) if r > 1 else 0)]
        right += [[reach], np.zeros(d) if r > 1 else -w.theta[agent]]
        cones.append(clarabel.SecondOrderConeT(d + 1))
    end = at(w.rounds, np.eye(size))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    solution = clarabel.DefaultSolver(
        csc_array(2 * end.T @ end),
        -2 * end.T @ w.theta.ravel(),
        csc_array(np.vstack(rows)),
        np.concatenate(right),
        cones,
        settings,
    ).solve()
    assert solution.status == clarabel.SolverStatus.Solved
    return cost(w.final, w.theta) - (solution.obj_val + float(np.sum(w.theta**2)))


@pytest.mark.parametrize(
    ("kind", "n", "rounds", "d"),
    [("path", 5, 12, 1), ("tree", 6, 15, 2), ("ring", 5, 10, 2), ("geometric", 6, 8, 3), ("star", 6, 14, 1)],
)
def test_bounded_equals_a_program_over_all_positions(kind, n, rounds, d):
    """No responses, no reduction, no scaling: the optimum is the same."""
    w = world(kind, n, d, rounds, seed=rounds, step=0.8)
    allowed = limits(w, 1.5, 0.0, 1.0)
    for agent in (0, 2):
        found = bounded_best_response(*known(w), agent, **allowed).gain
        assert found == pytest.approx(raw_optimum(w, agent, **allowed), abs=1e-6 * np.linalg.norm(spread(w.theta)) ** 2)


@pytest.mark.parametrize("seed", range(8))
def test_search_within_the_limits_does_not_win(seed):
    """Convex steps from the best script towards random scripts within limits never gain, to 1e-6·d²."""
    w, agent = random_world(seed)
    rng, (n, d) = np.random.default_rng(seed), w.theta.shape
    found = bounded_best_response(*known(w), agent, **limits(w, 2.0, 0.0, 1.0))
    for _ in range(100):
        other = np.empty_like(found.positions)
        other[0], body = rng.random(d), w.theta[agent]
        for k in range(w.rounds):
            step = rng.normal(size=d) + 3 * (rng.random(d) - body)
            body = np.clip(body + 2.0 * w.speed * step / np.linalg.norm(step) * rng.random() ** (1 / d), 0, 1)
            other[k + 1] = body
        for share in (1.0, 0.1, 1e-2, 1e-3):
            z = play(w, found.positions + share * (other - found.positions), agent)
            if np.linalg.norm(spread(z)) <= w.beta:
                gain = cost(w.final, w.theta) - cost(z, w.theta)
                assert gain <= found.gain + 1e-6 * n * d


@pytest.mark.parametrize("seed", range(6))
def test_the_program_is_the_game(seed):
    """right - A x of any script: zero rows define w and m, cones are the limits, the objective is J/σ + const."""
    w, agent = random_world(seed)
    rng, d = np.random.default_rng(seed), w.theta.shape[1]
    game = DeviationGame.around(*known(w), agent)
    reach, lower, upper = 2.0 * w.speed, np.zeros(d), np.ones(d)
    data = program(game, reach, lower, upper)
    u = game.faithful.size
    values = []
    for script in (game.faithful, game.faithful + 0.1 * rng.normal(size=game.faithful.shape)):
        x = np.zeros(len(data.linear))
        x[:u] = ((script - game.faithful) / data.length).ravel()
        equalities = len(x) - u
        x[u:] = (data.right - data.matrix @ x)[:equalities]
        z, slack = play(w, script, agent), data.right - data.matrix @ x
        assert slack[:equalities] == pytest.approx(np.zeros(equalities), abs=1e-12)
        unit2 = 0.5 * game.bound * data.quadratic.diagonal()[u]
        floor = game.radius**2 - unit2 * (slack[equalities] / (1 - SLACK)) ** 2
        inside = unit2 * np.sum(slack[equalities + 1 : 2 * equalities - d + 1] ** 2)
        assert floor + inside == pytest.approx(np.sum(spread(z) ** 2), rel=1e-9, abs=1e-7 * w.beta**2)
        steps = slack[-w.rounds * (d + 1) :].reshape(w.rounds, d + 1) * data.length
        assert steps[:, 0] == pytest.approx(reach, rel=1e-6)
        bodies = np.vstack([w.theta[[agent]], script[1:]])
        assert steps[:, 1:] == pytest.approx(np.diff(bodies, axis=0), abs=1e-12)
        values.append((0.5 * x @ (data.quadratic @ x) + data.linear @ x, cost(z, w.theta) / game.bound))
    (first, first_cost), (second, second_cost) = values
    assert second - first == pytest.approx(second_cost - first_cost, rel=1e-7, abs=1e-9)


def test_more_speed_and_wider_walls_pay():
    """The set of scripts grows with every limit, so the gain does (to the solver's 1e-7)."""
    w = world("tree", 8, 2, 20, seed=4, step=0.9)
    gains = [
        bounded_best_response(*known(w), 1, **limits(w, *allowed)).gain
        for allowed in ((1.0, 0.0, 1.0), (1.5, 0.0, 1.0), (3.0, 0.0, 1.0), (3.0, -1.0, 2.0), (9.0, -4.0, 5.0))
    ]
    assert (np.diff(gains) >= -1e-6).all()
    assert gains[-1] > 1.2 * gains[0]


def test_only_the_message_may_jump():
    """A body that cannot move (reach → 0) can still lie about its start, and the lie is within the walls."""
    w = world("path", 4, 1, 1, seed=2, step=0.9)
    found = bounded_best_response(*known(w), 0, reach=1e-9, lower=[-0.5], upper=[1.5])
    assert abs(found.positions[1, 0] - w.theta[0, 0]) <= 1e-9
    assert -0.5 <= found.positions[0, 0] <= 1.5


def test_gains_of_all_agents_with_progress():
    """One figure per agent, reported as they come; `agents` picks some."""
    w, done = world("star", 5, 2, 10, seed=1), []
    gains = bounded_gains(*known(w), **limits(w, 1.5, 0.0, 1.0), progress=done.append)
    assert done == [0, 1, 2, 3, 4]
    assert gains[3] == bounded_best_response(*known(w), 3, **limits(w, 1.5, 0.0, 1.0)).gain
    assert bounded_gains(*known(w), **limits(w, 1.5, 0.0, 1.0), agents=[3]).tolist() == [gains[3]]


def test_no_figure_where_the_faithful_team_is_penalised():
    """Outside β there is no certificate: nan, and the faithful play."""
    w = world("path", 5, 1, 3, seed=0)
    w = w._replace(beta=0.5 * np.linalg.norm(spread(w.final)))
    assert np.isnan(bounded_gains(*known(w), **limits(w, 1.5, 0.0, 1.0))).all()
    found = bounded_best_response(*known(w), 0, **limits(w, 1.5, 0.0, 1.0))
    assert (found.gain, found.solved) == (0.0, False)


def test_an_impossible_task_says_so():
    """Walls that exclude the body's start leave no script: not solved, faithful play, no gain."""
    w = world("path", 5, 1, 6, seed=0)
    found = bounded_best_response(*known(w), 0, reach=1e-6, lower=[5.0], upper=[6.0])
    assert not found.solved
    assert found.gain >= 0


def test_a_team_at_rest_has_nothing_to_gain():
    """θ in consensus: J(z_f) = 0, so ε = 0, and that is known without a solver."""
    indptr, indices, _ = links("ring", 6, 0)
    theta = np.full((6, 2), 0.3)
    limit = {"reach": 0.1, "lower": [0, 0], "upper": [1, 1]}
    found = bounded_best_response(indptr, indices, 0.1, theta, theta, 1e-12, 20, 3, **limit)
    assert (found.gain, found.solved) == (0.0, True)


def test_walls_of_the_wrong_shape_are_named():
    """House rule: the error names the field and the value."""
    w = world("path", 5, 2, 3, seed=0)
    with pytest.raises(BadInput, match=r"one wall for each of 2 axes \(got shape \(1,\)\)"):
        bounded_best_response(*known(w), 0, reach=1.0, lower=[0.0], upper=[1.0])


@pytest.mark.parametrize("seed", range(0, 20, FEW))
def test_a_script_that_ends_outside_is_pulled_back_until_it_does_not(seed):
    """As much of it as stays within β, by a plain replay; the faithful play and what stays inside are left alone."""
    w, agent = random_world(seed)
    game = DeviationGame.around(*known(w), agent)
    wild = game.faithful + 100.0 * w.beta + np.random.default_rng(seed).normal(size=game.faithful.shape)
    found = pulled_inside(game, wild)
    assert np.linalg.norm(spread(play(w, wild, agent))) > w.beta
    assert np.linalg.norm(spread(play(w, found, agent))) <= w.beta
    share = (found - game.faithful) / (wild - game.faithful)
    assert np.ptp(share) <= 1e-9
    farther = game.faithful + (share.max() + 2e-6) * (wild - game.faithful)
    assert np.linalg.norm(spread(play(w, farther, agent))) > w.beta * (1 - 1e-6)
    tame = game.faithful + 1e-3 * share.max() * (wild - game.faithful)
    np.testing.assert_array_equal(pulled_inside(game, tame) == tame, True)
