"""The one recorder: which rounds are kept, and the arrays that were noted in them or are lent to be written into."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array

Shapes = Mapping[str, tuple[int, ...]]


class Tape:
    """Keeps round 0, every `every`-th round and the last one; with `every` None nothing.

    Arrays come onto it in one of two ways. What somebody computes anyway is noted: `note(k, x=…)`. What a world writes
    in every round is lent: `row(k)` gives the arrays of round k, in the order of the `shapes` that the tape was made
    with; what was lent for the rounds k-1 and k is never lent for k+1.
    """

    def __init__(self, rounds: int, every: int | None, shapes: Shapes | None = None) -> None:
        self.rounds, self.every, self.shapes = rounds, every, dict(shapes or {})
        self.kept: list[int] = []
        self.noted: dict[str, list[Array]] = {}
        self._sizes = tuple(self.shapes.values())
        self._lent: dict[str, Array] = {}
        self._scratch: list[tuple[Array, ...]] = []
        if every is not None and self.shapes:
            count = len(np.unique(np.append(np.arange(0, rounds + 1, every), rounds)))
            self._lent = {name: np.zeros((count, *shape)) for name, shape in self.shapes.items()}
            self._scratch = [tuple(map(np.empty, self._sizes)) for _ in range(2 if every > 1 else 0)]

    def due(self, k: int) -> bool:
        """Whether round k is one of those that are kept."""
        return self.every is not None and (k % self.every == 0 or k == self.rounds)

    def note(self, k: int, last: bool = False, **arrays: Array) -> None:
        """Keep the arrays of round k where it is due; the `last` round always is."""
        while self.kept and self.kept[-1] >= k:  # somebody went back to an earlier snapshot
            self.kept.pop()
            for rows in self.noted.values():
                rows.pop()
        if last or self.due(k):
            self.kept.append(k)
            for name, x in arrays.items():
                self.noted.setdefault(name, []).append(x)

    def holds(self, k: int) -> bool:
        """Whether round k is the last one that was noted."""
        return bool(self.kept) and self.kept[-1] == k

    def rows(self) -> tuple[NDArray[np.int64], dict[str, Array]]:
        """The rounds noted (rows,), and what was noted, each (missions, rows, …)."""
        return np.array(self.kept), {name: np.stack(x, axis=1) for name, x in self.noted.items()}

    def row(self, k: int) -> tuple[Array, ...]:
        """Arrays to write round k into: the row that is kept, scratch, or where nothing is kept fresh ones."""
        if self.every is None:
            return tuple(map(np.empty, self._sizes))
        place = self._place(k)
        return self._scratch[k % 2] if place is None else tuple([x[place] for x in self._lent.values()])

    def until(self, k: int, **last: Array) -> tuple[NDArray[np.int64], dict[str, Array]]:
        """The rounds written up to k (rows,) and their arrays, each (missions, rows, …).

        `last` are the arrays of round k: they join the kept ones where the mission stopped between two of those.
        """
        if self.every is None:
            return np.array([k]), {name: x[:, None] for name, x in last.items()}
        rounds = np.unique(np.append(np.arange(0, self.rounds + 1, self.every), self.rounds))
        rows = int(np.searchsorted(rounds, k, side="right"))
        kept, found = rounds[:rows], {name: x[:rows] for name, x in self._lent.items()}
        if kept[-1] != k:
            kept = np.append(kept, k)
            found = {name: np.concatenate([x, last[name][None]]) for name, x in found.items()}
        return kept, {name: np.moveaxis(x, 0, 1) for name, x in found.items()}

    def _place(self, k: int) -> int | None:
        every = self.every or 1
        if k % every == 0:
            return k // every
        return len(next(iter(self._lent.values()))) - 1 if k == self.rounds else None
