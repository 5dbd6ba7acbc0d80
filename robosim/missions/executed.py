"""Decisions of charging missions, executed at the station: what was drawn, and the log of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.missions.built import Built
from robosim.records.day_log import DayLog
from robosim.world.station.execution import Day


class Executed(NamedTuple):
    """Allotted power z (P, N, T) of P problems: what each car meant to draw, what meters counted, each (P, N, T) kW."""

    plan_kw: Array
    metered_kw: Array
    days: tuple[Day, ...]


def executed(built: Built, z: Array) -> Executed:
    """Every car draws of what it was allotted what is best for it, as far as battery, charger and feeder allow."""
    plan = built.problem.use(z)
    days = tuple(built.station.execute(one) for one in plan)
    metered = np.stack([built.station.period_kw(day) for day in days])
    return Executed(plan, metered, days)


def day_log(built: Built, z: Array, done: Executed) -> DayLog:
    """The log of missions z (M, N, T); steps are those of mission 0."""
    problem, station, first = built.problem, built.station, done.days[0]
    sessions = built.sessions
    return DayLog(
        hours=problem.hours,
        step_h=station.step_h,
        plan_kw=done.plan_kw,
        metered_kw=done.metered_kw,
        planned_cost=problem.costs(z),
        metered_cost=problem.metered_costs(done.metered_kw),
        leader_cost=problem.supply_cost(done.metered_kw),
        excess_a=np.array([day.excess_a for day in done.days]),
        wanted_kwh=problem.energy * problem.hours,
        rows_kw=problem.rows_kw,
        tariff_per_kwh=built.tariff_per_kwh,
        stay_min=np.stack([sessions.arrival_min, sessions.departure_min], axis=1),
        pilot_a=first.pilot_a,
        metered_kwh=first.metered_kwh,
        content_kwh=first.content_kwh,
        capacity_kwh=station.cars.capacity_kwh,
        stored_kwh=first.stored_kwh,
        line_a=first.line_a,
        limit_a=first.limit_a,
    )
