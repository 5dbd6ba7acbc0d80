"""The leader of a problem that agents solve by themselves: it listens, and says when they may stop.

What it reads means the same for every method: what Σ A_i x_i lacks of b at everybody's own block, how far copies are
from what they copy, and how much decisions still move. Trackers always add up to Σ A_i x_i - b (X, Algorithm 1, line
15, summed) unless somebody injected what is not there: that is all that the leader needs to notice it. It speaks only
where some edges are steep, of the weights that rows and edges have by now (`robosim.controllers.parts.balance`).

A mission that is done is closed: what stood in the books then counts, whatever is said later because another mission
beside it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules, Said
from robosim.controllers.parts.balance import WEIGHTS, Balance
from robosim.kernels.audit import DEMAND, DISAGREEMENT, MOVEMENT, TRACKING, own_blocks, read

ROUNDING = 1e-9
"""Share of the largest |b| by which trackers of the faithful may be off."""
NOTHING = 1e-6
"""Decisions smaller than this share of the largest |b| count as none."""


class AuditState(NamedTuple):
    """What the leader keeps between rounds."""

    rules: Rules
    tracked: bool | None
    """Whether sums of trackers mean something; None while nobody knows."""
    balance: Balance | None
    """The weights of what is steep; None where nothing is."""
    x: Array
    """(M, N, n) own blocks."""
    price: Array
    """(M, m) the mean of what agents take for the marginal cost of b."""
    residuals: Array
    """(M, 2) ‖Σ A_i x_i - b‖/‖b‖, and the largest |y - x| over the largest |x|."""
    injected: Array
    """(M,) the most by which trackers were off so far, as a share of the largest |b|."""
    off: Array
    """(M,) by how much they are off now."""
    broken: NDArray[np.int64]
    """(M,) the first round in which they were off by more than rounding; -1 for none."""
    steady: NDArray[np.int64]
    """(M,) rounds in a row in which nothing was above the tolerance."""
    counted: NDArray[np.int64]
    """(M,) rounds that count: all until the mission was done."""

    def closed(self, missions: NDArray[np.bool_], old: AuditState) -> AuditState:
        """These books, with the old ones where missions (M,) were done before."""
        if not missions.any():
            return self
        kept = (_either(missions, *pair) for pair in zip(old[3:], self[3:], strict=True))
        return AuditState(self.rules, self.tracked, self.balance, *kept)


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Rules: missions, A (N, m, n), b (m,), tolerance or None, and tracked: whether Σ_i of the words `tracker` is what
    Σ A_i x_i lacks of b; None where the program does not say, then its words of the first round show it or nothing is
    known of injections."""

    patience: int = 5
    """Rounds in a row that must be within the tolerance."""

    def start(self, rules: Rules) -> tuple[AuditState, Said]:
        """Nothing was heard yet."""
        missions, (agents, m, n) = rules["missions"], rules["A"].shape
        x, price, none = np.zeros((missions, agents, n)), np.zeros((missions, m)), np.zeros(missions, dtype=np.int64)
        zero, far = np.zeros(missions), np.full((missions, 2), np.inf)
        balance = Balance.of(rules)
        books = AuditState(rules, rules["tracked"], balance, x, price, far, zero, zero, none - 1, none, none)
        return books, spoken(balance)

    def step(self, state: AuditState, said: Said) -> tuple[AuditState, Said]:
        """Read everybody's words."""
        rules, y = state.rules, said["y"]
        b, x, out = rules["b"], np.empty_like(state.x), np.empty((len(y), 4))
        alone = y.shape[2] == x.shape[2] != x[0].size
        if alone:  # nobody keeps copies: what disagrees are prices
            x[:] = y
            y = np.repeat(x.reshape(len(x), 1, -1), x.shape[1], axis=1)
        else:
            own_blocks(y, x)
        tracked = shows_tracking(said, x, rules["A"], b) if state.tracked is None else state.tracked
        tracker = said["tracker"] if tracked else np.empty((len(y), 0, b.size))
        read(y, x, state.x, tracker, rules["A"], b, out)
        size, largest = np.sqrt((b * b).sum()) or 1.0, np.abs(b).max() or 1.0
        wide = np.maximum(np.abs(x).max(axis=(1, 2)), NOTHING * largest)  # where nothing is decided, of what is asked
        apart = spread(said["multiplier"]) if alone else out[:, DISAGREEMENT] / wide
        residuals = np.stack([out[:, DEMAND] / size, apart], axis=1)
        off, k = out[:, TRACKING] / largest, state.counted + 1
        injected = np.maximum(state.injected, off)
        broken = np.where((state.broken < 0) & (off > ROUNDING), k, state.broken)
        price, steady = -said["multiplier"][..., : b.size].mean(axis=1), state.steady
        if rules["tolerance"] is not None:
            worst = np.maximum(residuals.max(axis=1), out[:, MOVEMENT] / wide)
            steady = np.where(worst <= rules["tolerance"], steady + 1, 0)
        balance = None if state.balance is None else state.balance.after(y, x, state.x)
        books = AuditState(rules, tracked, balance, x, price, residuals, injected, off, broken, steady, k)
        return books.closed(self.done(state), state), spoken(balance)

    def done(self, state: AuditState) -> NDArray[np.bool_]:
        """(M,) where demand, copies and decisions have been within the tolerance for `patience` rounds."""
        return np.asarray(state.steady >= self.patience)


def spoken(balance: Balance | None) -> Said:
    """What the leader says."""
    return {} if balance is None else {WEIGHTS: balance.factor[:, None]}


def shows_tracking(said: Said, x: Array, rows: Array, b: Array) -> bool:
    """Whether words `tracker` (M, N, m or more) add up to Σ A_i x_i - b, as they do where nobody injected anything."""
    tracker = said.get("tracker")
    if tracker is None or tracker.shape[2] < b.size:
        return False
    excess = np.einsum("imn,kin->km", rows, x) - b
    return bool(
        np.abs(tracker[..., : b.size].sum(axis=1) - excess).max() <= 1e-9 * (np.abs(b).max() + np.abs(excess).max())
    )


def spread(multiplier: Array) -> Array:
    """How far multipliers (M, N, R) are from their mean, as a share of the largest number in it, (M,)."""
    mean = multiplier.mean(axis=1, keepdims=True)
    largest = np.abs(mean).max(axis=(1, 2))
    return np.asarray(np.abs(multiplier - mean).max(axis=(1, 2)) / np.where(largest > 0, largest, 1.0))


def _either(missions: NDArray[np.bool_], these: Any, those: Any) -> Any:
    return np.where(missions.reshape(-1, *(1,) * (these.ndim - 1)), these, those)
