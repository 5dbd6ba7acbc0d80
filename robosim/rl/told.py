"""The deviation of a free agent: in each round its faithful words, moved by what its learner chose."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from robosim.agent import Array, Said, Strategy, View
from robosim.errors import BadInput
from robosim.leader.tax_rule import NONE
from robosim.mission import Mission
from robosim.rl.turns import Place, Turns, turns_of


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
    absent, it plays faithfully. Of a word about what is left of a day the first numbers count (`during`).

    Parameters
    ----------
    actions : of its words so far, each (size,).
    places : which words those were, by default those of the first rounds.
    """

    name = "learner"

    def __init__(
        self, rooms: Mapping[str, Room], actions: Sequence[Array] = (), places: Sequence[Place] | None = None
    ) -> None:
        self.rooms = dict(rooms)
        self.size = sum(room.width.size for room in self.rooms.values()) + 1
        self.actions = list(actions)
        self.places = [(0, k) for k in range(len(self.actions))] if places is None else list(places)

    def tell(self, action: Any, place: Place | None = None) -> None:
        """What to do with the words that come, by default those of the next round."""
        self.actions.append(self.checked(action))
        self.places.append((0, len(self.places)) if place is None else place)

    def checked(self, action: Any) -> Array:
        """Its numbers; those beyond the box count as its border."""
        given = np.asarray(action, dtype=np.float64)
        if given.shape != (self.size,) or np.isnan(given).any():
            raise BadInput(f"action: must be {self.size} numbers from -1 to 1, got {action!r:.80}")
        return np.clip(given, -1.0, 1.0)

    def forget(self) -> None:
        """Nothing was told."""
        self.actions.clear()
        self.places.clear()

    def kept(self) -> Told:
        """The same script, which later episodes leave as it is."""
        return Told(self.rooms, self.actions, self.places)

    def during(self, agreement: int | None) -> Strategy:
        """The words of one agreement; in those that are only reckoned with it is faithful."""
        return Strategy() if agreement is None else Within(self, agreement)

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        if any(view.faithful[word].shape[1] != room.width.size for word, room in self.rooms.items()):
            return memory, view.faithful
        return memory, self.moved((0, k), view.faithful)

    def moved(self, place: Place, faithful: Said) -> Said:
        """Faithful words, as far as there are any, each (1, components), moved by what was told for them."""
        said, at, action = dict(faithful), 0, self._action(place)
        for word, room in self.rooms.items():
            size = said[word].shape[1]
            move, width, low, high = action[at : at + size], room.width[:size], room.lower[:size], room.upper[:size]
            at += room.width.size
            said[word] = np.where(move == 0.0, said[word], np.clip(said[word] + move * width, low, high))
        return said

    def report(self, view: View, decision: Array, report: Said) -> Said:
        return {"cost": report["cost"] * (1.0 + (self.actions[-1][-1] if self.actions else 0.0))}

    def _action(self, place: Place) -> Array:
        """The last that was told for these words or earlier ones."""
        told = bisect_right(self.places, place)
        return self.actions[told - 1] if told else np.zeros(self.size)


class Within(Strategy):
    """What a script says in the agreement that is made before step `agreement`."""

    name = Told.name

    def __init__(self, script: Told, agreement: int) -> None:
        self.script, self.agreement = script, agreement

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, self.script.moved((self.agreement, k), view.faithful)


def rooms(mission: Mission[Any], turns: Turns, words: tuple[str, ...]) -> list[dict[str, Room]]:
    """Of each agent how far its words may be moved.

    Where the world announces a finite range of a word, the width is that range's. Where it does not, it is what the
    word spans, over rounds and that agent's components, in the faithful mission; 1 where it never moves.

    Parameters
    ----------
    turns : of the mission; the sizes of words are taken of its `form`.
    """
    ranges = mission.kind.ranges(mission)
    sizes = {word: turns.form.own[word].shape[1:] for word in words}
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
    turns = turns_of(replace(mission.faithful(), tax=NONE))
    low = {word: np.full(mission.network.n, np.nan) for word in words}
    high = dict(low)
    snapshot = turns.opened()
    while not turns.over(snapshot):
        snapshot = turns.exchange(snapshot)
        heard = turns.heard(snapshot)
        for word in () if heard is None else words:
            x = heard.own[word][0]  # type: ignore[union-attr]
            low[word] = np.fmin(low[word], np.fmin.reduce(x, axis=1))
            high[word] = np.fmax(high[word], np.fmax.reduce(x, axis=1))
    spans = {word: np.nan_to_num(high[word] - low[word]) for word in words}
    return {word: np.where(span > 0.0, span, 1.0) for word, span in spans.items()}
