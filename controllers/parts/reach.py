"""Towards a waypoint, as far as a body gets in a round."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array


def towards(here: Array, there: Array, reach_m: float) -> Array:
    """The point at most `reach_m` on the way from `here` to `there`, (missions, agents, d) metres; `there` if inf.

    >>> towards(np.zeros((1, 1, 2)), np.array([[[3.0, 4.0]]]), 1.0)
    array([[[0.6, 0.8]]])
    """
    if np.isinf(reach_m):
        return there
    way = there - here
    length = np.sqrt(np.einsum("mid,mid->mi", way, way))[..., None]
    return np.asarray(here + way * np.where(length > reach_m, reach_m / np.maximum(length, reach_m), 1.0))
