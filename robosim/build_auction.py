"""World file → auction: who wants what, what there is, and how the leader moves the price."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robosim.agent import Array, Controller
from robosim.allocation import Allocation
from robosim.auction import Auction
from robosim.controllers.market import Market
from robosim.judge import judge
from robosim.lookup import controller_class
from robosim.network import Hub
from robosim.scenario import ChargingScenario
from robosim.world.talk import Forum


def build_auction(scenario: ChargingScenario, controller: Controller | None) -> Auction:
    """The auction that a scenario describes, with everybody faithful."""
    problem = allocation(scenario)
    market, leader = scenario.market, scenario.leader
    share = market.step_of_sure
    step = share * problem.sure_step() if share is not None else None if market.step == "auto" else float(market.step)
    return Auction(
        scenario=scenario,
        own=problem.own(),
        controller=controller or controller_class(scenario)(),
        coordinator=Market(update=market.update),
        network=Hub(n=problem.agents),
        world=Forum(),
        allocation=problem,
        tax=leader.tax,
        rounds=scenario.mission.rounds,
        judge=judge,
        rules={
            "rounds": scenario.mission.rounds,
            "gamma": problem.sure_step() if step is None else step,
            "price": market.start_price,
            "epsilon": leader.epsilon,
        },
    )


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
