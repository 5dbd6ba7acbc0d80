"""World file → freight mission: an instance or a general problem, who talks to whom, and the method's penalties."""

from __future__ import annotations

from typing import Any

import numpy as np

from robosim.agent import Controller, Rules, Said
from robosim.controllers.iplux import Iplux
from robosim.controllers.tracking_admm import TrackingAdmm
from robosim.errors import BadInput
from robosim.freight.air import on_the_air
from robosim.freight.coupled.feasible import indispensable, refuse_unmet
from robosim.freight.coupled.penalties import penalties
from robosim.freight.coupled.problem import Coupled
from robosim.freight.coupled.steep import gentled, steep_rules
from robosim.freight.mission import Freight, Penalise
from robosim.freight.published import BASELINES, PENALTIES, TAKEN
from robosim.freight.roads.archive import read_instance
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import Instance, coupled
from robosim.freight.roads.private_costs import UnitCost
from robosim.freight.roads.random_roads import random_roads
from robosim.freight.roads.tntp import read_tntp
from robosim.freight.roads.tntp_instance import tntp_instance
from robosim.freight.scenario import FreightScenario
from robosim.leader.tax_rule import ABSENCE, SHADOW_PRICE
from robosim.lookup import programs, taxes
from robosim.network import graphs
from robosim.network.graphs import communication
from robosim.network.network import Alone, Network
from robosim.scenario.world_file import refuse_too_large

ENOUGH_ROUNDS = 1000
"""Of problems without one supplier, at most, where a tolerance stops them and fewer are played with all."""
WEIGHTED = "consensus_tracking_admm"
"""The program that can weigh steep edges."""
GRAPH = 4
"""Stream of the world's seed that draws the communication graph."""


def build_freight(scenario: FreightScenario, controller: Controller | None, network: Any = None) -> Freight:
    """The mission that a scenario describes, with everybody faithful, on another network if one is given.

    Raises
    ------
    BadInput
        Files that cannot be read; demand that cannot be met; under VCG a supplier without whom it cannot be met (X,
        Assumption 7) or without whom the others cannot talk.
    """
    programs.refuse_stranger(scenario, controller)
    problem = scenario.general_problem()
    instance = instance_of(scenario) if problem is None else None
    problem = coupled(instance) if instance is not None else problem
    if problem is None:
        raise scenario.error("freight", 'names neither an instance nor a problem (write instance = "example-1")')
    scenario = scenario.measured(problem)
    refuse_too_large(scenario)
    _refuse_strangers(scenario, problem.agents)
    network = network or network_of(scenario, problem.agents, instance)
    if getattr(network, "weights", None) is not None:
        raise BadInput(
            "network: its edges have weights, and these methods weigh neighbours by how many they have "
            "(give the graph without the attribute weight)"
        )
    if network.n != problem.agents:
        raise BadInput(
            f"network: has {network.n} agents, {scenario.name} has {problem.agents} (give one node for each)"
        )
    leader, tax = scenario.leader, taxes.tax_rule(scenario)
    controller = controller or program(scenario)
    mission = Freight(
        scenario=scenario,
        own=own_types(problem, instance),
        controller=controller,
        network=on_the_air(scenario, network, controller),
        rounds=scenario.mission.rounds,
        rules={"rounds": scenario.mission.rounds, "tolerance": leader.tolerance},
        problem=problem,
        penalise=announced_penalties(scenario),
        tax=tax,
        marginals=leader.marginals,
        marginal_rounds=leader.marginal_rounds or marginal_rounds(scenario),
        instance=instance,
        periods=scenario.freight.periods,
    )
    refuse_demand(scenario, problem)
    if ABSENCE in tax.needs:
        refuse_indispensable(scenario, mission)
    return mission


def marginal_rounds(scenario: FreightScenario) -> int:
    """Of each P_-i where the world does not say: where all stop by a tolerance a short mission cuts none of them."""
    rounds = scenario.mission.rounds
    return rounds if scenario.leader.tolerance is None else max(rounds, ENOUGH_ROUNDS)


def instance_of(scenario: FreightScenario) -> Instance:
    """The roads and who ships what over them."""
    keys, seed = scenario.freight, scenario.mission.seed
    if keys.source == "paper":
        return paper_instance(str(keys.instance), ties=keys.ties)
    shape: dict[str, Any] = {"goods": keys.goods, "paths": keys.paths, "slack": keys.slack}
    shape |= {"congestion": keys.congestion_kind, "seed": seed}
    if keys.source == "random":
        return random_roads(suppliers=keys.supplier_count, demanders=keys.demander_count, **shape)
    net, trips = (scenario.existing_file_of(key) for key in ("roads", "trips"))
    if net is not None and trips is not None:
        roads = read_tntp(net, trips, scenario.existing_file_of("nodes"))
        who: dict[str, Any] = {"suppliers": keys.suppliers, "demanders": keys.demanders, "demand": keys.demand}
        file = scenario.existing_file_of("private_costs")
        weights = {"toll_weight": keys.toll_weight, "length_weight": keys.length_weight}
        cost = UnitCost(**weights, spread=keys.private_spread, file=file)
        try:
            return tntp_instance(roads, by=keys.by, scale=keys.demand_scale, cost=cost, **who, **shape)
        except BadInput as problem:
            key, _, message = str(problem).partition(": ")
            raise (scenario.error(f"freight.{key}", message) if hasattr(keys, key) else problem) from None
    return read_instance(scenario.existing_file_of("instance") or "")


def own_types(problem: Coupled, instance: Instance | None) -> Said:
    """Private types; where there are goods, how many of the first limits are stocks."""
    own = problem.own()
    goods = {} if instance is None else {"goods": np.full((1, problem.agents, 1), float(instance.K))}
    return own | goods


def network_of(scenario: FreightScenario, agents: int, instance: Instance | None) -> Network | Alone:
    """Who talks to whom."""
    wanted = scenario.network
    rng = np.random.default_rng([scenario.mission.seed, GRAPH])
    positions = None if instance is None or instance.positions is None else instance.positions[:agents]
    key = "network.edges" if wanted.graph == "edges" else "network.graph"
    if agents == 1:
        if scenario.mission.controller in BASELINES:
            message = f'is "{scenario.mission.controller}", which needs neighbours, and there is one supplier'
            raise scenario.error("mission.controller", f'{message} (write "consensus_tracking_admm")')
        return Alone()
    try:
        if wanted.graph == "edges":
            edges = graphs.canonical([link[:2] for link in wanted.edges or ()])
        elif wanted.graph == "instance" and instance is not None:
            edges = np.asarray(instance.comm_edges)
        else:
            edges = communication("ring" if wanted.graph == "instance" else wanted.graph, agents, rng, positions)
        return Network(n=agents, edges=edges, margin=wanted.margin)
    except BadInput as problem:
        raise scenario.error(key, str(problem)) from None


def program(scenario: FreightScenario) -> Controller:
    """The faithful program, in the variant that the world asks for."""
    found = programs.controller_class(scenario)
    variants: dict[type[Any], str] = {TrackingAdmm: "mixed", Iplux: "consistent"}
    given = {variants[found]: scenario.method.variant != "as-published"} if found in variants else {}
    return programs.made(found, scenario, **given)


def announced_penalties(scenario: FreightScenario) -> Penalise:
    """The parameters of the method: published, given, or from the scales of whatever problem is asked about.

    Where all are found and some edges are steep, what is announced about these comes with them.

    Raises `BadInput` for a method of the user's own whose parameters nobody gave.
    """
    method, fixed = programs.stem(scenario), scenario.published_penalties
    given = scenario.method.given
    if fixed is None and method not in TAKEN:
        if not given:
            message = f'is "auto", and penalties of {method} are not known to robosim'
            fix = f"write all that it takes below [method], of {', '.join(PENALTIES)}"
            raise scenario.error("method.penalties", f"{message} ({fix})")
        fixed = {}

    def penalise(problem: Coupled, network: Network) -> Rules:
        if method == WEIGHTED and fixed is None and not given and (gentle := gentled(problem)) is not None:
            return steep_rules(problem, network, gentle)
        return (penalties(problem, network, method) if fixed is None else fixed) | given

    return penalise


def refuse_indispensable(scenario: FreightScenario, mission: Freight) -> None:
    """Raise `BadInput` naming who must not be left out: VCG needs to know what the others would do alone."""
    needed = indispensable(mission.problem)
    if needed:
        names = ", ".join(str(i) for i in needed)
        raise scenario.error(
            "leader.tax",
            f'is "{mission.tax.name}", but without supplier {names} demand cannot be met (give the others more stock '
            f'and capacity, or write tax = "{SHADOW_PRICE.name}")',
        )
    if mission.marginals == "distributed":
        for agent in range(mission.network.n):
            try:
                mission.left(agent)
            except BadInput as problem:
                raise scenario.error("network.graph", str(problem)) from None


def refuse_demand(scenario: FreightScenario, problem: Coupled) -> None:
    """Raise `BadInput` naming the row of b that everybody together cannot meet."""
    try:
        refuse_unmet(problem)
    except BadInput as fault:
        raise scenario.error("freight" if scenario.problem is None else "problem.b", str(fault)) from None


def _refuse_strangers(scenario: FreightScenario, count: int) -> None:
    for number, entry in enumerate(scenario.selfish):
        if max(entry.agents) >= count:
            message = f"supplier {max(entry.agents)} does not exist, there are {count} (use 0..{count - 1})"
            raise scenario.error(f"selfish.{number}", message)
