"""One step of a station where plans are made as time goes on: pilots out of what was agreed, then batteries and meters.

Many missions side by side, one after the other. A station that knows few levels owes its car what it rounded away, or
gave too much: `owed` is carried on, and who is owed the largest part of the way to the next level is raised first, as
far as the feeder carries it. What no step has room for waits for the next plan, which knows every meter.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.baseline import load, room
from robosim.kernels.charger import SLACK, there, told
from robosim.kernels.charging import CONTINUOUS, DEADBAND, Cars, Posts, Wires
from robosim.kernels.station import add_currents, carried, ease

HALF = 0.5
"""Who is owed less of the way to the next level waits,"""
ANYTHING = 1e-9
"""but for its last step."""


@njit(cache=True)
def next_up(posts: Posts, c: int, amps: float, wanted: float) -> float:
    """The next current above `amps` that station c can be told on the way to the wanted one; ∞ where there is none."""
    if posts.kind[c] == CONTINUOUS:
        return np.inf
    if posts.kind[c] == DEADBAND:
        to = min(max(wanted, posts.least_a[c]), posts.most_a[c])
        return to if to > amps else np.inf
    for level in posts.levels_a[posts.table[c]]:
        if level > amps * SLACK:
            return float(level)
    return np.inf


@njit(cache=True)
def most_owed(
    cars: Cars, posts: Posts, active: Array, n: int, wanted: Array, pilots: Array, settled: Array, t: int
) -> tuple[int, float]:
    """The car that is owed the largest part of the way to its next level, and that level; -1 where none is."""
    best, chosen, level = 0.0, -1, 0.0
    for a in range(n):
        i = active[a]
        if settled[a]:
            continue
        to = next_up(posts, cars.station[i], pilots[i], wanted[i])
        if to == np.inf:
            continue
        part, last = (wanted[i] - pilots[i]) / (to - pilots[i]), cars.stay[i, 1] <= t + 1.0
        if part > best and part >= (ANYTHING if last else HALF):
            best, chosen, level = part, a, to
    return chosen, level


@njit(cache=True)
def raise_by_turns(
    cars: Cars, posts: Posts, wires: Wires, active: Array, n: int, wanted: Array, pilots: Array, t: int
) -> None:
    """Raise pilots from what the plan allows for sure towards the wanted ones, (N,) A, as far as wires carry them."""
    real, imaginary = np.zeros(wires.limit_a.shape[0]), np.zeros(wires.limit_a.shape[0])
    settled = np.zeros(n, np.bool_)
    for a in range(n):
        load(wires, cars.station[active[a]], pilots[active[a]] * there(cars, active[a], t), real, imaginary)
    while True:
        a, level = most_owed(cars, posts, active, n, wanted, pilots, settled, t)
        if a < 0:
            break
        i = active[a]
        c, more = cars.station[i], (level - pilots[i]) * there(cars, i, t)
        if more <= room(wires, t, c, real, imaginary) * SLACK:
            load(wires, c, more, real, imaginary)
            pilots[i] = level
        else:
            settled[a] = True


@njit(cache=True)
def ask(
    cars: Cars, posts: Posts, who: Array, plan_kw: Array, owed: Array, hours: float, t: int, active: Array,
    wanted: Array, pilots: Array,
) -> int:  # fmt: skip
    """Who is there in step t and is to get something, what current each wants, and what it can be told; how many."""
    n = 0
    for p in range(who.size):
        i = who[p]
        time = hours * there(cars, i, t)
        if time <= 0.0:
            continue
        c = cars.station[i]
        planned = plan_kw[p] / posts.kw_per_a[c]
        due = max(owed[i], 0.0) if cars.stay[i, 1] <= t + 1.0 else owed[i]  # in its last step nothing is held back
        wanted[i] = min(planned + due / (posts.kw_per_a[c] * time), posts.most_a[c])
        pilots[i] = told(posts, c, min(planned, wanted[i]))
        if planned > 0.0 or wanted[i] > 0.0:
            active[n] = i
            n += 1
    return n


@njit(cache=True)
def live_step(
    cars: Cars,
    posts: Posts,
    wires: Wires,
    stay: Array,
    rows: Array,
    who: Array,
    plan_kw: Array,
    hours: float,
    t: int,
    content: Array,
    metered: Array,
    owed: Array,
    kwh: Array,
    pilot_a: Array,
    line_a: Array,
) -> int:
    """Step t of `hours` in some missions; returns in how many all cars had to stop to keep to the feeder.

    Parameters
    ----------
    stay : (1|R, N, 2) as `Cars.stay`, mission by mission.
    rows : (A,) which missions of R. who : (P,) which cars.
    plan_kw : (A, P) power while a car is there.
    content, metered, owed : (R, N) kWh, moved on. kwh, pilot_a : (A, P), line_a (A, K), written.
    """
    count, stopped = metered.shape[1], 0
    active, drawn_kwh = np.zeros(count, np.int32), np.zeros(count)
    wanted, pilots = np.zeros(count), np.zeros(count)
    real, imaginary = np.zeros((wires.limit_a.shape[0], 1)), np.zeros((wires.limit_a.shape[0], 1))
    for a in range(rows.size):
        m = rows[a]
        here = Cars(
            cars.station, stay[m if stay.shape[0] > 1 else 0], cars.wanted_kwh, cars.capacity_kwh, cars.power_kw,
            cars.bend, cars.efficiency,
        )  # fmt: skip
        pilots[:], real[:], imaginary[:] = 0.0, 0.0, 0.0
        n = ask(here, posts, who, plan_kw[a], owed[m], hours, t, active, wanted, pilots)
        raise_by_turns(here, posts, wires, active, n, wanted, pilots, t)
        if not ease(here, posts, wires, active, n, pilots, hours, t, content[m], metered[m], drawn_kwh):
            stopped += 1
        add_currents(here, posts, wires, active, n, drawn_kwh, hours, 0, real, imaginary)
        for k in range(wires.limit_a.shape[0]):
            line_a[a, k] = carried(real[k, 0], imaginary[k, 0], wires.linear)
        keep(here, posts, who, plan_kw[a], active, n, drawn_kwh, hours, t, content[m], metered[m], owed[m], kwh[a])
        for p in range(who.size):
            pilot_a[a, p] = pilots[who[p]]
    return stopped


@njit(cache=True)
def keep(
    cars: Cars, posts: Posts, who: Array, plan_kw: Array, active: Array, n: int, drawn_kwh: Array, hours: float, t: int,
    content: Array, metered: Array, owed: Array, kwh: Array,
) -> None:  # fmt: skip
    """Batteries and meters after the step, and what stations with few levels owe: at most a step at full power."""
    a = 0
    for p in range(who.size):
        i, got = who[p], 0.0
        if a < n and active[a] == i:
            got = drawn_kwh[a]
            a += 1
        kwh[p] = got
        content[i] += cars.efficiency[i] * got
        metered[i] += got
        c, time = cars.station[i], hours * there(cars, i, t)
        if posts.kind[c] != CONTINUOUS and time > 0.0:
            most = posts.most_a[c] * posts.kw_per_a[c] * hours
            owed[i] = min(max(owed[i] + plan_kw[p] * time - got, -most), most)
