"""A mission: halls answer prices, the leader grants cooling power, thermometers run, everybody is billed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cooling.problem import CoolingProblem, discomfort
from cooling.record import CoolingRecord
from cooling.scenario import CoolingScenario
from cooling.thermostat import Plant
from cooling.world import Building
from robosim import deviate, program
from robosim.agent import Array, Rules, Said
from robosim.deviate import Selfish
from robosim.leader.settle import Terms, individually_rational, settle, usable
from robosim.leader.tax_rule import ABSENCE, Case, others
from robosim.mission import Mission, Snapshot
from robosim.network.network import Hub
from robosim.tape import Tape


@dataclass(frozen=True, kw_only=True)
class Cooling(Mission[CoolingRecord]):
    """N halls share a plant; where the tax needs it, each mission is played with N problems without one hall beside it.

    Mission b of the batch is row b·copies, its problem without hall j is row b·copies + 1 + j.
    """

    scenario: CoolingScenario
    coordinator: Plant
    network: Hub
    world: Building
    problem: CoolingProblem

    @property
    def summary(self) -> str:
        """Halls, rounds, power and tax in one line."""
        return f"{self.network.n} halls, {self.rounds} rounds, {self.problem.capacity_kw:g} kW, tax {self.tax.name}"

    @property
    def unit(self) -> str:
        """Of costs and taxes."""
        return "$"

    @property
    def words(self) -> Mapping[str, tuple[int, int | None]]:
        """The power z that is asked for, kW, and its term of the dual function, dollars."""
        return {"z": (1, 1), "dual": (1, 1)}

    @property
    def copies(self) -> int:
        """The mission itself, and where the tax needs it one problem without each hall."""
        return self.network.n + 1 if ABSENCE in self.tax.needs else 1

    @cached_property
    def announced(self) -> Rules:
        """The rules for all missions and for the problems without one."""
        present = np.ones((self.copies, self.network.n, 1))
        present[np.arange(1, self.copies), np.arange(self.copies - 1)] = 0.0
        return {**self.rules, "present": np.tile(present, (self.batch, 1, 1))}

    @cached_property
    def types(self) -> Said:
        """Private types, (missions·copies, N, 1)."""
        every = self.batch * self.copies
        return {key: np.repeat(x, every // len(x), axis=0) for key, x in self.own.items()}

    @cached_property
    def selfish(self) -> Selfish:
        """Who deviates in a mission does so in the problems without one, too."""
        copies = np.arange(self.copies)
        everywhere = tuple(
            replace(
                one,
                missions=(one.missions[:, None] * self.copies + copies).ravel(),
                agents=np.repeat(one.agents, self.copies),
            )
            for one in self.deviations
        )
        return Selfish(everywhere, tuple(one.rows(self.types) for one in everywhere), self.announced)

    def optimum(self) -> float:
        """The least social cost, dollars."""
        return self.problem.optimum({key: x[:1] for key, x in self.own.items()})

    def rational(self, record: CoolingRecord) -> bool:
        """Nobody pays more than having no cooling would cost."""
        first = {key: x[:1] for key, x in self.own.items()}
        away = self.problem.cost(first, np.zeros((1, 1, 1)))[0, :, 0]
        return individually_rational(record.net_cost[0], away, record.private_cost[0], record.settlement.tax[0])

    def tape(self, every: int | None) -> Tape:
        """Prices and answers of every `every`-th round."""
        return Tape(self.rounds, every)

    def start(self, tape: Tape | None = None) -> Snapshot:
        """Round 0."""
        return self._noted(super().start(tape))

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round."""
        return self._noted(super().advance(snapshot))

    def _noted(self, snapshot: Snapshot, last: bool = False) -> Snapshot:
        tape, heard = snapshot.body.tape, snapshot.heard
        if last or tape.due(snapshot.k):
            z, price = self.main(heard.own["z"]).copy(), self.main(heard.leader["price"])[:, 0].copy()
            tape.note(snapshot.k, last, z=z, price=price)
        return snapshot

    def main(self, x: Array) -> Array:
        """The rows of the missions themselves."""
        return x[:: self.copies]

    def decide(self, snapshot: Snapshot) -> Array:
        """The power that each hall is granted, (missions, N, 1) kW."""
        return self.main(self.coordinator.decide(snapshot.leader))

    def settle(self, snapshot: Snapshot) -> CoolingRecord:
        """The halls are cooled, report what it cost them, and are billed; the problems without one are simulated."""
        granted = self.coordinator.decide(snapshot.leader)
        temperature = self.world.execute(snapshot.body, granted)
        dt_h = np.full((*granted.shape[:2], 1), self.problem.dt_h)
        meter = {"temperature_c": temperature, "dt_h": dt_h}
        reports = program.reported(self.controller, self.types, granted, meter)
        deviate.report(self.selfish, granted, reports)
        highest = self.problem.cost(self.problem.worst, granted)[..., 0]
        clean, refused = usable(reports, np.zeros_like(highest), highest)
        terms = Terms(
            lowest=np.array(0.0), highest=self.main(highest), penalty=self.main(highest).sum(axis=1, keepdims=True)
        )
        unusable = refused.reshape(self.batch, self.copies, -1).any(axis=1)
        if not snapshot.body.tape.holds(snapshot.k):
            self._noted(snapshot, last=True)
        kept, noted = snapshot.body.tape.rows()
        costs = discomfort(self.types, temperature, self.problem.dt_h)[..., 0]
        return CoolingRecord(
            **self.heading(snapshot),
            types=self.own,
            hours=self.problem.ends_h,
            kept=kept,
            said={"z": noted["z"]},
            prices=noted["price"],
            decision=self.main(granted),
            temperature_c=self.main(temperature),
            private_cost=self.main(costs),
            reported_cost=self.main(reports),
            settlement=settle(self.tax, self._case(reports, clean), terms, self.faulty(snapshot) | unusable),
            gap=self.main(clean).sum(axis=1) - self.main(snapshot.leader.bound),
        )

    def _case(self, reports: Array, clean: Array) -> Case:
        missions, agents = self.batch, self.network.n
        nothing = np.full((missions, agents), np.nan)
        alone = clean.reshape(missions, self.copies, agents)[:, 1:]
        absent = [others(alone[:, i])[:, i] for i in range(self.copies - 1)]
        return Case(
            reported=self.main(reports),
            leader_cost=np.zeros(missions),
            others_alone=np.stack(absent, axis=1) if absent else nothing,
            leader_alone=np.zeros((missions, agents)) if absent else nothing,
            worth=nothing,
        )
