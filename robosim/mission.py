"""The mission loop: everything that changes is in a Snapshot, and time passes in `Mission.advance` only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robosim import deviate, program, provenance, rows, stopping
from robosim.agent import Array, Controller, Coordinator, Deviation, Heard, Network, Rules, Said, Strategy, World
from robosim.deviate import Fault, Selfish
from robosim.errors import BadInput
from robosim.judge import judge
from robosim.kind import Kind, kind_of
from robosim.leader.tax_rule import TaxRule
from robosim.lookup import strategies, taxes
from robosim.lookup.project import Named
from robosim.program import SILENT, Form
from robosim.record import Record
from robosim.scenario.world_file import WorldFile
from robosim.tape import Tape

R = TypeVar("R", bound=Record, covariant=True)


class Snapshot(NamedTuple):
    """A mission after round k. Saving it is a checkpoint, advancing it is a run, drawing it is a viewer."""

    k: int
    state: Any
    """What the followers' program keeps."""
    heard: Heard
    leader: Any
    """What the leader's program keeps."""
    body: Any
    """What the world keeps: bodies, meters, tapes."""
    net: Any
    """What the network keeps: messages under way, its generator."""
    memory: tuple[Any, ...]
    """What each deviation keeps."""
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Mission(ABC, Generic[R]):
    """Agents, network, world and leader, ready to start; `batch` missions side by side differ in who deviates.

    Each kind of world adds what its leader needs to settle.

    Parameters
    ----------
    scenario : the checked world file behind it.
    own : private types, each (1, agents, components), or (batch, agents, components) where missions differ in them.
    controller : the faithful program.
    coordinator : the leader's half of the algorithm, where there is one.
    rules : what the leader announces to the agents.
    rounds : n.
    tax : the rule by which the leader bills.
    deviations : who plays which strategy in which mission of the batch.
    given : what it was built from.
    """

    scenario: WorldFile
    own: Said
    controller: Controller
    coordinator: Coordinator | None = None
    network: Network
    world: World
    rules: Rules
    rounds: int
    tax: TaxRule
    deviations: tuple[Deviation, ...] = ()
    batch: int = 1
    given: provenance.Given = field(default_factory=provenance.Given)
    stacks: ClassVar[bool] = True  # whether the rows of a deviation stay together, in order, whatever is played

    @property
    @abstractmethod
    def summary(self) -> str:
        """The mission in one line, for people."""

    @property
    @abstractmethod
    def unit(self) -> str:
        """Of costs and taxes."""

    @property
    @abstractmethod
    def words(self) -> Mapping[str, tuple[int, int | None]]:
        """What programs must say: of each word the least and the most components (None: any number more)."""

    @property
    def copies(self) -> int:
        """Problems that are run side by side for each mission of the batch."""
        return 1

    @property
    def spoken(self) -> int:
        """Numbers that agents say in a round of one problem."""
        return self.network.n * max(least for least, _ in self.words.values())

    @abstractmethod
    def optimum(self) -> float | None:
        """The least social cost, None where nobody knows it."""

    @abstractmethod
    def rational(self, record: Any) -> bool | None:
        """Whether nobody would rather have stayed away; None where nobody can."""

    @abstractmethod
    def tape(self, every: int | None) -> Tape:
        """Keeps every `every`-th round (None: nothing)."""

    @abstractmethod
    def decide(self, snapshot: Snapshot) -> Array:
        """What is decided where the mission stands, (missions, agents, components)."""

    @abstractmethod
    def settle(self, snapshot: Snapshot) -> R:
        """The last exchange: decision, reports, bill; before round n, as if n were now."""

    @cached_property
    def kind(self) -> Kind:
        """The kind of world that it belongs to."""
        return kind_of(self.scenario)

    @cached_property
    def strategies(self) -> Named[type[Strategy]]:
        """What selfish agents of this kind of world can play, by name."""
        return strategies.strategies(self.kind, self.scenario.source)

    @cached_property
    def taxes(self) -> Named[TaxRule]:
        """The tax rules that its leader can apply, by name."""
        return taxes.tax_rules(self.kind, self.scenario.source)

    @cached_property
    def announced(self) -> Rules:
        """The rules as controller and coordinator get them."""
        return self.rules

    @cached_property
    def types(self) -> Said:
        """Private types of every mission of the batch, (missions, agents, components)."""
        return {key: np.repeat(x, self.batch, axis=0) if len(x) < self.batch else x for key, x in self.own.items()}

    @cached_property
    def faithful_decision(self) -> Array:
        """What is decided where everybody is faithful, (1, agents, components)."""
        alone = self.faithful()
        return alone.decide(alone.played())

    @cached_property
    def selfish(self) -> Selfish:
        """The deviations with their agents' own types."""
        return deviate.selfish(self.deviations, self.own, self.announced)

    def faithful(self) -> Self:
        """The same mission, alone, with everybody faithful."""
        return self.playing(())

    def playing(self, deviations: tuple[Deviation, ...], batch: int = 1) -> Self:
        """The same mission with other deviations, `batch` times side by side."""
        return replace(self, deviations=deviations, batch=batch)

    def starts(self, thetas: Mapping[str, ArrayLike]) -> Self:
        """As many missions side by side as there are rows of types, each (missions, agents, components).

        Parameters
        ----------
        thetas : private types by name, as in `own`; the others stay as they are.

        Raises `BadInput` for a type that this world does not have, or another shape.
        """
        given = {key: np.asarray(x, dtype=np.float64) for key, x in thetas.items()}
        for key, x in given.items():
            wanted = self.own[key].shape[1:] if key in self.own else None
            if x.shape[1:] != wanted or x.ndim != 3:
                known = ", ".join(f"{name} (missions, {y.shape[1]}, {y.shape[2]})" for name, y in self.own.items())
                raise BadInput(f"thetas: {key!r} has the shape {x.shape} (types are {known})")
        counts = {len(x) for x in given.values()}
        if len(counts) != 1:
            raise BadInput(f"thetas: {sorted(counts)} missions (give each type once a mission, at least one type)")
        return replace(self, own=self.own | given, batch=counts.pop())

    def billed(self, tax: str | TaxRule) -> Self:
        """The same mission under another tax rule. Raises `BadInput` for one that its leader cannot apply."""
        return replace(self, tax=taxes.applicable(self.kind, tax, self.taxes))

    def start(self, tape: Tape | None = None) -> Snapshot:
        """Round 0: the rules are announced, everybody says its first words. Without a tape nothing is kept."""
        form = Form(self.batch * self.copies, self.network.n, self.words)
        state, said = program.begin(self.controller, self.types, self.announced, self.network.links, form)
        if self.deviations:
            said = {key: x.copy() for key, x in said.items()}  # the first words may be the private types themselves
        memory, faults = deviate.speak(self.selfish, 0, said, None, (None,) * len(self.selfish.deviations))
        body, seen = self.world.start(self.types, said, tape or self.tape(None))
        leader, cast = program.announce(self.coordinator, self.announced)
        net, heard = self.network.deliver(0, self.network.start(), seen, cast)
        return Snapshot(0, state, heard, leader, body, net, memory, faults)

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round: followers finish round k-1 and speak, the selfish replace their rows, bodies drive, all look."""
        k, memory, faults = snapshot.k + 1, snapshot.memory, snapshot.faults
        state, said = program.go_on(self.controller, k, snapshot.state, snapshot.heard)
        if self.deviations:
            lent = getattr(self.controller, "keeps_words", False)  # then nobody else writes into what it said
            said = {key: x.copy() if lent or not x.flags.writeable else x for key, x in said.items()}
            memory, new = deviate.speak(self.selfish, k, said, snapshot.heard, memory)
            faults += new
        body, seen = self.world.move(snapshot.body, said)
        leader, cast = SILENT if self.coordinator is None else program.lead(self.coordinator, k, snapshot.leader, seen)
        net, heard = self.network.deliver(k, snapshot.net, seen, cast)
        return Snapshot(k, state, heard, leader, body, net, memory, faults)

    def run(self, every: int | None = None, watch: Callable[[Snapshot], None] | None = None) -> R:
        """All rounds and the settlement; `every` thins the record, `watch` sees each snapshot.

        Ctrl-C ends the mission early: what was played is settled after that round and marked `interrupted`.
        """
        with stopping.held() as stop:
            record: R = rows.settled(self, rows.ended(self, every or self.scenario.record.every, watch))
            given_up = stop.take()  # the rounds were over: only what the judge would look for is not worth the wait
        record.await_judge(lambda one: judge(self, one, given_up))
        return record

    def whole(self) -> R:
        """All rounds and the settlement, to be compared with others: Ctrl-C is raised, not recorded."""
        record: R = rows.settled(self, rows.ended(self, self.rounds))
        if record.interrupted:
            raise KeyboardInterrupt
        return record

    def played(self, tape: Tape | None = None, watch: Callable[[Snapshot], None] | None = None) -> Snapshot:
        """The end of the mission, or where Ctrl-C stopped it; nothing is kept on the way without a tape."""
        snapshot = self.start(tape)
        try:
            with stopping.willing():
                while snapshot.k < self.rounds and not self.finished(snapshot):
                    snapshot = self.advance(snapshot)
                    if watch:
                        watch(snapshot)
        except KeyboardInterrupt:
            if tape is None:
                raise
        return snapshot

    def final(self, scripts: Sequence[tuple[int, Strategy]]) -> Array:
        """The decisions (scripts, agents, components) of as many missions, in each of which one agent plays alone.

        Nothing is kept on the way and nobody is billed. `scripts` are (agent, what it plays), one a mission.
        """
        alone = tuple(
            Deviation(strategy=plan, missions=np.array([row]), agents=np.array([agent]))
            for row, (agent, plan) in enumerate(scripts)
        )
        return rows.decided(self.playing(alone, batch=len(scripts)))

    def rehearse(self) -> None:
        """One round and its settlement, unbilled and unrecorded, which finds what is wrong with a program's answers."""
        mission = self.billed("none") if taxes.is_shipped(self.tax) else self  # a rule of one's own bills, too
        mission.settle(mission.advance(mission.start(mission.tape(self.scenario.record.every))))

    def finished(self, snapshot: Snapshot) -> bool:
        """True when the leader has what it announced before round n."""
        return self.coordinator is not None and bool(self.coordinator.done(snapshot.leader).all())

    def faulty(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        """Who sent something unusable, (missions, agents)."""
        marked = np.zeros((self.batch, self.network.n), dtype=bool)
        for _, mission, agent in snapshot.faults:
            marked[mission // self.copies, agent] = True
        return marked

    def heading(self, snapshot: Snapshot) -> dict[str, Any]:
        """What every record says of its mission."""
        return {
            "world": self.scenario.name,
            "kind": self.scenario.mission.kind,
            "seed": self.scenario.mission.seed,
            "unit": self.unit,
            "tax_rule": self.tax.name,
            "planned_rounds": self.rounds,
            "interrupted": snapshot.k < self.rounds and not self.finished(snapshot),
            "strategies": deviate.names(self.deviations),
            **provenance.described(self),
        }

    def names(self) -> dict[tuple[int, int], str]:
        """(mission, agent) → what it plays, for the selfish."""
        return deviate.names(self.deviations)
