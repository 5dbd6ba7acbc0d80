"""When cars are plugged in: for less than their stay, or twice, in two sessions that the station takes for two cars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from robosim import program
from robosim.agent import Array, Deviation, Strategy
from robosim.charging.mission import BuiltDay
from robosim.charging.online.live import Ints
from robosim.charging.problem import TYPE
from robosim.charging.record import ChargingRecord
from robosim.controllers.selfish.visits import Visitor
from robosim.errors import AgentFailure
from robosim.kernels.charging import Cars


class Second(NamedTuple):
    """Second sessions of E cars in B missions side by side; they stand after the N cars, in this order."""

    owner: Ints
    """(E,) whose they are."""
    stay: Array
    """(B, E, 2) in steps; of no length where that car does not come again."""


def covers(mission: Any, strategy: Strategy) -> bool:
    """Whether a certificate speaks of a strategy: it is about one deviator, not about one under two names."""
    online = mission.scenario.mission.planning == "online"
    return not (online and isinstance(strategy, Visitor) and strategy.again(np.zeros(1), np.ones(1)) is not None)


def stays(built: BuiltDay, deviations: tuple[Deviation, ...], missions: int) -> Array:
    """(1|R, N, 2) when cars are plugged in, in steps, for R missions: never at other times than they could be."""
    true = built.station.cars.stay[None]
    visitors = [one for one in deviations if isinstance(one.strategy, Visitor)]
    stay = np.repeat(true, missions, axis=0) if visitors else true
    for one in visitors:
        place = (one.missions, one.agents)
        stay[place] = _said(one, one.strategy.visit, stay[place], built.station.step_h)  # type: ignore[attr-defined]
    return stay


def second_sessions(built: BuiltDay, deviations: tuple[Deviation, ...], batch: int, every: int) -> Second | None:
    """Of those who come again, None where nobody does; at the earliest for the agreement after the first session."""
    true, step_h, found = built.station.cars.stay, built.station.step_h, []
    for one in deviations:
        plays = one.strategy
        if not isinstance(plays, Visitor) or plays.again(np.zeros(1), np.ones(1)) is None:
            continue
        stay = true[one.agents]
        ends = _said(one, plays.visit, stay, step_h)[:, 1]
        again = _said(one, plays.again, stay, step_h)
        again[:, 0] = np.minimum(np.maximum(again[:, 0], np.ceil(ends / every) * every), stay[:, 1])
        found.append((one.missions, one.agents, np.maximum(again, again[:, :1])))
    if not found:
        return None
    missions, agents, all_ = (np.concatenate([one[part] for one in found]) for part in range(3))
    owner = np.unique(agents)
    when = np.zeros((batch, len(owner), 2))
    when[missions, np.searchsorted(owner, agents)] = all_
    return Second(owner, when)


def _said(one: Deviation, visit: Callable[[Array, Array], Any], stay: Array, step_h: float) -> Array:
    """What a strategy says of K cars that could be plugged in for `stay` (K, 2) steps, within it.

    Raises `AgentFailure` for a strategy that does not say.
    """
    plays, (arrival_h, departure_h) = one.strategy, (stay * step_h).T
    try:
        found = np.stack([np.asarray(x, dtype=np.float64) for x in visit(arrival_h, departure_h)], axis=1)
    except program.FAILURES as problem:
        raise program.crashed("when it visited", plays, problem) from problem
    if found.shape != stay.shape or not np.isfinite(found).all():
        message = f"its visit is {found.shape}, it must be two times of {len(stay)} cars, finite numbers of hours"
        raise AgentFailure(f"{program.place(plays)}{message}")
    return np.asarray(np.clip(found / step_h, stay[:, :1], stay[:, 1:]))


def with_second(built: BuiltDay, second: Second) -> BuiltDay:
    """The day with second sessions as cars of their own, at the posts and with the types of their owners."""
    rows = np.concatenate([np.arange(built.problem.agents), second.owner])
    problem, station = built.problem, built.station
    there = None if problem.there is None else problem.there[rows]
    types = {name: getattr(problem, name)[rows] for name in TYPE}
    cars = Cars(*(x[rows] for x in station.cars))
    return replace(
        built,
        problem=replace(problem, there=there, **types),
        station=replace(station, cars=cars, content_kwh=station.content_kwh[rows]),
    )


def second_wishes(wish: Array, metered_kw: Array, second: Second) -> Array:
    """Types `wish` (1, N + E, 4) mission by mission: who comes again wants what its first session did not get.

    `metered_kw` (B, N + E, T). Who does not come again wants nothing a second time.
    """
    found = np.repeat(wish, len(metered_kw), axis=0)
    comes = second.stay[..., 1] > second.stay[..., 0]
    had = metered_kw[:, second.owner].sum(axis=2)
    lacking = np.maximum(wish[:, second.owner, 0] - had, 0.0)
    found[:, -len(second.owner) :, 0] = np.where(comes, lacking, 0.0)
    return found


def joined(x: Array, second: Second, axis: int = 1) -> Array:
    """Numbers of N + E sessions as those of N cars: what both sessions of one owner have is summed."""
    rows = np.moveaxis(x, axis, 0)
    cars = rows[: len(rows) - len(second.owner)].copy()
    np.add.at(cars, second.owner, rows[len(cars) :])
    return np.ascontiguousarray(np.moveaxis(cars, 0, axis))


def one_each(mission: Any, record: ChargingRecord, second: Second, heading: dict[str, Any]) -> ChargingRecord:
    """The record of N + E sessions as one of N cars: a car's cost is that of all it drew, its tax that of both."""
    day, bill, problem, n = record.day, record.settlement, mission.allocation, mission.allocation.agents
    metered, decision = joined(day.metered_kw, second), joined(record.decision, second)
    cost, kwh = problem.metered_costs(metered), joined(day.metered_kwh, second, axis=0)
    cars, there = mission.day.station, joined(day.content_kwh, second, axis=0) > 0.0
    eta = cars.cars.efficiency
    filled = cars.content_kwh[:, None] + eta[:, None] * np.cumsum(kwh, axis=1)
    log = replace(
        day,
        plan_kw=decision,
        metered_kw=metered,
        planned_cost=problem.metered_costs(decision),
        metered_cost=cost,
        wanted_kwh=day.wanted_kwh[:n],
        capacity_kwh=day.capacity_kwh[:n],
        pilot_a=joined(day.pilot_a, second, axis=0),
        metered_kwh=kwh,
        content_kwh=np.where(there, filled, 0.0),
        stored_kwh=eta * kwh.sum(axis=1),
        worth=joined(day.worth, second),
        post=None if day.post is None else day.post[:n],
    )
    refused = joined(bill.refused.astype(np.float64), second) > 0.0
    tax, comes = bill.tax.copy(), second.stay[..., 1] > second.stay[..., 0]
    tax[:, n:] = np.where(comes, tax[:, n:], 0.0)  # who does not come again pays once
    return replace(
        record,
        **heading,
        said={key: joined(x, second, axis=2) for key, x in record.said.items()},
        types=mission.own,
        decision=decision,
        private_cost=cost,
        reported_cost=joined(record.reported_cost, second),
        settlement=replace(bill, tax=joined(tax, second), refused=refused, penalty=bill.penalty[:, :n]),
        day=log,
    )
