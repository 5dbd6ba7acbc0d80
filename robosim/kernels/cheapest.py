"""What an EV charges whose costs do not bend: the cheapest periods first, a fractional knapsack."""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def cheapest_first(
    c: Array, first: int, n: int, u: Array, energy: float, least: float, most: float, plan: Array
) -> tuple[float, float]:
    """Fill the plan of an EV whose costs do not bend; what one more unit is worth to it, and how much it takes.

    Periods are filled from the cheapest on until E is served, those below `least` in any case, those from `most` on
    not at all; of equally cheap ones the earlier first. The worth is the price of the period filled last, or `most`
    where energy is missing (the highest price, if that is ∞: then no worth would serve it).
    """
    plan[:] = 0.0
    order, filled = np.argsort(c[first : first + n], kind="mergesort"), 0.0
    worth = c[first + order[0]] if n > 0 else 0.0
    for j in order:
        price = c[first + j]
        if price >= most or (price >= least and filled >= energy):
            break
        plan[j] = u[j] if price < least else min(u[j], energy - filled)
        filled += plan[j]
        worth = price
    if filled < energy:
        worth = most if most < np.inf else worth
    return min(max(worth, least), most), filled


@njit(cache=True)
def dual_value(c: Array, first: int, n: int, u: Array, energy: float, worth: float) -> float:
    """min over 0 ≤ x ≤ u of Σ_t (c_t - ν) x_t, and νE: never more than the least cost, whatever ν is."""
    value = 0.0
    for t in range(n):
        value += min(c[first + t] - worth, 0.0) * u[t]
    return value + worth * energy
