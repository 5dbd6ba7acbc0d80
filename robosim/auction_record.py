"""What a division by prices leaves behind: bids, prices, shares, taxes and the duality gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from robosim.agent import Array, Said
from robosim.record import Record


@dataclass(frozen=True, kw_only=True)
class AuctionRecord(Record):
    """A finished auction: `said["z"]` (missions, rows, agents, n) are bids, `prices` (missions, rows, price rows).

    `types` are the private ones, each (1, agents, components); `gap` (missions,) bounds the sub-optimality of the
    decision, and the gain of any one deviator under a Groves tax.
    """

    tax_rule: str
    types: Said
    prices: Array
    gap: Array

    @property
    def unit(self) -> str:
        """Dollars."""
        return "$"

    def leader(self, mission: int) -> dict[str, Any]:
        """The tax rule, the duality gap at the end, and what rendezvous have and auctions have not."""
        nothing = dict.fromkeys(("bound", "alpha", "distance", "beta", "penalty"))
        refused = self.settlement.refused[mission].nonzero()[0].tolist()
        gap = float(self.gap[mission])
        return {"tax": self.tax_rule, **nothing, "penalised": False, "refused": refused, "gap": gap}

    def history(self, mission: int) -> dict[str, Any]:
        """Prices round by round, dollars a kilowatt."""
        return {"distance": None, "beta": None, "price": self.prices[mission].tolist()}

    def price_list(self, mission: int) -> Any:
        """λ^n, the last prices broadcast."""
        return self.prices[mission, -1].tolist()

    def columns(self, mission: int) -> dict[str, Any]:
        """Curvature and the share that would cost least, and the share that was decided."""
        curvature, slope = self.types["curvature"][0], self.types["slope"][0]
        wanted = (-slope / curvature).tolist()
        kinds = [{"curvature": c, "wanted_kw": w} for c, w in zip((curvature / 2).tolist(), wanted, strict=True)]
        return {"type": kinds, "decision": self.decision[mission]}
