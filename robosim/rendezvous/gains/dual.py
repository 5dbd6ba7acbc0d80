"""An upper bound of what one agent gains within its limits: the dual of `cones`, valid however badly a solver stopped.

For min ½xᵀPx + qᵀx with b - A x in a product of cones K, any z in the dual cone and any x₀ bound the minimum by

    ½xᵀPx + qᵀx ≥ ½xᵀPx + qᵀx - zᵀ(b - A x) ≥ -½x₀ᵀPx₀ - zᵀb - Σ_j |r_j| X_j,   r = P x₀ + q + Aᵀz,

where |x_j| ≤ X_j: positions lie between walls, the rest follows from the ball and from corners far away (Jansson,
Chaykin, Keil, SIAM J. Numer. Anal. 46 (2007) 180-200). A solver's z is moved into the cone; its error is paid in r.
"""

from __future__ import annotations

from dataclasses import replace

import clarabel
import numpy as np
from numpy.typing import ArrayLike

from robosim.rendezvous.gains.bounded import walls
from robosim.rendezvous.gains.cones import ConeProgram, program, responses
from robosim.rendezvous.gains.deviation import EPS, MARGIN, Array, DeviationGame, inside, norm, spread

TOLERANCES = (None, 1e-11)
"""Of the solver; the smaller of two bounds is a bound."""
CUT = 1e-14
"""Responses below this share of the largest are left out of the program, and paid for."""
ROUNDING = 1e-12
"""Share of J(z_f) for the rounding of the sums themselves."""


def gain_above(game: DeviationGame, *, reach: float, lower: ArrayLike, upper: ArrayLike, quick: bool = False) -> float:
    """At most this much, m², can the agent of a game gain within limits, which are as in `bounded_best_response`.

    `quick` solves once: a bound all the same, a little less tight. NaN where the faithful run is outside β. Faithful
    bodies must never be held back in the deviated run: true of consensus with α deg diam ≤ reach.
    """
    if not inside(game.final, game.beta):
        return float("nan")
    low, high = walls(lower, game), walls(upper, game)
    rounding = 2.0 * EPS * float(np.sqrt(len(game.faithful))) * norm(game.final)
    game = replace(game, beta=(game.beta + 2.0 * rounding) / (1.0 - MARGIN) * (1.0 + 2.0 * EPS))  # its radius: ≥ β
    if game.bound <= 0.0 or not (np.isfinite(low).all() and np.isfinite(high).all()):
        return max(game.bound, 0.0)
    wanted = TOLERANCES[:1] if quick else TOLERANCES
    found = min(_bound(game, float(reach) * (1.0 + 1e-12), low, high, tolerance) for tolerance in wanted)
    return min(found, game.bound) + ROUNDING * norm(game.final - game.theta) ** 2


def _bound(game: DeviationGame, reach: float, low: Array, high: Array, tolerance: float | None) -> float:
    problem = program(game, reach, low, high, slack=0.0, negligible=0.0)
    x, z = _solved(problem, tolerance)
    if not (np.isfinite(x).all() and np.isfinite(z).all()):
        return game.bound
    z = in_cone(z, problem.cones)
    quadratic = problem.quadratic.diagonal()
    residual = quadratic * x + problem.linear + problem.matrix.T @ z
    farthest, faithful = _box(game, low, high, problem.length)
    below = -0.5 * float(quadratic @ (x * x)) - float(z @ problem.right) - float(np.abs(residual) @ farthest)
    usual = 0.5 * float(quadratic @ (faithful * faithful)) + float(problem.linear @ faithful)
    return game.bound * (usual - below) + _left_out(game, low, high)


def _solved(problem: ConeProgram, tolerance: float | None) -> tuple[Array, Array]:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.direct_solve_method = "qdldl"  # serial: the same bits whatever the number of threads
    settings.presolve_enable = False
    if tolerance is not None:
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    solution = clarabel.DefaultSolver(*problem[:5], settings).solve()
    return np.array(solution.x), np.array(solution.z)


def in_cone(z: Array, cones: list[object]) -> Array:
    """z moved into the dual cones: half-lines and second-order cones are their own, a zero cone's is free."""
    found, row = z.copy(), 0
    for cone in cones:
        size, kind = cone.dim, type(cone).__name__  # type: ignore[attr-defined]
        if kind.startswith("Nonnegative"):
            found[row : row + size] = np.maximum(found[row : row + size], 0.0)
        elif kind.startswith("SecondOrder"):
            found[row] = max(found[row], norm(found[row + 1 : row + size]) * (1.0 + 4.0 * EPS))
        row += size
    return found


def _box(game: DeviationGame, low: Array, high: Array, length: float) -> tuple[Array, Array]:
    """X_j of all variables of `cones.program`, and the variables of the faithful play."""
    _, _, apart, _ = responses(game, 0.0)
    n, d = game.theta.shape
    ball = float(np.sqrt(max(game.radius**2 - norm(spread(game.final)) ** 2 + norm(apart) ** 2, 0.0)))
    unit = min(ball, length)
    moved = np.maximum(np.abs(high - game.faithful), np.abs(low - game.faithful)) / length
    corner = np.maximum(np.abs(high), np.abs(low)) + np.abs(game.theta).max(axis=0)
    scale = float(np.sqrt(game.bound))
    mean = np.sqrt(n) * (game.final - game.theta).mean(axis=0)
    farthest = [moved.ravel(), np.full(apart.size, ball / unit), np.full(d, np.sqrt(n) * norm(corner) / scale)]
    faithful = [np.zeros(moved.size), apart.ravel() / unit, mean / scale]
    return np.concatenate(farthest), np.concatenate(faithful)


def _left_out(game: DeviationGame, low: Array, high: Array) -> float:
    """What responses below `CUT` can add: they move z^n by at most η metres, J by 2√J η, and so widen β."""
    shift = CUT * np.sqrt(len(game.theta)) * np.sqrt(len(game.faithful)) * norm(high - low)
    return 4.0 * norm(game.final - game.theta) * float(shift)
