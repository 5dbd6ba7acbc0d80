"""The dynamic pivot: what each car's presence costs the others in each step, known when it leaves (spec 7).

    τ_i = Σ_t [ Σ_{j≠i} c_j(x_t) + W^{-i}_{t+1} - W^{-i}_t ]

c_j(x_t) is what the step costs car j as metered; W^{-i} is what is left would cost those who are there without i, if
nobody else came, before and after the step. The sum over i's stay does not depend on who comes later in the same way as
VCG in hindsight does, so that lies can pay: it is measured, and never certified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from robosim.agent import Array, Deviation
from robosim.charging.online.agreement import Agreement
from robosim.charging.online.live import Ints, Live, LiveStation
from robosim.charging.online.residual import Residual, residual

Talk = Callable[[Residual, tuple[Deviation, ...]], Agreement]
"""An agreement about what is left, with the deviations in its own numbers."""


def step_pivots(
    station: LiveStation,
    before: tuple[Live, Residual],
    after: Live,
    every: int,
    talk: Talk,
    deviations: tuple[Deviation, ...],
) -> Array:
    """What the step adds to everybody's τ, (R, N) dollars: from `before` it and what was left then, to `after` it."""
    live, left = before
    found = np.zeros(station.present.shape)
    pairs = np.argwhere(left.present)
    if not len(pairs):
        return found
    then = _worths(left, pairs, talk, deviations)
    spent = _spent(station, live, after, left)
    still = np.zeros(station.present.shape, dtype=np.bool_)
    still[np.ix_(left.rows, left.who)] = left.present
    later = residual(station, after, every, still)
    now = np.zeros(len(pairs))
    if later is not None:
        row = np.searchsorted(later.rows, left.rows[pairs[:, 0]])
        column = np.searchsorted(later.who, left.who[pairs[:, 1]]).clip(max=len(later.who) - 1)
        there = later.who[column] == left.who[pairs[:, 1]]
        now = _worths(later, np.stack([row, np.where(there, column, -1)], axis=1), talk, deviations)
        still[np.ix_(later.rows, later.who)] &= ~later.present
    gone = still[np.ix_(left.rows, left.who)]
    missing = np.where(gone, _unmet(station, after, left), 0.0)
    cost = np.where(left.present, spent + missing, 0.0)
    a, p = pairs.T
    others = cost.sum(axis=1)[a] - cost[a, p]
    found[left.rows[a], left.who[p]] = others + now - then
    return found


def _spent(station: LiveStation, before: Live, after: Live, left: Residual) -> Array:
    """c_j of the step as metered, (A, P) dollars."""
    problem, place = station.problem, np.ix_(left.rows, left.who)
    power = (after.metered - before.metered)[place] / problem.hours
    done = before.done[place] / problem.hours
    linear = problem.energy_cost[left.who, left.period] + problem.curvature[left.who] * done
    return np.asarray(linear * power + 0.5 * problem.curvature[left.who] * power**2)


def _unmet(station: LiveStation, live: Live, left: Residual) -> Array:
    """What is missing costs those who have gone, (A, P) dollars."""
    problem = station.problem
    lacking = problem.energy[left.who] - live.metered[np.ix_(left.rows, left.who)] / problem.hours
    return np.asarray(problem.unmet[left.who] * np.maximum(lacking, 0.0))


def _worths(left: Residual, pairs: Ints, talk: Talk, deviations: tuple[Deviation, ...]) -> Array:
    """W^{-i}, (pairs,) dollars, for pairs (row, column) of `left`; a column of -1 leaves nobody out."""
    row, column = pairs.T
    present = left.present[row].copy()
    out = np.flatnonzero(column >= 0)
    present[out, column[out]] = False
    own = {key: x[row] if len(x) > 1 else x for key, x in left.own.items()}
    price, left_part = left.price[row], left.left[row] if len(left.left) > 1 else left.left
    supply = left.supply.among(row)
    alone = left._replace(rows=row, own=own, present=present, price=price, left=left_part, supply=supply)
    inner = talk(alone, _everywhere(deviations, left, row, present))
    snapshot = inner.start()
    while not inner.over(snapshot):
        snapshot = inner.advance(snapshot)
    return np.where(present.any(axis=1), inner.bound(snapshot), 0.0)


def _everywhere(deviations: tuple[Deviation, ...], left: Residual, row: Ints, present: Array) -> tuple[Deviation, ...]:
    """Who deviates in a mission does so in its marginal problems too."""
    found = []
    for one in deviations:
        places = [
            (m, int(np.searchsorted(left.who, i)))
            for of, i in zip(one.missions.tolist(), one.agents.tolist(), strict=True)
            if i in left.who
            for m in np.flatnonzero(left.rows[row] == of)
        ]
        places = [(m, i) for m, i in places if present[m, i]]
        if places:
            missions, agents = (np.array(x) for x in zip(*places, strict=True))
            found.append(replace(one, strategy=one.strategy.during(None), missions=missions, agents=agents))
    return tuple(found)
