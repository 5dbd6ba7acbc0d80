"""World file → mission, for every kind of world, and the selfish agents in it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack, overload

import numpy as np

from robosim import program, provenance
from robosim.agent import Controller, Deviation, Network, Strategy
from robosim.errors import BadInput
from robosim.files.complaint import Origin
from robosim.kind import kind_of, kinds
from robosim.leader.tax_rule import TaxRule
from robosim.lookup import code, programs
from robosim.lookup.plays import Given, single
from robosim.mission import Mission
from robosim.network.network import network_of
from robosim.record import Record
from robosim.scenario.loading import load_scenario
from robosim.scenario.world_file import WorldFile

if TYPE_CHECKING:
    import networkx as nx

M = TypeVar("M", bound=Mission[Any])
R = TypeVar("R", bound=Record)


class Options(TypedDict, total=False):
    """What `load` and `run` take beside the world, for type checkers."""

    seed: int | None
    set: Mapping[str, object] | None
    controller: Controller | None
    strategies: Mapping[int, Given] | None
    network: Network | nx.Graph | Sequence[Sequence[float]] | None
    tax: TaxRule | str | None
    problem: object


@overload
def load(world: object, *, kind: type[M], **options: Unpack[Options]) -> M: ...


@overload
def load(world: object, *, kind: None = None, **options: Unpack[Options]) -> Mission[Record]: ...


def load(
    world: object,
    *,
    seed: int | None = None,
    set: Mapping[str, object] | None = None,
    controller: Controller | None = None,
    strategies: Mapping[int, Given] | None = None,
    network: Network | nx.Graph | Sequence[Sequence[float]] | None = None,
    tax: TaxRule | str | None = None,
    problem: object = None,
    kind: type[Mission[Any]] | None = None,
) -> Mission[Any]:
    """A mission from a world file, the name of a bundled world, or a problem given in Python.

    Parameters
    ----------
    world : path, one of `robosim.bundled_worlds()`, or a problem that some kind of world takes, such as a
        `robosim.Coupled`: rounds, method and tax are set by `set`.
    seed : replaces `mission.seed`.
    set : other keys to replace, `{"robots.count": 20}`.
    controller : the faithful program, in place of the one that the world names.
    strategies : agent → what it plays, in place of the world's `[[selfish]]`: an object, its class, or its name,
        `"foot-dragging:stride=0.3"`.
    network : who hears whom, in place of the world's `[network]`: a connected networkx graph, whose integer nodes
        0..n-1 are ids and whose edges may have the attribute `weight`; a list of edges [i, j] or [i, j, weight]; or an
        object that keeps the protocol `robosim.agent.Network`. Not where agents hear the leader only.
    tax : the rule by which the leader bills, in place of `leader.tax`: a `robosim.TaxRule` or its name.
    problem : a problem given in Python, such as a `robosim.Coupled`, in place of the one that the world names; method,
        leader and rounds stay the world's.
    kind : the class of mission that the world describes, such as `robosim.Rendezvous`, so that type checkers know it.

    Raises `BadInput` with every error of the file at once, `TooLarge` for what would not fit into memory.

    >>> load("erratum").rounds
    120
    """
    keys = set or {} if problem is None else {**_keys(problem), **(set or {})}
    scenario = load_scenario(_text(world), seed=seed, overrides=keys)
    if controller is not None and scenario.parameters:
        message = f"are for {scenario.mission.controller}, and a program was given in Python (set them in its class)"
        raise scenario.error(programs.PARAMETERS, message)
    graph = None if network is None else network_of(network)
    mission = build(scenario, controller=controller, strategies=strategies, network=graph, tax=tax)
    if kind is not None and not isinstance(mission, kind):
        found = type(mission).__name__
        raise BadInput(f"kind: must be {found} for {scenario.name}, got {kind.__name__} (name that class, or none)")
    return mission


def _text(world: object) -> str | Path | Origin:
    if isinstance(world, str | Path):
        return world
    for kind in kinds().values():
        origin: Origin | None = kind.taken(world)
        if origin is not None:
            return origin
    raise BadInput(f"world: must be a name, a path or a problem, got {world!r:.60} (for example a robosim.Coupled)")


def _keys(problem: object) -> Mapping[str, object]:
    """The keys that put a problem into a world of its kind."""
    for kind in kinds().values():
        origin: Origin | None = kind.taken(problem)
        if origin is not None:
            return {key: part for key, part in tomllib.loads(origin.text).items() if key != "mission"}
    raise BadInput(f"problem: must be one that some kind of world takes, got {problem!r:.60} (a robosim.Coupled)")


def build(
    scenario: WorldFile,
    controller: Controller | None = None,
    strategies: Mapping[int, Given] | None = None,
    network: Network | None = None,
    tax: TaxRule | str | None = None,
) -> Mission[Any]:
    """The mission that a scenario describes; its kind of world is imported now, with its solvers."""
    mission: Mission[Any] = kind_of(scenario).build(scenario, controller, network)
    program.refuse_incomplete(mission.controller, mission.kind.meters)
    mission = mission if tax is None else mission.billed(tax)
    plans = None if strategies is None else {i: single(mission, plan) for i, plan in strategies.items()}
    played = deviations(mission, _plans(mission) if plans is None else plans)
    named = code.own_files(scenario, program=controller is None, strategies=strategies is None, tax=tax is None)
    source = None if controller is None else provenance.source_of(controller)
    files, copies = provenance.inputs(scenario.inputs(), named, source)
    given = provenance.Given(
        files=files,
        copies=copies,
        plans=plans,
        deviations=played,
        own=mission.own,
        controller=controller is not None,
        network=network is not None,
    )
    return replace(mission, deviations=played, given=given)


def deviations(mission: Mission[Any], plans: Mapping[int, Strategy]) -> tuple[Deviation, ...]:
    """One deviation per selfish agent of mission 0; best responses are solved here."""
    found = []
    for agent, plan in sorted(plans.items()):
        if not 0 <= agent < mission.network.n:
            raise BadInput(f"strategies: agent {agent} does not exist (use 0..{mission.network.n - 1})")
        strategy = plan.prepared(mission, agent)
        found.append(Deviation(strategy=strategy, missions=np.array([0]), agents=np.array([agent])))
    return tuple(found)


def _plans(mission: Mission[Any]) -> dict[int, Strategy]:
    entries, known = mission.scenario.selfish, mission.strategies if mission.scenario.selfish else {}
    return {agent: entry.played(known[entry.strategy]) for entry in entries for agent in entry.agents}


@overload
def run(world: object, *, kind: type[Mission[R]], **options: Unpack[Options]) -> R: ...


@overload
def run(world: object, *, kind: None = None, **options: Unpack[Options]) -> Record: ...


def run(world: object, *, kind: Any = None, **options: Unpack[Options]) -> Record:
    """`load(world, **options).run()`: the record of a mission.

    >>> run("erratum").settlement.penalised.tolist()
    [False]
    """
    record: Record = load(world, kind=kind, **options).run()
    return record
