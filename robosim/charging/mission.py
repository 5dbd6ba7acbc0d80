"""A day of charging: cars divide the feeder by prices, and the station executes what was decided (T, Algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.auction.mission import PriceMission
from robosim.charging.problem import ChargingDay
from robosim.charging.record import ChargingRecord, DayLog
from robosim.charging.scenario import ChargingScenario
from robosim.charging.station.execution import Day, Station
from robosim.charging.station.places import Move
from robosim.charging.station.sessions import Sessions
from robosim.errors import BadInput
from robosim.leader.tax_rule import PIVOT, TaxRule
from robosim.mission import Snapshot


@dataclass(frozen=True, kw_only=True)
class BuiltDay:
    """The same day as a problem, as a station, and as its sessions."""

    problem: ChargingDay
    relaxed: ChargingDay
    """The same with wires that carry no less than the true ones: nothing that happens costs less than its optimum."""
    station: Station
    sessions: Sessions
    tariff_per_kwh: Array
    """(T,) dollars, with what emissions cost."""
    unbilled_per_kw: float
    """Dollars a kW of a month's peak that the tariff charges and the world leaves out."""
    deadline: NDArray[np.int32]
    """(N,) the step after the stated departure."""
    moves: tuple[Move, ...] = ()
    """Cars that stand at another post than their session names."""
    post_ids: tuple[str, ...] = ()
    """Names of the station's posts, where they have some."""
    row_names: tuple[str, ...] = ()
    """What each row of the feeder limits."""
    spare: Array | None = None
    """(K, S) which share of each planned row there is in each step, None: all of it."""
    carbon: Array | None = None
    """(S,) kg CO2 a kWh, None where nothing says it."""
    carries_kw: float = np.inf
    """What the feeder carries at most if every post takes the same."""
    room: float = 0.0
    """Dollars a kWh and hour ahead that agreements count for filling the feeder (`online.residual.for_later`)."""
    said: tuple[str, ...] = ()
    """What is to be known of the series behind these."""


@dataclass(frozen=True, kw_only=True)
class Charging(PriceMission[ChargingRecord]):
    """Cars draw of what they were allotted what is best for them, as far as battery, charger and feeder allow.

    `day` is what is executed after the last round; `bills` says whether reports are about what was decided
    ("decision"), or about what was metered ("meter").
    """

    scenario: ChargingScenario
    day: BuiltDay
    bills: str = "decision"

    def billed(self, tax: str | TaxRule) -> Self:
        """The same day under another tax rule. Raises `BadInput` for one that needs steps between agreements."""
        other = super().billed(tax)
        if PIVOT in other.tax.needs:
            fix = 'write mission.planning = "online", or use vcg'
            raise BadInput(f"tax: {other.tax.name!r} needs plans that are made as time goes on ({fix})")
        return other

    def billed_at(self, end: Snapshot) -> tuple[Array, Array]:
        """What was decided, or metered, and the reports about it."""
        shares = self.shares(end)
        billed = executed(self.day, shares).metered_kw if self.bills == "meter" else shares
        return billed, self.reports(shares, billed)

    def settle(self, snapshot: Snapshot) -> ChargingRecord:
        """Project, execute, let everybody report what it cost, tax."""
        shares = self.shares(snapshot)
        z, by_meter = self.main(shares), self.bills == "meter"
        done = executed(self.day, shares if by_meter else z)  # the counterfactuals are executed too, if they are billed
        billed = done.metered_kw if by_meter else shares
        reports = self.reports(shares, billed)
        bill = self.bill(snapshot, billed, reports)
        gap = self.main(self.coordinator.gap(snapshot.leader, self.usable_reports(reports, billed), billed))
        days = done.days[:: len(done.days) // self.batch]
        what = Executed(self.main(done.plan_kw), self.main(done.metered_kw), days)
        log = day_log(self.day, z, what, self.worth(snapshot, self.main(billed)))
        return ChargingRecord(
            **self.heading(snapshot),
            **self.rows(snapshot),
            decision=z,
            private_cost=log.metered_cost,
            reported_cost=self.main(reports),
            settlement=bill,
            gap=gap,
            day=log,
        )


class Executed(NamedTuple):
    """Allotted power z (P, N, T) of P problems: what each car meant to draw, what meters counted, each (P, N, T) kW."""

    plan_kw: Array
    metered_kw: Array
    days: tuple[Day, ...]


def executed(built: BuiltDay, z: Array) -> Executed:
    """Every car draws of what it was allotted what is best for it, as far as battery, charger and feeder allow."""
    plan = built.problem.use(z)
    days = tuple(built.station.execute(one) for one in plan)
    metered = np.stack([built.station.period_kw(day) for day in days])
    return Executed(plan, metered, days)


def day_log(built: BuiltDay, z: Array, done: Executed, worth: Array) -> DayLog:
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
        worth=worth,
        excess_a=np.array([day.excess_a for day in done.days]),
        wanted_kwh=problem.energy * problem.hours,
        rows_kw=problem.rows_kw,
        spared=problem.spared_or_all,
        demand=problem.demand,
        carbon_kg_per_kwh=built.carbon,
        tariff_per_kwh=built.tariff_per_kwh,
        stay_min=np.stack([sessions.arrival_min, sessions.departure_min], axis=1),
        pilot_a=first.pilot_a,
        metered_kwh=first.metered_kwh,
        content_kwh=first.content_kwh,
        capacity_kwh=station.cars.capacity_kwh,
        stored_kwh=first.stored_kwh,
        line_a=first.line_a,
        limit_a=first.limit_a,
        post=station.cars.station.astype(np.int64),
        post_ids=built.post_ids,
    )
