"""The arena of robots that are points: they drive to their waypoints, with walls, speed limit and meters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said
from robosim.energy import Power
from robosim.errors import AgentFailure
from robosim.kernels.motion import drive
from robosim.tape import Tape

if TYPE_CHECKING:
    from robosim.rendezvous.record import BodyLog
    from robosim.rendezvous.world.driving import Ride

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


class Meter(NamedTuple):
    """What really happened by the end of the mission: final positions (m), energy (J).

    `left` (missions, agents) is the round since which a robot is empty or off, -1 for who is there; None where all are.
    """

    position: Array
    energy_j: Array
    left: NDArray[np.int64] | None = None


class Track(NamedTuple):
    """What is kept: rounds (rows,), then (missions, rows, agents, …) iterates and bodies in m, energy in J.

    Of bodies also where they looked (rad), what their batteries held (J), and what is known of the whole ride.
    """

    kept: NDArray[np.int64]
    said: Array
    positions: Array
    energy_j: Array
    headings_rad: Array | None = None
    charge_j: Array | None = None
    ride: Ride | None = None


@dataclass(frozen=True, kw_only=True)
class Arena:
    """Bodies in d = 1, 2 or 3 dimensions; a round lasts `dt_s` seconds.

    Orders outside [lower, upper] (each (d,), empty for none) end at the wall; a body goes at most `speed_limit_mps` and
    stops for good when `battery_j` is spent. `noise_m` is the radius of a ball from which each landing error is drawn,
    from `seed` and the round alone, so that a resumed mission and every mission of a batch meet the same errors. `off`
    says of a round who takes no part in it, (agents,), and stands; None where all always do.
    """

    d: int
    dt_s: float
    power: Power
    speed_limit_mps: float = np.inf
    lower: Array
    upper: Array
    battery_j: float = np.inf
    noise_m: float = 0.0
    seed: int = 0
    off: Callable[[int], NDArray[np.bool_]] | None = None

    obeys: ClassVar[str] = ""
    """In words, why faithful bodies may not be where their programs sent them; "" where they are, within reach."""

    def shapes(self, missions: int, agents: int) -> Mapping[str, tuple[int, ...]]:
        """What a tape keeps of a round: positions (m) and energy (J)."""
        return {"position": (missions, agents, self.d), "energy": (missions, agents)}

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

    @property
    def noisy(self) -> bool:
        """Whether anything is drawn anew every round."""
        return self.noise_m > 0.0

    def uncertain(self, rounds: int) -> str:
        """In words, why the team may not be where its programs sent it; "" where it is, within limits."""
        if self.noise_m > 0.0:
            return "landing errors are random"
        return self.obeys if self.lasts(rounds) else "batteries may run empty"

    def may_leave(self, rounds: int) -> bool:
        """Whether a robot may be excused for being off; points with an empty battery stand and are billed."""
        return self.off is not None

    def unlimited(self) -> Arena:
        """The same without walls, speed limit, battery and errors: points."""
        return Arena(d=self.d, dt_s=self.dt_s, power=self.power, lower=np.empty(0), upper=np.empty(0), seed=self.seed)

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
        announced = orders(said, position.shape)
        if self.lower.size:
            announced = np.clip(announced, self.lower, self.upper)
        return ArenaState(0, position, energy, tape, announced), {**said, "z": announced}

    def move(self, body: ArenaState, said: Said) -> tuple[ArenaState, Said]:
        """One round of driving; others see where the bodies really are."""
        k = body.k + 1
        position, energy = body.tape.row(k)
        noise = self._landing_errors(k, position) if self.noise_m else self._no_errors
        self._drive(body, self._standing(k, body.position, orders(said, position.shape)), noise, position, energy)
        seen = {"z": position} if len(said) == 1 else {**said, "z": position}
        return ArenaState(k, position, energy, body.tape, body.announced), seen

    def execute(self, body: ArenaState, said: Said) -> Meter:
        """Nothing is left to do: the robots agreed by driving. The leader's meter knows who is off."""
        off = self.who_is_off(body.k, body.position.shape[1])
        left = np.broadcast_to(np.where(off, body.k, -1), body.energy_j.shape)
        return Meter(body.position, body.energy_j, left if off.any() else None)

    def who_is_off(self, k: int, agents: int) -> NDArray[np.bool_]:
        """Who takes no part in round k, (agents,); teams side by side follow the same plan."""
        if self.off is None:
            return np.zeros(agents, dtype=bool)
        off = self.off(k)
        return np.tile(off, agents // len(off))

    def _standing(self, k: int, position: Array, order: Array) -> Array:
        """Orders (missions, agents, d), of who is off to stay where it is."""
        off = self.who_is_off(k, order.shape[1])
        return np.where(off[:, None], position, order) if off.any() else order

    def track(self, body: ArenaState, said: Said, meter: Meter) -> Track:
        """Where the robots were seen; in round 0 they said what they announced (a copy only if somebody lied)."""
        kept, rows = body.tape.until(body.k, position=said["z"], energy=body.energy_j)
        seen, energy = rows["position"], rows["energy"]
        if body.k == 0 or np.array_equal(body.announced, seen[:, 0]):
            return Track(kept, seen, seen, energy)
        words = seen.copy()
        words[:, 0] = body.announced
        return Track(kept, words, seen, energy)

    def log(self, track: Track) -> BodyLog | None:
        """What is known of bodies; points have nothing to tell."""
        return None

    def _drive(self, body: ArenaState, order: Array, noise: Array, to: Array, energy: Array) -> None:
        at, spent, limits = body.position, body.energy_j, self._physics
        refused = drive(at, spent, order, noise, self._walls, limits, to, energy)
        if refused:
            refuse_not_finite(body.k + 1, order)

    def _landing_errors(self, k: int, position: Array) -> Array:
        if self.noise_m == 0.0:
            return self._no_errors
        return in_ball(np.random.default_rng([self.seed, k]), self.noise_m, position.shape[1:])


def in_ball(rng: np.random.Generator, radius_m: float, shape: tuple[int, ...]) -> Array:
    """Points drawn uniformly from a ball, (agents, d) metres."""
    towards = rng.normal(size=shape)
    size = radius_m * rng.random((shape[0], 1)) ** (1.0 / shape[1])
    return np.asarray(size * towards / np.sqrt(np.einsum("ij,ij->i", towards, towards))[:, None])


def refuse_not_finite(k: int, order: Array) -> None:
    """Name the first robot whose order in round k, (missions, agents, d), has a number that is not finite."""
    wrong = np.argwhere(~np.isfinite(order).all(axis=-1))
    if len(wrong):
        mission, agent = wrong[0]
        raise AgentFailure(
            f"round {k}: robot {agent} ordered the waypoint {order[mission, agent].tolist()}"
            " (its controller must say finite numbers)"
        )


def orders(said: Said, shape: tuple[int, ...]) -> Array:
    order = said.get("z")
    if order is None or order.shape != shape:
        raise AgentFailure(
            f"the controller must say 'z' with shape {shape}, it said { {key: np.shape(x) for key, x in said.items()} }"
        )
    return order if order.flags.c_contiguous else np.ascontiguousarray(order)
