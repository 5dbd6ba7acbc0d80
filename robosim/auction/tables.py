"""What people read about an auction."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from robosim.auction.mission import Auction
from robosim.auction.record import AuctionRecord
from robosim.cli.tables import costs_table


def run_tables(record: AuctionRecord) -> list[Table]:
    """Who pays what."""
    return [costs_table(record)]


def findings(record: AuctionRecord, mission: Auction) -> list[str]:
    """What the leader found."""
    prices = ", ".join(f"{price:.6g}" for price in record.prices[0, -1])
    line = f"price {prices} $/kW after {record.rounds} rounds, duality gap {record.gap[0]:.3g} $"
    return [line, *unreached(record, mission)]


def unreached(record: AuctionRecord, mission: Any) -> list[str]:
    """A word of warning where rounds ran out before the announced ε was certified."""
    wanted = mission.rules.get("epsilon")
    if wanted is None or record.interrupted or record.rounds < mission.rounds:
        return []
    return [f"the announced ε of {wanted:.3g} $ was not certified in {record.rounds} rounds (raise mission.rounds)"]
