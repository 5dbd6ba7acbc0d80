"""Coupled objectives and coupled constraints: what everybody does loads shared edges, and together they must meet b.

    min Σ_i f_i(x)  s.t.  Σ_i A_i x_i = b,  G_i x_i ≤ g_i,  lower_i ≤ x_i ≤ upper_i                     (X, (P))

with edge flows F = Θ x = Σ_i Θ_i x_i and f_i(x) = ψ_i'x_i + Σ_e s_ie φ_e(F_e), φ_e(F) = a_e |F|^{p_e+1}. Parts s_ie
add up to 1 on every edge, so that Σ f_i = Σ ψ_i'x_i + Σ_e φ_e(F_e). Linear congestion (X, Example 1) has p = 1, BPR 4;
roads may have a power each. Flows that rounding puts below 0 are continued as `robosim.kernels.congestion` says.
Any convex quadratic ½ x_i'H_i x_i of an agent's own is p = 1 with edges that only i uses: Θ_i = √H_i, a = ½, s_ie = 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from robosim.agent import Array, Said
from robosim.errors import BadInput
from robosim.freight.coupled.parts import (
    Parts,
    Sense,
    check_congestion,
    numbers,
    power_of,
    senses,
    shares,
    spread,
    stacked,
    uses,
    with_own_costs,
    with_slack,
)
from robosim.kernels.congestion import bends, powered

MARGIN = 100.0
"""A report may claim so many times what the dearest agent would bear: lies are heard, nonsense is refused."""


@dataclass(frozen=True, kw_only=True)
class Coupled:
    """N agents with n variables each, E edges, m coupling rows, r rows of private limits.

    Parameters
    ----------
    theta : (E, N·n) sparse Θ; agent i's columns are i·n … (i+1)·n.
    congestion : (E,) a ≥ 0.
    power : p ≥ 1, one for all edges or (E,); flows must be ≥ 0 where p is not 1.
    part : (N, E) s ≥ 0, which adds up to 1 over the agents on every edge that somebody uses.
    slope : (N, n) ψ, private.
    A : (N, m, n).
    b : (m,).
    limits : (N, r, n) G.
    most : (N, r) g, private; ∞ where there is no limit.
    lower, upper : (N, n), ±∞ where there are none.
    """

    theta: csr_array
    congestion: Array
    power: float | Array = 1.0
    part: Array
    slope: Array
    A: Array
    b: Array
    limits: Array
    most: Array
    lower: Array
    upper: Array

    @classmethod
    def of(
        cls,
        slope: ArrayLike,
        A: ArrayLike,
        b: ArrayLike,
        *,
        theta: Any = None,
        congestion: ArrayLike = 0.0,
        power: ArrayLike = 1.0,
        part: ArrayLike | None = None,
        H: Sequence[ArrayLike | None] | None = None,
        limits: ArrayLike | None = None,
        most: ArrayLike = np.inf,
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
        sense: Sense | Sequence[Sense] = "=",
    ) -> Coupled:
        """A problem whose numbers are checked; slope (N, n) gives the shape, the others are spread to it.

        Parameters
        ----------
        A, b : (N, m, n) or what spreads to it, such as (m, n) for all alike; (m,).
        theta : (E, N·n), sparse or dense, or blocks (N, E, n); None if nobody shares an edge.
        part : (N, E), by default by how many of its variables load the edge (X, (B.3)).
        H : agents' own quadratic costs ½ x_i'H_i x_i: N of (n, n), of (n,) for diagonals, or None. They become edges.
        limits, most : (N, r, n), (N, r), or what spreads to them.
        sense : "=", "<=" or ">=", or one for each row of b. Each inequality gives every agent one more variable, at the
            end of its own: its slack (X, Remark 1).

        Raises
        ------
        BadInput
            if a number is not usable, or costs are not convex.

        >>> two = Coupled.of([[1.0], [2.0]], 1.0, [3.0], H=[[[2.0]], [[2.0]]])
        >>> two.objective(np.array([[2.0], [1.0]]))
        array(9.)
        """
        parts = _plain(slope, A, b, theta, congestion, power, limits, most, lower, upper)
        count = uses(parts["theta"], len(parts["slope"]))
        parts["part"] = shares(count, parts["theta"]) if part is None else spread("part", part, count.shape)
        check_congestion(parts)
        parts = parts if H is None else with_own_costs(parts, H)
        each = senses(sense, len(parts["b"]))
        return cls(**(parts if all(one == "=" for one in each) else with_slack(parts, each)))

    @classmethod
    def from_cvxpy(cls, problem: Any, owners: Mapping[Any, int]) -> Coupled:
        """A cvxpy problem with a convex quadratic objective and affine constraints; `owners` variable → agent.

        What becomes of its rows, and what it raises: `robosim.freight.coupled.cvx.arrays_of`.
        """
        from robosim.freight.coupled.cvx import arrays_of

        return cls.of(**arrays_of(problem, owners))

    def without(self, agent: int) -> Coupled:
        """P_-i (X, section 5.2): the others alone must meet b, which stays as it is; they share the parts of all edges.

        Raises `BadInput` if there is no such agent, or nobody else.
        """
        if self.agents == 1:
            raise BadInput(
                "agent: there is only one, and nobody to meet b without it (shadow prices need no such thing)"
            )
        if not 0 <= agent < self.agents:
            raise BadInput(f"agent: must be one of 0..{self.agents - 1}, got {agent}")
        others = np.arange(self.agents) != agent
        names = ("slope", "A", "limits", "most", "lower", "upper")
        theta = csr_array(self.theta[:, np.repeat(others, self.variables)])
        left: Parts = {name: getattr(self, name)[others] for name in names}
        return replace(self, theta=theta, part=shares(self.part[others], theta), **left)

    @property
    def agents(self) -> int:
        """N."""
        return len(self.slope)

    @property
    def variables(self) -> int:
        """n, of each agent."""
        return int(self.slope.shape[1])

    def flow(self, x: Array) -> Array:
        """F = Θ x of decisions (…, N, n): (…, E)."""
        flat = x.reshape(-1, self.agents * self.variables)
        return np.asarray((self.theta @ flat.T).T).reshape(*x.shape[:-2], -1)

    def own_flow(self, x: Array) -> Array:
        """Θ_i x_i of decisions (N, n): (N, E)."""
        n = self.variables
        return np.stack([self.theta[:, i * n : (i + 1) * n] @ x[i] for i in range(self.agents)])

    @property
    def bends(self) -> bool:
        """Whether the cost of some edge is not quadratic."""
        return bends(self.power)

    def powered(self, flow: Array, more: int = 0) -> Array:
        """F^{p+more} of flows (…, E), with the one continuation to F < 0 that solvers have too."""
        return powered(flow, self.power, more)

    def objective(self, x: Array) -> Array:
        """Σ f_i of decisions (…, N, n): (…)."""
        late = self.congestion * self.powered(self.flow(x), 1)
        return np.asarray((x * self.slope).sum(axis=(-2, -1)) + late.sum(axis=-1))

    def gradient(self, x: Array) -> Array:
        """∇F of decisions (N, n): ψ + Θ'(a (p+1) F^p), (N, n)."""
        unit = self.congestion * (self.power + 1) * self.powered(self.flow(x))
        return np.asarray(self.slope + (self.theta.T @ unit).reshape(self.slope.shape))

    def claims(self, x: Array, toll: Array) -> tuple[Array, Array]:
        """The smallest and the largest cost that a report about decisions x (…, N, n) may claim, each (…, N).

        What the cheapest and the dearest agent of this problem would bear at the tolls (…, N, n) that everybody meters,
        widened by `MARGIN`: a true report is inside.
        """
        line = np.stack([self.slope.min(axis=0) * x, self.slope.max(axis=0) * x])
        metered = (toll * x).sum(axis=-1)
        low, high = line.min(axis=0).sum(axis=-1) + metered, line.max(axis=0).sum(axis=-1) + metered
        return low - MARGIN * np.abs(low), high + MARGIN * np.abs(high)

    def costs(self, x: Array) -> Array:
        """What each agent itself bears at decisions (N, n): ψ_i'x_i + Σ_e (Θ_i x_i)_e a_e F_e^p, (N,); X, (B.2).

        These add up to the objective, as the parts f_i of the algorithm do (X, (B.3)), but they are what agents pay.
        """
        unit = self.congestion * self.powered(self.flow(x))
        return np.asarray((x * self.slope).sum(axis=-1) + self.own_flow(x) @ unit)

    def excess(self, x: Array) -> Array:
        """Σ_i A_i x_i - b of decisions (…, N, n): (…, m)."""
        return np.asarray(np.einsum("imn,...in->...m", self.A, x) - self.b)

    def own(self) -> Said:
        """What agents know of themselves, each (1, N, components); who they are among the copies is `id`."""
        agents = self.agents
        parts = {
            "slope": self.slope,
            "most": self.most,
            "limits": self.limits.reshape(agents, -1) if self.limits.size else np.zeros((agents, 0)),
            "rows": self.A.reshape(agents, -1),
            "lower": self.lower,
            "upper": self.upper,
            "part": self.part,
            "id": np.arange(self.agents, dtype=np.float64)[:, None],
        }
        return {key: np.ascontiguousarray(x)[None] for key, x in parts.items()}


def _plain(
    slope: ArrayLike, A: ArrayLike, b: ArrayLike, theta: Any, congestion: ArrayLike, power: ArrayLike,
    limits: ArrayLike | None, most: ArrayLike, lower: ArrayLike, upper: ArrayLike,
) -> Parts:  # fmt: skip
    """The arrays as float64 of their full shapes, but for the parts of edges."""
    psi, there = numbers("slope", slope), np.atleast_1d(numbers("b", b))
    if psi.ndim != 2 or not psi.size or there.ndim != 1:
        raise BadInput(
            f"slope, b: must have the shapes (N, n) and (m,), got {psi.shape} and {there.shape} (reshape them)"
        )
    agents, n = psi.shape
    rows = numbers("limits", np.zeros((0, n)) if limits is None else limits)
    if rows.ndim not in (2, 3) or (limits is None and np.isfinite(most).any()):
        raise BadInput(f"limits: must be (N, r, n) or (r, n), got {rows.shape} (leave out limits and most for none)")
    local = (agents, *rows.shape[-2:])
    edges = stacked(theta, agents, n)
    box = spread("lower", lower, psi.shape, False), spread("upper", upper, psi.shape, False)
    if not (box[0] <= box[1]).all():
        who = int(np.argmin((box[0] <= box[1]).all(axis=1)))
        raise BadInput(f"lower, upper: agent {who}'s lower limit is above its upper one (exchange them)")
    return {
        "theta": edges,
        "congestion": spread("congestion", congestion, (edges.shape[0],)),
        "power": power_of(power, edges.shape[0]),
        "slope": spread("slope", psi, psi.shape),
        "A": spread("A", A, (agents, len(there), n)),
        "b": spread("b", there, there.shape),
        "limits": spread("limits", rows, (*local[:2], n)),
        "most": spread("most", most, local[:2], False),
        "lower": box[0],
        "upper": box[1],
    }
