"""What motion costs: power models in watts, energy per round in joules, batteries."""

from __future__ import annotations

from dataclasses import dataclass

from robosim.agent import Array


@dataclass(frozen=True, kw_only=True)
class PowerModel:
    """P = p0 + p1·|v| + p2·|v|², with |v| the Euclidean speed or, as in Stage, the sum of its components.

    Units: p0 in W, p1 in J/m, p2 in J·s/m² (W per (m/s)²).
    """

    p0_w: float = 0.0
    p1_j_per_m: float = 0.0
    p2_js_per_m2: float = 0.0
    taxicab: bool = False

    def coefficients(self, dt_s: float) -> tuple[float, float, float]:
        """Joules of a move of s metres at constant speed in dt seconds: a + b·s + c·s², as (a, b, c)."""
        return self.p0_w * dt_s, self.p1_j_per_m, self.p2_js_per_m2 / dt_s

    def energy_j(self, length_m: Array | float, dt_s: float) -> Array | float:
        """Joules of moves of the given lengths (in the model's norm) at constant speed, one dt each."""
        idle, linear, quadratic = self.coefficients(dt_s)
        return idle + linear * length_m + quadratic * length_m * length_m


def stage(mass_kg: float = 1.0) -> PowerModel:
    """Stage's position model: P = 1 + 10·m·(|vx| + |vy| + |vz|) W (libstage/model_position.cc)."""
    return PowerModel(p0_w=1.0, p1_j_per_m=10.0 * mass_kg, taxicab=True)


def argos_time_motion(per_s: float = 1.0, per_m: float = 1.0) -> PowerModel:
    """ARGoS' battery model `time_motion`: each step spends a fixed amount and an amount per metre moved."""
    return PowerModel(p0_w=per_s, p1_j_per_m=per_m)


def quadratic() -> PowerModel:
    """The control effort of linear-quadratic control: ∫‖u‖² dt, so s²/T for s metres in T seconds."""
    return PowerModel(p2_js_per_m2=1.0)
