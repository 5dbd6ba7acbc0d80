"""What a mission leaves behind: answers, prices, granted power, temperatures, taxes and the duality gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from robosim.agent import Array, Said
from robosim.record import Record, finite


@dataclass(frozen=True, kw_only=True, eq=False)
class CoolingRecord(Record):
    """A finished mission: `said["z"]` (missions, rows, halls, 1) kW are answers to `prices` (missions, rows, 1) $/kW.

    `types` are private, each (1 or missions, halls, 1); `temperature_c` (missions, halls, periods) was metered at
    `hours` (periods,); `gap` (missions,) is how far the reports are above the largest dual value, dollars.
    """

    noun: ClassVar[str] = "cooling"

    types: Said
    hours: Array
    prices: Array
    temperature_c: Array
    gap: Array

    def leader(self, mission: int) -> dict[str, Any]:
        """What all leaders say, and the duality gap."""
        return {**self.shared_leader(mission), "gap": finite(self.gap[mission : mission + 1])[0]}

    def history(self, mission: int) -> dict[str, Any]:
        """Prices round by round, dollars a kilowatt."""
        return {"distance": None, "beta": None, "price": self.prices[mission].tolist()}

    def price_list(self, mission: int) -> Any:
        """The last price."""
        return self.prices[mission, -1].tolist()

    def columns(self, mission: int) -> dict[str, Any]:
        """Types, granted power and the highest temperature."""
        own = {key: x[min(mission, len(x) - 1), :, 0].tolist() for key, x in self.types.items()}
        return {
            "type": [dict(zip(own, values, strict=True)) for values in zip(*own.values(), strict=True)],
            "decision": self.decision[mission],
            "energy_j": self.decision[mission, :, 0] * self.hours[-1] * 3.6e6,
            "cooling_kw": self.decision[mission, :, 0],
            "hottest_c": self.temperature_c[mission].max(axis=1),
        }
