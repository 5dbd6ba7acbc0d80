"""The network as a radio: neighbours in range, messages that are lost, late or rounded, agents that are off."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Ints, Links, Said
from robosim.errors import AgentFailure
from robosim.kernels.near import joined
from robosim.network import graphs
from robosim.network.delay import Arrived, Delay, Sent, arriving, voices
from robosim.network.directed import Directed, strong
from robosim.network.draws import Keys
from robosim.network.loss import Bad, Loss
from robosim.network.near import Near, beside, metropolis
from robosim.network.network import Network
from robosim.network.presence import Presence
from robosim.network.reception import Log, Numbers, Reception, silence

SILENT = "silent"
"""A word of the world, (missions, agents, 1): who has more than 0 neither sends nor hears in this round."""

Graph: TypeAlias = Network | Directed | Near
Bools: TypeAlias = NDArray[np.bool_]


class Memory(NamedTuple):
    """What the radio keeps: links in bad states, messages under way (the oldest first), what happened so far."""

    bad: Bad
    past: tuple[Sent, ...]
    log: Log


class Reach(NamedTuple):
    """Who could hear whom in a round: links as keys and rows, neighbours before anything is lost, components."""

    keys: Keys
    rows: tuple[Ints, Ints]
    parts: Numbers | None


@dataclass(frozen=True, kw_only=True)
class Radio:
    """What reaches whom over a `graph`, drawn from `seed`, round and link alone: every mission meets the same losses.

    Parameters
    ----------
    loss, delay : of messages, on each directed link.
    quantum : neighbours hear numbers rounded to multiples of it; 0 for exact ones.
    presence : who is off when; None for nobody ever.
    falls_silent : whether a world may say `SILENT`, which may differ between missions side by side.
    teams : teams of the graph side by side that do not hear each other, each with losses of its own.
    """

    graph: Graph
    loss: Loss = field(default_factory=Loss)
    delay: Delay = field(default_factory=Delay)
    quantum: float = 0.0
    presence: Presence | None = None
    seed: int = 0
    falls_silent: bool = False
    teams: int = 1

    @property
    def n(self) -> int:
        """Number of agents, of all teams."""
        return self.graph.n * self.teams

    @property
    def one_at_a_time(self) -> bool:
        """Whether links may differ between missions side by side, so that each must be played by itself."""
        return isinstance(self.graph, Near) or self.falls_silent

    @property
    def is_perfect(self) -> bool:
        """Whether nothing is lost, late or rounded."""
        return self.loss == Loss() and self.delay == Delay() and self.quantum == 0.0

    @property
    def is_fixed(self) -> bool:
        """Whether links are the same in all rounds, messages that are lost apart."""
        return not isinstance(self.graph, Near)

    @property
    def edges(self) -> graphs.Edges:
        """Pairs of the graph, (E, 2); of one whose agents move, at the start."""
        return self.graph.edges

    @property
    def weights(self) -> Array | None:
        """Of the edges, (E,); None where all are 1."""
        return self.graph.weights

    @property
    def labels(self) -> tuple[Hashable, ...]:
        """Nodes behind the ids, where they have names."""
        return self.graph.labels

    @property
    def connectivity(self) -> float:
        """λ₂ of the graph when nothing is lost; 0 where it is not known."""
        return self.graph.connectivity

    @property
    def lambda_max(self) -> float:
        """The largest eigenvalue of its Laplacian, or what it cannot exceed."""
        return self.graph.lambda_max

    @property
    def most_heard(self) -> float:
        """The largest degree that there may be, with weights."""
        return self.graph.most_heard if isinstance(self.graph, Near) else float(self.links.weighted_degree.max())

    @cached_property
    def links(self) -> Links:
        """Who hears whom when nothing is lost; where agents move, at the start."""
        one, teams = self.graph.links, self.teams
        if teams == 1:
            return one
        rows = beside([(one.indptr, one.indices)] * teams, self.graph.n)
        rest = [None if x is None else np.tile(x, teams) for x in one[3:]]
        return Links(rows[0], rows[1], rows[1], *rest)  # type: ignore[arg-type]

    def side_by_side(self, teams: int) -> Radio:
        """A radio for so many teams, (1, teams · n, components), none of which hears another."""
        return replace(self, teams=teams)

    def off(self, k: int) -> Bools:
        """Who is off in round k, (n,)."""
        if self.presence is None:
            return np.zeros(self.n, dtype=bool)
        return np.tile(self.presence.off(k), self.teams)

    def start(self) -> Memory:
        """Nothing is under way."""
        return Memory(self.loss.start(), (), silence(self.n))

    def reception(self, memory: Memory, missions: int) -> Reception:
        """What happened so far, for each of the missions side by side."""
        return Reception.of(memory.log, missions)

    def deliver(self, k: int, memory: Memory, said: Said, cast: Said) -> tuple[Memory, Heard]:
        """Round k: `heard.links` are those over which something arrives, and `heard.voices` what it is.

        Where messages may be late, voices are one a link, (missions, links, components), and `links.indices` count
        them. An agent that is off hears its leader and itself.
        """
        words = {key: x for key, x in said.items() if key != SILENT}
        off = self.off(k) | _silent(k, said)
        reach = self._reach(words, off)
        gone, bad = self.loss.lost(self.seed, k, reach.keys, memory.bad)
        kept = reach.keys[~gone] if gone.any() else reach.keys
        spoken = self._rounded(words)
        late = self.delay.most > 0
        past = (*memory.past, Sent(k, spoken, kept, k + self.delay.rounds(self.seed, k, kept)))[-self.delay.most - 1 :]
        arrived = arriving(past, k) if late else None
        keys = kept if arrived is None else arrived.keys
        deaf = 0
        if arrived is not None:
            awake = ~off[keys // self.n]  # else its message was under way when it went off
            keys, deaf = keys[awake], int(keys.size - awake.sum())
            spoken = voices(past, Arrived(keys, arrived.of[awake]), self.n)
        links = self._links(reach, keys)
        if arrived is not None:
            links = links._replace(indices=np.arange(links.ids.size, dtype=np.int32))
        heard = None if self.teams > 1 else (links.indptr, links.ids)
        log = memory.log.after(k, (gone.size, int(gone.sum()) + deaf), reach.parts, heard)
        return Memory(bad, past if late else (), log), Heard(words, cast, links, spoken)

    def in_reach(self, k: int, said: Said) -> Keys:
        """Links of round k over which messages were sent, lost or not: receiver · n + sender, in rising order."""
        words = {key: x for key, x in said.items() if key != SILENT}
        return self._reach(words, self.off(k) | _silent(k, said)).keys

    def _reach(self, words: Said, off: Bools) -> Reach:
        """Who could hear whom: in range, or linked by the graph, and on."""
        links = self.links
        if isinstance(self.graph, Near):
            positions = words["z"]
            if len(positions) > 1:
                raise AgentFailure("neighbours differ between missions side by side (play them one at a time)")
            rows = self.graph.rows(positions[0])
        else:
            rows = links.indptr, links.ids
        keys = self._all_keys if self.is_fixed else _keys(*rows)
        if off.any():
            keys = keys[~(off[keys // self.n] | off[keys % self.n])]
            rows = _rows(keys, self.n)
        known = self.teams > 1 or (self.is_fixed and not off.any())
        return Reach(keys, rows, None if known else self._parts(rows, off))

    def _parts(self, rows: tuple[Ints, Ints], off: Bools) -> Numbers:
        """The component of each agent (n,), by its smallest id; -1 for who is off."""
        if self.graph.directed:
            receiver = np.repeat(np.arange(self.n), np.diff(rows[0]))
            _, label = strong(self.n, np.stack([rows[1].astype(np.int64), receiver], axis=1))
            _, first, which = np.unique(label, return_index=True, return_inverse=True)
            found = first[which].astype(np.int64)
        else:
            found = joined(np.arange(self.n, dtype=np.int64), *rows)
        found[off] = -1
        return found

    @cached_property
    def _all_keys(self) -> Keys:
        return _keys(self.links.indptr, self.links.ids)

    def _links(self, reach: Reach, keys: Keys) -> Links:
        """The links over which something arrives, with weights of a mean."""
        base = self.links
        if self.is_fixed and keys.size == self._all_keys.size:
            return base
        degree = np.diff(reach.rows[0]).astype(np.float64)
        rows = reach.rows if keys is reach.keys else _rows(keys, self.n)
        links = metropolis(*rows, degree, self.graph.margin)
        if base.edge_weight is None or not self.is_fixed:
            return links._replace(listeners=base.listeners if self.is_fixed else None)
        return links._replace(edge_weight=base.edge_weight[np.searchsorted(self._all_keys, keys)])

    def _rounded(self, words: Said) -> Said:
        if self.quantum == 0.0:
            return words
        return {key: np.round(x / self.quantum) * self.quantum for key, x in words.items()}


def _silent(k: int, said: Said) -> Bools:
    """Who says that it is silent, (agents,). Raises `AgentFailure` where that differs between missions."""
    if SILENT not in said:
        return np.zeros(1, dtype=bool)
    silent = said[SILENT][..., 0] > 0
    if (silent != silent[:1]).any():
        raise AgentFailure(f"round {k}: who is silent differs between missions side by side (play them one at a time)")
    return np.asarray(silent[0])


def _keys(indptr: Ints, senders: Ints) -> Keys:
    n = indptr.size - 1
    return np.repeat(np.arange(n, dtype=np.int64), np.diff(indptr)) * n + senders


def _rows(keys: Keys, n: int) -> tuple[Ints, Ints]:
    """Compressed rows by receiver from keys in rising order: indptr (n + 1,) and senders."""
    count = np.bincount(keys // n, minlength=n)
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int32), (keys % n).astype(np.int32)
