"""The frame in which robots meet: starts, type space and walls less each robot's place in the formation.

Without a formation all places are 0 and the frame is the world's. With one the boxes are as wide as the widest place
makes them: what is announced for the wider box holds in the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robosim.agent import Array
from robosim.rendezvous.formation import offsets
from robosim.rendezvous.scenario import RendezvousScenario


def box(value: Sequence[float] | Sequence[Sequence[float]], d: int) -> tuple[Array, Array]:
    """Corners (lower, upper), each (d,), of [lo, hi] for every coordinate or of one pair a coordinate."""
    pairs = np.broadcast_to(np.asarray(value, dtype=np.float64).reshape(-1, 2), (d, 2))
    return pairs[:, 0].copy(), pairs[:, 1].copy()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where robots meet; all in metres.

    Parameters
    ----------
    places : (agents, d) places in the formation.
    lower, upper : (d,) corners of the types θ_i less the places.
    walls : (2, d) corners of the walls in the world, (2, 0) where there are none.
    """

    places: Array
    lower: Array
    upper: Array
    walls: Array

    @property
    def inside(self) -> tuple[Array, Array]:
        """Corners of the walls as they seem in the frame of the meeting; two empty arrays where there are none."""
        if not self.walls.size:
            return np.empty(0), np.empty(0)
        return self.walls[0] - self.places.max(axis=0), self.walls[1] - self.places.min(axis=0)


def frame(scenario: RendezvousScenario) -> Frame:
    """The frame of a world."""
    robots = scenario.robots
    wanted = scenario.formation
    places = offsets(
        wanted.shape,
        robots.count,
        robots.dimension,
        spacing_m=wanted.spacing_m,
        radius_m=wanted.radius_m,
        given=None if wanted.offsets_m is None else np.array(wanted.offsets_m, dtype=np.float64),
    )
    lower, upper = box(robots.type_space_m, robots.dimension)
    return Frame(
        places=places, lower=lower - places.max(axis=0), upper=upper - places.min(axis=0), walls=_walls(scenario)
    )


def _walls(scenario: RendezvousScenario) -> Array:
    """Corners of the box that bodies cannot leave.

    With a speed limit and no arena the type space is the arena: a robot that could lead its neighbours out of it could
    make them miss their waypoints. Declared noise moves the walls out by as much as a faithful team can drift.
    """
    robots = scenario.robots
    arena = robots.arena_m if robots.arena_m is not None else robots.type_space_m
    if robots.arena_m is None and robots.speed_limit_mps is None and robots.body == "point":
        return np.empty((2, 0))
    lower, upper = box(arena, robots.dimension)
    drift = robots.position_noise_m * scenario.mission.rounds
    return np.array([lower - drift, upper + drift])
