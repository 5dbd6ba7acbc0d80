"""How much agents can do at most where their own limits do not say: as much as b leaves, or as convex costs allow.

**What b leaves.** Where row r of Σ A_i y_i = b has no negative number and all y that it counts have a least, y_ik is at
most its least and (b_r - Σ A_r lower)/A_rik more.

**What costs allow.** With p = 1, F(y) = F(x) + ∇F(x)'d + ½ d'Qd, d = y - x, Q = 2 Θ' diag(a) Θ, and for y that meet b
½ d'Qd = ½ d'(Q + κ A'A) d - ½ κ ‖Σ A_i x_i - b‖². Let (Q + κ A'A)⁻¹ exist where it matters and M be its block of the
variables that nothing else bounds: then ½ d'(Q + κA'A)d ≥ ‖d_U‖²/(2 ‖M‖) and

    c_U'y_U + ½ d'Qd ≥ c_U'x_U - ½ ‖M‖ ‖c_U‖² - ½ κ ‖Σ A_i x_i - b‖²,

Fenchel's bound. It is as good as the price: c_U, what they would gain without end, vanishes at the optimum.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robosim.agent import Array
from robosim.freight.coupled.feasible import coupling
from robosim.freight.coupled.problem import Coupled

WIDER = 1e-12
"""Share of what is left by which rounding may have made it smaller."""
MOST = 2000
"""Variables of all agents whose matrix is inverted."""
FLAT = 1e-10
"""Share of the largest eigenvalue below which costs do not bend, and of a vector that does not move anybody."""


def allowed(problem: Coupled) -> Coupled:
    """The problem with upper limits (N, n) that b implies."""
    upper = problem.upper
    if np.isfinite(upper).all():
        return problem
    for r, left in enumerate(problem.b):
        row, lower = problem.A[:, r], problem.lower
        some = row != 0.0
        if (row < 0.0).any() or not np.isfinite(lower[some]).all():
            continue
        taken = row[some] * lower[some]
        room = max(left - taken.sum(), 0.0) + WIDER * (abs(left) + np.abs(taken).sum())
        implied = np.full_like(upper, np.inf)
        implied[some] = lower[some] + room / row[some]
        upper = np.minimum(upper, implied)
    return replace(problem, upper=upper)


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


def endless_bound(problem: Coupled, x: Array, cost: Array) -> float:
    """A lower bound of cost'y + ½ (y - x)'Q(y - x), cost (N, n) of the endless only; -∞ where nothing bends them."""
    if np.any(problem.power != 1.0) or problem.slope.size > MOST:
        return -np.inf
    theta, rows, some = problem.theta.toarray(), coupling(problem).toarray(), cost.ravel() != 0.0
    bend = 2.0 * np.einsum("e,ek,el->kl", problem.congestion, theta, theta, optimize=True)
    meet = rows.T @ rows
    kappa = float(np.trace(bend) / (np.trace(meet) or 1.0))
    steepness, way = np.linalg.eigh(bend + kappa * meet)
    bent = steepness > FLAT * steepness[-1]
    if not bent.any() or np.abs(way[some][:, ~bent]).max(initial=0.0) > np.sqrt(FLAT):
        return -np.inf
    moved = way[some][:, bent]
    loose = float(np.linalg.eigvalsh((moved / steepness[bent]) @ moved.T)[-1]) * (1.0 + np.sqrt(FLAT))
    off = problem.excess(x)
    return float((cost * x).sum() - 0.5 * loose * (cost**2).sum() - 0.5 * kappa * (off**2).sum())
