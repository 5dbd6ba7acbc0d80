"""DPMM, decentralised proximal method of multipliers: prices and copies are both held near their last (X's baseline).

With Lap the Laplacian and Φ_i, D_i of `robosim.controllers.parts.agreement`, each round

    y_i⁺ = argmin f_i(y) + λ_i'Φ_i y + (γ/2)‖Φ_i y - D_i - μ_i‖² + (1/(2α))‖y - y_i‖²    over copies y with x_i ∈ X_i
    h_i = λ_i + γ (Φ_i y_i⁺ - D_i - μ_i)
    μ_i⁺ = μ_i + β Σ_j Lap_ij h_j,   λ_i⁺ = h_i + γ (μ_i - μ_i⁺)

from y = λ = μ = 0; one exchange of h a round, so μ_i⁺ and λ_i⁺ are computed in the round after. Reference: K. Gong,
L. Zhang, arXiv:2310.15596 (2023): the first-order residual falls as o(1/k) for convex f_i.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.agreement import Agreement
from robosim.controllers.parts.local_problem import borne


class Proximal(NamedTuple):
    """What an agent keeps between rounds: its coupling, γ, β, and μ, its part of the excess as agreed so far."""

    agreement: Agreement
    gamma: float
    beta: float
    mu: Array


@dataclass(frozen=True, kw_only=True)
class Dpmm:
    """The faithful agent. Says `y` and `multiplier` h, every block of it.

    Parameters
    ----------
    alpha : step of the proximal term, α > 0.
    """

    serves: ClassVar[tuple[str, ...]] = ("freight",)
    sends: ClassVar[tuple[str, ...]] = ("multiplier",)
    tracks: ClassVar[bool] = False
    """No words of it add up to what Σ A_i x_i lacks of b."""

    alpha: float = 1.0

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Proximal, Said]:
        """Round 0: zeros; `rules["gamma"]` is γ, `rules["beta"]` is β."""
        agreement = Agreement.of(own, rules, links, c=rules["gamma"], proximity=1 / self.alpha)
        said = agreement.start(own)
        return Proximal(agreement, rules["gamma"], rules["beta"], np.zeros_like(said["multiplier"])), said

    def step(self, state: Proximal, heard: Heard) -> tuple[Proximal, Said]:
        """Finish μ and λ of the last round, then answer them."""
        agreement, gamma, beta, old = state
        h = heard.own["multiplier"]
        mu = old + beta * (heard.links.degree[:, None] * h - heard.total("multiplier"))
        price = agreement.less_share(h + gamma * (old - mu) - gamma * mu, gamma)
        y = agreement.answer(price, towards=heard.own["y"] / self.alpha)
        return state._replace(mu=mu), {"y": y, "multiplier": price + gamma * agreement.load(y)}

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the agent itself bears of the decision (X, (B.2))."""
        return borne(own, decision, meter)
