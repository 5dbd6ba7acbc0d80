"""Levels of shared resources: the Euclidean projection where every number counts for at most one resource.

The nearest point of {Σ_p w_p z_p = c (or ≤ c), lower ≤ z ≤ upper} is clip(z_p - w_p μ, lower_p, upper_p). What it
takes, g(μ) = Σ_p w_p clip(z_p - w_p μ, lower_p, upper_p), falls piecewise linearly as μ grows: Newton steps, or where
they cycle bisection among the sorted knots, find the piece where g(μ) = c, and there it is a straight line.

The nearest power under one limit for every period: `robosim.kernels.levels` for shares that lie as they are said.

Period t is the resource that everybody's number t counts for, with weight 1. Most periods have room and are only
looked at, in the order in which they lie in memory; the others are levelled one by one.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.ev_response import one

ROUNDING = 1e-12
"""c is met up to this share of the sizes of the terms."""
NEWTON_STEPS = 30


@njit(cache=True)
def took(place: Array, weight: Array, z: Array, lower: Array, upper: Array, mu: float) -> tuple[float, float, float]:
    """g(μ), minus its slope, and the size of its terms before they are clipped."""
    load, slope, size = 0.0, 0.0, 1.0
    for e in range(place.size):
        p, w = place[e], weight[e]
        want = z[p] - w * mu
        got = min(max(want, lower[p]), upper[p])
        load += w * got
        size += abs(w * z[p]) + abs(w * got)
        if got == want and lower[p] < upper[p]:
            slope += w * w
    return load, slope, size


@njit(cache=True)
def beyond(place: Array, weight: Array, lower: Array, upper: Array, side: float) -> float:
    """Minus the slope of g to the left (side -1) or right (side 1) of all knots: who has no limit there moves on."""
    slope = 0.0
    for e in range(place.size):
        p, w = place[e], weight[e]
        limit = lower[p] if w * side > 0.0 else upper[p]
        if abs(limit) == np.inf:
            slope += w * w
    return slope


@njit(cache=True)
def knots(place: Array, weight: Array, z: Array, lower: Array, upper: Array) -> Array:
    """The sorted μ at which numbers meet their limits."""
    found, count = np.empty(2 * place.size), 0
    for e in range(place.size):
        p = place[e]
        for limit in (lower[p], upper[p]):
            if abs(limit) < np.inf:
                found[count] = (z[p] - limit) / weight[e]
                count += 1
    return np.sort(found[:count])


@njit(cache=True)
def sorted_crossing(place: Array, weight: Array, z: Array, lower: Array, upper: Array, c: float) -> float:
    """The same by bisection among the sorted knots, which always ends."""
    at = knots(place, weight, z, lower, upper)
    first, last = 0, at.size  # g > c at knots before `first`, g ≤ c from `last` on
    while first < last:
        middle = (first + last) // 2
        if took(place, weight, z, lower, upper, at[middle])[0] > c:
            first = middle + 1
        else:
            last = middle
    if 0 < first < at.size:
        a, b = at[first - 1], at[first]
        high, low = took(place, weight, z, lower, upper, a)[0], took(place, weight, z, lower, upper, b)[0]
        return float(a + (high - c) / (high - low) * (b - a))
    end = 0.0 if at.size == 0 else (at[0] if first == 0 else at[-1])
    gap = took(place, weight, z, lower, upper, end)[0] - c
    slope = beyond(place, weight, lower, upper, 1.0 if gap > 0.0 else -1.0)
    return float(end + gap / slope if slope > 0.0 else end)


@njit(cache=True)
def crossing(place: Array, weight: Array, z: Array, lower: Array, upper: Array, c: float) -> float:
    """μ with g(μ) = c, or the nearest end where g never gets there; Newton steps end once on the right piece."""
    mu, low, high = 0.0, -np.inf, np.inf
    for _ in range(NEWTON_STEPS):
        load, slope, _ = took(place, weight, z, lower, upper, mu)
        if load == c:
            return mu
        low, high = (mu, high) if load > c else (low, mu)
        to = mu + (load - c) / slope if slope > 0.0 else np.inf
        if to == mu:
            return mu
        if not low < to < high:
            break
        mu = to
    return sorted_crossing(place, weight, z, lower, upper, c)


@njit(cache=True)
def level(place: Array, weight: Array, z: Array, lower: Array, upper: Array, c: float, equal: bool) -> float:
    """μ of one resource (for ≤ never negative); NaN where no point keeps the limits."""
    load, slope, size = took(place, weight, z, lower, upper, 0.0)
    if not equal and load <= c:
        return 0.0
    mu = crossing(place, weight, z, lower, upper, c)
    load, slope, size = took(place, weight, z, lower, upper, mu)
    if slope > 0.0:  # the last digits
        finer = mu + (load - c) / slope
        again = took(place, weight, z, lower, upper, finer)[0]
        if abs(again - c) < abs(load - c):
            mu, load = finer, again
    short = load < c and not equal  # the limits alone leave something, or nothing more is asked for
    return mu if short or abs(load - c) <= ROUNDING * (size + abs(c)) else np.nan


@njit(cache=True)
def settled(place: Array, weight: Array, z: Array, low: Array, high: Array, c: float, equal: bool) -> float:
    """Level one resource in place and return μ; NaN where nothing is feasible."""
    mu = 0.0
    for _ in range(2):  # where far too much was asked for, the second time recovers the digits
        more = level(place, weight, z, low, high, c, equal)
        mu += more
        for e in range(place.size):
            p = place[e]
            z[p] = min(max(z[p] - weight[e] * more, low[p]), high[p])
        load, _, size = took(place, weight, z, low, high, 0.0)
        if load - c <= 1e-15 * size and (load - c >= -1e-15 * size or not equal):
            break
    return mu


@njit(cache=True)
def shared(
    start: Array,
    place: Array,
    weight: Array,
    z: Array,
    lower: Array,
    upper: Array,
    present: Array,
    c: Array,
    equal: bool,
    mu: Array,
) -> bool:
    """Project in place, mission by mission and resource by resource; False where nothing is feasible.

    Parameters
    ----------
    start, place, weight : compressed rows: resource r is taken by the numbers place[start[r]:start[r+1]], w_p of each.
    z : (M, V) overwritten.
    lower, upper : (V,) limits.
    present : (M, V) bool; an absent number becomes 0.
    c : (rows,).
    equal : Rz = c, else Rz ≤ c.
    mu : (M, rows) overwritten.
    """
    low, high = np.empty(lower.size), np.empty(lower.size)
    fine = True
    for m in range(z.shape[0]):
        for p in range(lower.size):
            low[p], high[p] = (lower[p], upper[p]) if present[m, p] else (0.0, 0.0)
        for r in range(c.size):
            own, w = place[start[r] : start[r + 1]], weight[start[r] : start[r + 1]]
            mu[m, r] = 0.0
            if not equal and took(own, w, z[m], low, high, 0.0)[0] <= c[r]:
                continue
            mu[m, r] = settled(own, w, z[m], low, high, c[r], equal)
            fine = fine and mu[m, r] == mu[m, r]
        for p in range(lower.size):
            z[m, p] = min(max(z[m, p], low[p]), high[p])
    return fine


@njit(cache=True)
def limits(lower: Array, upper: Array, here: bool, i: int, t: int) -> tuple[float, float]:
    """Of one number; 0 and 0 for who is absent."""
    if not here:
        return 0.0, 0.0
    return lower[i, one(lower.shape[1], t)], upper[i, one(upper.shape[1], t)]


@njit(cache=True)
def asked_in_all(z: Array, lower: Array, upper: Array, present: Array, load: Array) -> None:
    """Σ_i of what is asked for within limits in each period, (T,)."""
    load[:] = 0.0
    for i in range(z.shape[0]):
        if lower.shape[1] == 1 and upper.shape[1] == 1:
            low, high = limits(lower, upper, present[i], i, 0)
            for t in range(z.shape[1]):
                v = z[i, t]
                v = v if v > low else low
                load[t] += v if v < high else high
        else:
            for t in range(z.shape[1]):
                low, high = limits(lower, upper, present[i], i, t)
                load[t] += min(max(z[i, t], low), high)


@njit(cache=True)
def clipped(z: Array, lower: Array, upper: Array, present: Array) -> None:
    """Put everybody's numbers within limits, in place."""
    for i in range(z.shape[0]):
        low, high = limits(lower, upper, present[i], i, 0)
        for t in range(z.shape[1]):
            if lower.shape[1] > 1 or upper.shape[1] > 1:
                low, high = limits(lower, upper, present[i], i, t)
            v = z[i, t]
            v = v if v > low else low
            z[i, t] = v if v < high else high


@njit(cache=True)
def level_periods(z: Array, lower: Array, upper: Array, present: Array, c: Array, equal: bool, mu: Array) -> bool:
    """Project in place, mission by mission and period by period; False where nothing is feasible.

    Parameters
    ----------
    z : (M, N, T) overwritten.
    lower, upper : (N, 1|T) limits.
    present : (1|M, N) bool; who is absent gets 0.
    c : (T,).
    equal : Σ_i z_it = c_t, else ≤.
    mu : (M, T) overwritten.
    """
    missions, agents, periods = z.shape
    load, fine = np.empty(periods), True
    place, weight = np.arange(agents), np.ones(agents)
    column, low, high = np.empty(agents), np.empty(agents), np.empty(agents)
    for m in range(missions):
        here = present[one(present.shape[0], m)]
        asked_in_all(z[m], lower, upper, here, load)
        for t in range(periods):
            mu[m, t] = 0.0
            if not equal and load[t] <= c[t]:
                continue
            for i in range(agents):
                column[i] = z[m, i, t]
                low[i], high[i] = limits(lower, upper, here[i], i, t)
            mu[m, t] = settled(place, weight, column, low, high, c[t], equal)
            fine = fine and mu[m, t] == mu[m, t]
            for i in range(agents):
                z[m, i, t] = column[i]
        clipped(z[m], lower, upper, here)
    return fine
