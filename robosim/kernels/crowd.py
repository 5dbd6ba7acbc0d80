"""What rows of a feeder must cost so that everybody's points fit together: the prices of exchange ADMM.

The nearest point of {Σ_i w_ik s_it ≤ c_k} to points p_it is s_it = p_it - Σ_k w_ik u_kt with the u ≥ 0 that minimise
½ u'Gu - b'u for b_k = Σ_i w_ik p_it - c_k and G = Σ_i w_i w_i' over those who are there. One row alone costs b/G;
several are found by the active set of C. Lawson and R. Hanson (Solving Least Squares Problems, 1974, 23.3), which ends
after a few rows, as few bind at once. Sums run in the order of the agents, so that bits repeat.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.coupling import solved

RIDGE = 1e-11
"""A share of its own squared weights that is added to each row's curvature: rows may depend on each other."""
CLOSE = 1e-10
"""Share of the largest b by which a row may still be exceeded."""


@njit(cache=True)
def grams(weights: Array, stay: Array, gram: Array) -> None:
    """Fill gram (T, K, K) with Σ_i w_i w_i' over everybody in its stay; weights (N, K), stay (N, 2)."""
    gram[:] = 0.0
    for i in range(weights.shape[0]):
        for t in range(max(stay[i, 0], 0), min(stay[i, 1], gram.shape[0])):
            added(weights, i, 1.0, gram[t])


@njit(cache=True)
def added(weights: Array, i: int, times: float, gram: Array) -> None:
    """Add w_i w_i' times a number."""
    for a in range(weights.shape[1]):
        wa = weights[i, a] * times
        if wa != 0.0:
            for b in range(weights.shape[1]):
                gram[a, b] += wa * weights[i, b]


@njit(cache=True)
def least(gram: Array, b: Array, u: Array, active: Array, inside: Array, a: Array, s: Array, left: Array) -> None:
    """u ≥ 0 (K,) becomes argmin ½ u'Gu - b'u; the other arrays are room to work in."""
    rows, n, scale = len(b), 0, np.abs(b).max()
    u[:], inside[:], left[:] = 0.0, False, b
    for _ in range(3 * rows):
        worst, best = -1, CLOSE * scale
        for k in range(rows):
            if not inside[k] and left[k] > best and gram[k, k] > 0.0:
                worst, best = k, left[k]
        if worst < 0:
            return
        active[n], inside[worst], n = worst, True, n + 1
        while n > 0:
            for i in range(n):
                for j in range(n):
                    a[i, j] = gram[active[i], active[j]]
                a[i, i] *= 1.0 + RIDGE
                s[i] = b[active[i]]
            solved(a, s, n)
            far = 1.0
            for i in range(n):
                k = active[i]
                if s[i] <= 0.0:
                    far = min(far, u[k] / (u[k] - s[i]) if u[k] > s[i] else 0.0)
            for i in range(n):
                u[active[i]] += far * (s[i] - u[active[i]])
            if far == 1.0:
                break
            kept = 0
            for i in range(n):
                k = active[i]
                if s[i] <= 0.0 and u[k] <= 1e-12 * scale / gram[k, k]:
                    u[k], inside[k] = 0.0, False
                else:
                    active[kept], kept = k, kept + 1
            if kept == n:
                break
            n = kept
        for k in range(rows):
            left[k] = b[k]
            for i in range(n):
                left[k] -= gram[k, active[i]] * u[active[i]]
        if not inside[worst]:
            return  # rounding let the row in and out again: it is as good as met


@njit(cache=True)
def row_prices(
    weights: Array, stay: Array, gram: Array, elastic: Array, present: Array, excess: Array, u: Array, pull: Array
) -> None:
    """Fill u (M, K, T) with the prices, in units of ρ, and pull (M, K, T) with Σ_i w_ik Σ_l w_il u_lt.

    Parameters
    ----------
    weights : (N, K). stay : (N, 2) first period, and the period after the last. gram : (T, K, K) by `grams`.
    elastic : (K,) 1 for rows of which the supply takes a part of its own, else 0.
    present : (1|M, N) bool. excess : (M, K, T) b.
    """
    missions, rows, periods = excess.shape
    here, plain = np.empty((rows, rows)), rows == 1
    a, active, inside = np.empty((rows, rows)), np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.bool_)
    b, s, left, found = np.empty(rows), np.empty(rows), np.empty(rows), np.empty(rows)
    for m in range(missions):
        who = present[m if present.shape[0] > 1 else 0]
        for t in range(periods):
            u[m, :, t], pull[m, :, t] = 0.0, 0.0
            b[:] = excess[m, :, t]
            if b.max() <= 0.0:
                continue
            here[:] = gram[t]
            for i in range(len(who)):
                if not who[i] and stay[i, 0] <= t < stay[i, 1]:
                    added(weights, i, -1.0, here)
            for k in range(rows):
                here[k, k] += elastic[k]
            if plain:
                found[0] = b[0] / here[0, 0] if here[0, 0] > 0.5 * weights.min() ** 2 else 0.0
            else:
                least(here, b, found, active, inside, a, s, left)
            for k in range(rows):
                u[m, k, t] = found[k]
            for k in range(rows):
                own = here[k, k] - elastic[k]
                pull[m, k, t] = own * found[k]
                for j in range(rows):
                    if j != k:
                        pull[m, k, t] += here[k, j] * found[j]
