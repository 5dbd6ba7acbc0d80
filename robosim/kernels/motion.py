"""Bodies drive and meters run: one round of single integrators in 1, 2 or 3 dimensions.

All missions are rows of one array. They are driven in blocks that fit into the nearest cache, each in loops that the
compiler turns into vector instructions; only bodies that cannot go where they are told are looked at one by one.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from robosim.kernels import Array

REACH, IDLE, LINEAR, QUADRATIC, TAXICAB, BATTERY = range(6)
"""Places in `physics`: metres a round; joules a round, a metre, a square metre; 1-norm flag; joules on board."""
BLOCK = 256


@njit(cache=True)
def drive(
    at: Array,
    spent: Array,
    order: Array,
    noise: Array,
    walls: Array,
    physics: Array,
    to: Array,
    energy: Array,
) -> int:
    """Drive from `at` towards `order` into `to`, meters from `spent` into `energy`; positions (m, i, d), joules (m, i).

    Returns how many orders were not finite: those bodies stay. Noise (i, d) is the same in every mission (common random
    numbers), `walls` (2, d) are the lowest and the highest coordinates; empty ones mean none.
    """
    d, rows, refused = at.shape[2], at.shape[0] * at.shape[1], 0
    a, o, t = at.reshape(rows, d), order.reshape(rows, d), to.reshape(rows, d)
    s, e = spent.reshape(rows), energy.reshape(rows)
    way = np.empty(BLOCK)
    for first in range(0, rows, BLOCK):
        b = slice(first, min(first + BLOCK, rows))
        bad = aim(o[b], walls, t[b])
        if noise.size > 0:
            miss(first, noise, t[b])
        measure(a[b], t[b], physics[TAXICAB] > 0.0, way)
        if bad + meter(way, s[b], physics, e[b]) > 0 or physics[TAXICAB] > 0.0:
            refused += hold(a[b], s[b], o[b], physics, t[b], e[b], way)
    return refused


@njit(cache=True)
def aim(order: Array, walls: Array, to: Array) -> int:
    """Where bodies are told to go, inside the walls; returns how many numbers are not finite."""
    bad = 0
    for c in range(order.shape[1]):
        low = walls[0, c] if walls.size > 0 else -np.inf
        high = walls[1, c] if walls.size > 0 else np.inf
        for i in range(order.shape[0]):
            x = order[i, c]
            bad += not abs(x) < np.inf
            to[i, c] = min(max(x, low), high)
    return bad


@njit(cache=True)
def miss(first: int, noise: Array, to: Array) -> None:
    """Add each robot's landing error; row r of all missions is robot r mod the number of robots."""
    for i in range(to.shape[0]):
        for c in range(to.shape[1]):
            to[i, c] += noise[(first + i) % noise.shape[0], c]


@njit(cache=True)
def measure(at: Array, to: Array, taxicab: bool, way: Array) -> None:
    """Length of each move in the meter's norm."""
    for i in range(at.shape[0]):
        x = to[i, 0] - at[i, 0]
        y = to[i, 1] - at[i, 1] if at.shape[1] > 1 else 0.0
        z = to[i, 2] - at[i, 2] if at.shape[1] > 2 else 0.0
        way[i] = abs(x) + abs(y) + abs(z) if taxicab else math.sqrt(x * x + y * y + z * z)


@njit(cache=True)
def meter(way: Array, spent: Array, physics: Array, energy: Array) -> int:
    """Energy if everybody gets there; returns how many do not: too far, or too much for the battery."""
    reach, battery, short = physics[REACH], physics[BATTERY], 0
    for i in range(spent.size):
        total = spent[i] + (physics[IDLE] + physics[LINEAR] * way[i] + physics[QUADRATIC] * way[i] * way[i])
        short += (way[i] > reach) | (total > battery)
        energy[i] = total
    return short


@njit(cache=True, error_model="numpy")
def hold(at: Array, spent: Array, order: Array, physics: Array, to: Array, energy: Array, way: Array) -> int:
    """Stop bodies where reach or battery ends, and those that were told no place at all: how many are these?"""
    refused = 0
    for i in range(at.shape[0]):
        sound, squares = True, 0.0
        for c in range(at.shape[1]):
            sound &= abs(order[i, c]) < np.inf
            squares += (to[i, c] - at[i, c]) ** 2
        distance = math.sqrt(squares)
        share = physics[REACH] / distance if distance > physics[REACH] else 1.0
        if not sound:
            share = 0.0
            refused += 1
        length = share * way[i] if share > 0.0 else 0.0
        left = physics[BATTERY] - spent[i]
        joules = physics[IDLE] + physics[LINEAR] * length + physics[QUADRATIC] * length * length
        if joules > left:
            share *= affordable(length, left - physics[IDLE], physics[LINEAR], physics[QUADRATIC])
            joules = left
        energy[i] = spent[i] + joules
        if share < 1.0:
            for c in range(at.shape[1]):
                to[i, c] = at[i, c] + share * (to[i, c] - at[i, c]) if share > 0.0 else at[i, c]
    return refused


@njit(cache=True)
def affordable(length: float, budget: float, linear: float, quadratic: float) -> float:
    """The share f of a move whose energy linear·(f·length) + quadratic·(f·length)² just spends the budget, joules."""
    if budget <= 0.0:
        return 0.0
    a, b = quadratic * length * length, linear * length
    if a == 0.0:
        return budget / b
    return 2.0 * budget / (b + math.sqrt(b * b + 4.0 * a * budget))  # stable form of the positive root
