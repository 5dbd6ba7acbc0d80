"""Random starts with room: who would stand in somebody or something is drawn again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robosim.kernels import Array
from robosim.rendezvous.avoidance.keys import Obstacle
from robosim.rendezvous.avoidance.things import blocked, too_near

Places = NDArray[np.int64]
TIMES = 200
"""How often all that have no room are drawn again, at most."""


def with_room(
    points: Array, box: tuple[Array, Array], radius_m: Array, obstacles: Sequence[Obstacle], rng: np.random.Generator
) -> Array | None:
    """Starts (agents, d) of which those that have room are the given ones; None where no room is found.

    Parameters
    ----------
    points : (agents, d) m, as drawn without regard to sizes, which are kept where they can be.
    box : lowest and highest coordinates (d,) of centres.
    radius_m : (agents,), with what bodies stray from the point that is steered.
    """
    points = points.copy()
    fresh: Places = np.arange(len(points), dtype=np.int64)
    for _ in range(TIMES):
        fresh = without_room(points, radius_m, obstacles, fresh)
        if not fresh.size:
            return points
        points[fresh] = rng.uniform(*box, (fresh.size, points.shape[1]))
    return None


def without_room(points: Array, radius_m: Array, obstacles: Sequence[Obstacle], fresh: Places) -> Places:
    """Robots among the `fresh` ones that stand in an obstacle, and one of any two that overlap; ascending, (k,).

    Of two it is a fresh one, of two fresh ones the later.
    """
    new = np.zeros(len(points), dtype=bool)
    new[fresh] = True
    of_two = [j if new[j] else i for i, j, *_ in too_near(points, radius_m)]
    stuck = [fresh[k] for k, *_ in blocked(points[fresh], radius_m[fresh], obstacles)]
    return np.unique(np.array([*of_two, *stuck], dtype=np.int64))
