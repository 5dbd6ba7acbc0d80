"""The best response of one agent whose body obeys a speed limit and walls: an attack that can be driven.

The free optimum of `robosim.rendezvous.gains.exact` may ask for absurd positions. Here announced positions obey

    lower ≤ u^k ≤ upper,   ‖u^1 - θ_i‖ ≤ reach,   ‖u^{k+1} - u^k‖ ≤ reach for k ≥ 1:

the body starts at θ_i and neighbours see where it is (T, Algorithm 2, line 7), while the announced start u^0 is a
message, which may be a lie. The set is convex, so minimising J(z^n) within the leader's ball is a second-order cone
program (`robosim.rendezvous.gains.cones`). What is reported is the replay of its solution, never the solver's own word.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import clarabel
import numpy as np
from numpy.typing import ArrayLike

from robosim.errors import BadInput
from robosim.kernels.steering import within_limits
from robosim.rendezvous.gains.cones import ConeProgram, program
from robosim.rendezvous.gains.deviation import Array, DeviationGame, SolvedResponse, inside, team

CAUTIONS: tuple[dict[str, float | bool], ...] = (
    {},
    {"static_regularization_constant": 1e-10},
    {"max_step_fraction": 0.8, "linesearch_backtrack_step": 0.5},
    {"equilibrate_enable": False},
)
"""Settings that are tried one after the other: where β is small clarabel's own end after five steps, far from it."""


def bounded_best_response(
    indptr: ArrayLike,
    indices: ArrayLike,
    alpha: float,
    theta: ArrayLike,
    z_final: ArrayLike,
    beta: float,
    rounds: int,
    agent: int,
    *,
    reach: float,
    lower: ArrayLike,
    upper: ArrayLike,
    weight: ArrayLike | None = None,
) -> SolvedResponse:
    """The best script of one agent within its limits, and what it earns when replayed.

    Parameters
    ----------
    indptr, indices, alpha, theta, z_final, beta, rounds, agent, weight
        As in `robosim.rendezvous.gains.exact.best_response`. The faithful run must keep the limits.
    reach : float
        Metres that the body can travel in a round; may be infinite.
    lower, upper : (d,) arrays
        Walls, m; entries may be infinite.

    Returns
    -------
    SolvedResponse
        Within the limits and within β; `gain` is attained by `positions`. If the solver fails `solved` is False and
        the script is whatever good it found, at worst the faithful play.
    """
    game = DeviationGame.around(indptr, indices, alpha, theta, z_final, beta, rounds, agent, weight)
    low, high = walls(lower, game), walls(upper, game)
    fits = inside(game.final, beta)
    if not fits or game.bound <= 0.0:
        return SolvedResponse(agent=game.agent, positions=game.faithful, gain=0.0, solved=fits)
    found, solved = solve(program(game, float(reach), low, high), game.faithful)
    script = pulled_inside(game, within_limits(found, game.theta[game.agent], float(reach), low, high))
    gain = game.play(script)[0]
    if not gain > 0.0:
        gain, script = 0.0, game.faithful
    return SolvedResponse(agent=game.agent, positions=script, gain=gain, solved=solved)


def bounded_gains(
    indptr: ArrayLike,
    indices: ArrayLike,
    alpha: float,
    theta: ArrayLike,
    z_final: ArrayLike,
    beta: float,
    rounds: int,
    *,
    reach: float,
    lower: ArrayLike,
    upper: ArrayLike,
    agents: ArrayLike | None = None,
    progress: Callable[[int], None] | None = None,
    weight: ArrayLike | None = None,
) -> Array:
    """Gain of the best response within the limits of every agent, (N,), or of `agents`, (K,); m².

    All nan when the faithful run itself is outside β, as in `exact_gains`. `progress` is called
    with each agent that is done; see `bounded_best_response` for the rest.
    """
    final = team(indptr, indices, theta, z_final)[3]
    who = range(len(final)) if agents is None else np.atleast_1d(agents).tolist()
    gains, unsolved = np.full(len(who), np.nan), []
    for place, agent in enumerate(who if inside(final, beta) else ()):
        best = bounded_best_response(
            *(indptr, indices, alpha, theta, z_final, beta, rounds, agent),
            reach=reach,
            lower=lower,
            upper=upper,
            weight=weight,
        )
        gains[place] = best.gain
        unsolved += [] if best.solved else [agent]
        if progress is not None:
            progress(agent)
    if unsolved:
        warnings.warn(
            f"bounded gains: the solver did not end for {len(unsolved)} of {len(who)} agents, first {unsolved[0]}; "
            "what these could gain within limits is at least the figure, and may be more",
            stacklevel=2,
        )
    return gains


def solve(problem: ConeProgram, faithful: Array) -> tuple[Array, bool]:
    """The script that clarabel finds, (rounds+1, d), and whether it claims to have solved the program."""
    first = faithful
    for k, caution in enumerate(CAUTIONS):
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.direct_solve_method = "qdldl"  # serial: the same bits whatever the number of threads
        settings.presolve_enable = False
        for name, value in caution.items():
            setattr(settings, name, value)
        solution = clarabel.DefaultSolver(*problem[:5], settings).solve()
        found = faithful + problem.length * np.reshape(solution.x[: faithful.size], faithful.shape)
        if np.isfinite(found).all():
            if solution.status in (clarabel.SolverStatus.Solved, clarabel.SolverStatus.AlmostSolved):
                return found, True
            first = found if k == 0 else first
    return first, False


def pulled_inside(game: DeviationGame, script: Array) -> Array:
    """The script itself or, where it ends outside the leader's ball, as much of it as stays inside.

    Distance from consensus is convex and the faithful play inside, so bisection between the two finds it.
    """
    deviation = script - game.faithful
    low, high = 0.0, 1.0
    share = 1.0
    while high - low > 1e-6:
        trial = game.faithful + share * deviation
        if game.play(trial)[1] <= game.radius - game.rounding(share * deviation):
            low = share
        else:
            high = share
        share = 0.5 * (low + high)
    return game.faithful + low * deviation


def walls(limit: ArrayLike, game: DeviationGame) -> Array:
    """One wall per axis, (d,)."""
    d = game.theta.shape[1]
    array: Array = np.ascontiguousarray(limit, dtype=np.float64)
    if array.shape != (d,):
        raise BadInput(f"lower and upper must have one wall for each of {d} axes (got shape {array.shape})")
    return array
