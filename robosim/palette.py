"""Colour and shape of each kind of agent, the same in every picture: Okabe and Ito's colour-blind safe palette."""

from __future__ import annotations

from typing import NamedTuple

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"


class Look(NamedTuple):
    """A colour and a shape: (corners, star?, turned by degrees), as matplotlib's markers and our polygons read it."""

    colour: str
    shape: tuple[int, int, float]


FAITHFUL = Look(BLUE, (32, 0, 0.0))
UNLISTED = Look(BLACK, (8, 1, 0.0))
"""A strategy that is not in the table: a user's own."""

LOOKS: dict[str, Look] = {
    "faithful": FAITHFUL,
    "stationary": Look(VERMILLION, (4, 0, 45.0)),
    "stubborn": Look(ORANGE, (4, 0, 0.0)),
    "initial-lie": Look(PURPLE, (3, 0, 0.0)),
    "foot-dragging": Look(GREEN, (3, 0, 180.0)),
    "freeze": Look(SKY, (5, 0, 0.0)),
    "last-round-snap": Look(ORANGE, (3, 0, 90.0)),
    "griefing": Look(BLACK, (5, 1, 36.0)),
    "free-riding": Look(SKY, (3, 1, 0.0)),
    "over-report": Look(PURPLE, (4, 1, 0.0)),
    "under-report": Look(GREEN, (4, 1, 45.0)),
    "best-response": Look(VERMILLION, (5, 1, 0.0)),
}

MARKET_LOOKS: dict[str, Look] = {
    "bait-and-switch": Look(ORANGE, (6, 1, 0.0)),
    "constant-bid": Look(VERMILLION, (4, 0, 0.0)),
    "cost-misreport": Look(PURPLE, (3, 0, 0.0)),
    "capacity-withholding": Look(GREEN, (3, 0, 180.0)),
    "shift": Look(ORANGE, (3, 0, 90.0)),
    "proportional": Look(PURPLE, (3, 0, 270.0)),
    "over-ask": Look(VERMILLION, (4, 1, 0.0)),
    "early-departure": Look(SKY, (4, 0, 45.0)),
    "as-in-data": Look(GREEN, (6, 0, 0.0)),
    "late-arrival": Look(ORANGE, (5, 0, 36.0)),
    "early-leave": Look(BLACK, (3, 0, 180.0)),
    "re-plug": Look(BLACK, (4, 1, 0.0)),
    "freeze": LOOKS["freeze"],
}
"""Of bidders and cars."""
SUPPLIER_LOOKS: dict[str, Look] = {
    "stock-withholding": Look(VERMILLION, (3, 0, 90.0)),
    "stock-over-report": Look(SKY, (3, 0, 270.0)),
    "capacity-over-report": Look(BLACK, (4, 0, 45.0)),
    "tracker-injection": Look(ORANGE, (5, 1, 0.0)),
    "poisoned-copies": Look(PURPLE, (6, 1, 0.0)),
    "drop-out": Look(GREEN, (4, 0, 45.0)),
}
"""Of suppliers, who share some deviations with bidders."""
SEARCHED: dict[str, Look] = {"programme": Look(VERMILLION, (7, 1, 0.0))}
"""Of what somebody has searched for, in any world."""


def look(strategy: str) -> Look:
    """What an agent that plays `strategy` looks like.

    >>> look("stationary").colour != look("faithful").colour
    True
    """
    return (SEARCHED | SUPPLIER_LOOKS | MARKET_LOOKS | LOOKS).get(strategy, UNLISTED)
