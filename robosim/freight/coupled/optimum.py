"""The central optimum of a coupled problem, and of every problem that lacks one agent, by piqp with flows as variables.

    min ψ'x + Σ_e a_e F_e^{p+1}  s.t.  Σ A_i x_i = b,  Θ x - F = 0,  G_i x_i ≤ g_i,  lower ≤ x ≤ upper

Lifted so, the Hessian is diagonal and nothing is ever multiplied out. Variables that load the same edges (goods on the
same path) are added up first, which saves most of the fill. With p = 1 that is one quadratic programme; with p > 1
Newton's method: quadratic programmes at the current flows, each followed by an exact search along the line to its
answer, which decreases the convex objective every time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, linprog
from scipy.sparse import block_array, csc_array, csr_array, diags_array, eye_array, hstack, vstack

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.coupled.bound import lower_bound
from robosim.freight.coupled.feasible import (
    as_piqp,
    coupling,
    local_limits,
    nearest_feasible,
    refuse_unmet,
    sharp_solver,
)
from robosim.freight.coupled.problem import Coupled
from robosim.freight.coupled.refined import refined
from robosim.kernels import Unsettled

STEPS = 400
"""Newton steps at most; ten are usual. Where flows go to 0, each leaves 1 - 1/p of them."""
NOTHING = 1e-15
"""Share of the largest b below which a step moves nothing."""
SETTLED = 1e-15
"""Share of the objective that a Newton step must promise, else it is the last."""
NEAR, STALLED = 1e-12, 8
"""A step that promises less than this share of the objective is near the end; so many in a row that promise no less
than half of the least before are as near as the solver's digits reach."""
LEAST_FLOW, LEAST_PRICE = 1e-3, 1e-6
"""Shares of the largest flow, and of the mean price of b as marginal cost, below which an edge counts as this loaded in
the Hessian, which would vanish otherwise; the smaller of the two flows is taken."""
LOOSER = (1e-12, 1e-10, 1e-8)
"""Accuracies asked of piqp, one after the other, where it stops early."""


Places = NDArray[np.int64]


class Optimum(NamedTuple):
    """Decisions x (N, n), the marginal cost of b, price (m,) = dF*/db, and the objective F* = Σ f_i."""

    x: Array
    price: Array
    objective: float


def optimum(problem: Coupled) -> Optimum:
    """The central optimum.

    Raises
    ------
    BadInput
        if b cannot be met (naming the row), or costs fall without end.
    """
    return Lifted(problem).solve()


def optima_without(problem: Coupled) -> Array:
    """F* of P_-i, the optimum with x_i = 0, for each agent: h_-i of the VCG payments, (N,) (X, (7)).

    One solver is kept: agent i's limits are set to 0 in it.

    Raises
    ------
    BadInput
        if b cannot be met without somebody, naming who that is (X, Assumption 7).
    """
    lifted = Lifted(problem)
    return np.array([lifted.solve(absent=i).objective for i in range(problem.agents)])


class Lifted:
    """A problem in lifted form inside a live piqp solver: variables (x, sums over like columns of Θ, F)."""

    def __init__(self, problem: Coupled) -> None:
        self.problem = problem
        self.x, self.edges = problem.slope.size, len(problem.congestion)
        self.rows, self.v = lifted_rows(problem)
        own, self.most = local_limits(problem)
        self.limits = csr_array(hstack([own, csr_array((len(self.most), self.v - self.x))]))
        self.rights = np.concatenate([problem.b, np.zeros(self.rows.shape[0] - len(problem.b))])
        self.owner = np.repeat(np.arange(problem.agents), np.isfinite(problem.most).sum(axis=1))
        self.size = float(np.abs(problem.b).max(initial=0.0)) or 1.0
        self.solver: Any = None

    def solve(self, absent: int | None = None) -> Optimum:
        """The optimum, with x_absent = 0 if somebody is absent."""
        z, y = self._quadratic(*self.bent(self._first_flow()), absent)
        if self.problem.bends:
            z, y = refined(self, *self._newton(z, y, absent), absent)
        x = np.clip(z[: self.x].reshape(self.problem.slope.shape), *self._box(absent))
        return Optimum(x, -y[: len(self.problem.b)], float(self.problem.objective(x)))

    def _newton(self, z: Array, y: Array, absent: int | None) -> tuple[Array, Array]:
        promise, least, stalled = np.inf, np.inf, 0
        for _ in range(STEPS):
            flow = np.maximum(z[self.v - self.edges :], 0.0)
            cost = abs(self.cost(z))
            aim, y = self._quadratic(*self.bent(flow, cost), absent)
            share, promise = self.searched(z, aim)
            still = float(np.abs(aim - z).max(initial=0.0)) <= NOTHING * self.size
            stalled = stalled + 1 if promise <= NEAR * cost and promise > 0.5 * least else 0
            least = min(least, promise)
            if still or promise <= SETTLED * cost or stalled > STALLED:
                return aim, y  # no cheaper in these digits, but nearer
            z = z + share * (aim - z)
        raise Unsettled(
            f"central optimum: not settled in {STEPS} Newton steps, the last of which promised {promise:.3g} less of "
            f"{self.cost(z):.9g}"
        )

    def searched(self, z: Array, aim: Array) -> tuple[float, float]:
        """Where from z (0) to aim (1) the objective is least, and the first derivative's promise of a decrease."""
        problem, step = self.problem, aim - z
        flow, change = z[self.v - self.edges :], step[self.v - self.edges :]

        def slope(t: float) -> float:
            unit = problem.congestion * (problem.power + 1) * problem.powered(flow + t * change)
            return float((problem.slope.ravel() * step[: self.x]).sum() + (unit * change).sum())

        start = slope(0.0)
        if start >= 0:
            return 0.0, 0.0
        return (1.0 if slope(1.0) <= 0 else float(brentq(slope, 0.0, 1.0))), -start

    def cost(self, z: Array) -> float:
        problem = self.problem
        late = problem.congestion @ problem.powered(z[self.v - self.edges :], 1)
        return float(problem.slope.ravel() @ z[: self.x] + late)

    def unsure(self, z: Array, y: Array, absent: int | None) -> float:
        """How far the nearest decision that keeps all rules may be above the least cost, by the dual value here."""
        lower, upper = self._box(absent)
        boxed = replace(self.problem, lower=lower, upper=upper)
        x = np.clip(z[: self.x].reshape(lower.shape), lower, upper)
        cost = float(boxed.objective(nearest_feasible(boxed, x)))
        return cost - lower_bound(boxed, x, -y[: len(boxed.b)]).value

    def _first_flow(self) -> Array:
        """Before anything is known every edge counts as loaded with as much as b asks for at most."""
        return np.full(self.edges, self.size)

    def bent(self, flow: Array, cost: float = np.inf) -> tuple[Array, Array]:
        """Hessian diagonal and slopes (E,) of the quadratic that touches Σ aF^{p+1} at these flows, which cost this."""
        a, p = self.problem.congestion, self.problem.power
        if not self.problem.bends:
            return 2 * a, np.zeros(self.edges)
        with np.errstate(divide="ignore"):
            priced = np.where(a > 0.0, LEAST_PRICE * cost / self.size / (a * (p + 1)), np.inf) ** (1.0 / p)
        loaded = np.maximum(flow, np.minimum(LEAST_FLOW * flow.max(initial=1e-300), priced))
        hessian = a * p * (p + 1) * loaded ** (p - 1)
        return hessian, a * (p + 1) * flow**p - hessian * flow

    def _box(self, absent: int | None) -> tuple[Array, Array]:
        lower, upper = self.problem.lower.copy(), self.problem.upper.copy()
        if absent is not None:
            lower[absent] = upper[absent] = 0.0
        return lower, upper

    def bounds(self, absent: int | None) -> tuple[Array, Array]:
        """Between which every lifted variable is, (v,) each."""
        rest = self.v - self.x
        lower, upper = (x.ravel() for x in self._box(absent))
        return np.append(lower, np.full(rest, -np.inf)), np.append(upper, np.full(rest, np.inf))

    def most_of(self, absent: int | None) -> Array:
        """The right sides of limits: who is absent keeps its own by doing nothing."""
        return self.most if absent is None else np.where(self.owner == absent, np.maximum(self.most, 0.0), self.most)

    def _quadratic(self, hessian: Array, slope: Array, absent: int | None) -> tuple[Array, Array]:
        """The quadratic programme's answer (v,) and the multipliers of its equalities.

        Solved in units of the largest b and the largest slope, so that accuracies mean the same for tons and grams.
        """
        free = np.zeros(self.v - self.x - self.edges)
        c = np.concatenate([self.problem.slope.ravel(), free, slope])
        unit = float(np.abs(c).max()) or 1.0
        square = np.concatenate([np.zeros(self.x), free, hessian * (self.size / unit)])
        z, y = self._solved(as_piqp(csc_array(diags_array(square))), c / unit, absent)
        return self.size * z, unit * y

    def _solved(self, P: Any, c: Array, absent: int | None) -> tuple[Array, Array]:
        import piqp

        x_l, x_u = (x / self.size for x in self.bounds(absent))
        most = self.most_of(absent)
        h_u = most / self.size if len(most) else None
        for accuracy in LOOSER:
            if self.solver is None:
                self.solver = sharp_solver(accuracy)
                limits = as_piqp(self.limits) if len(most) else None
                self.solver.setup(P, c, as_piqp(self.rows), self.rights / self.size, limits, None, h_u, x_l, x_u)
            else:
                self.solver.update(P=P, c=c, h_u=h_u, x_l=x_l, x_u=x_u)
            solved, result = self.solver.solve() == piqp.PIQP_SOLVED, self.solver.result
            found, near = (np.array(result.x), np.array(result.y)), solved or _nearly(result.info)
            if not solved or accuracy != LOOSER[0]:
                self.solver = None  # the next one is asked for all digits again
            if near:
                return found
        raise self._unsolved(absent)

    def _unsolved(self, absent: int | None) -> Exception:
        """Why there is no answer: the user's fault where that is proven, else ours."""
        if absent is None:
            refuse_unmet(self.problem)
        else:
            refuse_unmet(self.problem.without(absent), f"without agent {absent} (X, Assumption 7): ")
        if self._endless(absent):
            return BadInput("slope: costs fall without end (give lower, upper or limits)")
        return Unsettled(
            f"central optimum: not found by piqp to any of the accuracies {LOOSER}, though there is one (numbers of "
            "like size may help)"
        )

    def _endless(self, absent: int | None) -> bool:
        """Whether some decision can move on for ever without loading an edge that is congested, and costs fall."""
        lower, upper = self._box(absent)
        box = np.stack([np.where(np.isfinite(x.ravel()), 0.0, s) for x, s in ((lower, -1.0), (upper, 1.0))], axis=1)
        still = vstack([coupling(self.problem), self.problem.theta[np.flatnonzero(self.problem.congestion > 0)]])
        slope, none = self.problem.slope.ravel(), np.zeros(still.shape[0])
        own, most = local_limits(self.problem)
        limits: Any = {"A_ub": own, "b_ub": np.zeros(len(most))} if len(most) else {}
        found: Any = cast(Any, linprog)(slope, A_eq=still, b_eq=none, bounds=box, method="highs", **limits)
        return found.x is not None and float(slope @ found.x) < -1e-9 * float(np.abs(slope) @ np.abs(found.x))


def _nearly(info: Any) -> bool:
    """Whether piqp stood still where its last demand would have been met."""
    return bool(max(info.primal_res_rel, info.dual_res_rel, info.duality_gap_rel) <= LOOSER[-1])


def lifted_rows(problem: Coupled) -> tuple[csr_array, int]:
    """The equalities over (x, sums, F) and how many variables that are.

    Sums are over variables that load the same edges equally; they are left out where that would not save half of Θ.
    """
    A, theta = coupling(problem), problem.theta
    edges, count = theta.shape
    which, first = alike(theta)
    blocks: list[Any] = [[A, None], [theta, -eye_array(edges)]]
    if 2 * len(first) <= count:
        sums = csr_array((np.ones(count), (which, np.arange(count))), shape=(len(first), count))
        different = csr_array(csc_array(theta)[:, first])
        blocks = [[A, None, None], [sums, -eye_array(len(first)), None], [None, different, -eye_array(edges)]]
    rows: Any = block_array(blocks, format="csr")
    return rows, rows.shape[1]


def alike(theta: csr_array) -> tuple[Places, Places]:
    """For every column of Θ which of the different ones it is, and the first place of each different one."""
    columns = csc_array(theta)
    columns.sort_indices()
    seen: dict[bytes, int] = {}
    first: list[int] = []
    which = np.empty(columns.shape[1], dtype=np.int64)
    for j in range(columns.shape[1]):
        part = slice(columns.indptr[j], columns.indptr[j + 1])
        key = columns.indices[part].tobytes() + columns.data[part].tobytes()
        which[j] = seen.setdefault(key, len(seen))
        if len(seen) > len(first):
            first.append(j)
    return which, np.array(first, dtype=np.int64)
