"""One car at one post in one step: what the post can be told, what the battery takes, what the meter counts.

Two-stage batteries fill as acnportal's do ('continuous'; Lee et al., ACN-Sim, IEEE Transactions on Smart Grid 2021):
constant power up to a knee, then power falls linearly to 0 at full. What a meter counts times the efficiency is what
the battery stores.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.charging import CONTINUOUS, DEADBAND, Cars, Posts

SLACK = 1.0 + 1e-12
"""A level is allowed from this fraction below it, so that turning kW into amperes never costs a level."""


@njit(cache=True)
def stored(content: float, capacity: float, most: float, offered: float, bend: float) -> float:
    """kWh that a battery stores in a step, `offered` kWh at constant power; it accepts `most` kWh a step at most.

    Two-stage: with s the state of charge, r = min(offered, most)/capacity, k = 1 - (1 - bend) r capacity/most, the next
    state is s + r up to k, then 1 - (1 - k) exp(-(s + r - k)/(1 - k)), and from s ≥ k on 1 - (1 - s) exp(-r/(1 - k)).
    """
    left, amount = capacity - content, min(offered, most)
    if not (amount > 0.0 and left > 0.0):
        return 0.0
    if bend >= 1.0:
        return min(amount, left)
    tail = (1.0 - bend) * capacity * amount / most
    before = left - tail
    if amount <= before:
        return amount
    if before <= 0.0:
        return float(-left * np.expm1(-amount / tail))
    return float(before - tail * np.expm1(-(amount - before) / tail))


@njit(cache=True)
def allowed(asked: float, kind: int, least: float, most: float, levels: Array, table: int) -> float:
    """The largest current, A, that an EVSE can be told to allow and that is not above the asked one; 0 for NaN."""
    if not asked > 0.0:
        return 0.0
    amps, best = min(asked, most), 0.0
    if kind == CONTINUOUS:
        return amps
    if kind == DEADBAND:
        return 0.0 if asked * SLACK < least else max(amps, least)
    for level in range(levels.shape[1]):
        if levels[table, level] <= amps * SLACK:
            best = levels[table, level]
    return best


@njit(cache=True)
def told(posts: Posts, c: int, asked: float) -> float:
    """`allowed` for station c."""
    return float(allowed(asked, posts.kind[c], posts.least_a[c], posts.most_a[c], posts.levels_a, posts.table[c]))


@njit(cache=True)
def drawn(
    offered: float, wanted: float, content: float, capacity: float, most: float, bend: float, eta: float
) -> float:
    """Metered kWh of one step when `offered` are; a car takes no more than it still wants."""
    if not (offered > 0.0 and wanted > 0.0):
        return 0.0
    return min(stored(content, capacity, most, eta * offered, bend) / eta, wanted)


@njit(cache=True)
def there(cars: Cars, i: int, t: int) -> float:
    """For which share of step t a car is there."""
    return float(max(0.0, min(cars.stay[i, 1], t + 1.0) - max(cars.stay[i, 0], float(t))))
