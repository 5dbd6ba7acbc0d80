"""What followers with quadratic costs answer to a price, alone (T, Algorithm 1, (3a)) or near a target (ADMM).

    min_z ½ z'diag(q) z + f'z + λ'R_i z + (ρ/2) ‖R_i z - target‖²,  lo ≤ z ≤ hi,  q ≥ 0

Without a target it falls apart into numbers, z = clip(-(f + R_i'λ)/q, lo, hi). With one, one number after the other
takes its best value while the others wait, until nothing moves: for separable R_i (every number counts for at most one
resource) that is the answer after one turn, else it converges, also where the answer is not unique (Z.-Q. Luo, P.
Tseng, J. Optim. Theory Appl. 72 (1992) 7-35), slowly where two columns of R_i are nearly parallel. Then steps on the
face where it has arrived, to the least of all numbers between their limits at once, end it, as in J. J. Moré, G.
Toraldo, SIAM J. Optim. 1 (1991) 93-113.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.coupling import solved
from robosim.kernels.ev_response import one

ALONE, EVERY, TURNS = 200, 10, 2000
"""After so many turns every tenth one ends with a step on its face; turns in all."""
EXACT = 1e-13
"""An answer is optimal if every slope is what it has to be up to this share of its terms."""
RIDGE = 1e-14
"""Share of the largest curvature that is added to all on a face, which may be flat."""
STILL = 1e-15
"""No number moves by more than this share of its size."""


@njit(cache=True)
def respond_near(
    curvature: Array,
    slope: Array,
    lower: Array,
    upper: Array,
    rows: Array,
    price: Array,
    target: Array,
    rho: Array,
    z: Array,
    turns: int = TURNS,
) -> float:
    """Near answers of N agents in M missions, from wherever z begins; how far the worst of them is from optimal.

    That is 0, or where the last turn still moved something the largest wrong slope as a share of its terms: rounding
    makes it 1e-13 or less, and it is more only where `turns` were not enough.

    Parameters
    ----------
    curvature, slope, lower, upper : (1|M, N, n) q ≥ 0, f, lo, hi; finite where q and R_i's column are 0.
    rows : (1|N, m, n) R_i.
    price : (1|M, m) λ.
    target : (M, N, m) what R_i z is to be near.
    rho : (M,) ρ > 0.
    z : (M, N, n) overwritten: where the search begins, then the answers.
    """
    missions, agents, n = z.shape
    off, worst = np.empty(price.shape[1]), 0.0  # λ + ρ (R_i z - target)
    for m in range(missions):
        k, r = one(price.shape[0], m), rho[m]
        a, b, c, d = one(curvature.shape[0], m), one(slope.shape[0], m), one(lower.shape[0], m), one(upper.shape[0], m)
        for i in range(agents):
            own = rows[one(rows.shape[0], i)]
            pressure(own, price[k], target[m, i], r, z[m, i], off)
            moved = True
            for turn in range(turns):
                moved = False
                for e in range(n):
                    x = best(
                        curvature[a, i, e], slope[b, i, e], lower[c, i, e], upper[d, i, e], own, r, off, e, z[m, i, e]
                    )
                    step = x - z[m, i, e]
                    if step != 0.0:
                        moved = moved or abs(step) > STILL * abs(x)
                        z[m, i, e] = x
                        for row in range(off.size):
                            off[row] += r * own[row, e] * step
                if not moved:
                    break
                if turn >= ALONE and turn % EVERY == 0:
                    own_part = curvature[a, i], slope[b, i], lower[c, i], upper[d, i], own, price[k], target[m, i], r
                    on_its_face(*own_part, z[m, i], off)
                    if wrong(*own_part, z[m, i], off) <= EXACT:
                        moved = False
                        break
            if moved:
                own_part = curvature[a, i], slope[b, i], lower[c, i], upper[d, i], own, price[k], target[m, i], r
                worst = max(worst, wrong(*own_part, z[m, i], off))
    return worst


@njit(cache=True)
def pressure(own: Array, price: Array, target: Array, rho: float, z: Array, off: Array) -> None:
    """λ + ρ (R_i z - target), (m,)."""
    for row in range(off.size):
        off[row] = price[row] - rho * target[row]
        for e in range(z.size):
            off[row] += rho * own[row, e] * z[e]


@njit(cache=True)
def on_its_face(
    q: Array,
    f: Array,
    lo: Array,
    hi: Array,
    own: Array,
    price: Array,
    target: Array,
    rho: float,
    z: Array,
    off: Array,
) -> None:
    """Newton steps of the numbers between their limits, in place: who meets a limit stays there, and the rest go on."""
    place, fine = np.empty(z.size, dtype=np.int64), 0
    for _ in range(z.size + 2):  # all but two steps put a number at its limit
        pressure(own, price, target, rho, z, off)
        n, top = 0, 0.0
        for e in range(z.size):
            if lo[e] < z[e] < hi[e]:
                place[n] = e
                n += 1
        if n == 0 or fine == 2:
            return
        bend, step = np.empty((n, n)), np.empty(n)
        for x in range(n):
            e = place[x]
            step[x] = -(f[e] + q[e] * z[e])
            for row in range(off.size):
                step[x] -= own[row, e] * off[row]
            for y in range(n):
                bend[x, y] = q[e] if x == y else 0.0
                for row in range(off.size):
                    bend[x, y] += rho * own[row, e] * own[row, place[y]]
            top = max(top, bend[x, x])
        for x in range(n):
            bend[x, x] += RIDGE * top if top > 0.0 else 1.0
        solved(bend, step, n)
        far, blocked = 1.0, -1
        for x in range(n):
            e = place[x]
            room = hi[e] - z[e] if step[x] > 0.0 else lo[e] - z[e]
            if abs(far * step[x]) >= abs(room):
                far, blocked = room / step[x], x
        for x in range(n):
            e = place[x]
            z[e] = min(max(z[e] + far * step[x], lo[e]), hi[e])
        if blocked >= 0:
            z[place[blocked]] = hi[place[blocked]] if step[blocked] > 0.0 else lo[place[blocked]]
        else:
            fine += 1


@njit(cache=True)
def wrong(
    q: Array,
    f: Array,
    lo: Array,
    hi: Array,
    own: Array,
    price: Array,
    target: Array,
    rho: float,
    z: Array,
    off: Array,
) -> float:
    """The largest slope that leads down within limits, as a share of its terms: 0 at the answer."""
    worst = 0.0
    pressure(own, price, target, rho, z, off)
    for e in range(z.size):
        pull, size = f[e] + q[e] * z[e], abs(f[e]) + abs(q[e] * z[e])
        for row in range(off.size):
            terms = abs(price[row]) + rho * abs(target[row])
            for other in range(z.size):
                terms += rho * abs(own[row, other] * z[other])
            pull += own[row, e] * off[row]
            size += abs(own[row, e]) * terms
        if (pull > 0.0 and z[e] > lo[e]) or (pull < 0.0 and z[e] < hi[e]):
            worst = max(worst, abs(pull) / size)
    return worst


@njit(cache=True)
def best(q: float, f: float, lo: float, hi: float, own: Array, rho: float, off: Array, e: int, x: float) -> float:
    """The best value of number e, now x, while the others wait."""
    bend, pull = q, f + q * x
    for row in range(off.size):
        bend += rho * own[row, e] * own[row, e]
        pull += own[row, e] * off[row]
    if bend > 0.0:
        return min(max(x - pull / bend, lo), hi)
    return lo if pull > 0.0 else hi if pull < 0.0 else min(max(x, lo), hi)


@njit(cache=True)
def least_at_price(
    curvature: Array, slope: Array, lower: Array, upper: Array, rows: Array, price: Array, value: Array
) -> None:
    """Fill value (M, N) with min_z v_i(z) + λ'R_i z, an agent's term of the dual function; -∞ where nothing bounds it.

    The arrays are those of `respond_near`; a number with q = 0 is at the limit that the price sends it to.
    """
    missions, agents = value.shape
    for m in range(missions):
        k = one(price.shape[0], m)
        a, b, c, d = one(curvature.shape[0], m), one(slope.shape[0], m), one(lower.shape[0], m), one(upper.shape[0], m)
        for i in range(agents):
            own = rows[one(rows.shape[0], i)]
            value[m, i] = 0.0
            for e in range(slope.shape[2]):
                q, pull = curvature[a, i, e], slope[b, i, e]
                for row in range(price.shape[1]):
                    pull += own[row, e] * price[k, row]
                lo, hi = lower[c, i, e], upper[d, i, e]
                if q > 0.0:
                    x = min(max(-pull / q, lo), hi)
                    value[m, i] += x * (0.5 * q * x + pull)
                elif pull != 0.0:
                    value[m, i] += pull * (lo if pull > 0.0 else hi)


class QuadraticAgents(NamedTuple):
    """Costs, boxes and rows of N agents with n numbers each; C-ordered, the leading axis 1 (all missions) or M."""

    curvature: Array
    """(1|M, N, n) q > 0."""
    slope: Array
    """(1|M, N, n) f."""
    lower: Array
    """(1|M, N, n) lo, or -∞."""
    upper: Array
    """(1|M, N, n) hi ≥ lo, or ∞."""
    rows: Array
    """(1|N, m, n) R_i: what a decision takes of the m shared resources."""
    present: Array
    """(1|M, N) bool: false takes an agent out of a mission, z = 0 and value 0 (the marginal problems of T, (8))."""


@njit(cache=True)
def respond_quadratic(
    curvature: Array,
    slope: Array,
    lower: Array,
    upper: Array,
    rows: Array,
    present: Array,
    price: Array,
    z: Array,
    value: Array,
    load: Array,
) -> None:
    """Best responses of N agents in M missions: respond_quadratic(*prosumers, price, z, value, load).

    Parameters
    ----------
    curvature, slope, lower, upper, rows, present : `QuadraticAgents`.
    price : (1|M, m) λ.
    z : (M, N, n) overwritten: the decisions.
    value : (M, N) overwritten: v_i(z_i) + λ'R_i z_i, the agent's term of the dual function.
    load : (M, m) overwritten: Σ_i R_i z_i.
    """
    missions, agents, n = z.shape
    for m in range(missions):
        k, lo, hi, f = one(price.shape[0], m), one(lower.shape[0], m), one(upper.shape[0], m), one(slope.shape[0], m)
        load[m] = 0.0
        for i in range(agents):
            value[m, i] = 0.0
            r = one(rows.shape[0], i)
            for c in range(n):
                z[m, i, c] = 0.0
                if not present[one(present.shape[0], m), i]:
                    continue
                q, pull = curvature[one(curvature.shape[0], m), i, c], slope[f, i, c]
                for row in range(price.shape[1]):
                    pull += rows[r, row, c] * price[k, row]
                y = min(max(-pull / q, lower[lo, i, c]), upper[hi, i, c])
                z[m, i, c] = y
                value[m, i] += y * (0.5 * q * y + pull)
                for row in range(price.shape[1]):
                    load[m, row] += rows[r, row, c] * y
