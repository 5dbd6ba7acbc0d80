"""The point of z_f + range(Q) nearest to θ among those within β of consensus: a secular equation in one multiplier.

With s = Qᵀ1/√N, g = Qᵀ(z_f - θ), h = Qᵀ(I-J)z_f and κ = 1 - ‖s‖², the matrix Qᵀ(I-J)Q = I - ssᵀ has the eigenvalue κ
along s and 1 across it. The Karush-Kuhn-Tucker conditions of min ‖z-θ‖² subject to ‖(I-J)z‖ <= β read
[(1+μ)I - μssᵀ] y = -(g + μh), so with τ = 1/(1+μ)

    across s:  y = -g + (1-τ)(g - h)
    along s:   y = -g + (1-τ)/(κ + τ(1-κ)) · (κg - h)
    ‖(I-J)z‖² = floor + across·τ² + (mean/κ)·(τ/(κ + τ(1-κ)))²
    J(z_f) - J(z) = ‖g‖² - across·(1-τ)² - mean·((1-τ)/(κ + τ(1-κ)))²

where across = ‖h - g‖² across s and mean = ‖κg - h‖² along it. Every term is a square: nothing cancels. In R^d the same
holds with one common μ and Frobenius norms.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from robosim.kernels.krylov import dot, lanczos

Array = np.ndarray[Any, Any]

SPANNED = 1e-24  # κ below this is rounding: moving everybody together is within reach
UNSEEN = 1e-11  # modes in which an agent takes less part than this are out of its reach: rounding makes up to 1e-12


@njit(cache=True, fastmath={"reassoc", "contract"})
def coordinates(basis: Array, mean: Array, way: Array, spread: Array) -> tuple[Array, Array, Array, float, Array]:
    """The reachable set z_f + Q y, seen from its basis Q (the rows of `basis`).

    Parameters
    ----------
    basis : (m, n) array
    mean : (n,) array
        1/√N.
    way : (d, n) array
        z_f - θ.
    spread : (d, n) array
        (I - J) z_f.

    Returns
    -------
    s : (m,) array
        Qᵀ 1/√N.
    g, h : (m, d) arrays
        Qᵀ (z_f - θ) and Qᵀ (I - J) z_f.
    kappa : float
        1 - ‖s‖², computed without cancellation; 0 where 1 lies in the space.
    along : (d,) array
        sᵀ h, likewise.
    """
    m, n = basis.shape
    d = way.shape[0]
    s, g, h = np.empty(m), np.empty((m, d)), np.empty((m, d))
    rest = mean.copy()  # 1/√N less its part in the space
    for k in range(m):
        q = basis[k]
        s[k] = dot(q, mean)
        for r in range(n):
            rest[r] -= s[k] * q[r]
        for c in range(d):
            g[k, c] = dot(q, way[c])
            h[k, c] = dot(q, spread[c])
    kappa = dot(rest, rest)
    along = np.zeros(d)
    if kappa <= SPANNED:
        return s, g, h, 0.0, along
    for c in range(d):
        along[c] = -dot(rest, spread[c])  # sᵀh = (1/√N - rest)ᵀ (I-J) z_f
    return s, g, h, kappa, along


@njit(cache=True)
def poles(
    s: Array, g: Array, h: Array, kappa: float, along: Array, spread2: float
) -> tuple[float, float, float, float]:
    """The coefficients of the secular equation.

    Returns
    -------
    floor, free, across, mean : float
        Least ‖(I-J)z‖² that can be reached, ‖g‖², and the weights of the two poles.
    """
    floor, free, across, mean = spread2, 0.0, 0.0, 0.0
    length2 = dot(s, s)
    for c in range(g.shape[1]):
        pull = 0.0
        for k in range(s.size):
            free += g[k, c] ** 2
            floor -= h[k, c] ** 2
            across += (h[k, c] - g[k, c]) ** 2
            pull += s[k] * g[k, c]
        across -= (along[c] - pull) ** 2 / length2
        floor += along[c] ** 2 / length2
        if kappa > 0.0:
            floor -= along[c] ** 2 / length2 / kappa
            mean += (along[c] - kappa * pull) ** 2 / length2
    return max(floor, 0.0), free, max(across, 0.0), mean


@njit(cache=True)
def multiplier(across: float, mean: float, kappa: float, room: float) -> float:
    """τ = 1/(1+μ) of the constraint's multiplier μ: 1 where the constraint does not bind, 0 where it is an equality.

    The largest τ in [0, 1] with across·τ² + (mean/κ)·(τ / (κ + τ(1-κ)))² <= room; the left side increases in τ, so
    bisection between bounds of its two terms cannot fail, whatever β.
    """
    if room <= 0.0:
        return 0.0
    pole = mean / kappa if kappa > 0.0 else 0.0
    if across + pole <= room:
        return 1.0
    high = min(1.0, np.sqrt(room / across)) if across > 0.0 else 1.0
    if pole == 0.0:
        return float(high)
    low = min(np.sqrt(room / (across + pole / kappa**2)), high)
    tau = 0.5 * (low + high)
    while low < tau < high:  # ends where no number is left between the two
        if across * tau**2 + pole * (tau / (kappa + tau * (1.0 - kappa))) ** 2 <= room:
            low = tau
        else:
            high = tau
        tau = 0.5 * (low + high)
    return float(low)


@njit(cache=True)
def attainable(
    s: Array, g: Array, h: Array, kappa: float, along: Array, spread2: float, beta: float
) -> tuple[float, float]:
    """The largest cut of ‖z - θ‖² on z_f + Q y with ‖(I-J) z‖ <= beta.

    Returns
    -------
    gain, tau : float
        J(z_f) - J*, and 1/(1+μ) for the multiplier μ that attains it.
    """
    floor, free, across, mean = poles(s, g, h, kappa, along, spread2)
    tau = multiplier(across, mean, kappa, beta**2 - floor)
    gain = free - (1.0 - tau) ** 2 * across
    if mean > 0.0 and tau < 1.0:
        gain -= ((1.0 - tau) / (kappa + tau * (1.0 - kappa))) ** 2 * mean
    return gain, tau


@njit(cache=True)
def optimum(s: Array, g: Array, h: Array, kappa: float, along: Array, tau: float) -> Array:
    """The coordinates y, (m, d), of the best point for the multiplier found by `attainable`."""
    y = np.empty_like(g)
    length2 = dot(s, s)
    reach = kappa + tau * (1.0 - kappa)
    for c in range(g.shape[1]):
        pull = dot(s, g[:, c].copy())
        turn = -(1.0 - tau) * (pull - along[c])
        if kappa > 0.0:
            turn += (1.0 - tau) / reach * (kappa * pull - along[c])
        for k in range(s.size):
            y[k, c] = -g[k, c] + (1.0 - tau) * (g[k, c] - h[k, c]) + turn * s[k] / length2
    return y


@njit(cache=True)
def seen_by(agent: int, modes: Array, group: Array, values: Array, data: Array) -> tuple[Array, Array, Array]:
    """The modes that one agent takes part in: one direction P_λ e_i / ‖P_λ e_i‖ in each eigenspace of L.

    Parameters
    ----------
    modes : (N, N) array
        Eigenvectors of L, columns.
    group : (N,) array
        Number of the eigenspace of each, 0, 0, 1, …
    values : (E,) array
        Eigenvalue of each eigenspace, rising.
    data : (c, N) array
        Vectors in the coordinates of `modes`.

    Returns
    -------
    (r,), (r,), (c, r) arrays
        Eigenvalues λ, weights ‖P_λ e_i‖ > 0, and the data along those directions.
    """
    weight, along = np.zeros(values.size), np.zeros((data.shape[0], values.size))
    for k in range(group.size):
        weight[group[k]] += modes[agent, k] ** 2
        for c in range(data.shape[0]):
            along[c, group[k]] += modes[agent, k] * data[c, k]
    kept = 0
    for e in range(values.size):
        if weight[e] > UNSEEN**2:
            kept += 1
    seen, length, shares = np.empty(kept), np.empty(kept), np.empty((data.shape[0], kept))
    kept = 0
    for e in range(values.size):
        if weight[e] > UNSEEN**2:
            seen[kept], length[kept] = values[e], np.sqrt(weight[e])
            for c in range(data.shape[0]):
                shares[c, kept] = along[c, e] / length[kept]
            kept += 1
    return seen, length, shares


@njit(cache=True)
def gains(
    agents: Array, modes: Array, group: Array, values: Array, data: Array, spread2: float, beta: float, rounds: int
) -> Array:
    """J(z_f) - J*_i of each of `agents`.

    `data`, (1 + 2d, N), holds 1/√N, z_f - θ and (I-J) z_f in the coordinates of `modes`, `spread2` is ‖(I-J) z_f‖²;
    see `seen_by` for the rest. Within the eigenspaces that an agent takes part in it reaches K_{n+1}(Λ, w), or
    everything once n + 1 is at least their number.
    """
    found, d = np.empty(agents.size), data.shape[0] // 2
    for a in range(agents.size):
        seen, weight, along = seen_by(agents[a], modes, group, values, data)
        m = min(rounds + 1, seen.size)
        basis = np.zeros((m, seen.size))
        if m < seen.size:
            m = lanczos(seen, weight, basis)
        else:
            for k in range(m):
                basis[k, k] = 1.0
        view = coordinates(basis[:m], along[0], along[1 : d + 1], along[d + 1 :])
        found[a] = attainable(view[0], view[1], view[2], view[3], view[4], spread2, beta)[0]
    return found
