"""Where robots start: as listed, or drawn from the type space, with room for those that have a size."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.rendezvous.avoidance.starts import with_room
from robosim.rendezvous.embody import guards, radii
from robosim.rendezvous.frame import box
from robosim.rendezvous.scenario import RendezvousScenario

STARTS = 1
"""Stream of the world's seed."""


def starts(scenario: RendezvousScenario) -> Array:
    """θ, (agents, d) in metres.

    Raises `BadInput` where robots of this size have no room in the type space.
    """
    robots = scenario.robots
    if robots.starts_m == "random":
        return random_starts(scenario, np.random.default_rng([scenario.mission.seed, STARTS]))
    return np.asarray(robots.starts_m, dtype=np.float64).reshape(robots.count, robots.dimension)


def random_starts(scenario: RendezvousScenario, rng: np.random.Generator) -> Array:
    """Starts drawn uniformly from the type space, (agents, d) m; who has no room is drawn again."""
    robots = scenario.robots
    lower, upper = box(robots.type_space_m, robots.dimension)
    if not guards(scenario):
        return np.asarray(rng.uniform(lower, upper, (robots.count, robots.dimension)))
    size = radii(scenario)
    if robots.arena_m is not None:
        walls = box(robots.arena_m, robots.dimension)
        lower, upper = np.maximum(lower, walls[0] + size.max()), np.minimum(upper, walls[1] - size.max())
    drawn = rng.uniform(lower, upper, (robots.count, robots.dimension)) if (lower < upper).all() else None
    found = None if drawn is None else with_room(drawn, (lower, upper), size, scenario.obstacle, rng)
    if found is None:
        raise scenario.error(
            "robots.type_space_m",
            f"has no room for {robots.count} robots of radius {size.max():.3g} m (a larger space, or fewer robots)",
        )
    return found
