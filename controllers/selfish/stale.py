"""An agent that computes seldom: what it says was faithful some rounds ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from robosim.agent import Said, Strategy, View


@dataclass(frozen=True, kw_only=True)
class FreeRiding(Strategy):
    """Spares itself the computing: says the faithful z of `delay` rounds ago, F(z^{k-τ})."""

    rows: ClassVar[tuple[int, ...]] = (23,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"delay": (1.0, 100.0)}

    delay: int = 3

    def __post_init__(self) -> None:
        if self.delay < 1:
            raise ValueError(f"delay must be at least 1 round, got {self.delay}")

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        known = (*(memory or ()), view.faithful["z"].copy())[-1 - self.delay :]
        return known, view.faithful | {"z": known[0]}

    def remembered(self, memory: Any, rows: Any) -> Any:
        """What was said lately."""
        return tuple(z[rows] for z in memory)
