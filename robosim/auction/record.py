"""What a division by prices leaves behind: bids, prices, shares, taxes and the duality gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from robosim.agent import Array, Said
from robosim.files.packing import Axes
from robosim.record import Record, finite


@dataclass(frozen=True, kw_only=True, eq=False)
class AuctionRecord(Record):
    """A finished auction: `said["z"]` (missions, rows, agents, n) are bids, `prices` (missions, rows, price rows).

    `types` are the private ones, each (1, agents, components); `gap` (missions,) bounds the sub-optimality of the
    decision, and the gain of any one deviator under a Groves tax.
    """

    noun: ClassVar[str] = "auction"
    price_unit: ClassVar[str] = "$/kW"
    needed: ClassVar[frozenset[str]] = frozenset({"curvature", "slope"})

    types: Annotated[Said, Axes("1|M N *", finite=False)]
    prices: Annotated[Array, Axes("M rows *")]
    gap: Annotated[Array, Axes("M", finite=False)]

    def faults(self) -> Iterator[str]:
        """Also words and types that are not there."""
        yield from super().faults()
        if not self.needed <= self.types.keys() or self.said.keys() != {"z"}:
            yield f"types: must hold {' and '.join(sorted(self.needed))}, and said z"

    def leader(self, mission: int) -> dict[str, Any]:
        """What all leaders say, and the duality gap at the end."""
        return {**self.shared_leader(mission), "gap": finite(self.gap[mission : mission + 1])[0]}

    def history(self, mission: int) -> dict[str, Any]:
        """Prices round by round, dollars a kilowatt."""
        return {"distance": None, "beta": None, "price": self.prices[mission].tolist()}

    def price_list(self, mission: int) -> Any:
        """λ^n, the last prices broadcast."""
        return self.prices[mission, -1].tolist()

    def columns(self, mission: int) -> dict[str, Any]:
        """What each is like, and the share that was decided."""
        curvature, slope = self.types["curvature"][0], self.types["slope"][0]
        wanted = (-slope / curvature).tolist()
        kinds = [{"curvature": c, "wanted_kw": w} for c, w in zip((curvature / 2).tolist(), wanted, strict=True)]
        return {"type": kinds, "decision": self.decision[mission]}
