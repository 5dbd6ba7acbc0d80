"""One agent announces what it likes, the others run average consensus (T, Algorithm 2, line 7): what comes of it.

Scripts enter trajectories, so every sum here has its own fixed order. `weight` (links,) are the weights of the graph's
edges; without it all are 1 and the compiler leaves them out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True)
def consensus_round(indptr: Array, indices: Array, alpha: float, x: Array, out: Array, weight: Any = None) -> None:
    """One faithful round of everybody, out_j = x_j + α Σ_l w_jl (x_l - x_j); (N, d) arrays."""
    for j in range(x.shape[0]):
        for c in range(x.shape[1]):
            pull = 0.0
            for e in range(indptr[j], indptr[j + 1]):
                if weight is None:
                    pull += x[indices[e], c] - x[j, c]
                else:
                    pull += weight[e] * (x[indices[e], c] - x[j, c])
            out[j, c] = x[j, c] + alpha * pull


@njit(cache=True)
def faithful_play(
    indptr: Array, indices: Array, alpha: float, theta: Array, rounds: int, agent: int, weight: Any = None
) -> tuple[Array, Array]:
    """Final positions z^n, (N, d), and the positions u^0..u^n of one agent, (rounds+1, d), when nobody deviates."""
    x, out = theta.copy(), np.empty_like(theta)
    script = np.empty((rounds + 1, theta.shape[1]))
    for k in range(rounds + 1):
        if k > 0:
            consensus_round(indptr, indices, alpha, x, out, weight)
            x, out = out, x
        for c in range(script.shape[1]):
            script[k, c] = x[agent, c]
    return x, script


@njit(cache=True)
def scripted_play(
    indptr: Array, indices: Array, alpha: float, theta: Array, script: Array, agent: int, weight: Any = None
) -> Array:
    """Final positions z^n, (N, d), when `agent` announces script[k] in round k and the others are faithful."""
    x, out = theta.copy(), np.empty_like(theta)
    for k in range(script.shape[0]):
        if k > 0:
            consensus_round(indptr, indices, alpha, x, out, weight)
            x, out = out, x
        for c in range(script.shape[1]):
            x[agent, c] = script[k, c]
    return x


@njit(cache=True)
def impulse_responses(
    indptr: Array, indices: Array, alpha: float, rounds: int, agent: int, weight: Any = None
) -> Array:
    """H, (N, rounds+1): z^n moves by H[:, k] when `agent` announces u^k + 1 in place of u^k.

    H[:, n] = e_i, and H[:, n-1-t] = W̃ᵗ b with W̃ = I - αL without row and column i and b = αw_ij on i's neighbours: one
    recursion gives every column.
    """
    n = indptr.size - 1
    responses = np.zeros((n, rounds + 1))
    responses[agent, rounds] = 1.0
    x, out = np.zeros((n, 1)), np.zeros((n, 1))
    x[agent, 0] = 1.0
    for k in range(rounds - 1, -1, -1):
        consensus_round(indptr, indices, alpha, x, out, weight)
        x, out = out, x
        x[agent, 0] = 0.0
        for j in range(n):
            responses[j, k] = x[j, 0]
    return responses


@njit(cache=True)
def gram_schmidt(rows: Array, cut: float, pivot: bool) -> Array:
    """Orthonormal rows that span the rows of an (a, b) array, (rank, b).

    With `pivot` the row with the largest remainder comes next, until none exceeds `cut` times the first: this reveals
    the rank. Without, rows come in order, so that the first k results span the first k rows. Each is orthogonalised
    twice.
    """
    rest = rows.copy()
    found = np.zeros((min(rows.shape), rows.shape[1]))
    first = 0.0
    for k in range(found.shape[0]):
        best, size = k, -1.0
        for j in range(0 if pivot else k, rest.shape[0] if pivot else k + 1):
            size2 = 0.0
            for c in range(rest.shape[1]):
                size2 += rest[j, c] ** 2
            if size2 > size:
                best, size = j, size2
        first = max(first, size)
        if size <= cut * cut * first:
            return found[:k]
        q = rest[best].copy()
        for _ in range(2):
            for j in range(k):
                _subtract(q, found[j])
            length = 0.0
            for c in range(q.size):
                length += q[c] ** 2
            for c in range(q.size):
                q[c] /= np.sqrt(length)
        for c in range(q.size):
            found[k, c] = q[c]
        for j in range(rest.shape[0]):
            _subtract(rest[j], q)
    return found


@njit(cache=True)
def _subtract(row: Array, unit: Array) -> None:
    """Take out of `row` its part along the unit vector."""
    part = 0.0
    for c in range(row.size):
        part += row[c] * unit[c]
    for c in range(row.size):
        row[c] -= part * unit[c]


@njit(cache=True)
def triangular_solve(upper: Array, right: Array) -> Array:
    """x of upper x = right, for an upper triangular (k, k) array and (k, d) right-hand sides."""
    x = np.empty_like(right)
    for c in range(right.shape[1]):
        for i in range(right.shape[0] - 1, -1, -1):
            total = right[i, c]
            for j in range(i + 1, right.shape[0]):
                total -= upper[i, j] * x[j, c]
            x[i, c] = total / upper[i, i]
    return x


@njit(cache=True)
def within_limits(script: Array, start: Array, reach: float, lower: Array, upper: Array) -> Array:
    """The nearest script in the order of play that a body can follow from `start`, (rounds+1, d).

    Every position lies in the box, and each but the announced start within `reach` of where the body was before.
    """
    out, body = np.empty_like(script), start.copy()
    for k in range(script.shape[0]):
        step = 0.0
        for c in range(body.size):
            out[k, c] = min(max(script[k, c], lower[c]), upper[c])
            step += (out[k, c] - body[c]) ** 2
        step = np.sqrt(step)
        for c in range(body.size if k > 0 else 0):
            if step > reach:
                out[k, c] = body[c] + (out[k, c] - body[c]) * (reach / step * (1.0 - 1e-15))
                out[k, c] = min(max(out[k, c], lower[c]), upper[c])
            body[c] = out[k, c]
    return out
