"""Scenario → Mission: everything a world file describes, as objects ready to start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from robosim import energy, problem, types
from robosim.agent import Controller, Deviation, Strategy
from robosim.controllers.consensus import Consensus
from robosim.controllers.selfish import STRATEGIES, BestResponse
from robosim.errors import BadInput
from robosim.judge import judge
from robosim.leader import bound
from robosim.leader.settle import Announcement
from robosim.lookup import controller_class
from robosim.meeting import Meeting
from robosim.network import Network
from robosim.respond import best_response
from robosim.scenario import Scenario, load_scenario
from robosim.timing import Timing, timing
from robosim.world.arena import Arena, TravelArena

Plan = Strategy | BestResponse


def load(
    world: str | Path,
    *,
    seed: int | None = None,
    set: Mapping[str, object] | None = None,
    controller: Controller | None = None,
    strategies: Mapping[int, Plan] | None = None,
) -> Meeting:
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
) -> Meeting:
    """The mission that a scenario describes."""
    start = types.starts(scenario)
    network = types.network(scenario, start)
    chosen = timing(scenario, network)
    world = _arena(scenario, chosen)
    costs = problem.rendezvous(scenario.robots.private_cost, isinstance(world, TravelArena), world.power, world.dt_s)
    rules = _announce(scenario, network, chosen, costs, world)
    mission = Meeting(
        scenario=scenario,
        own={"start": start[None]},
        controller=controller or _controller(scenario),
        network=network,
        world=world,
        problem=costs,
        announcement=rules,
        rounds=rules.rounds,
        judge=judge,
        rules={"alpha": rules.alpha, "rounds": rules.rounds, "lower": rules.lower, "upper": rules.upper},
    )
    return replace(mission, deviations=deviations(mission, strategies if strategies is not None else _plans(scenario)))


def deviations(mission: Meeting, plans: Mapping[int, Plan]) -> tuple[Deviation, ...]:
    """One deviation per selfish agent of mission 0; best responses are solved here."""
    found = []
    for agent, plan in sorted(plans.items()):
        if not 0 <= agent < mission.network.n:
            raise BadInput(f"strategies: agent {agent} does not exist (use 0..{mission.network.n - 1})")
        strategy = best_response(mission, agent, plan.within_limits) if isinstance(plan, BestResponse) else plan
        found.append(Deviation(strategy=strategy, missions=np.array([0]), agents=np.array([agent])))
    return tuple(found)


def _plans(scenario: Scenario) -> dict[int, Plan]:
    return {
        robot: STRATEGIES[entry.strategy](**entry.parameters) for entry in scenario.selfish for robot in entry.robots
    }


def _controller(scenario: Scenario) -> Controller:
    found = controller_class(scenario)
    return Consensus(pays_for=scenario.robots.private_cost) if found is Consensus else found()


def _power(scenario: Scenario) -> energy.PowerModel:
    wanted = scenario.energy
    if wanted.power == "stage":
        return energy.stage(wanted.mass_kg)
    if wanted.power == "custom":
        return energy.PowerModel(p0_w=wanted.p0_w, p1_j_per_m=wanted.p1_j_per_m, p2_js_per_m2=wanted.p2_js_per_m2)
    return energy.argos_time_motion() if wanted.power == "argos-time-motion" else energy.quadratic()


def _arena(scenario: Scenario, chosen: Timing) -> Arena:
    travels = scenario.mission.travel == "after-agreeing"
    robots = scenario.robots
    return (TravelArena if travels else Arena)(
        d=robots.dimension,
        dt_s=chosen.travel_s if travels else chosen.dt_s,
        power=_power(scenario),
        speed_limit_mps=_or_inf(robots.speed_limit_mps),
        lower=chosen.lower,
        upper=chosen.upper,
        battery_j=_or_inf(scenario.energy.battery_j),
        noise_m=robots.position_noise_m,
        seed=int(np.random.SeedSequence([scenario.mission.seed, types.NOISE]).generate_state(1, np.uint64)[0]),
    )


def _announce(
    scenario: Scenario, network: Network, chosen: Timing, costs: problem.Rendezvous, world: Arena
) -> Announcement:
    robots, rounds = scenario.robots, scenario.mission.rounds
    box = types.box(robots.type_space_m, robots.dimension)
    noise = robots.position_noise_m
    try:
        envelope = bound.announce(scenario.leader.bound, network, chosen.alpha, *box, noise)
    except BadInput as refused:
        raise scenario.error("leader.bound", str(refused)) from None
    claims = costs.cost_range(
        box, noise * (rounds + 1), world.most_energy_j(rounds, float(np.linalg.norm(box[1] - box[0])))
    )
    return Announcement(
        alpha=chosen.alpha,
        rounds=rounds,
        lower=box[0],
        upper=box[1],
        rule=scenario.leader.bound,
        bound=envelope,
        tax=scenario.leader.tax,
        penalty=network.n * claims[1] - claims[0],
        cost_range=claims,
    )


def _or_inf(value: float | None) -> float:
    return np.inf if value is None else float(value)


def run(world: str | Path, **options: Any) -> Any:
    """`load(world, **options).run()`: the record of a mission.

    >>> run("erratum").settlement.penalised.tolist()
    [False]
    """
    return load(world, **options).run()
