"""Bodies drive and meters run: one round of single integrators in 1, 2 or 3 dimensions."""

from __future__ import annotations

import math

from numba import njit

from robosim.kernels import Array

REACH, IDLE, LINEAR, QUADRATIC, TAXICAB, BATTERY = range(6)
"""Places in `physics`: metres a round; joules a round, a metre, a square metre; 1-norm flag; joules on board."""


@njit(cache=True)
def affordable(length: float, budget: float, linear: float, quadratic: float) -> float:
    """The share f of a move whose energy linear·(f·length) + quadratic·(f·length)² just spends the budget, joules."""
    if budget <= 0.0:
        return 0.0
    a, b = quadratic * length * length, linear * length
    if a == 0.0:
        return budget / b
    return 2.0 * budget / (b + math.sqrt(b * b + 4.0 * a * budget))  # stable form of the positive root


@njit(cache=True, error_model="numpy")
def drive(
    at: Array,
    spent: Array,
    order: Array,
    noise: Array,
    lower: Array,
    upper: Array,
    physics: Array,
    to: Array,
    energy: Array,
) -> int:
    """Drive from `at` towards `order` into `to`, meters from `spent` into `energy`; positions (m, i, d), joules (m, i).

    Returns how many orders were not finite: those bodies stay. Noise (i, d) is the same in every mission (common random
    numbers); empty `noise` or `lower` means none.
    """
    refused = 0
    d = at.shape[2]
    reach, idle, linear, quadratic = physics[REACH], physics[IDLE], physics[LINEAR], physics[QUADRATIC]
    taxicab, battery, walls, noisy = physics[TAXICAB] > 0.0, physics[BATTERY], lower.size > 0, noise.size > 0
    for m in range(at.shape[0]):
        for i in range(at.shape[1]):
            sides, squares, sound = 0.0, 0.0, 0.0
            for c in range(d):
                target = order[m, i, c]
                sound += target * 0.0  # NaN as soon as one component is NaN or infinite
                if walls:
                    target = min(max(target, lower[c]), upper[c])
                if noisy:
                    target += noise[i, c]
                to[m, i, c] = target
                way = target - at[m, i, c]
                sides += abs(way)
                squares += way * way
            distance = math.sqrt(squares)
            share = 1.0
            if sound != 0.0:
                share = 0.0
                refused += 1
            elif distance > reach:
                share = reach / distance
            length = share * (sides if taxicab else distance) if share > 0.0 else 0.0
            joules = idle + linear * length + quadratic * length * length
            if spent[m, i] + joules > battery:
                part = affordable(length, battery - spent[m, i] - idle, linear, quadratic)
                share *= part
                joules = battery - spent[m, i]
            energy[m, i] = spent[m, i] + joules
            if share < 1.0:
                for c in range(d):
                    here = at[m, i, c]
                    to[m, i, c] = here + share * (to[m, i, c] - here) if share > 0.0 else here
    return refused
