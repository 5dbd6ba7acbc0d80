"""What a kind of world does for a viewer: moments of a mission, live or from a record, and the scene of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from robosim.errors import BadInput
from robosim.kind import kind_named
from robosim.leader.tax_rule import NONE
from robosim.mission import Mission, Snapshot
from robosim.record import Record
from robosim.view.scene import Scene

Told = tuple[tuple[str, str], ...]
"""What is known of an agent: (what, how much), in words."""


class Scenery(Protocol):
    """How one mission is seen; a `Kind` makes it of a record: of round 0, or of all of it.

    A moment is whatever a room needs of one round, or of one step of what follows the rounds, to draw it: a mission and
    its record give the same moments, so that they look the same.
    """

    def seen(self, mission: Any, snapshot: Snapshot, last: Any | None) -> Sequence[Any]:
        """The moments that came with a snapshot, after the `last` one: one more, unless its clock goes otherwise."""
        ...

    def recalled(self, record: Any) -> Sequence[Any]:
        """The same moments of all rounds that a record kept."""
        ...

    def after(self, record: Any) -> Sequence[Any]:
        """What follows the rounds, once it is settled: a day, a journey; nothing where nothing does."""
        ...

    def scene(self, past: Sequence[Any], record: Any | None) -> Scene:
        """The picture of the last of the moments; `record` has the bill, None before the rounds are over."""
        ...

    def told(self, past: Sequence[Any], agent: int, record: Any | None) -> Told:
        """What is known of an agent now; `record` is the mission settled as it stands, None where nobody can."""
        ...

    def moved(self, mission: Any, agent: int, by: Sequence[float]) -> Mission[Any] | None:
        """The mission with an agent elsewhere before it starts; None where it cannot stand there."""
        ...


class Still:
    """What most worlds answer: nobody is moved, nothing follows."""

    def after(self, record: Any) -> Sequence[Any]:
        """Nothing."""
        return ()

    def moved(self, mission: Any, agent: int, by: Sequence[float]) -> Mission[Any] | None:
        """Nobody."""
        return None


def scenery_of(mission: Mission[Any]) -> Scenery:
    """How a mission is seen that has not begun. Raises `BadInput` for a kind of world that has no scene."""
    plain = unbilled(mission)
    return recalled_from(plain.settle(plain.start()))


def recalled_from(record: Record) -> Scenery:
    """How a record is seen. Raises `BadInput` for a kind of world that has no scene."""
    kind = kind_named(record.noun)
    if kind is None or kind.scene is None:
        raise BadInput(f"{record.world}: {record.noun} has no scene (give its Kind one: robosim/view/scenery.py)")
    found: Scenery = kind.scene(record)
    return found


def unbilled(mission: Mission[Any]) -> Mission[Any]:
    """The same without taxes where its kind knows that rule: nobody's absence is played beside it."""
    return mission.billed(NONE) if NONE.name in mission.taxes else mission
