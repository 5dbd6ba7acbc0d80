"""One round of bodies: control steps in which they give way, drive, are metered, run empty and are charged again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.energy import Power
from robosim.rendezvous.avoidance.guard import Guard, Memory
from robosim.rendezvous.bodies.body import METERS, Body
from robosim.rendezvous.world.batteries import Battery, Pads

TRIES = 4
"""How often a control step is tried with a shorter pace before those that still may not move stand."""
CAREFUL = 1.0 - 1e-12
"""A pace that spends a battery is shortened by this, so that rounding never spends more than there is."""
NOTHING = 1e-9
"""Share of its capacity below which a battery is empty."""


Mask = NDArray[np.bool_]


@dataclass(kw_only=True)
class Ride:
    """Where bodies are in a round, and what their meters show; arrays (missions, agents, …), written in place.

    Parameters
    ----------
    at, inner : positions in m and what bodies keep beside them.
    energy_j : what drives took, ∫P dt.
    charge_j : what batteries hold; infinite where there are none.
    given_j : what pads gave.
    seeking : 1.0 for who is on its way to a pad, or stays there.
    emptied : the round in which a battery first ran empty, -1 where none did.
    yielded : control steps in which a body was held back, or sent elsewhere, to keep clear of others.
    clearance_m : (missions,) the smallest gap so far.
    memory : what the guard keeps.
    """

    at: Array
    inner: Array
    energy_j: Array
    charge_j: Array
    given_j: Array
    seeking: Array
    emptied: NDArray[np.int64]
    yielded: NDArray[np.int64]
    clearance_m: Array
    memory: Memory | None

    @property
    def blocked(self) -> NDArray[np.int64]:
        """Control steps in which a robot wanted to move and stood, (missions, agents)."""
        return np.zeros_like(self.yielded) if self.memory is None else self.memory.blocked

    @property
    def close(self) -> NDArray[np.int64]:
        """Control steps in which it was nearer to others than it may be, (missions, agents)."""
        return np.zeros_like(self.yielded) if self.memory is None else self.memory.close

    def copy(self) -> Ride:
        """All but the guard's memory anew, to be driven on: a snapshot is never written into."""
        kept = {key: x.copy() for key, x in vars(self).items() if key != "memory"}
        return Ride(**kept, memory=self.memory)


@dataclass(frozen=True, kw_only=True)
class Driving:
    """How bodies drive: `steps` control steps of `dt_s` seconds a round.

    `speeds_mps` (agents,) are those of their steered points, `stops` (agents,) says who can stand at once.
    """

    body: Body
    dt_s: float
    steps: int
    power: Power
    speeds_mps: Array
    stops: Mask
    battery: Battery | None = None
    pads: Pads | None = None
    guard: Guard | None = None

    @property
    def watched(self) -> bool:
        """Whether every control step is looked at; else bodies drive a round in one go."""
        return self.guard is not None or self.battery is not None or not self.power.steady

    def round(self, k: int, ride: Ride, goal: Array, on: Array) -> None:
        """Round k of `ride` towards `goal` (missions, agents, d); `on` (missions, agents) is 0 for who stays out."""
        if not self.watched:
            meters = np.zeros((*on.shape, METERS))
            self.body.drive(ride.at, ride.inner, goal, on, self.steps, self.dt_s, meters)
            ride.energy_j += self.power.joules(meters, on * (self.steps * self.dt_s))
            return
        for left in range(self.steps, 0, -1):
            self._step(k, ride, goal, on, left)

    def _step(self, k: int, ride: Ride, goal: Array, on: Array, left: int) -> None:
        pace = np.where(ride.charge_j > 0.0, on, 0.0)
        target = self._target(ride, goal, left)
        (at, inner, joules, drained), empty = self._paced(ride, target, pace)
        self._fill(k, ride, at, drained, empty)
        ride.at, ride.inner = at, inner
        ride.energy_j += joules
        if self.guard is not None:
            np.minimum(ride.clearance_m, self.guard.clearance(at), out=ride.clearance_m)

    def _target(self, ride: Ride, goal: Array, left: int) -> Array:
        """Where bodies head in this control step: to their goals, to pads, or out of each other's way.

        A body without a top speed takes the `left` control steps of the round for its way.
        """
        if self.pads is not None and self.battery is not None:
            ride.seeking = self.pads.seeks(ride.seeking, ride.charge_j / self.battery.capacity_j)
            goal = np.where(ride.seeking[..., None] > 0.0, self.pads.nearest(ride.at), goal)
        if self.guard is None:
            return goal
        here = self.body.steered(ride.at, ride.inner)
        hurries = np.isfinite(self.speeds_mps)
        wanted = (goal - here) / np.where(hurries, self.dt_s, self.dt_s * left)[:, None]
        wanted = within(wanted, self.speeds_mps)
        velocity, ride.memory = self.guard.safe(here, wanted, self.dt_s, ride.memory or self.guard.begin(len(here)))
        ride.yielded += np.abs(velocity - wanted).max(axis=-1) > 1e-9 * (1.0 + np.abs(wanted).max(axis=-1))
        return np.asarray(here + velocity * self.dt_s)

    def _paced(self, ride: Ride, target: Array, pace: Array) -> tuple[tuple[Array, Array, Array, Array], Mask]:
        """Where the longest pace leads that runs into nobody and spends no more than there is; and who ran empty.

        Bodies with a top speed drive for a shorter time, all of them less far: one that has time enough for its way
        would spend as much in a shorter time. A battery that cannot pay for all of a control step is empty after it.
        """
        hurries, empty = bool(np.isfinite(self.body.speed_mps)), np.zeros(pace.shape, dtype=bool)
        for tried in range(TRIES + 1):
            moved = self._tried(ride, target, pace)
            allowed, paid = self._allowed(ride, moved[0]), affordable(ride.charge_j, moved[3])
            share = np.minimum(allowed, paid)
            if (share >= 1.0).all():
                break
            ride.yielded += allowed < 1.0
            empty |= paid < 1.0
            if tried >= TRIES - 1:
                pace = pace * (share >= 1.0)
                continue
            pace = pace * share if hurries else pace
            shorter = np.sqrt(paid) if tried == 0 else paid  # energy is at most quadratic in the way
            target = ride.at + (target - ride.at) * (shorter if hurries else np.minimum(allowed, shorter))[..., None]
        return moved, empty

    def _tried(self, ride: Ride, target: Array, pace: Array) -> tuple[Array, Array, Array, Array]:
        at, inner, meters = ride.at.copy(), ride.inner.copy(), np.zeros((*pace.shape, METERS))
        self.body.drive(at, inner, target, pace, 1, self.dt_s, meters)
        seconds = pace * self.dt_s
        joules = self.power.joules(meters, seconds)
        drained = joules if self.battery is None else self.battery.drained(joules, seconds, ride.charge_j)
        return at, inner, joules, drained

    def _allowed(self, ride: Ride, at: Array) -> Array:
        if self.guard is None or not self.stops.any():
            return np.ones(at.shape[:2])
        return np.asarray(np.where(self.stops, self.guard.allowed(ride.at, at), 1.0))

    def _fill(self, k: int, ride: Ride, at: Array, drained: Array, empty: Mask) -> None:
        """Take from batteries what was drained, all from the `empty`, and give what pads give."""
        if self.battery is None:
            return
        left = np.maximum(ride.charge_j - drained, 0.0)
        left[empty | (left <= NOTHING * self.battery.capacity_j)] = 0.0
        if self.pads is not None:
            room = self.battery.capacity_j - left
            given = np.minimum(self.pads.power(at) * self.dt_s, room)
            ride.given_j += given
            left = left + given
        ride.emptied[(left <= 0.0) & (ride.emptied < 0)] = k
        ride.charge_j = left


def affordable(charge_j: Array, drained_j: Array) -> Array:
    """The share of a control step that a battery pays for, if all of it would drain so much."""
    share = np.divide(charge_j, drained_j, out=np.ones_like(drained_j), where=drained_j > charge_j)
    return np.asarray(np.where(share < 1.0, share * CAREFUL, 1.0))


def within(velocity: Array, speed_mps: Array) -> Array:
    """Velocities (missions, agents, d) made no longer than each agent's speed (agents,), m/s."""
    size = np.sqrt(np.einsum("...d,...d->...", velocity, velocity))
    return np.asarray(velocity * np.minimum(1.0, speed_mps / np.maximum(size, 1e-300))[..., None])
