"""Local problems with congestion that is not linear: Newton's method, each step a quadratic local problem.

At flows F⁰ congestion φ_e(F) = s_e a_e |F|^{p+1} is, to second order, ½ K_e F² + l_e F with K = φ''(F⁰) and
l = φ'(F⁰) - K F⁰: the same problem as with linear congestion, of weight K and with h - Θ'l for h. As copies are free,
flows may be negative on the way; |F| keeps the cost convex there. Steps are halved until the cost falls enough
(Armijo), so that the method converges from everywhere, and quadratically in the end: τ > 0 makes the problem strongly
convex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.controllers.local_programme import Programmes
from robosim.kernels.edge_space import eliminate, fold, unfold
from robosim.kernels.paths import Paths, flow, price

STILL = 1e-9
"""The last step, relative to the largest number in y: where it is this small its square is below rounding."""
STEPS = 200
HALVINGS = 60
ENOUGH = 1e-4
"""Of the fall that the slope promises."""
ROUNDING = 1e-13


@dataclass(frozen=True, kw_only=True)
class BentProblem:
    """One agent's min over y of linear'x + ½ c‖A x‖² + Σ_e φ_e(F_e) + (τ/2)‖y‖² - h'y, x ∈ X_i.

    Parameters
    ----------
    place : mission and row of the agent; me : its number.
    square : (n, n) c A'A.
    minded, load : (e,) the edges that it minds and their s_e a_e.
    """

    paths: Paths
    place: tuple[int, int]
    me: int
    tau: float
    square: Array
    minded: NDArray[np.int32]
    load: Array
    power: float
    programmes: Programmes

    def solve(self, h: Array, linear: Array, y: Array | None) -> Array:
        """The minimiser (N·n,) for h (N·n,) and linear (n,), from y where it is given."""
        y = self._quadratic(h, linear, np.zeros_like(self.load)) if y is None else y
        for _ in range(STEPS):
            at = flow(*self.paths, y, self.minded)
            size, p = np.abs(at), self.power
            steep, weight = (p + 1) * self.load * np.sign(at) * size**p, p * (p + 1) * self.load * size ** (p - 1)
            trend = price(*self.paths, steep - weight * at, self.minded)
            step = self._quadratic(h - trend, linear, weight) - y
            if np.abs(step).max() <= STILL * np.abs(y).max(initial=1.0):
                return np.asarray(y + step)
            y = y + self._share(h, linear, y, step) * step
        raise ArithmeticError(f"agent {self.me}: its local problem did not settle in {STEPS} Newton steps")

    def _share(self, h: Array, linear: Array, y: Array, step: Array) -> float:
        """How much of a step is taken: the first of 1, ½, ¼, … at which the cost falls enough."""
        before, scale, promised = self._cost(h, linear, y, step)
        share = 1.0
        for _ in range(HALVINGS):
            after, *_ = self._cost(h, linear, y + share * step, step)
            if after - before <= ENOUGH * share * promised + ROUNDING * scale:
                break
            share *= 0.5
        return share

    def _cost(self, h: Array, linear: Array, y: Array, step: Array) -> tuple[float, float, float]:
        """The cost at y, the sum of its terms' sizes, and its slope along a step."""
        at, p = flow(*self.paths, y, self.minded), self.power
        moved = flow(*self.paths, step, self.minded)
        own = slice(self.me * linear.size, (self.me + 1) * linear.size)
        x, dx = y[own], step[own]
        bent = np.einsum("cd,d->c", self.square, x)
        terms = (
            _dot(linear, x), 0.5 * _dot(bent, x), _dot(self.load, np.abs(at) ** (p + 1)),
            0.5 * self.tau * _dot(y, y), -_dot(h, y),
        )  # fmt: skip
        steep = (p + 1) * self.load * np.sign(at) * np.abs(at) ** p
        slope = _dot(linear + bent, dx) + _dot(steep, moved) + _dot(self.tau * y - h, step)
        return sum(terms), sum(map(abs, terms)), slope

    def _quadratic(self, h: Array, linear: Array, weight: Array) -> Array:
        """The minimiser (N·n,) with congestion ½ Σ K_e F_e²."""
        core, curvature = eliminate(*self.paths, linear.size, self.me, self.tau, weight, self.minded)
        ask, pressure = linear[None, None].copy(), np.empty((1, 1, weight.size))
        me, count = np.array([self.me], dtype=np.int32), np.array([weight.size], dtype=np.int32)
        shape = (*self.paths, me, count, self.minded[None], core[None, None])
        fold(*shape, h[None, None], ask, pressure)
        x = self.programmes.solve_one(*self.place, curvature + self.square, ask[0, 0])
        y = np.empty((1, 1, h.size))
        unfold(*shape, h[None, None], np.array([self.tau]), pressure, x[None, None], y)
        return np.asarray(y[0, 0])


def _dot(a: Array, b: Array) -> float:
    """a'b, without a library whose sums depend on threads."""
    return float(np.einsum("c,c->", a, b))
