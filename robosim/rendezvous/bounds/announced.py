"""What is announced where no formula of β(k) is known, and how long finding it may take."""

from __future__ import annotations

from dataclasses import dataclass

from robosim.leader.bound import Bound, Listed
from robosim.leader.schedule import rounding_floor
from robosim.rendezvous.mission import Rendezvous

EFFORT = 2e9
"""Robots × missions × rounds, or multiplications, that a bound may take: about half a minute."""


@dataclass(frozen=True, kw_only=True)
class Announced:
    """A bound, the name of its rule, and what stands behind it, in words."""

    rule: str
    bound: Bound | Listed
    note: str = ""


def floor(mission: Rendezvous) -> float:
    """Rounding allowed for, metres."""
    return rounding_floor(mission.network.n, mission.announcement.lower, mission.announcement.upper)
