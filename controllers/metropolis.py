"""Average consensus with lazy Metropolis weights, which neighbours that change can agree on in every round.

    z_i^k = W_ii z_i^{k-1} + Σ_{j heard} W_ij z_j^{k-1},   W_ij = 1 / (2 max(deg_i, deg_j)),   W_ii = 1 - Σ_j W_ij

No step size is announced, so none must fear the largest degree that there might be: with `network.graph = "range"` that
of `consensus` is 1/N. W is symmetric where links are, and the mean of the team stays; what is lost one way only
moves it. A robot that is too slow goes as far as it gets. Reference: L. Xiao, S. Boyd, S. Lall, "Distributed average
consensus with time-varying Metropolis weights", 2006.
"""

from __future__ import annotations

from typing import ClassVar

from robosim.agent import Heard, Links, Rules, Said
from robosim.controllers.parts.reach import towards


class Metropolis:
    """The faithful robot among neighbours that change; it keeps what a body gets in a round, `rules["reach_m"]`."""

    serves: ClassVar[tuple[str, ...]] = ("rendezvous",)
    keeps_reach: ClassVar[bool] = True

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[float, Said]:
        """z_i^0 = θ_i, (missions, agents, d) m."""
        return rules["reach_m"], {"z": own["start"]}

    def step(self, state: float, heard: Heard) -> tuple[float, Said]:
        """The mean of this module, from where the robot really is."""
        return state, {"z": towards(heard.own["z"], heard.mixed("z"), state)}
