"""World file → rendezvous: starts, graph, timing, bodies and the leader's announcement."""

from __future__ import annotations

import warnings

import numpy as np

from robosim.agent import Array, Controller, Rules
from robosim.controllers.consensus import Consensus
from robosim.controllers.saturated_consensus import SaturatedConsensus
from robosim.errors import BadInput
from robosim.leader import bound
from robosim.lookup import programs, taxes
from robosim.network import graphs
from robosim.network.given import weights_of
from robosim.network.network import Network
from robosim.network.radio import Graph
from robosim.rendezvous import problem
from robosim.rendezvous.announcing import announcement
from robosim.rendezvous.bounds import choose
from robosim.rendezvous.bounds.listed import listed
from robosim.rendezvous.embody import whispering
from robosim.rendezvous.frame import Frame, frame
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.moving import Moving
from robosim.rendezvous.radio import named_graph, on_the_air, refuse_theorems, with_batteries
from robosim.rendezvous.scenario import RendezvousScenario
from robosim.rendezvous.starts import starts
from robosim.rendezvous.timing import Timing, most_heard
from robosim.rendezvous.world.arena import Arena
from robosim.rendezvous.world.embodied import Embodied
from robosim.rendezvous.world.travel import TravelArena

PUBLISHED = 'the published bound penalises faithful robots in long missions (use "tight", or "paper", corrected)'


def build_rendezvous(
    scenario: RendezvousScenario, controller: Controller | None, network: Network | None
) -> Rendezvous:
    """The rendezvous that a scenario describes, with everybody faithful, on another network if one is given."""
    programs.refuse_stranger(scenario, controller)
    start, within = starts(scenario), frame(scenario)
    network = on_the_air(scenario, network or drawn_network(scenario, start))
    if network.n != len(start):
        raise BadInput(f"network: has {network.n} agents, {scenario.name} has {len(start)} robots (set robots.count)")
    controller = controller or _controller(scenario)
    refuse_theorems(scenario, controller, network, choose.rule_of(scenario.leader.bound, controller, network))
    moving = Moving(scenario, network, within, bool(getattr(controller, "keeps_reach", False)))
    chosen, world = moving.chosen, moving.world
    known = moving.tolerance is not None and choose.is_consensus(controller)
    rule = choose.rule_of(scenario.leader.bound, controller, network, "" if known else world.obeys)
    if rule in bound.BOUNDS and world.obeys and not known:
        raise scenario.error("leader.bound", f'{rule!r} has no room for what happens here: {world.obeys} (use "auto")')
    network = with_batteries(network, not isinstance(world, Embodied) or world.lasts(scenario.mission.rounds))
    world = whispering(world, network)
    travels = isinstance(world, TravelArena)
    driving_s = world.dt_s * (1 if travels else scenario.mission.rounds)
    costs = problem.rendezvous(scenario.robots.private_cost, world.power, driving_s, travels)
    said = told(scenario, network, chosen, world, within)
    blamed = PUBLISHED if rule == "paper-as-published" else choose.complaint(rule, controller)
    if blamed is not None:
        warnings.warn(f"{scenario.complaint('leader.bound', blamed)}", stacklevel=2)
    brought = listed(scenario, str(rule), controller, chosen, said)
    rules = announcement(scenario, network, moving, costs, str(rule), brought)
    mission = Rendezvous(
        scenario=scenario,
        own={"start": start[None] - within.places},
        controller=controller,
        network=network,
        world=world,
        problem=costs,
        announcement=rules,
        rounds=rules.rounds,
        tax=taxes.tax_rule(scenario),
        rules=said,
    )
    return choose.bounded(mission, rule)


def told(scenario: RendezvousScenario, network: Network, chosen: Timing, world: Arena, within: Frame) -> Rules:
    """What programs are told before round 0.

    alpha, a number or an array with a step for each round; rounds; lower and upper, (d,) m, the box of types; agents,
    how many; degree, the largest, with weights; connectivity λ₂ and lambda_max of the graph; reach_m, metres that a
    body gets in a round; pays_for, "displacement" or "energy".
    """
    return {
        "alpha": chosen.announced_alpha,
        "rounds": scenario.mission.rounds,
        "lower": within.lower,
        "upper": within.upper,
        "agents": network.n,
        "degree": most_heard(network),
        "connectivity": network.connectivity,
        "lambda_max": network.lambda_max,
        "reach_m": world.stride_m,
        "pays_for": scenario.robots.private_cost,
    }


def _controller(scenario: RendezvousScenario) -> Controller:
    found = programs.controller_class(scenario)
    given = {"pays_for": scenario.robots.private_cost} if found in (Consensus, SaturatedConsensus) else {}
    return programs.made(found, scenario, **given)


GRAPH = 2
"""Stream of the world's seed for graphs: adding a draw to one stream leaves the others' bits alone."""


def drawn_network(scenario: RendezvousScenario, start: Array) -> Graph:
    """The communication graph that the world file names; geometric graphs link robots that start near each other.

    Raises `BadInput` at `network.graph` or `network.edges` when it is not connected.
    """
    wanted, n = scenario.network, len(start)
    rng = np.random.default_rng([scenario.mission.seed, GRAPH])
    try:
        other = named_graph(scenario, start)
        if other is not None:
            return other
        edges = _edges(scenario, start, rng)
        weights = weights_of(edges, wanted.edges) if wanted.edges else None
        network = Network(n=n, edges=edges, name="" if wanted.long_links else wanted.graph, weights=weights)
        if weights is not None:
            _ = network.connectivity  # refuses weights that span too far, at their key
        return network
    except BadInput as problem:
        raise scenario.error("network.edges" if wanted.graph == "edges" else "network.graph", str(problem)) from None


def _edges(scenario: RendezvousScenario, start: Array, rng: np.random.Generator) -> graphs.Edges:
    wanted, n = scenario.network, len(start)
    if wanted.graph == "geometric":
        radius = None if wanted.radius_m == "auto" else float(wanted.radius_m)
        if wanted.long_links:
            return graphs.small_world(start, wanted.long_links, radius, rng)
        return graphs.geometric(start, radius)
    if wanted.graph == "edges":
        edges = graphs.canonical([link[:2] for link in wanted.edges or ()])
    elif wanted.graph == "random-tree":
        edges = graphs.random_tree(n, rng)
    else:
        edges = graphs.DETERMINISTIC[wanted.graph](n)
    return graphs.with_long_links(edges, n, wanted.long_links, rng) if wanted.long_links else edges
