"""Speed of charging in one run, CPU seconds: prices against piqp's central solves; days online; then the kernels.

Reference: piqp's set-up and solve of the same day (building its matrices is not counted), and of the N + 1 days of all
VCG taxes. Ours is a whole mission: announcement, rounds, projection, reports and bill. Of references that one accuracy
does not settle both are shown. A CSV file of sessions is played at the Caltech site too, of a file of many days the one
that is named: `scripts/bench charging [SESSIONS [DAY]]`.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import bench_charging_kernels as kernels
import bench_charging_online as online
import numpy as np
import piqp

import robosim
from robosim.auction.mission import Auction
from robosim.charging import optimum as charging_optimum
from robosim.charging.optimum import Central, solved
from robosim.charging.problem import ChargingDay
from robosim.controllers.dual_decomposition import ChargingCar
from robosim.controllers.parts.charging import fleet, plan
from robosim.controllers.parts.market import Market
from robosim.leader.tax_rule import RULES
from robosim.network.network import Hub

Array = np.ndarray[Any, Any]
REPEATS = 7
LEAST = 0.005
"""Of the wear that the fleet is drawn from, $/kW² and period."""
UNMET = 3.0
SCARCE = 0.3
"""The feeder's limit lies this share of the way from evenly spread charging to charging without a limit."""
TIGHT = 1e-12
"""piqp's accuracy for taxes; at 1e-11 one of its N + 1 costs is still off by more than 1e-6 of the largest tax."""


def main() -> None:
    """Every line of the table."""
    real = site_day(*sys.argv[1:]) if len(sys.argv) > 1 else None
    for announced in (True, False):
        central(fleet_day(1_000, 1, announced), announced, at_least=5.0)
    flat()
    for seed in (1, 2, 3):
        taxes(fleet_day(100, seed, True), seed, at_least=12.0)
    many(100_000)
    if real is not None:
        caltech(real)
    online.main()
    kernels.main()


def fleet_day(n: int, seed: int, announced: bool) -> ChargingDay:
    """A day of quarter hours; the wear of each car is announced (by its make), or only the least of all."""
    who, _ = kernels.fleet(n, 1.0, whole_day=False, seed=seed)
    stay, energy, wear = who.stay[0].astype(np.int64), who.wish[0, :, 0], who.curvature[0]
    day = ChargingDay(
        curvature=wear,
        energy_cost=np.repeat(who.cost[0], n, axis=0),
        limit_kw=who.limit[0, :, 0],
        stay=stay,
        energy=energy,
        unmet=np.full(n, UNMET),
        weights=np.ones((n, 1)),
        rows_kw=np.array([np.inf]),
        least_curvature=wear if announced else np.full(n, LEAST),
        told=np.zeros((n, 3)),
        hours=0.25,
    )
    t = np.arange(day.periods)
    there = (stay[:, :1] <= t) & (t < stay[:, 1:])
    even = np.where(there, (energy / (stay[:, 1] - stay[:, 0]))[:, None], 0.0).sum(axis=0).max()
    own = day.own()
    free = plan(own, fleet(own), np.zeros((1, 1, day.periods)), np.full((1, n), np.nan)).x[0].sum(axis=0).max()
    return replace(day, rows_kw=np.array([even + SCARCE * max(free - even, 0.0)]))


def auction(day: ChargingDay, epsilon: float, tax: str) -> Auction:
    """A mission of the day, made from its arrays."""
    return replace(
        robosim.load("market"),
        allocation=day,
        own=day.own(),
        network=Hub(n=day.agents),
        controller=ChargingCar(),
        coordinator=Market(update="secant"),
        rules={"rounds": 5_000, "gamma": None, "share": 1.0, "price": 0.0, "epsilon": epsilon},
        rounds=5_000,
        tax=RULES[tax],
    )


def central(day: ChargingDay, announced: bool, at_least: float) -> None:
    """One line: the plan and its prices to a certified relative gap of 1e-6."""
    best = day.best.cost
    mission = auction(day, 1e-6 * best, "clearing-price")
    record = mission.run(every=10**6)
    ours, rough, fine = np.array(
        [
            (cpu(lambda: mission.run(every=10**6)), piqp_cpu([day], 1e-6)[0], piqp_cpu([day], 1e-11)[0])
            for _ in range(REPEATS)
        ]
    ).T
    off = piqp_cpu([day], 1e-6)[1][0].cost / best - 1
    print(
        f"N={day.agents:,}, {'' if announced else 'least '}wear announced, {scarce(day)} of 96 periods scarce: "
        f"{record.rounds} rounds, {milli(ours)}, certified gap {record.gap[0] / best:.0e}; piqp {milli(rough)} at 1e-6 "
        f"(cost off by {off:.0e}), {milli(fine)} at 1e-11: {times(rough, ours)}, {times(fine, ours)} "
        f"(at least {at_least:g})"
    )


def flat() -> None:
    """One line: rounds do not grow with N."""
    rounds = {}
    for n in (10, 100, 1_000, 10_000):
        for announced in (True, False):
            days = [fleet_day(n, seed, announced) for seed in (1, 2, 3)]
            rounds[n, announced] = [auction(d, 1e-6 * cost(d), "none").run(every=10**6).rounds for d in days]
    for announced, name in ((True, "wear announced"), (False, "least wear announced")):
        found = "; ".join(f"N={n:,}: {rounds[n, announced]}" for n in (10, 100, 1_000, 10_000))
        print(f"rounds to 1e-6, three days each, {name}: {found}")


def taxes(day: ChargingDay, seed: int, at_least: float) -> None:
    """One line: all VCG taxes."""
    days = [day, *(day.without(i) for i in range(day.agents))]

    def theirs(accuracy: float) -> tuple[float, Array]:
        seconds, found = piqp_cpu(days, accuracy)
        v, alone = day.costs(found[0].plan), np.array([one.cost for one in found[1:]])
        return seconds, v.sum() - v - alone

    reference = theirs(1e-14)[1]
    mission = auction(day, 0.5e-6 * reference.max(), "vcg")  # two costs in a tax, each at most ε above the least
    record = mission.run(every=10**6)
    ours, piqps = np.array([(cpu(lambda: mission.run(every=10**6)), theirs(TIGHT)[0]) for _ in range(REPEATS)]).T
    off, off_piqp = (
        np.abs(x - reference).max() / reference.max() for x in (record.settlement.tax[0], theirs(TIGHT)[1])
    )
    print(
        f"all VCG taxes, N={day.agents}, day {seed}, {scarce(day)} periods scarce, largest tax "
        f"{reference.max():.2g} of {day.best.cost:.0f} $: {record.rounds} rounds of {len(days)} problems, "
        f"{milli(ours)}, off by {off:.0e} of the largest tax (1e-6 certified); {len(days)} times piqp "
        f"{milli(piqps)}, off by {off_piqp:.0e}: {times(piqps, ours)} (at least {at_least:g})"
    )


def many(n: int) -> None:
    """One line: a day of many EVs in one process."""
    day = fleet_day(n, 1, False)
    mission = auction(day, 1e-6 * cost(day), "clearing-price")
    begin = time.process_time()
    record = mission.run(every=10**6)
    seconds = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"N={n:,}, least wear announced: {record.rounds} rounds, {seconds:.1f} s, gap "
        f"{record.gap[0] / record.reported_cost.sum():.0e} of the cost, at most {memory:.2f} GB so far in this process"
    )


def site_day(path: str, day: str | None = None) -> Any:
    """A real day behind two pods and a three-phase transformer, 38 rows; ends the bench where the file is refused."""
    keys = {"station.sessions": path, "station.unmet": "allowed", "station.site": "caltech", "station.limit_kw": 150.0}
    try:
        return robosim.load("charging-day-ahead", set=keys | ({} if day is None else {"station.day": day}))
    except robosim.RobosimError as problem:
        print(problem, file=sys.stderr)
        sys.exit(problem.exit_code)


def caltech(mission: Any) -> None:
    """One line: all VCG taxes of a real day."""
    mission.run(every=10**6)
    seconds = statistics.median(cpu(lambda: mission.run(every=10**6)) for _ in range(3))
    record = mission.run(every=10**6)
    print(f"the Caltech site, {mission.network.n} sessions, all VCG taxes: {record.rounds} rounds, {seconds:.1f} s")


def piqp_cpu(days: list[ChargingDay], accuracy: float) -> tuple[float, list[Central]]:
    """CPU seconds that piqp takes to set up and solve the days, and what it finds."""
    spent = []

    class Clocked(piqp.SparseSolver):  # type: ignore[misc]
        def setup(self, *problem: Any) -> None:
            spent.append(cpu(lambda: super(Clocked, self).setup(*problem)))

        def solve(self) -> Any:
            begin = time.process_time()
            status = super().solve()
            spent.append(time.process_time() - begin)
            return status

    with patch.object(piqp, "SparseSolver", Clocked), patch.object(charging_optimum, "ACCURACY", accuracy):
        found = [solved(day) for day in days]
    return sum(spent), found


def cost(day: ChargingDay) -> float:
    """About what the day costs: without a feeder's limit."""
    own = day.own()
    return float(plan(own, fleet(own), np.zeros((1, 1, day.periods)), np.full((1, day.agents), np.nan)).value.sum())


def scarce(day: ChargingDay) -> int:
    """Periods in which power has a price."""
    return int((day.best.price > 1e-6).sum())


def milli(seconds: Array) -> str:
    """The median."""
    return f"{np.median(seconds) * 1e3:.0f} ms"


def times(theirs: Array, ours: Array) -> str:
    """How many times faster, the median of pairs."""
    return f"{np.median(theirs / ours):.1f} x"


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
