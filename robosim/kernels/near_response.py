"""What followers with quadratic costs, flat ones too, answer to a price and a wish to stay near a target (ADMM).

    min_z ½ z'diag(q) z + f'z + λ'R_i z + (ρ/2) ‖R_i z - target‖²,  lo ≤ z ≤ hi,  q ≥ 0

One number after the other takes its best value while the others wait, until nothing moves: for separable R_i (every
number counts for at most one resource) that is the answer after one turn, else it converges, also where the answer is
not unique (Z.-Q. Luo, P. Tseng, J. Optim. Theory Appl. 72 (1992) 7-35).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.ev_response import one

TURNS = 2000
STILL = 1e-15
"""No number moves by more than this share of its size."""


@njit(cache=True)
def respond_near(
    curvature: Array,
    slope: Array,
    lower: Array,
    upper: Array,
    rows: Array,
    price: Array,
    target: Array,
    rho: Array,
    z: Array,
) -> None:
    """Near answers of N agents in M missions, from wherever z begins.

    Parameters
    ----------
    curvature, slope, lower, upper : (1|M, N, n) q ≥ 0, f, lo, hi; finite where q and R_i's column are 0.
    rows : (1|N, m, n) R_i.
    price : (1|M, m) λ.
    target : (M, N, m) what R_i z is to be near.
    rho : (M,) ρ > 0.
    z : (M, N, n) overwritten: where the search begins, then the answers.
    """
    missions, agents, n = z.shape
    off = np.empty(price.shape[1])  # λ + ρ (R_i z - target)
    for m in range(missions):
        k, r = one(price.shape[0], m), rho[m]
        a, b, c, d = one(curvature.shape[0], m), one(slope.shape[0], m), one(lower.shape[0], m), one(upper.shape[0], m)
        for i in range(agents):
            own = rows[one(rows.shape[0], i)]
            for row in range(off.size):
                off[row] = price[k, row] - r * target[m, i, row]
                for e in range(n):
                    off[row] += r * own[row, e] * z[m, i, e]
            for _ in range(TURNS):
                moved = False
                for e in range(n):
                    x = best(
                        curvature[a, i, e], slope[b, i, e], lower[c, i, e], upper[d, i, e], own, r, off, e, z[m, i, e]
                    )
                    step = x - z[m, i, e]
                    if step != 0.0:
                        moved = moved or abs(step) > STILL * abs(x)
                        z[m, i, e] = x
                        for row in range(off.size):
                            off[row] += r * own[row, e] * step
                if not moved:
                    break


@njit(cache=True)
def best(q: float, f: float, lo: float, hi: float, own: Array, rho: float, off: Array, e: int, x: float) -> float:
    """The best value of number e, now x, while the others wait."""
    bend, pull = q, f + q * x
    for row in range(off.size):
        bend += rho * own[row, e] * own[row, e]
        pull += own[row, e] * off[row]
    if bend > 0.0:
        return min(max(x - pull / bend, lo), hi)
    return lo if pull > 0.0 else hi if pull < 0.0 else min(max(x, lo), hi)


@njit(cache=True)
def least_at_price(
    curvature: Array, slope: Array, lower: Array, upper: Array, rows: Array, price: Array, value: Array
) -> None:
    """Fill value (M, N) with min_z v_i(z) + λ'R_i z, an agent's term of the dual function; -∞ where nothing bounds it.

    The arrays are those of `respond_near`; a number with q = 0 is at the limit that the price sends it to.
    """
    missions, agents = value.shape
    for m in range(missions):
        k = one(price.shape[0], m)
        a, b, c, d = one(curvature.shape[0], m), one(slope.shape[0], m), one(lower.shape[0], m), one(upper.shape[0], m)
        for i in range(agents):
            own = rows[one(rows.shape[0], i)]
            value[m, i] = 0.0
            for e in range(slope.shape[2]):
                q, pull = curvature[a, i, e], slope[b, i, e]
                for row in range(price.shape[1]):
                    pull += own[row, e] * price[k, row]
                lo, hi = lower[c, i, e], upper[d, i, e]
                if q > 0.0:
                    x = min(max(-pull / q, lo), hi)
                    value[m, i] += x * (0.5 * q * x + pull)
                elif pull != 0.0:
                    value[m, i] += pull * (lo if pull > 0.0 else hi)
