"""Selfish EVs that answer every price faithfully, as if they were somebody else.

What such an EV says its term of the dual function is and what a proposal would cost it stay true, so the gap that ends
a mission is no less true than without it: it can keep a mission from ending early, never end one too early.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from robosim.agent import Array, Said, Strategy, View
from robosim.controllers.parts.anchored import Shares, at_start, moved_on
from robosim.controllers.parts.charging import Answer, fleet, in_stay, near, plan

TYPE = ("curvature", "energy_cost", "limit", "stay", "wish")


class Pretender(Strategy, ABC):
    """Says the best plan, (3a) of T, Algorithm 1, of an EV that it is not; under ADMM the best one near its share."""

    @abstractmethod
    def pretended(self, own: Said, period_h: float) -> Said:
        """What is false in the types (K, components) where a period has so many hours: keys of `own`, other values."""

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        """The false answer to the price that the faithful one answers; the memory is where its search began last."""
        own = view.own | self.pretended(view.own, view.rules["hours"])
        if "moved" in view.faithful:
            memory, found = near_answer(own, memory, view)
            return memory, asks(view, found.x[0])
        found = answer(own, heard_price(view), memory)
        return found.worth, asks(view, found.x[0])

    def remembered(self, memory: Any, rows: Any) -> Any:
        """Where their searches began, each (1, K, …)."""
        if isinstance(memory, NearMemory):
            return NearMemory(Shares(*(x[:, rows] for x in memory.shares)), memory.worth[:, rows])
        return memory[:, rows]


@dataclass(frozen=True, kw_only=True)
class OverAsk(Pretender):
    """Asks for `factor` times the energy that it wants (1.92: what drivers at Caltech ask, over what they get).

    In all: what the meter has counted since its arrival is taken off what it asked for.
    """

    rows: ClassVar[tuple[int, ...]] = (8,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"factor": (0.5, 3.0)}

    factor: float = 1.92

    def __post_init__(self) -> None:
        at_least(0.0, factor=self.factor)

    def pretended(self, own: Said, period_h: float) -> Said:
        had = metered(own)
        asked = np.maximum(self.factor * (own["wish"][:, :1] + had) - had, 0.0)
        return {"wish": np.concatenate([asked, own["wish"][:, 1:]], axis=1)}


@dataclass(frozen=True, kw_only=True)
class EarlyDeparture(Pretender):
    """Pretends to leave `hours` earlier, so that it is served before those who say when they leave; later, if negative.

    Where plans are made as time goes on and it is still there when it said it would be gone, it is about to leave.
    """

    rows: ClassVar[tuple[int, ...]] = (8,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"hours": (-3.0, 3.0)}

    hours: float = 1.0

    def pretended(self, own: Said, period_h: float) -> Said:
        first, stop = own["stay"].T
        sooner = np.maximum(stop - periods(self.hours, period_h, own), first + 1)
        return {"stay": np.stack([first, np.where(stop > first, sooner, stop)], axis=1)}


@dataclass(frozen=True, kw_only=True)
class CostMisreport(Pretender):
    """Pretends that wear costs `wear` times and missing energy `unmet` times as much, and that waiting costs more.

    `waiting_dollars_per_kwh_h` is what a kWh an hour later costs beyond what it truly does; less, if negative.
    """

    rows: ClassVar[tuple[int, ...]] = (8,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        "wear": (0.1, 3.0),
        "unmet": (0.0, 2.0),
        "waiting_dollars_per_kwh_h": (-0.05, 0.05),
    }

    wear: float = 1.0
    unmet: float = 0.5
    waiting_dollars_per_kwh_h: float = 0.0

    def __post_init__(self) -> None:
        at_least(1e-3, wear=self.wear)
        at_least(0.0, unmet=self.unmet)

    def pretended(self, own: Said, period_h: float) -> Said:
        waited_h = np.maximum(np.arange(own["energy_cost"].shape[1]) - own["stay"][:, :1], 0.0) * period_h
        return {
            "curvature": own["curvature"] * self.wear,
            "energy_cost": own["energy_cost"] + self.waiting_dollars_per_kwh_h * (waited_h + since_h(own)) * period_h,
            "wish": own["wish"] * np.array([1.0, 1.0, 1.0, self.unmet]),
        }


@dataclass(frozen=True, kw_only=True)
class CapacityWithholding(Pretender):
    """Pretends that battery and charger take only `share` of their power."""

    rows: ClassVar[tuple[int, ...]] = (10,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (0.0, 1.0)}

    share: float = 0.5

    def __post_init__(self) -> None:
        at_least(0.0, share=self.share)

    def pretended(self, own: Said, period_h: float) -> Said:
        return {"limit": own["limit"] * self.share}


@dataclass(frozen=True, kw_only=True)
class AsInData(Pretender):
    """Asks for the energy and states the departure that its driver told; where sessions are real, a real driver.

    Where plans are made as time goes on, who is there longer than it told is about to leave, as far as anybody knows.
    """

    rows: ClassVar[tuple[int, ...]] = (8,)

    name = "as-in-data"

    def pretended(self, own: Said, period_h: float) -> Said:
        energy, stay = np.maximum(own["told"][:, :1] - metered(own), 0.0), own["told"][:, 1:].copy()
        if "metered" in own:
            stay[:, 1] = np.maximum(stay[:, 1], 1.0)
        return {"wish": np.concatenate([energy, own["wish"][:, 1:]], axis=1), "stay": stay}


def answer(own: Said, price: Array, worth: Array | None) -> Answer:
    """(3a) of K EVs, each with types (K, components) and a price (K, rows·T) of its own: everything (1, K, …).

    `worth` (1, K) begins the search, None where nothing is known.
    """
    alone = {key: own[key][None] for key in TYPE}
    alone["energy_cost"] = (own["energy_cost"] + at_plug(own, price))[None]
    agents, count = own["energy_cost"].shape
    begin = np.full((1, agents), np.nan) if worth is None else worth
    return plan(alone, fleet(alone), np.zeros((1, 1, count)), begin)


class NearMemory(NamedTuple):
    """What a pretender keeps under ADMM."""

    shares: Shares
    """(1, K, T) each."""
    worth: Array
    """(1, K) where its search began last."""


def near_answer(own: Said, memory: NearMemory | None, view: View) -> tuple[NearMemory, Answer]:
    """The answer near its share of K EVs of these types, each in a mission of its own."""
    alone = {key: own[key][None] for key in TYPE}
    plugged, heard = at_plug(own, heard_price(view))[None], view.heard
    count = plugged.shape[1]
    rho = np.full((1, count), float(view.rules["rho"])) if heard is None else heard["rho"].T
    priced = np.where(in_stay(alone), plugged / rho[..., None], 0.0)
    if memory is None or heard is None:
        memory = NearMemory(at_start(np.zeros_like(priced), priced), np.full((1, count), np.nan))
    else:
        shares = moved_on(memory.shares, heard["z"][None], priced, heard["weight"][None])
        memory = memory._replace(shares=shares)
    found = near(alone, fleet(alone), plugged, memory.shares.share, rho, memory.worth)
    return memory._replace(worth=found.worth), found


def heard_price(view: View) -> Array:
    """λ that the faithful answer answers, (K, rows·T); λ⁰ is the same for all missions."""
    if view.heard is None:
        return np.repeat(view.rules["price"][0], len(view.own["wish"]), axis=0)
    return view.heard["price"]


def at_plug(own: Said, price: Array) -> Array:
    """What a kW costs each of K EVs in each period, (K, T), at prices (K, rows·T)."""
    if "weights" not in own:
        return price
    weights = own["weights"]
    return np.asarray(np.einsum("kr,krt->kt", weights, price.reshape(*weights.shape, -1)))


def periods(hours: float, period_h: float, own: Said) -> int:
    """So many hours in whole periods, at most as many as there are."""
    count = int(own["energy_cost"].shape[1])
    return round(min(max(hours / period_h, -count), count))


def metered(own: Said) -> Array | float:
    """What the meter has counted since the arrival, (K, 1) kW-periods, where plans are made as time goes on; else 0."""
    return own.get("metered", 0.0)


def since_h(own: Said) -> Array | float:
    """How long each car has been there, (K, 1) hours, where plans are made as time goes on; else 0."""
    return own.get("since", 0.0)


def asks(view: View, z: Array) -> Said:
    """The faithful words but for what is asked for, (K, T) kW."""
    return {**view.faithful, "z": z}


def at_least(least: float, **values: float) -> None:
    """Raise `ValueError` for a parameter that is smaller."""
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"{name} must be at least {least:g}, got {value!r}")
