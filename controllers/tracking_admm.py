"""Tracking-ADMM: every agent tracks the average excess of the coupled constraint and prices it (X's baseline).

With W the announced weights and Φ_i, D_i of `robosim.controllers.parts.agreement`, each round

    ℓ_i = Σ_j W_ij λ_j,  δ_i = Σ_j W_ij d_j
    y_i⁺ = argmin f_i(y) + ℓ_i'Φ_i y + (σ/2)‖Φ_i (y - y_i) + δ_i‖²    over copies y with x_i ∈ X_i
    d_i⁺ = δ_i + Φ_i (y_i⁺ - y_i),   λ_i⁺ = ℓ_i + σ d_i⁺

from y = λ = 0, d_i = Φ_i y_i - D_i; one exchange of λ and d a round. Σ_i d_i = Σ_i Φ_i y_i - Σ_i D_i always.
Reference: A. Falsone, I. Notarnicola, G. Notarstefano, M. Prandini, Automatica 117 (2020) 108962. It converges for
every σ > 0, convex f_i, compact X_i and W doubly stochastic and positive semidefinite, without a rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.agreement import Agreement
from robosim.controllers.parts.local_problem import borne


class TrackingState(NamedTuple):
    """What an agent keeps between rounds: its coupling and σ. Copies and prices are what it said."""

    agreement: Agreement
    sigma: float


@dataclass(frozen=True, kw_only=True)
class TrackingAdmm:
    """The faithful agent. Says `y`, `multiplier` λ and `tracker` d, every block of them.

    Parameters
    ----------
    mixed : the local problem takes the neighbourhood's price ℓ_i; False is the program behind X's figures, which puts
        the agent's own λ_i there and needs more rounds for it.
    """

    serves: ClassVar[tuple[str, ...]] = ("freight",)
    sends: ClassVar[tuple[str, ...]] = ("multiplier", "tracker")
    tracks: ClassVar[bool] = True
    """The first m numbers of its trackers add up to what Σ A_i x_i lacks of b."""

    mixed: bool = True

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[TrackingState, Said]:
        """Round 0: nothing is sent, so that the tracker is -D_i; `rules["sigma"]` is σ."""
        agreement = Agreement.of(own, rules, links, c=rules["sigma"])
        said = agreement.start(own)
        tracker = agreement.less_share(agreement.load(said["y"]))
        return TrackingState(agreement, rules["sigma"]), {**said, "tracker": tracker}

    def step(self, state: TrackingState, heard: Heard) -> tuple[TrackingState, Said]:
        """Mix what was heard, answer it, track what the answer changed."""
        agreement, sigma = state
        mixed, average = heard.mixed("multiplier"), heard.mixed("tracker")
        price = mixed if self.mixed else heard.own["multiplier"]
        rest = average - agreement.load(heard.own["y"])
        y = agreement.answer(price + sigma * rest)
        tracker = rest + agreement.load(y)
        return state, {"y": y, "multiplier": mixed + sigma * tracker, "tracker": tracker}

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the agent itself bears of the decision (X, (B.2))."""
        return borne(own, decision, meter)
