"""World file → mission, for every kind of world, and the selfish agents in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from robosim.agent import Controller, Deviation, Strategy
from robosim.controllers.selfish import BestResponse
from robosim.errors import BadInput
from robosim.missions.mission import Mission
from robosim.network import Network
from robosim.scenario import FreightScenario, RendezvousScenario, Scenario, StationScenario, load_scenario
from robosim.scenario.given_problem import world_of
from robosim.scenario.origin import Origin

if TYPE_CHECKING:
    import networkx as nx

    from robosim.problems.coupled import Coupled

Plan = Strategy | BestResponse


def load(
    world: str | Path | Coupled,
    *,
    seed: int | None = None,
    set: Mapping[str, object] | None = None,
    controller: Controller | None = None,
    strategies: Mapping[int, Plan] | None = None,
    network: Network | nx.Graph | None = None,
) -> Any:
    """A mission from a world file, the name of a bundled world, or a coupled problem.

    Parameters
    ----------
    world : path, one of `robosim.bundled_worlds()`, or a `robosim.Coupled`, whose agents solve it as in a world of kind
        "freight": rounds, method and tax are set by `set`.
    seed : replaces `mission.seed`.
    set : other keys to replace, `{"robots.count": 20}`.
    controller : the faithful program, in place of the one that the world names.
    strategies : agent → what it plays, in place of the world's `[[selfish]]`.
    network : who hears whom, in place of the world's `[network]`: any connected networkx graph (not for bidders, who
        hear the leader only).

    Raises `BadInput` with every error of the file at once, `TooLarge` for what would not fit into memory.

    >>> load("erratum").rounds
    120
    """
    scenario = load_scenario(_text(world), seed=seed, overrides=set or {})
    graph = network if network is None or isinstance(network, Network) else Network.of(network)
    return build(scenario, controller=controller, strategies=strategies, network=graph)


def _text(world: str | Path | Coupled) -> str | Path | Origin:
    if isinstance(world, str | Path):
        return world
    from robosim.problems.coupled import Coupled

    if not isinstance(world, Coupled):
        raise BadInput(f"world: must be a name, a path or a robosim.Coupled, got {world!r:.60} (give one of these)")
    return world_of(world)


def build(
    scenario: Scenario,
    controller: Controller | None = None,
    strategies: Mapping[int, Plan] | None = None,
    network: Network | None = None,
) -> Mission[Any]:
    """The mission that a scenario describes."""
    mission = _faithful(scenario, controller, network)
    plans = _plans(mission) if strategies is None else strategies
    return replace(mission, deviations=deviations(mission, plans))


def _faithful(scenario: Scenario, controller: Controller | None, network: Network | None) -> Mission[Any]:
    """Each kind of world is imported when it is built: others' solvers and roads take their time to load."""
    if isinstance(scenario, RendezvousScenario):
        from robosim.building.meeting import build_meeting

        return build_meeting(scenario, controller, network)
    if isinstance(scenario, FreightScenario):
        from robosim.building.haulage import build_haulage

        return build_haulage(scenario, controller, network)
    if network is not None:
        raise BadInput(f"network: bidders hear the leader only, {scenario.name} takes no graph (leave it out)")
    from robosim.building.auction import build_auction, build_charging

    return (
        build_charging(scenario, controller)
        if isinstance(scenario, StationScenario)
        else build_auction(scenario, controller)
    )


def deviations(mission: Mission[Any], plans: Mapping[int, Plan]) -> tuple[Deviation, ...]:
    """One deviation per selfish agent of mission 0; best responses are solved here."""
    found = []
    for agent, plan in sorted(plans.items()):
        if not 0 <= agent < mission.network.n:
            raise BadInput(f"strategies: agent {agent} does not exist (use 0..{mission.network.n - 1})")
        strategy = _solved(mission, agent, plan)
        found.append(Deviation(strategy=strategy, missions=np.array([0]), agents=np.array([agent])))
    return tuple(found)


def _solved(mission: Mission[Any], agent: int, plan: Plan) -> Strategy:
    if not isinstance(plan, BestResponse):
        return plan
    from robosim.respond import best_response

    return best_response(mission, agent, plan.within_limits)


def _plans(mission: Mission[Any]) -> dict[int, Plan]:
    return {
        agent: mission.strategies[entry.strategy](**entry.parameters)
        for entry in mission.scenario.selfish
        for agent in entry.agents
    }


def run(world: str | Path | Coupled, **options: Any) -> Any:
    """`load(world, **options).run()`: the record of a mission.

    >>> run("erratum").settlement.penalised.tolist()
    [False]
    """
    return load(world, **options).run()
