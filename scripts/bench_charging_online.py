"""Speed of planning as time goes on, CPU seconds: prices with and without taxes, against an MPC by cvxpy and by piqp.

Every 5 minutes all that is left of the day is planned anew, by prices or by one mind: the same horizon, wishes, wires.
cvxpy's models are built as its users build them, a matrix of powers with bounds, anew at each step as cars come and go;
of its steps some are timed and the others taken to be as long. It is there where the extra `bench` is installed.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import robosim
from robosim.charging.online.central import ONE, alone, centrally, problem_of
from robosim.charging.online.live import Meters
from robosim.charging.online.residual import residual
from robosim.charging.optimum import solved
from robosim.charging.problem import ChargingDay

KEYS = {
    "mission.planning": "online",
    "mission.rounds": 100,
    "leader.epsilon_share": 1e-6,
    "station.unmet": "allowed",
    "station.charger": "continuous",
    "station.cut_h": 24.0,
}
SOLVERS = ("CLARABEL", "OSQP") if importlib.util.find_spec("cvxpy") else ()
"""An interior point, to 1e-8; and cvxpy's own default, whose costs are off by up to 1e-3."""
ABSENT = "not installed (pip install 'faithful-robosim[bench]')"
SAMPLES = 10
"""Steps of a day that are given to cvxpy."""


def main() -> None:
    """Every line."""
    taxed(50, most_s=5.0, at_least=100.0)
    many(1_000, most_s=10.0)
    for n in (50, 1_000):
        untaxed(n)


def day_of(n: int, tax: str = "none") -> Any:
    """A drawn day of 96 periods, 1.2 kW of the feeder a car."""
    return robosim.load("charging", set=KEYS | {"station.count": n, "station.limit_kw": 1.2 * n, "leader.tax": tax})


def taxed(n: int, most_s: float, at_least: float) -> None:
    """One line: all VCG taxes, the absence of each car replayed; cvxpy has as many days to plan."""
    mission = day_of(n, "vcg")
    mission.run(every=10**6)
    ours = cpu(lambda: mission.run(every=10**6))
    left = list(problems(mission))
    theirs = ", ".join(f"{name} {(n + 1) * by_cvxpy(left, name)[0] / ours:.0f} x" for name in SOLVERS)
    print(
        f"online, N={n}, {mission.allocation.periods} periods, all VCG taxes ({n + 1} missions side by side): "
        f"{ours:.1f} s CPU (at most {most_s:g}); {n + 1} such days by cvxpy: {theirs or ABSENT} (at least {at_least:g})"
    )


def many(n: int, most_s: float) -> None:
    """One line: many cars without taxes."""
    mission = day_of(n)
    seconds = cpu(lambda: mission.run(every=10**6))
    print(f"online, N={n:,}, {mission.allocation.periods} periods, no taxes: {seconds:.1f} s CPU (at most {most_s:g})")


def untaxed(n: int) -> None:
    """One line: the same day by prices, by piqp alone and by cvxpy."""
    mission = day_of(n)
    record = mission.run(every=10**6)
    ours = cpu(lambda: mission.run(every=10**6))
    by_piqp = cpu(lambda: centrally(mission.day, mission.every))
    left, found = list(problems(mission)), []
    for name in SOLVERS:
        seconds, off = by_cvxpy(left, name)
        found.append(f"{name} {seconds:.1f} s, costs off by {off:.0e}: {seconds / ours:.0f} x")
    print(
        f"online, N={n:,}, no taxes: {record.day.agreements} agreements, {record.day.cut} cut short, power scarce in "
        f"{scarce(left)} of {len(left)} steps, {ours:.2f} s CPU; the same by piqp alone {by_piqp:.2f} s "
        f"({by_piqp / ours:.1f} x); by cvxpy: {'; '.join(found) or ABSENT}"
    )


def by_cvxpy(left: list[ChargingDay], solver: str) -> tuple[float, float]:
    """CPU seconds of a day, and by how much of itself the cost of a step is off at worst."""
    some = left[:: max(len(left) // SAMPLES, 1)]
    modelled(some[0], solver)
    best, off, seconds = [solved(one).cost for one in some], [], 0.0
    for one, least in zip(some, best, strict=True):
        begin = time.process_time()
        cost = modelled(one, solver)
        seconds += time.process_time() - begin
        off.append(abs(cost - least) / least)
    return seconds * len(left) / len(some), max(off)


def scarce(left: list[ChargingDay]) -> int:
    """Steps at which power has a price in some period that is left."""
    return sum(bool((solved(one).price > 1e-6).any()) for one in left)


def problems(mission: Any) -> Iterator[ChargingDay]:
    """What is left at each step of the day, as piqp plays it."""
    station, meters = alone(mission.day), Meters()
    live = station.start(0.0)
    while live.step < station.steps:
        left = residual(station, live, 1)
        if left is None:
            live = station.lived(live, ONE, ONE[:0], np.zeros((1, 0)), meters)
            continue
        day = problem_of(left)
        yield day
        there = left.left[0]
        power = np.divide(solved(day).plan[:, 0], there, out=np.zeros(len(there)), where=there > 0.0)
        live = station.lived(live, ONE, left.who, np.minimum(power, day.limit_kw)[None], meters)


def modelled(day: ChargingDay, solver: str | None) -> float:
    """The least cost by cvxpy, dollars."""
    import cvxpy as cp

    x = cp.Variable((day.agents, day.periods), nonneg=True)
    t = np.arange(day.periods)
    stay = (day.stay[:, :1] <= t) & (t < day.stay[:, 1:])
    upper = np.where(stay, np.broadcast_to(day.most_kw, stay.shape), 0.0)
    missing = cp.pos(day.energy - cp.sum(x, axis=1))
    cost = cp.sum(cp.multiply(day.energy_cost, x)) + day.unmet @ missing
    cost += 0.5 * cp.sum(cp.multiply(day.curvature[:, None], cp.square(x)))
    if day.aggregated:  # as agreements leave room for who may yet come
        cost += 0.5 * cp.sum(cp.multiply(np.broadcast_to(day.loss, day.periods), cp.square(cp.sum(x, axis=0))))
    problem = cp.Problem(cp.Minimize(cost), [x <= upper, day.weights.T @ x <= day.given_kw])
    problem.solve(solver=solver)
    return float(problem.value)


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
