"""The nearest power under one limit for every period: `robosim.kernels.levels` for shares that lie as they are said.

Period t is the resource that everybody's number t counts for, with weight 1. Most periods have room and are only
looked at, in the order in which they lie in memory; the others are levelled one by one.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.ev_response import one
from robosim.kernels.levels import settled


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
