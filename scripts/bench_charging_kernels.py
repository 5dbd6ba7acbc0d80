"""Kernels of charging: EV best responses against NumPy, an executed day against acnportal; ratios in one run, CPU time.

The day is that of the CSV file given (and named, where it holds many), else one drawn at random; acnportal plays it
where the extra `bench` is installed.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from robosim.charging.sources import drawn_day
from robosim.charging.station.caltech import caltech_site
from robosim.charging.station.places import assign
from robosim.charging.station.sessions import Sessions, read_sessions
from robosim.charging.station.site import Site, plain_site
from robosim.kernels.baseline import EARLIEST_DEADLINE, LEAST_LAXITY, ROUND_ROBIN, UNCONTROLLED, baseline_day
from robosim.kernels.charging import Cars, Posts, Wires, blank, by_station
from robosim.kernels.ev_response import Fleet, respond
from robosim.kernels.station import execute_day

Array = np.ndarray[Any, Any]
PERIODS, STEPS, HOURS = 96, 288, 1.0 / 12.0
REPEATS = 7
NEWS = 20
"""Prices in a row, each with 1 % of noise."""
BATTERY_KWH, POWER_KW = 60.0, 6.656


def main() -> None:
    """Every line of the table."""
    for n in (100, 1_000, 10_000):
        responses(f"N={n:,}, all day, price over curvature x1", n, curvature=20.0, whole_day=True)
    for curvature in (1.0, 0.1):
        responses(f"N=1,000, all day, price over curvature x{20 / curvature:.0f}", 1_000, curvature, whole_day=True)
    responses("N=1,000, stays of 7.5 h", 1_000, 1.0, whole_day=False)
    many_responses(100_000)
    sessions = read_sessions(*sys.argv[1:]) if len(sys.argv) > 1 else drawn_day(50, np.random.default_rng(0))
    day(sessions, UNCONTROLLED, at_least=50.0)
    for rule in (EARLIEST_DEADLINE, LEAST_LAXITY, ROUND_ROBIN):
        day(sessions, rule)
    many_cars(100_000)


def fleet(n: int, curvature: float, *, whole_day: bool, seed: int = 0) -> tuple[Fleet, Array]:
    """EVs that must be served, as in the papers on charging fleets, and 20 prices with 1 % of noise."""
    rng = np.random.default_rng(seed)
    arrival, hours = rng.normal(8.5, 2.0, n).clip(0.0, 20.0), rng.normal(7.5, 2.5, n).clip(2.0, 15.0)
    first = np.zeros(n) if whole_day else np.floor(4.0 * arrival)
    last = np.full(n, float(PERIODS)) if whole_day else np.minimum(np.ceil(4.0 * (arrival + hours)), PERIODS)
    most = rng.choice([3.7, 6.656, 7.4, 11.0], n)
    energy = np.minimum(4.0 * rng.gamma(2.2, 5.5, n), 0.9 * (last - first) * most)
    wish = np.stack([energy, np.zeros(n), np.full(n, -np.inf), np.full(n, np.inf)], axis=-1)
    tariff = 0.15 * (1.0 + np.sin(np.linspace(0.0, 2.0 * np.pi, PERIODS)))
    who = Fleet(
        curvature=rng.uniform(0.005, 0.05, (1, n)) * curvature,
        cost=tariff[None, None],
        limit=most[None, :, None].copy(),
        stay=np.stack([first, last], axis=-1).astype(np.int32)[None],
        wish=wish[None],
        present=np.ones((1, n), dtype=bool),
    )
    return who, rng.uniform(0.0, 0.05, PERIODS) * (1.0 + 0.01 * rng.normal(size=(NEWS, 1, PERIODS)))


def bisection(who: Fleet, price: Array, halvings: int = 55) -> Array:
    """The responses by NumPy, all EVs at once: the reference that the kernel is compared with."""
    n = who.curvature.shape[1]
    t, stay = np.arange(PERIODS), who.stay[0]
    upper = np.where((t >= stay[:, :1]) & (t < stay[:, 1:]), who.limit[0], 0.0)
    level = -(price[0] + who.cost[0]) / who.curvature[0, :, None]
    low, high, x = -level.max(axis=1), (upper - level).max(axis=1), np.empty((n, PERIODS))
    for _ in range(halvings):
        middle = 0.5 * (low + high)
        np.add(level, middle[:, None], out=x)
        np.maximum(x, 0.0, out=x)
        np.minimum(x, upper, out=x)
        over = x.sum(axis=1) > who.wish[0, :, 0]
        np.copyto(high, middle, where=over)
        np.copyto(low, middle, where=~over)
    return x


def responses(name: str, n: int, curvature: float, *, whole_day: bool) -> None:
    """One line: EVs a second, cold and warm, with plans and with sums alone."""
    who, prices = fleet(n, curvature, whole_day=whole_day)
    nu, x, value, load = np.full((1, n), np.nan), np.empty((1, n, PERIODS)), np.empty((1, n)), np.empty((1, PERIODS))

    def rounds(plans: Array, cold: bool) -> None:
        for price in prices:
            if cold:
                nu[:] = np.nan
            respond(*who, price, nu, plans, value, load)

    rounds(x, True)
    error = np.abs(x[0].sum(axis=1) / who.wish[0, :, 0] - 1.0).max()
    apart = np.abs(x[0] - bisection(who, prices[-1])).max()
    none = np.empty((0, 0, 0))
    works = [
        lambda: bisection(who, prices[0]),
        *(lambda plans=plans, cold=cold: rounds(plans, cold) for cold in (True, False) for plans in (x, none)),
    ]
    reference, *ours = np.array([[cpu(work) for work in works] for _ in range(REPEATS)]).T
    rates = ", ".join(f"{NEWS * n / min(seconds) / 1e6:.1f}" for seconds in ours)
    ratio = [statistics.median(NEWS * reference / seconds) for seconds in ours]
    print(
        f"best responses, {name}: {rates} M EV/s (cold, cold sums only, warm, warm sums only), NumPy "
        f"{n / min(reference) / 1e3:.0f} k EV/s: {', '.join(f'{each:.0f}' for each in ratio)} x (at least 40); "
        f"energy off by {error:.0e}, plans by {apart:.0e}"
    )


def many_responses(n: int) -> None:
    """One price update of many EVs."""
    who, prices = fleet(n, 1.0, whole_day=False)
    nu, value, load, none = np.full((1, n), np.nan), np.empty((1, n)), np.empty((1, PERIODS)), np.empty((0, 0, 0))
    respond(*who, prices[0], nu, none, value, load)
    seconds = min(cpu(lambda price=price: respond(*who, price, nu, none, value, load)) for price in prices[1:])
    print(
        f"a price update for {n:,} EVs, warm: {seconds * 1e3:.1f} ms, arrays of "
        f"{(sum(part.nbytes for part in who) + nu.nbytes + value.nbytes) / 1e6:.0f} MB"
    )


def station_day(sessions: Sessions, site: Site) -> tuple[Cars, Array]:
    """Cars in every 5-minute step that they touch and the next at their station does not; they want what they got."""
    station = assign(sessions, site).post
    first, last = np.floor(sessions.arrival_min / 5.0), np.minimum(np.ceil(sessions.departure_min / 5.0), STEPS)
    for i, c in enumerate(station):
        later = first[(station == c) & (first > first[i])]
        last[i] = min(last[i], *later) if later.size else last[i]
    wanted = np.minimum(sessions.delivered_kwh, BATTERY_KWH)
    order, n = np.lexsort((first, station)), len(station)
    cars = Cars(
        station[order],
        np.stack([first, last], axis=1)[order].astype(np.int32),
        wanted[order],
        *(np.full(n, number) for number in (BATTERY_KWH, POWER_KW, 0.8, 1.0)),
    )
    return cars, BATTERY_KWH - wanted[order]


def equipment(site: Site) -> tuple[Posts, Wires]:
    """The site as arrays."""
    e = site.evses
    weights = site.feeder.matrix if site.feeder.linear else site.feeder.phasors
    return (
        Posts(e.kind, e.min_a, e.max_a, e.voltage_v / 1000.0, e.table, e.levels_a),
        Wires(*by_station(weights), site.feeder.limit_a[:, None], site.feeder.linear),
    )


def day(sessions: Sessions, rule: int, at_least: float = 0.0) -> None:
    """One line: a day under a rule, feeder checked and everything logged, against acnportal."""
    site = caltech_site(kind="continuous")
    cars, content = station_day(sessions, site)
    posts, wires = equipment(site)

    def ours() -> float:
        filled, metered, logs = content.copy(), np.zeros(len(content)), blank(len(content), len(wires.limit_a), STEPS)
        deadline = cars.stay[:, 1].astype(float)
        baseline_day(cars, posts, wires, rule, cars.wanted_kwh, deadline, HOURS, False, filled, metered, logs)
        return float(metered.sum())

    kwh, best = ours(), min(cpu(ours) for _ in range(20))
    name = ("uncontrolled", "earliest deadline", "least laxity", "round robin")[rule]
    said = f"{name}, {len(content)} cars, 54 stations, 288 steps, all logs: {best * 1e3:.2f} ms, {kwh:.4f} kWh"
    if importlib.util.find_spec("acnportal") is None:
        print(f"{said}; acnportal not installed (pip install 'faithful-robosim[bench]')")
        return
    repeats = 1 if rule == ROUND_ROBIN else 5
    pairs = [(cpu(ours), *acnportal_day(cars, content, site, rule)) for _ in range(repeats)]
    ratio = statistics.median(seconds / mine for mine, seconds, _ in pairs)
    theirs = min(seconds for _, seconds, _ in pairs)
    print(
        f"{said}; acnportal {theirs * 1e3:.0f} ms, {pairs[0][2]:.4f} kWh: {ratio:.0f} x"
        f"{f' (at least {at_least:g})' if at_least else ''}"
    )


def acnportal_day(cars: Cars, contents: Array, site: Site, rule: int) -> tuple[float, float]:
    """CPU seconds (without set-up) and kWh of the same day in acnportal."""
    from datetime import datetime

    from acnportal import acnsim, algorithms

    sort = algorithms.least_laxity_first if rule == LEAST_LAXITY else algorithms.earliest_deadline_first
    made = {
        UNCONTROLLED: algorithms.UncontrolledCharging,
        ROUND_ROBIN: lambda: algorithms.RoundRobin(sort, continuous_inc=1),
    }
    events = [
        acnsim.PluginEvent(
            int(first),
            acnsim.EV(
                int(first),
                int(last),
                float(wanted),
                site.evses.ids[c],
                str(i),
                acnsim.Linear2StageBattery(BATTERY_KWH, float(content), POWER_KW),
            ),
        )
        for i, (c, (first, last), wanted, content) in enumerate(zip(*cars[:3], contents, strict=True))
    ]
    network = acnsim.network.sites.caltech_acn(basic_evse=True)
    scheduler = made.get(rule, lambda: algorithms.SortedSchedulingAlgo(sort))()
    queue = acnsim.EventQueue(events)
    simulator = acnsim.Simulator(network, scheduler, queue, datetime(2019, 10, 29), period=5, verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = cpu(simulator.run)
    return seconds, float(sum(ev.energy_delivered for ev in simulator.ev_history.values()))


def many_cars(n: int) -> None:
    """One line: a planned day of many cars, one station each, behind one limit."""
    who, _ = fleet(n, 1.0, whole_day=False)
    site = plain_site(n, 2.0 * n)
    posts, wires = equipment(site)
    stay, energy = who.stay[0] * 3, np.minimum(who.wish[0, :, 0] / 4.0, BATTERY_KWH)
    cars = Cars(np.arange(n, dtype=np.int32), stay, energy, *(np.full(n, v) for v in (BATTERY_KWH, POWER_KW, 0.8, 0.9)))
    plan = np.full((n, PERIODS), 3.0)
    for curtail in (False, True):

        def run(curtail: bool = curtail) -> None:
            execute_day(
                cars,
                posts,
                wires,
                plan,
                3,
                HOURS,
                curtail,
                BATTERY_KWH - energy,
                np.zeros(n),
                blank(n, 1, STEPS, full=False),
            )

        run()
        seconds, steps = min(cpu(run) for _ in range(3)), (stay[:, 1] - stay[:, 0]).sum()
        print(
            f"{n:,} cars, {STEPS} steps, planned{', curtailed' if curtail else ''}: {seconds * 1e3:.0f} ms, "
            f"{steps / seconds / 1e6:.0f} M car-steps/s; the plan takes {plan.nbytes / 1e6:.0f} MB"
        )


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
