"""How much could one selfish agent gain? Exactly, exactly within the world's limits, and certified without search.

Found ≤ bounded ≤ exact ≤ certified: attacks find the first, this package computes the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from robosim.certificates.auction import certify_auction
from robosim.certificates.certificate import Certificate
from robosim.certificates.haulage import certify_haulage
from robosim.certificates.meeting import certify_meeting, rounds_needed
from robosim.missions.auction import Auction
from robosim.missions.haulage import Haulage
from robosim.missions.meeting import Meeting
from robosim.missions.mission import Mission

__all__ = ["QUICK", "Certificate", "certify", "certify_record", "rounds_needed"]

QUICK = 0.3
"""Seconds that a run may spend on exact and bounded figures; `robosim certify` takes as long as it needs."""


def certify(
    mission: Mission[Any], *, seconds: float = math.inf, progress: Callable[[int], None] | None = None
) -> Certificate:
    """ε(n) of a mission at its types, and over all types where that is known.

    Parameters
    ----------
    mission : its deviations are ignored, ε speaks of one deviator among faithful agents.
    seconds : skip the exact and the bounded figures when they are estimated to take longer.
    progress : called with each agent whose bounded figure is done.
    """
    return certify_record(mission, mission.faithful().run(every=mission.rounds), seconds, progress)


def certify_record(
    mission: Mission[Any], faithful: Any, seconds: float = QUICK, progress: Callable[[int], None] | None = None
) -> Certificate:
    """`certify` for a faithful run that is at hand."""
    if isinstance(mission, Auction):
        return certify_auction(mission, faithful, seconds)
    if isinstance(mission, Haulage):
        return certify_haulage(mission, faithful)
    if isinstance(mission, Meeting):
        return certify_meeting(mission, faithful, seconds, progress)
    raise TypeError(f"no certificate is known for {type(mission).__name__}")
