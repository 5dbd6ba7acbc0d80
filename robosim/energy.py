"""What motion costs: power models in watts, energy in joules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from robosim.agent import Array

WAY, SQUARES, TURNS, PUSHES = range(4)
"""Meters of motion: ∫|v| dt in m, ∫|v|² dt in m²/s, ∫|ω| dt in rad, ∫|a|² dt in m²/s³."""


class Power(Protocol):
    """Watts from motion."""

    @property
    def steady(self) -> bool:
        """Whether joules follow from meters added up over any time; else from those of one control step at a time."""
        ...

    @property
    def taxicab(self) -> bool:
        """Whether the speed of points is the sum of its components."""
        ...

    def energy_j(self, length_m: Array | float, dt_s: float) -> Array | float:
        """Joules of moves of the given lengths at constant speed, one dt each."""
        ...

    def joules(self, meters: Array, seconds: Array) -> Array:
        """Energy (…) of motion with these meters (…, 4) within so many seconds (…)."""
        ...

    def coefficients(self, dt_s: float) -> tuple[float, float, float]:
        """(a, b, c): ending s metres away in dt seconds costs at least a + b·s + c·s²; points pay just that."""
        ...

    def most_w(self, speed: float, turn: float, push: float) -> float:
        """The most watts of a body that goes at most so fast (m/s), turns (rad/s) and accelerates (m/s²)."""
        ...


@dataclass(frozen=True, kw_only=True)
class PowerModel:
    """P = p0 + p1·|v| + p2·|v|² + p3·|ω| + p4·|a|², |v| the Euclidean speed or, as in Stage, the sum of its components.

    Units: p0 in W, p1 in J/m, p2 in J·s/m² (W per (m/s)²), p3 in J/rad, p4 in J·s³/m² (W per (m/s²)²). A body that is a
    point turns nowhere, and its speed is the mean of a round: it pays p0 to p2 only.
    """

    p0_w: float = 0.0
    p1_j_per_m: float = 0.0
    p2_js_per_m2: float = 0.0
    p3_j_per_rad: float = 0.0
    p4_js3_per_m2: float = 0.0
    taxicab: bool = False

    steady: ClassVar[bool] = True

    def coefficients(self, dt_s: float) -> tuple[float, float, float]:
        """Joules of a move of s metres at constant speed in dt seconds: a + b·s + c·s², as (a, b, c)."""
        return self.p0_w * dt_s, self.p1_j_per_m, self.p2_js_per_m2 / dt_s

    def energy_j(self, length_m: Array | float, dt_s: float) -> Array | float:
        """Joules of moves of the given lengths (in the model's norm) at constant speed, one dt each."""
        idle, linear, quadratic = self.coefficients(dt_s)
        return idle + linear * length_m + quadratic * length_m * length_m

    def joules(self, meters: Array, seconds: Array) -> Array:
        """∫P dt, exact: P is linear in what the meters add up."""
        each = np.array([self.p1_j_per_m, self.p2_js_per_m2, self.p3_j_per_rad, self.p4_js3_per_m2])
        return np.asarray(self.p0_w * seconds + (meters * each).sum(axis=-1))

    def most_w(self, speed: float, turn: float, push: float) -> float:
        """At full speed, turn and push; what costs nothing may be unlimited."""
        terms = (
            (self.p1_j_per_m, speed),
            (self.p2_js_per_m2, speed**2),
            (self.p3_j_per_rad, turn),
            (self.p4_js3_per_m2, push**2),
        )
        return self.p0_w + sum(each * most for each, most in terms if each)


@dataclass(frozen=True, kw_only=True)
class RotaryWing:
    """Power of a rotary-wing drone in level flight (Zeng, Xu, Zhang, IEEE Trans. Wireless Commun. 18 (2019) 2329).

    P(V) = P0 (1 + 3V²/U²) + Pi (√(1 + V⁴/4v0⁴) - V²/2v0²)^½ + ½ d0 ρ s A V³: blades, lift, drag of the body. Hovering
    costs P0 + Pi, flying slowly less. Speed is the mean of a control step; climbing is metered as if it were level.
    """

    blade_w: float = 79.86
    induced_w: float = 88.63
    tip_mps: float = 120.0
    hover_mps: float = 4.03
    drag_kg_per_m: float = 0.5 * 0.6 * 1.225 * 0.05 * 0.503

    steady: ClassVar[bool] = False
    taxicab: ClassVar[bool] = False

    def energy_j(self, length_m: Array | float, dt_s: float) -> Array | float:
        """P of a constant speed, times dt."""
        return self.watts(np.asarray(length_m) / dt_s) * dt_s

    def watts(self, speed: Array | float) -> Array:
        """P(V), W, of speeds in m/s."""
        v2 = np.square(np.asarray(speed, dtype=np.float64))
        ratio = v2 / (2.0 * self.hover_mps**2)
        lift = np.sqrt(1.0 / (np.sqrt(1.0 + ratio * ratio) + ratio))  # stable form of √(1+x²) - x
        blades = self.blade_w * (1.0 + 3.0 * v2 / self.tip_mps**2)
        return np.asarray(blades + self.induced_w * lift + self.drag_kg_per_m * v2 * np.sqrt(v2))

    def joules(self, meters: Array, seconds: Array) -> Array:
        """P of the mean speed, times the seconds; nothing within no time."""
        on = seconds > 0.0
        speed = np.divide(meters[..., WAY], seconds, out=np.zeros_like(seconds), where=on)
        return np.asarray(np.where(on, self.watts(speed), 0.0) * seconds)

    def coefficients(self, dt_s: float) -> tuple[float, float, float]:
        """At least the cheapest speed's power, wherever it ends: found on a grid, less what it can miss between."""
        speed = np.linspace(0.0, 60.0, 6001)
        watts = self.watts(speed)
        return float(watts.min() - np.abs(np.diff(watts)).max()) * dt_s, 0.0, 0.0

    def most_w(self, speed: float, turn: float, push: float) -> float:
        """Falls, then rises with speed: the most is at one of the ends."""
        return float(np.max(self.watts(np.array([0.0, speed])))) if np.isfinite(speed) else np.inf


def stage(mass_kg: float = 1.0) -> PowerModel:
    """Stage's position model: P = 1 + 10·m·(|vx| + |vy| + |ω|) W in the body's frame (libstage/model_position.cc).

    A point has the axes of the world for its own; bodies that look where they drive have |vy| = 0.
    """
    return PowerModel(p0_w=1.0, p1_j_per_m=10.0 * mass_kg, p3_j_per_rad=10.0 * mass_kg, taxicab=True)


def argos_time_motion(per_s: float = 1.0, per_m: float = 1.0, per_rad: float = 0.0) -> PowerModel:
    """ARGoS' battery model `time_motion`: fixed amounts a second, a metre moved and a radian turned."""
    return PowerModel(p0_w=per_s, p1_j_per_m=per_m, p3_j_per_rad=per_rad)


def quadratic() -> PowerModel:
    """The control effort of linear-quadratic control: ∫‖u‖² dt, so s²/T for s metres in T seconds."""
    return PowerModel(p2_js_per_m2=1.0)
