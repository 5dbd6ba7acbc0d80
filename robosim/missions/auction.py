"""Division by prices as a mission: followers answer, the leader moves the price, decides and taxes (T, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from robosim.agent import Array, Deviation, Rules, Said
from robosim.controllers.admm import Exchange
from robosim.controllers.bidders import BIDDING
from robosim.controllers.market import Market
from robosim.controllers.selfish_evs import EV_DEVIATIONS
from robosim.errors import AgentFailure
from robosim.leader.bill import Bill
from robosim.leader.market_taxes import MARKET_TAXES
from robosim.missions import deviate
from robosim.missions.built import Built
from robosim.missions.deviate import Selfish
from robosim.missions.executed import Executed, day_log, executed
from robosim.missions.mission import Mission, Snapshot
from robosim.network import Hub
from robosim.problems.division import Division
from robosim.records.auction_record import AuctionRecord
from robosim.records.day_log import DayLog
from robosim.scenario import ChargingScenario, StationScenario
from robosim.world.talk import Forum, Minutes

CENTRAL_AGENTS = 20_000
"""A central solver is asked for the optimum of at most so many (of a charging day: some ten seconds)."""


@dataclass(frozen=True, kw_only=True)
class Auction(Mission[AuctionRecord]):
    """N agents share a resource; under VCG each mission is played with N marginal problems P_-j at its side.

    `rules` holds gamma, price and epsilon as announced; `announced` spreads them over missions and marginal problems,
    all of which start from the same price, so that no P_-j depends on the agent that is absent from it.
    """

    scenario: ChargingScenario | StationScenario
    coordinator: Market | Exchange
    network: Hub
    world: Forum
    allocation: Division
    tax: str
    day: Built | None = None
    """Where bidders are cars: the day that is executed after the last round."""
    bills: str = "decision"
    """Whether reports are about what was decided, or about what was metered."""

    taxes = tuple(MARKET_TAXES)

    @property
    def strategies(self) -> Mapping[str, type]:
        """Deviations from dual decomposition, of bidders or of cars."""
        return BIDDING if self.day is None else EV_DEVIATIONS

    @property
    def summary(self) -> str:
        """Agents, rounds, price step and tax in one line."""
        gamma = np.asarray(self.allocation.rules(**self.rules)["gamma"])
        step = f"{gamma.min():.4g}" if gamma.min() == gamma.max() else f"{gamma.min():.4g} to {gamma.max():.4g}"
        return f"{self.network.n} agents, {self.rounds} rounds, price step {step}, tax {self.tax}"

    @property
    def unit(self) -> str:
        """Of costs and taxes."""
        return "$"

    @property
    def tax_rule(self) -> str:
        """As announced."""
        return self.tax

    def optimum(self) -> float | None:
        """The least social cost, by a central solver; None for so many agents that it would take minutes."""
        return None if self.allocation.agents > CENTRAL_AGENTS else self.allocation.optimum()[2]

    def rational(self, record: AuctionRecord) -> bool | None:
        """Nobody pays more than staying away with nothing would cost."""
        away = self.allocation.costs(np.zeros_like(record.decision[0]))
        return bool((record.net_cost[0] <= away + 1e-9 * np.abs(away).max()).all())

    @property
    def copies(self) -> int:
        """Problems that are run for each mission: itself, and under VCG one without each agent."""
        return self.allocation.agents + 1 if self.tax == "vcg" else 1

    @cached_property
    def announced(self) -> Rules:
        """The rules for all missions and marginal problems: mission b is b·copies, its P_-j is b·copies + 1 + j."""
        agents = self.allocation.agents
        present = np.ones((self.copies, agents, 1), dtype=bool)
        present[np.arange(1, self.copies), np.arange(self.copies - 1)] = False
        return self.allocation.rules(**self.rules, present=np.tile(present, (self.batch, 1, 1)))

    @cached_property
    def types(self) -> Said:
        """Private types, the same in all missions, each (1, agents, components)."""
        return self.own

    @cached_property
    def selfish(self) -> Selfish:
        """Who deviates in a mission does so in its marginal problems too."""
        everywhere = tuple(self._everywhere(deviation) for deviation in self.deviations)
        return Selfish(everywhere, tuple(one.rows(self.own) for one in everywhere), self.announced)

    def _everywhere(self, one: Deviation) -> Deviation:
        copies = np.arange(self.copies)
        return replace(
            one,
            missions=(one.missions[:, None] * self.copies + copies).ravel(),
            agents=np.repeat(one.agents, self.copies),
        )

    def tape(self, every: int | None) -> Minutes:
        """Bids and prices of every `every`-th round."""
        return Minutes(self.rounds, every)

    def billed(self, tax: str) -> Self:
        """The same auction under another tax rule."""
        return replace(self, tax=tax)

    def start(self, tape: Any = None) -> Snapshot:
        """Round 0: the price is announced, everybody answers it."""
        return self._noted(super().start(tape))

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round: answers to the last price, then the next price."""
        return self._noted(super().advance(snapshot))

    def _noted(self, snapshot: Snapshot) -> Snapshot:
        heard = snapshot.heard
        main = slice(None, None, self.copies)
        last, minutes = self.finished(snapshot), snapshot.body.minutes
        if last or minutes.due(snapshot.k):  # copies, so that no marginal problem is kept with them
            said, cast = {"z": heard.own["z"][main].copy()}, {"price": heard.leader["price"][main].copy()}
            minutes.note(snapshot.k, said, cast, last)
        return snapshot

    def settle(self, snapshot: Snapshot) -> AuctionRecord:
        """Lines 14 to 20: project, let everybody report what the shares cost, tax."""
        shares = self.coordinator.decide(snapshot.leader, snapshot.heard.own)
        main = self._main(shares)
        billed = shares
        if self.day is not None and self.bills == "meter":  # the counterfactuals are executed too
            done = executed(self.day, shares)
            billed = done.metered_kw
        elif self.day is not None:
            done = executed(self.day, main)
        reports = self._reports(shares, billed)
        supply = self.announced["supply"].cost(self.announced["load"](billed, self.announced["present"]))
        worth = self.allocation.payments(self._main(snapshot.heard.leader["price"]), self._main(billed))
        v = reports.reshape(self.batch, self.copies, -1)
        tax = MARKET_TAXES[self.tax](v, supply.reshape(self.batch, self.copies), worth)
        gap = self._main(self.coordinator.gap(snapshot.leader, reports, billed))
        log = None
        if self.day is not None:
            days = done.days[:: len(done.days) // self.batch]
            log = day_log(self.day, main, Executed(self._main(done.plan_kw), self._main(done.metered_kw), days))
        return self._record(snapshot, main, v[:, 0], Bill(tax=tax, refused=self._refused(snapshot)), gap, log)

    def _main(self, x: Array) -> Array:
        """The rows of the missions themselves, without those of their marginal problems."""
        return x if len(x) == self.batch else x[:: self.copies]

    def _reports(self, shares: Array, billed: Array) -> Array:
        meter = {"metered_kw": billed} if billed is not shares else {}
        said = self.controller.report(self.types, shares, meter)
        reports = np.array(np.broadcast_to(said["cost"][..., 0], shares.shape[:2]))
        deviate.report(self.selfish, shares, reports)
        if not np.isfinite(reports).all():
            _, agent = np.argwhere(~np.isfinite(reports))[0]
            raise AgentFailure(f"agent {agent} reported a cost that is not finite (its program must report numbers)")
        return reports

    def _refused(self, snapshot: Snapshot) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        marked = np.zeros((self.batch, self.allocation.agents), dtype=bool)
        for _, mission, agent in snapshot.faults:
            marked[mission // self.copies, agent] = True
        return marked

    def _record(
        self, snapshot: Snapshot, z: Array, reports: Array, bill: Bill, gap: Array, log: DayLog | None
    ) -> AuctionRecord:
        minutes: Minutes = snapshot.body.minutes
        if not minutes.kept or minutes.kept[-1] != snapshot.k:
            words = {key: self._main(x) for key, x in snapshot.heard.own.items()}
            minutes.note(snapshot.k, words, {"price": self._main(snapshot.heard.leader["price"])}, last=True)
        kept, bids, prices = minutes.rows()
        return AuctionRecord(
            **self.heading(snapshot),
            kept=kept,
            said={"z": bids},
            prices=prices,
            types=self.own,
            tax_rule=self.tax,
            decision=z,
            private_cost=self.allocation.costs(z) if log is None else log.metered_cost,
            reported_cost=reports,
            settlement=bill,
            gap=gap,
            day=log,
        )
