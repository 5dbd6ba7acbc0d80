"""Coordinates of road files: longitudes and latitudes, or kilometres."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array

DEGREES = 180.0, 90.0
KM_PER_DEGREE = 111.195
"""Of a meridian of the mean Earth, 6371 km."""


def in_degrees(positions: Array) -> bool:
    """Whether coordinates look like longitudes and latitudes: those of a town are close together, and not near 0, 0."""
    wide, middle = np.ptp(positions, axis=0), np.abs(positions.mean(axis=0))
    return bool((np.abs(positions) <= DEGREES).all() and wide.max() < 0.1 * middle.max())


def in_km(positions: Array) -> Array:
    """(P, 2) km, east and north: degrees become what they are on a flat map around their middle.

    >>> in_km(np.array([[-96.8, 43.5], [-96.7, 43.6]])).round(1)[1].tolist()
    [4.0, 5.6]
    """
    if not in_degrees(positions):
        return positions
    middle = positions.mean(axis=0)
    return np.asarray((positions - middle) * KM_PER_DEGREE * [np.cos(np.radians(middle[1])), 1.0])
