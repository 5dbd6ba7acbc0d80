"""The same charging day under other rules: what they deliver, cost and load, beside the plan by prices.

Cars, batteries and posts are the same, and so is the arithmetic: private costs at the metered power of every period,
wear at its mean, and the aggregator's cost of the sum. Rules of thumb know energies and departures as they are, which
cars that answer prices know too, or as drivers told them (`station.rules_know`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robosim.agent import Array
from robosim.charging.mission import BuiltDay
from robosim.charging.online.central import centrally
from robosim.charging.online.certificate import clairvoyant
from robosim.charging.online.log import measured, steps_of
from robosim.charging.record import ChargingRecord, DayLog
from robosim.charging.sources import shares_of_periods, touched_periods
from robosim.kernels.baseline import EARLIEST_DEADLINE, LEAST_LAXITY, ROUND_ROBIN, UNCONTROLLED

OURS = {True: "online prices", False: "day-ahead prices (clairvoyant)"}
"""Ours, by whether the day was planned as time went on."""
MPC = "MPC without prices"
RULES = {
    "uncontrolled": UNCONTROLLED,
    "earliest deadline": EARLIEST_DEADLINE,
    "least laxity": LEAST_LAXITY,
    "round robin": ROUND_ROBIN,
}
MOST = 10_000
"""Cars for which the rules are worth the wait."""
TRUE, STATED = "true", "stated"
SERVED_KWH = 0.02
"""Who lacks less has what it wanted; round robin leaves up to what an ampere gives in a step, 0.0173 kWh."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A day under one rule; costs in dollars, `highest_kw` the most in any step of the execution."""

    rule: str
    delivered_kwh: float
    unmet_kwh: float
    social_cost: float
    highest_kw: float
    excess_a: float
    """The most by which a row of the feeder was exceeded, 0 where none was."""
    excess_share: float
    """The same as a share of the row's limit, of a limit that changes over the day of the highest."""
    served_share: float
    """Of the cars: how many had all that they wanted."""
    fairness: float = np.nan
    """Jain's index (Σ s)² / (N Σ s²) of the share s of its wish that each of N cars had: 1 where all had the same."""
    gap: float = np.nan
    """How much dearer the day was than the least that it costs somebody who knows all of it, as a share of that.

    Negative where the feeder was exceeded: that bound keeps to it."""
    knows: str = TRUE
    """Which energies and departures it goes by: "true" ones, as the cars know them, or those "stated" by drivers."""
    carbon_kg: float | None = None
    """CO2 of what meters counted, where the world says what a kWh emits."""


def baselines(record: ChargingRecord, built: BuiltDay, know: str = TRUE) -> tuple[Baseline, ...]:
    """Our plan as it was executed in mission 0 of a record, then every rule on the same day, `mission.day`."""
    least = least_of(built)
    return tuple(
        against(one, least) for one in (ours(built, record.day), *(baseline(built, rule, know) for rule in RULES))
    )


def ours(built: BuiltDay, log: DayLog) -> Baseline:
    """The plan by prices, as it was executed."""
    return _measured(built, OURS[log.agreements > 0], log.metered_kw[0], log.metered_kwh, log.line_a)


def baseline(built: BuiltDay, rule: str, know: str = TRUE) -> Baseline:
    """The day under one of `RULES`, which knows what is "true" or what was "stated"."""
    energy, deadline = told(built, know)
    done = built.station.baseline(RULES[rule], energy, deadline)
    found = _measured(built, rule, built.station.period_kw(done), done.metered_kwh, done.line_a)
    return replace(found, knows=know)


def told(built: BuiltDay, know: str) -> tuple[Array, Array]:
    """Energies, kWh, and the steps after the last ones, each (N,), that rules of thumb go by."""
    if know == STATED:
        return built.sessions.asked_kwh, built.deadline.astype(np.float64)
    return built.problem.energy * built.problem.hours, np.ceil(built.station.cars.stay[:, 1])


def mpc(built: BuiltDay, every: int) -> Baseline:
    """The day as one mind plans it anew every `every` steps, that knows of those plugged in what they know."""
    station, meters = centrally(built, every)
    _, metered_kwh, _, line_a = steps_of(station, meters)
    return _measured(built, MPC, measured(station, meters, station.steps).metered_kw[0], metered_kwh, line_a)


def least_of(built: BuiltDay) -> float:
    """What the day costs at least, dollars, whoever plans it, with parts of periods: rules of thumb use them."""
    day, period_min = built.relaxed, round(60 * built.problem.hours)
    if day.there is None:
        sessions = built.sessions
        stay = touched_periods(sessions.arrival_min, sessions.departure_min, period_min)
        day = replace(day, stay=stay, there=shares_of_periods(sessions, period_min))
    return clairvoyant(day)


def against(one: Baseline, least: float) -> Baseline:
    """The same with its gap to the least cost, which is not known where nothing costs."""
    return replace(one, gap=one.social_cost / least - 1.0) if least > 0.0 else one


def jain(shares: Array) -> float:
    """(Σ s)² / (N Σ s²) of shares (N,); 1 where nobody has any, as all have the same.

    >>> jain(np.array([0.5, 0.5])), jain(np.array([1.0, 0.0, 0.0, 0.0]))
    (1.0, 0.25)
    """
    squares = shares.size * (shares * shares).sum()
    return min(float(shares.sum() ** 2 / squares), 1.0) if squares > 0.0 else 1.0


def _measured(built: BuiltDay, rule: str, metered_kw: Array, metered_kwh: Array, line_a: Array) -> Baseline:
    """From the power of periods (N, T), the energy of steps (N, S) and the currents of rows (K, S)."""
    problem, limit, carbon = built.problem, built.station.limit_a, built.carbon
    most = limit.max(axis=1, keepdims=True)
    shares = np.divide(line_a + (most - limit), most, out=np.zeros_like(line_a), where=most > 0.0)
    wish, had = problem.energy * problem.hours, metered_kwh.sum(axis=1)
    cost = problem.metered_costs(metered_kw[None]).sum() + problem.supply_cost(metered_kw[None])[0]
    return Baseline(
        rule=rule,
        delivered_kwh=float(had.sum()),
        unmet_kwh=float(np.maximum(wish - had, 0.0).sum()),
        social_cost=float(cost),
        highest_kw=float(metered_kwh.sum(axis=0).max() / built.station.step_h),
        excess_a=float(np.maximum(line_a - limit, 0.0).max(initial=0.0)),
        excess_share=float(np.maximum(shares - 1.0, 0.0).max(initial=0.0)),
        served_share=float((wish - had <= SERVED_KWH).mean()),
        fairness=jain(np.minimum(had[wish > 0.0] / wish[wish > 0.0], 1.0)),
        carbon_kg=None if carbon is None else float((metered_kwh.sum(axis=0) * carbon).sum()),
    )
