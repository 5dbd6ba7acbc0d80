"""The root of Σ_t clip(z_t + d, 0, u_t) + softness·(at + d) = E: what one unit more is worth, for one EV.

The sum is piecewise linear and increasing in d: Newton steps inside a bracket find the root. z_t are levels before the
shift d, u_t the most that a period takes, E the energy wished for. Every sum has one order: bits do not depend on the
processor's vectors.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array

ACCURACY = 1e-13
"""The search ends when Σ x + κν differs from E by this share of E."""
NEWTON_STEPS, MOST_STEPS = 12, 200
"""After so many Newton steps every second step halves the bracket; steps in all."""


@njit(cache=True)
def total(part: Array, n: int) -> float:
    """Σ part[:n], n a multiple of 4: four interleaved sums, always in the same order."""
    q = n // 4
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    for t in range(q):
        s0 += part[t]
        s1 += part[t + q]
        s2 += part[t + 2 * q]
        s3 += part[t + 3 * q]
    return (s0 + s1) + (s2 + s3)


@njit(cache=True)
def served(z: Array, u: Array, n: int, shift: float, part: Array) -> tuple[float, float]:
    """Σ_t clip(z_t + shift, 0, u_t) and its slope, the number of periods between their bounds; four at a time."""
    q, free = n // 4, 0
    for t in range(q):
        v0, v1, v2, v3 = z[t] + shift, z[t + q] + shift, z[t + 2 * q] + shift, z[t + 3 * q] + shift
        x0, x1 = v0 if v0 > 0.0 else 0.0, v1 if v1 > 0.0 else 0.0
        x2, x3 = v2 if v2 > 0.0 else 0.0, v3 if v3 > 0.0 else 0.0
        x0, x1 = x0 if x0 < u[t] else u[t], x1 if x1 < u[t + q] else u[t + q]
        x2, x3 = x2 if x2 < u[t + 2 * q] else u[t + 2 * q], x3 if x3 < u[t + 3 * q] else u[t + 3 * q]
        part[t] = (x0 + x1) + (x2 + x3)
        free += (1 if x0 == v0 else 0) + (1 if x1 == v1 else 0) + (1 if x2 == v2 else 0) + (1 if x3 == v3 else 0)
    return total(part, q), float(free)


@njit(cache=True)
def between(
    z: Array, u: Array, n: int, energy: float, softness: float, at: float, low: float, high: float
) -> tuple[float, float]:
    """The part of [low, high] in which the root or the nearer end lies: finite, a point where that is known."""
    nothing, everything, full = np.inf, -np.inf, 0.0
    for t in range(n):
        nothing, everything, full = min(nothing, -z[t]), max(everything, u[t] - z[t]), full + u[t]
    if softness > 0.0:
        nothing, everything = (energy - full) / softness - at, energy / softness - at
    elif n == 0:
        nothing, everything = 0.0, 0.0
    if softness == 0.0 and (energy >= full or energy <= 0.0):
        short = energy > full if energy > 0.0 else energy < 0.0  # not even a corner serves it: the price limit
        corner, end = (everything, high) if energy > 0.0 else (nothing, low)
        corner = end if short and abs(end) < np.inf else min(max(corner, low), high)
        return corner, corner
    return max(low, min(nothing, high)), min(high, max(everything, low))


@njit(cache=True)
def root(
    z: Array,
    u: Array,
    n: int,
    padded: int,
    energy: float,
    softness: float,
    at: float,
    low: float,
    high: float,
    part: Array,
    steps: int = MOST_STEPS,
) -> tuple[float, float]:
    """The shift d where Σ clip(z + d, 0, u) + softness·(at + d) = E, or the nearer end of [low, high]; Σ x there.

    NaN where `steps` steps do not end at it. Every second one halves the bracket: after 200 no number is left inside.
    """
    d, s, narrow = min(max(0.0, low), high), 0.0, False
    for step in range(steps):
        s, slope = served(z, u, padded, d, part)
        gap = s + softness * (at + d) - energy
        if abs(gap) <= ACCURACY * abs(energy) or (gap < 0.0 and d >= high) or (gap > 0.0 and d <= low):
            break
        low, high = (low, d) if gap > 0.0 else (d, high)
        slope += softness
        to = d - gap / slope if slope > 0.0 else np.inf
        if not (low < to < high) or (step >= NEWTON_STEPS and step % 2 == 0):
            if not narrow:
                low, high = between(z, u, n, energy, softness, at, low, high)
                narrow = True
            to = 0.5 * (low + high) if low < high else low
        if to == d:
            break
        d = to
    else:
        return np.nan, np.nan
    return d, s


@njit(cache=True)
def settled(z: Array, u: Array, padded: int, shift: float, x: Array, part: Array) -> float:
    """Fill x_t = clip(z_t + shift, 0, u_t); returns Σ_t x_t (x_t/2 - z_t - shift), the dual value divided by a."""
    half = padded // 2
    for t in range(half):
        v, w = z[t] + shift, z[t + half] + shift
        x0, x1 = v if v > 0.0 else 0.0, w if w > 0.0 else 0.0
        x0, x1 = x0 if x0 < u[t] else u[t], x1 if x1 < u[t + half] else u[t + half]
        x[t], x[t + half] = x0, x1
        part[t] = x0 * (0.5 * x0 - v) + x1 * (0.5 * x1 - w)
    return total(part, half)
