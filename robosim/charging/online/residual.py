"""What is left to agree on: the problem of those who are plugged in, from a step of the station's clock on.

The rest of the present period is a period too. With the power d_i that the meter has counted in it, spread over the
whole of it, wear ½ a (d + x)² is a d x + ½ a x² and what is known: the meter moves the linear cost of what is left, and
nothing else. Of a row's limit as much is left as of the period. So a plan that nobody disturbs is kept to: planning
anew at every step changes nothing where nothing new was heard.

A car knows what its battery takes at its present state of charge; later it takes no more, as it only gets fuller.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said
from robosim.charging.aggregator import Aggregator
from robosim.charging.online.live import Ints, Live, LiveStation
from robosim.charging.problem import TYPE, ChargingDay
from robosim.controllers.parts.some import some
from robosim.controllers.parts.supply import Supply

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
    supply: Supply
    """What the leader provides, in each of these missions."""

    def among(self, places: Ints) -> Residual:
        """The same for some of the missions, by their places in `rows`."""
        parts = {name: some(getattr(self, name), places) for name in ("rows", "own", "present", "price", "left")}
        return self._replace(supply=self.supply.among(places), **parts)


def residual(station: LiveStation, live: Live, steps: int, among: NDArray[np.bool_] | None = None) -> Residual | None:
    """What is to be agreed on for the next `steps`; None where nobody who is there wants anything.

    Of all cars, or of those `among` (R, N) whom there is anything to agree on.
    """
    problem, t, ratio = station.problem, live.step, station.ratio
    rows = np.flatnonzero(live.begun)
    everybody = np.arange(problem.agents)
    near = station.share(everybody, t, t + steps, steps, rows)[..., 0] > 0.0
    lacking = np.maximum(problem.energy * problem.hours - live.metered[rows], 0.0)
    here = near & station.present[rows] & (lacking > NOTHING_KWH)
    here &= True if among is None else among[rows]
    who = np.flatnonzero(here.any(axis=0))
    if not who.size:
        return None
    present, lacking = np.ascontiguousarray(here[:, who]), lacking[:, who]
    period, leave = t // ratio, station.stay[:, who, 1]
    end = min(-(-int(np.ceil(leave.max())) // ratio), problem.periods)
    share = station.share(who, t, end * ratio, ratio, rows)
    last = np.ceil((leave if len(leave) == 1 else leave[rows]) / ratio).astype(np.int64) - period
    day = _public(station, who, period, end, share.max(axis=0), t)
    day = replace(day, loss=problem.loss + for_later(station, period, end, t))
    own = _own(day, last, share, accepted_kw(station, live, rows, who))
    cost = np.repeat(day.energy_cost[None], len(rows), axis=0)
    cost[:, :, 0] += problem.curvature[who] * live.done[np.ix_(rows, who)] / problem.hours
    wish = np.repeat(own["wish"], len(rows), axis=0)
    wish[:, :, 0] = lacking / problem.hours
    had = live.metered[np.ix_(rows, who)]
    since = (t - station.stay[:, who, 0])[..., None] * problem.hours / ratio
    own |= {"energy_cost": cost, "wish": wish, "metered": had[..., None] / problem.hours}
    own["since"] = np.maximum(since if len(since) == 1 else since[rows], 0.0)
    prices = _prices(live, day.reached.shape[1], rows, (period, end), present, last)
    if station.keeps_room:
        prices[..., -day.periods :] *= day.loss
    supply = _supply(day, live, rows) if problem.aggregated else day.supply
    return Residual(rows, who, period, day, own, present, prices, share[..., 0], supply)


def _supply(day: ChargingDay, live: Live, rows: Ints) -> Supply:
    """The day's, where the aggregator pays for power: with what meters counted in this period and the peak so far."""
    assert isinstance(day.supply, Aggregator)
    counted = np.zeros((len(rows), day.periods))
    counted[:, 0] = live.done[rows].sum(axis=1) / day.hours
    return replace(day.supply, counted=counted, peak=live.peak[rows])


def for_later(station: LiveStation, period: int, end: int, step: int) -> float | Array:
    """Dollars a kW² and period by which agreements hold back from filling later periods, (T,), or 0.

    Who may yet come is not there to ask for its share: the fuller the feeder is planned and the further ahead, the more
    likely it is missed. A kWh on top of a full feeder counts `room` times the hours ahead, of a half full one half.
    """
    if station.room <= 0.0:
        return 0.0
    begin = np.maximum(np.arange(period, end) * station.ratio, step)
    middle = 0.5 * (begin + np.arange(period + 1, end + 1) * station.ratio)
    ahead_h = (middle - step) * station.step_h
    return np.asarray(station.room * ahead_h * station.problem.hours / station.day.carries_kw)


def _public(station: LiveStation, who: Ints, period: int, end: int, there: Array, step: int) -> ChargingDay:
    """The problem's own rows and columns that are left, `there` (P, T)."""
    problem = station.problem
    types = {name: getattr(problem, name)[who] for name in TYPE}
    spared = station.spared(step, end)
    spared[:, 0] *= 1.0 - step % station.ratio / station.ratio
    stay = np.clip(problem.stay[who] - period, 0, end - period)
    told = np.concatenate([types["told"][:, :1], np.clip(types["told"][:, 1:] - period, 0, end - period)], axis=1)
    types |= {"energy_cost": problem.energy_cost[who, period:end], "stay": stay, "told": told}
    return replace(problem, **types, there=there, spared=spared)


def _own(day: ChargingDay, last: NDArray[np.int64], share: Array, most_kw: Array) -> Said:
    """Private types, with stays and limits (1|A, …) as they are mission by mission."""
    stay = np.stack([np.zeros_like(last), np.maximum(last, 0)], axis=-1)
    limit = np.minimum(day.limit_kw, most_kw)[..., None] * share
    return day.own() | {"stay": stay.astype(np.float64), "limit": limit}


def accepted_kw(station: LiveStation, live: Live, rows: Ints, who: Ints) -> Array:
    """What each battery takes at most at its state of charge, at the meter, (A, P): `station.battery`."""
    cars = station.day.station.cars
    room, tail = 1.0 - live.content[np.ix_(rows, who)] / cars.capacity_kwh[who], 1.0 - cars.bend[who]
    part = np.divide(room, tail, out=np.ones_like(room), where=tail > 0.0)
    return np.asarray(np.clip(part, 0.0, 1.0) * cars.power_kw[who] / cars.efficiency[who])


def _prices(
    live: Live, count: int, rows: Ints, periods: tuple[int, int], present: NDArray[np.bool_], last: NDArray[np.int64]
) -> Array:
    """The last prices, 0 for periods in which nobody is there any more: no mission hears of a car that is not in it."""
    latest, (period, end) = np.where(present, last, 0).max(axis=1), periods
    known = live.price[rows, :count, period:end] * (np.arange(end - period) < latest[:, None])[:, None]
    return np.asarray(known.reshape(len(rows), 1, -1))
