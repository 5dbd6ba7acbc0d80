"""How far a decision can be from the central optimum, without a central solve: one small linear programme per agent.

F is convex, so with flows F₀ = max(Θx, 0), φ_e(F) = a_e F^{p+1} and any price λ of b, for every feasible y

    F(y) ≥ Σ_e φ_e(F₀) + φ_e'(F₀)((Θy)_e - F₀) + ψ'y - λ'(Σ A_i y_i - b)
         ≥ Σ_e (φ_e(F₀) - φ_e'(F₀) F₀) + λ'b + Σ_i min_{y_i ∈ X_i} (ψ_i + Θ_i'φ'(F₀) - A_i'λ)'y_i.

At x with Θx ≥ 0 that is F(x) - ∇F(x)'x + Σ_i min (∇_iF(x) - A_i'λ)'y_i + λ'b. It is tight at the optimum and its price.
Each agent's programme is bounded below by its dual with the solver's multipliers μ ≥ 0, which holds whatever the
solver's accuracy: c'y ≥ min_box (c + G'μ)'y - μ'g.

Under VCG (X, (7)) agent i's profit is h_-i - F(x), and h_-i does not depend on i: whatever cost i declares, it cannot
gain more than F(x) - F*, hence no more than the gap at the decision of the faithful run.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from scipy.optimize import linprog

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.coupled.problem import Coupled


class LowerBound(NamedTuple):
    """A certified lower bound of the optimum, and how far F(x) is above it (what a feasible x can lose at most)."""

    value: float
    gap: float


def lower_bound(problem: Coupled, x: Array, price: Array) -> LowerBound:
    """The bound at a decision x (N, n), which need not be feasible, and a price λ (m,) of b, whatever it is.

    -∞ where some agent would do infinitely much at that price.

    Raises
    ------
    BadInput
        naming the agent whose own limits contradict each other.
    """
    flow = np.maximum(problem.flow(x), 0.0) if problem.bends else problem.flow(x)
    p, unit = problem.power, problem.congestion * problem.powered(flow)
    slope = problem.slope + (problem.theta.T @ ((p + 1) * unit)).reshape(problem.slope.shape)
    slope = slope - np.einsum("imn,m->in", problem.A, price)
    least = sum(cheapest(problem, i, slope[i]) for i in range(problem.agents))
    value = float(least - (p * unit * flow).sum() + (price * problem.b).sum())
    return LowerBound(value, float((problem.slope * x).sum() + (unit * flow).sum()) - value)


def cheapest(problem: Coupled, agent: int, cost: Array) -> float:
    """A lower bound of min cost'x_i over agent i's own limits X_i, attained up to rounding; -∞ if there is none."""
    some = np.isfinite(problem.most[agent])
    rows, most = problem.limits[agent][some], problem.most[agent][some]
    lower, upper = box(rows, most, problem.lower[agent], problem.upper[agent])
    if not len(rows):
        return in_box(cost, lower, upper)
    limits = np.stack([lower, upper], axis=1)
    solved: Any = linprog(cost, A_ub=rows, b_ub=most, bounds=cast(Any, limits), method="highs")
    if solved.status == 2:
        raise BadInput(f"limits, lower, upper: agent {agent}'s own limits leave it nothing to choose (widen them)")
    if solved.status != 0:
        return -np.inf
    mu = np.maximum(-solved.ineqlin.marginals, 0.0)
    return in_box(cost + (mu[:, None] * rows).sum(axis=0), lower, upper) - float((mu * most).sum())


def in_box(cost: Array, lower: Array, upper: Array) -> float:
    """min cost'y over lower ≤ y ≤ upper."""
    best = np.where(cost > 0, lower, np.where(cost < 0, upper, 0.0))
    return float((cost * best).sum()) if np.isfinite(best).all() else -np.inf


def box(rows: Array, most: Array, lower: Array, upper: Array) -> tuple[Array, Array]:
    """Upper limits that rows without negative numbers imply: Gy ≤ g gives y_k ≤ (g - Σ_{l≠k} G_l lower_l) / G_k."""
    whole = np.isfinite(lower).all() and bool(len(rows))
    for row, limit in zip(rows, most, strict=True) if whole else ():
        if (row < 0).any():
            continue
        room = limit - (row * lower).sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            implied = np.where(row > 0, lower + np.maximum(room, 0.0) / row, np.inf)
        upper = np.minimum(upper, implied)
    return lower, upper
