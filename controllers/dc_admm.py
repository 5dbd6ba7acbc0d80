"""DC-ADMM: ADMM on the dual problem, whose variable every agent holds a copy of (X's baseline).

With Φ_i, D_i of `robosim.controllers.parts.agreement` and κ_i = 1/(2σ deg_i), each round

    q_i = Σ_{j ∈ N_i} (λ_i + λ_j)
    y_i⁺ = argmin f_i(y) + (κ_i/2)‖Φ_i y - D_i - p_i + σ q_i‖²    over copies y with x_i ∈ X_i
    λ_i⁺ = κ_i (Φ_i y_i⁺ - D_i - p_i + σ q_i),   p_i⁺ = p_i + σ Σ_{j ∈ N_i} (λ_i⁺ - λ_j⁺)

from y = λ = p = 0; one exchange of λ a round, so p_i⁺ is computed in the round after. There is no proximal term: copies
are held by κ_i (deg_i² + deg_i) > 0 alone. Reference: T.-H. Chang, IEEE Transactions on Signal Processing 64 (2016)
3719-3734. It converges for every σ > 0 and convex f_i; the proximal form given there has a worst case of O(1/k).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.agreement import Agreement
from robosim.controllers.parts.local_problem import borne


class Disputed(NamedTuple):
    """What an agent keeps between rounds: its coupling, σ, κ_i (N, 1), and p, its disagreement with neighbours."""

    agreement: Agreement
    sigma: float
    kappa: Array
    p: Array


@dataclass(frozen=True, kw_only=True)
class DcAdmm:
    """The faithful agent. Says `y` and `multiplier` λ, every block of it."""

    serves: ClassVar[tuple[str, ...]] = ("freight",)
    sends: ClassVar[tuple[str, ...]] = ("multiplier",)
    tracks: ClassVar[bool] = False
    """No words of it add up to what Σ A_i x_i lacks of b."""

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Disputed, Said]:
        """Round 0: zeros; `rules["sigma"]` is σ."""
        kappa = 0.5 / (rules["sigma"] * links.degree)
        agreement = Agreement.of(own, rules, links, c=kappa)
        said = agreement.start(own)
        return Disputed(agreement, rules["sigma"], kappa[:, None], np.zeros_like(said["multiplier"])), said

    def step(self, state: Disputed, heard: Heard) -> tuple[Disputed, Said]:
        """Finish p of the last round, then answer it."""
        agreement, sigma, kappa, p = state
        price, around = heard.own["multiplier"], heard.total("multiplier")
        alone = heard.links.degree[:, None] * price
        p = p + sigma * (alone - around)
        offset = agreement.less_share(sigma * (alone + around) - p)
        y = agreement.answer(kappa * offset)
        return state._replace(p=p), {"y": y, "multiplier": kappa * (agreement.load(y) + offset)}

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the agent itself bears of the decision (X, (B.2))."""
        return borne(own, decision, meter)
