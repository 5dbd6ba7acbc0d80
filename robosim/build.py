"""World file → mission, for every kind of world, and the selfish agents in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from robosim.agent import Controller, Deviation, Strategy
from robosim.build_auction import build_auction
from robosim.build_meeting import build_meeting
from robosim.controllers.selfish import BestResponse
from robosim.errors import BadInput
from robosim.mission import Mission
from robosim.respond import best_response
from robosim.scenario import RendezvousScenario, Scenario, load_scenario

Plan = Strategy | BestResponse


def load(
    world: str | Path,
    *,
    seed: int | None = None,
    set: Mapping[str, object] | None = None,
    controller: Controller | None = None,
    strategies: Mapping[int, Plan] | None = None,
) -> Any:
    """A mission from a world file or the name of a bundled world.

    Parameters
    ----------
    world : path, or one of `robosim.bundled_worlds()`.
    seed : replaces `mission.seed`.
    set : other keys to replace, `{"robots.count": 20}`.
    controller : the faithful program, in place of the one that the world names.
    strategies : agent → what it plays, in place of the world's `[[selfish]]`.

    Raises `BadInput` with every error of the file at once, `TooLarge` for what would not fit into memory.

    >>> load("erratum").rounds
    120
    """
    scenario = load_scenario(world, seed=seed, overrides=set or {})
    return build(scenario, controller=controller, strategies=strategies)


def build(
    scenario: Scenario, controller: Controller | None = None, strategies: Mapping[int, Plan] | None = None
) -> Mission[Any]:
    """The mission that a scenario describes."""
    if isinstance(scenario, RendezvousScenario):
        mission: Mission[Any] = build_meeting(scenario, controller)
    else:
        mission = build_auction(scenario, controller)
    plans = _plans(mission) if strategies is None else strategies
    return replace(mission, deviations=deviations(mission, plans))


def deviations(mission: Mission[Any], plans: Mapping[int, Plan]) -> tuple[Deviation, ...]:
    """One deviation per selfish agent of mission 0; best responses are solved here."""
    found = []
    for agent, plan in sorted(plans.items()):
        if not 0 <= agent < mission.network.n:
            raise BadInput(f"strategies: agent {agent} does not exist (use 0..{mission.network.n - 1})")
        strategy = best_response(mission, agent, plan.within_limits) if isinstance(plan, BestResponse) else plan
        found.append(Deviation(strategy=strategy, missions=np.array([0]), agents=np.array([agent])))
    return tuple(found)


def _plans(mission: Mission[Any]) -> dict[int, Plan]:
    return {
        agent: mission.strategies[entry.strategy](**entry.parameters)
        for entry in mission.scenario.selfish
        for agent in entry.agents
    }


def run(world: str | Path, **options: Any) -> Any:
    """`load(world, **options).run()`: the record of a mission.

    >>> run("erratum").settlement.penalised.tolist()
    [False]
    """
    return load(world, **options).run()
