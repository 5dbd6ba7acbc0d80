"""Selfish halls: one deviation from the thermostat per class, and the table of their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cooling.thermostat import words
from robosim.agent import Array, Said, Strategy, View


@dataclass(frozen=True, kw_only=True)
class Hoard(Strategy):
    """Asks for the same share of the plant, whatever the price."""

    share: float = 0.25

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        """The faithful words but for what is asked for."""
        wanted = self.share * view.rules["problem"].capacity_kw
        return memory, {**view.faithful, "z": np.full_like(view.faithful["z"], wanted)}


@dataclass(frozen=True, kw_only=True)
class CoolerWish(Strategy):
    """Answers prices as if it wished it `cooler_k` cooler than it does."""

    cooler_k: float = 3.0

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        """The words of another type."""
        price = np.zeros((1, 1)) if view.heard is None else view.heard["price"]
        false = {**view.own, "wish_c": view.own["wish_c"] - self.cooler_k}
        return memory, words(false, price, view.rules)


@dataclass(frozen=True, kw_only=True)
class OverReport(Strategy):
    """Reports more than it cost."""

    scale: float = 1.5

    def report(self, view: View, decision: Array, report: Said) -> Said:
        """The true report times `scale`."""
        return {"cost": self.scale * report["cost"]}


STRATEGIES: dict[str, type[Strategy]] = {kind.name: kind for kind in (Hoard, CoolerWish, OverReport)}
