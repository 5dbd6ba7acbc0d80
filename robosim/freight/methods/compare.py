"""Which methods run on a world, each with its own penalties, and on which networks that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from robosim.errors import BadInput
from robosim.files.writing import printable
from robosim.freight.air import failing
from robosim.freight.build import announced_penalties, program
from robosim.freight.keys import FreightRadio
from robosim.freight.methods.curves import Curve, nothing, trace
from robosim.freight.mission import Freight
from robosim.freight.published import BASELINES, TAKEN, published
from robosim.freight.scenario import FreightScenario
from robosim.lookup.programs import KEY, serving
from robosim.network.network import Alone
from robosim.network.unsteady import Unsteady
from robosim.reproduction import interrupted

ALL = "all"
FINEST = 1e-12
"""A run that has settled to this share ends before its last round."""
FAULTS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "5 % lost": {"loss": 0.05},
    "20 % lost": {"loss": 0.2},
    "1 late": {"delay_rounds": 1},
    "0-2 late": {"delay_rounds": (0, 2)},
    "off 20 %": {"awake": 0.8},
    "links 70 %": {"edges_up": 0.7},
    "10 bits": {"bits": 10},
}
"""What fails, as keys of [network.radio]."""
AS_SET = "as set"
"""What the world itself says in [network.radio]."""
NEEDS_NEIGHBOURS = "it needs neighbours, and there is one supplier"
Progress = Callable[..., None]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Curves by what fails: on one network, or on all of `FAULTS`; `interrupted` where Ctrl-C ended it early."""

    world: str
    seed: int
    agents: int
    unknowns: int
    optimum: float
    planned_rounds: int
    curves: tuple[tuple[str, Curve], ...]
    faults: dict[str, dict[str, Any]]
    interrupted: bool = False

    def plain(self) -> dict[str, Any]:
        """For JSON; curves of single rounds on one network only."""
        one = len(self.faults) == 1
        found = [{"fault": fault, **curve.plain(curves=one)} for fault, curve in self.curves]
        said = {"world": self.world, "seed": self.seed, "agents": self.agents, "unknowns": self.unknowns}
        said |= {"optimum": self.optimum, "planned_rounds": self.planned_rounds, "interrupted": self.interrupted}
        return {**said, "faults": self.faults, "methods": found}


def chosen(mission: Freight, names: str) -> list[str]:
    """Programs by name, `all` for robosim's own and the world's."""
    if names != ALL:
        return [name.strip().replace("-", "_") for name in names.split(",") if name.strip()]
    first = [mission.method] if mission.method not in serving("freight") else []
    return [*first, *sorted(serving("freight"), key=list(TAKEN).index)]


def compare(mission: Freight, names: str = ALL, faulty: bool = False, progress: Progress | None = None) -> Comparison:
    """Run the methods on a world, one after the other.

    Each with penalties of its own: those of the world for the world's own program, else X's where they are wanted and
    known, else automatic ones.

    Parameters
    ----------
    names : of programs with commas between, or "all".
    faulty : on every network of `FAULTS`, in place of the world's own.
    progress : hears how many runs are done.

    Raises
    ------
    BadInput
        A name that is no program for this world; faults of a network without links.
    """
    wanted, best = chosen(mission, names), mission.central.objective
    if not wanted:
        raise BadInput("--methods: names no method (write all, or names with commas between)")
    if faulty and isinstance(mission.network, Alone):
        raise BadInput("--network-faults: one supplier has no links that could fail (leave it out)")
    own = {} if mission.scenario.network.radio.is_perfect else {AS_SET: mission.scenario.network.radio.model_dump()}
    faults = {**FAULTS, **own} if faulty else own or {"nothing": {}}
    runs = list(_missions(mission, wanted, faults))
    found: list[tuple[str, Curve]] = []
    stopped = False
    for done, (fault, name, one) in enumerate(runs):
        try:
            found.append((fault, nothing(name, one) if isinstance(one, str) else _run(one, name, best)))
        except (KeyboardInterrupt, Exception) as problem:
            if not interrupted(problem):
                raise
            stopped = True
            break
        if progress is not None:
            progress(done + 1, len(runs))
    return Comparison(
        world=mission.scenario.name,
        seed=mission.scenario.mission.seed,
        agents=mission.network.n,
        unknowns=mission.problem.slope.size,
        optimum=best,
        planned_rounds=mission.rounds,
        curves=tuple(found),
        faults=faults,
        interrupted=stopped,
    )


def _run(mission: Freight, name: str, best: float) -> Curve:
    try:
        return trace(mission, best)
    except BadInput as why:
        return nothing(name, printable(str(why)))


def _missions(
    mission: Freight, names: Sequence[str], faults: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, str, Freight | str]]:
    for name in names:
        one = with_method(mission, name)
        alone = isinstance(mission.network, Alone) and name in BASELINES
        for fault, keys in faults.items():
            yield fault, name, NEEDS_NEIGHBOURS if alone else failed(one, keys)


def with_method(mission: Freight, name: str) -> Freight:
    """The same world with another program, everybody faithful, to its last round."""
    calm = mission.faithful()
    rules = {**calm.rules, "tolerance": FINEST}
    if name == mission.method:
        return replace(calm, rules=rules)
    scenario = _renamed(mission.scenario, name)
    try:
        found = program(scenario)
    except BadInput as why:  # the option named it, no line of the world
        raise BadInput(f"--methods: {str(why).rpartition(f'{KEY}: ')[2]}") from None
    if name not in TAKEN:
        fix = "name it in the world, [mission] controller, with all its penalties below [method]"
        raise BadInput(f"--methods: penalties of {name} are not known to robosim ({fix})")
    return replace(calm, rules=rules, controller=found, penalise=announced_penalties(scenario))


def _renamed(scenario: FreightScenario, name: str) -> FreightScenario:
    """Penalties that were set one by one are those of the world's own program."""
    wanted = scenario.method.penalties == "published" and published(name, scenario.freight.instance)
    method = type(scenario.method)(penalties="published" if wanted else "auto", variant=scenario.method.variant)
    # parameters that were set are of the other program's class
    section = scenario.mission.model_copy(update={"controller": name, "parameters": {}})
    return scenario.model_copy(update={"mission": section, "method": method})


def failed(mission: Freight, keys: dict[str, Any]) -> Freight:
    """The same mission on a network of which this fails."""
    network = mission.network
    graph = network.graph if isinstance(network, Unsteady) else network
    radio = FreightRadio(**keys)
    if radio.is_perfect:
        return replace(mission, network=graph)
    return replace(mission, network=failing(radio, graph, mission.scenario.mission.seed, mission.controller))
