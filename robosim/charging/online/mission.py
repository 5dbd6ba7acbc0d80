"""A station that plans as time goes on: agreements, the steps between them, and the bill at the end (spec 7).

Each agreement is about all that is left; only its first steps are executed, and then meters, arrivals and departures
make another one. One `advance` is one round of words; the station's clock moves when an agreement is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, NamedTuple, Self

import numpy as np

from robosim.agent import Array, Deviation
from robosim.auction.mission import CENTRAL_AGENTS, PriceMission
from robosim.charging.mission import BuiltDay
from robosim.charging.online.agreed import Agreed, outcome, parted, together
from robosim.charging.online.agreement import Agreement, among, faults_of
from robosim.charging.online.arrivals import dual_bound
from robosim.charging.online.live import Live, LiveStation, Meters
from robosim.charging.online.log import measured, online_record
from robosim.charging.online.pivot import step_pivots
from robosim.charging.online.residual import Residual, residual
from robosim.charging.online.visits import (
    Second,
    joined,
    one_each,
    second_sessions,
    second_wishes,
    stays,
    with_second,
)
from robosim.charging.optimum import solved
from robosim.charging.record import ChargingRecord
from robosim.charging.scenario import ChargingScenario
from robosim.deviate import Fault
from robosim.leader.tax_rule import NONE, PIVOT, Case
from robosim.mission import Snapshot
from robosim.network.network import Hub
from robosim.tape import Tape


class Underway(NamedTuple):
    """The station's clock and the agreement that is being made, by the missions in which it is not made yet."""

    live: Live
    talk: Agreement | None
    """None when everybody has left."""
    inner: Snapshot | None
    """None before its first words."""
    meters: Meters
    began: int
    """The round in which the agreement began."""
    gap: Array
    """(R,) dollars, the worst that an agreement left open."""
    agreements: int
    """How many there were, and"""
    cut: int
    """how many were not made when their rounds were over."""
    pivots: Array
    """(R, N) dollars: what presence cost the others so far, where the tax needs it."""
    faults: tuple[Fault, ...]
    agreed: tuple[Agreed, ...] = ()
    """What the other missions agreed on."""


@dataclass(frozen=True, kw_only=True)
class OnlineCharging(PriceMission[ChargingRecord]):
    """`day` is the day as somebody would know it who knew all of it; `every` so many steps there is an agreement.

    Where the tax needs it, mission b is followed by those without car 0, 1, …: the same day in which that car never
    comes. Such a mission begins with the step in which the car would have come, as until then it is the same.
    Who unplugs and comes again has two sessions: they are played, and taxed, as two cars (`by_session`), and the record
    adds up what both cost their owner.
    """

    scenario: ChargingScenario
    day: BuiltDay
    every: int
    talks: int
    """Rounds of an agreement, at most."""
    stacks: ClassVar[bool] = False  # who is not plugged in says nothing
    second: Second | None = None
    """Whose second sessions are the last of the agents, where missions are played session by session."""

    @property
    def summary(self) -> str:
        """Cars, agreements and tax in one line."""
        minutes, most = 60 * self.every * self.day.station.step_h, f"at most {self.talks} rounds"
        return f"{self.network.n} EVs, those plugged in agree every {minutes:g} min in {most}, tax {self.tax.name}"

    @property
    def spoken(self) -> int:
        """Who is there speaks of what is left of its stay: on the average of the day."""
        stay = np.diff(self.day.problem.stay, axis=1).astype(np.float64)
        there = stay.sum() / self.day.problem.periods
        return max(1, int(np.ceil(there * stay.mean())))

    @cached_property
    def station(self) -> LiveStation:
        """All missions side by side."""
        row = np.arange(self.batch * self.copies)
        absent = row % self.copies - 1
        owner = np.zeros(0, dtype=np.int64) if self.second is None else self.second.owner
        stay, room = self._stays(), self.day.room
        return LiveStation(day=self.day, stay=stay, first=row - absent - 1, absent=absent, owner=owner, room=room)

    def _stays(self) -> Array:
        """(1|R, N, 2) in steps; second sessions at the end."""
        found = stays(self.day, self.selfish.deviations, self.batch * self.copies)
        if self.second is None:
            return found
        found[:, -len(self.second.owner) :] = np.repeat(self.second.stay, self.copies, axis=0)
        return found

    @cached_property
    def by_session(self) -> Self:
        """The same with second sessions as agents of their own; itself where nobody comes twice."""
        second = second_sessions(self.day, self.deviations, self.batch, self.every)
        if self.second is not None or second is None:
            return self
        day = with_second(self.day, second)
        network = Hub(n=day.problem.agents)
        own, known = day.problem.own(), None  # a second session takes part in the day without the first
        return replace(self, day=day, allocation=day.problem, own=own, network=network, second=second, known=known)

    @cached_property
    def least(self) -> float:
        """What the day costs at least, dollars, whoever plans it."""
        return dual_bound(self.day.relaxed, self.day.relaxed.supply, self.foreseen_price)

    @cached_property
    def foreseen_price(self) -> Array:
        """(rows·T,) the prices of somebody who knew all of the day."""
        return solved(self.day.relaxed).price

    def optimum(self) -> float | None:
        """The same; None for so many cars that it would take minutes."""
        return None if self.allocation.agents > CENTRAL_AGENTS else self.least

    def start(self, tape: Tape | None = None) -> Snapshot:
        """The station opens; the first who come say their first words."""
        opened = self.opened()
        return opened if self.finished(opened) else self.exchange(opened)

    def advance(self, snapshot: Snapshot) -> Snapshot:
        """One round; where it is the last of an agreement, the station executes its first steps and the next begins."""
        after = self.exchange(snapshot)
        begins = after.body.inner is None and not self.finished(after)
        return self.exchange(after) if begins else after

    def opened(self) -> Snapshot:
        """Before anybody spoke: the first who come are there."""
        if self.by_session is not self:
            return self.by_session.opened()
        live = self.station.start(float(self.rules["price"]))
        nothing = np.zeros(self.batch * self.copies)
        body = Underway(live, None, None, Meters(), 0, nothing, 0, 0, np.zeros_like(live.worth), ())
        return self._shown(0, self._agreeing(body, 0))

    def exchange(self, snapshot: Snapshot) -> Snapshot:
        """Everybody who is there speaks once: the first words of an agreement, or one round of it. After the last round
        the station has executed its first steps, and the next agreement lies before those who are there then."""
        if self.by_session is not self:
            return self.by_session.exchange(snapshot)
        body, k = snapshot.body, snapshot.k
        if body.inner is None:
            return self._shown(k, body._replace(inner=body.talk.start()))
        body, k = body._replace(inner=body.talk.advance(body.inner)), k + 1
        if body.talk.over(body.inner):
            body = self._agreeing(self._executed(body), k)
        return self._shown(k, self._fewer(body))

    def finished(self, snapshot: Snapshot) -> bool:
        """True when the last car has left."""
        return snapshot.body.talk is None

    def _shown(self, k: int, body: Underway) -> Snapshot:
        inner, faults = body.inner, body.faults
        if inner is None or body.talk is None:
            return Snapshot(k, None, None, None, body, None, (), faults)  # type: ignore[arg-type]
        faults += faults_of(inner, body.talk.left, body.began)
        return Snapshot(k, inner.state, inner.heard, inner.leader, body, inner.net, inner.memory, faults)

    def _fewer(self, body: Underway) -> Underway:
        """Without the missions that have agreed, where these are many: the rest is sooner done alone."""
        parts = None if body.inner is None or body.talk is None else parted(body.talk, body.inner)
        if parts is None:
            return body
        assert body.inner is not None
        assert body.talk is not None
        faults = body.faults + faults_of(body.inner, body.talk.left, body.began)
        (talk, inner), agreed = parts
        return body._replace(talk=talk, inner=inner, agreed=(*body.agreed, agreed), faults=faults)

    def _agreeing(self, body: Underway, k: int) -> Underway:
        """The clock goes on until somebody who is there wants something; an agreement lies before them."""
        live, station = body.live, self.station
        while live.step < station.steps:
            live = station.branched(live, live.step + self.every)
            left = residual(station, live, self.every)
            if left is not None:
                talk = self._talk(left, among(self.selfish.deviations, left, live.step))
                return body._replace(live=live, talk=talk, inner=None, began=k)
            nobody = np.zeros(0, dtype=np.int64)
            for _ in range(self.every):
                live = station.lived(
                    live, np.flatnonzero(live.begun), nobody, np.zeros((live.begun.sum(), 0)), body.meters
                )
        return body._replace(live=live, talk=None, inner=None)

    def _talk(self, left: Residual, deviations: tuple[Deviation, ...]) -> Agreement:
        return Agreement(
            scenario=self.scenario,  # type: ignore[arg-type]
            controller=self.controller,
            coordinator=self.coordinator,
            network=Hub(n=len(left.who)),
            world=self.world,
            tax=NONE,
            rounds=self.talks,
            rules=self.rules | {"rounds": self.talks},
            own=left.own,
            allocation=left.day,
            batch=len(left.rows),
            deviations=deviations,
            left=left,
        )

    def _executed(self, body: Underway) -> Underway:
        """What was agreed on, for so many steps as there are between agreements."""
        talk, inner, live = body.talk, body.inner, body.live
        assert talk is not None
        assert inner is not None
        left, whole = talk.left, together((*body.agreed, outcome(talk, inner)))
        price, worst, rows = live.price.copy(), body.gap.copy(), whole.rows
        agreed = whole.price.reshape(len(rows), price.shape[1], left.day.periods)
        if self.station.keeps_room:
            agreed = np.concatenate([agreed[:, :-1], agreed[:, -1:] / left.day.loss], axis=1)
        price[rows, :, left.period : left.period + left.day.periods] = agreed
        worst[rows] = np.maximum(worst[rows], np.where(np.isfinite(whole.gap), whole.gap, np.inf))
        before = live = live._replace(price=price)
        for _ in range(self.every):
            live = self.station.lived(live, rows, left.who, whole.power_kw, body.meters)
        pivots = body.pivots
        if PIVOT in self.tax.needs:
            bare, everybody = replace(self.station, room=0.0), self.selfish.deviations
            priced = residual(bare, before, self.every)  # what presence costs the others, and not who may yet come
            assert priced is not None
            pivots = pivots + step_pivots(bare, (before, priced), live, self.every, self._talk, everybody)
        faults = body.faults + faults_of(inner, left, body.began)
        cut, made = body.cut + (not talk.finished(inner)), body.agreements + 1
        return body._replace(live=live, gap=worst, agreements=made, cut=cut, pivots=pivots, faults=faults, agreed=())

    def decide(self, snapshot: Snapshot) -> Array:
        """What was agreed on and executed so far, mean power (missions, N, T)."""
        if self.by_session is not self and self.by_session.second is not None:
            return joined(self.by_session.decide(snapshot), self.by_session.second)
        return self.main(measured(self.station, snapshot.body.meters, snapshot.body.live.step).allotted_kw)

    def settle(self, snapshot: Snapshot) -> ChargingRecord:
        """The day as metered so far, what everybody reports that it cost, the bill."""
        if self.by_session is not self and self.by_session.second is not None:
            record = self.by_session.settle(snapshot)
            return one_each(self, record, self.by_session.second, self.heading(snapshot))
        body = snapshot.body
        seen = measured(self.station, body.meters, body.live.step)
        reports = self._as_sessions(seen.metered_kw).reports(seen.allotted_kw, seen.metered_kw)
        bill = self.bill(snapshot, seen.metered_kw, reports)
        return online_record(self, snapshot, seen, reports, bill)

    def _as_sessions(self, metered_kw: Array) -> Self:
        """The same, in which second sessions want what the first ones did not get."""
        if self.second is None:
            return self
        wish = second_wishes(self.own["wish"], self.main(metered_kw), self.second)
        return replace(self, own=self.own | {"wish": wish})

    def billed_at(self, end: Snapshot) -> tuple[Array, Array]:
        """What was metered, and the reports about it."""
        seen = measured(self.station, end.body.meters, end.body.live.step)
        return seen.metered_kw, self._as_sessions(seen.metered_kw).reports(seen.allotted_kw, seen.metered_kw)

    def case(self, snapshot: Snapshot, billed: Array, reports: Array) -> Case:
        """What the leader has before it, with what presence cost the others where the rule needs it."""
        pivots = snapshot.body.pivots if PIVOT in self.tax.needs else None
        return replace(super().case(snapshot, billed, reports), pivots=pivots)

    def supplied(self, billed: Array) -> Array:
        """What was metered costs the aggregator, over the whole day."""
        return self.station.problem.supply_cost(billed)

    def worth(self, snapshot: Snapshot, billed: Array) -> Array:
        """What was metered, at the prices agreed on then."""
        return self.main(snapshot.body.live.worth)
