"""Formations: where robots stand around the point on which they agree, so that they meet without standing in one place.

Offsets (agents, d) in metres have mean 0: average consensus of starts less offsets ends where the team moves least.
"""

from __future__ import annotations

import math

import numpy as np

from robosim.agent import Array


def offsets(
    shape: str,
    agents: int,
    dimension: int,
    *,
    spacing_m: float | None = None,
    radius_m: float | None = None,
    given: Array | None = None,
) -> Array:
    """The places of a formation around its centre, (agents, d) m.

    Parameters
    ----------
    shape : "point": all in one place; "line", along the first axis, `spacing_m` apart; "circle", in the first two axes,
        with `radius_m`, or neighbours `spacing_m` apart; "grid": a square (in space a cube) with the
        fewest columns in which all have a place, filled row by row, neighbours `spacing_m` apart; "given": `given`
        (agents, d) less its mean.
    """
    if shape == "given" and given is not None:
        return np.asarray(given - given.mean(axis=0))
    places = np.zeros((agents, dimension))
    if shape == "line":
        places[:, 0] = float(spacing_m or 0.0) * np.arange(agents)
    elif shape == "circle":
        at = 2 * np.pi * np.arange(agents) / agents
        radius = radius_m if radius_m is not None else circle_radius(agents, float(spacing_m or 0.0))
        places[:, :2] = radius * np.stack([np.cos(at), np.sin(at)], axis=-1)
    elif shape == "grid":
        side = grid_side(agents, dimension)
        number = np.arange(agents)
        for c in range(dimension):
            places[:, c] = float(spacing_m or 0.0) * (number // side**c % side)
    return np.asarray(places - places.mean(axis=0))


def circle_radius(agents: int, spacing_m: float) -> float:
    """The radius of a circle on which neighbours are `spacing_m` apart: spacing = 2R sin(π/N)."""
    return spacing_m / (2 * math.sin(math.pi / agents)) if agents > 1 else 0.0


def grid_side(agents: int, dimension: int) -> int:
    """The fewest columns of a square (cube) in which all have a place."""
    side = 1
    while side**dimension < agents:
        side += 1
    return side


def closest_m(places: Array) -> float:
    """The smallest distance between two places (agents, d), m; infinite where there are not two."""
    from scipy.spatial import cKDTree  # the tree takes time to import, and only formations need it

    if len(places) < 2:
        return math.inf
    distance = np.asarray(cKDTree(places).query(places, k=2)[0])
    return float(distance[:, 1].min())


def complaint(places: Array, radius_m: Array, tube_m: Array) -> str | None:
    """What is wrong where two robots, (agents,) radii and tubes, have no room beside each other; None where all have.

    Every pair is given as much room as the two largest need, as it is not said who passes whom.
    """
    if len(places) < 2:
        return None
    need = float(np.sort(radius_m + tube_m)[-2:].sum())
    closest = closest_m(places)
    if closest >= need:
        return None
    return f"has places {closest:.6g} m apart, two robots need {need:.6g} m between their centres"
