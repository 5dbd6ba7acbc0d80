"""What meters counted, put together: from what happened step by step to the log and the record of a day."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.charging.online.live import LiveStation, Meters
from robosim.charging.record import ChargingRecord, DayLog
from robosim.leader.settle import Settlement
from robosim.mission import Snapshot


class Measured(NamedTuple):
    """Mean power of periods in R missions of N cars, as metered and as agreed on, (R, N, T) kW, and `excess_a` (R,)."""

    metered_kw: Array
    allotted_kw: Array
    excess_a: Array


def measured(station: LiveStation, meters: Meters, until: int) -> Measured:
    """The steps before `until`; a mission without a car has those of the one it begins from until the car comes."""
    missions, problem = len(station.first), station.problem
    kwh = np.zeros((2, missions, problem.agents, problem.periods))
    excess, limit = np.full(missions, -np.inf), station.day.station.limit_a
    for t, stint in enumerate(meters.stints[:until]):
        own = stint.rows
        rows = station.first.copy()
        rows[own] = own
        place = np.searchsorted(own, rows)
        for many, x in zip(kwh, (stint.kwh, stint.allotted), strict=True):
            many[:, stint.who, t // station.ratio] += x[place]
        margin = (stint.line_a - limit[:, t]).max(axis=1, initial=-np.inf)
        excess = np.maximum(excess, margin[place])
    return Measured(kwh[0] / problem.hours, kwh[1] / problem.hours, excess)


def online_record(mission: Any, snapshot: Snapshot, seen: Measured, reports: Array, bill: Settlement) -> ChargingRecord:
    """The record of a day that was planned as time went on; bids are what was agreed on, prices those of each step."""
    body, main = snapshot.body, mission.main
    decision = main(seen.allotted_kw)
    log = _log(mission, snapshot, seen)
    periods = log.tariff_per_kwh.size
    price = main(_prices(mission.station, body.meters, body.live.price[:, : mission.allocation.reached.shape[1]]))
    begin = np.full_like(price, float(mission.rules["price"]))
    return ChargingRecord(
        **mission.heading(snapshot),
        kept=np.array([0, snapshot.k]) if snapshot.k else np.array([0]),
        said={"z": np.stack([np.zeros_like(decision), decision], axis=1)[:, -(2 if snapshot.k else 1) :]},
        prices=np.stack([begin, price], axis=1)[:, -(2 if snapshot.k else 1) :].reshape(
            len(decision), -1, price.shape[1] * periods
        ),
        types=mission.own,
        decision=decision,
        private_cost=log.metered_cost,
        reported_cost=main(reports),
        settlement=bill,
        gap=main(body.gap),
        day=log,
    )


def _log(mission: Any, snapshot: Snapshot, seen: Measured) -> DayLog:
    """Steps are those of mission 0."""
    station, problem, sessions = mission.station, mission.allocation, mission.day.sessions
    equipment, cars = mission.day.station, mission.day.station.cars
    decision, metered = mission.main(seen.allotted_kw), mission.main(seen.metered_kw)
    pilot, kwh, content, line = steps_of(station, snapshot.body.meters)
    return DayLog(
        hours=problem.hours,
        step_h=equipment.step_h,
        plan_kw=decision,
        metered_kw=metered,
        planned_cost=problem.metered_costs(decision),
        metered_cost=problem.metered_costs(metered),
        leader_cost=problem.supply_cost(metered),
        excess_a=mission.main(seen.excess_a),
        wanted_kwh=problem.energy * problem.hours,
        rows_kw=problem.rows_kw,
        spared=problem.spared_or_all,
        demand=problem.demand,
        carbon_kg_per_kwh=mission.day.carbon,
        tariff_per_kwh=mission.day.tariff_per_kwh,
        stay_min=np.stack([sessions.arrival_min, sessions.departure_min], axis=1),
        pilot_a=pilot,
        metered_kwh=kwh,
        content_kwh=content,
        capacity_kwh=cars.capacity_kwh,
        worth=mission.main(snapshot.body.live.worth),
        agreements=snapshot.body.agreements,
        cut=snapshot.body.cut,
        stored_kwh=snapshot.body.live.content[0] - equipment.content_kwh,
        line_a=line,
        limit_a=equipment.limit_a,
        post=cars.station.astype(np.int64),
        post_ids=mission.day.post_ids,
    )


def steps_of(station: LiveStation, meters: Meters) -> tuple[Array, Array, Array, Array]:
    """Pilots, energies and contents (N, S) and currents of rows (K, S) of mission 0."""
    equipment = station.day.station
    size = (station.problem.agents, station.steps)
    pilot, kwh, line = np.zeros(size), np.zeros(size), np.zeros((len(equipment.wires.limit_a), station.steps))
    for t, stint in enumerate(meters.stints):
        pilot[stint.who, t], kwh[stint.who, t], line[:, t] = stint.pilot_a[0], stint.kwh[0], stint.line_a[0]
    clock, (first, last) = np.arange(station.steps), station.stay[0].T[..., None]
    filled = equipment.content_kwh[:, None] + equipment.cars.efficiency[:, None] * np.cumsum(kwh, axis=1)
    return pilot, kwh, np.where((clock < last) & (clock + 1 > first), filled, 0.0), line


def _prices(station: LiveStation, meters: Meters, last: Array) -> Array:
    """The mean price of each period's steps, (R, K, T); where nobody was there, the one agreed on last."""
    total, count = np.zeros_like(last), np.zeros(last.shape)
    for t, stint in enumerate(meters.stints):
        if stint.who.size:
            total[stint.rows, :, t // station.ratio] += stint.price
            count[stint.rows, :, t // station.ratio] += 1.0
    return np.asarray(np.divide(total, count, out=last.copy(), where=count > 0.0))
