"""The arena of the robots: single integrators that drive to their waypoints, with walls, speed limit and meters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said
from robosim.energy import PowerModel
from robosim.errors import AgentFailure
from robosim.kernels.motion import drive
from robosim.tape import Tape

FOLLOWABLE = 1.0 + 1e-12
"""A body may exceed its reach by this factor, so that rounding never stops a waypoint exactly at the limit."""


class ArenaState(NamedTuple):
    """Where the robots are after round k, (missions, agents, d) m, and what they spent, (missions, agents) J."""

    k: int
    position: Array
    energy_j: Array
    tape: Tape
    announced: Array
    """What was said in round 0: the starts, or a lie about them."""


class Body(Protocol):
    """How a robot gets from where it is towards a waypoint in one round; a pure kernel over (missions, agents)."""

    def drive(
        self,
        at: Array,
        spent_j: Array,
        waypoint: Array,
        noise: Array,
        walls: Array,
        physics: Array,
        to: Array,
        energy_j: Array,
    ) -> int:
        """Fill `to` (missions, agents, d) m and `energy_j` (missions, agents) J; how many waypoints were not finite.

        Parameters
        ----------
        at, spent_j, waypoint : where robots are, what they spent so far, and where they want to be.
        noise : landing errors (agents, d), or (0, d).
        walls : lowest and highest coordinates (2, d), or (2, 0).
        physics : reach m, idle J, J/m, J/m², whether speeds add up by axes, battery J (`Arena`).
        """
        ...


class SingleIntegrator:
    """Goes straight to its waypoint at constant speed, as far as it gets (`robosim.kernels.motion`)."""

    drive = staticmethod(drive)


BODIES: dict[str, Body] = {"single-integrator": SingleIntegrator()}
"""What `robots.body` may name."""


class Meter(NamedTuple):
    """What really happened by the end of the mission: final positions and energy."""

    position: Array
    energy_j: Array


class Track(NamedTuple):
    """What is kept: rounds (rows,), then (missions, rows, agents, …) iterates and bodies in m, energy in J."""

    kept: NDArray[np.int64]
    said: Array
    positions: Array
    energy_j: Array


@dataclass(frozen=True, kw_only=True)
class Arena:
    """Bodies in d = 1, 2 or 3 dimensions; a round lasts `dt_s` seconds.

    Orders outside [lower, upper] (each (d,), empty for none) end at the wall; a body goes at most `speed_limit_mps` and
    stops for good when `battery_j` is spent. `noise_m` is the radius of a ball from which each landing error is drawn,
    from `seed` and the round alone, so that a resumed mission and every mission of a batch meet the same errors.
    """

    d: int
    dt_s: float
    power: PowerModel
    body: Body = BODIES["single-integrator"]
    speed_limit_mps: float = np.inf
    lower: Array
    upper: Array
    battery_j: float = np.inf
    noise_m: float = 0.0
    seed: int = 0

    @property
    def reach_m(self) -> float:
        """How far a body gets in one round."""
        return self.speed_limit_mps * self.dt_s

    @property
    def stride_m(self) -> float:
        """How far what a robot says may move from one round to the next: as far as its body gets."""
        return self.reach_m

    def most_energy_j(self, rounds: int, widest_m: float) -> float:
        """The most that a body can spend: full speed, or from wall to wall (else `widest_m`), every round."""
        length = min(self.reach_m, float(np.linalg.norm(self.upper - self.lower)) if self.lower.size else widest_m)
        if self.power.taxicab:
            length *= np.sqrt(self.d)
        return float(min(rounds * self.power.energy_j(length + 2 * self.noise_m, self.dt_s), self.battery_j))

    def lasts(self, rounds: int) -> bool:
        """True where no battery can run empty, whatever anybody orders."""
        if np.isinf(self.battery_j):
            return True
        return bool(self.lower.size) and self.most_energy_j(rounds, np.inf) < self.battery_j

    @cached_property
    def _walls(self) -> Array:
        return np.array([self.lower, self.upper])

    @cached_property
    def _no_errors(self) -> Array:
        return np.empty((0, self.d))

    @cached_property
    def _physics(self) -> Array:
        idle, linear, quadratic = self.power.coefficients(self.dt_s)
        reach = self.reach_m * FOLLOWABLE
        return np.array([reach, idle, linear, quadratic, float(self.power.taxicab), self.battery_j])

    def start(self, own: Said, said: Said, tape: Tape) -> tuple[ArenaState, Said]:
        """Bodies stand at their true starts; what others see in round 0 is what was announced (inside the walls).

        Words other than the waypoint z pass as they were said, here and in every round.
        """
        position, energy = tape.row(0)
        position[:], energy[:] = own["start"], 0.0
        announced = _orders(said, position.shape)
        if self.lower.size:
            announced = np.clip(announced, self.lower, self.upper)
        return ArenaState(0, position, energy, tape, announced), {**said, "z": announced}

    def move(self, body: ArenaState, said: Said) -> tuple[ArenaState, Said]:
        """One round of driving; others see where the bodies really are."""
        k = body.k + 1
        position, energy = body.tape.row(k)
        noise = self._landing_errors(k, position) if self.noise_m else self._no_errors
        self._drive(body, _orders(said, position.shape), noise, position, energy)
        seen = {"z": position} if len(said) == 1 else {**said, "z": position}
        return ArenaState(k, position, energy, body.tape, body.announced), seen

    def execute(self, body: ArenaState, said: Said) -> Meter:
        """Nothing is left to do: the robots agreed by driving."""
        return Meter(body.position, body.energy_j)

    def track(self, body: ArenaState, said: Said, meter: Meter) -> Track:
        """Where the robots were seen; in round 0 they said what they announced (a copy only if somebody lied)."""
        kept, rows = body.tape.until(body.k, position=said["z"], energy=body.energy_j)
        seen, energy = rows["position"], rows["energy"]
        if body.k == 0 or np.array_equal(body.announced, seen[:, 0]):
            return Track(kept, seen, seen, energy)
        words = seen.copy()
        words[:, 0] = body.announced
        return Track(kept, words, seen, energy)

    def _drive(self, body: ArenaState, order: Array, noise: Array, to: Array, energy: Array) -> None:
        at, spent, limits = body.position, body.energy_j, self._physics
        refused = self.body.drive(at, spent, order, noise, self._walls, limits, to, energy)
        if refused:
            mission, agent = np.argwhere(~np.isfinite(order).all(axis=-1))[0]
            raise AgentFailure(
                f"round {body.k + 1}: robot {agent} ordered the waypoint {order[mission, agent].tolist()}"
                " (its controller must say finite numbers)"
            )

    def _landing_errors(self, k: int, position: Array) -> Array:
        if self.noise_m == 0.0:
            return self._no_errors
        rng = np.random.default_rng([self.seed, k])
        towards = rng.normal(size=position.shape[1:])
        size = self.noise_m * rng.random((position.shape[1], 1)) ** (1.0 / self.d)  # uniform in the ball
        return np.asarray(size * towards / np.sqrt(np.einsum("ij,ij->i", towards, towards))[:, None])


@dataclass(frozen=True, kw_only=True)
class TravelArena(Arena):
    """Agree first, then travel: the rounds are messages only, then all drive straight for `dt_s` seconds.

    A single integrator that covers s metres in T seconds with minimum effort drives at constant speed: ∫‖u‖² = s²/T.
    """

    @property
    def stride_m(self) -> float:
        """Words are not bound by speed."""
        return np.inf

    def most_energy_j(self, rounds: int, widest_m: float) -> float:
        """There is one journey, however long the talk."""
        return super().most_energy_j(1, widest_m)

    def move(self, body: ArenaState, said: Said) -> tuple[ArenaState, Said]:
        """Nobody moves yet; the tape keeps what was said in place of positions."""
        k = body.k + 1
        agreed, energy = body.tape.row(k)
        agreed[:], energy[:] = _orders(said, agreed.shape), 0.0
        if not np.isfinite(agreed).all():
            raise AgentFailure(f"round {k}: a robot said a number that is not finite (check its controller)")
        if self.lower.size:
            np.clip(agreed, self.lower, self.upper, out=agreed)
        return ArenaState(k, body.position, energy, body.tape, body.announced), {**said, "z": agreed}

    def execute(self, body: ArenaState, said: Said) -> Meter:
        """The journey to the agreed points."""
        position, energy = np.empty_like(body.position), np.empty_like(body.energy_j)
        self._drive(body, said["z"], self._landing_errors(body.k + 1, position), position, energy)
        return Meter(position, energy)

    def track(self, body: ArenaState, said: Said, meter: Meter) -> Track:
        """Words round by round, bodies before and after the journey."""
        talk = super().track(body, said, meter)
        bodies = np.stack([body.position, meter.position], axis=1)
        return talk._replace(positions=bodies, energy_j=np.stack([np.zeros_like(meter.energy_j), meter.energy_j], 1))


def _orders(said: Said, shape: tuple[int, ...]) -> Array:
    order = said.get("z")
    if order is None or order.shape != shape:
        raise AgentFailure(
            f"the controller must say 'z' with shape {shape}, it said { {key: np.shape(x) for key, x in said.items()} }"
        )
    return order if order.flags.c_contiguous else np.ascontiguousarray(order)
