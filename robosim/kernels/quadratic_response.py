"""What prosumers with quadratic costs answer to a price: step (3a) of T, Algorithm 1, in closed form, for populations.

min_z ½ z'diag(q) z + f'z + λ'R_i z, lo ≤ z ≤ hi, q > 0, falls apart into numbers: z = clip(-(f + R_i'λ)/q, lo, hi).
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from robosim.kernels import Array
from robosim.kernels.ev_response import one


class Prosumers(NamedTuple):
    """Costs, boxes and rows of N agents with n numbers each; C-ordered, the leading axis 1 (all missions) or M."""

    curvature: Array
    """(1|M, N, n) q > 0."""
    slope: Array
    """(1|M, N, n) f."""
    lower: Array
    """(1|M, N, n) lo, or -∞."""
    upper: Array
    """(1|M, N, n) hi ≥ lo, or ∞."""
    rows: Array
    """(1|N, m, n) R_i: what a decision takes of the m shared resources."""
    present: Array
    """(1|M, N) bool: false takes an agent out of a mission, z = 0 and value 0 (the marginal problems of T, (8))."""


@njit(cache=True)
def respond_quadratic(
    curvature: Array,
    slope: Array,
    lower: Array,
    upper: Array,
    rows: Array,
    present: Array,
    price: Array,
    z: Array,
    value: Array,
    load: Array,
) -> None:
    """Best responses of N agents in M missions: respond_quadratic(*prosumers, price, z, value, load).

    Parameters
    ----------
    curvature, slope, lower, upper, rows, present : `Prosumers`.
    price : (1|M, m) λ.
    z : (M, N, n) overwritten: the decisions.
    value : (M, N) overwritten: v_i(z_i) + λ'R_i z_i, the agent's term of the dual function.
    load : (M, m) overwritten: Σ_i R_i z_i.
    """
    missions, agents, n = z.shape
    for m in range(missions):
        k, lo, hi, f = one(price.shape[0], m), one(lower.shape[0], m), one(upper.shape[0], m), one(slope.shape[0], m)
        load[m] = 0.0
        for i in range(agents):
            value[m, i] = 0.0
            r = one(rows.shape[0], i)
            for c in range(n):
                z[m, i, c] = 0.0
                if not present[one(present.shape[0], m), i]:
                    continue
                q, pull = curvature[one(curvature.shape[0], m), i, c], slope[f, i, c]
                for row in range(price.shape[1]):
                    pull += rows[r, row, c] * price[k, row]
                y = min(max(-pull / q, lower[lo, i, c]), upper[hi, i, c])
                z[m, i, c] = y
                value[m, i] += y * (0.5 * q * y + pull)
                for row in range(price.shape[1]):
                    load[m, row] += rows[r, row, c] * y
