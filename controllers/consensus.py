"""Average consensus: robots meet where the sum of squared displacements is smallest (T, Algorithm 2).

    z_i^k = z_i^{k-1} + α Σ_{j ∈ N_i} w_ij (z_j^{k-1} - z_i^{k-1}),   0 < α ≤ 1/λmax(L)

One exchange a round, no coordinator: the leader talks only before round 0 and after round n (T, Remark 4). The distance
to agreement shrinks by 1 - αλ₂ a round. w_ij are the weights of the graph's edges, 1 where it has none. Reference:
L. Xiao, S. Boyd, Systems & Control Letters 53 (2004) 65-78.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.kernels.mixing import step, weighted_step


class Announced(NamedTuple):
    """All that a robot keeps: the step size of the round that begins, and all of them where rounds differ."""

    alpha: float
    schedule: Array | None = None
    k: int = 0

    @classmethod
    def of(cls, alpha: float | Array) -> Announced:
        """From `rules["alpha"]`: one step size for all rounds, or an array (rounds,)."""
        return cls(float(alpha[0]), alpha) if isinstance(alpha, np.ndarray) else cls(alpha)

    @property
    def next(self) -> Announced:
        """After one more round; after the last step that was announced it stays, and one for all rounds always does."""
        if self.schedule is None:
            return self
        k = self.k + 1
        return Announced(float(self.schedule[min(k, len(self.schedule) - 1)]), self.schedule, k)


@dataclass(frozen=True, kw_only=True)
class Consensus:
    """The faithful robot; it pays for its displacement ‖z_i - θ_i‖² or for the energy on its own meter."""

    serves: ClassVar[tuple[str, ...]] = ("rendezvous",)

    pays_for: Literal["displacement", "energy"] = "displacement"

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Announced, Said]:
        """Line 5: z_i^0 = θ_i. `own["start"]` is (missions, agents, d) in metres.

        `rules["alpha"]` is the step size, or a schedule: an array (rounds,) with the step size of each round.
        """
        return Announced.of(rules["alpha"]), {"z": own["start"]}

    def step(self, state: Announced, heard: Heard) -> tuple[Announced, Said]:
        """Line 7, from where the robot really is."""
        own, links = heard.own["z"], heard.links
        said, weight = np.empty(own.shape), links.edge_weight
        if weight is None:
            step(links.indptr, links.indices, heard.voices["z"], own, state.alpha, said)
        else:
            weighted_step(links.indptr, links.indices, heard.voices["z"], own, state.alpha, said, weight)
        return (state if state.schedule is None else state.next), {"z": said}

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """Line 9: v̂_i = ‖z_i^n - θ_i‖² in m², or the metered energy in J; {"cost": (missions, agents, 1)}."""
        if self.pays_for == "energy":
            return {"cost": meter["energy_j"]}
        way = decision - own["start"]
        return {"cost": np.einsum("mid,mid->mi", way, way)[..., None]}
