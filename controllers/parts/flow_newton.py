"""What an agent's own part of an edge's flow should be, and its decision where congestion is not linear, by Newton.

    w of an edge: min over w ≥ 0 of s φ(w/s) + (c/2)(v - w)²,  φ(F) = a F^{p+1}
    x: min over X_i of ψ'x + ½ x'Q x + Σ_r (c_r/2)(A x - u)_r² + Σ_e min_w [s φ(w/s) + (c_e/2)((Θ x)_e - u_e - w)²]

The inner least values are convex in v, bend by c k/(c + k) with k = φ''(w/s)/s, and make a quadratic programme a step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.kernels import Unsettled

STEPS, HALVINGS, STILL, ENOUGH = 100, 50, 1e-10, 1e-13
"""Newton steps and halvings at most; a step of that share of the decision, or a promise of that share of the cost, ends
them."""


class Place(NamedTuple):
    """At some x: the cost, its slope by row of v, and how it bends by row, (R,) each."""

    cost: float
    steep: Array
    stiff: Array


@dataclass(frozen=True, kw_only=True)
class BentFlow:
    """Agent `me`'s problem: rows (R, n), u = `aim` and c (R,); s, a, p of the last rows, which are edges; ψ and Q."""

    me: int
    rows: Array
    aim: Array
    c: Array
    part: Array
    toll: Array
    power: Any
    slope: Array
    bend: Array

    def at(self, x: Array) -> Place:
        """Cost and derivatives."""
        edges, left = slice(len(self.c) - len(self.toll), None), np.einsum("rc,c->r", self.rows, x) - self.aim
        c, safe = self.c[edges], np.where(self.part > 0, self.part, 1.0)
        w = roots(self.part, self.toll, self.power, c, left[edges])
        left[edges] -= w
        late = np.where(self.part > 0, self.part * self.toll * (w / safe) ** (self.power + 1), 0.0).sum()
        bent = np.einsum("cd,d->c", self.bend, x)
        cost = np.einsum("c,c->", self.slope + 0.5 * bent, x) + 0.5 * (self.c * left * left).sum() + late
        stiff = self.c.copy()
        stiff[edges] = stiffness(self.part, self.toll, self.power, c, w)
        return Place(float(cost), self.c * left, stiff)

    def solve(self, x: Array, programme: Callable[[Array, Array], Array]) -> Array:
        """The minimiser from x (n,); `programme` solves min ½ x'Tx + f'x over X_i for (T, f).

        Raises `Unsettled` where STEPS steps do not end at it.
        """
        now = self.at(x)
        for _ in range(STEPS):
            there = np.einsum("rc,c->r", self.rows, x)
            linear = self.slope + np.einsum("rc,r->c", self.rows, now.steep - now.stiff * there)
            aimed = programme(self.bend + np.einsum("rc,r,rd->cd", self.rows, now.stiff, self.rows), linear)
            step = aimed - x
            gradient = self.slope + np.einsum("cd,d->c", self.bend, x) + np.einsum("rc,r->c", self.rows, now.steep)
            promise = float(np.einsum("c,c->", gradient, step))
            if np.abs(step).max() <= STILL * max(1.0, np.abs(x).max()) or promise >= -ENOUGH * (1 + abs(now.cost)):
                return np.asarray(aimed)
            x, now = self._downhill(x, step, now, promise)
        raise Unsettled(f"agent {self.me}: its local problem did not settle in {STEPS} Newton steps")

    def _downhill(self, x: Array, step: Array, now: Place, promise: float) -> tuple[Array, Place]:
        """The first of a whole, half, quarter, … step at which the cost falls enough (Armijo)."""
        size = 1.0
        for _ in range(HALVINGS):
            after = self.at(x + size * step)
            if after.cost <= now.cost + 1e-4 * size * promise + ENOUGH * abs(now.cost):
                break
            size *= 0.5
        return x + size * step, after


def share(part: Array, toll: Array, c: Array) -> Array:
    """w/v where congestion is linear: c/(c + 2a/s), 0 where the part is 0."""
    return np.asarray(c * part / (c * part + 2.0 * toll))


def stiffness(part: Array, toll: Array, power: Any, c: Array, w: Array | None = None) -> Array:
    """How the least of s φ(w/s) + (c/2)(v - w)² bends in v: c k/(c + k) with k = φ''(w/s)/s, c where s is 0."""
    if w is None:
        return np.asarray(c * (1.0 - share(part, toll, c)))
    safe = np.where(part > 0, part, 1.0)
    k = power * (power + 1) * toll * (w / safe) ** (power - 1) / safe
    return np.asarray(np.where((part > 0) & (w > 0), c * k / (c + k), c))


def roots(part: Array, toll: Array, power: Any, c: Array, v: Array) -> Array:
    """w ≥ 0 with φ'(w/s) = c (v - w), by Newton's method from above in a convex function; 0 where v ≤ 0 or s is 0."""
    some, safe = (v > 0) & (part > 0), np.where(part > 0, part, 1.0)
    most = np.where(some, v, 0.0)
    w = np.minimum(most, safe * (c * most / ((power + 1) * toll)) ** (1.0 / power))
    for _ in range(STEPS):
        flow = w / safe
        value = (power + 1) * toll * flow**power - c * (most - w)
        slope = power * (power + 1) * toll * flow ** (power - 1) / safe + c
        new = np.where(some, np.maximum(w - value / slope, 0.0), 0.0)
        if (np.abs(new - w) <= 1e-15 * most).all():
            return np.asarray(new)
        w = new
    raise Unsettled(f"an agent's part of an edge's flow did not settle in {STEPS} Newton steps")
