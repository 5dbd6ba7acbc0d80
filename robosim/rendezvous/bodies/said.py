"""What bodies say of themselves, one number an agent: of teams of several bodies, and of those who say nothing.

A body may say how fast it turns (`turn_per_s`), how fast its steered point is in control steps of some length
(`point_speed_mps`), the most acceleration of its drives (`most_acceleration_mps2`), and its `radius_m`. One that does
not is taken to turn and push without limit, to steer as fast as it moves, and to have no size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.rendezvous.bodies.body import Body


def members(body: Body, agents: int) -> list[Body]:
    """The body of each agent."""
    kinds: Any = getattr(body, "bodies", None)
    return [body] * agents if kinds is None else [kinds[one] for one in body.index]  # type: ignore[attr-defined]


def each(body: Body, agents: int, what: Callable[[Body], float]) -> Array:
    """A number of every agent's body, (agents,)."""
    return np.array([what(one) for one in members(body, agents)], dtype=np.float64)


def stopping(body: Body, agents: int) -> NDArray[np.bool_]:
    """Who can stand still from one control step to the next, (agents,)."""
    return np.array([one.stops for one in members(body, agents)])


def point_speed_mps(body: Body, dt_s: float) -> float:
    """The fastest that its steered point moves in control steps of so many seconds."""
    found = getattr(body, "point_speed_mps", None)
    return float(body.speed_mps if found is None else found(dt_s))


def radius_m(body: Body) -> float:
    """Of the disc, or ball, around its position that holds it."""
    return float(getattr(body, "radius_m", 0.0))


def most_turn_per_s(body: Body, agents: int) -> float:
    """The fastest that anybody turns, rad/s."""
    return float(each(body, agents, lambda one: getattr(one, "turn_per_s", np.inf)).max())


def most_acceleration_mps2(body: Body, agents: int) -> float:
    """The largest acceleration of anybody's drives."""
    return float(each(body, agents, lambda one: getattr(one, "most_acceleration_mps2", np.inf)).max())
