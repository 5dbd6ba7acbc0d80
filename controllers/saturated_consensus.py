"""Average consensus whose edges are saturated: nobody is pulled by a neighbour from farther than its body gets.

    z_i^k = z_i^{k-1} + α Σ_{j ∈ N_i} w_ij min(1, s/‖e_ij‖) e_ij,   e_ij = z_j^{k-1} - z_i^{k-1},   0 < α ≤ 1/λmax(L)

With s = reach/(α deg_max), reach the metres that a body gets in a round, no step is longer than reach. The step is
(I - αL_w) z with weights min(1, s/‖e‖), the same for all axes: symmetric, so the mean stays; αL_w ≤ αL ≤ I and
α deg < 1, so the hull of the team, and its diameter diam, never grow. As ‖e‖ ≤ min(diam, √2 δ) with δ = ‖(I - J) z‖,
wL ≤ L_w ≤ L, so

    δ_{k+1} ≤ (1 - αλ₂ w_k) δ_k,   w_k = min(1, s / min(diam, √2 δ_k)),   δ_0 = sup over the box of ‖(I - J) θ‖.

The right-hand side does not fall as δ_k grows, so bounds may be put in for δ_k. (To saturate the sum of all edges
instead, robot by robot, does not keep the mean, and none of this holds.) `leader.alpha = "schedule"` is faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.consensus import Announced, Consensus
from robosim.kernels.mixing import saturated_step


class Limits(NamedTuple):
    """All that a robot keeps between rounds: the announced step sizes, metres a round, the largest degree."""

    steps: Announced
    reach_m: float
    degree: float


@dataclass(frozen=True, kw_only=True)
class SaturatedConsensus:
    """The faithful robot of slow bodies and short rounds; it pays like that of `Consensus`."""

    serves: ClassVar[tuple[str, ...]] = ("rendezvous",)
    keeps_reach: ClassVar[bool] = True
    keeps_mean: ClassVar[bool] = True

    pays_for: Literal["displacement", "energy"] = "displacement"

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Limits, Said]:
        """z_i^0 = θ_i, (missions, agents, d) m; `rules` has alpha, reach_m (metres a round) and degree (largest)."""
        return Limits(Announced.of(rules["alpha"]), rules["reach_m"], rules["degree"]), {"z": own["start"]}

    def step(self, state: Limits, heard: Heard) -> tuple[Limits, Said]:
        """The iterate of this module, from where the robot really is."""
        own, links, alpha = heard.own["z"], heard.links, state.steps.alpha
        said, s = np.empty_like(own), state.reach_m / (alpha * state.degree)
        saturated_step(links.indptr, links.indices, heard.voices["z"], own, alpha, s, said, links.edge_weight)
        return state._replace(steps=state.steps.next), {"z": said}

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """v̂_i in m², or J, as `Consensus` reports it."""
        return Consensus(pays_for=self.pays_for).report(own, decision, meter)

    def proven_beta(self, rules: Rules) -> Array | None:
        """δ_k of this module for k = 0..n, (rounds + 1,) metres; None where α > 1/λmax, for which it is not proven."""
        rounds, agents = rules["rounds"], rules["agents"]
        alpha = np.broadcast_to(np.asarray(rules["alpha"], dtype=np.float64), rounds)
        if (alpha * rules["lambda_max"] > 1 + 1e-11).any():
            return None
        wide = float(np.linalg.norm(rules["upper"] - rules["lower"]))
        delta = np.empty(rounds + 1)
        delta[0] = np.sqrt((agents // 2) * ((agents + 1) // 2) / agents) * wide
        s = rules["reach_m"] / (alpha * rules["degree"])
        for k in range(rounds):
            longest = min(wide, np.sqrt(2.0) * delta[k])
            w = 1.0 if longest <= s[k] else s[k] / longest
            delta[k + 1] = (1 - alpha[k] * rules["connectivity"] * w) * delta[k]
        return delta
