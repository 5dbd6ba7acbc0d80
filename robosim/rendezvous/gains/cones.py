"""The second-order cone program of a best response within speed limits and walls, as data for clarabel.

Variables, with u the announced positions, H the impulse responses of z^n to them, P = I - J and Q an orthonormal basis
of what the agent can do to P z^n:

    v = (u - u_faithful) / ℓ                               (rounds+1, d)   ℓ: size of the world
    w = Qᵀ P z^n / b = (Qᵀ P z_f + ℓ T v) / b              (r, d)          b: size of the ball, T = Qᵀ P H
    m = 1ᵀ(z^n - θ) / √(Nσ)                                (1, d)          σ: certified bound on the gain

so that J(z^n)/σ = (b²/σ)‖w‖² + (2b/σ)⟨w, Qᵀ P (z_f - θ) - Qᵀ P z_f⟩ + ‖m‖² + constant. Every part is of size one
however small β is, and nothing is squared that is ill-conditioned. clarabel wants right - A x in a product of cones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import clarabel
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from robosim.kernels.steering import gram_schmidt, impulse_responses
from robosim.rendezvous.gains.deviation import Array, DeviationGame, norm, spread

Places = NDArray[np.int64]

SLACK = 1e-7
"""Share of speed limit and ball that is kept back for the solver's tolerance."""
NEGLIGIBLE = 1e-9
"""Responses below this share of β are left out of the program (not of the replay): a tenth of the work remains."""


class ConeProgram(NamedTuple):
    """min ½xᵀPx + qᵀx subject to right - A x in cones; u = u_faithful + length · x[: u.size]."""

    quadratic: csc_array
    linear: Array
    matrix: csc_array
    right: Array
    cones: list[Any]
    length: float


class ConeRows(NamedTuple):
    """Some rows of A by place and value, their right-hand sides and cones."""

    row: Places
    column: Places
    value: Array
    right: Array
    cones: list[Any]


def program(
    game: DeviationGame,
    reach: float,
    lower: Array,
    upper: Array,
    slack: float = SLACK,
    negligible: float = NEGLIGIBLE,
) -> ConeProgram:
    """The program of one agent; the limits are those of `bounded_best_response`."""
    steer, mean, apart, pull = responses(game, negligible)
    length, bound, d = max(game.size, norm(game.final - game.theta)), game.bound, game.theta.shape[1]
    ball = np.sqrt(max(game.radius**2 - norm(spread(game.final)) ** 2 + norm(apart) ** 2, 0.0)) * (1.0 - slack)
    unit = min(ball, length)
    drift = np.sqrt(len(game.theta)) * (game.final - game.theta).mean(axis=0)
    u, w = game.faithful.size, apart.size
    parts = [
        equalities(steer * (length / unit), apart / unit, u, d),
        equalities(mean * (length / np.sqrt(bound)), drift[None] / np.sqrt(bound), u + w, d),
        within_ball(ball / unit, u, w),
        *within_walls(game, reach, lower, upper, length),
        *within_reach(game, reach * (1.0 - slack), length),
    ]
    weights = np.concatenate([np.zeros(u), np.full(w, 2.0 * unit**2 / bound), np.full(d, 2.0)])
    linear = np.concatenate([np.zeros(u), (2.0 * unit / bound * (pull - apart)).ravel(), np.zeros(d)])
    matrix, right, cones = stacked(parts, len(linear))
    return ConeProgram(
        csc_array((weights, np.arange(len(linear)), np.arange(len(linear) + 1))), linear, matrix, right, cones, length
    )


def responses(game: DeviationGame, negligible: float = NEGLIGIBLE) -> tuple[Array, Array, Array, Array]:
    """T = QᵀPH (r, rounds+1), 1ᵀH/√N (1, rounds+1), QᵀP z_f and QᵀP (z_f - θ), (r, d) each."""
    moved = impulse_responses(game.indptr, game.indices, game.alpha, len(game.faithful) - 1, game.agent, game.weight)
    steered = moved - moved.mean(axis=0)
    cut = float(np.clip(negligible * game.radius / norm(game.final - game.theta), 1e-14, 1e-6))
    reached = np.einsum("kr,ir->ki", gram_schmidt(steered, cut, True), steered)
    basis = gram_schmidt(reached, 0.0, False)
    apart, pull = spread(game.final), spread(game.final - game.theta)
    return (
        np.einsum("ki,ir->kr", basis, steered),
        moved.sum(axis=0, keepdims=True) / np.sqrt(len(moved)),
        np.einsum("ki,ic->kc", basis, apart),
        np.einsum("ki,ic->kc", basis, pull),
    )


def equalities(steer: Array, start: Array, own: int, d: int) -> ConeRows:
    """x[own:][j, c] = start[j, c] + Σ_k steer[j, k] v[k, c]."""
    j, k = np.indices(steer.shape).reshape(2, -1)
    size, axes = start.size, np.arange(d)
    row, column = ((i[:, None] * d + axes).ravel() for i in (j, k))
    return ConeRows(
        np.concatenate([row, np.arange(size)]),
        np.concatenate([column, own + np.arange(size)]),
        np.concatenate([-np.repeat(steer.ravel(), d), np.ones(size)]),
        start.ravel(),
        [clarabel.ZeroConeT(size)],
    )


def within_ball(radius: float, own: int, size: int) -> ConeRows:
    """‖w‖ ≤ radius, where w = x[own:][:size]."""
    places = np.arange(size)
    return ConeRows(
        places + 1,
        own + places,
        -np.ones(size),
        np.append(radius, np.zeros(size)),
        [clarabel.SecondOrderConeT(size + 1)],
    )


def within_walls(game: DeviationGame, reach: float, lower: Array, upper: Array, length: float) -> list[ConeRows]:
    """lower ≤ u^k ≤ upper, where a body that starts at θ_i could break it by round k, and for the announced start."""
    travelled = np.append(np.inf, np.arange(1, len(game.faithful)) * reach * (1.0 + 1e-9))
    parts = []
    for sign, wall in ((1.0, upper), (-1.0, lower)):
        away = sign * (wall - game.theta[game.agent])
        places = np.flatnonzero((away <= travelled[:, None]) & np.isfinite(wall))
        room = (sign * (wall - game.faithful)).ravel()[places] / length
        parts.append(
            ConeRows(
                np.arange(places.size),
                places,
                np.full(places.size, sign),
                room,
                [clarabel.NonnegativeConeT(places.size)],
            )
        )
    return [part for part in parts if part.right.size]


def within_reach(game: DeviationGame, reach: float, length: float) -> list[ConeRows]:
    """‖u^1 - θ_i‖ ≤ reach and ‖u^k - u^{k-1}‖ ≤ reach for k ≥ 2: the body starts at θ_i, whatever it announces."""
    rounds, d = len(game.faithful) - 1, game.theta.shape[1]
    if not np.isfinite(reach):
        return []
    steps = np.diff(game.faithful, axis=0)
    later = np.arange(rounds * d)
    row = (later // d) * (d + 1) + 1 + later % d
    return [
        ConeRows(
            np.concatenate([row, row[d:]]),
            np.concatenate([later + d, later[d:]]),
            np.concatenate([-np.ones(later.size), np.ones(later.size - d)]),
            np.concatenate([np.full((rounds, 1), reach), steps], axis=1).ravel() / length,
            [clarabel.SecondOrderConeT(d + 1)] * rounds,
        )
    ]


def stacked(parts: list[ConeRows], columns: int) -> tuple[csc_array, Array, list[Any]]:
    """A, right-hand side and cones of all rows."""
    offset = np.concatenate([[0], np.cumsum([part.right.size for part in parts])])
    row = np.concatenate([part.row + start for part, start in zip(parts, offset, strict=False)])
    column, value, right = (np.concatenate([part[i] for part in parts]) for i in (1, 2, 3))
    matrix = csc_array((value, (row, column)), shape=(int(offset[-1]), columns))
    return matrix, right, [cone for part in parts for cone in part.cones]
