"""The problem behind a rendezvous, and what its leader announces before round 0 (T, Algorithm 2, lines 1 to 4).

T, (12): min Σ_i ‖z_i - θ_i‖² subject to all z_i equal; the optimum is the mean of the starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np

from robosim.agent import Array
from robosim.energy import Power
from robosim.files.packing import Axes
from robosim.leader.bound import Bound, Listed
from robosim.network.network import spread
from robosim.rendezvous.effort import DISPLACEMENT, Law

Boxes = tuple[Array, Array]
"""Corners (lower, upper), each (d,), in metres."""
ROUNDING = 1e-12
"""A report may be below the cost by this share: programs sum in orders of their own."""


@dataclass(frozen=True, kw_only=True)
class RendezvousProblem:
    """Private costs of robots that meet.

    `unit` and `idle` say how the private cost follows from squared displacement, idle + unit·‖z - θ‖²: (1, 0) when
    displacement is the cost; (p2/T, p0·T) when robots agree first and then travel for T seconds with power
    p0 + p2|v|², because a single integrator that covers s metres in T seconds at least effort spends s²/T. `unit` is
    None where no such law holds: consensus then minimises something other than what robots pay for. `law` is what
    ending s metres from the start costs at least: by it ε has a bound all the same.
    """

    pays_for: str = "displacement"
    unit: float | None = 1.0
    idle: float = 0.0
    law: Law = DISPLACEMENT

    def private_cost(self, start: Array, position: Array, energy_j: Array) -> Array:
        """True private costs (missions, agents) of final positions and metered energy."""
        if self.pays_for == "energy":
            return energy_j
        way = position - start
        return np.asarray(np.einsum("mid,mid->mi", way, way))

    def optimum(self, start: Array) -> float | None:
        """The least social cost, ‖(I - J) θ‖² in the unit of the private cost; `start` is (agents, d)."""
        if self.unit is None:
            return None
        return float(len(start) * self.idle + self.unit * spread(start) ** 2)

    def largest_cost(self, position: Array, types: Boxes, energy_cap: float) -> Array:
        """sup over types of the private cost of robots seen at `position` (missions, agents, d): (missions, agents)."""
        if self.unit is None:
            return np.full(position.shape[:2], energy_cap)
        far = np.maximum(np.abs(position - types[0]), np.abs(position - types[1]))
        return np.asarray(self.idle + self.unit * np.einsum("mid,mid->mi", far, far))

    def cost_range(self, types: Boxes, drift_m: float, energy_cap: float) -> tuple[float, float]:
        """(inf, sup) of one robot's private cost when all stay in the box of types, up to `drift_m` of noise."""
        if self.unit is None:
            return 0.0, energy_cap
        widest = float(np.linalg.norm(types[1] - types[0])) + drift_m
        return self.idle, self.idle + self.unit * widest**2


def rendezvous(pays_for: str, power: Power, driving_s: float, after_agreeing: bool) -> RendezvousProblem:
    """The costs of a world: displacement, or energy with the exact bridge where there is one.

    `driving_s` are the seconds from the first move to the last. At constant speed in a straight line they cost least:
    φ(s) = p0 T + p1 s + p2 s²/T, by Cauchy and Schwarz over the rounds.
    """
    if pays_for == "displacement":
        return RendezvousProblem()
    law = Law(*power.coefficients(driving_s)) if driving_s > 0.0 else Law(0.0, 0.0, 0.0)
    effort_only = law.linear == 0.0 and law.quadratic > 0.0
    if after_agreeing and effort_only:
        return RendezvousProblem(pays_for="energy", unit=law.quadratic, idle=law.idle, law=law)
    return RendezvousProblem(pays_for="energy", unit=None, law=law)


def understated(reported: Array, cost: Array) -> Array:
    """Which reports are below the cost by more than rounding, or no numbers; both (missions, agents)."""
    return np.asarray(~(reported >= cost - ROUNDING * np.abs(cost)))


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """The rules; nothing in them depends on what agents do.

    Parameters
    ----------
    alpha : step size of the algorithm; where there is a schedule, the last one of it.
    rounds : n.
    lower, upper : (d,) corners of the type space Θ, metres.
    rule, bound : name and numbers of the bound β;
    tolerance_m : what bodies that miss their waypoints add to β(n).
    note : what stands behind them, in words, where that is no theorem about consensus.
    penalty : C, what everyone pays if the team ends outside the bound, and the sender of a refused report.
    cost_range : smallest and largest private cost that a report may claim for a robot inside the type space.
    schedule : (rounds,) step sizes of a mission with leader.alpha = "schedule".
    proven_by : name of the program that brought the bound, announced by its author; "" where robosim proved it.
    """

    alpha: float
    rounds: Annotated[int, Axes(least=0)]
    lower: Annotated[Array, Axes("n")]
    upper: Annotated[Array, Axes("n")]
    rule: str
    bound: Listed | Bound
    penalty: Annotated[float, Axes(finite=False)]
    cost_range: Annotated[tuple[float, float], Axes(finite=False)]
    schedule: Annotated[Array | None, Axes("*", least=0)] = None
    proven_by: str = ""
    note: str = ""
    tolerance_m: Annotated[float, Axes(least=0)] = 0.0

    @cached_property
    def beta(self) -> float:
        """β(n) in metres."""
        return float(self.bound.beta(self.rounds))
