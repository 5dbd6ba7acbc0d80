"""A team whose robots have bodies of several kinds, as one body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.rendezvous.bodies.body import Body, Tracking
from robosim.rendezvous.bodies.rehearsal import tracked


@dataclass(frozen=True, kw_only=True)
class Team:
    """Hands each agent to its body; what it keeps is as wide as the widest needs, and 0 where a body keeps less.

    What is said of all of them, `tracking`, `speed_mps`, `tube_m`, is that of the worst of them: true of each.

    Parameters
    ----------
    bodies : the kinds of bodies.
    index : (agents,) which of them each agent has.
    """

    bodies: tuple[Body, ...]
    index: tuple[int, ...]

    def __post_init__(self) -> None:
        """Raise `BadInput` where an agent has none of the bodies, or there is no space in which all can move."""
        if not self.index or not all(0 <= one < len(self.bodies) for one in self.index):
            raise BadInput(
                f"Team: index must name bodies 0..{len(self.bodies) - 1}, got {[*self.index]} (one an agent)"
            )
        if not self.dimensions:
            kinds = ", ".join(type(body).__name__ for body in self.bodies)
            raise BadInput(f"Team: {kinds} cannot move in the same space (take bodies with a common dimension)")

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Of the spaces in which all can move."""
        return tuple(d for d in (1, 2, 3) if all(d in body.dimensions for body in self.bodies))

    @property
    def stops(self) -> bool:
        """Whether all of them can stand still."""
        return all(body.stops for body in self.bodies)

    def inner(self, d: int) -> int:
        """As many as the one that keeps most."""
        return max(body.inner(d) for body in self.bodies)

    def begin(self, position: Array, heading: Array) -> Array:
        """All at rest, (missions, agents, inner)."""
        kept = np.zeros((*position.shape[:2], self.inner(position.shape[2])))
        for body, who in self._members():
            kept[:, who, : body.inner(position.shape[2])] = body.begin(_of(who, position), heading[who])
        return kept

    def drive(self, at: Array, inner: Array, goal: Array, pace: Array, steps: int, dt_s: float, meters: Array) -> None:
        """`steps` control steps of all of them, see `Body.drive`."""
        for body, who in self._members():
            place, state, meter = _of(who, at), self._state(body, who, at, inner), _of(who, meters)
            body.drive(place, state, _of(who, goal), _of(who, pace), steps, dt_s, meter)
            at[:, who], inner[:, who, : state.shape[2]], meters[:, who] = place, state, meter

    def steered(self, at: Array, inner: Array) -> Array:
        """What goals are given to, (missions, agents, d) m."""
        points = np.empty_like(at)
        for body, who in self._members():
            points[:, who] = body.steered(_of(who, at), self._state(body, who, at, inner))
        return points

    def heading(self, inner: Array) -> Array | None:
        """Where they look, (missions, agents) rad, NaN of those that look nowhere; None if nobody looks anywhere."""
        looks = np.full(inner.shape[:2], np.nan)
        found = False
        for body, who in self._members():
            mine = body.heading(_of(who, inner))
            if mine is not None:
                looks[:, who], found = mine, True
        return looks if found else None

    def tracking(self, round_s: float, dt_s: float) -> Tracking:
        """The shortest reach, the largest of all gains and floors."""
        d = max(self.dimensions)
        each = [tracked(body, round_s, dt_s, d).tracking for body, _ in self._members()]
        longest = max(len(one.gains) for one in each)
        padded = [(*one.gains, *[0.0] * (longest - len(one.gains))) for one in each]
        return Tracking(
            reach_m=min(one.reach_m for one in each),
            gains=tuple(max(gains) for gains in zip(*padded, strict=True)),
            floor_m=max(one.floor_m for one in each),
        )

    @property
    def speed_mps(self) -> float:
        """Of the fastest."""
        return max(body.speed_mps for body, _ in self._members())

    def tube_m(self, dt_s: float) -> float:
        """Of the one that strays farthest; `tubes_m` says it of each."""
        return float(self.tubes_m(dt_s).max())

    def tubes_m(self, dt_s: float) -> Array:
        """How far each can be from its steered point at any time, (agents,) m."""
        each = [body.tube_m(dt_s) for body in self.bodies]
        return np.array([each[one] for one in self.index])

    def _members(self) -> Iterator[tuple[Body, NDArray[np.intp]]]:
        index = np.array(self.index)
        for one in sorted({*self.index}):
            yield self.bodies[one], np.flatnonzero(index == one)

    def _state(self, body: Body, who: NDArray[np.intp], at: Array, inner: Array) -> Array:
        return np.ascontiguousarray(_of(who, inner)[..., : body.inner(at.shape[2])])


def _of(who: NDArray[np.intp], values: Array) -> Array:
    """Rows of some agents, (missions, some, …), a copy."""
    return np.take(values, who, axis=1)
