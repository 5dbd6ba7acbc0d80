"""The mission loop: everything that changes is in a Snapshot, and time passes in `Mission.advance` only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Controller, Coordinator, Deviation, Heard, Rules, Said, World
from robosim.missions import deviate
from robosim.missions.deviate import Fault, Selfish, crashed
from robosim.network import Hub, Network
from robosim.records.record import Record, Verdict
from robosim.scenario import Scenario

R = TypeVar("R", bound=Record, covariant=True)
NOBODY: Said = {}
"""What a leader says that is silent between announcement and settlement (T, Remark 4)."""


class Snapshot(NamedTuple):
    """A mission after round k. Saving it is a checkpoint, advancing it is a run, drawing it is a viewer."""

    k: int
    state: Any
    heard: Heard
    leader: Any
    body: Any
    memory: tuple[Any, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Mission(ABC, Generic[R]):
    """Agents, network, world and leader, ready to start; `batch` missions side by side differ in who deviates.

    Each kind of world adds what its leader needs to settle.

    Parameters
    ----------
    scenario : the checked world file behind it.
    own : private types, each (1, agents, components).
    controller : the faithful program.
    coordinator : the leader's half of the algorithm, where there is one.
    rules : what the leader announces to the agents.
    rounds : n.
    deviations : who plays which strategy in which mission of the batch.
    """

    scenario: Scenario
    own: Said
    controller: Controller
    coordinator: Coordinator | None = None
    network: Network | Hub
    world: World
    rules: Rules
    rounds: int
    deviations: tuple[Deviation, ...] = ()
    batch: int = 1
    judge: Callable[[Any, Any], Verdict] | None = field(default=None, repr=False, compare=False)

    taxes: ClassVar[Collection[str]]
    """Names of the tax rules that its leader knows."""

    @property
    @abstractmethod
    def strategies(self) -> Mapping[str, type]:
        """What selfish agents of this kind of world can play, by name."""

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
    def tax_rule(self) -> str:
        """The name of the tax rule that is announced."""

    @property
    def copies(self) -> int:
        """Problems that are run side by side for each mission of the batch."""
        return 1

    @abstractmethod
    def optimum(self) -> float | None:
        """The least social cost, None where nobody knows it."""

    @abstractmethod
    def rational(self, record: Any) -> bool | None:
        """Whether nobody would rather have stayed away; None where nobody can."""

    @abstractmethod
    def tape(self, every: int | None) -> Any:
        """Keeps every `every`-th round (None: nothing)."""

    @abstractmethod
    def settle(self, snapshot: Snapshot) -> R:
        """The last exchange: decision, reports, bill; before round n, as if n were now."""

    @abstractmethod
    def billed(self, tax: str) -> Self:
        """The same mission under another tax rule."""

    @cached_property
    def announced(self) -> Rules:
        """The rules as controller and coordinator get them."""
        return self.rules

    @cached_property
    def types(self) -> Said:
        """Private types of every mission of the batch, (missions, agents, components)."""
        return {key: np.repeat(x, self.batch, axis=0) if self.batch > 1 else x for key, x in self.own.items()}

    @cached_property
    def selfish(self) -> Selfish:
        """The deviations with their agents' own types."""
        return Selfish(self.deviations, tuple(one.rows(self.own) for one in self.deviations), self.announced)

    def faithful(self) -> Self:
        """The same mission, alone, with everybody faithful."""
        return self.playing(())

    def playing(self, deviations: tuple[Deviation, ...], batch: int = 1) -> Self:
        """The same mission with other deviations, `batch` times side by side."""
        return replace(self, deviations=deviations, batch=batch)

    def start(self, tape: Any = None) -> Snapshot:
        """Round 0: the rules are announced, everybody says its first words. Without a tape nothing is kept."""
        try:
            state, said = self.controller.start(self.types, self.announced, self.network.links)
        except Exception as problem:
            raise crashed(0, self.controller, problem) from problem
        said = {key: x.copy() for key, x in said.items()}  # the first words may be the private types themselves
        memory, faults = deviate.speak(self.selfish, 0, said, None, (None,) * len(self.deviations))
        body, seen = self.world.start(self.types, said, tape or self.tape(None))
        leader, cast = self.coordinator.start(self.announced) if self.coordinator else (None, NOBODY)
        return Snapshot(0, state, self.network.deliver(seen, cast), leader, body, memory, faults)

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round: followers finish round k-1 and speak, the selfish replace their rows, bodies drive, all look."""
        k, memory, faults = snapshot.k + 1, snapshot.memory, snapshot.faults
        try:
            state, said = self.controller.step(snapshot.state, snapshot.heard)
        except Exception as problem:
            raise crashed(k, self.controller, problem) from problem
        if self.deviations:
            memory, new = deviate.speak(self.selfish, k, said, snapshot.heard, memory)
            faults += new
        body, seen = self.world.move(snapshot.body, said)
        leader, cast = self.coordinator.step(snapshot.leader, seen) if self.coordinator else (None, NOBODY)
        return Snapshot(k, state, self.network.deliver(seen, cast), leader, body, memory, faults)

    def run(self, every: int | None = None, watch: Callable[[Snapshot], None] | None = None) -> R:
        """All rounds and the settlement; `every` thins the record, `watch` sees each snapshot.

        Ctrl-C ends the mission early: what was played is settled after that round and marked `interrupted`.
        """
        snapshot = self.start(self.tape(every or self.scenario.record.every))
        try:
            while snapshot.k < self.rounds and not self.finished(snapshot):
                snapshot = self.advance(snapshot)
                if watch:
                    watch(snapshot)
        except KeyboardInterrupt:
            pass
        return self.settle(snapshot)

    def finished(self, snapshot: Snapshot) -> bool:
        """True when the leader has what it announced before round n."""
        return self.coordinator is not None and bool(self.coordinator.done(snapshot.leader).all())

    def faulty(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        """Who sent something unusable, (missions, agents)."""
        marked = np.zeros((self.batch, self.network.n), dtype=bool)
        for _, mission, agent in snapshot.faults:
            marked[mission, agent] = True
        return marked

    def heading(self, snapshot: Snapshot) -> dict[str, Any]:
        """What every record says of its mission."""
        judge = self.judge
        return {
            "world": self.scenario.name,
            "kind": self.scenario.mission.kind,
            "seed": self.scenario.mission.seed,
            "world_toml": self.scenario.to_toml(),
            "planned_rounds": self.rounds,
            "interrupted": snapshot.k < self.rounds and not self.finished(snapshot),
            "strategies": self.names(),
            "judge": None if judge is None else lambda record: judge(self, record),
        }

    def names(self) -> dict[tuple[int, int], str]:
        """(mission, agent) → what it plays, for the selfish."""
        return {
            (int(m), int(i)): deviation.strategy.name
            for deviation in self.deviations
            for m, i in zip(deviation.missions, deviation.agents, strict=True)
        }
