"""The last digits of a central optimum with congestion that bends: some more Newton steps from where the first ended.

A quadratic programme for the step alone, priced by what costs are beyond the multipliers at hand, holds differences
where that for the answer holds sums: what its solver leaves off is little beside them (so linear programmes are
refined: A. Gleixner, D. Steffy, K. Wolter, INFORMS J. Comput. 28 (2016) 449-464). Steps are taken as long as the
certified gap falls by them.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array

from robosim.agent import Array
from robosim.freight.coupled.feasible import as_piqp, sharp_solver
from robosim.freight.coupled.problem import Coupled

ENOUGH = 5e-10
"""Share of the cost: an optimum that is certified so is one."""
MOST_STEPS = 12
CLOSER, CLOSEST = 1e-2, 1e-9
"""After a step in vain the next one is solved in so many times smaller units, down to a share of the largest b."""


class Lifted(Protocol):
    """A problem over variables (x, sums, F): `rows` z = `rights`, `limits` z ≤ `most`, within `bounds`."""

    problem: Coupled
    x: int
    v: int
    edges: int
    rows: csr_array
    rights: Array
    limits: csr_array
    most: Array
    size: float

    def bounds(self, absent: int | None) -> tuple[Array, Array]:
        """Between which z is, (v,) each."""
        ...

    def most_of(self, absent: int | None) -> Array:
        """The right sides of limits."""
        ...

    def bent(self, flow: Array, cost: float) -> tuple[Array, Array]:
        """The Hessian's diagonal and the slopes of the edges' costs, (E,) each."""
        ...

    def cost(self, z: Array) -> float:
        """The objective."""
        ...

    def searched(self, z: Array, aim: Array) -> tuple[float, float]:
        """Where from z (0) to aim (1) the objective is least, and what falls at first."""
        ...

    def unsure(self, z: Array, y: Array, absent: int | None) -> float:
        """How far above the least cost z may be."""
        ...


class Place(NamedTuple):
    """Lifted variables, multipliers of equalities and of limits, and how far from the least cost that may be."""

    z: Array
    y: Array
    w: Array
    gap: float


def refined(lifted: Lifted, z: Array, y: Array, absent: int | None) -> tuple[Array, Array]:
    """The lifted variables and the multipliers of equalities, nearer to the optimum if they are not near enough."""
    at = Place(z, y, np.zeros(len(lifted.most)), lifted.unsure(z, y, absent))
    scale = 1.0
    for _ in range(MOST_STEPS):
        if at.gap <= ENOUGH * abs(lifted.cost(at.z)) or scale < CLOSEST:
            break
        better = min((at, *_steps(lifted, at, absent, scale * lifted.size)), key=lambda one: one.gap)
        scale, at = scale if better is not at else scale * CLOSER, better
    return at.z, at.y


def _steps(lifted: Lifted, at: Place, absent: int | None, unit: float) -> list[Place]:
    """Where the step leads, and the best place on the way there; nothing where the solver found none."""
    hessian, price = _model(lifted, at)
    free = price[lifted.x :]
    money = max(float(np.abs(free).max()), float(np.median(np.abs(price[: lifted.x]))), 1e-6 * unit * hessian.max())
    lower, upper = lifted.bounds(absent)
    rights = (lifted.rights - lifted.rows @ at.z) / unit
    limits = as_piqp(lifted.limits) if len(lifted.most) else None
    most = (lifted.most_of(absent) - lifted.limits @ at.z) / unit if len(lifted.most) else None
    solver = sharp_solver()
    solver.setup(
        as_piqp(csc_array(diags_array(hessian * unit / money))), price / money, as_piqp(lifted.rows), rights,
        limits, None, most, (lower - at.z) / unit, (upper - at.z) / unit,
    )  # fmt: skip
    solver.solve()
    step, y = unit * np.array(solver.result.x), at.y + money * np.array(solver.result.y)
    w = at.w + money * np.array(solver.result.z_u) if len(lifted.most) else at.w
    if not (np.isfinite(step).all() and np.isfinite(y).all() and np.isfinite(w).all()):
        return []
    ends = (at.z + lifted.searched(at.z, at.z + step)[0] * step, at.z + step)
    return [Place(z, y, w, lifted.unsure(z, y, absent)) for z in ends]


def _model(lifted: Lifted, at: Place) -> tuple[Array, Array]:
    """The Hessian's diagonal, and what a unit of each variable costs beyond the multipliers, (v,) each."""
    problem, first = lifted.problem, lifted.v - lifted.edges
    flow = np.maximum(at.z[first:], 0.0)
    hessian, slope = np.zeros(lifted.v), np.zeros(lifted.v)
    hessian[first:] = lifted.bent(flow, abs(lifted.cost(at.z)))[0]
    slope[: lifted.x] = problem.slope.ravel()
    slope[first:] = problem.congestion * (problem.power + 1) * problem.powered(flow)
    return hessian, slope + lifted.rows.T @ at.y + lifted.limits.T @ at.w
