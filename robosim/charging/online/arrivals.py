"""What one car could gain at most: with all that was metered before it came as it was (spec 7, ε per agent).

Until the agreement in which car i first takes part, nothing that it does can change anything. So whatever it does, F is
the cost of what was metered until then and at least the least that the rest of the day can cost, from that state on.
That is bounded by its dual function at the prices of the whole day's optimum: any prices give a bound, and these are as
good as its own to a few per cent, as the faithful day is near the optimum.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.aggregator import Aggregator
from robosim.charging.mission import BuiltDay
from robosim.charging.problem import TYPE, ChargingDay
from robosim.controllers.parts.charging import fleet, plan
from robosim.controllers.parts.supply import Supply


class Rest(NamedTuple):
    """What is left of a day: dollars that it cost until then, and the problem of the rest with its supply."""

    spent: float
    day: ChargingDay
    supply: Supply


def least_by_car(built: BuiltDay, metered_kwh: Array, every: int, price: Array) -> Array:
    """(N,) dollars that the day costs at least, whatever car i does from its arrival on.

    `metered_kwh` (N, S) is what meters counted on the faithful day; any `price` (rows·T,) gives a bound. What comes
    later leaves less to change, so that no bound is below one of an earlier arrival.
    """
    steps, which = np.unique(joining(built, every), return_inverse=True)
    by_row, ratio = price.reshape(-1, built.relaxed.periods), built.station.ratio
    parts = ((rest(built, metered_kwh, step), by_row[:, step // ratio :].ravel()) for step in steps.tolist())
    found = np.array([one.spent + dual_bound(one.day, one.supply, prices) for one, prices in parts])
    return np.asarray(np.maximum.accumulate(found)[which])


def joining(built: BuiltDay, every: int) -> NDArray[np.int64]:
    """(N,) the step of the agreement in which each car first takes part."""
    return np.asarray(np.floor(built.station.cars.stay[:, 0] / every).astype(np.int64) * every)


def dual_bound(day: ChargingDay, supply: Supply, price: Array) -> float:
    """The dual function at prices (rows·T,), dollars: what `day` costs at least, however good they are.

    No car takes more than it wants.
    """
    own, prices = day.own(), np.maximum(price, 0.0)[None, None]
    terms = plan(own, fleet(own), prices, np.full((1, day.agents), np.nan)).value
    return float(terms.sum() + supply.answer(prices)[1][0])


def rest(built: BuiltDay, metered_kwh: Array, step: int) -> Rest:
    """The relaxed day from a step on, its meters (N, S) as they were before it (as `residual` has it for who is there).

    Of a row's limit in the period that has begun there is what nobody took; where limits never change, what is left of
    its time.
    """
    day, station = built.relaxed, built.station
    ratio, hours, period = station.ratio, day.hours, step // station.ratio
    before = metered_kwh[:, :step]
    past_kw = before[:, : period * ratio].reshape(len(before), period, ratio).sum(axis=2) / hours
    done = before[:, period * ratio :].sum(axis=1) / hours
    got, stay = past_kw.sum(axis=1) + done, station.cars.stay
    who = np.flatnonzero(stay[:, 1] > step)
    there = _there(stay[who], period, day.periods, ratio, step)
    cost = day.energy_cost[who, period:].copy()
    cost[:, 0] += day.curvature[who] * done[who]
    spared = day.spared_or_all[:, period:].copy()
    if day.spared is None:
        spared[:, 0] = 1.0 - step % ratio / ratio
    else:
        spared[:, 0] = np.maximum(spared[:, 0] - done @ day.weights / day.rows_kw, 0.0)
    own = {name: getattr(day, name)[who] for name in TYPE}
    own |= {"energy_cost": cost, "energy": np.maximum(day.energy[who] - got[who], 0.0)}
    own["stay"] = np.clip(day.stay[who] - period, 0, day.periods - period)
    left = replace(day, **own, there=there, spared=spared)
    known = np.concatenate([past_kw, done[:, None]], axis=1)
    return Rest(_spent(day, known, got, stay[:, 1] <= step), left, _supply(left, known))


def _there(stay: Array, period: int, periods: int, ratio: int, step: int) -> Array:
    """Which part of each period from `period` on cars are there, (P, T), but not before `step`."""
    begin = np.arange(period, periods) * float(ratio)
    from_ = np.maximum(stay[:, :1], float(step))
    return np.asarray(np.clip(np.minimum(stay[:, 1:], begin + ratio) - np.maximum(from_, begin), 0.0, None) / ratio)


def _spent(day: ChargingDay, known: Array, got: Array, gone: NDArray[np.bool_]) -> float:
    """What power `known` (N, periods so far) cost the cars and the aggregator, and what is missing those who went."""
    cost = (day.energy_cost[:, : known.shape[1]] * known).sum() + 0.5 * (day.curvature[:, None] * known**2).sum()
    missing = (day.unmet * np.maximum(day.energy - got, 0.0))[gone].sum()
    load = known.sum(axis=0)
    own = 0.5 * day.loss * (load**2).sum() + day.demand * load.max(initial=0.0) if day.aggregated else 0.0
    return float(cost + missing + own)


def _supply(left: ChargingDay, known: Array) -> Supply:
    """The rest's; what the aggregator pays for it comes on top of what was counted in this period, and of the peak."""
    if not isinstance(left.supply, Aggregator):
        return left.supply
    counted, load = np.zeros((1, left.periods)), known.sum(axis=0)
    counted[0, 0] = load[-1]
    return replace(left.supply, counted=counted, peak=np.array([load[:-1].max(initial=0.0)]))
