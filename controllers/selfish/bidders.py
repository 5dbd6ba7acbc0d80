"""Selfish bidders: one deviation from dual decomposition per class, and the table of their names.

Each replaces what its agent asks for, `z`; what it says its term of the dual function is, and its reports, stay true.
In `view.heard` a bidder finds its own last words and the leader's, `price` (K, rows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from robosim.agent import Array, BestResponse, Said, Strategy, View
from robosim.controllers.selfish.stale import FreeRiding


@dataclass(frozen=True, kw_only=True)
class ConstantBid(Strategy):
    """Asks for the same whatever the price (T, section II: 1/3 beats the faithful 1/2 under the clearing price)."""

    rows: ClassVar[tuple[int, ...]] = (9,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"bid": (-1.0, 3.0)}

    bid: float = 1 / 3

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, asks(view, np.full_like(view.faithful["z"], self.bid))


@dataclass(frozen=True, kw_only=True)
class BaitAndSwitch(Strategy):
    """Asks for little until the price is down, then for much in the last round, too late for the price to move."""

    rows: ClassVar[tuple[int, ...]] = (11,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"bait": (-1.0, 1.0), "catch": (0.0, 3.0)}

    bait: float = -1.0
    catch: float = 1.25

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        bid = self.catch if k >= view.rules["rounds"] else self.bait
        return memory, asks(view, np.full_like(view.faithful["z"], bid))


@dataclass(frozen=True, kw_only=True)
class CostMisreport(Strategy):
    """Answers as if its cost were scale · v_i(z - shift): it wants `shift` more, and minds it `scale` times as much.

    For quadratic costs: q' = scale·q and f' = scale·(f - q·shift).
    """

    rows: ClassVar[tuple[int, ...]] = (8, 12, 16)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"shift": (-1.0, 1.0), "scale": (0.1, 3.0)}

    shift: float = -0.25
    scale: float = 1.0

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        q, f = view.own["curvature"], view.own["slope"]
        false = -(self.scale * (f - q * self.shift) + pull(view)) / (self.scale * q)
        return memory, asks(view, np.clip(false, view.own["lower"], view.own["upper"]))


@dataclass(frozen=True, kw_only=True)
class CapacityWithholding(Strategy):
    """Pretends that it can take only the share κ of its upper limit, or of what it would take for free."""

    rows: ClassVar[tuple[int, ...]] = (10,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (0.0, 1.0)}

    share: float = 0.5

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        own = view.own
        free = np.clip(-own["slope"] / own["curvature"], own["lower"], own["upper"])
        most = np.where(np.isfinite(own["upper"]), own["upper"], free)
        return memory, asks(view, np.minimum(view.faithful["z"], np.maximum(self.share * most, own["lower"])))


@dataclass(frozen=True, kw_only=True)
class Shift(Strategy):
    """Asks for `amount` more (less, if negative) than the faithful answer."""

    rows: ClassVar[tuple[int, ...]] = (9,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"amount": (-1.0, 1.0)}

    amount: float = -0.1

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, asks(view, view.faithful["z"] + self.amount)


@dataclass(frozen=True, kw_only=True)
class Proportional(Strategy):
    """Asks for `factor` times the faithful answer."""

    rows: ClassVar[tuple[int, ...]] = (9,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"factor": (0.0, 2.0)}

    factor: float = 0.8

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, asks(view, self.factor * view.faithful["z"])


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


@dataclass(frozen=True, kw_only=True)
class Bids(Strategy):
    """Plays a fixed list of bids, (n + 1, components): what solved best responses become."""

    name = "best-response"

    bids: Array

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, asks(view, np.broadcast_to(self.bids[min(k, len(self.bids) - 1)], view.faithful["z"].shape))


def asks(view: View, z: Array) -> Said:
    """The faithful words but for what is asked for, (K, n)."""
    return {**view.faithful, "z": z}


def pull(view: View) -> Array:
    """R_i'λ at the price that the faithful answer answers, (K, n): λ⁰ is the same for all missions."""
    agents, n = view.own["slope"].shape
    price = np.repeat(view.rules["price"][0], agents, axis=0) if view.heard is None else view.heard["price"]
    if "rows" not in view.own:
        return price
    return np.asarray(np.einsum("krc,kr->kc", view.own["rows"].reshape(agents, -1, n), price))


BIDDING: dict[str, type[Strategy]] = {
    "constant-bid": ConstantBid,
    "bait-and-switch": BaitAndSwitch,
    "cost-misreport": CostMisreport,
    "capacity-withholding": CapacityWithholding,
    "shift": Shift,
    "proportional": Proportional,
    "freeze": FreezeBid,
    "free-riding": FreeRiding,
    "best-response": BestResponse,
}
