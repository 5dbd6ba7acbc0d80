"""How much could one selfish agent gain? Exactly, exactly within the world's limits, and certified without search.

Found ≤ bounded ≤ exact ≤ certified: attacks find the first, the certificates of each kind of world the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.kernels import Unsettled
from robosim.premise import Premise
from robosim.verdict import Epsilon

ROUNDING = 1e-9
"""Share of the numbers behind a figure by which rounding may break the order."""
QUICK = 0.3
"""Seconds that a run may spend on exact and bounded figures; `robosim certify` takes as long as it needs."""


LIES = "others' reports fell below what they pay in a run in which somebody deviated"
"""What voids a certificate that the faithful run alone would have."""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """ε of the all-faithful mission, in the unit of the private cost.

    `exact`, `exact_within`, `bounded` and `attained` are (agents,), or None where they do not exist or would take
    longer than allowed: exact in exact arithmetic, exact for announcements within one diameter, an upper bound within
    the world's limits, and what a replayed script earns. attained ≤ bounded ≤ exact ≤ certified, exact_within ≤ exact.
    `certified` holds at these types, `over_types` for every type in the type space. `premises` are what it rests on;
    `void` says why there is no certificate, `notes` what should be known beside it and why figures are missing.
    """

    rounds: int
    alpha: float | None = None
    beta: float | None = None
    certified: float | None = None
    over_types: float | None = None
    exact: Array | None = None
    exact_within: Array | None = None
    bounded: Array | None = None
    attained: Array | None = None
    void: str | None = None
    premises: tuple[Premise, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def epsilon(self) -> Epsilon:
        """The largest figure over agents."""
        return Epsilon(certified=self.certified, exact=_largest(self.exact), bounded=_largest(self.bounded))


def _largest(gains: Array | None) -> float | None:
    return None if gains is None else float(gains.max())


def certify(mission: Any, *, seconds: float = math.inf, progress: Callable[[int], None] | None = None) -> Certificate:
    """ε(n) of a mission at its types, and over all types where that is known.

    Parameters
    ----------
    mission : a `robosim.Mission`; its deviations are ignored, ε speaks of one deviator among faithful agents.
    seconds : skip the exact and the bounded figures when they are estimated to take longer.
    progress : called with each agent whose bounded figure is done.
    """
    return certify_record(mission, mission.faithful().whole(), seconds, progress)


def certify_record(
    mission: Any, faithful: Any, seconds: float = QUICK, progress: Callable[[int], None] | None = None
) -> Certificate:
    """`certify` for a faithful run that is at hand."""
    found: Certificate = mission.kind.certify(mission, faithful, seconds, progress)
    return found


def at_most(gains: Array, bound: Array | float, size: float, what: str) -> Array:
    """Gains (N,) of figures of this `size`, cut at their bounds, a number or (N,); NaN stays NaN.

    Raises
    ------
    Unsettled
        where a gain exceeds its bound by more than rounding: then one of the two figures is wrong.

    >>> at_most(np.array([1.0 + 1e-12]), 1.0, 1.0, "two-robots: exact ≤ certified")
    array([1.])
    """
    over = np.asarray(gains - bound)
    if (over > ROUNDING * size).any():
        agent = int(np.nanargmax(over))
        most = float(np.broadcast_to(bound, np.shape(gains))[agent])
        broken = f"{gains[agent]:.9g} > {most:.9g}, figures of {size:.3g}"
        raise Unsettled(f"{what} does not hold for agent {agent}: {broken}")
    return np.asarray(np.minimum(gains, bound))


def at_least_0(gap: float, size: float, what: str) -> float:
    """A gap of figures of this `size`, cut at 0. Raises `Unsettled` where it is negative by more than rounding.

    >>> at_least_0(-1e-12, 1.0, "market: optimum ≤ cost")
    0.0
    """
    if gap < -ROUNDING * abs(size):
        raise Unsettled(f"{what} does not hold: a gap of {gap:.9g}, of figures of {size:.3g}")
    return max(0.0, gap)
