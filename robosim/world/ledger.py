"""The tape of missions whose agents hold copies of everybody's decision: decisions and residuals, round by round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array


class Ledger:
    """Keeps the decisions (M, N, n) and residuals (M, 2) of round 0, every `every`-th round and the last one."""

    def __init__(self, rounds: int, every: int | None) -> None:
        self.rounds, self.every = rounds, every
        self.kept: list[int] = []
        self.x: list[Array] = []
        self.residuals: list[Array] = []

    def note(self, k: int, x: Array, residuals: Array, last: bool = False) -> None:
        """Keep round k where it is due; `last` always is."""
        while self.kept and self.kept[-1] >= k:  # somebody went back to an earlier snapshot
            del self.kept[-1], self.x[-1], self.residuals[-1]
        if last or (self.every is not None and (k % self.every == 0 or k == self.rounds)):
            self.kept.append(k)
            self.x.append(x)
            self.residuals.append(residuals)

    def rows(self) -> tuple[NDArray[np.int64], Array, Array]:
        """Rounds (rows,), decisions (M, rows, N, n) and residuals (M, rows, 2)."""
        return np.array(self.kept), np.stack(self.x, axis=1), np.stack(self.residuals, axis=1)
