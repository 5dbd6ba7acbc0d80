"""The same charging day without prices: what rules of thumb deliver, cost and load, beside the plan by prices.

Rules know what drivers told, energy asked and stated departure; cars, batteries and posts are the same, and so is the
arithmetic: private costs at the metered power of every period, wear at its mean, and the aggregator's cost of the sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robosim.agent import Array
from robosim.charging.mission import BuiltDay
from robosim.charging.record import ChargingRecord, DayLog
from robosim.kernels.baseline import EARLIEST_DEADLINE, LEAST_LAXITY, ROUND_ROBIN, UNCONTROLLED

OURS = {True: "online prices", False: "day-ahead prices (clairvoyant)"}
"""Ours, by whether the day was planned as time went on."""
RULES = {
    "uncontrolled": UNCONTROLLED,
    "earliest deadline": EARLIEST_DEADLINE,
    "least laxity": LEAST_LAXITY,
    "round robin": ROUND_ROBIN,
}
MOST = 10_000
"""Cars for which the rules are worth the wait."""
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
    carbon_kg: float | None = None
    """CO2 of what meters counted, where the world says what a kWh emits."""


def baselines(record: ChargingRecord, built: BuiltDay) -> tuple[Baseline, ...]:
    """Our plan as it was executed in mission 0 of a record, then every rule on the same day, `mission.day`."""
    return ours(built, record.day), *(baseline(built, rule) for rule in RULES)


def ours(built: BuiltDay, log: DayLog) -> Baseline:
    """The plan by prices, as it was executed."""
    return _measured(built, OURS[log.agreements > 0], log.metered_kw[0], log.metered_kwh, log.line_a)


def baseline(built: BuiltDay, rule: str) -> Baseline:
    """The day under one of `RULES`."""
    done = built.station.baseline(RULES[rule], built.sessions.asked_kwh, built.deadline.astype(np.float64))
    return _measured(built, rule, built.station.period_kw(done), done.metered_kwh, done.line_a)


def _measured(built: BuiltDay, rule: str, metered_kw: Array, metered_kwh: Array, line_a: Array) -> Baseline:
    """From the power of periods (N, T), the energy of steps (N, S) and the currents of rows (K, S)."""
    problem, limit, carbon = built.problem, built.station.limit_a, built.carbon
    most = limit.max(axis=1, keepdims=True)
    shares = np.divide(line_a + (most - limit), most, out=np.zeros_like(line_a), where=most > 0.0)
    lacking = problem.energy * problem.hours - metered_kwh.sum(axis=1)
    cost = problem.metered_costs(metered_kw[None]).sum() + problem.supply_cost(metered_kw[None])[0]
    return Baseline(
        rule=rule,
        delivered_kwh=float(metered_kwh.sum()),
        unmet_kwh=float(np.maximum(lacking, 0.0).sum()),
        social_cost=float(cost),
        highest_kw=float(metered_kwh.sum(axis=0).max() / built.station.step_h),
        excess_a=float(np.maximum(line_a - limit, 0.0).max(initial=0.0)),
        excess_share=float(np.maximum(shares - 1.0, 0.0).max(initial=0.0)),
        served_share=float((lacking <= SERVED_KWH).mean()),
        carbon_kg=None if carbon is None else float((metered_kwh.sum(axis=0) * carbon).sum()),
    )
