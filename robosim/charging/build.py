"""World file → a charging day, ready to be planned and executed: sessions at their posts, costs, prices, wires."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Controller
from robosim.auction.build import leaders_half, price_rules, refuse_graph, said_if_unsure
from robosim.bodiless import Bodiless
from robosim.charging.mission import BuiltDay, Charging
from robosim.charging.problem import ChargingDay, refuse_nonsense
from robosim.charging.scenario import ChargingScenario, needs
from robosim.charging.sources import energy_prices, sessions_of, site_of, whole_periods
from robosim.charging.station.battery import BEND, LINEAR, Batteries, batteries, fitted
from robosim.charging.station.execution import Station, equipment
from robosim.charging.station.sessions import Sessions
from robosim.charging.station.site import Site, assign
from robosim.controllers.parts.market import Market
from robosim.errors import BadInput
from robosim.kernels.charging import Cars
from robosim.lookup import programs, taxes
from robosim.network.network import Hub
from robosim.scenario.world_file import refuse_too_large

WEAR, WAITING = 2, 3
"""Streams of the world's seed."""
SHOWN = 10
"""Sessions that cannot be served, in an error."""


def build_day(scenario: ChargingScenario) -> BuiltDay:
    """Everything about the day that a world file describes.

    Raises
    ------
    BadInput
        Sessions, tariff or site cannot be read or do not go together; with `unmet = "forbidden"` also for every EV
        whose charger cannot give in its stay what it wants.
    """
    keys, sessions = scenario.station, sessions_of(scenario)
    refuse_too_large(scenario, needs(scenario, len(sessions), sessions.periods(keys.period_min)))
    if keys.demand_dollars_per_kw > 0 and keys.loss_dollars_per_kw2h == 0:
        message = "needs station.loss_dollars_per_kw2h > 0, or its price jumps between nothing and all of it"
        raise scenario.error("station.demand_dollars_per_kw", f"{message} (write loss_dollars_per_kw2h = 0.001)")
    _refuse_strangers(scenario, len(sessions))
    site = site_of(scenario, sessions)
    post, wanted = assign(sessions, site), sessions.delivered_kwh if keys.wants == "delivered" else sessions.asked_kwh
    most_kw = site.evses.max_kw[post]
    most_kw = most_kw if keys.battery_kw is None else np.minimum(most_kw, keys.battery_kw)
    stay = whole_periods(sessions.arrival_min, sessions.departure_min, keys.period_min)
    if keys.unmet == "forbidden":
        refuse_hopeless(sessions, wanted, most_kw, stay, keys.period_min)
    prices, charge = energy_prices(scenario, sessions)
    problem = _problem(scenario, sessions, wanted, most_kw, stay, prices, *_reach(scenario, site, post))
    refuse_nonsense(problem)
    return BuiltDay(
        problem=problem,
        station=_station(scenario, sessions, site, post, wanted, most_kw),
        sessions=sessions,
        tariff_per_kwh=prices,
        unbilled_per_kw=charge if keys.demand_dollars_per_kw == 0 else 0.0,
        deadline=np.ceil(sessions.stated_departure_min / keys.step_min).astype(np.int32),
    )


def refuse_hopeless(
    sessions: Sessions, wanted_kwh: Array, most_kw: Array, stay: NDArray[np.int64], period_min: int
) -> None:
    """Raise `BadInput` that names every EV whose charger cannot give in its stay what it wants."""
    possible = most_kw * (stay[:, 1] - stay[:, 0]) * period_min / 60.0
    hopeless = np.flatnonzero(wanted_kwh > possible * (1 + 1e-9))
    lines = [
        f"{sessions.places[i]}: session {sessions.ids[i]!r}: wants {wanted_kwh[i]:.4g} kWh, its charger gives "
        f'{possible[i]:.4g} kWh in its stay (write station.unmet = "allowed" to let what is missing cost it)'
        for i in hopeless[:SHOWN]
    ]
    if len(hopeless) > SHOWN:
        lines.append(f"{sessions.places[hopeless[SHOWN]]}: session: {len(hopeless) - SHOWN} more like these")
    if lines:
        raise BadInput("\n".join(lines))


def _refuse_strangers(scenario: ChargingScenario, count: int) -> None:
    for number, entry in enumerate(scenario.selfish):
        if max(entry.agents) >= count:
            message = f"agent {max(entry.agents)} does not exist, there are {count} sessions (use 0..{count - 1})"
            raise scenario.error(f"selfish.{number}", message)


def _reach(scenario: ChargingScenario, site: Site, post: NDArray[np.int32]) -> tuple[Array, Array]:
    """How much of each row of the feeder a kW of each EV takes, (N, K), and the rows' limits, (K,) kW.

    A current that would relieve a row counts for nothing there, which keeps inside the polygon: no car is relied upon
    to draw what others need drawn, or paid for it.
    """
    rows = site.feeder.inner_polygon(scenario.station.polygon_sides)
    kw_per_a = site.evses.voltage_v / 1000.0
    scale = kw_per_a[0]  # equal posts weigh exactly 1: then periods are levelled one by one
    weights = np.maximum(rows.matrix * (scale / kw_per_a), 0.0)[:, post].T
    felt = (weights != 0.0).any(axis=0)
    return weights[:, felt], (rows.limit_a * scale)[felt]


def _problem(
    scenario: ChargingScenario,
    sessions: Sessions,
    wanted: Array,
    most_kw: Array,
    stay: NDArray[np.int64],
    prices: Array,
    weights: Array,
    rows_kw: Array,
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
        energy=wanted / hours,
        unmet=np.full(len(sessions), keys.unmet_dollars_per_kwh * hours),
        weights=weights,
        rows_kw=rows_kw,
        least_curvature=np.broadcast_to(np.asarray(least) * hours, wear.shape).copy(),
        told=np.concatenate([sessions.asked_kwh[:, None] / hours, told], axis=1),
        hours=hours,
        loss=keys.loss_dollars_per_kw2h * hours,
        demand=keys.demand_dollars_per_kw,
    )


def drawn_costs(scenario: ChargingScenario, key: str, between: tuple[float, ...], count: int, stream: int) -> Array:
    """One number for each session, (N,): given, listed (`BadInput` where others are missing), or drawn evenly."""
    value = getattr(scenario.station, key)
    if value == "random":
        return np.random.default_rng([scenario.mission.seed, stream]).uniform(between[0], between[1], count)
    if isinstance(value, tuple) and len(value) != count:
        raise scenario.error(
            f"station.{key}", f"has {len(value)} numbers, there are {count} sessions (give one for each)"
        )
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)).copy()


def _station(
    scenario: ChargingScenario,
    sessions: Sessions,
    site: Site,
    post: NDArray[np.int32],
    wanted: Array,
    most_kw: Array,
) -> Station:
    keys = scenario.station
    steps = np.stack(
        [np.floor(sessions.arrival_min / keys.step_min), np.ceil(sessions.departure_min / keys.step_min)], 1
    )
    filled = _batteries(scenario, sessions, wanted, most_kw)
    posts, wires = equipment(site)
    return Station(
        cars=Cars(
            post, steps.astype(np.int32), wanted, filled.capacity_kwh, filled.power_kw, filled.bend, filled.efficiency
        ),
        posts=posts,
        wires=wires,
        content_kwh=filled.content_kwh,
        ratio=keys.period_min // keys.step_min,
        step_h=keys.step_min / 60.0,
        steps=sessions.periods(keys.period_min) * (keys.period_min // keys.step_min),
    )


def _batteries(scenario: ChargingScenario, sessions: Sessions, wanted: Array, most_kw: Array) -> Batteries:
    """Batteries that are at their target when drivers have what they want; fitted ones could take it in the stay."""
    keys = scenario.station
    bend = BEND if keys.battery == "two-stage" else LINEAR
    if keys.battery_kwh == "fitted":
        stay_h = np.maximum(sessions.stay_h, keys.step_min / 60.0)
        possible = np.minimum(wanted, 0.99 * most_kw * stay_h) * keys.efficiency
        made = fitted(possible, stay_h, float(most_kw.max()), bend=bend)
        return batteries(made.capacity_kwh, made.content_kwh, most_kw, bend=bend, efficiency=keys.efficiency)
    capacity = float(keys.battery_kwh)
    content = np.maximum(keys.target_soc * capacity - keys.efficiency * wanted, 0.0)
    return batteries(capacity, content, most_kw, bend=bend, efficiency=keys.efficiency)


USUAL_KWH = 10.0
"""What a session takes, roughly (Caltech's median is 6 kWh, JPL's 12)."""


def build_charging(scenario: ChargingScenario, controller: Controller | None, network: object = None) -> Charging:
    """The charging day that a scenario describes, with everybody faithful."""
    refuse_graph(scenario, network)
    programs.refuse_stranger(scenario, controller)
    program = controller or programs.made(programs.controller_class(scenario), scenario)
    day, half = build_day(scenario), leaders_half(program, scenario.market)
    if isinstance(half, Market) and not day.problem.bends:
        message = (
            f"is 0, and without wear a car's answer to a price jumps, so that {scenario.mission.controller} finds no"
        )
        raise scenario.error(
            "station.wear_dollars_per_kw2h",
            f'{message} price (write mission.controller = "admm", or a small wear such as 0.001)',
        )
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
            bills=scenario.leader.bills,
        )
    )


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
