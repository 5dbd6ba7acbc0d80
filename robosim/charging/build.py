"""World file → a charging day, ready to be planned and executed: sessions at their posts, costs, prices, wires."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Controller
from robosim.auction.build import leaders_half, price_rules, refuse_graph, said_if_unsure
from robosim.bodiless import Bodiless
from robosim.charging.cars import batteries_of, drawn_costs, largest_kw, refuse_silence, wanted_kwh, with_wishes_judged
from robosim.charging.mission import BuiltDay, Charging
from robosim.charging.online.mission import OnlineCharging
from robosim.charging.problem import TYPE, ChargingDay
from robosim.charging.reach import Reach, carried_kw, reach_of, relaxed
from robosim.charging.scenario import BYTES_PER_NUMBER, ChargingScenario, needs
from robosim.charging.series import LeadersDay, leaders_day, least_of_periods, mean_of_periods
from robosim.charging.sources import (
    energy_prices,
    sessions_of,
    shares_of_periods,
    site_of,
    touched_periods,
    whole_periods,
)
from robosim.charging.station.execution import Station, equipment
from robosim.charging.station.places import assign
from robosim.charging.station.sessions import Sessions
from robosim.charging.station.site import Site
from robosim.controllers.parts.market import Market
from robosim.errors import BadInput
from robosim.kernels.charging import Cars
from robosim.leader.tax_rule import VCG
from robosim.lookup import programs, taxes
from robosim.network.network import Hub
from robosim.scenario.world_file import Need, refuse_too_large

WEAR, WAITING = 2, 3
"""Streams of the world's seed."""


def build_day(scenario: ChargingScenario) -> BuiltDay:
    """Everything about the day that a world file describes.

    Raises
    ------
    BadInput
        Sessions, tariff or site cannot be read or do not go together; also, where `impossible` is an error, every EV
        that wants more than its charger can give in its stay or its battery can take.
    """
    keys, sessions = scenario.station, sessions_of(scenario)
    refuse_too_large(scenario, needs(scenario, len(sessions), sessions.periods(keys.period_min)))
    _refuse_strangers(scenario, len(sessions))
    site = site_of(scenario, sessions)
    refuse_too_large(scenario, [feeder_need(scenario, site, len(sessions), sessions.periods(keys.period_min))])
    places = assign(sessions, site, keys.elsewhere)
    post = places.post
    most_kw = largest_kw(keys, sessions, site.evses.max_kw[post])
    online = scenario.mission.planning == "online"
    stay = (touched_periods if online else whole_periods)(sessions.arrival_min, sessions.departure_min, keys.period_min)
    there = shares_of_periods(sessions, keys.period_min) if online else None
    usable_h = sessions.stay_h if online else (stay[:, 1] - stay[:, 0]) * keys.period_min / 60.0
    sessions = with_wishes_judged(scenario, sessions, most_kw, usable_h)
    prices, charge = energy_prices(scenario, sessions)
    series, ratio = leaders_day(scenario, sessions, site.feeder), keys.period_min // keys.step_min
    if series.carbon is not None and keys.carbon_dollars_per_kg > 0:
        prices = prices + keys.carbon_dollars_per_kg * mean_of_periods(series.carbon, ratio)
    demand, reach = demand_per_kw(scenario, sessions, charge), reach_of(scenario, site, post)
    spare = None if series.spare is None else series.spare[reach.origin]
    spared = None if spare is None else least_of_periods(spare, ratio)
    problem = _problem(scenario, sessions, most_kw, stay, there, prices, reach, spared, demand)
    refuse_nonsense(problem)
    station = _station(scenario, sessions, site, post, most_kw, series)
    refuse_silence(scenario, station, problem)
    return BuiltDay(
        problem=problem,
        relaxed=relaxed(scenario, site, post, problem, series),
        station=station,
        sessions=sessions,
        tariff_per_kwh=prices,
        unbilled_per_kw=charge if demand == 0 else 0.0,
        deadline=np.ceil(sessions.stated_departure_min / keys.step_min).astype(np.int32),
        moves=places.moves,
        post_ids=() if site.unnamed else site.evses.ids,
        row_names=site.feeder.names,
        spare=spare,
        carbon=series.carbon,
        carries_kw=carried_kw(scenario, site),
        room=keys.room_dollars_per_kwh_h,
        said=(*series.said, *([CARS_ALONE] if demand > 0 and (keys.load or keys.pv) else [])),
    )


CARS_ALONE = "the demand charge is on the power of the cars alone, the building's own is not in it"
BILLED_DAYS = 30
"""A tariff's demand charge is for a month: the days of a mission bear their part of it."""


def demand_per_kw(scenario: ChargingScenario, sessions: Sessions, charge: float) -> float:
    """Dollars a kW of the mission's highest power, given the tariff's `charge` for a month's.

    Raises `BadInput` for one without losses, and where the tariff is to say it and has none.
    """
    keys, key = scenario.station, "station.demand_dollars_per_kw"
    if keys.demand_dollars_per_kw == "tariff" and charge == 0:
        raise scenario.error(key, 'is "tariff", which has no demand charge (write dollars/kW, or leave it out)')
    asked = keys.demand_dollars_per_kw
    found = charge * sessions.days / BILLED_DAYS if isinstance(asked, str) else asked
    if found > 0 and keys.loss_dollars_per_kw2h == 0:
        message = "needs station.loss_dollars_per_kw2h > 0, or its price jumps between nothing and all of it"
        raise scenario.error(key, f"{message} (write loss_dollars_per_kw2h = 0.001)")
    return found


def feeder_need(scenario: ChargingScenario, site: Site, sessions: int, periods: int) -> Need:
    """Memory for the rows that limits are planned by, and for a price of each in every problem of the tax and round."""
    rows = site.feeder.polygon_rows(scenario.station.polygon_sides)
    problems = sessions + 1 if scenario.leader.tax == VCG.name else 1
    kept = 2 if scenario.mission.planning == "online" else scenario.mission.rounds // scenario.record.every + 2
    size = rows * (len(site.evses) + (problems + kept) * periods) * BYTES_PER_NUMBER
    what = f"{rows} rows of {len(site.feeder.limit_a)} limits x {periods} periods, {problems} problems, {kept} rounds"
    return Need("station.site", what, "fewer limits, a lower station.polygon_sides, or record.every", size)


def refuse_nonsense(day: ChargingDay) -> None:
    """Raise `BadInput` for numbers that no day has."""
    for name, x in ((name, getattr(day, name)) for name in (*TYPE, "rows_kw")):
        if not np.isfinite(x).all():
            raise BadInput(f"{name} must be finite (got {x[~np.isfinite(x)][0]})")
        if name != "energy_cost" and (x < 0).any():
            raise BadInput(f"{name} must not be negative (got {x.min()})")
    if day.demand > 0 and day.loss <= 0:
        raise BadInput(f"demand needs loss > 0, or its price jumps between nothing and all of it (got loss {day.loss})")
    if not (day.curvature >= day.least_curvature).all():
        raise BadInput(f"curvature must be at least least_curvature (got {day.curvature.min()})")


def _refuse_strangers(scenario: ChargingScenario, count: int) -> None:
    for number, entry in enumerate(scenario.selfish):
        if max(entry.agents) >= count:
            message = f"agent {max(entry.agents)} does not exist, there are {count} sessions (use 0..{count - 1})"
            raise scenario.error(f"selfish.{number}", message)


def _problem(
    scenario: ChargingScenario,
    sessions: Sessions,
    most_kw: Array,
    stay: NDArray[np.int64],
    there: Array | None,
    prices: Array,
    reach: Reach,
    spared: Array | None,
    demand: float,
) -> ChargingDay:
    keys, hours = scenario.station, scenario.station.period_min / 60.0
    wear = drawn_costs(scenario, "wear_dollars_per_kw2h", keys.wear_range_dollars_per_kw2h, len(sessions), WEAR)
    slow = drawn_costs(
        scenario, "waiting_dollars_per_kwh_h", keys.waiting_range_dollars_per_kwh_h, len(sessions), WAITING
    )
    waited_h = np.maximum(np.arange(len(prices)) * hours - sessions.arrival_min[:, None] / 60.0, 0.0)
    least = keys.wear_range_dollars_per_kw2h[0] if keys.wear_dollars_per_kw2h == "random" else wear
    told = whole_periods(sessions.arrival_min, sessions.stated_departure_min, keys.period_min)
    return ChargingDay(
        curvature=wear * hours,
        energy_cost=(prices + slow[:, None] * waited_h) * hours,
        limit_kw=most_kw,
        stay=stay,
        energy=wanted_kwh(keys, sessions) / hours,
        unmet=np.full(len(sessions), keys.unmet_dollars_per_kwh * hours),
        weights=reach.weights,
        rows_kw=reach.rows_kw,
        least_curvature=np.broadcast_to(np.asarray(least) * hours, wear.shape).copy(),
        told=np.concatenate([sessions.asked_kwh[:, None] / hours, told], axis=1),
        there=there,
        spared=spared,
        hours=hours,
        loss=keys.loss_dollars_per_kw2h * hours,
        demand=demand,
    )


def _station(
    scenario: ChargingScenario,
    sessions: Sessions,
    site: Site,
    post: NDArray[np.int32],
    most_kw: Array,
    series: LeadersDay,
) -> Station:
    keys = scenario.station
    stay = np.stack([sessions.arrival_min, sessions.departure_min], axis=1) / keys.step_min
    filled, wanted = batteries_of(keys, sessions, most_kw), wanted_kwh(keys, sessions)
    posts, wires = equipment(site, series.spare)
    return Station(
        cars=Cars(post, stay, wanted, filled.capacity_kwh, filled.power_kw, filled.bend, filled.efficiency),
        posts=posts,
        wires=wires,
        content_kwh=filled.content_kwh,
        ratio=keys.period_min // keys.step_min,
        step_h=keys.step_min / 60.0,
        steps=sessions.periods(keys.period_min) * (keys.period_min // keys.step_min),
    )


FORESIGHT_ROUNDS = 2000
"""For a whole day, in which more is to be agreed on than in any agreement of an online one."""
USUAL_KWH = 10.0
"""What a session takes, roughly (Caltech's median is 6 kWh, JPL's 12)."""


def build_charging(
    scenario: ChargingScenario, controller: Controller | None, network: object = None
) -> Charging | OnlineCharging:
    """The charging day that a scenario describes, with everybody faithful."""
    refuse_graph(scenario, network)
    programs.refuse_stranger(scenario, controller)
    program = controller or programs.made(programs.controller_class(scenario), scenario)
    day, half = build_day(scenario), leaders_half(program, scenario.market)
    refuse_jumps(scenario, half, day.problem)
    if scenario.mission.planning == "online":
        return online(scenario, program, half, day)
    return said_if_unsure(
        Charging(
            scenario=scenario,
            controller=program,
            coordinator=half,
            network=Hub(n=day.problem.agents),
            world=Bodiless(),
            tax=taxes.tax_rule(scenario),
            rounds=scenario.mission.rounds,
            rules=price_rules(scenario.mission.rounds, scenario.market, announced_epsilon(scenario, day), program),
            own=day.problem.own(),
            allocation=day.problem,
            day=day,
            bills=scenario.leader.bills or "decision",
        )
    )


def refuse_jumps(scenario: ChargingScenario, half: object, problem: ChargingDay) -> None:
    """Raise `BadInput` where cars answer a moving price and have no wear, so that their answers jump."""
    if isinstance(half, Market) and not problem.bends:
        message = "is 0, and without wear a car's answer to a price jumps, so that"
        fix = 'write mission.controller = "admm", or a small wear such as 0.001'
        no = f"{message} {scenario.mission.controller} finds no price ({fix})"
        raise scenario.error("station.wear_dollars_per_kw2h", no)


def online(scenario: ChargingScenario, program: Controller, half: Any, day: BuiltDay) -> OnlineCharging:
    """The same day, planned as time goes on."""
    keys, rounds = scenario.station, scenario.mission.rounds
    agreements = day.station.steps * keys.step_min // keys.replan_min
    return said_if_unsure(
        OnlineCharging(
            scenario=scenario,
            controller=program,
            coordinator=half,
            network=Hub(n=day.problem.agents),
            world=Bodiless(),
            tax=taxes.tax_rule(scenario),
            rounds=rounds * agreements,
            rules=price_rules(rounds, scenario.market, announced_epsilon(scenario, day), program),
            own=day.problem.own(),
            allocation=day.problem,
            day=day,
            every=keys.replan_min // keys.step_min,
            talks=rounds,
        )
    )


def foreseen(mission: OnlineCharging) -> Charging:
    """The same day planned once by somebody who knows it whole, faithful and untaxed."""
    scenario = mission.scenario
    planned = scenario.mission.model_copy(update={"planning": "day-ahead", "rounds": FORESIGHT_ROUNDS})
    faithful = scenario.model_copy(update={"mission": planned, "selfish": ()})
    found = build_charging(faithful, None).billed("none")
    assert isinstance(found, Charging)
    return found


def announced_epsilon(scenario: ChargingScenario, day: BuiltDay) -> float | None:
    """ε in dollars; a share is one of what the day's sessions would pay for 10 kWh each at the mean price, or be paid.

    Where energy costs nothing, what it is worth to a car that misses it stands for the price.

    The leader knows that before anybody said what he wants, so that ε tells nothing and depends on nobody.
    """
    share = scenario.leader.epsilon_share
    if share is None:
        return scenario.leader.epsilon
    price = float(np.abs(day.tariff_per_kwh).mean()) or scenario.station.unmet_dollars_per_kwh
    return share * USUAL_KWH * day.problem.agents * price
