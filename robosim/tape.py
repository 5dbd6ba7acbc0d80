"""Where a round is written: rows of the arrays that are kept, or fresh arrays when nothing is."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array

Row = tuple[Array, Array]
"""Positions (missions, agents, d) in metres and energy spent so far (missions, agents) in joules."""


class Tape(Protocol):
    """Lends the arrays of round k; what was lent for the rounds k-1 and k is never lent for k+1."""

    def row(self, k: int) -> Row:
        """Arrays to write round k into."""
        ...

    def until(self, k: int, last: Array, energy_j: Array) -> tuple[NDArray[np.int64], Array, Array]:
        """Kept rounds (rows,) up to k with rows (missions, rows, …) of what they hold; `last` are round k's arrays."""
        ...


class Blank:
    """Keeps nothing: every round gets arrays of its own, so that old snapshots stay valid."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape

    def row(self, k: int) -> Row:
        """Fresh arrays."""
        return np.empty(self.shape), np.empty(self.shape[:2])

    def until(self, k: int, last: Array, energy_j: Array) -> tuple[NDArray[np.int64], Array, Array]:
        """Round k alone."""
        return np.array([k]), last[:, None], energy_j[:, None]


class Recorder:
    """Keeps round 0, every `every`-th round and the last one; the rounds between share two scratch rows."""

    def __init__(self, shape: tuple[int, int, int], rounds: int, every: int = 1) -> None:
        self.kept: NDArray[np.int64] = np.unique(np.append(np.arange(0, rounds + 1, every), rounds))
        self.every, self.rounds = every, rounds
        self.positions = np.zeros((len(self.kept), *shape))
        self.energy_j = np.zeros((len(self.kept), *shape[:2]))
        self._scratch = [(np.empty(shape), np.empty(shape[:2])) for _ in range(2 if every > 1 else 0)]

    def row(self, k: int) -> Row:
        """The kept row of round k, or scratch."""
        if k % self.every == 0:
            place = k // self.every
        elif k == self.rounds:
            place = len(self.kept) - 1
        else:
            return self._scratch[k % 2]
        return self.positions[place], self.energy_j[place]

    def until(self, k: int, last: Array, energy_j: Array) -> tuple[NDArray[np.int64], Array, Array]:
        """The kept rows up to round k, and round k itself if the mission stopped between two of them."""
        rows = int(np.searchsorted(self.kept, k, side="right"))
        kept, said, energy = self.kept[:rows], self.positions[:rows], self.energy_j[:rows]
        if kept[-1] != k:
            kept, said = np.append(kept, k), np.concatenate([said, last[None]])
            energy = np.concatenate([energy, energy_j[None]])
        return kept, np.moveaxis(said, 0, 1), np.moveaxis(energy, 0, 1)
