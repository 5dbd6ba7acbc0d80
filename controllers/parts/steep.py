"""Edges that are much steeper than most, as the leader announces them: suppliers agree on the flows over them as well.

With weights K of edges (`rules["steep"]`, (E,)) and rows C (`rules["climb"]`, (rows, m)) the two quadratic terms of X,
Algorithm 1, line 14 are

    (ρ deg_i/2) (‖y - v_i‖² + Σ_j ‖Θ_j (y_j - v_ij)‖²_K)   and   (σ/2) (‖a‖² + ‖C a‖²),  a = A_i (x - x_i) + δ_i,

and line 16 is λ_i⁺ = ℓ_i + σ (I + C'C) d_i⁺. Flows Θ_j y_j over steep edges are edges of their own, one for each
supplier and steep edge, on which everybody bears the weight ρ deg_i K: the local problem needs no other form.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from scipy.sparse import block_diag, csr_array, vstack

from robosim.agent import Array, Rules, Said
from robosim.kernels.own_rows import OwnRows


class Steep(NamedTuple):
    """Θ_j of all N suppliers on the S steep edges as rows of each supplier, K (S,) there, C (rows, m)."""

    flows: OwnRows
    weight: Array
    climb: Array
    edges: csr_array
    """(N·S, N·n)."""

    @classmethod
    def of(cls, rules: Rules) -> Self | None:
        """None where nothing is announced to be steep."""
        weight = rules.get("steep")
        if weight is None or not weight.any():
            return None
        some, agents = np.flatnonzero(weight), rules["agents"]
        theta = csr_array(rules["theta"])[some]
        n = theta.shape[1] // agents
        blocks = [theta[:, j * n : (j + 1) * n] for j in range(agents)]
        flows = OwnRows.of(np.stack([one.toarray() for one in blocks])[None])
        return cls(flows, weight[some], rules["climb"], csr_array(block_diag(blocks)))

    def own(self, own: Said, pull: Array) -> Said:
        """Private types with the weights `pull` K, pull (N,) = ρ deg, on the added edges, and with C A_i below A_i."""
        missions, agents, _ = own["part"].shape
        weight = np.multiply.outer(0.5 * pull, np.tile(self.weight, self.edges.shape[0] // self.weight.size))
        added = np.broadcast_to(weight, (missions, *weight.shape))
        rows = own["rows"].reshape(len(own["rows"]), agents, self.climb.shape[1], -1)
        more = np.einsum("cm,kimn->kicn", self.climb, rows)
        both = np.concatenate([rows, more], axis=2).reshape(len(rows), agents, -1)
        return {**own, "part": np.concatenate([own["part"], added], axis=2), "rows": both}

    def rules(self, rules: Rules) -> Rules:
        """What is announced, with the added edges."""
        theta, ones = csr_array(vstack([csr_array(rules["theta"]), self.edges])), np.ones(self.edges.shape[0])
        power = np.append(np.broadcast_to(rules["power"], rules["theta"].shape[0]), ones)
        return {**rules, "theta": theta, "congestion": np.append(rules["congestion"], ones), "power": power}

    def drawn(self, near: Array) -> Array:
        """ρ deg (v + Σ_j Θ_j'K Θ_j v_j) of near = ρ deg v, (M, N, N·n)."""
        blocks = near.reshape(-1, self.flows.shape[1], self.flows.shape[3])
        load = self.flows.times(blocks) * self.weight
        return near + self.flows.transposed(load).reshape(near.shape)

    def climbed(self, left: Array) -> Array:
        """(I + C'C) d of d (M, N, m)."""
        return np.asarray(left + np.einsum("cm,kic->kim", self.climb, np.einsum("cm,kim->kic", self.climb, left)))
