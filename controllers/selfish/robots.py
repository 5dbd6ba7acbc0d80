"""Selfish robots: one deviation from average consensus per class, and the table of their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from robosim.agent import Array, BestResponse, Said, Strategy, View
from robosim.controllers.selfish.stale import FreeRiding


@dataclass(frozen=True, kw_only=True)
class Stationary(Strategy):
    """Stays where it is and lets the others come: z_i^k = θ_i for all k."""

    rows: ClassVar[tuple[int, ...]] = (1,)

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, {"z": view.own["start"]}


@dataclass(frozen=True, kw_only=True)
class Stubborn(Strategy):
    """Insists on a meeting point of its own: z_i^k = a (default: the centre of the type space)."""

    rows: ClassVar[tuple[int, ...]] = (2,)

    target_m: tuple[float, ...] | None = None

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        start = view.own["start"]
        target = centre(view) if self.target_m is None else np.asarray(self.target_m, dtype=np.float64)
        return memory, {"z": np.broadcast_to(target, start.shape) if k else start}


@dataclass(frozen=True, kw_only=True)
class InitialLie(Strategy):
    """Announces a false start, then follows the rules: z_i^0 = θ_i' (default: twice as far from the centre)."""

    rows: ClassVar[tuple[int, ...]] = (3,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"exaggeration": (-2.0, 4.0)}

    start_m: tuple[float, ...] | None = None
    exaggeration: float = 2.0

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        if k:
            return memory, view.faithful
        start = view.own["start"]
        false = centre(view) + self.exaggeration * (start - centre(view)) if self.start_m is None else self.start_m
        return memory, {"z": np.broadcast_to(np.asarray(false, dtype=np.float64), start.shape)}


@dataclass(frozen=True, kw_only=True)
class FootDragging(Strategy):
    """Goes only part of each step: z_i^k = (1-h) z_i^{k-1} + h F, 0 < h < 1."""

    rows: ClassVar[tuple[int, ...]] = (4,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"stride": (0.01, 0.99)}

    stride: float = 0.5

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        if view.heard is None:
            return memory, view.faithful
        return memory, {"z": (1 - self.stride) * view.heard["z"] + self.stride * view.faithful["z"]}


@dataclass(frozen=True, kw_only=True)
class Freeze(Strategy):
    """Stops early: z_i^k = z_i^{k-1} for k > τ (default: after half of the rounds)."""

    rows: ClassVar[tuple[int, ...]] = (5,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"after_round": (0.0, 1000.0)}

    after_round: int | None = None

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        last = view.rules["rounds"] // 2 if self.after_round is None else self.after_round
        return memory, view.faithful if view.heard is None or k <= last else view.heard


@dataclass(frozen=True, kw_only=True)
class LastRoundSnap(Strategy):
    """Plays along and goes home in the last round: z_i^n = θ_i."""

    rows: ClassVar[tuple[int, ...]] = (7,)

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, {"z": view.own["start"]} if k == view.rules["rounds"] else view.faithful


@dataclass(frozen=True, kw_only=True)
class Griefing(Strategy):
    """Twitches in the last round, so that the team ends outside the announced bound and everybody is fined."""

    rows: ClassVar[tuple[int, ...]] = (22,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"distance_m": (0.0, 1.0)}

    distance_m: float = 1e-3

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        z = view.faithful["z"]
        if k < view.rules["rounds"]:
            return memory, view.faithful
        return memory, {"z": z + self.distance_m * (np.arange(z.shape[1]) == 0)}


@dataclass(frozen=True, kw_only=True)
class OverReport(Strategy):
    """Drives faithfully and reports a larger cost: v̂_i = factor · v_i."""

    rows: ClassVar[tuple[int, ...]] = (13,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"factor": (1.0, 3.0)}

    factor: float = 1.5

    def report(self, view: View, decision: Array, report: Said) -> Said:
        return {"cost": self.factor * report["cost"]}


@dataclass(frozen=True, kw_only=True)
class UnderReport(Strategy):
    """Drives faithfully and reports a smaller cost: v̂_i = factor · v_i."""

    rows: ClassVar[tuple[int, ...]] = (13, 14)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"factor": (0.0, 1.0)}

    factor: float = 0.0

    def report(self, view: View, decision: Array, report: Said) -> Said:
        return {"cost": self.factor * report["cost"]}


@dataclass(frozen=True, kw_only=True)
class Script(Strategy):
    """Plays a fixed list of positions, (K, rounds + 1, d) or (rounds + 1, d): what solved best responses become."""

    name = "best-response"

    positions: Array

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, {"z": np.broadcast_to(self.positions[..., k, :], view.own["start"].shape)}

    def stacked(self, plans: Sequence[Script]) -> Script:
        return Script(positions=np.stack([plan.positions for plan in plans]))

    def picked(self, rows: Any) -> Script:
        return self if self.positions.ndim == 2 else Script(positions=self.positions[rows])


def centre(view: View) -> Array:
    """The middle of the announced type space, (d,)."""
    middle: Array = (view.rules["lower"] + view.rules["upper"]) / 2
    return middle


STRATEGIES: dict[str, type[Strategy]] = {
    "stationary": Stationary,
    "stubborn": Stubborn,
    "initial-lie": InitialLie,
    "foot-dragging": FootDragging,
    "freeze": Freeze,
    "last-round-snap": LastRoundSnap,
    "griefing": Griefing,
    "free-riding": FreeRiding,
    "over-report": OverReport,
    "under-report": UnderReport,
    "best-response": BestResponse,
}
