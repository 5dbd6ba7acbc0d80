"""Coupled objectives and coupled constraints: what everybody does loads shared edges, and together they must meet b.

    min Σ_i f_i(x)  s.t.  Σ_i A_i x_i = b,  G_i x_i ≤ g_i,  lower_i ≤ x_i ≤ upper_i                     (X, (P))

with edge flows F = Θ x = Σ_i Θ_i x_i and f_i(x) = ψ_i'x_i + Σ_e s_ie φ_e(F_e), φ_e(F) = a_e F^{p+1}. Parts s_ie add
up to 1 on every edge, so that Σ f_i = Σ ψ_i'x_i + Σ_e φ_e(F_e). Linear congestion (X, Example 1) is p = 1, BPR is p = 4.
Any convex quadratic ½ x_i'H_i x_i of an agent's own is p = 1 with edges that only i uses: Θ_i = √H_i, a = ½, s_ie = 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from robosim.agent import Array, Said


@dataclass(frozen=True, kw_only=True)
class Coupled:
    """N agents with n variables each, E edges, m coupling rows, r rows of private limits.

    Parameters
    ----------
    theta : (E, N·n) sparse Θ; agent i's columns are i·n … (i+1)·n.
    congestion : (E,) a ≥ 0.
    power : p ≥ 1; flows must be ≥ 0 where p is not 1.
    part : (N, E) s ≥ 0, which adds up to 1 over the agents.
    slope : (N, n) ψ, private.
    A : (N, m, n).
    b : (m,).
    limits : (N, r, n) G.
    most : (N, r) g, private; ∞ where there is no limit.
    lower, upper : (N, n), ±∞ where there are none.
    """

    theta: csr_array
    congestion: Array
    power: float = 1.0
    part: Array
    slope: Array
    A: Array
    b: Array
    limits: Array
    most: Array
    lower: Array
    upper: Array

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

    def objective(self, x: Array) -> Array:
        """Σ f_i of decisions (…, N, n): (…)."""
        flow = self.flow(x)
        return np.asarray(
            (x * self.slope).sum(axis=(-2, -1)) + (self.congestion * flow ** (self.power + 1)).sum(axis=-1)
        )

    def costs(self, x: Array) -> Array:
        """What each agent itself bears at decisions (N, n): ψ_i'x_i + Σ_e (Θ_i x_i)_e a_e F_e^p, (N,); X, (B.2).

        These add up to the objective, as the parts f_i of the algorithm do (X, (B.3)), but they are what agents pay.
        """
        unit = self.congestion * self.flow(x) ** self.power
        return np.asarray((x * self.slope).sum(axis=-1) + self.own_flow(x) @ unit)

    def excess(self, x: Array) -> Array:
        """Σ_i A_i x_i - b of decisions (…, N, n): (…, m)."""
        return np.asarray(np.einsum("imn,...in->...m", self.A, x) - self.b)

    def own(self) -> Said:
        """What agents know of themselves, each (1, N, components); who they are among the copies is `id`."""
        n, m, r = self.variables, len(self.b), self.most.shape[1]
        parts = {
            "slope": self.slope,
            "most": self.most,
            "limits": self.limits.reshape(-1, r * n),
            "rows": self.A.reshape(-1, m * n),
            "lower": self.lower,
            "upper": self.upper,
            "part": self.part,
            "id": np.arange(self.agents, dtype=np.float64)[:, None],
        }
        return {key: np.ascontiguousarray(x)[None] for key, x in parts.items()}
