"""Edges that are much steeper than most, as the leader announces them: suppliers agree on the flows over them as well.

With weights K of edges (`rules["steep"]`, (E,)) and rows C (`rules["climb"]`, (rows, m)) the two quadratic terms of X,
Algorithm 1, line 14 are

    (ρ deg_i/2) (‖y - v_i‖² + Σ_j ‖Θ_j (y_j - v_ij)‖²_K)   and   (σ/2) (‖a‖² + ‖C a‖²),  a = A_i (x - x_i) + δ_i,

and line 16 is λ_i⁺ = ℓ_i + σ (I + C'C) d_i⁺. Flows Θ_j y_j over steep edges are edges of their own, one for each
supplier and steep edge, on which everybody bears the weight ρ deg_i K: the local problem needs no other form.

What the leader says later (`robosim.controllers.parts.balance`) are factors s of the rows of b and t of the steep
edges: K is then t K, and I + C'C is diag(max(s, EASE)) + √s C'C √s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from scipy.sparse import block_diag, csr_array, vstack

from robosim.agent import Array, Rules, Said
from robosim.controllers.parts.balance import EASE, steep_flows
from robosim.controllers.parts.local_problem import LocalProblem
from robosim.kernels.own_rows import OwnRows


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """Local problems of missions, each with weights of its own.

    Parameters
    ----------
    own, rules : private types and what was announced, with the added edges.
    pull : (N,) ρ deg; sigma : σ.
    flows : Θ_j of all N suppliers on the S steep edges.
    steep : (S,) K; rows : (rows, m) C, both as announced.
    factor : (M, m + S) s and t.
    problems : one for each mission: one whose weights change asks others nothing.
    """

    own: Said
    rules: Rules
    pull: Array
    sigma: float
    flows: OwnRows
    steep: Array
    rows: Array
    factor: Array
    problems: tuple[LocalProblem, ...]

    @classmethod
    def of(cls, own: Said, rules: Rules, pull: Array, sigma: float) -> Self | None:
        """None where nothing is announced to be steep."""
        weight = rules.get("steep")
        if weight is None or not weight.any():
            return None
        some, agents = np.flatnonzero(weight), rules["agents"]
        blocks = np.split(csr_array(rules["theta"])[some].toarray(), agents, axis=1)
        added = csr_array(block_diag(blocks))
        theta, ones = csr_array(vstack([csr_array(rules["theta"]), added])), np.ones(added.shape[0])
        power = np.append(np.broadcast_to(rules["power"], rules["theta"].shape[0]), ones)
        more = {"theta": theta, "congestion": np.append(rules["congestion"], ones), "power": power}
        factor = np.ones((len(own["slope"]), rules["b"].size + some.size))
        weighed = cls(
            own=own, rules={**rules, **more}, pull=pull, sigma=sigma, flows=steep_flows(rules), steep=weight[some],
            rows=rules["climb"], factor=factor, problems=(),
        )  # fmt: skip
        return replace(weighed, problems=tuple(map(weighed._problem, range(len(factor)))))

    @cached_property
    def weight(self) -> Array:
        """K as it is now, (M, S)."""
        return self.factor[:, -self.steep.size :] * self.steep

    @cached_property
    def climb(self) -> Array:
        """√max(s, EASE) and below it C √s as they are now, (M, m + rows, m)."""
        m = self.rows.shape[1]
        s = self.factor[:, None, :m]
        return np.concatenate([np.sqrt(np.maximum(s, EASE)) * np.eye(m), np.sqrt(s) * self.rows], axis=1)

    @cached_property
    def metric(self) -> Array:
        """I + C'C with the factors, (M, m, m)."""
        return np.asarray(np.einsum("kcm,kcl->kml", self.climb, self.climb))

    def heeding(self, factor: Array | None) -> Self:
        """With the leader's factors (M, 1, m + S); missions whose factors are still the same keep their problems."""
        if factor is None or (factor[:, 0] == self.factor).all():
            return self
        new, same = replace(self, factor=factor[:, 0]), (factor[:, 0] == self.factor).all(axis=1)
        each = (
            old if kept else new._problem(k, old) for k, (old, kept) in enumerate(zip(self.problems, same, strict=True))
        )
        return replace(new, problems=tuple(each))

    def _problem(self, k: int, before: LocalProblem | None = None) -> LocalProblem:
        """Of mission k: weights ρ deg K on the added edges, and A_i in the metric of rows."""
        own = {key: x[min(k, len(x) - 1)][None] for key, x in self.own.items()}
        agents, m = self.pull.size, self.rows.shape[1]
        added = np.multiply.outer(0.5 * self.pull, np.tile(self.weight[k], self.flows.shape[1]))[None]
        rows = np.einsum("cm,kimn->kicn", self.climb[k], own["rows"].reshape(1, agents, m, -1))
        more = {"part": np.concatenate([own["part"], added], axis=2), "rows": rows.reshape(1, agents, -1)}
        sigma = np.full(agents, self.sigma)
        return LocalProblem.of({**own, **more}, self.rules, self.pull, sigma, before=before)

    def drawn(self, y: Array) -> Array:
        """y + Σ_j Θ_j'K Θ_j y_j of y (M, N, N·n): what copies are drawn by, in the metric."""
        blocks = y.reshape(-1, self.flows.shape[1], self.flows.shape[3])
        load = self.flows.times(blocks).reshape(*y.shape[:2], self.flows.shape[1], -1) * self.weight[:, None, None]
        return y + self.flows.transposed(load.reshape(*blocks.shape[:2], -1)).reshape(y.shape)

    def climbed(self, left: Array) -> Array:
        """(I + C'C) d of d (M, N, m)."""
        return np.asarray(np.einsum("kml,kil->kim", self.metric, left))

    def own_block(self, y: Array) -> Array:
        """The agents' own blocks x (M, N, n) of their copies y (M, N, N·n)."""
        return self.problems[0].own_block(y)

    def solve(self, h: Array, q: Array) -> Array:
        """The minimisers y (M, N, N·n) for h (M, N, N·n) and q (M, N, n); raises as `LocalProblem.solve`."""
        each = zip(self.problems, h[:, None], q[:, None], strict=True)
        return np.concatenate([problem.solve(*asked) for problem, *asked in each])
