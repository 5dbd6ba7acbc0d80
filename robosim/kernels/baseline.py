"""A day at a charging station without prices: uncontrolled, earliest deadline, least laxity and round robin.

The rules of acnportal (Lee et al., ACN-Sim, IEEE Transactions on Smart Grid 2021): every step is planned anew from what
the operator knows, the energy asked and the stated departure. Sorted rules give each car in turn the largest current
that the feeder still carries (its exact value, not a bisection's); round robin raises all by turns, ampere by ampere.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.charger import SLACK, there, told
from robosim.kernels.charging import LEVELS, Cars, Logs, Posts, Wires
from robosim.kernels.station import add_currents, commit, draw, ease, excess, limit_at

UNCONTROLLED, EARLIEST_DEADLINE, LEAST_LAXITY, ROUND_ROBIN = range(4)
"""Rules. Round robin lets cars take turns in the order of their deadlines."""
ENOUGH_KWH = 1e-3
"""A car that lacks no more than this is done."""
RAISE_A = 1.0


@njit(cache=True)
def room(wires: Wires, t: int, c: int, real: Array, imaginary: Array) -> float:
    """The most, A, that station c can draw in step t on top of what the rows carry, (K,)."""
    most = np.inf
    for e in range(wires.start[c], wires.start[c + 1]):
        k, x, y = wires.row[e], wires.real[e], wires.imaginary[e]
        limit = limit_at(wires, k, t)
        if wires.linear:
            most = min(most, (limit - real[k]) / x if x > 0.0 else np.inf)
            continue
        along, square = real[k] * x + imaginary[k] * y, x * x + y * y
        left = limit**2 - real[k] ** 2 - imaginary[k] ** 2
        root = np.sqrt(max(along * along + square * left, 0.0))
        most = min(most, left / (along + root) if along > 0.0 else (root - along) / square)
    return float(max(most, 0.0))


@njit(cache=True)
def load(wires: Wires, c: int, amps: float, real: Array, imaginary: Array) -> None:
    """Add a current to the rows, (K,)."""
    for e in range(wires.start[c], wires.start[c + 1]):
        real[wires.row[e]] += wires.real[e] * amps
        imaginary[wires.row[e]] += wires.imaginary[e] * amps


@njit(cache=True)
def most_useful(posts: Posts, c: int, lacking_kwh: float, hours: float) -> float:
    """The current, A, that gives what is lacking in so many hours, at most what the station can."""
    return float(min(posts.most_a[c], lacking_kwh / (posts.kw_per_a[c] * hours)))


@njit(cache=True)
def greedy(
    posts: Posts,
    wires: Wires,
    station: Array,
    lacking: Array,
    time: Array,
    hours: float,
    t: int,
    queue: Array,
    n: int,
    pilots: Array,
) -> None:
    """Each car in the order of the queue gets as much as it can use and the feeder still carries.

    Cars are there for `time` (N,) of the `hours` of a step; what rows carry is the mean over the step.
    """
    real, imaginary = np.zeros(wires.limit_a.shape[0]), np.zeros(wires.limit_a.shape[0])
    for i in queue[:n]:
        c = station[i]
        part = time[i] / hours
        asked = min(most_useful(posts, c, lacking[i], time[i]), room(wires, t, c, real, imaginary) / part)
        pilots[i] = told(posts, c, asked)
        load(wires, c, part * pilots[i], real, imaginary)


@njit(cache=True)
def raised(posts: Posts, c: int, amps: float) -> float:
    """The next current above `amps`: a level, or RAISE_A more, ∞ above the last."""
    if posts.kind[c] != LEVELS:
        return float(max(amps + RAISE_A, posts.least_a[c]))
    for level in posts.levels_a[posts.table[c]]:
        if level > amps:
            return float(level)
    return np.inf


@njit(cache=True)
def in_turns(
    posts: Posts,
    wires: Wires,
    station: Array,
    lacking: Array,
    time: Array,
    hours: float,
    t: int,
    queue: Array,
    n: int,
    pilots: Array,
) -> None:
    """Cars in the order of the queue raise their current by one notch a turn; who cannot, leaves the queue."""
    real, imaginary = np.zeros(wires.limit_a.shape[0]), np.zeros(wires.limit_a.shape[0])
    pilots[queue[:n]] = 0.0
    while n > 0:
        kept = 0
        for i in queue[:n]:
            c = station[i]
            to = raised(posts, c, pilots[i])
            more, useful = (to - pilots[i]) * time[i] / hours, most_useful(posts, c, lacking[i], time[i])
            if to <= useful * SLACK and more <= room(wires, t, c, real, imaginary) * SLACK:
                load(wires, c, more, real, imaginary)
                pilots[i] = to
                queue[kept] = i
                kept += 1
        n = kept


@njit(cache=True)
def waiting(cars: Cars, lacking: Array, t: int, queue: Array) -> int:
    """Cars that stand there in step t and lack energy, in their order; returns how many."""
    n = 0
    for i in range(lacking.size):
        if there(cars, i, t) > 0.0 and lacking[i] > ENOUGH_KWH:
            queue[n] = i
            n += 1
    return n


@njit(cache=True)
def line_up(
    cars: Cars, posts: Posts, rule: int, deadline: Array, lacking: Array, hours: float, queue: Array, n: int
) -> None:
    """Sort the queue by deadline, or by laxity: steps to the deadline less steps of charging at the most."""
    urgency = deadline[queue[:n]].astype(np.float64)
    if rule == LEAST_LAXITY:
        for a in range(n):
            c = cars.station[queue[a]]
            urgency[a] -= lacking[queue[a]] / (posts.kw_per_a[c] * hours * posts.most_a[c])
    queue[:n] = queue[:n][np.argsort(urgency, kind="mergesort")]


@njit(cache=True)
def baseline_day(
    cars: Cars,
    posts: Posts,
    wires: Wires,
    rule: int,
    asked_kwh: Array,
    deadline: Array,
    hours: float,
    curtail: bool,
    content: Array,
    metered: Array,
    logs: Logs,
) -> float:
    """A day under a rule; returns the most by which a row of the feeder was exceeded, A (negative: the least margin).

    Parameters
    ----------
    rule : UNCONTROLLED, which knows no feeder, or one of the others, which exceed no row by more than rounding.
    asked_kwh, deadline : (N,) what the operator was told: energy, and the step after the last.
    hours, curtail, content, metered, logs : as in `station.execute_day`.
    """
    count, steps = metered.size, logs.site_kwh.size
    rows = wires.limit_a.shape[0]
    real, imaginary = np.zeros((rows, steps)), np.zeros((rows, steps))
    pilots, kwh, time, queue = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count, np.int32)
    for t in range(steps):
        lacking = asked_kwh - metered
        n = waiting(cars, lacking, t, queue)
        for i in queue[:n]:
            time[i] = hours * there(cars, i, t)
        if rule == UNCONTROLLED:
            for i in queue[:n]:
                pilots[i] = posts.most_a[cars.station[i]]
        else:
            line_up(cars, posts, rule, deadline, lacking, hours, queue, n)
            if rule == ROUND_ROBIN:
                in_turns(posts, wires, cars.station, lacking, time, hours, t, queue.copy(), n, pilots)
            else:
                greedy(posts, wires, cars.station, lacking, time, hours, t, queue, n, pilots)
            queue[:n].sort()  # currents are summed in the order of the cars, whatever the rule
        draw(cars, posts, queue, n, pilots, hours, t, content, metered, kwh)
        if curtail:
            ease(cars, posts, wires, queue, n, pilots, hours, t, content, metered, kwh)
        add_currents(cars, posts, wires, queue, n, kwh, hours, t, real, imaginary)
        commit(cars, queue, n, pilots, kwh, t, content, metered, logs)
    return excess(wires, real, imaginary, logs)
