"""The halls themselves: while prices are talked over nothing happens, then they are cooled for hours and metered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cooling.problem import CoolingProblem
from robosim.agent import Array, Said
from robosim.tape import Tape


class Computers(NamedTuple):
    """The halls after round k, with the heat (M, N, 1) kW that their computers really give off."""

    k: int
    tape: Tape
    heat_kw: Array


@dataclass(frozen=True, kw_only=True)
class Building:
    """Halls whose temperature follows C dT/dt = heat + g (outside - T) - z, period by period."""

    problem: CoolingProblem

    def start(self, own: Said, said: Said, tape: Tape) -> tuple[Computers, Said]:
        """Round 0: words are heard as they were spoken; the heat is the true one, whatever anybody says."""
        return Computers(0, tape, own["heat_kw"]), said

    def move(self, body: Computers, said: Said) -> tuple[Computers, Said]:
        """The next round."""
        return body._replace(k=body.k + 1), said

    def execute(self, body: Computers, decision: Array) -> Array:
        """Thermometers at the end of each period, (M, N, periods) °C, under a steady decision (M, N, 1) kW."""
        one = self.problem
        rest_c = one.outside_c + (body.heat_kw - decision) / one.leak_kw_per_k  # where it would end
        left = math.exp(-one.leak_kw_per_k * one.dt_h / one.mass_kwh_per_k)  # of the way there, after a period
        temperature, read = np.full_like(rest_c, one.start_c), []
        for _ in range(one.periods):
            temperature = rest_c + (temperature - rest_c) * left
            read.append(temperature)
        return np.concatenate(read, axis=-1)
