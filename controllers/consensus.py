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
from robosim.kernels.mixing import step


class Announced(NamedTuple):
    """All that a robot keeps between rounds: the announced step size, or one for each round, and how many are over."""

    alpha: float | Array
    k: int = 0

    @property
    def step(self) -> float:
        """α_k of the round that begins; after the last one that was announced it stays."""
        if isinstance(self.alpha, np.ndarray):
            return float(self.alpha[min(self.k, len(self.alpha) - 1)])
        return self.alpha

    @property
    def next(self) -> Announced:
        """After one more round; of one step size for all rounds nothing changes."""
        return Announced(self.alpha, self.k + 1) if isinstance(self.alpha, np.ndarray) else self


@dataclass(frozen=True, kw_only=True)
class Consensus:
    """The faithful robot; it pays for its displacement ‖z_i - θ_i‖² or for the energy on its own meter."""

    serves: ClassVar[tuple[str, ...]] = ("rendezvous",)

    pays_for: Literal["displacement", "energy"] = "displacement"

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Announced, Said]:
        """Line 5: z_i^0 = θ_i. `own["start"]` is (missions, agents, d) in metres.

        `rules["alpha"]` is the step size, or a schedule: an array (rounds,) with the step size of each round.
        """
        return Announced(rules["alpha"]), {"z": own["start"]}

    def step(self, state: Announced, heard: Heard) -> tuple[Announced, Said]:
        """Line 7, from where the robot really is."""
        own, links = heard.own["z"], heard.links
        said = np.empty(own.shape)
        step(links.indptr, links.indices, heard.voices["z"], own, state.step, said, links.edge_weight)
        return state.next, {"z": said}

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """Line 9: v̂_i = ‖z_i^n - θ_i‖² in m², or the metered energy in J; {"cost": (missions, agents, 1)}."""
        if self.pays_for == "energy":
            return {"cost": meter["energy_j"]}
        way = decision - own["start"]
        return {"cost": np.einsum("mid,mid->mi", way, way)[..., None]}
