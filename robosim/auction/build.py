"""World file → auction: who wants what, what there is, and how the leader moves the price."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from robosim.agent import Array, Controller, Rules
from robosim.auction.mission import Auction, PriceMission
from robosim.auction.problem import Allocation
from robosim.auction.scenario import AuctionScenario
from robosim.bodiless import Bodiless
from robosim.controllers.parts.market import Market
from robosim.errors import BadInput
from robosim.lookup import programs, taxes
from robosim.network.network import Hub
from robosim.scenario.world_file import WorldFile

P = TypeVar("P", bound=PriceMission[Any])


def build_auction(scenario: AuctionScenario, controller: Controller | None, network: object = None) -> Auction:
    """The auction that a scenario describes, with everybody faithful."""
    refuse_graph(scenario, network)
    problem = allocation(scenario)
    programs.refuse_stranger(scenario, controller)
    program = controller or programs.made(programs.controller_class(scenario), scenario)
    return said_if_unsure(
        Auction(
            scenario=scenario,
            controller=program,
            coordinator=leaders_half(program, scenario.market),
            network=Hub(n=problem.agents),
            world=Bodiless(),
            tax=taxes.tax_rule(scenario),
            rounds=scenario.mission.rounds,
            rules=price_rules(scenario.mission.rounds, scenario.market, scenario.leader.epsilon, program),
            own=problem.own(),
            allocation=problem,
        )
    )


def said_if_unsure(mission: P) -> P:
    """The mission; a price step above the sure one is a warning, and so is one that nobody takes."""
    scenario: Any = mission.scenario
    if not isinstance(mission.coordinator, Market) and scenario.market.step != "auto":
        message = f"is not used by {scenario.mission.controller}, whose step follows from its penalty"
        message = f'{message} (write step = "auto")'
        warnings.warn(scenario.complaint("market.step", message), stacklevel=2)
    if mission.bold_step is not None:
        message = f'{mission.bold_step}: prices may run away (write step = "auto")'
        warnings.warn(mission.scenario.complaint("market.step", message), stacklevel=2)
    return mission


def refuse_graph(scenario: WorldFile, network: object) -> None:
    """Who answers prices hears the leader only. Raises `BadInput` for a network."""
    if network is not None:
        raise BadInput(f"network: bidders hear the leader only, {scenario.name} takes no graph (leave it out)")


def leaders_half(program: Controller, market: Any) -> Any:
    """What goes with a program: the `coordinator` that its class names, or a market as [market] says."""
    half = getattr(program, "coordinator", None)
    return Market(update=market.update) if half is None else half()


def price_rules(rounds: int, market: Any, epsilon: float | None, program: Controller) -> Rules:
    """What the leader announces of the price: a [market] section's start, step, when to stop; ρ if a program has it."""
    share = market.step_of_sure
    return {
        "rounds": rounds,
        "gamma": None if share is not None or market.step == "auto" else float(market.step),
        "share": 1.0 if share is None else share,
        "price": market.start_price,
        "epsilon": epsilon,
        "rho": getattr(program, "rho", None),
    }


def allocation(scenario: AuctionScenario) -> Allocation:
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
