"""A day at a charging station, step by step: pilots, what batteries take, meters, and what the wires carry.

One car at one post stands in `robosim.kernels.charger`. All sums run over cars in their order, so bits repeat.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.charger import drawn, there, told
from robosim.kernels.charging import Cars, Logs, Posts, Wires

MARGIN = 1.0 - 1e-11
"""Curtailed pilots stay this fraction below a limit: more than SLACK and the rounding of a sum."""
SWEEPS = 50


@njit(cache=True)
def draw(
    cars: Cars,
    posts: Posts,
    active: Array,
    n: int,
    pilots: Array,
    hours: float,
    t: int,
    content: Array,
    metered: Array,
    kwh: Array,
) -> None:
    """Metered kWh that the first n active cars will take in step t, kwh[:n]."""
    for a in range(n):
        i = active[a]
        time, left = hours * there(cars, i, t), cars.wanted_kwh[i] - metered[i]
        offered, most = pilots[i] * posts.kw_per_a[cars.station[i]] * time, cars.power_kw[i] * time
        kwh[a] = drawn(offered, left, content[i], cars.capacity_kwh[i], most, cars.bend[i], cars.efficiency[i])


@njit(cache=True)
def carried(real: float, imaginary: float, linear: bool) -> float:
    """What a row carries: a signed sum, or the length of a phasor."""
    return real if linear else np.sqrt(real * real + imaginary * imaginary)


@njit(cache=True)
def add_currents(
    cars: Cars,
    posts: Posts,
    wires: Wires,
    active: Array,
    n: int,
    kwh: Array,
    hours: float,
    t: int,
    real: Array,
    imaginary: Array,
) -> None:
    """Add what n cars draw to a column of the rows, (K, S): means of a step, whatever part of it they are there."""
    for a in range(n):
        c = cars.station[active[a]]
        amps = kwh[a] / (posts.kw_per_a[c] * hours)
        for e in range(wires.start[c], wires.start[c + 1]):
            real[wires.row[e], t] += wires.real[e] * amps
            imaginary[wires.row[e], t] += wires.imaginary[e] * amps


@njit(cache=True)
def limit_at(wires: Wires, k: int, t: int) -> float:
    """What row k carries at most in step t, A."""
    return float(wires.limit_a[k, t if wires.limit_a.shape[1] > 1 else 0])


@njit(cache=True)
def shares(wires: Wires, t: int, real: Array, imaginary: Array, share: Array) -> bool:
    """By what each row must be scaled in step t, (K,); whether any is exceeded."""
    over = False
    for k in range(share.size):
        load, limit = carried(real[k, 0], imaginary[k, 0], wires.linear), limit_at(wires, k, t)
        share[k] = MARGIN * limit / load if load > limit else 1.0
        over = over or load > limit
    return over


@njit(cache=True)
def ease(
    cars: Cars,
    posts: Posts,
    wires: Wires,
    active: Array,
    n: int,
    pilots: Array,
    hours: float,
    t: int,
    content: Array,
    metered: Array,
    kwh: Array,
    sweeps: int = SWEEPS,
) -> bool:
    """Scale pilots of n cars down until what they will draw in step t, kwh[:n], exceeds no row; false where all stop.

    All cars of an exceeded row are scaled by the row's limit over what it carries, then rounded down to what their
    stations allow; where levels are coarse that costs more than the excess. A row whose phasors cancel may be exceeded
    again: after `sweeps` all stop.
    """
    rows = wires.limit_a.shape[0]
    real, imaginary, share = np.empty((rows, 1)), np.empty((rows, 1)), np.empty(rows)
    for sweep in range(sweeps + 1):
        draw(cars, posts, active, n, pilots, hours, t, content, metered, kwh)
        real[:], imaginary[:] = 0.0, 0.0
        add_currents(cars, posts, wires, active, n, kwh, hours, 0, real, imaginary)
        if not shares(wires, t, real, imaginary, share):
            return True
        for a in range(n):
            i, c, least = active[a], cars.station[active[a]], 1.0
            for e in range(wires.start[c], wires.start[c + 1]):
                least = min(least, share[wires.row[e]])
            if sweep == sweeps:
                pilots[i], kwh[a] = 0.0, 0.0
            elif least < 1.0:
                asked = least * kwh[a] / (posts.kw_per_a[c] * hours * there(cars, i, t)) if kwh[a] > 0.0 else 0.0
                pilots[i] = told(posts, c, asked)
    return False


@njit(cache=True)
def commit(
    cars: Cars, active: Array, n: int, pilots: Array, kwh: Array, t: int, content: Array, metered: Array, logs: Logs
) -> None:
    """Batteries, meters and logs of n cars after step t."""
    for a in range(n):
        i = active[a]
        content[i] += cars.efficiency[i] * kwh[a]
        metered[i] += kwh[a]
        logs.site_kwh[t] += kwh[a]
        if logs.pilot_a.size > 0:
            logs.pilot_a[i, t], logs.metered_kwh[i, t], logs.content_kwh[i, t] = pilots[i], kwh[a], content[i]


@njit(cache=True)
def stand(
    cars: Cars,
    posts: Posts,
    wires: Wires,
    plan_kw: Array,
    ratio: int,
    hours: float,
    i: int,
    content: Array,
    metered: Array,
    real: Array,
    imaginary: Array,
    logs: Logs,
    amps: Array,
) -> None:
    """The whole stay of one car under its plan."""
    c, filled, counted = cars.station[i], content[i], metered[i]
    eta, wanted, capacity, bend = cars.efficiency[i], cars.wanted_kwh[i], cars.capacity_kwh[i], cars.bend[i]
    per_a, full = posts.kw_per_a[c], logs.pilot_a.size > 0
    first, last = max(0, int(np.floor(cars.stay[i, 0]))), min(logs.site_kwh.size, int(np.ceil(cars.stay[i, 1])))
    period, pilot = -1, 0.0
    for t in range(first, last):
        if t // ratio != period:
            period = t // ratio
            asked = plan_kw[i, period] / per_a if period < plan_kw.shape[1] else 0.0
            pilot = told(posts, c, asked)
        time = hours * there(cars, i, t)
        kwh = drawn(pilot * per_a * time, wanted - counted, filled, capacity, cars.power_kw[i] * time, bend, eta)
        filled += eta * kwh
        counted += kwh
        amps[t] = kwh / (per_a * hours)
        logs.site_kwh[t] += kwh
        if full:
            logs.pilot_a[i, t], logs.metered_kwh[i, t], logs.content_kwh[i, t] = pilot, kwh, filled
    content[i], metered[i] = filled, counted
    for e in range(wires.start[c], wires.start[c + 1]):
        for t in range(first, last):
            real[wires.row[e], t] += wires.real[e] * amps[t]
            imaginary[wires.row[e], t] += wires.imaginary[e] * amps[t]


@njit(cache=True)
def excess(wires: Wires, real: Array, imaginary: Array, logs: Logs) -> float:
    """Write down what the rows carry; returns the most by which one is exceeded, A (negative: the least margin)."""
    worst = -np.inf
    for k in range(real.shape[0]):
        for t in range(real.shape[1]):
            logs.line_a[k, t] = carried(real[k, t], imaginary[k, t], wires.linear)
            worst = max(worst, logs.line_a[k, t] - limit_at(wires, k, t))
    return worst


@njit(cache=True)
def arrived(cars: Cars, posts: Posts, plan_kw: Array, period: int, t: int, active: Array, pilots: Array) -> int:
    """Cars that stand there in step t, and the pilots of their plan; returns how many."""
    n = 0
    for i in range(cars.station.size):
        if there(cars, i, t) > 0.0:
            c = cars.station[i]
            asked = plan_kw[i, period] / posts.kw_per_a[c] if period < plan_kw.shape[1] else 0.0
            pilots[i] = told(posts, c, asked)
            active[n] = i
            n += 1
    return n


@njit(cache=True)
def execute_day(
    cars: Cars,
    posts: Posts,
    wires: Wires,
    plan_kw: Array,
    ratio: int,
    hours: float,
    curtail: bool,
    content: Array,
    metered: Array,
    logs: Logs,
) -> tuple[float, int]:
    """Execute a plan; returns the most by which a row of the feeder was exceeded, A (negative: the least margin), and
    in how many steps all cars had to stop because no easing of pilots kept to every row.

    Parameters
    ----------
    plan_kw : (N, periods) power at the meter; a period is `ratio` steps of `hours` each; after the last one nothing.
    curtail : scale pilots down wherever the feeder would be exceeded (`ease`).
    content, metered : (N,) kWh in the battery and on the meter at the arrival, overwritten with those at the departure.
    logs : written; zeros at the start.
    """
    cars_count, steps = metered.size, logs.site_kwh.size
    rows = wires.limit_a.shape[0]
    real, imaginary = np.zeros((rows, steps)), np.zeros((rows, steps))
    stopped = 0
    if curtail:
        pilots, kwh, active = np.zeros(cars_count), np.zeros(cars_count), np.zeros(cars_count, np.int32)
        for t in range(steps):
            n = arrived(cars, posts, plan_kw, t // ratio, t, active, pilots)
            if not ease(cars, posts, wires, active, n, pilots, hours, t, content, metered, kwh):
                stopped += 1
            add_currents(cars, posts, wires, active, n, kwh, hours, t, real, imaginary)
            commit(cars, active, n, pilots, kwh, t, content, metered, logs)
    else:  # no car matters to another: one after the other, so that any number stays in the cache
        amps = np.zeros(steps)
        for i in range(cars_count):
            stand(cars, posts, wires, plan_kw, ratio, hours, i, content, metered, real, imaginary, logs, amps)
    return excess(wires, real, imaginary, logs), stopped
