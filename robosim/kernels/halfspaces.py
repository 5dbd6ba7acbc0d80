"""The nearest power that several rows of a feeder carry, period by period: Hildreth's method, one row after another.

The nearest point of {Σ_i w_ik z_i ≤ c_k, 0 ≤ z_i ≤ u_i} is clip(z_i - Σ_k w_ik μ_k, 0, u_i), μ ≥ 0. Each μ_k in turn
is set so that its own row holds (coordinate ascent of the dual, which converges: C. Hildreth, Naval Research Logistics
Quarterly 4 (1957) 79-85); rows are met a little early, so that what is left after the last sweep still fits.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array

EARLY = 1e-10
"""Rows are met at this share below their limits."""
SWEEPS = 2000
HALVINGS = 80


@njit(cache=True)
def carries(weights: Array, k: int, z: Array, t: int, upper: Array, mu: Array, trial: float) -> tuple[float, float]:
    """What row k carries in period t if its own multiplier were `trial`, and minus the slope of that."""
    load, slope = 0.0, 0.0
    for i in range(z.shape[0]):
        w = weights[i, k]
        if w == 0.0 or upper[i] < 0.0:
            continue
        want = z[i, t]
        for other in range(mu.shape[0]):
            want -= weights[i, other] * (trial if other == k else mu[other, t])
        got = min(max(want, 0.0), upper[i])
        load += w * got
        if got == want:
            slope += w * w
    return load, slope


@njit(cache=True)
def met(weights: Array, k: int, c: float, z: Array, t: int, upper: Array, mu: Array) -> float:
    """The least μ_k ≥ 0 with which row k carries at most c: Newton, safeguarded, on a falling piecewise line."""
    load, slope = carries(weights, k, z, t, upper, mu, 0.0)
    if load <= c:
        return 0.0
    low, high, trial = 0.0, np.inf, max(mu[k, t], 0.0)
    for _ in range(HALVINGS):
        load, slope = carries(weights, k, z, t, upper, mu, trial)
        if abs(load - c) <= 1e-14 * c:
            break
        low, high = (trial, high) if load > c else (low, trial)
        to = trial + (load - c) / slope if slope > 0.0 else np.inf
        if not low < to < high:
            to = 0.5 * (low + high) if high < np.inf else 2.0 * low + 1.0
        if to == trial:
            break
        trial = to
    return float(trial)


@njit(cache=True)
def nearest_within(weights: Array, limits: Array, upper: Array, z: Array, mu: Array) -> None:
    """Project in place, mission by mission and period by period.

    Parameters
    ----------
    weights : (N, K). limits : (K,) > 0. upper : (N,).
    z : (M, N, T), overwritten by its projection.
    mu : (M, K, T) zeros, overwritten by the multipliers.
    """
    agents, rows = weights.shape
    for m in range(z.shape[0]):
        for t in range(z.shape[2]):
            for _ in range(SWEEPS):
                moved = 0.0
                for k in range(rows):
                    new = met(weights, k, limits[k] * (1.0 - EARLY), z[m], t, upper, mu[m])
                    moved = max(moved, abs(new - mu[m, k, t]))
                    mu[m, k, t] = new
                if moved <= 1e-3 * EARLY:
                    break
            for i in range(agents):
                want = z[m, i, t]
                for k in range(rows):
                    want -= weights[i, k] * mu[m, k, t]
                z[m, i, t] = min(max(want, 0.0), upper[i])
