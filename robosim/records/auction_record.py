"""What a division by prices leaves behind: bids, prices, shares, taxes and the duality gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from robosim.agent import Array, Said
from robosim.records.day_log import DayLog
from robosim.records.record import Record


@dataclass(frozen=True, kw_only=True, eq=False)
class AuctionRecord(Record):
    """A finished auction: `said["z"]` (missions, rows, agents, n) are bids, `prices` (missions, rows, price rows).

    `types` are the private ones, each (1, agents, components); `gap` (missions,) bounds the sub-optimality of the
    decision, and the gain of any one deviator under a Groves tax.
    """

    tax_rule: str
    types: Said
    prices: Array
    gap: Array
    day: DayLog | None = None
    """What was executed, where bidders are cars at a station."""

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

    @property
    def leader_cost(self) -> Array:
        """What the aggregator itself paid, (missions,)."""
        return np.zeros(len(self.decision)) if self.day is None else self.day.leader_cost

    def history(self, mission: int) -> dict[str, Any]:
        """Prices round by round, dollars a kilowatt; of a station, with its price for every period, the highest."""
        nothing = {"distance": None, "beta": None}
        if self.day is not None:
            return nothing | {"highest_price": (self.prices[mission].max(axis=1) / self.day.hours).tolist()}
        return nothing | {"price": self.prices[mission].tolist()}

    def price_list(self, mission: int) -> Any:
        """λ^n, the last prices broadcast; of a station dollars a kWh in every period, row by row."""
        last = self.prices[mission, -1]
        if self.day is None:
            return last.tolist()
        by_row = last.reshape(-1, self.decision.shape[2]) / self.day.hours
        return (by_row[0] if len(by_row) == 1 else by_row).tolist()

    def columns(self, mission: int) -> dict[str, Any]:
        """What each is like, and the share that was decided."""
        if self.day is not None:
            return self._cars(self.day, mission)
        curvature, slope = self.types["curvature"][0], self.types["slope"][0]
        wanted = (-slope / curvature).tolist()
        kinds = [{"curvature": c, "wanted_kw": w} for c, w in zip((curvature / 2).tolist(), wanted, strict=True)]
        return {"type": kinds, "decision": self.decision[mission]}

    def _cars(self, day: DayLog, mission: int) -> dict[str, Any]:
        """Energies in kWh, the metered one in joules too."""
        metered = day.metered_kw[mission].sum(axis=1) * day.hours
        wear = self.types["curvature"][0, :, 0] / day.hours
        rows = zip(day.wanted_kwh.tolist(), *day.stay_min.T.tolist(), wear.tolist(), strict=True)
        keys = ("wanted_kwh", "arrival_min", "departure_min", "wear_dollars_per_kw2h")
        kinds = [dict(zip(keys, row, strict=True)) for row in rows]
        return {"energy_j": metered * 3.6e6, "energy_kwh": metered, "type": kinds, "decision": self.decision[mission]}
