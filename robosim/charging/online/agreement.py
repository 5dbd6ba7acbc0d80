"""One agreement: those who are plugged in divide what is left by prices, as a small mission of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from robosim.agent import Array, Deviation, Rules
from robosim.auction.mission import Auction
from robosim.charging.online.residual import Residual
from robosim.controllers.parts.charging import fleet, use
from robosim.mission import Snapshot


@dataclass(frozen=True, kw_only=True)
class Agreement(Auction):
    """`left` is what is divided; `present` (missions, agents) says who is in which mission."""

    left: Residual

    @cached_property
    def announced(self) -> Rules:
        """The rules for all missions, from the last prices on."""
        left = self.left
        rules = self.allocation.rules(**self.rules | {"price": left.price}, present=left.present[..., None])
        return rules | {"supply": left.supply}

    def plan_kw(self, inner: Snapshot) -> Array:
        """(A, P) the power of everybody in the rest of this period, while it is there: of its share, what is best."""
        meant = use(self.own, fleet(self.own), self.shares(inner)).x[..., 0]
        left = np.broadcast_to(self.left.left, meant.shape)
        power = np.divide(meant, left, out=np.zeros_like(meant), where=left > 0.0)
        return np.where(self.left.present, np.minimum(power, self.left.day.limit_kw), 0.0)

    def over(self, inner: Snapshot) -> bool:
        """Whether nobody speaks any more: the gap has closed everywhere, or the rounds are over."""
        return inner.k >= self.rounds or self.finished(inner)

    def bound(self, inner: Snapshot) -> Array:
        """(A,) dollars that what is left costs at least."""
        return np.asarray(inner.leader.bound)

    def gap(self, inner: Snapshot) -> Array:
        """(A,) dollars that each mission may still be from its best."""
        return np.asarray(inner.leader.gap)


def among(deviations: tuple[Deviation, ...], left: Residual, step: int) -> tuple[Deviation, ...]:
    """The deviations of those who take part in the agreement before `step`, in its numbers."""
    row = dict(zip(left.rows.tolist(), range(len(left.rows)), strict=True))
    car = dict(zip(left.who.tolist(), range(len(left.who)), strict=True))
    found = []
    for one in deviations:
        pairs = zip(one.missions.tolist(), one.agents.tolist(), strict=True)
        places = [(row[m], car[i]) for m, i in pairs if m in row and i in car and left.present[row[m], car[i]]]
        if places:
            missions, agents = (np.array(x) for x in zip(*places, strict=True))
            found.append(replace(one, strategy=one.strategy.during(step), missions=missions, agents=agents))
    return tuple(found)


def faults_of(inner: Snapshot, left: Residual, k: int) -> tuple[tuple[int, int, int], ...]:
    """Who sent something unusable, in the numbers of the day; round 0 of the agreement was round k of the day."""
    return tuple((k + at, int(left.rows[m]), int(left.who[i])) for at, m, i in inner.faults)
