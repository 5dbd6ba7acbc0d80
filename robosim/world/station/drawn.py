"""A day of charging as real drivers make them, without any data file.

Source: quantiles of 9 802 sessions at Caltech, 2019 to 2021, 8 317 of them with the driver's own statement; ACN-Data
(Lee, Li, Low, ACN-Data: Analysis and Applications of an Open EV Charging Dataset, e-Energy 2019).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.world.station.sessions import DAY_MIN, Sessions

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Of the quantiles below; the ends are the measured 0.5 % and 99.5 %, so that no single odd driver sets them."""
ARRIVAL_H = (5.5, 7.8, 9.1, 10.4, 14.1, 19.6, 22.6)
STAY_H = (0.2, 0.6, 1.8, 4.8, 8.1, 10.8, 24.0)
DELIVERED_KWH = (0.5, 0.85, 2.3, 6.0, 11.9, 31.3, 52.5)
ASKED_PER_DELIVERED = (0.54, 1.01, 1.32, 1.92, 3.13, 8.35, 32.0)
LATENESS_H = (-14.3, -7.4, -1.2, 0.4, 2.8, 7.7, 19.5)
"""True minus stated departure."""

STAY_ON_ARRIVAL, ASKED_ON_DELIVERED, LATENESS_ON_STAY = -0.457, -0.568, 0.776
"""Correlations of a Gaussian copula, 2 sin(π r / 6) of the measured rank correlations r = -0.44, -0.55, 0.76."""

CHARGER_KW = 6.656
"""32 A at 208 V."""
USABLE = 0.9
"""Share of what the charger could deliver that a session may want: nobody arrives with a hopeless wish."""
SHORTEST_STATED_MIN = 15.0


def drawn_day(count: int, rng: np.random.Generator) -> Sessions:
    """`count` sessions in the order of their arrival, each a draw by the inverse distribution function.

    Between quantiles the distribution is uniform. What was delivered could be served at 6.656 kW in 90 % of the stay,
    what was asked even in 90 % of the shorter of true and stated stay.

    Raises
    ------
    BadInput
        `count` is negative.
    """
    if count < 0:
        raise BadInput(f"count: must be >= 0, got {count} (how many cars come?)")
    arrival, stay, lateness, wish, asked_per_wish = _draws(count, rng)
    leave = arrival + stay
    departure = np.minimum(leave, DAY_MIN)
    delivered = np.minimum(wish, _servable_kwh(departure - arrival))
    stated = _stated(arrival, departure - lateness, delivered)
    asked = np.minimum(asked_per_wish * delivered, _servable_kwh(np.minimum(departure, stated) - arrival))
    names = tuple(f"drawn-{number:0{len(str(count))}d}" for number in range(1, count + 1))
    return Sessions(
        arrival_min=arrival,
        departure_min=departure,
        stated_departure_min=stated,
        asked_kwh=asked,
        delivered_kwh=delivered,
        claimed=np.ones(count, dtype=np.bool_),
        clipped=leave > DAY_MIN,
        stations=("",) * count,
        ids=names,
        places=names,
    )


def _draws(count: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Array, Array]:
    """Arrival, stay, lateness in minutes; kWh; ratio; by arrival."""
    first, second, third, fourth, fifth = rng.standard_normal((5, count))
    stay = _leaning(STAY_ON_ARRIVAL, first, second)
    lateness = _leaning(LATENESS_ON_STAY, stay, third)
    ratio = _leaning(ASKED_ON_DELIVERED, fourth, fifth)
    order = np.argsort(first, kind="stable")
    return (
        60.0 * _quantile(first, ARRIVAL_H)[order],
        60.0 * _quantile(stay, STAY_H)[order],
        60.0 * _quantile(lateness, LATENESS_H)[order],
        _quantile(fourth, DELIVERED_KWH)[order],
        _quantile(ratio, ASKED_PER_DELIVERED)[order],
    )


def _leaning(correlation: float, on: Array, fresh: Array) -> Array:
    return np.asarray(correlation * on + np.sqrt(1.0 - correlation**2) * fresh)


def _quantile(normal: Array, values: tuple[float, ...]) -> Array:
    return np.interp(ndtr(normal), LEVELS, values)


def _servable_kwh(minutes: Array) -> Array:
    return USABLE * CHARGER_KW * minutes / 60.0


def _stated(arrival: Array, told: Array, delivered: Array) -> Array:
    """Drivers state a stay of a quarter of an hour or more, and enough for what they will get."""
    enough = np.maximum(SHORTEST_STATED_MIN, 60.0 * delivered / (USABLE * CHARGER_KW))
    return np.minimum(np.maximum(told, arrival + enough), DAY_MIN)
