"""Messages that arrive late: by as many rounds as the link takes, the same for all or drawn for each message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from robosim.agent import Ints, Said
from robosim.network.draws import Keys, uniform

DELAY = 3
"""Stream of the radio's seed."""


class Sent(NamedTuple):
    """What was said in round k, (missions, agents, components) each, on which links, and the round of its arrival."""

    k: int
    words: Said
    keys: Keys
    due: Ints


@dataclass(frozen=True, kw_only=True)
class Delay:
    """A message of round k arrives in round k + τ, τ drawn evenly from least..most for each link and round.

    Messages may overtake each other: what arrives later may have been said earlier.
    """

    least: int = 0
    most: int = 0

    def rounds(self, seed: int, k: int, keys: Keys) -> Ints:
        """τ of the messages that are sent over these links in round k, (links,)."""
        if self.least == self.most:
            return np.full(keys.size, self.least, dtype=np.int32)
        choices = self.most - self.least + 1
        return (self.least + np.floor(uniform([seed, DELAY, k], keys) * choices)).astype(np.int32)


class Arrived(NamedTuple):
    """The freshest message of each link of those that arrive in a round: links, and which of the past it is."""

    keys: Keys
    of: Ints


def arriving(past: tuple[Sent, ...], k: int) -> Arrived:
    """What arrives in round k; of two messages on one link the one that was sent last is heard, the other is not."""
    newest = range(len(past) - 1, -1, -1)
    keys = [past[which].keys[past[which].due == k] for which in newest]
    of = np.repeat(np.array(newest, dtype=np.int32), [len(one) for one in keys])
    found, first = np.unique(np.concatenate(keys), return_index=True)
    return Arrived(found, of[first])


def voices(past: tuple[Sent, ...], arrived: Arrived, n: int) -> Said:
    """What is heard over each link that arrives, (missions, links, components)."""
    sender = arrived.keys % n
    heard = {}
    for word, now in past[-1].words.items():
        rows = np.empty((now.shape[0], sender.size, now.shape[2]))
        for which, one in enumerate(past):
            mine = arrived.of == which
            rows[:, mine] = one.words[word][:, sender[mine]]
        heard[word] = rows
    return heard
