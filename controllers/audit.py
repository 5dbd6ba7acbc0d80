"""The leader of a problem that agents solve by themselves: silent, it listens, and says when they may stop.

What it reads means the same for every method: what Σ A_i x_i lacks of b at everybody's own block, how far copies are
from what they copy, and how much decisions still move. Trackers always add up to Σ A_i x_i - b (X, Algorithm 1, line
15, summed) unless somebody injected what is not there: that is all that the leader needs to notice it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules, Said
from robosim.kernels.audit import DEMAND, DISAGREEMENT, MOVEMENT, TRACKING, own_blocks, read


class Books(NamedTuple):
    """What the leader keeps between rounds."""

    rules: Rules
    x: Array
    """(M, N, n) own blocks."""
    residuals: Array
    """(M, 2) ‖Σ A_i x_i - b‖/‖b‖, and the largest |y - x| over the largest |x|."""
    injected: Array
    """(M,) the most by which trackers were off so far, as a share of the largest |b|."""
    steady: NDArray[np.int64]
    """(M,) rounds in a row in which nothing was above the tolerance."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Rules: missions, A (N, m, n), b (m,), tracked (whether sums of trackers mean something), tolerance or None."""

    patience: int = 5
    """Rounds in a row that must be within the tolerance."""

    def start(self, rules: Rules) -> tuple[Books, Said]:
        """Nothing was heard yet, nothing is said."""
        missions, (agents, _, n) = rules["missions"], rules["A"].shape
        x, steady = np.zeros((missions, agents, n)), np.zeros(missions, dtype=np.int64)
        return Books(rules, x, np.full((missions, 2), np.inf), np.zeros(missions), steady), {}

    def step(self, state: Books, said: Said) -> tuple[Books, Said]:
        """Read everybody's words."""
        rules, y = state.rules, said["y"]
        b, x, out = rules["b"], np.empty_like(state.x), np.empty((len(y), 4))
        own_blocks(y, x)
        tracker = said["tracker"] if rules["tracked"] else np.empty((len(y), 0, b.size))
        read(y, x, state.x, tracker, rules["A"], b, out)
        size, wide = np.sqrt((b * b).sum()) or 1.0, np.abs(x).max(axis=(1, 2), initial=1e-300)
        residuals = np.stack([out[:, DEMAND] / size, out[:, DISAGREEMENT] / wide], axis=1)
        injected = np.maximum(state.injected, out[:, TRACKING] / (np.abs(b).max() or 1.0))
        steady = state.steady
        if rules["tolerance"] is not None:
            worst = np.maximum(residuals.max(axis=1), out[:, MOVEMENT] / wide)
            held = steady >= self.patience  # who was done stays so
            steady = np.where(held | (worst <= rules["tolerance"]), steady + 1, 0)
        return Books(rules, x, residuals, injected, steady), {}

    def done(self, state: Books) -> NDArray[np.bool_]:
        """(M,) where demand, copies and decisions have been within the tolerance for `patience` rounds."""
        return np.asarray(state.steady >= self.patience)
