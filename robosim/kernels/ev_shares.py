"""EVs in many missions at once, on a feeder of several rows: answers to its prices, and what shares are worth.

A kW of EV i takes w_ik of row k, so a kW in period t costs it p_it + Σ_k w_ik λ_kt. Missions that are not open are
passed over; rows without a price cost no time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.ev_response import BLOCK, best, filled, joined, one, tops, written


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
def answer(
    curvature: Array,
    cost: Array,
    limit: Array,
    stay: Array,
    wish: Array,
    present: Array,
    weights: Array,
    price: Array,
    open_: Array,
    nu: Array,
    x: Array,
    value: Array,
) -> None:
    """Best responses: answer(*fleet, weights, price, open, nu, x, value), as `robosim.kernels.ev_response.respond`.

    Parameters
    ----------
    weights : (N, K), or (0, 0) for one row of which everybody takes a kW.
    price : (1|M, K·T), row by row.
    open_ : (M,) bool; of a mission that is not open nothing is changed.
    nu, x, value : (M, N), (M, N, T), (M, N), overwritten.
    """
    periods = cost.shape[2]
    room = periods + BLOCK
    z, u, plan, part, c = np.empty(room), np.empty(room), np.empty(room), np.empty(room), np.zeros(room)
    for m in range(value.shape[0]):
        if not open_[m]:
            continue
        q, o, w = one(cost.shape[0], m), one(stay.shape[0], m), one(wish.shape[0], m)
        k = one(price.shape[0], m)
        busy = priced(price, k, weights.shape[1], periods)
        for i in range(value.shape[1]):
            value[m, i] = 0.0
            first = min(max(stay[o, i, 0], 0), periods)  # reports may lie: never outside the arrays
            n = max(min(stay[o, i, 1], periods) - first, 0)
            if not present[one(present.shape[0], m), i]:
                written(x, m, i, 0, 0, plan)
                continue
            here = one(cost.shape[1], i)
            if weights.size == 0:
                joined(price, k, cost, q, here, first, first + n, c)
            else:
                at_plug(price, k, busy, weights, i, periods, first, n, c)
                for t in range(np.uint64(first), np.uint64(first + n)):
                    c[t] += cost[q, here, t]
            tops(limit, one(limit.shape[0], m), one(limit.shape[1], i), first, n, filled(n), u)
            a = curvature[one(curvature.shape[0], m), i]
            nu[m, i], value[m, i] = best(c, first, n, u, a, wish, w, i, nu[m, i], z, plan, part)
            written(x, m, i, first, n, plan)


@njit(cache=True)
def worth_of_shares(
    curvature: Array,
    cost: Array,
    limit: Array,
    stay: Array,
    wish: Array,
    present: Array,
    weights: Array,
    asked: Array,
    correction: Array,
    nu: Array,
    x: Array,
    value: Array,
) -> None:
    """v_i of shares: worth_of_shares(*fleet, weights, asked, correction, nu, x, value).

    Parameters
    ----------
    weights : as for `answer`.
    asked, correction : (M, N, T) and (M, K·T): the share is what was asked for less Σ_k w_ik μ_kt, at least 0 and at
        most the limit. A mission with NaN for its first multiplier is passed over.
    nu : (M, N) read as the start of the search, then overwritten, as for `answer`.
    x : (M, N, T) overwritten by the best plans within the shares, or (0, 0, 0) where they are not wanted.
    value : (M, N) overwritten.
    """
    periods = cost.shape[2]
    room = periods + BLOCK
    z, u, plan, part = np.empty(room), np.empty(room), np.empty(room), np.empty(room)
    c, off = np.zeros(room), np.zeros(room)
    for m in range(value.shape[0]):
        if correction[m, 0] != correction[m, 0]:
            continue
        q, o, w, top = one(cost.shape[0], m), one(stay.shape[0], m), one(wish.shape[0], m), one(limit.shape[0], m)
        busy = priced(correction, m, weights.shape[1], periods)
        for i in range(value.shape[1]):
            value[m, i] = 0.0
            first = min(max(stay[o, i, 0], 0), periods)
            n = max(min(stay[o, i, 1], periods) - first, 0)
            if not present[one(present.shape[0], m), i]:
                if x.size > 0:
                    written(x, m, i, 0, 0, plan)
                continue
            at_plug(correction, m, busy, weights, i, periods, first, n, off)
            here = one(cost.shape[1], i)
            tops(limit, top, one(limit.shape[1], i), first, n, filled(n), u)
            for t in range(n):
                c[first + t] = cost[q, here, first + t]
                u[t] = min(max(asked[m, i, first + t] - off[first + t], 0.0), u[t])
            a = curvature[one(curvature.shape[0], m), i]
            nu[m, i], value[m, i] = best(c, first, n, u, a, wish, w, i, nu[m, i], z, plan, part)
            if x.size > 0:
                written(x, m, i, first, n, plan)
