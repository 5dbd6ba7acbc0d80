"""Messages that are lost: by chance on each link, or in bursts (E. N. Gilbert 1960, E. O. Elliott 1963)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.network.draws import Keys, uniform

CHANCE, STATE = 1, 2
"""Streams of the radio's seed."""


class Bad(NamedTuple):
    """The links that are in a bad state, among those that were there last round."""

    known: Keys
    keys: Keys


NOBODY = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Burst:
    """A link turns bad with probability `p_bad` a round, good with `p_recover`; while bad it loses `loss_bad`."""

    p_bad: float
    p_recover: float
    loss_bad: float = 1.0

    @property
    def share(self) -> float:
        """How often a link is bad in the long run, p_bad / (p_bad + p_recover)."""
        return self.p_bad / (self.p_bad + self.p_recover)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Each directed link loses a message with probability `share`, in bursts with that of the burst."""

    share: float = 0.0
    burst: Burst | None = None

    @property
    def is_none(self) -> bool:
        """Whether every message arrives."""
        return self.share == 0.0 and self.burst is None

    @property
    def in_all(self) -> float:
        """The share of messages that is lost in the long run."""
        if self.burst is None:
            return self.share
        return self.share + self.burst.share * (self.burst.loss_bad - self.share)

    def start(self) -> Bad:
        """Nothing is known of any link."""
        return Bad(NOBODY, NOBODY)

    def lost(self, seed: int, k: int, keys: Keys, bad: Bad) -> tuple[NDArray[np.bool_], Bad]:
        """Which of the messages that are sent over these links in round k are lost, and the links' states.

        A link that was not there last round begins as often in a bad state as it is in the long run.
        """
        if self.is_none:
            return np.zeros(keys.size, dtype=bool), bad
        if self.burst is None:
            return uniform([seed, CHANCE, k], keys) < self.share, bad
        state = uniform([seed, STATE, k], keys)
        was = np.isin(keys, bad.keys, assume_unique=True)
        new = np.isin(keys, bad.known, assume_unique=True, invert=True)
        turns = np.where(was, 1.0 - self.burst.p_recover, np.where(new, self.burst.share, self.burst.p_bad))
        now = state < turns
        losing = np.where(now, self.burst.loss_bad, self.share)
        return uniform([seed, CHANCE, k], keys) < losing, Bad(keys, keys[now])
