"""What a kW costs at an EV's plug on a feeder of several rows, and what is best within shares that EVs have."""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.ev_root import ACCURACY, total


@njit(cache=True)
def priced(price: Array, k: int, rows: int, periods: int) -> Array:
    """The rows that have a price in some period."""
    found, count = np.empty(rows, dtype=np.int64), 0
    for row in range(rows):
        for t in range(periods):
            if price[k, row * periods + t] != 0.0:
                found[count] = row
                count += 1
                break
    return found[:count]


@njit(cache=True)
def at_plug(
    price: Array, k: int, busy: Array, weights: Array, i: int, periods: int, first: int, n: int, c: Array
) -> None:
    """c_t = Σ_k w_ik λ_kt in the stay; without weights there is one row, of which a kW takes a kW."""
    if weights.size == 0:
        for t in range(np.uint64(first), np.uint64(first + n)):
            c[t] = price[k, t]
        return
    c[first : first + n] = 0.0
    for row in busy:
        w, start = weights[i, row], row * periods
        if w != 0.0:
            for t in range(first, first + n):
                c[t] += w * price[k, start + t]


@njit(cache=True)
def cut(asked: Array, m: int, i: int, off: Array, first: int, n: int, u: Array) -> None:
    """u_t becomes the share of period t: what was asked for less what is taken off, at least 0, at most u_t."""
    start = np.uint64(first)
    for t in range(n):
        at = start + np.uint64(t)
        share = asked[m, i, at] - off[at]
        share = share if share > 0.0 else 0.0
        u[t] = share if share < u[t] else u[t]


@njit(cache=True)
def whole(
    c: Array, first: int, n: int, padded: int, u: Array, a: float, energy: float, most: float, part: Array
) -> tuple[bool, float, float]:
    """Whether x = u is best: all of it is needed, and no unit costs more than it is worth; Σ u and the least cost then.

    Only where a worth at most is announced: then each unit that is missing costs that much.
    """
    s, dear, start = total(u, padded), 0, np.uint64(first)
    if not s <= energy * (1.0 + ACCURACY) or most == np.inf:
        return False, s, 0.0
    for t in range(padded):
        price = c[start + np.uint64(t)]
        part[t] = u[t] * (0.5 * a * u[t] + price)
        dear += 1 if price + a * u[t] > most and u[t] > 0.0 else 0
    return dear == 0, s, total(part, padded) + most * (energy - s)
