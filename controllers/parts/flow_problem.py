"""Edge flows as coupled constraints: agents price roads instead of keeping copies of everybody's decision.

    min Σ_i [ψ_i'x_i + Σ_e s_ie φ_e(w_ie/s_ie)]  s.t.  Σ_i A_i x_i = b,  Σ_i (Θ_i x_i - w_i) = 0,  x_i ∈ X_i

has the optimum of the coupled problem: φ_e is convex and the parts s_ie add up to 1, so that Σ_i s_ie φ_e(w_ie/s_ie) is
at least φ_e(Σ_i w_ie), with equality at w_ie = s_ie F_e. An agent's Φ_i (x, w) = [A_i x; Θ_i x - w] and D_i = [b/N; 0]
have m rows and one for each edge that more than one agent loads. Edges of power 1 that one agent alone loads (its own
quadratic cost) stay in its own cost; edges that cost nothing are left out.

With row weights c the local problem is min of ψ'x + ½ x'Q x + Σ_e s_e φ_e(w_e/s_e) + Σ_r (c_r/2)(Φ(x, w) - u)_r² over
x ∈ X_i and w. The best w is found edge by edge; what is left is a quadratic programme in x, or, where congestion is not
linear, one a Newton step. A proximal term of `TIE` decides between equal answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from robosim.agent import Array, Rules, Said
from robosim.controllers.parts.flow_newton import BentFlow, roots, share, stiffness
from robosim.controllers.parts.local_solvers import Programmes
from robosim.kernels.own_rows import OwnRows

TIE = 1e-6
"""Share of the largest curvature, or of prices over quantities where nothing bends, of the proximal term."""


def shared_edges(rules: Rules) -> Any:
    """Which edges (E,) are rows of the coupling."""
    entries = csr_array(rules["theta"]).tocoo()
    agents, edges = rules["agents"], rules["theta"].shape[0]
    loads = np.zeros((agents, edges), dtype=bool)
    loads[entries.col // (rules["theta"].shape[1] // agents), entries.row] = True
    alone = (loads.sum(axis=0) == 1) & (np.broadcast_to(rules["power"], edges) == 1.0)
    return (rules["congestion"] > 0) & loads.any(axis=0) & ~alone


@dataclass(frozen=True, kw_only=True)
class FlowProblem:
    """The local problems of N agents in M missions; R = m + shared edges.

    Attributes
    ----------
    rows : [A_i; Θ_i] as compressed rows; `dense` (1|M, N, R, n) the same.
    share : (R,) D_i.
    part : (1|M, N, e) s_i of the shared edges. toll : (e,) a. power : p of the shared edges, one or (e,).
    slope : (1|M, N, n). bend : (1|M, N, n, n) Q and the proximal term. tie : (1|M, N) its weight.
    weight : (N, R) c, 0 for the plain dual.
    """

    rows: OwnRows
    dense: Array
    share: Array
    part: Array
    toll: Array
    power: Any
    slope: Array
    bend: Array
    tie: Array
    weight: Array
    programmes: Programmes

    @classmethod
    def of(cls, own: Said, rules: Rules, weight: Array) -> FlowProblem:
        """The problems of agents with the types `own`; `weight` (N, 1 + 1): c of the rows of b, and c/φ'' of edges.

        φ'' stands for (p + 1) a here, what it is at a flow of 1.
        """
        shared, m, (_, agents, n) = shared_edges(rules), len(rules["b"]), own["slope"].shape
        power = np.broadcast_to(rules["power"], shared.shape)[shared]
        toll, me = rules["congestion"][shared], own["id"][0, :, 0].astype(np.int32)
        blocks = [rules["theta"][:, i * n : (i + 1) * n].toarray() for i in me]
        A = own["rows"].reshape(-1, agents, m, n)
        theta = np.broadcast_to(np.stack([x[shared] for x in blocks]), (len(A), agents, len(toll), n))
        dense = np.ascontiguousarray(np.concatenate([A, theta], axis=2))
        c = np.concatenate([np.repeat(weight[:, :1], m, axis=1), weight[:, 1:] * (power + 1) * toll], axis=1)
        part = own["part"][..., shared]
        stiff = stiffness(part, toll, power, c[:, m:])
        alone = np.where(shared, 0.0, rules["congestion"])
        own_bend = np.stack([np.einsum("ec,e,ed->cd", x, 2.0 * alone, x) for x in blocks])
        bend = own_bend + np.zeros((max(len(dense), len(part)), 1, 1, 1))
        if (power == 1.0).all():
            all_c = np.concatenate([np.broadcast_to(c[:, :m], (*part.shape[:2], m)), stiff], axis=2)
            for s, i in np.ndindex(bend.shape[:2]):
                x = dense[min(s, len(dense) - 1), i]
                bend[s, i] += np.einsum("rc,r,rd->cd", x, all_c[min(s, len(part) - 1), i], x)
        largest = np.diagonal(bend, axis1=2, axis2=3).max(axis=2)
        flat = np.abs(own["slope"]).mean() / (np.abs(rules["b"]).max() or 1.0)
        tie = TIE * np.where(largest > 0, largest, flat or 1.0)
        return cls(
            rows=OwnRows.of(dense), dense=dense, part=part, toll=toll, power=1.0 if (power == 1.0).all() else power,
            share=np.concatenate([rules["b"] / rules["agents"], np.zeros(len(toll))]), slope=own["slope"],
            bend=bend + tie[..., None, None] * np.eye(n), tie=tie, weight=c, programmes=Programmes(me=me, own=own),
        )  # fmt: skip

    @property
    def m(self) -> int:
        """Rows of b."""
        return len(self.share) - len(self.toll)

    def cheapest(self, price: Array, x: Array) -> tuple[Array, Array]:
        """The plain dual's answer at prices (M, N, R), near x (M, N, n) where several are: x and Φ(x, w) - D."""
        linear = self.slope + self.rows.transposed(price) - self.tie[..., None] * x
        answer = self.programmes.solve(self.bend, linear)
        steep = np.maximum(price[..., self.m :], 0.0) / ((self.power + 1) * self.toll)
        return answer, self._excess(answer, self.part * steep ** (1.0 / self.power))

    def nearest(self, aim: Array, x: Array) -> tuple[Array, Array]:
        """The minimiser for u = `aim` (M, N, R), near x (M, N, n): x and Φ(x, w) - u."""
        m, c = self.m, self.weight
        pull = np.broadcast_to(c, aim.shape)
        if isinstance(self.power, float):
            stiff = np.broadcast_to(stiffness(self.part, self.toll, self.power, c[:, m:]), aim[..., m:].shape)
            pull = np.concatenate([pull[..., :m], stiff], axis=2)
            linear = self.slope - self.rows.transposed(np.ascontiguousarray(pull * aim)) - self.tie[..., None] * x
            x = self.programmes.solve(self.bend, linear)
        else:
            x = np.stack([[self._bent(k, i, aim[k, i], x[k, i]) for i in range(x.shape[1])] for k in range(len(x))])
        left = self.rows.times(x) - aim
        left[..., m:] -= self._flows(left[..., m:])
        return x, left

    def _flows(self, v: Array) -> Array:
        """w that is cheapest where Θx - u is v (M, N, e): s φ(w/s) + (c/2)(v - w)²."""
        c = self.weight[:, self.m :]
        if isinstance(self.power, float):
            return np.asarray(v * share(self.part, self.toll, c))
        return np.asarray(roots(np.broadcast_to(self.part, v.shape), self.toll, self.power, c, v))

    def _excess(self, x: Array, w: Array) -> Array:
        left = self.rows.times(x) - self.share
        left[..., self.m :] -= w
        return left

    def _bent(self, k: int, i: int, aim: Array, x: Array) -> Array:
        """One agent's x where congestion is not linear."""
        rows, part, slope, bend, tie = (
            a[min(k, len(a) - 1), i] for a in (self.dense, self.part, self.slope, self.bend, self.tie)
        )
        bent = BentFlow(
            me=int(self.programmes.me[i]), rows=rows, aim=aim, c=self.weight[i], part=part, toll=self.toll,
            power=self.power, slope=slope - tie * x, bend=bend,
        )  # fmt: skip
        return bent.solve(x, lambda curvature, linear: self.programmes.solve_one(k, i, curvature, linear))
