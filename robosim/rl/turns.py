"""Who has words in which step of an environment: everybody in every round, where a kind of world does not say more."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard
from robosim.mission import Mission, Snapshot

Place = tuple[int, int]
"""Which words of a mission: the agreement that they belong to, and the round of it."""


class Turns(Protocol):
    """A mission, one exchange of words after the other.

    Words have one size over the whole mission; numbers that there are not, or that an agent did not hear, are NaN.
    """

    @property
    def parts(self) -> Mapping[str, int]:
        """What agents see beside words, as `more` has it: how many numbers of each."""
        ...

    @property
    def form(self) -> Heard:
        """Words of the sizes that they have, whatever they say."""
        ...

    @property
    def meters(self) -> bool:
        """Whether anybody knows private costs before the end."""
        ...

    def opened(self) -> Snapshot | None:
        """Before the first words, with nothing kept but what settles."""
        ...

    def exchange(self, snapshot: Snapshot | None) -> Snapshot:
        """The next words are said, and heard."""
        ...

    def over(self, snapshot: Snapshot | None) -> bool:
        """Whether nothing is to be said any more."""
        ...

    def speaking(self, snapshot: Snapshot | None) -> NDArray[np.bool_]:
        """(agents,) whose words are among the next ones."""
        ...

    def place(self, snapshot: Snapshot | None) -> Place:
        """Of the next words."""
        ...

    def progress(self, snapshot: Snapshot | None) -> tuple[float, bool]:
        """The share of rounds that are over; whether the next words are the last ones that are announced."""
        ...

    def heard(self, snapshot: Snapshot | None) -> Heard | None:
        """What everybody has before it, of mission 0 alone: own words, the leader's (1, 1|agents, size), voices."""
        ...

    def more(self, snapshot: Snapshot | None) -> Mapping[str, Array]:
        """(agents, size) of each of `parts`."""
        ...

    def running(self, snapshot: Snapshot | None) -> Array | None:
        """(agents,) private costs so far, None where nobody knows them yet."""
        ...


class Rounds:
    """Of missions in which everybody speaks in every round."""

    parts: Mapping[str, int] = {}

    def __init__(self, mission: Mission[Any]) -> None:
        self.mission = mission

    @cached_property
    def _first(self) -> Snapshot:
        return self.mission.faithful().start()

    @property
    def form(self) -> Heard:
        """Those of round 0."""
        return self._first.heard

    @property
    def meters(self) -> bool:
        """Whether the world has some."""
        return self.mission.kind.running(self.mission, self._first) is not None

    def opened(self) -> None:
        """Nobody has spoken."""
        return

    def exchange(self, snapshot: Snapshot | None) -> Snapshot:
        """Round 0, or the next one."""
        mission = self.mission
        if snapshot is None:
            return mission.start(mission.tape(mission.scenario.record.every))
        return mission.advance(snapshot)

    def over(self, snapshot: Snapshot | None) -> bool:
        """After the last round, or where the leader has what it wants."""
        mission = self.mission
        return snapshot is not None and (snapshot.k >= mission.rounds or mission.finished(snapshot))

    def speaking(self, snapshot: Snapshot | None) -> NDArray[np.bool_]:
        """Everybody."""
        return np.ones(self.mission.network.n, dtype=np.bool_)

    def place(self, snapshot: Snapshot | None) -> Place:
        """The round."""
        return 0, _spoken(snapshot)

    def progress(self, snapshot: Snapshot | None) -> tuple[float, bool]:
        """Of all rounds."""
        spoken, rounds = _spoken(snapshot), self.mission.rounds
        return spoken / (rounds + 1), spoken == rounds

    def heard(self, snapshot: Snapshot | None) -> Heard | None:
        """As the snapshot has it."""
        return None if snapshot is None else snapshot.heard

    def more(self, snapshot: Snapshot | None) -> Mapping[str, Array]:
        """Nothing."""
        return {}

    def running(self, snapshot: Snapshot | None) -> Array | None:
        """What the world's meters say."""
        found = None if snapshot is None else self.mission.kind.running(self.mission, snapshot)
        return None if found is None else np.array(found[0])


def turns_of(mission: Mission[Any]) -> Turns:
    """As its kind of world has them."""
    found: Turns | None = mission.kind.turns(mission)
    return Rounds(mission) if found is None else found


def _spoken(snapshot: Snapshot | None) -> int:
    return 0 if snapshot is None else snapshot.k + 1
