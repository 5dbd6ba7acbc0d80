"""The arena of robots with bodies: control steps, headings, batteries, others to keep clear of, places in a formation.

Programs agree on a point in the frame of the meeting, z = position - place: robot i, whose place in the formation is
o_i, drives to z_i + o_i, and others see its position less o_i. Without a formation all places are 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said
from robosim.rendezvous.bodies.body import Tracking
from robosim.rendezvous.bodies.said import most_acceleration_mps2, most_turn_per_s
from robosim.rendezvous.record import BodyLog
from robosim.rendezvous.world.arena import Arena, Meter, Track, in_ball, orders, refuse_not_finite
from robosim.rendezvous.world.driving import Driving, Ride
from robosim.tape import Tape

SENSES = 1
"""Stream of the arena's seed for what others see, beside that of its landing errors."""
SILENT = "silent"
"""The word by which a world tells the network who neither speaks nor hears in this round."""


class Embodiment(NamedTuple):
    """Where bodies are after round k: (missions, agents, d) m in the world's frame, energy in J, and all the rest."""

    k: int
    position: Array
    energy_j: Array
    tape: Tape
    announced: Array
    ride: Ride


@dataclass(frozen=True, kw_only=True)
class Embodied(Arena):
    """Bodies that drive in control steps.

    Parameters
    ----------
    names : what each robot's body is called, (agents,).
    driving : how a round is driven.
    tracking : how well faithful bodies get to their waypoints within a round.
    places : (agents, d) m, places in the formation.
    headings_rad : (agents,) where bodies look at the start.
    walls : corners (2, d) of what goals are clipped to in the world's frame, (2, 0) for none; `lower` and `upper` are
        as wide as these seem in the frame of the meeting.
    sensing_m : radius of a ball from which the error of each position that others see is drawn, a round.
    whispers : whether the network is told who is off or empty, so that it neither hears them nor is heard.
    yields : in words, why faithful bodies may not be where they were sent; "" where the tolerance says how far.
    outlines : of obstacles in the plane, corners (k, 2) m, for pictures.
    """

    names: tuple[str, ...]
    driving: Driving
    tracking: Tracking
    places: Array
    headings_rad: Array
    walls: Array
    sensing_m: float = 0.0
    whispers: bool = False
    yields: str = ""
    outlines: tuple[Array, ...] = ()

    @property
    def obeys(self) -> str:  # type: ignore[override]
        """Exact figures are for bodies that are where they were sent."""
        if self.yields:
            return self.yields
        exact = not self.tracking.gains and self.tracking.floor_m == 0.0 and self.sensing_m == 0.0
        return "" if exact else "bodies miss their waypoints"

    def may_leave(self, rounds: int) -> bool:
        """Whether a robot may be excused for being empty or off."""
        return self.off is not None or not self.lasts(rounds)

    @property
    def noisy(self) -> bool:
        """Landing errors, or errors of what is seen."""
        return self.noise_m > 0.0 or self.sensing_m > 0.0

    @property
    def reach_m(self) -> float:
        """The farthest that a body can be from where it was a round ago."""
        body = self.driving.body
        return float(body.speed_mps) * self.dt_s + 2.0 * float(body.tube_m(self.driving.dt_s))

    @property
    def stride_m(self) -> float:
        """The farthest waypoint that a faithful body tracks."""
        return self.tracking.reach_m

    def lasts(self, rounds: int) -> bool:
        """True where no battery can run empty, whatever anybody orders."""
        battery = self.driving.battery
        if battery is None:
            return True
        return battery.ohms == 0.0 and self.most_energy_j(rounds, np.inf) < battery.capacity_j

    def most_energy_j(self, rounds: int, widest_m: float) -> float:
        """The most that a body can spend: full speed, turn and push in every round, or what it is ever given."""
        body = self.driving.body
        agents = len(self.places)
        watts = self.power.most_w(body.speed_mps, most_turn_per_s(body, agents), most_acceleration_mps2(body, agents))
        battery, pads = self.driving.battery, self.driving.pads
        given = 0.0 if pads is None else float(pads.power_w.max()) * self.dt_s * rounds
        return float(min(watts * self.dt_s * rounds, np.inf if battery is None else battery.capacity_j + given))

    def shapes(self, missions: int, agents: int) -> Mapping[str, tuple[int, ...]]:
        """Also headings (rad) and charges (J), where there are any."""
        more = [name for name, kept in (("heading", self.heads), ("charge", self.driving.battery)) if kept]
        return {**super().shapes(missions, agents), **dict.fromkeys(more, (missions, agents))}

    @cached_property
    def heads(self) -> bool:
        """Whether bodies look anywhere."""
        body = self.driving.body
        return body.heading(body.begin(self.places[None], self.headings_rad)) is not None

    def headings(self, ride: Ride) -> Array:
        """Where bodies look, (missions, agents) rad; zeros for those that look nowhere."""
        found = self.driving.body.heading(ride.inner)
        return np.zeros(ride.at.shape[:2]) if found is None else found

    def start(self, own: Said, said: Said, tape: Tape) -> tuple[Embodiment, Said]:  # type: ignore[override]
        """Bodies stand at their true starts, at rest; what others see in round 0 is what was announced."""
        announced = np.array(orders(said, own["start"].shape))
        if self.lower.size:
            np.clip(announced, self.lower, self.upper, out=announced)
        ride = self._at_rest(own["start"] + self.places)
        position, energy = self._noted(0, ride, tape)
        seen = self._silenced(0, ride, {**said, "z": announced})
        return Embodiment(0, position, energy, tape, announced, ride), seen

    def move(self, body: Embodiment, said: Said) -> tuple[Embodiment, Said]:  # type: ignore[override]
        """One round of driving; others see where the bodies really are, as well as they can."""
        k, ride = body.k + 1, body.ride.copy()
        self.driving.round(k, ride, self._goals(k, said, ride.at.shape), self._on(k, ride.at.shape[:2]))
        position, energy = self._noted(k, ride, body.tape)
        seen = self._silenced(k, ride, {**said, "z": self._sensed(k, position - self.places)})
        return Embodiment(k, position, energy, body.tape, body.announced, ride), seen

    def execute(self, body: Embodiment, said: Said) -> Meter:  # type: ignore[override]
        """Nothing is left to do: the robots agreed by driving. The leader's meter knows who is empty or off."""
        off = self.who_is_off(body.k, len(self.places))
        left = np.where(self._away(body.k, body.ride), np.maximum(body.ride.emptied, off * body.k), -1)
        return Meter(body.position - self.places, body.energy_j, left if (left >= 0).any() else None)

    def track(self, body: Embodiment, said: Said, meter: Meter) -> Track:  # type: ignore[override]
        """Positions in the world's frame, words in that of the meeting; in round 0 these are what was announced."""
        ride, battery = body.ride, self.driving.battery
        last = {"position": body.position, "energy": body.energy_j}
        last |= {"heading": self.headings(ride)} if self.heads else {}
        last |= {"charge": ride.charge_j} if battery is not None else {}
        kept, rows = body.tape.until(body.k, **last)
        words = rows["position"] - self.places
        words[:, 0] = body.announced if body.k else words[:, 0]
        return Track(kept, words, rows["position"], rows["energy"], rows.get("heading"), rows.get("charge"), ride)

    def log(self, track: Track) -> BodyLog | None:
        """What bodies went through."""
        ride = track.ride
        assert ride is not None
        guard, pads = self.driving.guard, self.driving.pads
        return BodyLog(
            names=self.names,
            places=self.places,
            emptied=ride.emptied,
            given_j=ride.given_j,
            yielded=ride.yielded,
            clearance_m=ride.clearance_m,
            blocked=ride.blocked,
            close=ride.close,
            radius_m=np.zeros(len(self.places)) if guard is None else guard.radius_m,
            outlines=np.concatenate([np.empty((0, 2)), *self.outlines]),
            first=np.cumsum([0, *map(len, self.outlines)], dtype=np.int64),
            pads=np.empty((0, self.d + 1))
            if pads is None
            else np.concatenate([pads.at, pads.radius_m[:, None]], axis=1),
            headings_rad=track.headings_rad,
            charge_j=track.charge_j,
        )

    def _at_rest(self, position: Array) -> Ride:
        shape = position.shape[:2]
        battery, guard = self.driving.battery, self.driving.guard
        clear = np.full(shape[0], np.inf) if guard is None else guard.clearance(position)
        return Ride(
            at=position,
            inner=self.driving.body.begin(position, self.headings_rad),
            energy_j=np.zeros(shape),
            charge_j=np.full(shape, np.inf if battery is None else battery.capacity_j),
            given_j=np.zeros(shape),
            seeking=np.zeros(shape),
            emptied=np.full(shape, -1, dtype=np.int64),
            yielded=np.zeros(shape, dtype=np.int64),
            clearance_m=np.array(clear, dtype=np.float64),
            memory=None,
        )

    def _goals(self, k: int, said: Said, shape: tuple[int, ...]) -> Array:
        order = orders(said, shape)
        refuse_not_finite(k, order)
        goal = order + self.places
        if self.walls.size:
            np.clip(goal, self.walls[0], self.walls[1], out=goal)
        return goal + self._landing_errors(k, goal) if self.noise_m else goal

    def _on(self, k: int, shape: tuple[int, ...]) -> Array:
        return np.ones(shape) - self.who_is_off(k, shape[1])

    def _sensed(self, k: int, z: Array) -> Array:
        if self.sensing_m == 0.0:
            return z
        return z + in_ball(np.random.default_rng([self.seed, k, SENSES]), self.sensing_m, z.shape[1:])

    def _silenced(self, k: int, ride: Ride, seen: Said) -> Said:
        if not self.whispers:
            return seen
        return {**seen, SILENT: self._away(k, ride)[..., None].astype(np.float64)}

    def _away(self, k: int, ride: Ride) -> NDArray[np.bool_]:
        return (ride.charge_j <= 0.0) | self.who_is_off(k, len(self.places))

    def _noted(self, k: int, ride: Ride, tape: Tape) -> tuple[Array, Array]:
        """Copy what the tape keeps of a round into its rows; positions and energy."""
        position, energy, *more = tape.row(k)
        position[:], energy[:] = ride.at, ride.energy_j
        states = ([self.headings(ride)] if self.heads else []) + [ride.charge_j] * (self.driving.battery is not None)
        for row, state in zip(more, states, strict=True):
            row[:] = state
        return position, energy
