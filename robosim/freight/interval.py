"""Between what the exact VCG payments are, from runs that ended somewhere near: every bound is a dual value.

With x* the optimum of everybody and V(-i) that without i, X, (7) pays

    VCG_i = V(-i) - (V* - C_i(x*)),    L_-i ≤ V(-i) ≤ U_-i,   L ≤ V* ≤ U,

U the cost of a feasible decision and L a certified lower bound (`robosim.freight.coupled.bound`). What i bears at x*,
C_i = ψ_i'x_i + Σ_e a_e F_e^p (Θ_i x_i)_e, is not a bound of costs but of where x* is:

- flows: congestion is strictly convex, so that U - L limits how far F* is from the flows F of the best decision found,
  φ_e(F*) - φ_e(F) - φ_e'(F)(F* - F) ≤ U - L on each edge; with ℓ = ψ_i + Θ_i'(a F^p), |C_i(x*) - ℓ'x_i*| ≤ w_i follows.
- shares: were i's costs θℓ higher, the optimum would cost V(θ) ≤ V* + θ ℓ'x_i*; so

      (L(θ) - U)/θ ≤ ℓ'x_i* ≤ (U - L(-θ))/θ.

Where several optima differ in who does what, all of them are inside. Nothing rests on how accurate a solver is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.freight.coupled.bound import lower_bound
from robosim.freight.coupled.feasible import nearest_feasible
from robosim.freight.coupled.optimum import Optimum, optimum
from robosim.freight.coupled.problem import Coupled

ROUNDING = 1e-13
"""Share of a cost by which sums may be off."""
SAME = 1e-9
"""Share of a cost by which other solvers' optima are off."""
HALVINGS = 60
LARGEST = 200_000
"""Agents × variables of all agents; twice as many problems as agents are solved."""
TOO_LARGE = "between what the exact payments are was not looked for, it would take long"
UNBOUNDED = "no bound of an optimum is known"
UNSIGNED = "where flows of one agent can be negative nothing bounds what it bears"


class Costs(NamedTuple):
    """A certified lower bound of an optimum, and what a feasible decision costs."""

    low: float
    high: float

    @classmethod
    def of(cls, problem: Coupled, best: Optimum) -> Costs:
        """At an optimum as a solver finds it."""
        x = nearest_feasible(problem, best.x)
        cost = float(problem.objective(x))
        room = ROUNDING * abs(cost) + float(np.abs(best.price) @ np.abs(problem.excess(x)))
        return cls(lower_bound(problem, best.x, best.price).value - room, cost + room)


class Intervals(NamedTuple):
    """The least and the largest that the exact payments can be, (N,); V(-i) at least, (N,)."""

    low: Array
    high: Array
    without: Array


def vcg_intervals(problem: Coupled, best: Optimum, alone: Sequence[Optimum]) -> Intervals | str:
    """Of the problem that was declared, with its optimum and those without one agent each; or why there are none."""
    if problem.agents * problem.slope.size > LARGEST:
        return TOO_LARGE
    if not signed(problem):
        return UNSIGNED
    all_of_us = Costs.of(problem, best)
    others = [Costs.of(problem.without(i), one) for i, one in enumerate(alone)]
    if not np.isfinite([all_of_us, *others]).all():
        return UNBOUNDED
    borne = np.array([borne_between(problem, best, all_of_us, i) for i in range(problem.agents)])
    low, high = (np.array(ends) for ends in zip(*others, strict=True))
    pad = SAME * np.maximum(np.abs(high), abs(all_of_us.high))
    return Intervals(low - all_of_us.high + borne[:, 0] - pad, high - all_of_us.low + borne[:, 1] + pad, low)


def signed(problem: Coupled) -> bool:
    """Whether what one agent sends over an edge is never more than all send: flows ≥ 0, or an edge of its own."""
    entries = problem.theta.tocoo()
    owner, edges = entries.col // problem.variables, len(problem.congestion)
    bad = (entries.data < 0.0) | (problem.lower.ravel()[entries.col] < 0.0)
    users = np.array([len(np.unique(owner[entries.row == e])) for e in range(edges)], dtype=np.int64)
    return bool((users[entries.row[bad]] <= 1).all())


def borne_between(problem: Coupled, best: Optimum, costs: Costs, agent: int) -> tuple[float, float]:
    """The least and the largest that one agent can bear at an optimum, X, (B.2)."""
    flow, n, a, p = problem.flow(best.x), problem.variables, problem.congestion, problem.power
    flow = np.maximum(flow, 0.0) if np.any(p != 1.0) else flow
    theta = problem.theta[:, agent * n : (agent + 1) * n]
    each = problem.slope[agent] + theta.T @ (a * flow**p)
    uses = np.asarray(abs(theta).sum(axis=1)).ravel() > 0.0
    low, high = flows_between(problem, flow, costs.high - costs.low)
    apart = np.maximum(np.abs(high**p - flow**p), np.abs(low**p - flow**p))
    wide = float((a * apart * np.maximum(np.abs(low), np.abs(high)))[uses].sum())
    size = max(abs(float(each @ best.x[agent])), 1e-3 * abs(costs.high) / problem.agents, np.finfo(np.float64).tiny)
    step = float(np.clip(np.sqrt((costs.high - costs.low) / size), 1e-9, 1e-2))
    dearer, cheaper = (_least_with(problem, agent, s * step * each) for s in (1.0, -1.0))
    return (dearer - costs.high) / step - wide, (costs.high - cheaper) / step + wide


def flows_between(problem: Coupled, flow: Array, room: float) -> tuple[Array, Array]:
    """Where φ_e(F) - φ_e(F₀) - φ_e'(F₀)(F - F₀) ≤ room on each edge, (E,) and (E,); F ≥ 0 unless p is 1."""
    a, p = problem.congestion, problem.power
    with np.errstate(divide="ignore"):
        reach = np.where(a > 0.0, (room / np.where(a > 0.0, a, 1.0)) ** (1.0 / (p + 1.0)), 0.0)
    if np.all(p == 1.0):
        return flow - reach, flow + reach  # a (F - F₀)²

    def beyond(here: Array) -> Array:
        bent = np.abs(here) ** (p + 1.0) - flow ** (p + 1.0) - (p + 1.0) * flow**p * (here - flow)
        return np.asarray(a * bent > room)

    ends = np.stack([np.zeros_like(flow), flow + reach])  # above F₀ it grows faster than a (F - F₀)^{p+1}
    inside = np.stack([flow, flow])
    for _ in range(HALVINGS):
        middle = 0.5 * (ends + inside)
        out = beyond(middle)
        ends, inside = np.where(out, middle, ends), np.where(out, inside, middle)
    return ends[0], ends[1]


def _least_with(problem: Coupled, agent: int, more: Array) -> float:
    """A lower bound of the optimum if a unit of each of the agent's variables costs so much more."""
    slope = problem.slope.copy()
    slope[agent] += more
    changed = replace(problem, slope=slope)
    best = optimum(changed)
    bound = lower_bound(changed, best.x, best.price).value
    return bound - ROUNDING * abs(best.objective)
