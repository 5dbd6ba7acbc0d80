"""An agent's copies of what the others do, eliminated in the space of the edges that it minds.

Agent i holds y = (x, w): its own block x, and w, its copies of the other blocks. It minds the edge flows
F = Θ_i x + Θ_o w with weights K ≥ 0, and

    min over w of  ½ F'KF + (τ/2)‖y‖² - h'y

has, with D = √K and C = (τI + D Θ_oΘ_o' D)⁻¹, which exists where edges have weight 0 too, the answer

    w = (h_o - Θ_o'π)/τ,   π = KF = core (Θ_o h_o + τ Θ_i x),   core = D C D.

This is the Woodbury form of X, supplement C, Algorithm 2: matrices of edges × edges where the paper inverts one of the
size of all others' decisions.

Inverses of symmetric positive definite matrices, the same bits whatever library or number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.paths import flow_into, price_into


@njit(cache=True)
def eliminate(
    edges: int,
    start: Array,
    edge: Array,
    share: Array,
    of: Array,
    n: int,
    me: int,
    tau: float,
    weight: Array,
    minded: Array,
) -> tuple[Array, Array]:
    """The matrices of one agent: eliminate(*paths, n, me, tau, weight, minded).

    Parameters
    ----------
    n, me : variables of each agent, this agent's number.
    weight : (e,) K on the edges that it minds, `minded` (e,) their numbers.

    Returns
    -------
    core : (e, e).
    curvature : (n, n), what is left on its own block: τ(I + Θ_i' core Θ_i).
    """
    count, place = minded.size, np.full(edges, -1)
    place[minded] = np.arange(count)
    often = np.zeros(start.size - 1)
    for c in range(of.size):
        if not me * n <= c < (me + 1) * n:
            often[of[c]] += 1.0
    spread = np.zeros((count, count))
    for p in range(often.size):
        for a in range(start[p], start[p + 1]):
            for b in range(start[p], start[p + 1]):
                i, j = place[edge[a]], place[edge[b]]
                if i >= 0 and j >= 0:
                    spread[i, j] += often[p] * share[a] * share[b]
    root = np.sqrt(weight)
    core = spread * root * root.reshape(-1, 1)
    for e in range(count):
        core[e, e] += tau
    if not invert(core):
        core[:] = np.nan
    core *= root * root.reshape(-1, 1)
    curvature = tau * np.eye(n)
    for c in range(n):
        p = of[me * n + c]
        felt = np.zeros(count)
        for a in range(start[p], start[p + 1]):
            if place[edge[a]] >= 0:
                felt += share[a] * core[place[edge[a]]]
        for d in range(n):
            q = of[me * n + d]
            for a in range(start[q], start[q + 1]):
                if place[edge[a]] >= 0:
                    curvature[d, c] += tau * share[a] * felt[place[edge[a]]]
    return core, curvature


@njit(cache=True)
def fold(
    edges: int,
    start: Array,
    edge: Array,
    share: Array,
    of: Array,
    me: Array,
    count: Array,
    minded: Array,
    core: Array,
    h: Array,
    linear: Array,
    pressure: Array,
) -> None:
    """What the others' copies ask of the own block: fold(*paths, me, count, minded, core, h, linear, pressure).

    Parameters
    ----------
    me : (N,) the agents' numbers; count : (N,) e_i; minded : (N, e); core : (1|M, N, e, e).
    h : (M, N, N·n).
    linear : (M, N, n), Θ_i' core Θ_o h_o - h_i is added to it.
    pressure : (M, N, e) overwritten: core Θ_o h_o.
    """
    missions, agents, n = linear.shape
    amount, on, scratch = np.empty(start.size - 1), np.empty(minded.shape[1]), np.empty(edges)
    for m in range(missions):
        for i in range(agents):
            e, mine, which = count[i], me[i] * n, m if core.shape[0] > 1 else 0
            amount[:] = 0.0
            for c in range(mine):
                amount[of[c]] += h[m, i, c]
            for c in range(mine + n, of.size):
                amount[of[c]] += h[m, i, c]
            flow_into(start, edge, share, amount, minded[i, :e], on[:e], scratch)
            pressure[m, i] = 0.0
            for b in range(e):
                for a in range(e):
                    pressure[m, i, a] += core[which, i, b, a] * on[b]
            price_into(start, edge, share, pressure[m, i, :e], minded[i, :e], amount, scratch)
            for c in range(n):
                linear[m, i, c] += amount[of[mine + c]] - h[m, i, mine + c]


@njit(cache=True)
def unfold(
    edges: int,
    start: Array,
    edge: Array,
    share: Array,
    of: Array,
    me: Array,
    count: Array,
    minded: Array,
    core: Array,
    h: Array,
    tau: Array,
    pressure: Array,
    x: Array,
    y: Array,
) -> None:
    """The copies that answer the own block: unfold(*paths, me, count, minded, core, h, tau, pressure, x, y).

    Parameters
    ----------
    tau : (N,). The others as in `fold`.
    x : (M, N, n) own blocks.
    pressure : (M, N, e) from `fold`, overwritten: π.
    y : (M, N, N·n) overwritten.
    """
    missions, agents, n = x.shape
    amount, on, scratch = np.empty(start.size - 1), np.empty(minded.shape[1]), np.empty(edges)
    for m in range(missions):
        for i in range(agents):
            e, mine, which = count[i], me[i] * n, m if core.shape[0] > 1 else 0
            amount[:] = 0.0
            for c in range(n):
                amount[of[mine + c]] += tau[i] * x[m, i, c]
            flow_into(start, edge, share, amount, minded[i, :e], on[:e], scratch)
            for b in range(e):
                if on[b] != 0.0:
                    for a in range(e):
                        pressure[m, i, a] += core[which, i, b, a] * on[b]
            price_into(start, edge, share, pressure[m, i, :e], minded[i, :e], amount, scratch)
            slack = 1.0 / tau[i]
            for c in range(of.size):
                y[m, i, c] = (h[m, i, c] - amount[of[c]]) * slack
            for c in range(n):
                y[m, i, mine + c] = x[m, i, c]


@njit(cache=True)
def invert(matrix: Array) -> bool:
    """Turn a symmetric positive definite matrix into its inverse, in place, by Cholesky's factor; false if it is none.

    Rows are updated whole, in one order: the bits do not depend on threads or libraries.
    """
    n = matrix.shape[0]
    for k in range(n):  # matrix = U'U, U in the upper half
        if not matrix[k, k] > 0.0:
            return False
        matrix[k, k:] /= np.sqrt(matrix[k, k])
        for i in range(k + 1, n):
            matrix[i, i:] -= matrix[k, i] * matrix[k, i:]
    inverse = np.zeros((n, n))
    for k in range(n - 1, -1, -1):  # U V = 1, row by row from below
        inverse[k, k] = 1.0
        for i in range(k + 1, n):
            inverse[k, k:] -= matrix[k, i] * inverse[i, k:]
        inverse[k, k:] /= matrix[k, k]
    matrix[:] = 0.0
    for k in range(n):  # (U'U)⁻¹ = V V'
        for i in range(k, n):
            total = 0.0
            for j in range(i, n):
                total += inverse[k, j] * inverse[i, j]
            matrix[k, i] = total
            matrix[i, k] = total
    return True
