"""Numbers on axes: round ones, few, and as short as they can be told apart."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array

DECADES = 1.0
"""A logarithmic axis that spans less has linear ticks: powers of ten would be one or none."""


def nice(about: float) -> float:
    """The round length at or below `about`: 1, 2 or 5 times a power of ten.

    >>> nice(7.3), nice(0.031), nice(2000.0)
    (5.0, 0.02, 2000.0)
    """
    power = 10.0 ** np.floor(np.log10(about))
    return float(max(one for one in (1.0, 2.0, 5.0) if one * power <= about * (1 + 1e-12)) * power)


def spaced(low: float, high: float, most: int) -> list[float]:
    """Round numbers from low to high, at most about `most`.

    >>> spaced(0.0, 60.0, 6)
    [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    """
    if not high > low:
        return [low]
    step = nice((high - low) / max(most - 1, 1) * 1.0001)
    while (high - low) / step > most + 0.5:
        step = nice(step * 2.5)
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(x) + 0.0 for x in (np.arange(first, last + 1) * step).round(12)]


def steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from low to high.

    >>> steps(0.3, 20.0)
    [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    """
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    found = [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]
    return [one for one in found if low * (1 - 1e-9) <= one <= high * (1 + 1e-9)]


def decades(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from low to high, at most about `most`.

    >>> decades(0.002, 300.0, 3)
    [0.01, 1.0, 100.0]
    """
    first, last = int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9))
    step = max(1, -(-(last - first + 1) // most))
    return [float(10.0**power) for power in range(first, last + 1, step)]


def shown(x: float) -> str:
    """A number on an axis.

    >>> shown(0.5), shown(1500.0), shown(1e-7), shown(250000.0)
    ('0.5', '1,500', '1e-7', '250,000')
    """
    if x != 0.0 and not 1e-3 <= abs(x) < 1e6:
        head, _, power = f"{x:.3g}".partition("e")
        return f"{head}e{int(power)}" if power else head
    return f"{x:,.6g}" if abs(x) < 1e3 else f"{x:,.0f}"


def finite(x: Array) -> Array:
    """Those of the numbers that are."""
    return x[np.isfinite(x)]
