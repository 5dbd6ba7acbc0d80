"""The mission loop: everything that changes is in a Snapshot, and time passes in `Mission.advance` only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Controller, Deviation, Heard, Rules, Said, View
from robosim.errors import AgentFailure
from robosim.leader.settle import Announcement, settle
from robosim.network import Network
from robosim.problem import Rendezvous
from robosim.record import Judge, Record
from robosim.scenario import Scenario
from robosim.tape import Blank, Recorder, Tape
from robosim.world.arena import Arena, Body

Fault = tuple[int, int, int]
"""(round, mission, agent) of a message that could not be used."""


class Snapshot(NamedTuple):
    """A mission after round k. Saving it is a checkpoint, advancing it is a run, drawing it is a viewer."""

    k: int
    state: Any
    heard: Heard
    body: Body
    memory: tuple[Any, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Mission:
    """Agents, network, world and leader, ready to start; `batch` missions side by side differ in who deviates.

    Parameters
    ----------
    scenario : the checked world file behind it.
    own : private types, each (1, agents, components).
    controller : the faithful program.
    rules : what the leader announces to the agents.
    announcement : the same with what the leader needs to settle.
    deviations : who plays which strategy in which mission of the batch.
    """

    scenario: Scenario
    own: Said
    controller: Controller
    network: Network
    world: Arena
    problem: Rendezvous
    rules: Rules
    announcement: Announcement
    deviations: tuple[Deviation, ...] = ()
    batch: int = 1
    judge: Judge | None = field(default=None, repr=False, compare=False)

    @property
    def rounds(self) -> int:
        """n, the number of rounds."""
        return self.announcement.rounds

    @property
    def shape(self) -> tuple[int, int, int]:
        """(missions, agents, d) of positions."""
        _, agents, d = self.own["start"].shape
        return self.batch, agents, d

    @cached_property
    def _own(self) -> Said:
        return {key: np.repeat(x, self.batch, axis=0) if self.batch > 1 else x for key, x in self.own.items()}

    @cached_property
    def _own_rows(self) -> tuple[Said, ...]:
        return tuple(deviation.rows(self.own) for deviation in self.deviations)

    def faithful(self) -> Mission:
        """The same mission, alone, with everybody faithful."""
        return self.playing(())

    def playing(self, deviations: tuple[Deviation, ...], batch: int = 1) -> Mission:
        """The same mission with other deviations, `batch` times side by side."""
        return replace(self, deviations=deviations, batch=batch)

    def start(self, tape: Tape | None = None) -> Snapshot:
        """Round 0: the rules are announced, everybody says its first words. Without a tape nothing is kept."""
        state, said = self.controller.start(self._own, self.rules, self.network.links)
        said = {key: x.copy() for key, x in said.items()}  # the first words may be the private types themselves
        said, memory, faults = self._deviate(0, said, None, (None,) * len(self.deviations), ())
        body, seen = self.world.start(self._own, said, tape or Blank(self.shape))
        return Snapshot(0, state, self.network.deliver(seen, {}), body, memory, faults)

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round: followers finish round k-1 and speak, the selfish replace their rows, bodies drive, all look."""
        k, memory, faults = snapshot.k + 1, snapshot.memory, snapshot.faults
        state, said = self.controller.step(snapshot.state, snapshot.heard)
        if self.deviations:
            said, memory, faults = self._deviate(k, said, snapshot.heard, memory, faults)
        body, seen = self.world.move(snapshot.body, said)
        return Snapshot(k, state, self.network.deliver(seen, {}), body, memory, faults)

    def run(self, every: int | None = None, watch: Callable[[Snapshot], None] | None = None) -> Record:
        """All rounds and the settlement; `every` thins the record, `watch` sees each snapshot.

        Ctrl-C ends the mission early: what was played is settled after that round and marked `interrupted`.
        """
        tape = Recorder(self.shape, self.rounds, every or self.scenario.record.every)
        snapshot = self.start(tape)
        try:
            for _ in range(self.rounds):
                snapshot = self.advance(snapshot)
                if watch:
                    watch(snapshot)
        except KeyboardInterrupt:
            pass
        return self.settle(snapshot)

    def settle(self, snapshot: Snapshot) -> Record:
        """The last exchange: bodies finish, agents report, the leader bills; before round n, as if n were now."""
        rules = replace(self.announcement, rounds=snapshot.k)
        meter = self.world.execute(snapshot.body, snapshot.heard.own)
        reports = self._reports(meter.position, {"energy_j": meter.energy_j[..., None]})
        cap = rules.cost_range[1]
        largest = self.problem.largest_cost(meter.position, (rules.lower, rules.upper), cap)
        settlement = settle(rules, meter.position, reports, largest, self._faulty(snapshot))
        costs = self.problem.private_cost(self._own["start"], meter.position, meter.energy_j)
        return Record.of(self, snapshot, rules, meter, costs, reports, settlement)

    def _reports(self, decision: Array, meter: Said) -> Array:
        said = self.controller.report(self._own, decision, meter)
        reports = np.array(said["cost"][..., 0], dtype=np.float64)
        for deviation, own in zip(self.deviations, self._own_rows, strict=True):
            rows = (deviation.missions, deviation.agents)
            true = {"cost": reports[rows][:, None]}
            view = View(own, None, true, self.rules)
            reports[rows] = deviation.strategy.report(view, decision[rows], true)["cost"][:, 0]
        return reports

    def _deviate(
        self, k: int, said: Said, heard: Heard | None, memory: tuple[Any, ...], faults: tuple[Fault, ...]
    ) -> tuple[Said, tuple[Any, ...], tuple[Fault, ...]]:
        if not self.deviations:
            return said, memory, faults
        kept = []
        for deviation, own, remembered in zip(self.deviations, self._own_rows, memory, strict=True):
            faithful = deviation.rows(said)
            view = View(own, None if heard is None else deviation.rows(heard.own), faithful, self.rules)
            remembered, rows = deviation.strategy.say(k, remembered, view)
            faults += self._receive(k, said, deviation, rows, view.heard or faithful)
            kept.append(remembered)
        return said, tuple(kept), faults

    def _receive(self, k: int, said: Said, deviation: Deviation, rows: Said, before: Said) -> tuple[Fault, ...]:
        """Put the deviators' rows in place; a number that is not finite is refused and its sender's last one holds."""
        faults: tuple[Fault, ...] = ()
        for key, x in rows.items():
            if key not in said or np.shape(x) != before[key].shape:
                raise AgentFailure(
                    f"round {k}: {type(deviation.strategy).__name__} said {key!r} with shape "
                    f"{np.shape(x)} (it must say {', '.join(said)} with one row per deviator)"
                )
            sound = np.asarray(np.isfinite(x).all(axis=1))
            said[key][deviation.missions, deviation.agents] = (
                x if sound.all() else np.where(sound[:, None], x, before[key])
            )
            if not sound.all():
                faults += tuple(
                    (k, int(deviation.missions[j]), int(deviation.agents[j])) for j in np.flatnonzero(~sound)
                )
        return faults

    def _faulty(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        faulty = np.zeros(self.shape[:2], dtype=bool)
        for _, mission, agent in snapshot.faults:
            faulty[mission, agent] = True
        return faulty
