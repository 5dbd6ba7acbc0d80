"""What robots must pay together, at least, to end near agreement, whatever any of them does.

A private cost that is at least φ(s) = idle + linear·s + quadratic·s² for a robot that ends s metres from its start
gives

    Σ_j v_j ≥ min {Σ_j φ(‖z_j - θ_j‖) : ‖(I-J) z‖ ≤ β}

for every run that ends within β, and the minimum is bounded from below by its dual: for any μ (N, d) with Σ_j μ_j = 0

    Σ_j φ(‖z_j - θ_j‖) ≥ N φ(0) + <μ, (I-J) θ> - β ‖μ‖ - Σ_j φ*(‖μ_j‖),   φ*(y) = max(0, y - linear)² / (4 quadratic).

The best μ are forces φ'(s_j) towards the point where meeting is cheapest; any other gives a bound that is only lower.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from robosim.agent import Array
from robosim.network.network import spread


class Law(NamedTuple):
    """φ(s) = idle + linear·s + quadratic·s² ≥ 0, the least private cost of ending s metres from the start."""

    idle: float = 0.0
    linear: float = 0.0
    quadratic: float = 1.0


DISPLACEMENT = Law()
"""‖z_i - θ_i‖²."""


def least_total(law: Law, starts: Array, beta: float) -> float:
    """A lower bound of Σ_j φ(‖z_j - θ_j‖) over all z within `beta` metres of agreement; `starts` θ are (N, d) metres.

    Exact for laws without a linear part, idle·N + quadratic·max(0, ‖(I-J) θ‖ - β)².

    >>> round(least_total(Law(), np.array([[0.0], [2.0]]), 0.0), 9)
    2.0
    >>> round(least_total(Law(linear=3.0, quadratic=0.0), np.array([[0.0], [0.0], [2.0]]), 0.0), 9)
    6.0
    """
    still, apart = len(starts) * law.idle, float(spread(starts))
    if law.linear == 0.0:
        return still + law.quadratic * max(0.0, apart - beta) ** 2
    centred = starts - starts.mean(axis=0)
    return still + max([0.0, *(_dual(law, forces, centred, beta) for forces in _forces(law, centred))])


def _forces(law: Law, starts: Array) -> Iterator[Array]:
    """Forces (N, d) that sum to zero: towards the cheapest meeting point, made to balance in two ways."""
    size = float(np.abs(starts).max()) or 1.0
    soft = 1e-9 * size  # a robot that stands at the meeting point has no direction

    def total(point: Array) -> tuple[float, Array]:
        way = starts - point
        far = np.sqrt(np.einsum("id,id->i", way, way) + soft**2)
        pull = (law.linear / far + 2.0 * law.quadratic)[:, None] * way
        return float((law.linear * far + law.quadratic * far**2).sum()), -pull.sum(axis=0)

    meeting = minimize(total, np.median(starts, axis=0), jac=True, method="BFGS", options={"gtol": 1e-12}).x
    way = starts - meeting
    far = np.sqrt(np.einsum("id,id->i", way, way) + soft**2)
    forces = (law.linear / far + 2.0 * law.quadratic)[:, None] * way
    yield forces - forces.mean(axis=0)
    nearest = int(far.argmin())
    forces[nearest] -= forces.sum(axis=0)
    yield forces


def _dual(law: Law, forces: Array, starts: Array, beta: float) -> float:
    """The dual value of the best multiple of some forces that are in balance up to rounding."""
    forces = forces - forces.mean(axis=0)
    strength = np.sqrt(np.einsum("id,id->i", forces, forces))
    worth = float(np.einsum("id,id->", forces, starts)) - beta * float(np.sqrt((strength**2).sum()))
    if worth <= 0.0 or not strength.any():
        return 0.0
    if law.quadratic * float(np.abs(starts).max()) <= 1e-12 * law.linear:  # what it adds is left out: the bound holds
        return worth * law.linear / float(strength.max())

    def loss(share: float) -> float:
        over = np.maximum(0.0, share * strength - law.linear)
        return float((over**2).sum()) / (4.0 * law.quadratic) - share * worth

    return -float(minimize_scalar(loss, bounds=(0.0, 2.0), method="bounded", options={"xatol": 1e-12}).fun)
