"""Live solvers for what is left of the local problems: strictly convex quadratic programmes in the own blocks.

A solver that is kept alive starts from its last active set and remembers: the last bits of an answer depend on the
questions before. Programs that ask the same questions in the same order get the same bits.

Local problems with congestion that is not linear: Newton's method, each step a quadratic local problem.

At flows F⁰ congestion φ_e(F⁰ + d) = s_e a_e |F⁰ + d|^{p+1} is, to second order, φ_e(F⁰) + φ'(F⁰) d + ½ K_e d² with
K = φ''(F⁰): for the step the same problem as with linear congestion, of weight K. As copies are free, flows may be
negative on the way; |F| keeps the cost convex there. Steps are halved until the cost falls enough (Armijo), so that the
method converges from everywhere, and quadratically in the end: τ > 0 makes the problem strongly convex. Where weights
are so much larger than τ that rounding turns a step, τ is larger for that step (Levenberg and Marquardt). It ends where
a step is small, or where several in a row promise no fall that the cost's digits could show.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, cast

import daqp
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from robosim.agent import Array, Said
from robosim.kernels import Unsettled
from robosim.kernels.congestion import powered
from robosim.kernels.edge_space import eliminate, fold, unfold
from robosim.kernels.paths import Paths, flow, price

ACCURACY = 1e-10
"""Of constraints, in the solver's own scale."""
FAR = 1e30
"""What the solver takes for infinity."""


@dataclass(frozen=True, kw_only=True)
class Programmes:
    """min ½ x'Tx + f'x, G_i x ≤ g_i, lower_i ≤ x ≤ upper_i, for N agents in M missions.

    Parameters
    ----------
    me : (N,) the agents' numbers, for messages.
    own : private types, of which limits, most, lower and upper count.
    """

    me: NDArray[np.int32]
    own: Said
    _models: dict[tuple[int, int], daqp.Model] = field(default_factory=dict, repr=False)

    def solve(self, curvature: Array, linear: Array) -> Array:
        """The minimisers (M, N, n) for T (1|M, N, n, n), always the same, and f (M, N, n)."""
        x, models, last = np.empty_like(linear), self._models, len(curvature) - 1
        for m, mission in enumerate(linear):
            for i, f in enumerate(mission):
                model = models.get((m, i))
                if model is not None:
                    model.update(f=f)
                    answer, _, flag, _ = model.solve()
                    if flag == 1:
                        x[m, i] = answer
                        continue
                x[m, i] = self._anew(m, i, curvature[min(m, last), i], f)
        return x

    def __contains__(self, place: tuple[int, int]) -> bool:
        """Whether an agent's solver is alive."""
        return place in self._models

    def solve_one(self, m: int, i: int, curvature: Array, f: Array, anew: bool = True) -> Array:
        """The minimiser (n,) of one agent for T (n, n), `anew` if it is not that of the last time, and f (n,)."""
        known = math.isfinite(f.sum()) and (not anew or math.isfinite(curvature.sum()))
        if not known:  # daqp would answer that too
            raise Unsettled(f"agent {self.me[i]}: its local problem has numbers too far apart in size to be solved")
        model = self._models.get((m, i))
        if model is not None and (model.update(H=curvature, f=f) if anew else model.update(f=f)) >= 0:
            answer, _, flag, _ = model.solve()
            if flag == 1:
                return np.asarray(answer)
        return self._anew(m, i, curvature, f)

    def _anew(self, m: int, i: int, curvature: Array, f: Array) -> Array:
        """A new solver for one agent, which has to find an answer."""
        model = daqp.Model()
        self._models.pop((m, i), None)
        model.settings = {"primal_tol": ACCURACY}
        own = {key: self.own[key][min(m, len(self.own[key]) - 1), i] for key in ("limits", "most", "lower", "upper")}
        limited = own["most"] < np.inf
        rows = np.ascontiguousarray(own["limits"].reshape(-1, f.size)[limited])
        upper = np.clip(np.concatenate([own["upper"], own["most"][limited]]), -FAR, FAR)
        lower = np.clip(np.concatenate([own["lower"], np.full(len(rows), -FAR)]), -FAR, FAR)
        flag, _ = model.setup(curvature, f, rows, upper, lower)
        answer, _, flag, _ = model.solve() if flag >= 0 else (f, None, flag, None)
        if flag == 1:
            self._models[m, i] = model
            return np.asarray(answer)
        me = self.me[i]
        if contradicts(rows, lower, upper):
            raise ArithmeticError(
                f"agent {me}: its local problem has no answer: its own limits contradict each other (widen them)"
            )
        raise Unsettled(f"agent {me}: its local problem was not solved (daqp ended with {flag})")


def contradicts(rows: Array, lower: Array, upper: Array) -> bool:
    """Whether no x keeps lower ≤ (x, rows x) ≤ upper, by HiGHS."""
    n = rows.shape[1]
    box = np.stack([np.where(np.abs(x) >= FAR, np.copysign(np.inf, x), x) for x in (lower[:n], upper[:n])], axis=1)
    shared = {"A_ub": rows, "b_ub": upper[n:]} if len(rows) else {}
    if (box[:, 0] > box[:, 1]).any():
        return True
    found: Any = cast(Any, linprog)(np.zeros(n), bounds=box, method="highs", **shared)
    return bool(found.status == 2)


STILL = 1e-9
"""The last step, relative to the largest number in y: where it is this small its square is below rounding."""
STEPS = 200
HALVINGS = 60
ENOUGH = 1e-4
"""Of the fall that the slope promises."""
ROUNDING = 1e-13
"""Of the sizes of the cost's terms: a fall below it cannot be seen."""
FLAT, ENOUGH_FLAT = 1e-11, 5
"""A step that promises to change the cost by less than this share is at its floor or one or two steps from it; so many
in a row are at it."""
NOWHERE = 1e-9
"""A step that promises less than this share of the cost, where no step, damped or not, brings any fall in these digits,
or less than `SHORT` of it may be taken, is rounding: y is the least there is."""
SHORT = 1e-3
"""Of a step of which less than this may be taken, rounding has turned the direction."""
DAMPED = (1e-12, 1e-9, 1e-6, 1e-3)
"""Shares of the largest weight that are tried in addition to τ."""


@dataclass(frozen=True, kw_only=True)
class BentProblem:
    """One agent's min over y of linear'x + ½ c‖A x‖² + Σ_e φ_e(F_e) + (τ/2)‖y‖² - h'y, x ∈ X_i.

    Parameters
    ----------
    place : mission and row of the agent; me : its number.
    square : (n, n) c A'A.
    minded, load : (e,) the edges that it minds and their s_e a_e; power : p, one or (e,).
    """

    paths: Paths
    place: tuple[int, int]
    me: int
    tau: float
    square: Array
    minded: NDArray[np.int32]
    load: Array
    power: float | Array
    programmes: Programmes

    def solve(self, h: Array, linear: Array, y: Array | None) -> Array:
        """The minimiser (N·n,) for h (N·n,) and linear (n,), from y where it is given.

        Raises `Unsettled` where STEPS steps do not end at it.
        """
        nothing = np.zeros_like(h)
        y = self._quadratic(h, linear, np.zeros_like(self.load), nothing) if y is None else y
        flat, promised, scale = 0, np.nan, np.nan
        for _ in range(STEPS):
            step = self._newtons(h, linear, y)
            if np.abs(step).max() <= STILL * np.abs(y).max(initial=1.0):
                return np.asarray(y + step)
            _, scale, promised = self._cost(h, linear, y, step)
            flat = flat + 1 if abs(promised) <= FLAT * scale else 0
            if flat > ENOUGH_FLAT:
                return np.asarray(y + step)
            if flat:
                share = self._share(h, linear, y, step)
            else:
                step, share = self._downhill(h, linear, y, step)
            if share < SHORT and abs(promised) <= NOWHERE * scale:
                return y
            y = y + share * step
        if abs(promised) <= NOWHERE * scale:
            return y
        raise Unsettled(
            f"agent {self.me}: its local problem did not settle in {STEPS} Newton steps, the last of which promised a "
            f"fall of {-promised:.3g} of costs of {scale:.3g}"
        )

    def _step(self, h: Array, linear: Array, y: Array, damping: float = 0.0) -> Array:
        """From y to the minimiser of the quadratic that touches the cost there, with a share of the largest weight
        added to τ."""
        at, x = flow(*self.paths, y, self.minded), y[self.me * linear.size : (self.me + 1) * linear.size]
        p = self.power
        steep, weight = (p + 1) * self.load * powered(at, p), p * (p + 1) * self.load * powered(at, p, -1)
        left = h - self.tau * y - price(*self.paths, steep, self.minded)
        more = damping * float(weight.max(initial=0.0))
        return self._quadratic(left, linear + np.einsum("cd,d->c", self.square, x), weight, y, more)

    def _newtons(self, h: Array, linear: Array, y: Array) -> Array:
        """Newton's own step; NaN where weights are so large that its programme has no answer in these digits."""
        try:
            return self._step(h, linear, y)
        except Unsettled:
            return np.full_like(y, np.nan)

    def _downhill(self, h: Array, linear: Array, y: Array, step: Array) -> tuple[Array, float]:
        """A step and how much of it is taken: Newton's own, or a damped one where rounding has turned that."""
        share = self._share(h, linear, y, step) if self._cost(h, linear, y, step)[2] < 0.0 else 0.0
        for damping in DAMPED:
            if share >= SHORT:
                break
            try:
                damped = self._step(h, linear, y, damping)
            except Unsettled:
                continue
            if self._cost(h, linear, y, damped)[2] < 0.0:
                step, share = damped, self._share(h, linear, y, damped)
        return step, share

    def _share(self, h: Array, linear: Array, y: Array, step: Array) -> float:
        """How much of a step is taken: the first of 1, ½, ¼, … at which the cost falls enough; 0 if it never does."""
        before, scale, promised = self._cost(h, linear, y, step)
        share = 1.0
        for _ in range(HALVINGS):
            after, *_ = self._cost(h, linear, y + share * step, step)
            if after - before <= ENOUGH * share * promised + ROUNDING * scale:
                return share
            share *= 0.5
        return 0.0

    def _cost(self, h: Array, linear: Array, y: Array, step: Array) -> tuple[float, float, float]:
        """The cost at y, the sum of its terms' sizes, and its slope along a step.

        Where x is 0 its programme leaves rounding of 1, which the slopes of what it costs turn into a cost.
        """
        at, p = flow(*self.paths, y, self.minded), self.power
        moved = flow(*self.paths, step, self.minded)
        own = slice(self.me * linear.size, (self.me + 1) * linear.size)
        x, dx = y[own], step[own]
        bent = np.einsum("cd,d->c", self.square, x)
        terms = (
            _dot(linear, x), 0.5 * _dot(bent, x), _dot(self.load, powered(at, p, 1)),
            0.5 * self.tau * _dot(y, y), -_dot(h, y),
        )  # fmt: skip
        steep = (p + 1) * self.load * powered(at, p)
        slope = _dot(linear + bent, dx) + _dot(steep, moved) + _dot(self.tau * y - h, step)
        unseen = float(np.abs(linear).sum()) * max(1.0, float(np.abs(x).max(initial=0.0)))
        return sum(terms), sum(map(abs, terms)) + unseen, slope

    def _quadratic(self, left: Array, linear: Array, weight: Array, y: Array, more: float = 0.0) -> Array:
        """The step from y (N·n,) to the minimiser with ½ Σ K_e d_e² of changes d of flows, and `more` added to τ.

        `left` (N·n,) is what h leaves of the slope at y, but for the slopes `linear` (n,) of its own block: as that
        gets small, so do the numbers that cancel.
        """
        tau, own = self.tau + more, slice(self.me * linear.size, (self.me + 1) * linear.size)
        core, curvature = eliminate(*self.paths, linear.size, self.me, tau, weight, self.minded)
        curvature += self.square
        ask, pressure = linear[None, None].copy(), np.empty((1, 1, weight.size))
        me, count = np.array([self.me], dtype=np.int32), np.array([weight.size], dtype=np.int32)
        shape = (*self.paths, me, count, self.minded[None], core[None, None])
        fold(*shape, left[None, None], ask, pressure)
        x = self.programmes.solve_one(*self.place, curvature, ask[0, 0] - np.einsum("cd,d->c", curvature, y[own]))
        step = np.empty((1, 1, left.size))
        unfold(*shape, left[None, None], np.array([tau]), pressure, (x - y[own])[None, None], step)
        return np.asarray(step[0, 0])


def _dot(a: Array, b: Array) -> float:
    """a'b, without a library whose sums depend on threads."""
    return float(np.einsum("c,c->", a, b))
