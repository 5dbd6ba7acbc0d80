"""A kind of world: everything that the house asks of it, in one frozen object, found by entry point.

The house names no world. A kind is a distribution's entry point in the group `robosim.kinds`, robosim's own four like
anybody else's:

    [project.entry-points."robosim.kinds"]
    my_kind = "my_package.kind:KIND"

World files that stand beside that module, as data of its package, are listed with the bundled ones.
Functions of a kind may be `lazy`: they are imported when they are first called, so that the command line starts at once
and a world loads its own solvers only.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from robosim.errors import BadInput

if TYPE_CHECKING:
    from robosim.agent import Strategy
    from robosim.record import Record
    from robosim.scenario.world_file import WorldFile

GROUP = "robosim.kinds"


def lazy(place: str) -> Callable[..., Any]:
    """The function at `module:name`, imported when it is first called."""
    module, _, name = place.partition(":")

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*arguments, **options)

    call.__name__, call.__doc__ = name, f"`{place}`, imported when called."
    return call


def nothing(*_: Any) -> None:
    """What a kind has that does not have this."""
    return


def always(*_: Any) -> bool:
    """No exception."""
    return True


def no_lines(*_: Any) -> list[str]:
    """Nothing more to say."""
    return []


def no_mapping(*_: Any) -> dict[str, Any]:
    """Nothing by any name."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Entries of `Record.history` that a page draws in one frame: key → name; `log` on a logarithmic axis."""

    title: str
    names: Mapping[str, str]
    unit: str = ""
    log: bool = False


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What the house must know of a kind of world.

    Parameters
    ----------
    noun : its one name, for its folder, its classes, and its records on disk.
    word : what `mission.kind` says in its world files.
    section : the section that tells its files from those of another kind with the same word; "" for the other one.
    agent : what an agent is called, as in "robot 3".
    scenario : the checked form of its world files.
    build : (scenario, controller or None, network or None) → the `Mission` with everybody faithful.
    record : () → the class of its records.
    programs : () → its own programs, name → class; others stand in projects, in robosim, or come by entry point.
    strategies : () → its own deviations, name → class; others come by entry point (`robosim.lookup.strategies`).
    taxes : names of robosim's own tax rules that make sense here (`robosim.leader.tax_rule.RULES`).
    provides : what its leader can put before other people's tax rules (`TaxRule.needs`).
    meters : whether the leader's meter knows what a decision costs everybody, so that programs need no report.
    certify : (mission, faithful record, seconds, progress or None) → `Certificate`.
    rounds_needed : (mission, ε) → rounds that certify ε over all types, or None; raises `BadInput` if nobody can say.
    best_response : (mission, agent, within_limits) → the `Strategy` that earns an agent most; raises `BadInput`.
    lies : names of private types, numbers all, about which agents may lie to their own programs, where missions run on
        what agents pretend; searches bend these in place of words.
    ranges : (mission) → word → (lower, upper) of what agents may say by its rules, each like (agents, components).
    running : (mission, snapshot) → (missions, agents) what everybody's private cost were if the mission ended now, None
        where nobody meters it before the end.
    turns : (mission) → who has words in which step of a learner's environment, a `robosim.rl.turns.Turns`; None where
        everybody speaks in every round.
    stacked : (missions) → one mission with a row for each, where they differ in private types alone and a row of many
        is bit for bit what it is alone; None where they differ in more.
    solves : (mission) → whether best responses are solved without being asked for by name.
    covers : (mission, strategy) → whether certificates speak of it; not of one agent under several names.
    figures : (record) → name → function (record, mission number, `robosim.figures.paper.Paper`) → matplotlib Figure.
    curves : which entries of `Record.history` a page draws together; others stand alone.
    agreed_in : the unit of the distance that its leader bounds.
    left_out : (record, named) → name of a picture that this record cannot have → why; only if `named` those that nobody
        expects who does not name them.
    tables : (record) → rich tables of a run.
    findings : (record, mission) → lines about a run.
    notes : (mission) → lines about its rules that whoever runs, checks or certifies it should know.
    rivals : (mission, record, certified) → {"mechanisms": …, "baselines": …}: other rules on the same mission.
    scene : (record, of round 0 or of all rounds) → what viewer, film and page show, a `robosim.view.scenery.Scenery`.
    timeline : (record) → its numbers over mission seconds, a `robosim.exporting.timeline.Timeline`; None: its history.
    reproductions : () → what papers print about this kind of world and can be computed again, name → entry.
    sweep : (mission) → one row of `robosim compare`, with a `TITLE`; None where there is nothing to compare.
    methods : (mission, names, faulty, progress) → its programs side by side, with `tables`, `lines`, `picture`, `plain`
        and `interrupted`; None where there is nothing to compare.
    count_key : the key that says how many agents there are, which `compare` sets.
    displaced : (values of a file, its origin) takes out of the values what an option displaced.
    taken : (object) → the world, as an `Origin`, of a problem given in Python; None for anything else.
    """

    noun: str
    word: str
    section: str = ""
    agent: str = "agent"
    scenario: type[WorldFile]
    build: Callable[..., Any]
    record: Callable[[], type[Record]]
    programs: Callable[[], Mapping[str, type[Any]]] = no_mapping
    strategies: Callable[[], Mapping[str, type[Strategy]]] = no_mapping
    taxes: tuple[str, ...]
    provides: frozenset[str] = frozenset()
    meters: bool = False
    certify: Callable[..., Any]
    rounds_needed: Callable[..., int | None]
    best_response: Callable[..., Strategy] | None = None
    lies: tuple[str, ...] = ()
    ranges: Callable[[Any], Mapping[str, Any]] = no_mapping
    running: Callable[..., Any] = nothing
    turns: Callable[[Any], Any] = nothing
    stacked: Callable[..., Any] = nothing
    solves: Callable[[Any], bool] = nothing  # type: ignore[assignment]
    covers: Callable[..., bool] = always
    figures: Callable[[Any], Mapping[str, Callable[..., Any]]] = no_mapping
    curves: tuple[Curves, ...] = ()
    agreed_in: str = ""
    left_out: Callable[[Any, bool], Mapping[str, str]] = no_mapping
    tables: Callable[[Any], list[Any]]
    findings: Callable[[Any, Any], list[str]] = no_lines
    notes: Callable[[Any], list[str]] = no_lines
    rivals: Callable[..., Mapping[str, Any]] = no_mapping
    scene: Callable[[Any], Any] | None = None
    timeline: Callable[[Any], Any] | None = None
    reproductions: Callable[[], Mapping[str, Any]] = no_mapping
    sweep: Callable[[Any], Any] | None = None
    methods: Callable[..., Any] | None = None
    count_key: str = ""
    displaced: Callable[..., None] = nothing
    taken: Callable[[object], Any] = nothing


@lru_cache
def kinds() -> dict[str, Kind]:
    """Every installed kind of world by its noun, in alphabetical order.

    Raises `BadInput` naming a distribution whose kind cannot be loaded, or a noun that two of them claim.
    """
    found: dict[str, Kind] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            kind = entry.load()
        except Exception as problem:
            raise BadInput(
                f"{entry.value}: the kind of world {entry.name!r} cannot be loaded: "
                f"{type(problem).__name__}: {problem} (correct or uninstall its package)"
            ) from problem
        if not isinstance(kind, Kind):
            raise BadInput(f"{entry.value}: is no robosim.Kind, got {type(kind).__name__} (correct its package)")
        if kind.noun in found:
            raise BadInput(f"{entry.value}: the kind of world {kind.noun!r} is installed twice (uninstall one package)")
        found[kind.noun] = kind
    return dict(sorted(found.items()))


def homes() -> list[str]:
    """The package in which each installed kind's module stands, in alphabetical order; no kind is imported."""
    return sorted({entry.module.rpartition(".")[0] or entry.module for entry in entry_points(group=GROUP)})


def words() -> list[str]:
    """What `mission.kind` may say, each once."""
    return list(dict.fromkeys(kind.word for kind in kinds().values()))


def kind_of_file(values: Mapping[str, Any], word: str) -> Kind | None:
    """The kind of a world file with this `mission.kind`, None for a word that nobody has."""
    same = [kind for kind in kinds().values() if kind.word == word]
    return next(
        (kind for kind in same if kind.section and kind.section in values),
        next((kind for kind in same if not kind.section), None),
    )


def kind_of(scenario: WorldFile) -> Kind:
    """The kind that a checked world belongs to."""
    return next(kind for kind in kinds().values() if kind.scenario is type(scenario))


def kind_named(noun: str) -> Kind | None:
    """The kind of a record on disk, None where it is not installed."""
    return kinds().get(noun)
