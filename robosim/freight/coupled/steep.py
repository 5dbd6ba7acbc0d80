"""Roads that are much steeper than most: what a leader announces so that they set nobody's pace (X, Algorithm 1).

One ρ and one σ for all are set by the steepest road, and everything that is not on it is then agreed on as slowly as
that road is steeper. Here they are set by what costs would be if no edge bent more than the middle one, and what steep
edges bend beyond that, e_r = φ_r'' - min(φ_r'', middle), stands in the weights of the two quadratic terms:

    copies of demand x are drawn by  (ρ deg/2) (‖y - v‖² + Σ_j Σ_r K_r (Θ_rj (y_j - v_j))²),   K = e/κ

so that suppliers also agree on what each of them sends over a steep edge, as hard as it bends; and where b cannot be
met but over steep edges its price moves by as much more,

    σ (‖A_i (x - x_i) + δ_i‖² + ‖C (A_i (x - x_i) + δ_i)‖²),   C_r = √(CAUTION e_r/χ) V_r,

V_r the load of edge r by one more unit of each row of b on its least steep way. κ and χ are those of the gentled
problem (`robosim.freight.coupled.penalties`). This is Algorithm 1 in another metric, the same for everybody in every
round: it converges as that does. All of it follows from what is public.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from robosim.agent import Array, Rules
from robosim.freight.coupled.penalties import KAPPA, climb_factor, short
from robosim.freight.coupled.problem import Coupled
from robosim.network.network import Network

SPREAD = 4.0
"""Where no edge is so many times as steep as the middle one all are alike."""
CAUTION = 0.3
"""Share of what prices would climb by, if nothing bent but steep edges."""
MOST_FLOWS = 240
"""Flows of suppliers over steep edges that are agreed on: agents invert matrices of as many rows. Where there are more
of them, only the steepest count as steep."""


class Gentled(NamedTuple):
    """A problem none of whose edges bends much more than the middle one, and what was taken away, (E,)."""

    problem: Coupled
    excess: Array


def gentled(problem: Coupled) -> Gentled | None:
    """None where edges are about alike, or where congestion is not linear."""
    entries = abs(problem.theta)
    steep = 2.0 * problem.congestion * np.asarray(entries.max(axis=1).todense()).ravel() ** 2
    if np.any(problem.power != 1.0) or not (steep > 0.0).any():
        return None
    middle = float(np.median(steep[steep > 0.0]))
    if steep.max() <= SPREAD * middle:
        return None
    count = max(1, MOST_FLOWS // problem.agents)
    level = max(middle, float(np.sort(steep)[-count - 1])) if steep.size > count else middle
    kept = problem.congestion * np.minimum(1.0, level / np.maximum(steep, level))
    return Gentled(replace(problem, congestion=kept), 2.0 * (problem.congestion - kept))


def steep_rules(problem: Coupled, network: Network, found: Gentled, penalties: dict[str, float]) -> Rules:
    """What is announced beside the penalties of the gentled problem: `steep` K (E,) and `climb` C (rows, m)."""
    stiffness = penalties["rho"] * float(network.links.degree.mean()) / KAPPA
    load = least_steep(problem, found.excess)
    weight = CAUTION * climb_factor(network) / penalties["sigma"] * found.excess
    rows = np.sqrt(weight)[:, None] * load
    return {"steep": short(found.excess / stiffness), "climb": short(rows[rows.any(axis=1)])}


def least_steep(problem: Coupled, excess: Array) -> Array:
    """The load (E, m) of one more unit of each row of b, if it takes the single variable that is least steep."""
    rows = np.concatenate(list(problem.A), axis=1)
    bend = np.asarray(problem.theta.multiply(problem.theta).T @ excess)
    load = np.zeros((len(excess), len(rows)))
    for r, row in enumerate(rows):
        able = np.flatnonzero(row)
        if able.size:
            best = able[np.argmin(bend[able] / row[able] ** 2)]
            load[:, r] = problem.theta[:, [best]].toarray().ravel() / row[best]
    return load
