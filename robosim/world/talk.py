"""A world without bodies: words are all that happens, and what was said is what others see."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said


class Minutes:
    """Keeps what was said under "z" and the leader's prices: round 0, every `every`-th round and the last one.

    `said` lists (missions, agents, n) arrays, `prices` (missions, 1, rows) ones, of the rounds `kept`; with `every`
    None nothing is kept.
    """

    def __init__(self, rounds: int, every: int | None) -> None:
        self.rounds, self.every = rounds, every
        self.kept: list[int] = []
        self.said: list[Array] = []
        self.prices: list[Array] = []

    def note(self, k: int, said: Said, cast: Said, last: bool = False) -> None:
        """Keep round k where it is due; `last` always is."""
        while self.kept and self.kept[-1] >= k:  # somebody went back to an earlier snapshot
            del self.kept[-1], self.said[-1], self.prices[-1]
        if last or self.due(k):
            self.kept.append(k)
            self.said.append(said["z"])
            self.prices.append(cast["price"])

    def due(self, k: int) -> bool:
        """Whether round k is one of those that are kept."""
        return self.every is not None and (k % self.every == 0 or k == self.rounds)

    def rows(self) -> tuple[NDArray[np.int64], Array, Array]:
        """Rounds (rows,), words (missions, rows, agents, n) and prices (missions, rows, price rows)."""
        return np.array(self.kept), np.stack(self.said, axis=1), np.stack(self.prices, axis=1)[:, :, 0]


class Talk(NamedTuple):
    """The conversation after round k."""

    k: int
    minutes: Minutes


class Forum:
    """Everybody is heard as they spoke."""

    def start(self, own: Said, said: Said, tape: Minutes) -> tuple[Talk, Said]:
        """Round 0."""
        return Talk(0, tape), said

    def move(self, body: Talk, said: Said) -> tuple[Talk, Said]:
        """The next round."""
        return Talk(body.k + 1, body.minutes), said
