"""An undirected network that fails: links that are there in some rounds only, messages lost, late or rounded.

Programs that compute over all their links hear something over each in every round. Over a link that is not there in
this round, at both ends alike, an agent hears itself: a mean with symmetric weights stays a mean, and sums that
neighbours keep between them stay. In place of a message that is lost or under way it hears the last one that came.
Programs that say `minds_loss = True` hear over what arrived, and know what did not. Words of round 0 are known from the
announcement.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Ints, Links, Said
from robosim.kernels.near import joined
from robosim.network.delay import Delay, Sent, arriving, voices
from robosim.network.draws import Keys, uniform
from robosim.network.graphs import Edges
from robosim.network.loss import Bad, Loss
from robosim.network.near import metropolis
from robosim.network.network import Network
from robosim.network.reception import Log, Reception, silence

AWAKE, UP = 11, 12
"""Streams of the seed."""
Bools = NDArray[np.bool_]


class Memory(NamedTuple):
    """Links in bad states, messages under way (the oldest first), the last that came over each link, what happened."""

    bad: Bad
    past: tuple[Sent, ...]
    last: Said
    log: Log


@dataclass(frozen=True, kw_only=True)
class Unsteady:
    """What reaches whom over `graph`, drawn from `seed`, round and link alone: every mission meets the same faults.

    Parameters
    ----------
    awake : share of rounds in which an agent is on the air; one that is not neither sends nor hears.
    edges_up : share of rounds in which an edge is there, for both its ends.
    loss, delay : of messages, on each directed link.
    bits : significant bits of numbers as neighbours hear them; None for all 53.
    holds : whether programs hear over all links in every round.
    """

    graph: Network
    awake: float = 1.0
    edges_up: float = 1.0
    loss: Loss = field(default_factory=Loss)
    delay: Delay = field(default_factory=Delay)
    bits: int | None = None
    seed: int = 0
    holds: bool = True

    weights: ClassVar[None] = None

    @property
    def n(self) -> int:
        """Number of agents."""
        return self.graph.n

    @property
    def links(self) -> Links:
        """Who hears whom when nothing fails."""
        return self.graph.links

    @property
    def edges(self) -> Edges:
        """Pairs, (E, 2)."""
        return self.graph.edges

    @property
    def margin(self) -> float:
        """Of the weights."""
        return self.graph.margin

    @property
    def lambda_max(self) -> float:
        """Of the graph when nothing fails."""
        return self.graph.lambda_max

    @property
    def connectivity(self) -> float:
        """λ₂ when nothing fails."""
        return self.graph.connectivity

    def over(self, graph: Network) -> Unsteady:
        """The same faults over another graph."""
        return replace(self, graph=graph)

    @cached_property
    def _receiver(self) -> Ints:
        links = self.links
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(links.indptr))

    @cached_property
    def _keys(self) -> Keys:
        return np.asarray(self._receiver.astype(np.int64) * self.n + self.links.ids)

    def off(self, k: int) -> Bools:
        """Who is off the air in round k, (n,)."""
        if self.awake >= 1.0 or k == 0:
            return np.zeros(self.n, dtype=bool)
        return np.asarray(uniform([self.seed, AWAKE, k], np.arange(self.n)) >= self.awake)

    def up(self, k: int) -> Bools:
        """Which links are there in round k, both directions alike, (links,)."""
        off, receiver, sender = self.off(k), self._receiver, self.links.ids
        there = ~(off[receiver] | off[sender])
        if self.edges_up < 1.0 and k > 0:
            pair = np.minimum(receiver, sender).astype(np.int64) * self.n + np.maximum(receiver, sender)
            there &= uniform([self.seed, UP, k], pair) < self.edges_up
        return there

    def sent(self, rounds: int) -> NDArray[np.int64]:
        """How many messages each agent sent in rounds 1..`rounds`, one to each neighbour that was there, (n,)."""
        if self.awake >= 1.0 and self.edges_up >= 1.0:
            return np.bincount(self.links.ids, minlength=self.n) * rounds
        count = np.zeros(len(self.links.ids), dtype=np.int64)
        for k in range(1, rounds + 1):
            count += self.up(k)
        return np.bincount(self.links.ids, weights=count, minlength=self.n).astype(np.int64)

    def start(self) -> Memory:
        """Nothing is under way."""
        return Memory(self.loss.start(), (), {}, silence(self.n))

    def reception(self, memory: Memory, missions: int) -> Reception:
        """What happened so far, for each of the missions side by side."""
        return Reception.of(memory.log, missions)

    def deliver(self, k: int, memory: Memory, said: Said, cast: Said) -> tuple[Memory, Heard]:
        """Round k: what is heard, one voice a link, (missions, links, components)."""
        spoken = {word: self._rounded(x) for word, x in said.items()}
        if k == 0:
            last = {word: x[:, self.links.ids] for word, x in spoken.items()}
            first = Sent(0, spoken, self._keys[:0], self._receiver[:0])
            return memory._replace(last=last, past=(first,)), self._heard(said, cast, last, self._keys)
        up = self.up(k)
        keys = self._keys[up]
        gone, bad = self.loss.lost(self.seed, k, keys, memory.bad)
        kept = keys[~gone]
        past = (*memory.past, Sent(k, spoken, kept, k + self.delay.rounds(self.seed, k, kept)))[-self.delay.most - 1 :]
        arrived = arriving(past, k)
        came = voices(past, arrived, self.n)
        place = np.searchsorted(self._keys, arrived.keys)
        last = {word: _put(memory.last[word], place, x) for word, x in came.items()}
        log = self._logged(memory.log, k, up, int(gone.sum()), keys.size)
        memory = Memory(bad, past if self.delay.most else (), last, log)
        if not self.holds:
            return memory, self._heard(said, cast, came, arrived.keys)
        down = np.flatnonzero(~up)
        alike = {word: _put(x, down, said[word][:, self._receiver[down]]) for word, x in last.items()}
        return memory, self._heard(said, cast, alike, self._keys)

    def _heard(self, said: Said, cast: Said, heard: Said, keys: Keys) -> Heard:
        links = self.links
        if keys.size < self._keys.size:
            count = np.bincount(keys // self.n, minlength=self.n)
            indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
            links = metropolis(indptr, (keys % self.n).astype(np.int32), links.degree, self.margin)
        each = np.arange(links.ids.size, dtype=np.int32)
        return Heard(said, cast, links._replace(indices=each), heard)

    def _logged(self, log: Log, k: int, up: Bools, lost: int, sent: int) -> Log:
        if up.all():
            return log.after(k, (sent, lost), None, (self.links.indptr, self.links.ids))
        keys = self._keys[up]
        count = np.bincount(keys // self.n, minlength=self.n)
        rows = np.concatenate([[0], np.cumsum(count)]).astype(np.int32), (keys % self.n).astype(np.int32)
        parts = joined(np.arange(self.n, dtype=np.int64), *rows)
        parts[self.off(k)] = -1
        return log.after(k, (sent, lost), parts, rows)

    def _rounded(self, x: Array) -> Array:
        return x if self.bits is None else significant(x, self.bits)


def significant(x: Array, bits: int) -> Array:
    """Numbers rounded to so many significant bits.

    >>> significant(np.array([1.0, 1.26, -100.4, 0.0]), 3).tolist()
    [1.0, 1.25, -96.0, 0.0]
    """
    fraction, exponent = np.frexp(x)
    return np.asarray(np.ldexp(np.round(np.ldexp(fraction, bits)), exponent - bits))


def _put(x: Array, place: NDArray[np.intp], new: Array) -> Array:
    if not place.size:
        return x
    x = x.copy()
    x[:, place] = new
    return x
