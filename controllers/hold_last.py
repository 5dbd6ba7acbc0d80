"""Average consensus that holds the last word of every neighbour, for networks that lose messages or bring them late.

    z_i^k = z_i^{k-1} + α Σ_{j heard so far} (ẑ_ij - z_i^{k-1}),   ẑ_ij the last z_j that reached i

Nobody waits for anybody. What one robot hears late another may have heard in time, so steps no longer cancel, and the
mean of the team moves: the robots agree, but not where consensus would have. `ratio_consensus.py` keeps the mean. A
robot that is too slow goes as far as it gets, and a word from who is out of range by now is held all the same.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.consensus import Announced
from robosim.controllers.parts.reach import towards
from robosim.kernels.mixing import step, weighted_step

MANY = np.int64(2**32)
"""Ids are smaller: a link is numbered by its receiver and the id of its sender."""


class Held(NamedTuple):
    """What a robot keeps: step sizes, the links over which it heard something, and the last words over them.

    `keys` (links,) in rising order, `last` (missions, links, d) metres, `weight` (links,) those of the edges or None,
    `reach_m` how far a body gets in a round.
    """

    steps: Announced
    keys: NDArray[np.int64]
    last: Array
    weight: Array | None
    reach_m: float


class HoldLast:
    """The faithful robot of a network that loses; the leader reads its meter."""

    serves: ClassVar[tuple[str, ...]] = ("rendezvous",)
    keeps_reach: ClassVar[bool] = True

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Held, Said]:
        """z_i^0 = θ_i; nothing was heard yet. `own["start"]` is (missions, agents, d) m; `rules`: alpha, reach_m."""
        nothing = np.empty((len(own["start"]), 0, own["start"].shape[2]))
        weight = None if links.edge_weight is None else np.empty(0)
        steps, nobody = Announced.of(rules["alpha"]), np.empty(0, dtype=np.int64)
        return Held(steps, nobody, nothing, weight, rules["reach_m"]), {"z": own["start"]}

    def step(self, state: Held, heard: Heard) -> tuple[Held, Said]:
        """The iterate of this module, from where the robot really is."""
        held = _heard(state, heard)
        own = heard.own["z"]
        agents = own.shape[1]
        said, voices = np.empty_like(own), np.ascontiguousarray(held.last)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(held.keys // MANY, minlength=agents))]).astype(np.int32)
        columns = np.arange(held.keys.size, dtype=np.int32)
        if held.weight is None:
            step(indptr, columns, voices, own, held.steps.alpha, said)
        else:
            weighted_step(indptr, columns, voices, own, held.steps.alpha, said, held.weight)
        return held._replace(steps=held.steps.next), {"z": towards(own, said, held.reach_m)}


def _heard(state: Held, heard: Heard) -> Held:
    """With what was heard now in place of what was held."""
    links = heard.links
    receiver = np.repeat(np.arange(links.indptr.size - 1, dtype=np.int64), np.diff(links.indptr))
    now = receiver * MANY + links.ids
    keys = np.union1d(state.keys, now)
    last = np.empty((len(state.last), keys.size, state.last.shape[2]))
    last[:, np.searchsorted(keys, state.keys)] = state.last
    last[:, np.searchsorted(keys, now)] = heard.each("z")
    if state.weight is None:
        return state._replace(keys=keys, last=last)
    weight = np.empty(keys.size)
    weight[np.searchsorted(keys, state.keys)] = state.weight
    weight[np.searchsorted(keys, now)] = links.coupling
    return state._replace(keys=keys, last=last, weight=weight)
