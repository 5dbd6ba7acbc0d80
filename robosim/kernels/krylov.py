"""Orthonormal bases of Krylov spaces K_m(Λ, w), Λ diagonal: where one agent can steer its team in m rounds.

None of these numbers enters a trajectory, so sums may be reordered for speed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

BREAKDOWN = 1e-14  # of ‖Λ‖: a remainder this small is rounding
KEPT = 0.5  # a first pass that leaves ‖w‖² above this share needs no second (Daniel, Gragg, Kaufman, Stewart 1976)


@njit(cache=True, fastmath={"reassoc", "contract"})
def dot(a: Array, b: Array) -> float:
    """Inner product of two rows."""
    total = 0.0
    for r in range(a.size):
        total += a[r] * b[r]
    return total


@njit(cache=True, fastmath={"reassoc", "contract"})
def remove(basis: Array, count: int, w: Array) -> None:
    """Subtract from w its components along the first `count` rows of `basis`, four rows at a time (Gram-Schmidt)."""
    t = 0
    while t + 4 <= count:
        q0, q1, q2, q3 = basis[t], basis[t + 1], basis[t + 2], basis[t + 3]
        c0, c1, c2, c3 = 0.0, 0.0, 0.0, 0.0
        for r in range(w.size):
            c0 += q0[r] * w[r]
            c1 += q1[r] * w[r]
            c2 += q2[r] * w[r]
            c3 += q3[r] * w[r]
        for r in range(w.size):
            w[r] -= c0 * q0[r] + c1 * q1[r] + c2 * q2[r] + c3 * q3[r]
        t += 4
    for i in range(t, count):
        q0 = basis[i]
        c0 = dot(q0, w)
        for r in range(w.size):
            w[r] -= c0 * q0[r]


@njit(cache=True, fastmath={"reassoc", "contract"})
def lanczos(values: Array, start: Array, basis: Array) -> int:
    """Fill `basis`, (m, r), with orthonormal rows: the first k span K_k(diag(values), start).

    Full reorthogonalisation: a second pass only where the first removed much.

    Returns
    -------
    int
        The dimension; less than m where the space is invariant.
    """
    w = start.copy()
    norm, beta = 0.0, 0.0
    for r in range(w.size):
        norm = max(norm, abs(values[r]))
    size = np.sqrt(dot(w, w))
    for k in range(basis.shape[0]):
        for r in range(w.size):
            basis[k, r] = w[r] / size
        last, older = basis[k], basis[max(k - 1, 0)]
        for r in range(w.size):
            w[r] = values[r] * last[r]
        alpha = dot(w, last)
        for r in range(w.size):
            w[r] -= alpha * last[r] + beta * older[r]
        before = dot(w, w)
        remove(basis, k + 1, w)
        after = dot(w, w)
        if after < KEPT * before:
            remove(basis, k + 1, w)
            after = dot(w, w)
        beta = size = np.sqrt(after)
        if beta <= BREAKDOWN * norm:
            return k + 1
    return int(basis.shape[0])
