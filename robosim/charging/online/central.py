"""The same planning as time goes on without prices: at every step one mind solves what is left, and the station lives.

Model predictive control with the same horizon, the same wishes and stays, the same wires and pilots: what the prices
have to be as good as, and what a station needs that can look into every car.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robosim.agent import Array
from robosim.charging.mission import BuiltDay
from robosim.charging.online.live import Ints, Live, LiveStation, Meters
from robosim.charging.online.residual import Residual, residual
from robosim.charging.optimum import solved
from robosim.charging.problem import ChargingDay

NUMBERS = 150_000
"""That piqp finds in a second behind a feeder of one row."""
ONE = np.zeros(1, dtype=np.int64)


def alone(built: BuiltDay) -> LiveStation:
    """The station with everybody in one mission."""
    return LiveStation(day=built, stay=built.station.cars.stay[None], first=ONE, absent=ONE - 1, room=built.room)


def centrally(built: BuiltDay, every: int) -> tuple[LiveStation, Meters]:
    """The day as it is when every `every` steps what is left is solved by piqp and its first steps are executed."""
    station, meters = alone(built), Meters()
    live = station.start(0.0)
    while live.step < station.steps:
        left = residual(station, live, every)
        who, power = (ONE[:0], np.zeros((1, 0))) if left is None else (left.who, _power_kw(left))
        live = _lived(station, live, who, power, every, meters)
    return station, meters


def _lived(station: LiveStation, live: Live, who: Ints, power: Array, every: int, meters: Meters) -> Live:
    for _ in range(every):
        live = station.lived(live, ONE, who, power, meters)
    return live


def _power_kw(left: Residual) -> Array:
    """(1, P) in the rest of this period, while each is there (as `Agreement.plan_kw`)."""
    meant, there = solved(problem_of(left)).plan[:, 0], left.left[0]
    power = np.divide(meant, there, out=np.zeros_like(meant), where=there > 0.0)
    return np.asarray(np.minimum(power, left.day.limit_kw))[None]


def problem_of(left: Residual) -> ChargingDay:
    """What is left as one problem, with everybody's private numbers in it."""
    own, day = left.own, left.day
    return replace(
        day,
        energy_cost=own["energy_cost"][0],
        energy=own["wish"][0, :, 0],
        stay=own["stay"][0].astype(np.int64),
        there=own["limit"][0] / day.limit_kw[:, None],
    )


def seconds(built: BuiltDay, every: int) -> float:
    """About how long `centrally` takes: by the numbers that are to be found in all, and the rows of the feeder.

    Each car is planned for in every step of its stay, on average half of it ahead.
    """
    station = built.station
    steps = np.diff(station.cars.stay, axis=1)[:, 0]
    numbers = (steps / every * steps / station.ratio / 2).sum()
    return float(numbers * (1.0 + built.problem.weights.shape[1] / 10.0) / NUMBERS)
