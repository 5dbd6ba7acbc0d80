"""Roads that are much steeper than most: what a leader announces so that they set nobody's pace (X, Algorithm 1).

One ρ and one σ for all are set by the steepest road, and everything that is not on it is then agreed on as slowly as
that road is steeper. Here they are set by what costs would be if no edge bent more than the middle one, and what steep
edges bend beyond that, e_r = φ_r'' - min(φ_r'', middle), stands in the weights of the two quadratic terms:

    copies of demand x are drawn by  (ρ deg/2) (‖y - v‖² + Σ_j Σ_r K_r (Θ_rj (y_j - v_j))²),   K = e/κ

so that suppliers also agree on what each of them sends over a steep edge, as hard as it bends; and where b cannot be
met but over steep edges its price moves by as much more,

    σ (‖A_i (x - x_i) + δ_i‖² + ‖C (A_i (x - x_i) + δ_i)‖²),   C_r = √(CAUTION e_r/χ) V_r,

V_r the load of edge r by one more unit of each row of b on its least steep way. κ and χ are those where no edge bends
more than the level (`robosim.freight.coupled.penalties`). This is Algorithm 1 in another metric, the same for everybody
in every round: it converges as that does. All of it follows from what is public.

Where congestion is not linear, φ'(F)/F stands for φ'' as in the penalties, at flows F that are also no larger than
makes one edge alone as dear as b is: what is announced as steep is hardly used. How much edges bend differs there by
orders of magnitude because flows do; so the middle is that of all flow, not of all edges. Then ρ and σ are `FASTER`
times those of the middle, and K = 2 (e/κ)^0.7: more for edges that are a little too steep, whose φ'' is p φ'/F, less
for those which are it by far. These numbers are from 400 cases, an edge of seven networks 100 and 1e5 times as steep
and a supplier 1e6 times as dear (`scripts/bench steep`).

All this is a guess where stocks and capacities, which are private, make b use edges however steep they are, or where it
is long open who sends over them. So weights may change by an announced rule, `robosim.controllers.parts.balance`, and
the ends between which they stay are announced, too (`span`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim.agent import Array, Rules
from robosim.controllers.parts.balance import EASE
from robosim.freight.coupled.penalties import KAPPA, asked, climb_factor, penalties_at, public_flow, short
from robosim.freight.coupled.problem import Coupled
from robosim.network.network import Network

SPREAD = 4.0
"""Where no edge is so many times as steep as the middle one all are alike."""
CAUTION = 0.3
"""Share of what prices would climb by, if nothing bent but steep edges."""
FASTER = 1.4
BENT_WEIGHT, BENT_POWER, BENT_MOST = 2.0, 0.7, 300.0
"""K of (e/κ), where congestion is not linear, and what e/κ counts at most: K is never above 108."""
SHARE = 0.1
"""Of what demand would weigh if all of it went over a steep edge: the most that weights may grow to."""
HEAVIEST = 1e5
"""Of what nothing steep weighs: beyond it agents' own problems lose their digits."""
MOST_FLOWS, MOST_BENT_FLOWS = 80, 40
"""Flows of suppliers over steep edges that are agreed on: agents invert matrices of as many rows where weights change,
and again and again where congestion is not linear. Where there are more of them, only the steepest count as steep."""


class Gentled(NamedTuple):
    """How edges would bend if none bent much more than the middle one, and what was taken away, each (E,)."""

    bend: Array
    excess: Array


def gentled(problem: Coupled) -> Gentled | None:
    """None where edges are about alike, or too many as steep as the steepest."""
    largest = np.asarray(abs(problem.theta).max(axis=1).todense()).ravel() ** 2
    flow = _flow(problem)
    bend = (problem.power + 1.0) * problem.congestion * flow ** (problem.power - 1.0)
    steep = bend * largest
    if not (steep > 0.0).any():
        return None
    middle = _middle(steep, flow) if problem.bends else float(np.median(steep[steep > 0.0]))
    if steep.max() <= SPREAD * middle:
        return None
    count = max(1, (MOST_BENT_FLOWS if problem.bends else MOST_FLOWS) // problem.agents)
    level = max(middle, float(np.sort(steep)[-count - 1])) if steep.size > count else middle
    kept = bend * np.minimum(1.0, level / np.maximum(steep, level))
    return Gentled(kept, bend - kept) if (kept < bend).any() else None


def _flow(problem: Coupled) -> Array:
    """Where an edge's bend counts, (E,): public flows, and no more than makes it alone as dear as b; 1 if linear."""
    if not problem.bends:
        return np.ones_like(problem.congestion)
    if not problem.b.any():
        return np.zeros_like(problem.congestion)
    flow, price = public_flow(problem)
    private = asked(problem, [np.linalg.pinv(rows) for rows in problem.A])
    price += float(2.0 ** np.round(np.log2(private))) if private > 0.0 else 0.0
    unit = (problem.power + 1.0) * problem.congestion
    with np.errstate(divide="ignore"):
        dear = np.where(unit > 0.0, price / np.where(unit > 0.0, unit, 1.0), np.inf) ** (1.0 / problem.power)
    return np.asarray(np.minimum(flow, dear))


def _middle(steep: Array, flow: Array) -> float:
    """How steep edges are that half of all flow is at most on."""
    order = np.argsort(steep, kind="stable")
    up_to = np.cumsum(np.where(steep > 0.0, flow, 0.0)[order])
    return float(steep[order][np.searchsorted(up_to, 0.5 * up_to[-1])])


def steep_rules(problem: Coupled, network: Network, found: Gentled) -> Rules:
    """What is announced: ρ and σ, `steep` K (E,) and `climb` C (rows, m)."""
    faster = FASTER if problem.bends else 1.0
    penalties = penalties_at(problem, network, found.bend, faster)
    stiffness = penalties["rho"] * float(network.links.degree.mean()) / KAPPA / faster
    excess = np.minimum(found.excess, BENT_MOST * stiffness) if problem.bends else found.excess
    share = excess / stiffness
    load = least_steep(problem, found.excess)
    weight = CAUTION * climb_factor(network) / penalties["sigma"] * excess
    rows = np.sqrt(weight)[:, None] * load
    steep = BENT_WEIGHT * share**BENT_POWER if problem.bends else share
    announced = {**penalties, "steep": short(steep), "climb": short(rows[rows.any(axis=1)])}
    return {**announced, "balance": short(span(problem, announced, stiffness))}


def span(problem: Coupled, announced: Rules, stiffness: float) -> Array:
    """Between which factors the weights of rows and of steep edges may be, (2, m + S).

    At least what leaves a row `EASE` of what it weighs where nothing is steep, and an edge 1; at most, if that is more
    than 1, `SHARE` of what would be if all demand that may use an edge did.
    """
    some, climb = np.flatnonzero(announced["steep"]), announced["climb"]
    agents, n = problem.slope.shape
    loads = abs(problem.theta[some].toarray()).reshape(len(some), agents, n)
    uses = np.einsum("ejn,jmn->em", loads, np.abs(problem.A)) > 0.0
    flow = uses @ np.abs(problem.b)
    power = np.broadcast_to(problem.power, problem.congestion.shape)[some]
    bend = power * (power + 1.0) * problem.congestion[some] * flow ** (power - 1.0)
    weight = announced["steep"][some]
    most = np.append((uses * bend[:, None]).max(axis=0) / announced["sigma"], bend / stiffness / weight)
    ends = np.append(np.full(len(problem.b), stiffness / announced["sigma"]), 1.0 / weight) * HEAVIEST
    least = np.append(EASE / (1.0 + (climb**2).sum(axis=0)), np.minimum(1.0, 1.0 / weight))
    return np.stack([least, np.maximum(1.0, np.minimum(SHARE * most, ends))])


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
