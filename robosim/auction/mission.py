"""Missions that divide a resource by prices: followers answer, the leader moves the price, decides and taxes.

T, Algorithm 1, for bidders and for cars alike; each kind of mission says what happens to the decision.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from robosim import deviate, program
from robosim.agent import Array, Deviation, Rules, Said
from robosim.auction.absence import Alone, alone
from robosim.auction.problem import Division
from robosim.auction.record import AuctionRecord
from robosim.auction.scenario import AuctionScenario
from robosim.bodiless import Bodiless
from robosim.controllers.admm import Exchange
from robosim.controllers.parts.anchored import AnchoredExchange
from robosim.controllers.parts.market import Market, supply_cost
from robosim.deviate import Selfish
from robosim.errors import BadInput
from robosim.leader.settle import Settlement, Terms, individually_rational, settle, usable
from robosim.leader.tax_rule import ABSENCE, Case
from robosim.mission import Mission, Snapshot
from robosim.network.network import Hub
from robosim.tape import Tape

R = TypeVar("R", bound=AuctionRecord, covariant=True)
Places = NDArray[np.int64]
RUNAWAY = 1e100
"""No price or bid is that large unless its step made it so; squares of it are still numbers."""
FAR = 1e6
"""Bids this many times larger at the end than at first come from prices that ran away."""
CENTRAL_AGENTS = 20_000
"""A central solver is asked for the optimum of at most so many (of a charging day: some ten seconds)."""


@dataclass(frozen=True, kw_only=True)
class PriceMission(Mission[R]):
    """N agents share a resource; where the tax needs it, each mission is played with N marginal problems P_-j beside
    it.

    Who deviates alone has no part in its own P_-j. So where what these come to with everybody faithful is `known`, they
    need not be played again to bill that agent; what the others pay is wrong then.

    `rules` holds gamma, price and epsilon as announced; `announced` spreads them over missions and marginal problems,
    all of which start from the same price, so that no P_-j depends on the agent that is absent from it.
    """

    coordinator: Market | Exchange | AnchoredExchange
    network: Hub
    world: Bodiless
    allocation: Division
    known: Alone | None = None

    @property
    def words(self) -> Mapping[str, tuple[int, int | None]]:
        """The bid z, its dual value, with an announced ε what the leader's proposal would cost; how far it moved where
        the leader turns back to anchors."""
        size = self.allocation.components
        asked = {"cost": (1, 1)} if self.announced["epsilon"] is not None else {}
        moved = {"moved": (2, 2)} if isinstance(self.coordinator, AnchoredExchange) else {}
        return {"z": (size, size), "dual": (1, 1), **asked, **moved}

    @property
    def summary(self) -> str:
        """Agents, rounds, price step or penalty, and tax in one line."""
        rules = self.allocation.rules(**self.rules)
        gamma = np.asarray(rules["gamma"])
        step = f"{gamma.min():.4g}" if gamma.min() == gamma.max() else f"{gamma.min():.4g} to {gamma.max():.4g}"
        how = f"price step {step}" if isinstance(self.coordinator, Market) else f"penalty {rules['rho']:.4g}"
        return f"{self.network.n} agents, {self.rounds} rounds, {how}, tax {self.tax.name}"

    @property
    def unit(self) -> str:
        """Of costs and taxes."""
        return "$"

    def optimum(self) -> float | None:
        """The least social cost, by a central solver; None for so many agents that it would take minutes."""
        return None if self.allocation.agents > CENTRAL_AGENTS else self.allocation.optimum()[2]

    def rational(self, record: AuctionRecord) -> bool | None:
        """Nobody pays more than staying away with nothing would cost.

        Under a Groves rule what the decision is above the optimum is nobody's loss, as far as an ε is announced for it.
        """
        away = self.allocation.costs(np.zeros_like(record.decision[0]))
        announced, gap = self.rules["epsilon"], record.gap[0]
        spare = min(gap, announced) if self.tax.groves and announced is not None and np.isfinite(gap) else 0.0
        return individually_rational(record.net_cost[0] - spare, away, record.private_cost[0], record.settlement.tax[0])

    @cached_property
    def bold_step(self) -> str | None:
        """What is to be said of a price step above the sure one; None where prices converge for sure."""
        step, share = self.rules["gamma"], self.rules["share"]
        if isinstance(step, np.ndarray) or (step is None and share <= 1.0):
            return None
        sure = self.allocation.sure if isinstance(self.coordinator, Market) else None
        if sure is None:
            return None
        bold = share * sure if step is None else step
        if bold <= sure * (1 + 1e-9):
            return None
        return f"{bold:.6g} is above the sure step 1/L = {sure:.6g}"

    @property
    def copies(self) -> int:
        """Problems that are run for each mission: itself, and where the tax needs it one without each agent."""
        return self.allocation.agents + 1 if ABSENCE in self.tax.needs and self.known is None else 1

    def knowing(self, end: Snapshot) -> Self | None:
        """The same for whoever deviates alone, from the faithful mission's `end`; None where nothing is saved by it."""
        if self.copies == 1:
            return None
        case = self.case(end, *self.billed_at(end))
        return replace(self, known=Alone(case.others_alone, case.leader_alone))

    def billed_at(self, end: Snapshot) -> tuple[Array, Array]:
        """What is billed, (missions·copies, N, n), and the reports about it."""
        return (shares := self.shares(end)), self.reports(shares, shares)

    @cached_property
    def announced(self) -> Rules:
        """The rules for all missions and marginal problems: mission b is b·copies, its P_-j is b·copies + 1 + j."""
        agents = self.allocation.agents
        present = np.ones((self.copies, agents, 1), dtype=bool)
        present[np.arange(1, self.copies), np.arange(self.copies - 1)] = False
        return self.allocation.rules(**self.rules, present=np.tile(present, (self.batch, 1, 1)))

    @cached_property
    def types(self) -> Said:
        """Private types, (1, agents, components), or one row a mission and marginal problem where missions differ."""
        return {key: np.repeat(x, self.copies, axis=0) if len(x) > 1 else x for key, x in self.own.items()}

    @cached_property
    def selfish(self) -> Selfish:
        """Who deviates in a mission does so in its marginal problems too."""
        everywhere = tuple(one for deviation in self.deviations for one in self._everywhere(deviation))
        return Selfish(everywhere, tuple(one.rows(self.types) for one in everywhere), self.announced)

    def _everywhere(self, one: Deviation) -> Iterator[Deviation]:
        """In the missions and their marginal problems, in two where it plays something else there."""
        apart = one.strategy.apart()
        if apart is one.strategy or self.copies == 1:
            yield self._in(one, np.arange(self.copies))
        else:
            yield self._in(one, np.arange(1))
            yield self._in(replace(one, strategy=apart), np.arange(1, self.copies))

    def _in(self, one: Deviation, copies: Places) -> Deviation:
        """Where it is played: some of the problems that are run for each mission."""
        missions = (one.missions[:, None] * self.copies + copies).ravel()
        return replace(one, missions=missions, agents=np.repeat(one.agents, len(copies)))

    def tape(self, every: int | None) -> Tape:
        """Bids and prices of every `every`-th round."""
        return Tape(self.rounds, every)

    def start(self, tape: Tape | None = None) -> Snapshot:
        """Round 0: the price is announced, everybody answers it."""
        return self._noted(super().start(tape))

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round: answers to the last price, then the next price. Raises `BadInput` where a bold step runs away."""
        if self.bold_step is None:
            return self._noted(super().advance(snapshot))
        with np.errstate(over="ignore", invalid="ignore"):
            after = super().advance(snapshot)
        words = (after.heard.leader["price"], *after.heard.own.values())
        if not all(np.isfinite(x).all() and np.abs(x).max(initial=0.0) < RUNAWAY for x in words):
            raise self._ran_away(after.k)
        return self._noted(after)

    def _ran_away(self, k: int) -> BadInput:
        message = f'prices ran away by round {k}: {self.bold_step} (write step = "auto")'
        return self.scenario.error("market.step", message)

    def _noted(self, snapshot: Snapshot, last: bool = False) -> Snapshot:
        tape: Tape = snapshot.body.tape
        last = last or self.finished(snapshot)
        if last or tape.due(snapshot.k):  # copies, so that no marginal problem is kept with them
            z, price = (snapshot.heard.own["z"], snapshot.heard.leader["price"][:, 0])
            tape.note(snapshot.k, last, z=self.main(z).copy(), price=self.main(price).copy())
        return snapshot

    def main(self, x: Array) -> Array:
        """The rows of the missions themselves, without those of their marginal problems."""
        return x if len(x) == self.batch else x[:: self.copies]

    def decide(self, snapshot: Snapshot) -> Array:
        """The feasible shares nearest to what was said last (T, Algorithm 1, line 17), (missions, N, n)."""
        return self.main(self.shares(snapshot))

    def shares(self, snapshot: Snapshot) -> Array:
        """The same with those of the marginal problems, (missions·copies, N, n).

        Raises `BadInput` where a bold step ends far from all that was ever asked for.
        """
        if self.bold_step is not None:
            now, first = snapshot.heard.own["z"], self.start().heard.own["z"]
            if np.abs(now).max() > FAR * (1 + np.abs(first).max()):
                raise self._ran_away(snapshot.k)
        return np.asarray(self.coordinator.decide(snapshot.leader, snapshot.heard.own))

    @abstractmethod
    def settle(self, snapshot: Snapshot) -> R:
        """T, Algorithm 1, lines 14 to 20."""

    def bill(self, snapshot: Snapshot, billed: Array, reports: Array) -> Settlement:
        """What everybody pays for what is billed, (missions·copies, N, n), given the reports about it."""
        agents, lowest, highest = self.allocation.agents, *self.allocation.claims(billed)
        refused = usable(reports, lowest, highest)[1]
        width = self.main(highest - lowest).sum(axis=1, keepdims=True)
        terms = Terms(lowest=self.main(lowest), highest=self.main(highest), penalty=width)
        unusable = refused.reshape(self.batch, self.copies, agents).any(axis=1)
        case = self.case(snapshot, billed, reports)
        return settle(self.tax, case, terms, self.faulty(snapshot) | unusable)

    def case(self, snapshot: Snapshot, billed: Array, reports: Array) -> Case:
        """What the leader has before it when it bills."""
        supply, shape = self.supplied(billed), (self.batch, self.copies, self.allocation.agents)
        absent = alone(shape, self.usable_reports(reports, billed), supply, self.known)
        return Case(
            reported=self.main(reports),
            leader_cost=self.main(supply),
            others_alone=absent.others,
            leader_alone=absent.leader,
            worth=self.worth(snapshot, self.main(billed)),
        )

    def supplied(self, billed: Array) -> Array:
        """What the leader pays itself for what is billed, (missions·copies,) dollars."""
        return supply_cost(self.announced, billed)

    def worth(self, snapshot: Snapshot, billed: Array) -> Array:
        """What `billed` (missions, N, n) is worth at the last prices, (missions, N) dollars."""
        return self.allocation.payments(self.main(snapshot.heard.leader["price"]), billed)

    def reports(self, shares: Array, billed: Array) -> Array:
        """What everybody says that it costs, in all missions and marginal problems, as it comes."""
        meter = {"metered_kw": billed} if billed is not shares else {}
        reports = program.reported(self.controller, self.types, shares, meter)
        deviate.report(self.selfish, shares, reports)
        return reports

    def usable_reports(self, reports: Array, billed: Array) -> Array:
        """The same moved into the announced range: what a bound may be made of."""
        return usable(reports, *self.allocation.claims(billed))[0]

    def rows(self, snapshot: Snapshot) -> dict[str, Any]:
        """What the record keeps of the rounds."""
        tape: Tape = snapshot.body.tape
        if not tape.holds(snapshot.k):
            self._noted(snapshot, last=True)
        kept, noted = tape.rows()
        return {"kept": kept, "said": {"z": noted["z"]}, "prices": noted["price"], "types": self.own}


@dataclass(frozen=True, kw_only=True)
class Auction(PriceMission[AuctionRecord]):
    """Bidders take exactly what was decided."""

    scenario: AuctionScenario

    def settle(self, snapshot: Snapshot) -> AuctionRecord:
        """Project, let everybody report what the shares cost, tax."""
        shares = self.shares(snapshot)
        reports, z = self.reports(shares, shares), self.main(shares)
        bill = self.bill(snapshot, shares, reports)
        gap = self.main(self.coordinator.gap(snapshot.leader, self.usable_reports(reports, shares), shares))
        return AuctionRecord(
            **self.heading(snapshot),
            **self.rows(snapshot),
            decision=z,
            private_cost=self.allocation.costs(z),
            reported_cost=self.main(reports),
            settlement=bill,
            gap=gap,
        )
