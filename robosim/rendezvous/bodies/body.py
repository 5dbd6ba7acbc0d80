"""What every body keeps: it drives towards a goal in control steps, meters what its motion was, and says how well it
tracks.

A round lasts `steps` control steps of `dt_s` seconds. Bodies are pure: everything that changes is in the arrays that
they are handed, positions (missions, agents, d) in metres and `inner`, (missions, agents, numbers it keeps).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from robosim.agent import Array

METERS = 4
"""Meters of motion (`robosim.energy`), with the mean speed of each control step."""


@dataclass(frozen=True, kw_only=True)
class Tracking:
    """How far a faithful body may be from its waypoint when a round is over.

    Where no waypoint is farther than `reach_m` from the one before, the miss of round k is at most

        floor_m + Σ_j gains[j] · step_{k-j}

    with step_k the distance between the waypoints of the rounds k-1 and k. Later gains are 0.

    Parameters
    ----------
    reach_m : the farthest step that is tracked so, from whatever state the body is in.
    gains : what is left of a step 0, 1, … rounds after it.
    floor_m : what may be left of nothing: bodies that do not move for less.
    """

    reach_m: float
    gains: tuple[float, ...] = ()
    floor_m: float = 0.0

    def misses(self, steps: ArrayLike) -> Array:
        """Bounds of the misses of rounds 1, 2, … whose steps are at most `steps` (rounds,), metres."""
        far = np.asarray(steps, dtype=np.float64)
        if not self.gains:
            return np.full(far.shape, self.floor_m)
        return np.asarray(self.floor_m + np.convolve(far, self.gains)[: far.size])


class Body(Protocol):
    """A kind of body. Its dataclass fields are its parameters, which world files set in `[robots.bodies.NAME]`.

    What it may say beside this stands in `robosim.rendezvous.bodies.said`.
    """

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Of the spaces in which it can move; of most bodies a constant of their class."""
        ...

    @property
    def stops(self) -> bool:
        """Whether it can stand still from one control step to the next; else it has momentum, and follows a point."""
        ...

    def inner(self, d: int) -> int:
        """How many numbers it keeps beside its position in d dimensions."""
        ...

    def begin(self, position: Array, heading: Array) -> Array:
        """Its inner state at rest, (missions, agents, inner), at `position`; `heading` (agents,) rad, if it has one."""
        ...

    def drive(self, at: Array, inner: Array, goal: Array, pace: Array, steps: int, dt_s: float, meters: Array) -> None:
        """`steps` control steps towards `goal`, in place.

        Parameters
        ----------
        at : (missions, agents, d) positions, m; written.
        inner : (missions, agents, inner); written.
        goal : (missions, agents, d), m, finite.
        pace : (missions, agents), the share of each control step in which its drives are on; 0: it stands still, and
            has no momentum left.
        meters : (missions, agents, METERS); what its motion was is added.
        """
        ...

    def steered(self, at: Array, inner: Array) -> Array:
        """The point that goals are given to, (missions, agents, d) m: its position, or what it follows."""
        ...

    def heading(self, inner: Array) -> Array | None:
        """Where it looks, (missions, agents) rad in (-π, π]; None for bodies that look nowhere."""
        ...

    def tracking(self, round_s: float, dt_s: float) -> Tracking:
        """How well it tracks in rounds of `round_s` seconds, from theory or, for bodies of one's own, by trial."""
        ...

    @property
    def speed_mps(self) -> float:
        """The fastest that it moves."""
        ...

    def tube_m(self, dt_s: float) -> float:
        """How far the body can be from its steered point at any time, metres."""
        ...
