"""What decisions take together of the shared resources, and the nearest power that several rows of a feeder carry.

Sums run in the order of the agents, so that bits repeat.

The nearest point of {Σ_i w_ik z_i ≤ c_k, 0 ≤ z_i ≤ u_i} is x_i = clip(z_i - Σ_k w_ik μ_k, 0, u_i) with the μ ≥ 0 for
which no row carries more than c_k, and exactly c_k where μ_k > 0: they maximise the dual function, which is concave and
piecewise quadratic, with the gradient Σ_i w_ik x_i - c_k. Two ways of ascending it take turns: every μ_k alone (C.
Hildreth, Naval Research Logistics Quarterly 4 (1957) 79-85), which always converges, slowly where rows are nearly
parallel as those of a polygon are, and Newton steps for all rows that bind, which end it. Rows are met a little early,
so that what rounding leaves still fits.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def taken(rows: Array, z: Array, present: Array, load: Array) -> None:
    """Fill load (M, m) with Σ_i R_i z_i over the agents that are present (T, (2b)).

    Parameters
    ----------
    rows : (1|N, m, n) R_i, or (0, 0, 0) where every R_i is the identity.
    z : (M, N, n) decisions.
    present : (1|M, N) bool.
    """
    missions, agents, n = z.shape
    for m in range(missions):
        load[m] = 0.0
        here = m if present.shape[0] > 1 else 0
        for i in range(agents):
            if not present[here, i]:
                continue
            if rows.shape[0] == 0:
                for c in range(n):
                    load[m, c] += z[m, i, c]
                continue
            which = i if rows.shape[0] > 1 else 0
            for row in range(load.shape[1]):
                for c in range(n):
                    load[m, row] += rows[which, row, c] * z[m, i, c]


@njit(cache=True)
def carried_rows(weights: Array, z: Array, most: Array, present: Array, load: Array) -> None:
    """Fill load (M, K, T) with Σ_i w_ik z_it over the agents that are present.

    Parameters
    ----------
    weights : (N, K). z : (M, N, T). most : (N,) who says more, or less than minus that, is heard as saying that.
    present : (1|M, N) bool.
    """
    missions, agents, periods = z.shape
    for m in range(missions):
        load[m] = 0.0
        here = m if present.shape[0] > 1 else 0
        for i in range(agents):
            if not present[here, i]:
                continue
            for k in range(weights.shape[1]):
                w = weights[i, k]
                if w != 0.0:
                    for t in range(periods):
                        load[m, k, t] += w * min(max(z[m, i, t], -most[i]), most[i])


@njit(cache=True)
def steepness(weights: Array, per_unit: Array, stay: Array, present: Array, moving: Array, steep: Array) -> None:
    """Fill steep (M, K, T) with D_k = Σ_i |w_ik| Σ_l |w_il| b_i over rows l that move, EVs that are there; else 0.

    D bounds Σ_i w_i w_i' b_i of the rows that move: it is diagonally dominant without it.

    Parameters
    ----------
    weights : (N, K). per_unit : (N,) b ≥ 0. stay : (N, 2) first period, and the period after the last.
    present : (1|M, N) bool. moving : (M, K, T) bool.
    """
    missions, rows, periods = moving.shape
    some, count = np.empty((periods, rows), dtype=np.int64), np.empty(periods, dtype=np.int64)
    for m in range(missions):
        steep[m], count[:] = 0.0, 0
        here = m if present.shape[0] > 1 else 0
        for k in range(rows):
            for t in range(periods):
                if moving[m, k, t]:
                    some[t, count[t]] = k
                    count[t] += 1
        for i in range(weights.shape[0]):
            if not present[here, i]:
                continue
            for t in range(max(stay[i, 0], 0), min(stay[i, 1], periods)):
                size = 0.0
                for k in some[t, : count[t]]:
                    size += abs(weights[i, k])
                for k in some[t, : count[t]]:
                    steep[m, k, t] += abs(weights[i, k]) * size * per_unit[i]


EARLY = 1e-10
"""Rows are met at this share below their limits."""
SWEEPS, NEWTON_STEPS, HALVINGS = 500, 20, 80
EXACT = 1e-13
"""A row is met when it carries its limit up to this share of it, and of the loudest that was said."""
RIDGE = 1e-9
"""A share of its squared weights that is added to each row's own curvature: rows may depend on each other."""


@njit(cache=True)
def wanted(weights: Array, z: Array, here: Array, mu: Array, want: Array) -> None:
    """z_i - Σ_k w_ik μ_k before it is clipped, of those who are here."""
    for i in range(weights.shape[0]):
        want[i] = z[i]
        if here[i]:
            for k in range(weights.shape[1]):
                want[i] -= weights[i, k] * mu[k]


@njit(cache=True)
def carried(way: Array, want: Array, here: Array, upper: Array, far: float) -> tuple[float, float]:
    """Σ_i v_i clip(want_i - far·v_i, 0, u_i) along a way v (N,), and minus its slope."""
    load, slope = 0.0, 0.0
    for i in range(len(want)):
        v = way[i]
        if v == 0.0 or not here[i]:
            continue
        to = want[i] - far * v
        got = min(max(to, 0.0), upper[i])
        load += v * got
        if got == to:
            slope += v * v
    return load, slope


@njit(cache=True)
def met(
    way: Array, c: float, want: Array, here: Array, upper: Array, low: float, high: float, begin: float, exact: float
) -> float:
    """How far to go for `carried` to be c, or the nearer of low < high ≤ ∞: Newton inside a bracket."""
    if carried(way, want, here, upper, low)[0] <= c:
        return low
    far = begin
    for _ in range(HALVINGS):
        load, slope = carried(way, want, here, upper, far)
        if abs(load - c) <= exact or (far == high and load > c):
            break
        low, high = (far, high) if load > c else (low, far)
        to = far + (load - c) / slope if slope > 0.0 else np.inf
        if not low < to < high:
            to = 0.5 * (low + high) if high < np.inf else 2.0 * low + 1.0
            to = high if to <= low else to
        if to == far:
            break
        far = to
    return float(far)


@njit(cache=True)
def solved(a: Array, b: Array, n: int) -> None:
    """b becomes the solution of the symmetric positive definite a x = b, n rows; a is lost."""
    for k in range(n):
        for j in range(k + 1, n):
            share = a[j, k] / a[k, k]
            if share != 0.0:
                b[j] -= share * b[k]
                for other in range(k, n):
                    a[j, other] -= share * a[k, other]
    for k in range(n - 1, -1, -1):
        for other in range(k + 1, n):
            b[k] -= a[k, other] * b[other]
        b[k] /= a[k, k]


@njit(cache=True)
def together(weights: Array, limits: Array, z: Array, here: Array, upper: Array, mu: Array, loudest: float) -> bool:
    """Newton steps for all rows that bind at once, with exact line searches; true if they end at the nearest point."""
    agents, rows = weights.shape
    active, gram, step, excess = np.empty(rows, dtype=np.int64), np.empty((rows, rows)), np.empty(rows), np.empty(rows)
    want, way = np.empty(agents), np.empty(agents)
    for _ in range(NEWTON_STEPS):
        n, done = 0, True
        wanted(weights, z, here, mu, want)
        for k in range(rows):
            over = carried(weights[:, k], want, here, upper, 0.0)[0] - limits[k]
            off = EXACT * (limits[k] + loudest)
            if mu[k] > 0.0 or over > off:
                active[n], excess[n], step[n] = k, over, over
                done = done and abs(over) <= off
                n += 1
        if done:
            return True
        newton(weights, want, here, upper, active, gram, step, n)
        rising, limit, most = 0.0, 0.0, np.inf
        for a in range(n):
            if mu[active[a]] == 0.0 and step[a] < 0.0:
                step[a] = 0.0
            rising += step[a] * excess[a]
        if rising <= 0.0:
            step[:n] = excess[:n]
        for a in range(n):
            limit += step[a] * limits[active[a]]
            if step[a] < 0.0:
                most = min(most, mu[active[a]] / -step[a])
        way[:] = 0.0
        for i in range(agents):
            for a in range(n):
                way[i] += weights[i, active[a]] * step[a]
        far = met(way, limit, want, here, upper, 0.0, most, min(1.0, most), EXACT * abs(limit))
        for a in range(n):
            reached = mu[active[a]] + far * step[a]
            mu[active[a]] = 0.0 if step[a] < 0.0 and far * -step[a] >= mu[active[a]] else max(reached, 0.0)
    return False


@njit(cache=True)
def newton(
    weights: Array, want: Array, here: Array, upper: Array, active: Array, gram: Array, step: Array, n: int
) -> None:
    """Turn the gradient of the n active rows into a Newton step."""
    gram[:n, :n] = 0.0
    for i in range(len(want)):
        if not here[i]:
            continue
        free = 0.0 < want[i] < upper[i]
        for a in range(n):
            w = weights[i, active[a]]
            gram[a, a] += RIDGE * w * w
            if free and w != 0.0:
                for b in range(n):
                    gram[a, b] += w * weights[i, active[b]]
    solved(gram, step, n)


@njit(cache=True)
def one_by_one(weights: Array, limits: Array, z: Array, here: Array, upper: Array, mu: Array, want: Array) -> float:
    """A sweep of Hildreth's method; how far the multiplier went that went furthest."""
    moved = 0.0
    wanted(weights, z, here, mu, want)
    for k in range(len(mu)):
        far = met(weights[:, k], limits[k], want, here, upper, -mu[k], np.inf, 0.0, 1e-14 * limits[k])
        if far != 0.0:
            moved, mu[k] = max(moved, abs(far)), max(mu[k] + far, 0.0)
            for i in range(len(want)):
                want[i] -= weights[i, k] * far
    return moved


@njit(cache=True)
def nearest_within(
    weights: Array, limits: Array, upper: Array, present: Array, z: Array, mu: Array, sweeps: int = SWEEPS
) -> float:
    """Project in place, mission by mission and period by period; how far the worst row is from where it should be.

    That is by how much it carries too much, or too little for a row with a multiplier, as a share of its limit and the
    loudest that was said: about 1e-13, and more only where `sweeps` were not enough.

    Parameters
    ----------
    weights : (N, K). limits : (K, 1|T) > 0. upper : (N, 1|T).
    present : (1|M, N) bool; who is absent gets nothing.
    z : (M, N, T), overwritten by its projection.
    mu : (M, K, T) zeros, overwritten by the multipliers.
    """
    agents, rows = weights.shape
    early, top = np.empty(rows), np.empty(agents)
    said, want, price, worst = np.empty(agents), np.empty(agents), np.empty(rows), 0.0
    for m in range(z.shape[0]):
        here = present[m if present.shape[0] > 1 else 0]
        for t in range(z.shape[2]):
            early[:] = limits[:, t if limits.shape[1] > 1 else 0] * (1.0 - EARLY)
            top[:] = upper[:, t if upper.shape[1] > 1 else 0]
            loudest = 0.0
            for i in range(agents):
                said[i] = z[m, i, t] if here[i] else 0.0
                loudest = max(loudest, abs(said[i]))
            price[:] = 0.0
            for _ in range(sweeps):
                if one_by_one(weights, early, said, here, top, price, want) <= 1e-3 * EARLY:
                    break
                if together(weights, early, said, here, top, price, loudest):
                    break
            wanted(weights, said, here, price, want)
            mu[m, :, t] = price
            for k in range(rows):
                over = carried(weights[:, k], want, here, top, 0.0)[0] - early[k]
                if over > 0.0 or price[k] > 0.0:
                    worst = max(worst, abs(over) / (early[k] + loudest))
            for i in range(agents):
                z[m, i, t] = min(max(want[i], 0.0), top[i]) if here[i] else 0.0
    return worst
