"""The deviation of a free agent: in each round its faithful words, moved by what its learner chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from robosim.agent import Array, Said, Strategy, View
from robosim.errors import BadInput
from robosim.leader.tax_rule import NONE
from robosim.mission import Mission, Snapshot


@dataclass(frozen=True, kw_only=True)
class Room:
    """How far one agent's word may be moved: by `width`, and not out of [lower, upper]; each (components,)."""

    width: Array
    lower: Array
    upper: Array


class Told(Strategy):
    """Says `faithful + action · width`, within the announced range, and reports `(1 + action)` times its true cost.

    An action holds numbers in [-1, 1]: those of each word in `rooms`, in that order, then one for the report, of which
    that of the last action counts. Zeros are the faithful words, bit for bit. It plays for one agent, in all marginal
    problems of an auction alike; problems in which words have another size, as those of freight from which somebody is
    absent, it plays faithfully.

    Parameters
    ----------
    actions : of the rounds so far, each (size,).
    """

    name = "learner"

    def __init__(self, rooms: Mapping[str, Room], actions: Sequence[Array] = ()) -> None:
        self.rooms = dict(rooms)
        self.size = sum(room.width.size for room in self.rooms.values()) + 1
        self.actions = list(actions)

    def tell(self, action: Any) -> None:
        """What to do in the round that comes; numbers beyond the box count as its border."""
        given = np.asarray(action, dtype=np.float64)
        if given.shape != (self.size,) or np.isnan(given).any():
            raise BadInput(f"action: must be {self.size} numbers from -1 to 1, got {action!r:.80}")
        self.actions.append(np.clip(given, -1.0, 1.0))

    def kept(self) -> Told:
        """The same script, which later episodes leave as it is."""
        return Told(self.rooms, self.actions)

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        if any(view.faithful[word].shape[1] != room.width.size for word, room in self.rooms.items()):
            return memory, view.faithful
        said, at, action = dict(view.faithful), 0, self._action(k)
        for word, room in self.rooms.items():
            move = action[at : at + room.width.size]
            at += room.width.size
            moved = np.clip(said[word] + move * room.width, room.lower, room.upper)
            said[word] = np.where(move == 0.0, said[word], moved)
        return memory, said

    def report(self, view: View, decision: Array, report: Said) -> Said:
        return {"cost": report["cost"] * (1.0 + self._action(-1)[-1])}

    def _action(self, k: int) -> Array:
        return self.actions[min(k, len(self.actions) - 1)] if self.actions else np.zeros(self.size)


def rooms(mission: Mission[Any], first: Snapshot, words: tuple[str, ...]) -> list[dict[str, Room]]:
    """Of each agent how far its words may be moved.

    Where the world announces a finite range of a word, the width is that range's. Where it does not, it is what the
    word spans, over rounds and that agent's components, in the faithful mission; 1 where it never moves.

    Parameters
    ----------
    first : round 0 of the faithful mission, of which the sizes of words are taken.
    """
    ranges = mission.kind.ranges(mission)
    sizes = {word: first.heard.own[word].shape[1:] for word in words}
    bounds = {word: _bounds(ranges.get(word), size) for word, size in sizes.items()}
    spans = _spans(mission, tuple(word for word, (low, high) in bounds.items() if not np.isfinite(high - low).all()))
    found = []
    for agent in range(mission.network.n):
        own = {}
        for word, (low, high) in bounds.items():
            wide = high[agent] - low[agent]
            span = spans[word][agent] if word in spans else 1.0
            own[word] = Room(width=np.where(np.isfinite(wide), wide, span), lower=low[agent], upper=high[agent])
        found.append(own)
    return found


def _bounds(given: tuple[Array, Array] | None, shape: tuple[int, ...]) -> tuple[Array, Array]:
    low, high = (-np.inf, np.inf) if given is None else given
    return np.broadcast_to(low, shape), np.broadcast_to(high, shape)


def _spans(mission: Mission[Any], words: tuple[str, ...]) -> dict[str, Array]:
    """Largest minus smallest number of each word in the faithful mission, (agents,); 1 where that is 0."""
    if not words:
        return {}
    low: dict[str, Array] = {}
    high: dict[str, Array] = {}

    def watch(snapshot: Snapshot) -> None:
        for word in words:
            x = snapshot.heard.own[word][0]
            low[word] = np.minimum(low.get(word, np.inf), x.min(axis=1))
            high[word] = np.maximum(high.get(word, -np.inf), x.max(axis=1))

    faithful = replace(mission.faithful(), tax=NONE)
    watch(faithful.start())
    faithful.played(watch=watch)
    spans = {word: high[word] - low[word] for word in words}
    return {word: np.where(span > 0.0, span, 1.0) for word, span in spans.items()}
