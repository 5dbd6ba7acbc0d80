"""Agents that fail and come back: off from one round on, on again in another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Outage:
    """`agent` is off in the rounds off, off + 1, …, on - 1; for good where `on` is None."""

    agent: int
    off: int
    on: int | None = None


@dataclass(frozen=True, kw_only=True)
class Presence:
    """Who is off in which round; an agent that is off neither drives nor talks."""

    n: int
    outages: tuple[Outage, ...] = ()

    def off(self, k: int) -> NDArray[np.bool_]:
        """Who is off in round k, (n,).

        >>> Presence(n=3, outages=(Outage(agent=1, off=20, on=45),)).off(44).tolist()
        [False, True, False]
        """
        found = np.zeros(self.n, dtype=bool)
        for one in self.outages:
            if one.off <= k and (one.on is None or k < one.on):
                found[one.agent] = True
        return found
