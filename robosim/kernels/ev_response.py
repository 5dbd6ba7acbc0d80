"""What EVs charge at a price: step (3a) of T, Algorithm 1, exactly, for whole populations.

One EV solves min_x Σ_t [ a x_t²/2 + (p_t + λ_t) x_t ] + φ(E - Σ_t x_t), 0 ≤ x_t ≤ u_t within its stay, x_t = 0 outside.
Its price of an energy e that is missing is φ(e) = max { ν e - κ ν²/2 : lo ≤ ν ≤ hi }; the wish (E, κ, lo, hi) covers

- (E, 0, -∞, ∞): Σ x = E, whatever it costs;         (E, 0, 0, w): w per unit missing, nothing for more than E;
- (E, 0, -∞, w): w per unit missing, never more than E, whatever is paid for it;
- (E, 1/b, -∞, ∞): b e²/2;                           (E, 1/b, 0, w): b e²/2, at most w per unit, only where e > 0;
- (0, 0, 0, 0): no wish, x follows the price alone.

Where costs do not bend, a = 0, the cheapest periods are filled first (`robosim.kernels.cheapest`); κ is then 0 too.

With x_t(ν) = clip((ν - p_t - λ_t)/a, 0, u_t) the minimum is where Σ x_t(ν) + κν = E, or at the nearer end of [lo, hi]:
the root of a piecewise-linear increasing function, by Newton steps inside a bracket. The least cost is returned as the
dual function's value at ν, Σ_t min_x [ a x²/2 + (p_t + λ_t - ν) x ] + νE - κν²/2: an inexact ν can only understate it,
so a duality gap made of these values certifies. Every sum has one order: bits do not depend on the processor's vectors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.cheapest import cheapest_first, dual_value
from robosim.kernels.ev_root import ACCURACY, root, settled
from robosim.kernels.shares import at_plug, cut, priced, whole

ENERGY, SOFTNESS, LEAST, MOST = range(4)
"""Places in a wish: E, κ, lo, hi."""
SHORT = 1e-9
"""A share of E that may not be missing where nothing may be missing."""
BLOCK = 16
"""Stays are filled up to multiples of this many periods, so that most loops have a length that the processor knows."""


class Fleet(NamedTuple):
    """What N EVs are and want, in T periods; C-ordered arrays.

    The leading axis is 1, the same in all missions, or M. `cost` and `limit` may have 1 for N: the same for all EVs.
    Power and energy share one unit, for example kW and kW-periods, or kWh a period and kWh.
    """

    curvature: Array
    """(1|M, N) a ≥ 0: discomfort and wear, money per squared unit of power and period."""
    cost: Array
    """(1|M, 1|N, T) p: what energy costs apart from the leader's price, money per unit."""
    limit: Array
    """(1|M, 1|N, 1|T) u ≥ 0: the most a period takes."""
    stay: Array
    """(1|M, N, 2) int32: first period, and the period after the last; clipped to 0 … T."""
    wish: Array
    """(1|M, N, 4): E, κ ≥ 0 (0 where a = 0), lo ≤ hi."""
    present: Array
    """(1|M, N) bool: false takes an EV out of a mission, x = 0 and value 0 (the marginal problems of T, (8))."""


@njit(cache=True)
def joined(price: Array, k: int, cost: Array, q: int, i: int, start: int, stop: int, c: Array) -> None:
    """c_t = p_t + λ_t for start ≤ t < stop. Here and below unsigned indices spare the test for negative ones."""
    for t in range(np.uint64(start), np.uint64(stop)):
        c[t] = price[k, t] + cost[q, i, t]


@njit(cache=True)
def levels(c: Array, first: int, padded: int, reference: float, per_unit: float, z: Array) -> None:
    """z_t = (reference - c_t)/a from the first period on; prices near the reference lose no digits."""
    start = np.uint64(first)
    for t in range(padded):
        z[t] = (reference - c[start + np.uint64(t)]) * per_unit


@njit(cache=True)
def tops(limit: Array, k: int, i: int, first: int, n: int, padded: int, u: Array) -> None:
    """u_t from the first period on, 0 after the last."""
    if limit.shape[2] == 1:
        top = limit[k, i, 0]
        for t in range(padded):
            u[t] = top if t < n else 0.0
    else:
        start = np.uint64(first)
        for t in range(n):
            u[t] = limit[k, i, start + np.uint64(t)]
        for t in range(n, padded):
            u[t] = 0.0


@njit(cache=True)
def written(x: Array, m: int, i: int, first: int, n: int, plan: Array) -> None:
    """One row of x: the plan within the stay, zero outside it."""
    start = np.uint64(first)
    for t in range(first):
        x[m, i, t] = 0.0
    for t in range(n):
        x[m, i, start + np.uint64(t)] = plan[t]
    for t in range(first + n, x.shape[2]):
        x[m, i, t] = 0.0


@njit(cache=True)
def added(together: Array, first: int, padded: int, plan: Array) -> None:
    """Add one EV's plan to everybody's; the plan is zero after its stay."""
    start = np.uint64(first)
    for t in range(padded):
        together[start + np.uint64(t)] += plan[t]


@njit(cache=True)
def one(size: int, index: int) -> int:
    """The index along an axis that may have length 1, the same for all."""
    return index if size > 1 else 0


@njit(cache=True)
def respond_on_rows(
    curvature: Array,
    cost: Array,
    limit: Array,
    stay: Array,
    wish: Array,
    present: Array,
    weights: Array,
    price: Array,
    open_: Array,
    asked: Array,
    nu: Array,
    x: Array,
    value: Array,
    load: Array,
) -> None:
    """Best responses on a feeder of several rows, or within shares: `respond` where nothing more is said.

    A kW of EV i takes w_ik of row k, so that a kW in period t costs it p_it + Σ_k w_ik λ_kt.

    Parameters
    ----------
    weights : (N, K), or (0, 0) for one row of which everybody takes a kW.
    price : (1|M, K·T) λ, row by row.
    open_ : (M,) bool; of a mission that is not open nothing is changed.
    asked : (0, 0, 0); or (M, N, T): then λ costs nobody anything, but cuts shares to asked - Σ_k w_ik λ_kt, at least 0
        and at most the limit, and the response is the best within them.
    """
    periods = cost.shape[2]
    room = periods + BLOCK
    z, u, plan, part, c, off, together = (
        np.empty(room),
        np.empty(room),
        np.empty(room),
        np.empty(room),
        np.zeros(room),
        np.zeros(room),
        np.empty(room),
    )
    free = np.zeros((1, room))
    for m in range(value.shape[0]):
        if not open_[m]:
            continue
        k, q, o, w = one(price.shape[0], m), one(cost.shape[0], m), one(stay.shape[0], m), one(wish.shape[0], m)
        together[:] = 0.0
        busy = priced(price, k, weights.shape[1], periods)
        plain = weights.size == 0 and asked.size == 0
        if plain and cost.shape[1] == 1:
            joined(price, k, cost, q, 0, 0, periods, c)
        for i in range(value.shape[1]):
            value[m, i] = 0.0
            first = min(max(stay[o, i, 0], 0), periods)  # reports may lie: never outside the arrays
            n = max(min(stay[o, i, 1], periods) - first, 0)
            if not present[one(present.shape[0], m), i]:
                if x.size > 0:
                    written(x, m, i, 0, 0, plan)
                continue
            padded = -(-n // BLOCK) * BLOCK
            tops(limit, one(limit.shape[0], m), one(limit.shape[1], i), first, n, padded, u)
            if not plain:
                at_plug(price, k, busy, weights, i, periods, first, n, off)
                if asked.size > 0:
                    cut(asked, m, i, off, first, n, u)
                    joined(free, 0, cost, q, one(cost.shape[1], i), first, first + n, c)
                else:
                    joined(off.reshape((1, room)), 0, cost, q, one(cost.shape[1], i), first, first + n, c)
            elif cost.shape[1] > 1:
                joined(price, k, cost, q, i, first, first + n, c)
            energy, softness = wish[w, i, ENERGY], wish[w, i, SOFTNESS]
            least, most = wish[w, i, LEAST], wish[w, i, MOST]
            a, reference = curvature[one(curvature.shape[0], m), i], nu[m, i]
            fits = False
            if asked.size > 0 and softness == 0.0:
                fits, s, cheapest = whole(c, first, n, padded, u, a, energy, most, part)
            if fits:
                worth, plan[:padded] = most, u[:padded]
            elif a == 0.0:
                worth, s = cheapest_first(c, first, n, u, energy, least, most, plan)
                cheapest = dual_value(c, first, n, u, energy, worth)
            else:
                if reference != reference:  # start where a mean price lets it charge at its mean power
                    reference = c[first + n // 2] + a * wish[w, i, ENERGY] / n if n > 0 else 0.0
                per = 1.0 / a
                levels(c, first, padded, reference, per, z)
                low, high = (least - reference) * per, (most - reference) * per
                d, s = root(z, u, n, padded, energy, softness * a, reference * per, low, high, part)
                if low < d < high and softness == 0.0 and abs(s - energy) > ACCURACY * abs(energy):
                    reference += a * d  # prices far apart, little curvature: rounding was coarse, begin near the root
                    levels(c, first, padded, reference, per, z)
                    low, high = (least - reference) * per, (most - reference) * per
                    d, s = root(z, u, n, padded, energy, softness * a, reference * per, low, high, part)
                worth = min(max(reference + a * d, least), most)
                cheapest = a * settled(z, u, padded, d, plan, part) + worth * energy - 0.5 * softness * worth * worth
            short = 0.0 if softness > 0.0 else energy - s
            if (short > SHORT * abs(energy) and most == np.inf) or (short < 0.0 and energy < 0.0 and least == -np.inf):
                cheapest += np.inf  # NaN stays NaN
            nu[m, i], value[m, i] = worth, cheapest
            if x.size > 0:
                written(x, m, i, first, n, plan)
            if load.size > 0:
                added(together, first, padded, plan)
        if load.size > 0:
            load[m] = together[:periods]


def respond(
    curvature: Array,
    cost: Array,
    limit: Array,
    stay: Array,
    wish: Array,
    present: Array,
    price: Array,
    nu: Array,
    x: Array,
    value: Array,
    load: Array,
) -> None:
    """Best responses of N EVs in M missions to the leader's price: respond(*fleet, price, nu, x, value, load).

    Parameters
    ----------
    curvature, cost, limit, stay, wish, present : a `Fleet`; all numbers finite but lo and hi.
    price : (1|M, T) λ, money per unit.
    nu : (M, N) read as the start of the search (NaN: none), then overwritten: what one more unit of energy is worth to
        each EV. Of an EV that is absent it stays as it was.
    x : (M, N, T) overwritten, or (0, 0, 0) where plans are not wanted.
    value : (M, N) overwritten: min_x of private cost + λ'x; ∞ where what must be served cannot be.
    load : (M, T) overwritten: Σ_i x_i, or (0, 0) where it is not wanted.
    """
    everywhere, weights, asked = np.ones(value.shape[0], dtype=np.bool_), np.empty((0, 0)), np.empty((0, 0, 0))
    fleet = Fleet(*map(read_only, (curvature, cost, limit, stay, wish, present)))
    public = (read_only(weights), read_only(price), read_only(everywhere), read_only(asked))
    respond_on_rows(*fleet, *public, nu, x, value, load)


def read_only(x: Array) -> Array:
    """The same, not to be written: so a kernel is compiled once, whoever made its arrays."""
    view = x.view()
    view.flags.writeable = False
    return view
