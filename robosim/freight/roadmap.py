"""Roads as a map: suppliers and demanders at their places, edges as wide as what they carry, trucks on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.freight.record import RoadLog
from robosim.freight.roads.degrees import in_km
from robosim.view.scene import Agents, Areas, Ids, Lines, Map, Words

NAMED = 40
"""Up to so many suppliers and demanders have their names on the map."""
NOTHING = 1e-3
"""Share of the largest flow up to which it is not drawn."""
CONVOY = 4.0
"""Trucks on the fullest edge."""
ASIDE, LONG, SQUARE = 0.006, 0.018, 0.011
"""Sizes as shares of the map: flows lie to the right of their road; a truck; half of a demander's square."""


@dataclass(frozen=True, kw_only=True)
class RoadMap:
    """`at` (P, 2) km, pairs of points that roads join (R, 2), directed edges (E, 2) and which of those are the same."""

    log: RoadLog
    at: Array
    ends: NDArray[np.int64]
    which: NDArray[np.int64]
    size: float

    @classmethod
    def of(cls, log: RoadLog | None) -> RoadMap | None:
        """None where roads have no places."""
        if log is None or not len(log.positions) or not len(log.edges):
            return None
        at = in_km(log.positions)
        ends, which = np.unique(log.edges, axis=0, return_inverse=True)
        size = float(np.ptp(at, axis=0).max()) or 1.0
        return cls(log=log, at=at, ends=ends, which=which.ravel(), size=size)

    def drawn(self, flow: Array, kin: Ids, left: Array | None, phase: float | None) -> Map:
        """Flows (E,), suppliers with the share `left` of their stock, and trucks at a `phase` of their way."""
        log, suppliers = self.log, len(self.log.suppliers)
        rim = 0.06 * self.size
        carried = np.bincount(self.which, weights=np.nan_to_num(flow), minlength=len(self.ends)).astype(np.float64)
        lines = [Lines(ends=self.at[log.roads], ink="link", name="road"), self._flows(carried)]
        if phase is not None:
            lines.append(self._trucks(carried, phase))
        return Map(
            box=np.stack([self.at.min(axis=0) - rim, self.at.max(axis=0) + rim]),
            unit="km",
            areas=(self._demanders(),),
            lines=tuple(lines),
            agents=Agents(
                ids=np.arange(suppliers), at=self.at[:suppliers], kin=kin, level=left, names=_names(log.suppliers, "S")
            ),
            words=(self._towns(),) if len(log.demanders) + suppliers <= NAMED else (),
        )

    def _flows(self, carried: Array) -> Lines:
        """Edges that carry something, on the right of their road as trucks drive."""
        most = float(carried.max(initial=0.0))
        some = carried > NOTHING * most
        return Lines(ends=self._lanes(some), ink="heard", name="flow", width=carried[some] / max(most, 1e-300))

    def _lanes(self, some: NDArray[np.bool_]) -> Array:
        """(edges, 2, 2)."""
        ends = self.at[self.ends[some]]
        along = ends[:, 1] - ends[:, 0]
        along = along / np.maximum(np.hypot(*along.T), 1e-300)[:, None]
        right = np.stack([along[:, 1], -along[:, 0]], axis=1)
        return np.asarray(ends + (ASIDE * self.size * right)[:, None])

    def _trucks(self, carried: Array, phase: float) -> Lines:
        """The more an edge carries the more trucks there are on it, evenly spaced, all at one phase."""
        most = float(carried.max(initial=0.0))
        some = carried > NOTHING * most
        count = np.ceil(CONVOY * carried[some] / max(most, 1e-300)).astype(np.int64)
        lane = np.repeat(self._lanes(some), count, axis=0)
        turn = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        share = (turn + phase) / np.repeat(count, count)
        way = lane[:, 1] - lane[:, 0]
        middle = lane[:, 0] + share[:, None] * way
        half = LONG / 2 * self.size * way / np.maximum(np.hypot(*way.T), 1e-300)[:, None]
        ends = np.stack([middle - half, middle + half], axis=1)
        return Lines(ends=ends, ink="ink", name="trucks", width=np.full(len(ends), 0.55))

    def _demanders(self) -> Areas:
        first = len(self.log.suppliers)
        at = self.at[first : first + len(self.log.demanders)]
        corner = SQUARE * self.size * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        corners = (at[:, None] + corner).reshape(-1, 2)
        return Areas(corners=corners, first=np.arange(len(at) + 1) * 4, ink="demand", name="demander")

    def _towns(self) -> Words:
        first = len(self.log.suppliers)
        at = self.at[first : first + len(self.log.demanders)] - [0.0, 2.4 * SQUARE * self.size]
        return Words(at=at, text=_names(self.log.demanders, "D"))


def _names(names: tuple[str, ...], letter: str) -> tuple[str, ...]:
    """What stands on the map: a letter and a number where names were made up, else the name.

    >>> _names(("supplier 0", "Basel"), "S")
    ('S0', 'Basel')
    """
    made_up = ("supplier", "demander")
    return tuple(f"{letter}{i}" if name in [f"{one} {i}" for one in made_up] else name for i, name in enumerate(names))
