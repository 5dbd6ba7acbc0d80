"""Consensus-Tracking-ADMM: agents agree on copies of everybody's decision while they track what demand is left.

X, Algorithm 1, in the reduced form of its supplement C (Algorithm 2). Agent i holds y_i, its copy of everybody's
decision with its own block x_i, a multiplier λ_i (in the limit minus the marginal cost of b), a tracker d_i of the mean
of A_j x_j - b/N, and v_i, where its neighbours draw its copies. All start from 0, but d_i = -b/N. Each round, with
deg_i neighbours:

    ℓ_i = Σ_j W_ij λ_j,   δ_i = Σ_j W_ij d_j                                                       (lines 11, 12)
    y_i⁺ = argmin of f_i(y) + ℓ_i'A_i x + (σ/2)‖A_i (x - x_i) + δ_i‖² + (ρ deg_i/2)‖y - v_i‖²      (line 14)
    d_i⁺ = δ_i + A_i (x_i⁺ - x_i),   λ_i⁺ = ℓ_i + σ d_i⁺                                           (lines 15, 16)
    v_i⁺ = v_i + (1/deg_i) Σ_j (y_j⁺ - y_j/2) - y_i/2                                              (lines 17, 18)

One exchange a round is enough: v_i⁺ is finished in the next round, when y⁺ is heard. What is kept for it is
u_i = v_i - y_i/2 - Σ_j y_j/(2 deg_i), which is 0 at the start and moves by half the distance between an agent's copies
and its neighbours' mean: v_i = u_i + Σ_j y_j/deg_i before that move.

Where the leader announces that some edges are steeper than most, both quadratic terms have weights, which follow what
it says later (`robosim.controllers.parts.steep`, `robosim.controllers.parts.balance`). u is kept as M u then, M the
weights of copies: as what neighbours have drawn so far, which stays where weights change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.balance import WEIGHTS
from robosim.controllers.parts.local_problem import LocalProblem, borne
from robosim.controllers.parts.steep import Weighed
from robosim.kernels.own_rows import OwnRows, draw


class Copies(NamedTuple):
    """What agents keep between rounds."""

    problem: LocalProblem | Weighed
    rows: OwnRows
    degree: Array
    """(N,)."""
    rho: float
    sigma: float
    strain: Array | None
    """u (M, N, N·n); None before anything was heard."""

    def climb(self, left: Array) -> Array:
        """What prices climb by for what is left of b, σ d or σ (I + C'C) d, (M, N, m)."""
        return self.sigma * (self.problem.climbed(left) if isinstance(self.problem, Weighed) else left)

    def drawn(self, y: Array) -> Array:
        """y in the metric of copies, (M, N, N·n)."""
        return self.problem.drawn(y) if isinstance(self.problem, Weighed) else y

    def heeding(self, leader: Said) -> Self:
        """With the weights that the leader says."""
        if not isinstance(self.problem, Weighed):
            return self
        return self._replace(problem=self.problem.heeding(leader.get(WEIGHTS)))


@dataclass(frozen=True, kw_only=True)
class ConsensusTrackingAdmm:
    """The faithful program of X, Algorithm 1.

    `own` holds the private types of `robosim.freight.coupled.problem.Coupled.own`; `rules` what is announced: theta,
    congestion, power, b, agents, the penalties rho and sigma > 0, and, where some edges are steep, steep and climb.

    Says `y` (missions, agents, N·n), `multiplier` and `tracker` (missions, agents, m).
    """

    serves: ClassVar[tuple[str, ...]] = ("freight",)
    tracks: ClassVar[bool] = True
    """Its trackers add up to what Σ A_i x_i lacks of b: the leader sees injections."""

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Copies, Said]:
        """Round 0: y = 0, λ = 0, d = -b/N."""
        degree, rho, sigma = links.degree, float(rules["rho"]), float(rules["sigma"])
        problem = Weighed.of(own, rules, rho * degree, sigma) or LocalProblem.of(
            own, rules, rho * degree, np.full(degree.size, sigma)
        )
        missions, agents, n = own["slope"].shape
        rows = OwnRows.of(own["rows"].reshape(-1, agents, rules["b"].size, n))
        return Copies(problem, rows, degree, rho, sigma, None), {
            "y": np.zeros((missions, agents, rules["theta"].shape[1])),
            "multiplier": np.zeros((missions, agents, rules["b"].size)),
            "tracker": np.tile(-rules["b"] / rules["agents"], (missions, agents, 1)),
        }

    def step(self, state: Copies, heard: Heard) -> tuple[Copies, Said]:
        """Round k: lines 17-18 of the round before, then lines 11-16."""
        state = state.heeding(heard.leader)
        problem, rows = state.problem, state.rows
        y, near = heard.own["y"], state.drawn(heard.total("y"))
        strain = np.empty_like(y)
        kept = state.strain if state.strain is not None else strain[:0]
        draw(state.degree, state.rho, state.drawn(y), near, kept, strain)
        price, left = heard.mixed("multiplier"), heard.mixed("tracker")
        before = rows.times(problem.own_block(y))
        y = problem.solve(near, rows.transposed(price + state.climb(left - before)))
        tracker = left + rows.times(problem.own_block(y)) - before
        said = {"y": y, "multiplier": price + state.climb(tracker), "tracker": tracker}
        return state._replace(strain=strain), said

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the agent itself bears at the leader's decision, X, (B.2)."""
        return borne(own, decision, meter)


controller = ConsensusTrackingAdmm
"""What worlds mean by the program "consensus_tracking_admm"."""
