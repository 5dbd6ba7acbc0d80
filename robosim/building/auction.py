"""World file → auction: who wants what, what there is, and how the leader moves the price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from robosim.agent import Array, Controller, Rules
from robosim.building.day import build_day
from robosim.building.lookup import controller_class
from robosim.controllers.admm import Admm, Exchange
from robosim.controllers.market import Market
from robosim.judge import judge
from robosim.missions.auction import Auction
from robosim.missions.built import Built
from robosim.network import Hub
from robosim.problems.allocation import Allocation
from robosim.scenario import ChargingScenario, StationScenario
from robosim.world.talk import Forum

USUAL_KWH = 10.0
"""What a session takes, roughly (Caltech's median is 6 kWh, JPL's 12)."""


def build_auction(scenario: ChargingScenario, controller: Controller | None) -> Auction:
    """The auction that a scenario describes, with everybody faithful."""
    problem = allocation(scenario)
    return Auction(
        allocation=problem,
        own=problem.own(),
        network=Hub(n=problem.agents),
        rules=_rules(scenario, scenario.leader.epsilon),
        **_common(scenario, controller),
    )


def build_charging(scenario: StationScenario, controller: Controller | None) -> Auction:
    """The charging day that a scenario describes, with everybody faithful."""
    day = build_day(scenario)
    problem = day.problem
    return Auction(
        allocation=problem,
        own=problem.own(),
        network=Hub(n=problem.agents),
        rules=_rules(scenario, announced_epsilon(scenario, day)),
        day=day,
        bills=scenario.leader.bills,
        **_common(scenario, controller),
    )


def _common(scenario: ChargingScenario | StationScenario, controller: Controller | None) -> dict[str, Any]:
    program = controller or controller_class(scenario)()
    if isinstance(program, Admm) and isinstance(scenario, StationScenario):
        raise scenario.error("mission.controller", 'cars answer prices only (write controller = "dual_decomposition")')
    leader = Exchange() if isinstance(program, Admm) else Market(update=scenario.market.update)
    return {
        "scenario": scenario,
        "controller": program,
        "coordinator": leader,
        "world": Forum(),
        "tax": scenario.leader.tax,
        "rounds": scenario.mission.rounds,
        "judge": judge,
    }


def _rules(scenario: ChargingScenario | StationScenario, epsilon: float | None) -> Rules:
    market = scenario.market
    share = market.step_of_sure
    return {
        "rounds": scenario.mission.rounds,
        "gamma": None if share is not None or market.step == "auto" else float(market.step),
        "share": 1.0 if share is None else share,
        "price": market.start_price,
        "epsilon": epsilon,
    }


def announced_epsilon(scenario: StationScenario, day: Built) -> float | None:
    """ε in dollars; a share is one of what the day's sessions would pay for 10 kWh each at the mean price.

    Where energy costs nothing, what it is worth to a car that misses it stands for the price.

    The leader knows that before anybody said what he wants, so that ε tells nothing and depends on nobody.
    """
    share = scenario.leader.epsilon_share
    if share is None:
        return scenario.leader.epsilon
    price = float(day.tariff_per_kwh.mean()) or scenario.station.unmet_dollars_per_kwh
    return share * USUAL_KWH * day.problem.agents * price


def allocation(scenario: ChargingScenario) -> Allocation:
    """min Σ a_i (z_i - t_i)² over shares that add up to the capacity; what is drawn comes from the world's seed.

    Curvatures are drawn before wishes, both uniformly from their ranges.
    """
    bidders, market = scenario.bidders, scenario.market
    rng = np.random.default_rng(scenario.mission.seed)
    curvature = _drawn(bidders.curvature, bidders.curvature_range, bidders.count, rng)
    wanted = _drawn(bidders.wanted_kw, bidders.wanted_range_kw, bidders.count, rng)
    capacity = market.capacity_kw or 0.0 if market.capacity_share is None else market.capacity_share * wanted.sum()
    lowest, highest = bidders.bid_limits_kw or (-np.inf, np.inf)
    weights = np.ones(bidders.count) if market.weights is None else np.array(market.weights)
    return Allocation.of(
        2 * curvature[:, None],
        (-2 * curvature * wanted)[:, None],
        weights[:, None, None],
        [capacity],
        k=curvature * wanted**2,
        lower=lowest,
        upper=highest,
        sense="=" if market.sense == "equal" else "<=",
    )


def _drawn(value: object, between: Sequence[float], count: int, rng: np.random.Generator) -> Array:
    if value == "random":
        return np.asarray(rng.uniform(between[0], between[1], count))
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)))
