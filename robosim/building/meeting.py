"""World file → rendezvous: starts, graph, timing, bodies and the leader's announcement."""

from __future__ import annotations

import warnings

import numpy as np

from robosim import energy
from robosim.agent import Controller
from robosim.building import types
from robosim.building.lookup import controller_class
from robosim.building.timing import Timing, timing
from robosim.controllers.consensus import Consensus
from robosim.errors import BadInput
from robosim.judge import judge
from robosim.leader import bound
from robosim.leader.settle import Announcement
from robosim.missions.meeting import Meeting
from robosim.network import Network
from robosim.problems import rendezvous as problem
from robosim.scenario import RendezvousScenario
from robosim.world.arena import Arena, TravelArena

PUBLISHED = 'the published bound penalises faithful robots in long missions (use "tight", or "paper", corrected)'


def build_meeting(scenario: RendezvousScenario, controller: Controller | None, network: Network | None) -> Meeting:
    """The rendezvous that a scenario describes, with everybody faithful, on another network if one is given."""
    start = types.starts(scenario)
    network = network or types.network(scenario, start)
    if network.n != len(start):
        raise BadInput(f"network: has {network.n} agents, {scenario.name} has {len(start)} robots (set robots.count)")
    chosen = timing(scenario, network)
    world = _arena(scenario, chosen)
    costs = problem.rendezvous(scenario.robots.private_cost, isinstance(world, TravelArena), world.power, world.dt_s)
    rules = _announce(scenario, network, chosen, costs, world)
    return Meeting(
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


def _controller(scenario: RendezvousScenario) -> Controller:
    found = controller_class(scenario)
    return Consensus(pays_for=scenario.robots.private_cost) if found is Consensus else found()


def _power(scenario: RendezvousScenario) -> energy.PowerModel:
    wanted = scenario.energy
    if wanted.power == "stage":
        return energy.stage(wanted.mass_kg)
    if wanted.power == "custom":
        return energy.PowerModel(p0_w=wanted.p0_w, p1_j_per_m=wanted.p1_j_per_m, p2_js_per_m2=wanted.p2_js_per_m2)
    return energy.argos_time_motion() if wanted.power == "argos-time-motion" else energy.quadratic()


def _arena(scenario: RendezvousScenario, chosen: Timing) -> Arena:
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
    scenario: RendezvousScenario, network: Network, chosen: Timing, costs: problem.Rendezvous, world: Arena
) -> Announcement:
    robots, rounds = scenario.robots, scenario.mission.rounds
    box = types.box(robots.type_space_m, robots.dimension)
    noise = robots.position_noise_m
    if scenario.leader.bound == "paper-as-published":
        warnings.warn(f"{scenario.complaint('leader.bound', PUBLISHED)}", stacklevel=2)
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
