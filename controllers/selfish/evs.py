"""Selfish EVs: those that say another plan than a faithful answer to the price, and the table of all their names.

`robosim.controllers.selfish.pretenders` has those that answer as if they were somebody else, `visits` those that come
and go at other times than they could. All of them tell the truth about costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from robosim.agent import Said, Strategy, View
from robosim.controllers.selfish.pretenders import (
    AsInData,
    CapacityWithholding,
    CostMisreport,
    EarlyDeparture,
    OverAsk,
    asks,
    at_least,
    periods,
)


@dataclass(frozen=True, kw_only=True)
class ConstantBid(Strategy):
    """Asks for the same power throughout its stay, whatever the price: its energy spread evenly, or `power_kw`."""

    rows: ClassVar[tuple[int, ...]] = (9,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"power_kw": (0.0, 22.0)}

    power_kw: float | None = None

    def __post_init__(self) -> None:
        at_least(0.0, power_kw=self.power_kw or 0.0)

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        own = view.own
        first, stop = own["stay"].T[..., None]
        even = own["wish"][:, :1] / np.maximum(stop - first, 1.0)
        power = np.minimum(even if self.power_kw is None else self.power_kw, own["limit"])
        t = np.arange(own["energy_cost"].shape[1])
        return memory, asks(view, np.where((first <= t) & (t < stop), power, 0.0))


@dataclass(frozen=True, kw_only=True)
class BaitAndSwitch(Strategy):
    """Asks for the share `bait` of a faithful answer until round n, then for `catch` times one.

    In round n the price that everybody pays has fallen and has no time to rise. A leader who ends the mission when the
    gap closes cannot end it before: as long as the bait is out, proposals give this EV less than it wants, and what it
    says that they cost it is true. What is asked for in excess in round n is taken from all m who charge in a period
    alike, so a catch of about 1 + (1 - bait)/m gets this EV what it wants, if need be more than its charger can give.
    """

    rows: ClassVar[tuple[int, ...]] = (11,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"bait": (0.0, 1.0), "catch": (0.5, 3.0)}

    bait: float = 0.0
    catch: float = 1.1

    def __post_init__(self) -> None:
        at_least(0.0, bait=self.bait, catch=self.catch)

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        share = self.catch if k >= view.rules["rounds"] else self.bait
        return memory, asks(view, share * view.faithful["z"])


@dataclass(frozen=True, kw_only=True)
class Shift(Strategy):
    """Asks for the faithful answer `hours` later (earlier, if negative); what leaves its stay is left out.

    Shift, proportional and freeze are the manipulations of A. Perez-Diaz, E. Gerding, F. McGroarty, Detecting strategic
    manipulation in distributed optimisation of electric vehicle aggregators (arXiv 1810.07063).
    """

    rows: ClassVar[tuple[int, ...]] = (9,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"hours": (-6.0, 6.0)}

    hours: float = 1.0

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        z, by = view.faithful["z"], periods(self.hours, view.rules["hours"], view.own)
        t = np.arange(z.shape[1])
        first, stop = view.own["stay"].T[..., None]
        here = (first <= t) & (t < stop) & (t >= by) & (t < by + z.shape[1])
        return memory, asks(view, np.where(here, np.roll(z, by, axis=1), 0.0))


@dataclass(frozen=True, kw_only=True)
class Proportional(Strategy):
    """Asks for `factor` times the faithful answer, at most what its charger and battery take."""

    rows: ClassVar[tuple[int, ...]] = (9,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"factor": (0.0, 2.0)}

    factor: float = 0.8

    def __post_init__(self) -> None:
        at_least(0.0, factor=self.factor)

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, asks(view, np.minimum(self.factor * view.faithful["z"], view.own["limit"]))


@dataclass(frozen=True, kw_only=True)
class FreezeBid(Strategy):
    """Stops listening: z_i^k = z_i^{k-1} for k > τ (default: after the first round)."""

    rows: ClassVar[tuple[int, ...]] = (5,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"after_round": (0.0, 1000.0)}

    name = "freeze"

    after_round: int = 1

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        if view.heard is None or k <= self.after_round:
            return memory, view.faithful
        return memory, asks(view, view.heard["z"])


EV_DEVIATIONS: dict[str, type[Strategy]] = {
    "over-ask": OverAsk,
    "early-departure": EarlyDeparture,
    "cost-misreport": CostMisreport,
    "constant-bid": ConstantBid,
    "capacity-withholding": CapacityWithholding,
    "bait-and-switch": BaitAndSwitch,
    "shift": Shift,
    "proportional": Proportional,
    "freeze": FreezeBid,
    "as-in-data": AsInData,
}
"""What EVs may play in a station, by name."""
