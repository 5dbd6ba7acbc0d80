"""A mission as it is watched, or a record of one: moments forward, back, and wherever the slider is put."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from robosim.errors import RobosimError
from robosim.leader.tax_rule import ABSENCE
from robosim.mission import Mission, Snapshot
from robosim.record import Record
from robosim.view.scene import Scene
from robosim.view.scenery import Scenery, Told, recalled_from, scenery_of

KEPT = 4_000_000
"""Moments × agents that are kept to go back; the oldest but the first are forgotten first."""
SNAPSHOTS = 64
"""How many rounds back a leader can still be asked what it would settle."""


class Playback:
    """Where a viewer is: at the moment `at` of those that are known.

    A live mission goes on when more is asked for than is known, up to round `last`; of a record all is known at once.
    `bill` is the settled mission, from the moment `closed` on; None before the rounds are over.
    """

    def __init__(self, name: str, scenery: Scenery, mission: Mission[Any] | None = None, last: int = 0) -> None:
        self.name, self.scenery, self.mission, self.last = name, scenery, mission, last
        self.moments: list[Any] = []
        self.snapshots: dict[int, Snapshot] = {}
        self.forgotten = 0
        self.at, self.closed, self.over = 0, 0, False
        self.bill: Record | None = None
        self._asked: tuple[int, Record | None] = (-1, None)

    @classmethod
    def live(cls, mission: Mission[Any], rounds: int | None = None) -> Self:
        """A mission from its start. Raises `BadInput` where its kind has no scene."""
        last = mission.rounds if rounds is None else min(rounds, mission.rounds)
        found = cls(mission.scenario.name, scenery_of(mission), mission, last)
        found.restart()
        return found

    @classmethod
    def of_record(cls, record: Record, rounds: int | None = None) -> Self:
        """A record from its first round. Raises `BadInput` where its kind has no scene."""
        found = cls(record.world, recalled_from(record))
        played = [one for one in found.scenery.recalled(record) if rounds is None or one.k <= rounds]
        whole = rounds is None or rounds >= record.rounds
        found.moments = [*played, *(found.scenery.after(record) if whole else ())]
        found.over, found.closed = True, len(played) - 1
        found.bill = record if whole else None
        return found

    @property
    def length(self) -> int:
        """Moments from the first to the last that anybody knows of, those that were forgotten among them."""
        known = len(self.moments) + self.forgotten
        return known if self.over else max(known, self.last + 1)

    @property
    def position(self) -> int:
        """Which of these is shown."""
        return self.at + (self.forgotten if self.at else 0)

    @property
    def settling(self) -> bool:
        """Whether the rounds of a live mission are over, and what comes next is its bill."""
        mission = self.mission
        return mission is not None and not self.over and (self.now.k >= self.last or mission.finished(self.now))

    def positions(self) -> list[int]:
        """All positions that can be shown."""
        return [0, *range(self.forgotten + 1, self.forgotten + len(self.moments))]

    def restart(self) -> None:
        """Back to the first moment; a live mission starts anew."""
        self.at = 0
        if self.mission is None:
            return
        self.moments, self.snapshots, self.forgotten = [], {}, 0
        self.over, self.bill, self._asked = False, None, (-1, None)
        self._arrived(self.mission.start())

    def forward(self) -> bool:
        """The next moment; False at the end."""
        while self.at + 1 >= len(self.moments):
            if self.over or self.mission is None:
                return False
            self._go_on(self.mission)
        self.at += 1
        return True

    def back(self) -> bool:
        """The moment before; False where none is kept."""
        earlier = self.at > 0
        self.at -= earlier
        return earlier

    def seek(self, position: int) -> None:
        """The moment at this position, or the nearest that is known."""
        self.at = min(max(position - self.forgotten, 0), len(self.moments) - 1)

    def scene(self) -> Scene:
        """What there is to see."""
        return self.scenery.scene(self._past(), self._closing())

    def told(self, agent: int) -> Told:
        """What is known of an agent; the leader is asked what it would settle now, where that takes no mission more."""
        return self.scenery.told(self._past(), agent, self._closing() or self._settled_now())

    def move(self, agent: int, by: Sequence[float]) -> bool:
        """Another place for an agent before the start; False where it cannot stand there, or all has begun."""
        if self.mission is None or self.at > 0:
            return False
        moved = self.scenery.moved(self.mission, agent, by)
        if moved is None:
            return False
        self.mission, self.scenery = moved, scenery_of(moved)
        self.restart()
        return True

    def _past(self) -> list[Any]:
        return self.moments[: self.at + 1]

    def _closing(self) -> Record | None:
        return self.bill if self.over and self.at >= self.closed else None

    def _go_on(self, mission: Mission[Any]) -> None:
        """One round; after the last one the settlement, for which a leader may play other missions."""
        if not self.settling:
            self._arrived(mission.advance(self.now))
            return
        self.closed, self.over = len(self.moments) - 1, True
        if self.now.k >= mission.rounds or mission.finished(self.now):
            self.bill = mission.settle(self.now)
            self.moments.extend(self.scenery.after(self.bill))

    def _arrived(self, snapshot: Snapshot) -> None:
        self.now = snapshot
        self.moments.extend(self.scenery.seen(self.mission, snapshot, self.moments[-1] if self.moments else None))
        place = len(self.moments) - 1 + self.forgotten
        self.snapshots[place] = snapshot
        self.snapshots.pop(place - SNAPSHOTS, None)
        assert self.mission is not None
        while len(self.moments) > max(3, KEPT // self.mission.network.n):
            del self.moments[1]
            self.forgotten += 1
            self.at = max(self.at - 1, 0)

    def _settled_now(self) -> Record | None:
        """The mission as its leader would settle it now; None where that is not known, or takes another mission."""
        place, mission = self.position, self.mission
        if self._asked[0] == place:
            return self._asked[1]
        snapshot, found = self.snapshots.get(place), None
        if mission is not None and snapshot is not None and not (ABSENCE in mission.tax.needs and mission.copies == 1):
            try:
                found = mission.settle(snapshot)
            except RobosimError:
                found = None
        self._asked = (place, found)
        return found
