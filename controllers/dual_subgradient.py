"""Dual subgradient over consensus: agents average prices with neighbours, answer them, and move them by what is left.

With W the announced weights and Φ_i, D_i of `robosim.controllers.parts.flow_problem`, each round k

    ℓ_i = Σ_j W_ij λ_j,   (x_i⁺, w_i⁺) = argmin over X_i of f_i(x, w) + ℓ_i'Φ_i (x, w)
    λ_i⁺ = ℓ_i + c_k (Φ_i (x_i⁺, w_i⁺) - D_i),   x̂_i⁺ = x̂_i + (k^s/Σ_r r^s)(x_i⁺ - x̂_i)

from λ = x̂ = 0, with c_k = c/k^`decay` and s = `late`. Where costs are linear the answers x_i jump from corner to
corner: the decision is their running average x̂, which converges though they do not. One exchange of λ a round.
Reference: A. Falsone, K. Margellos, S. Garatti, M. Prandini, Automatica 84 (2017) 149-158, for bounded X_i and
Σ c_k = ∞, Σ c_k² < ∞, without a rate; the average that counts later answers more is the s^k rule of E. Gustavsson, M.
Patriksson, A.-B. Strömberg, Mathematical Programming 150 (2015) 365-390.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.flow_problem import FlowProblem
from robosim.controllers.parts.local_problem import borne


class Averaged(NamedTuple):
    """What an agent keeps: its problem, step sizes c (R,), the round, its last answer x, and Σ r^s so far."""

    problem: FlowProblem
    c: Array
    k: int
    x: Array
    weight: float


@dataclass(frozen=True, kw_only=True)
class DualSubgradient:
    """The faithful agent. Says its own average decision as `y`, and `multiplier` λ of b and of the shared edges.

    `rules["sigma"]` is c of the rows of b, `rules["gamma"]` that of edges over (p + 1) a.

    Parameters
    ----------
    decay : how fast steps get shorter, in (½, 1].
    late : s ≥ 0, how much more later answers count; 0 for all alike.
    """

    serves: ClassVar[tuple[str, ...]] = ("freight",)
    tracks: ClassVar[bool] = False
    copies: ClassVar[bool] = False
    sends: ClassVar[tuple[str, ...]] = ("multiplier",)

    decay: float = 0.55
    late: float = 1.0

    def __post_init__(self) -> None:
        if self.late < 0:
            raise ValueError(f"late must be at least 0, got {self.late}")
        if not 0.5 < self.decay <= 1:
            raise ValueError(f"decay must be above 0.5 and at most 1, got {self.decay}")

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Averaged, Said]:
        """Round 0: zeros."""
        missions, agents, n = own["slope"].shape
        steps = np.array([[rules["sigma"], rules["gamma"]]])
        problem = FlowProblem.of(own, rules, 0.0 * np.repeat(steps, agents, axis=0))
        edges = (np.asarray(problem.power) + 1) * problem.toll
        c = np.concatenate([np.full(problem.m, rules["sigma"]), rules["gamma"] * edges])
        y = np.zeros((missions, agents, n))
        return Averaged(problem, c, 0, y, 0.0), {"y": y.copy(), "multiplier": np.zeros((missions, agents, len(c)))}

    def step(self, state: Averaged, heard: Heard) -> tuple[Averaged, Said]:
        """Average prices, answer them, move them; average the answers."""
        problem, c, k, x, weight = state
        price, share = heard.mixed("multiplier"), (k + 1) ** -self.decay
        x, left = problem.cheapest(price, x)
        late = (k + 1.0) ** self.late
        weight += late
        y = heard.own["y"]
        said = {"y": y + late / weight * (x - y), "multiplier": price + share * c * left}
        return Averaged(problem, c, k + 1, x, weight), said

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the agent itself bears of the decision (X, (B.2))."""
        return borne(own, decision, meter)
