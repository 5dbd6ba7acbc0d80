"""Agree first, then travel: the rounds are words only, and everybody drives once at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robosim.agent import Said
from robosim.errors import AgentFailure
from robosim.rendezvous.world.arena import Arena, ArenaState, Meter, Track, orders


@dataclass(frozen=True, kw_only=True)
class TravelArena(Arena):
    """Agree first, then travel: the rounds are messages only, then all drive straight for `dt_s` seconds.

    A single integrator that covers s metres in T seconds with minimum effort drives at constant speed: ∫‖u‖² = s²/T.
    """

    @property
    def stride_m(self) -> float:
        """Words are not bound by speed."""
        return np.inf

    def unlimited(self) -> Arena:
        """The same without walls, speed limit, battery and errors."""
        free = np.empty(0)
        return TravelArena(d=self.d, dt_s=self.dt_s, power=self.power, lower=free, upper=free, seed=self.seed)

    def most_energy_j(self, rounds: int, widest_m: float) -> float:
        """There is one journey, however long the talk."""
        return super().most_energy_j(1, widest_m)

    def move(self, body: ArenaState, said: Said) -> tuple[ArenaState, Said]:
        """Nobody moves yet; the tape keeps what was said in place of positions."""
        k = body.k + 1
        agreed, energy = body.tape.row(k)
        agreed[:], energy[:] = orders(said, agreed.shape), 0.0
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
