"""Where the leader's prices go next, from what its last moves told of how the dual function bends.

A move s of the price took y of what was asked for in excess away: -∇²q s = y where the price just was. The last moves,
the newest first, are made conjugate, s_i'y_j = 0, and the model is maximised along each of them in turn:

    c_j = s_j'g / max(s_j'y_j, s_j'Γ⁻¹s_j / FLATTEST),      λ ← λ + c_j s_j,      g ← g - c_j y_j

A step of length Γ along what is then left in excess ends the round (a multisecant method of type I: H. Fang, Y. Saad,
Numer. Linear Algebra Appl. 16 (2009) 197-221). Prices that are 0 and stay there take no part. Where the last move went
far past the summit on its way, the function bends here as older moves cannot know, and they are forgotten. Every sum
has one order: bits do not depend on the processor's vectors.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array

FLATTEST = 256.0
"""No way bends less than the sure bound says, divided by this."""
ALIKE = 1e-2
"""A move of which conjugation leaves no more than this share of its bend tells nothing new."""
FAR = 0.5
"""A move went far past the summit where its slope at the end is minus this share of that at its beginning."""


@njit(cache=True)
def inner(a: Array, b: Array, n: int) -> float:
    """Σ a_t b_t of the first n."""
    total = 0.0
    for t in range(n):
        total += a[t] * b[t]
    return total


@njit(cache=True)
def remembered(
    move: Array, turn: Array, ways: Array, turns: Array, far: bool, new_ways: Array, new_turns: Array
) -> None:
    """The last move first, then the older ones, or zeros where it went far past the summit."""
    new_ways[0], new_turns[0] = move, turn
    if far:
        new_ways[1:], new_turns[1:] = 0.0, 0.0
    else:
        new_ways[1:], new_turns[1:] = ways[:-1], turns[:-1]


@njit(cache=True)
def picked(x: Array, some: Array, n: int, out: Array) -> None:
    """out_t = x at the t-th of the n numbers `some`."""
    for t in range(n):
        out[t] = x[some[t]]


@njit(cache=True)
def maximised(ways: Array, turns: Array, some: Array, n: int, gamma: Array, left: Array, go: Array) -> None:
    """Fill go with Σ c_j s_j for the n prices `some`, and take Σ c_j y_j off what is `left` in excess."""
    many = ways.shape[0]
    s, y, bends = np.empty((many, n)), np.empty((many, n)), np.zeros(many)
    go[:n] = 0.0
    for j in range(many):
        picked(ways[j], some, n, s[j])
        picked(turns[j], some, n, y[j])
        whole = inner(s[j], y[j], n)
        for i in range(j):
            if bends[i] > 0.0:
                share = inner(s[j], y[i], n) / bends[i]
                s[j] -= share * s[i]
                y[j] -= share * y[i]
        bend, sure = inner(s[j], y[j], n), 0.0
        if not bend > ALIKE * max(whole, 0.0):
            continue
        for t in range(n):
            sure += s[j, t] * s[j, t] / gamma[some[t]]
        bends[j], c = bend, inner(s[j], left, n) / max(bend, sure / FLATTEST)
        for t in range(n):
            go[t] += c * s[j, t]
            left[t] -= c * y[j, t]


@njit(cache=True)
def secant_step(
    price: Array,
    over: Array,
    before: Array,
    over_before: Array,
    gamma: Array,
    length: Array,
    floored: bool,
    ways: Array,
    turns: Array,
    new_ways: Array,
    new_turns: Array,
    to: Array,
) -> None:
    """The next prices `to` (M, rows), and the moves with which the last one is among them.

    Parameters
    ----------
    price, over : (M, rows) λ, and what was asked for in excess at it; `before`, `over_before` : the same a round ago.
    gamma : (1|M, rows) Γ, steps that are sure. length : (1|M, rows) the step along what the past says nothing of.
    floored : whether no price is negative.
    ways, turns : (M, K, rows) the last moves s and what they took away, y; zeros where there were none.
    new_ways, new_turns, to : overwritten.
    """
    rows = price.shape[1]
    some, go, left = np.empty(rows, dtype=np.int64), np.empty(rows), np.empty(rows)
    for m in range(price.shape[0]):
        sure, last = gamma[m if gamma.shape[0] > 1 else 0], length[m if length.shape[0] > 1 else 0]
        move, turn, n = price[m] - before[m], over_before[m] - over[m], 0
        far = inner(over[m], move, rows) < -FAR * abs(inner(over_before[m], move, rows))
        remembered(move, turn, ways[m], turns[m], far, new_ways[m], new_turns[m])
        for t in range(rows):
            to[m, t] = price[m, t]
            if not floored or price[m, t] > 0.0 or over[m, t] > 0.0:
                some[n] = t
                left[n] = over[m, t]
                n += 1
        maximised(new_ways[m], new_turns[m], some, n, sure, left, go)
        for t in range(n):
            r = some[t]
            reached = to[m, r] + go[t] + last[r] * left[t]
            to[m, r] = reached if not floored or reached > 0.0 else 0.0
