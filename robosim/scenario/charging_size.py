"""How much memory a charging world takes, from a handful of numbers, before anything is allocated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from robosim.scenario.world_file import Need

if TYPE_CHECKING:
    from robosim.scenario.charging import ChargingScenario

BYTES_PER_BIDDER = 1000
"""Type, state, messages and buffers of one bidder."""
BYTES_PER_BID = 3 * 8
"""What a bidder says in a round: its share, its term of the dual function, its cost."""
BYTES_PER_MARGINAL_BID = 12 * 8
"""The same in a marginal problem: kept of the last round only, with the price update's and the projection's copies."""


def needs(world: ChargingScenario) -> tuple[Need, ...]:
    """The recorded rounds and, for the VCG tax, N problems without one bidder each, solved as one batch."""
    count, rounds = world.bidders.count, world.mission.rounds
    kept = rounds // world.record.every + 2
    record = Need(
        "bidders.count" if count >= rounds else "mission.rounds",
        f"{count} bidders x {rounds} rounds",
        "fewer bidders or rounds, or record.every",
        count * (BYTES_PER_BIDDER + BYTES_PER_BID * kept),
    )
    marginal = Need(
        "bidders.count",
        f"{count} marginal problems of {count} bidders",
        'fewer bidders, or leader.tax = "clearing-price"',
        (count + 1) * count * BYTES_PER_MARGINAL_BID,
    )
    return (record, marginal) if world.leader.tax == "vcg" else (record,)
