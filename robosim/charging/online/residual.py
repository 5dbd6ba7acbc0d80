"""What is left to agree on: the problem of those who are plugged in, from a step of the station's clock on.

The rest of the present period is a period too. With the power d_i that the meter has counted in it, spread over the
whole of it, wear ½ a (d + x)² is a d x + ½ a x² and what is known: the meter moves the linear cost of what is left, and
nothing else. Of a row's limit as much is left as of the period. So a plan that nobody disturbs is kept to: planning
anew at every step changes nothing where nothing new was heard.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said
from robosim.charging.online.live import Ints, Live, LiveStation
from robosim.charging.problem import TYPE, ChargingDay

NOTHING_KWH = 1e-9
"""Who lacks no more has what it wants."""


class Residual(NamedTuple):
    """A missions `rows` of R, P cars `who` of N, and the periods from `period` on."""

    rows: Ints
    who: Ints
    period: int
    day: ChargingDay
    """What is public, as of the first of these missions."""
    own: Said
    """Private types, each (1|A, P, components)."""
    present: NDArray[np.bool_]
    """(A, P)."""
    price: Array
    """(A, 1, K·T) from which the agreement starts: those of the last one."""
    left: Array
    """(1|A, P) which part of the present period each car is still there."""


def residual(station: LiveStation, live: Live, steps: int) -> Residual | None:
    """What is to be agreed on for the next `steps`; None where nobody who is there wants anything."""
    problem, t, ratio = station.problem, live.step, station.ratio
    rows = np.flatnonzero(live.begun)
    everybody = np.arange(problem.agents)
    near = station.share(everybody, t, t + steps, steps, rows)[..., 0] > 0.0
    lacking = np.maximum(problem.energy * problem.hours - live.metered[rows], 0.0)
    here = near & station.present[rows] & (lacking > NOTHING_KWH)
    who = np.flatnonzero(here.any(axis=0))
    if not who.size:
        return None
    present, lacking = np.ascontiguousarray(here[:, who]), lacking[:, who]
    period, leave = t // ratio, station.stay[:, who, 1]
    end = min(-(-int(np.ceil(leave.max())) // ratio), problem.periods)
    share = station.share(who, t, end * ratio, ratio, rows)
    last = np.ceil((leave if len(leave) == 1 else leave[rows]) / ratio).astype(np.int64) - period
    day = _public(station, who, period, end, share.max(axis=0), t)
    own = _own(day, last, share)
    cost = np.repeat(day.energy_cost[None], len(rows), axis=0)
    cost[:, :, 0] += problem.curvature[who] * live.done[np.ix_(rows, who)] / problem.hours
    wish, told = np.repeat(own["wish"], len(rows), axis=0), np.repeat(own["told"], len(rows), axis=0)
    wish[:, :, 0] = lacking / problem.hours
    told[:, :, 0] = np.maximum(told[:, :, 0] - live.metered[np.ix_(rows, who)] / problem.hours, 0.0)
    own |= {"energy_cost": cost, "wish": wish, "told": told}
    return Residual(
        rows, who, period, day, own, present, _prices(live, rows, period, end, present, last), share[..., 0]
    )


def _public(station: LiveStation, who: Ints, period: int, end: int, there: Array, step: int) -> ChargingDay:
    """The problem's own rows and columns that are left, `there` (P, T)."""
    problem = station.problem
    types = {name: getattr(problem, name)[who] for name in TYPE}
    spared = np.ones((1, end - period)) if problem.spared is None else problem.spared[:, period:end].copy()
    spared[:, 0] *= 1.0 - step % station.ratio / station.ratio
    stay = np.clip(problem.stay[who] - period, 0, end - period)
    told = np.concatenate([types["told"][:, :1], np.clip(types["told"][:, 1:] - period, 0, end - period)], axis=1)
    types |= {"energy_cost": problem.energy_cost[who, period:end], "stay": stay, "told": told}
    return replace(problem, **types, there=there, spared=spared)


def _own(day: ChargingDay, last: NDArray[np.int64], share: Array) -> Said:
    """Private types, with stays and limits (1|A, …) as they are mission by mission."""
    stay = np.stack([np.zeros_like(last), np.maximum(last, 0)], axis=-1)
    return day.own() | {"stay": stay.astype(np.float64), "limit": day.limit_kw[:, None] * share}


def _prices(
    live: Live, rows: Ints, period: int, end: int, present: NDArray[np.bool_], last: NDArray[np.int64]
) -> Array:
    """The last prices, 0 for periods in which nobody is there any more: no mission hears of a car that is not in it."""
    latest = np.where(present, last, 0).max(axis=1)
    known = live.price[rows, :, period:end] * (np.arange(end - period) < latest[:, None])[:, None]
    return np.asarray(known.reshape(len(rows), 1, -1))
