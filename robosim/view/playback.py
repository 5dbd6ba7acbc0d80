"""A mission as it is watched: forward by `Mission.advance`, back through the snapshots that were kept."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.mission import Mission, Snapshot
from robosim.network.graphs import Edges

KEPT = 2_000_000
"""Snapshots × robots that are kept to go back; the oldest are forgotten first."""
TRAIL = 100_000
"""Trail points drawn in one picture: more robots have coarser trails."""


class Playback:
    """Where the viewer is in a mission; `rounds` stops it early."""

    def __init__(self, mission: Mission[Any], rounds: int | None = None) -> None:
        if mission.kind.scene is None:
            raise BadInput(
                f"{mission.scenario.name}: nobody moves in this world (view shows where agents move; plot draws others)"
            )
        self.mission, self.scenery = mission, mission.kind.scene(mission)
        self.last = mission.rounds if rounds is None else min(rounds, mission.rounds)
        self.past: deque[Snapshot] = deque(maxlen=max(2, KEPT // mission.network.n))
        self.distance: deque[float] = deque()
        self.bill: tuple[str, ...] = ()
        self.restart()

    @property
    def now(self) -> Snapshot:
        """The present."""
        return self.past[-1]

    def restart(self) -> None:
        """Back to round 0."""
        self.past.clear()
        self.distance.clear()
        self.origin = self.mission.start()
        self._append(self.origin)

    def forward(self) -> bool:
        """One round; False at the end."""
        if self.now.k >= self.last:
            return False
        self._append(self.mission.advance(self.now))
        return True

    def back(self) -> bool:
        """One round back; False where no earlier round is kept."""
        if len(self.past) == 1:
            return False
        self.past.pop()
        self.distance.pop()
        return True

    def scene(self, status: str = "") -> Scene:
        """What there is to see."""
        scene: Scene = self.scenery.scene(self._shown(), np.array(self.distance), self._settled(), status)
        return scene

    def _shown(self) -> list[Snapshot]:
        """Snapshots from the start to now, thinned to what a picture can hold."""
        rows = [self.origin, *self.past] if self.past[0].k else list(self.past)
        count = min(len(rows), max(2, TRAIL // self.mission.network.n))
        return [rows[i] for i in np.linspace(0, len(rows) - 1, count).astype(int)]

    def _settled(self) -> tuple[str, ...]:
        """The bill, once the mission is over."""
        if self.now.k < self.mission.rounds:
            return ()
        if not self.bill:
            self.bill = self.scenery.bill(self.mission.settle(self.now))
        return self.bill

    def _append(self, snapshot: Snapshot) -> None:
        self.past.append(snapshot)
        self.distance.append(self.scenery.distance(snapshot))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One picture of mission 0, as plain data.

    `trails` (rows, robots, d) are positions in the rounds `kept` (rows,), from the start to now; `distance` (k + 1,)
    ends now, `beta` (n + 1,) covers the mission; `players` says what the selfish robots play; metres throughout.
    `weights` are those of the edges, None where all are 1.
    """

    title: str
    kept: Array
    trails: Array
    lower: Array
    upper: Array
    edges: Edges
    players: dict[int, str]
    distance: Array
    beta: Array
    bill: tuple[str, ...] = ()
    status: str = ""
    weights: Array | None = None

    @property
    def k(self) -> int:
        """The present round."""
        return len(self.distance) - 1

    @property
    def rounds(self) -> int:
        """n."""
        return len(self.beta) - 1


class Scenery(Protocol):
    """How a kind of world shows its missions: a mission's snapshots in, scenes out."""

    def distance(self, snapshot: Any) -> float:
        """How far from agreement the agents are, drawn as a curve."""
        ...

    def scene(self, shown: list[Any], distance: Array, bill: tuple[str, ...], status: str) -> Scene:
        """The picture of the last snapshot in `shown`, with trails of those before it."""
        ...

    def bill(self, record: Any) -> tuple[str, ...]:
        """The settlement in words."""
        ...
