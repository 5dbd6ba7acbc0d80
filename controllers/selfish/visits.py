"""Selfish EVs that come, go and unplug at other times than they could, where plans are made as time goes on.

What they do with their cars is seen: who is not plugged in charges nothing. On a day that is planned before it begins
all of that is only said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from robosim.agent import Array, Said
from robosim.controllers.selfish.pretenders import Pretender, at_least, periods


class Visitor(Pretender):
    """Is plugged in at other times than it could be."""

    def visit(self, arrival_h: Array, departure_h: Array) -> tuple[Array, Array]:
        """When K cars are plugged in, hours, that could be so from `arrival_h` to `departure_h` (K,)."""
        return arrival_h, departure_h

    def again(self, arrival_h: Array, departure_h: Array) -> tuple[Array, Array] | None:
        """When they are plugged in once more, as if they were other cars; None for who comes once."""
        return None


def live(own: Said) -> bool:
    """Whether plans are made as time goes on."""
    return "metered" in own


@dataclass(frozen=True, kw_only=True)
class LateArrival(Visitor):
    """Plugs in `hours` after it came, when others have charged and prices may have fallen."""

    rows: ClassVar[tuple[int, ...]] = (8,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"hours": (0.0, 6.0)}

    hours: float = 1.0

    def __post_init__(self) -> None:
        at_least(0.0, hours=self.hours)

    def visit(self, arrival_h: Array, departure_h: Array) -> tuple[Array, Array]:
        return np.minimum(arrival_h + self.hours, departure_h), departure_h

    def pretended(self, own: Said, period_h: float) -> Said:
        if live(own):
            return {}
        first, stop = own["stay"].T
        later = np.minimum(first + periods(self.hours, period_h, own), np.maximum(stop, first))
        return {"stay": np.stack([later, stop], axis=1)}


@dataclass(frozen=True, kw_only=True)
class EarlyLeave(Visitor):
    """Leaves `hours` before the time that it tells, without a word."""

    rows: ClassVar[tuple[int, ...]] = (8,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"hours": (0.0, 3.0)}

    hours: float = 0.5

    def __post_init__(self) -> None:
        at_least(0.0, hours=self.hours)

    def visit(self, arrival_h: Array, departure_h: Array) -> tuple[Array, Array]:
        return arrival_h, np.maximum(departure_h - self.hours, arrival_h)

    def pretended(self, own: Said, period_h: float) -> Said:
        if not live(own):
            return {}
        first, stop = own["stay"].T
        by = periods(self.hours, period_h, own)
        stay = np.stack([first, np.where(stop > first, stop + by, stop)], axis=1)
        return {"stay": stay, "limit": np.broadcast_to(own["limit"].max(axis=1, keepdims=True), own["limit"].shape)}


@dataclass(frozen=True, kw_only=True)
class RePlug(Visitor):
    """Unplugs `after_h` hours after it came, and comes again `away_h` hours later as if it were another car.

    Where plans are made as time goes on these are two sessions. The first says that it leaves when it does, wants all
    of the energy, and is billed for itself when it is over, with what it lacks; the second comes with the next
    agreement at the earliest, to the same post, and wants what is lacking. Both answer prices faithfully, each is taxed
    by the rule as if it were another car's (under VCG the day is replayed without the one and with the other as it
    was), and the car bears both taxes and the true cost of all that it drew. So it shows what a station loses to who
    has two names; no certificate of one deviator speaks of that. Planned before the day it only says that it takes
    nothing in between, under one name.
    """

    rows: ClassVar[tuple[int, ...]] = (8,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"after_h": (0.0, 6.0), "away_h": (0.0, 3.0)}

    name = "re-plug"

    after_h: float = 1.0
    away_h: float = 0.5

    def __post_init__(self) -> None:
        at_least(0.0, after_h=self.after_h, away_h=self.away_h)

    def visit(self, arrival_h: Array, departure_h: Array) -> tuple[Array, Array]:
        return arrival_h, np.minimum(arrival_h + self.after_h, departure_h)

    def again(self, arrival_h: Array, departure_h: Array) -> tuple[Array, Array]:
        return np.minimum(arrival_h + self.after_h + self.away_h, departure_h), departure_h

    def pretended(self, own: Said, period_h: float) -> Said:
        if live(own):
            return {}
        t, first = np.arange(own["energy_cost"].shape[1]), own["stay"][:, :1]
        since = (t - first) * period_h
        return {"limit": np.where((since >= self.after_h) & (since < self.after_h + self.away_h), 0.0, own["limit"])}


VISITS: dict[str, type[Visitor]] = {"late-arrival": LateArrival, "early-leave": EarlyLeave, "re-plug": RePlug}
"""What cars may play with their plugs, by name."""
