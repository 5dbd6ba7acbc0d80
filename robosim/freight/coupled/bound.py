"""How far a decision can be from the central optimum: a dual value, which holds whoever found its prices, and how.

F is convex, so with flows F₀ = max(Θx, 0), φ_e(F) = a_e F^{p+1} and any price λ of b, for every feasible y

    F(y) ≥ Σ_e φ_e(F₀) + φ_e'(F₀)((Θy)_e - F₀) + ψ'y - λ'(Σ A_i y_i - b)
         ≥ Σ_e (φ_e(F₀) - φ_e'(F₀) F₀) + λ'b + Σ_i min_{y_i ∈ X_i} (ψ_i + Θ_i'φ'(F₀) - A_i'λ)'y_i.

At x with Θx ≥ 0 that is F(x) - ∇F(x)'x + Σ_i min (∇_iF(x) - A_i'λ)'y_i + λ'b. It is tight at the optimum and its price.
Each agent's programme is bounded below by its dual with the solver's multipliers μ ≥ 0, which holds whatever the
solver's accuracy: c'y ≥ min_box (c + G'μ)'y - μ'g. Its box also has what demand implies: where A ≥ 0 in a row of b and
everybody's y ≥ lower, no y exceeds what the others at their least leave (`robosim.freight.coupled.reach`, which also
bounds what no row does where costs are strongly convex).

At the decision and the price where agents stopped the bound misses by the first power of what they miss, F(x) by the
second. `certified` therefore also asks who knows all for the prices and flows of the optimum: the bound is the larger.

Under VCG (X, (7)) agent i's profit is h_-i - F(x), and h_-i does not depend on i: whatever cost i declares, it cannot
gain more than F(x) - F*, hence no more than the gap at the decision of the faithful run.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.coupled.feasible import local_limits
from robosim.freight.coupled.problem import Coupled
from robosim.freight.coupled.reach import allowed, box, endless_bound

LARGE = 1e9
"""Costs above it are also asked about in units of the largest: HiGHS was seen to be twice off at 1e18 beside 1."""


class LowerBound(NamedTuple):
    """A certified lower bound of the optimum, and how far F(x) is above it (what a feasible x can lose at most)."""

    value: float
    gap: float


class Least(NamedTuple):
    """A lower bound of min cost'y, but for what could be done without end, and the costs of that, like y."""

    value: float
    endless: Array


def certified(problem: Coupled, x: Array, price: Array, best: tuple[Array, Array] | None) -> LowerBound:
    """The larger of the bounds at x (N, n) and λ (m,) and at those of the central optimum, where one was found."""
    bound = lower_bound(problem, x, price)
    if best is None:
        return bound
    value = max(bound.value, lower_bound(problem, *best).value)
    return LowerBound(value, float(problem.objective(x)) - value)


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
    value, endless = _least(allowed(problem), slope)
    value += endless_bound(problem, x, endless) if endless.any() else 0.0
    value = float(value - (p * unit * flow).sum() + (price * problem.b).sum())
    return LowerBound(value, float((problem.slope * x).sum() + (unit * flow).sum()) - value)


def cheapest(problem: Coupled, agent: int, cost: Array) -> float:
    """A lower bound of min cost'x_i over agent i's own limits X_i, attained up to rounding; -∞ if there is none."""
    least = _alone(problem, agent, cost)
    return -np.inf if least.endless.any() else least.value


def _least(problem: Coupled, cost: Array) -> Least:
    """Of all agents, (N, n), in one programme; where that has no answer one after the other."""
    boxes = [_box(problem, i) for i in range(problem.agents)]
    lower, upper = (np.concatenate(ends) for ends in zip(*boxes, strict=True))
    together = _dual(cost.ravel(), *local_limits(problem), lower, upper)
    if together is not None:
        return together._replace(endless=together.endless.reshape(cost.shape))
    each = [_alone(problem, i, cost[i]) for i in range(problem.agents)]
    return Least(sum(one.value for one in each), np.stack([one.endless for one in each]))


def _alone(problem: Coupled, agent: int, cost: Array) -> Least:
    """Of one agent, (n,). Raises `BadInput` where its limits contradict each other."""
    some = np.isfinite(problem.most[agent])
    rows, most = problem.limits[agent][some], problem.most[agent][some]
    lower, upper = _box(problem, agent)
    found = _dual(cost, csr_array(rows), most, lower, upper)
    if found is None and contradicts(rows, most, lower, upper):
        raise BadInput(f"limits, lower, upper: agent {agent}'s own limits leave it nothing to choose (widen them)")
    return _in_box(cost, lower, upper) if found is None else found


def _box(problem: Coupled, agent: int) -> tuple[Array, Array]:
    some = np.isfinite(problem.most[agent])
    rows, most = problem.limits[agent][some], problem.most[agent][some]
    return box(rows, most, problem.lower[agent], problem.upper[agent])


def _dual(cost: Array, rows: csr_array, most: Array, lower: Array, upper: Array) -> Least | None:
    """The dual value at the solver's multipliers of the rows; None where it has none."""
    if not len(most):
        return _in_box(cost, lower, upper)
    limits = np.stack([lower, upper], axis=1)
    if (lower > upper).any():
        return None
    size = float(np.abs(cost).max(initial=0.0))
    units = (1.0,) if size <= LARGE else (1.0, size)
    found = [one for unit in units if (one := _at_multipliers(cost, unit, rows, most, limits)) is not None]
    return max(found, key=lambda one: (not one.endless.any(), one.value)) if found else None


def _at_multipliers(cost: Array, unit: float, rows: csr_array, most: Array, limits: Array) -> Least | None:
    """The dual value at the multipliers that HiGHS finds with costs in this unit."""
    solved: Any = cast(Any, linprog)(cost / unit, A_ub=rows, b_ub=most, bounds=limits, method="highs")
    if solved.status != 0:
        return None
    mu = np.maximum(-solved.ineqlin.marginals, 0.0) * unit
    least = _in_box(cost + rows.T @ mu, limits[:, 0], limits[:, 1])
    return least._replace(value=least.value - float((mu * most).sum()))


def contradicts(rows: Array, most: Array, lower: Array, upper: Array) -> bool:
    """Whether no y has rows y ≤ most and lower ≤ y ≤ upper."""
    if (lower > upper).any():
        return True
    limits = np.stack([lower, upper], axis=1)
    found: Any = cast(Any, linprog)(np.zeros(len(lower)), A_ub=rows, b_ub=most, bounds=limits, method="highs")
    return bool(found.status == 2)


def _in_box(cost: Array, lower: Array, upper: Array) -> Least:
    """min cost'y over lower ≤ y ≤ upper, without what has no end."""
    best = np.where(cost > 0, lower, np.where(cost < 0, upper, 0.0))
    ends = np.isfinite(best)
    return Least(float((cost[ends] * best[ends]).sum()), np.where(ends, 0.0, cost))
