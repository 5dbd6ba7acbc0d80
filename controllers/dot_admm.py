"""DOT-ADMM on the dual: prices agree edge by edge, by memories of links that lost and late messages do not spoil.

Agent i keeps ζ_ij for each neighbour j. With Φ_i, D_i of `robosim.controllers.parts.flow_problem`, h_i the dual
function of agent i, and row weights C, each round

    v_i = Σ_j ζ_ij/deg_i,   λ_i⁺ = argmin of h_i(λ) + (deg_i/2)‖λ - v_i‖²_{1/C}
        = v_i + (C/deg_i)(Φ_i (x_i⁺, w_i⁺) - D_i),
          (x_i⁺, w_i⁺) = argmin over X_i of f_i(x, w) + ½‖Φ_i (x, w) - D_i + (deg_i/C) v_i‖²_{C/deg_i}
    t_ij = 2 λ_i⁺ - ζ_ij  is sent to j,   ζ_ij⁺ = (1 - α) ζ_ij + α t_ji  where t_ji arrives, else ζ_ij

from ζ = λ = 0; one exchange of t a round, so ζ⁺ is computed in the round after. Nothing that moves is summed over
agents: a message that is lost leaves its memory as it was, and every fixed point is an optimum all the same.

Reference: N. Bastianello, D. Deplano, M. Franceschelli, K. H. Johansson, Robust online learning over networks, IEEE
Transactions on Automatic Control 70 (2025) 933-946, arXiv:2309.00520. There for min Σ h_i(λ), which the dual of a
coupled problem is: with agents that skip rounds and messages that are lost it converges in mean, at a linear rate where
the operator is metrically subregular. That holds here with linear congestion: h_i is piecewise quadratic, costs need
not be strongly convex. Delays are not covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.flow_problem import FlowProblem
from robosim.controllers.parts.local_problem import borne
from robosim.kernels.mixing import mix


class Memories(NamedTuple):
    """What an agent keeps: its problem, C/deg (N, R), links as receiver · agents + sender (L,), ζ (M, L, R), the first
    place of each agent's links (N + 1,), degrees and numbers of agents."""

    problem: FlowProblem
    weight: Array
    keys: NDArray[np.int64]
    zeta: Array
    ends: NDArray[np.int64]
    me: NDArray[np.intp]
    agents: int


@dataclass(frozen=True, kw_only=True)
class DotAdmm:
    """The faithful agent. Says its own decision as `y`, `multiplier` λ, and `letters` t, a block for each agent.

    `rules["sigma"]` is C of the rows of b, `rules["gamma"]` that of edges over (p + 1) a. Of `letters` each neighbour
    is sent its own block alone.

    Parameters
    ----------
    alpha : relaxation, in (0, 1); ½ is ADMM.
    """

    serves: ClassVar[tuple[str, ...]] = ("freight",)
    tracks: ClassVar[bool] = False
    copies: ClassVar[bool] = False
    sends: ClassVar[tuple[str, ...]] = ("letters",)
    personal: ClassVar[tuple[str, ...]] = ("letters",)
    minds_loss: ClassVar[bool] = True
    """It wants to know what did not arrive, instead of hearing the last word again."""

    alpha: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must be above 0 and below 1, got {self.alpha}")

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Memories, Said]:
        """Round 0: zeros."""
        missions, count, n = own["slope"].shape
        degree, agents = links.degree, int(rules["agents"])
        scale = np.array([rules["sigma"], rules["gamma"]]) / degree[:, None]
        problem = FlowProblem.of(own, rules, scale)
        size = len(problem.share)
        keys, ends = _keys(links, agents), np.asarray(links.indptr, dtype=np.int64)
        me = own["id"][0, :, 0].astype(np.intp)
        state = Memories(problem, problem.weight, keys, np.zeros((missions, keys.size, size)), ends, me, agents)
        said = {"y": np.zeros((missions, count, n)), "multiplier": np.zeros((missions, count, size))}
        return state, {**said, "letters": np.zeros((missions, count, agents * size))}

    def step(self, state: Memories, heard: Heard) -> tuple[Memories, Said]:
        """Open what arrived, answer the memories' mean, write to everybody."""
        problem, weight, agents = state.problem, state.weight, state.agents
        zeta = self._opened(state, heard)
        mean = _sums(zeta, state.ends) / np.diff(state.ends)[:, None]
        x, left = problem.nearest(problem.share - mean / weight, heard.own["y"])
        price = weight * left
        letters = np.zeros((*price.shape[:2], agents, price.shape[2]))
        row = np.repeat(np.arange(len(state.me)), np.diff(state.ends))
        letters[:, row, state.keys % agents] = 2.0 * price[:, row] - zeta
        said = {"y": x, "multiplier": price, "letters": letters.reshape(*price.shape[:2], -1)}
        return state._replace(zeta=zeta), said

    def _opened(self, state: Memories, heard: Heard) -> Array:
        """ζ⁺: moved towards what arrived."""
        keys, size = _keys(heard.links, state.agents), state.zeta.shape[2]
        row = keys // state.agents
        which = np.searchsorted(state.keys, keys)
        letters = heard.each("letters").reshape(len(state.zeta), keys.size, state.agents, size)
        zeta = state.zeta.copy()
        zeta[:, which] += self.alpha * (letters[:, np.arange(keys.size), state.me[row]] - zeta[:, which])
        return zeta

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the agent itself bears of the decision (X, (B.2))."""
        return borne(own, decision, meter)


def _keys(links: Links, agents: int) -> NDArray[np.int64]:
    """Links as row · agents + sender, in rising order."""
    row = np.repeat(np.arange(links.indptr.size - 1, dtype=np.int64), np.diff(links.indptr))
    return np.asarray(row * agents + links.ids)


def _sums(x: Array, ends: NDArray[np.int64]) -> Array:
    """Sums over the links of each agent, (M, N, R)."""
    each, ones = np.arange(x.shape[1], dtype=np.int32), np.ones(x.shape[1])
    return np.asarray(mix(ends.astype(np.int32), each, ones, x, np.empty((len(x), len(ends) - 1, x.shape[2]))))
