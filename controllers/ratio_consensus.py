"""Ratio consensus by running sums: the average of the starts, whatever is lost or late, on directed graphs too.

Every robot has a mass (y_i, x_i), at first (θ_i, 1), and gives equal shares of it to all who hear it and to itself,
D_i + 1 of them. It does not send shares, which would be lost, but the sum of all shares so far:

    σ_i^k = σ_i^{k-1} + y_i^{k-1} / (D_i + 1)
    y_i^k = y_i^{k-1} / (D_i + 1) + Σ_{j heard} (σ_j - ρ_ij),   ρ_ij = the last σ_j that reached i

and the same with x. What was lost is in the next sum that arrives, so Σ_i y_i + Σ_ij (σ_j - ρ_ij) = Σ_i θ_i in every
round, and the ratio z_i = y_i / x_i goes to the average of the starts (C. Hadjicostis, N. Vaidya, A. Domínguez-García,
"Robust distributed average consensus via exchange of running sums", IEEE Trans. Automat. Control 61 (2016) 1492-1507).

The robot drives towards z_i, as far as it gets in a round; its masses do not depend on where it stands. Who hears it
must stay the same, as it must know how many that are: neighbours that change in range are not served.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Ints, Links, Rules, Said
from robosim.controllers.parts.reach import towards
from robosim.kernels.mixing import mix

TINY = 1e-200
"""A robot that has less mass, as it heard nobody for hundreds of rounds, stays where it is."""


class Masses(NamedTuple):
    """What a robot keeps: its mass (missions, agents, d + 1), x last, and what it has of its neighbours.

    Parameters
    ----------
    shares : (agents,) D_i + 1.
    summed : (missions, agents, d + 1) σ_i, all that it gave to each who hears it.
    taken : (missions, links, d + 1) ρ_ij, all that it took over each link.
    ids, indptr : the links, by receiver.
    """

    mass: Array
    summed: Array
    taken: Array
    shares: Array
    indptr: Ints
    ids: Ints
    reach_m: float


class RatioConsensus:
    """The faithful robot of a network that loses; its words are z, in metres, and its running sums."""

    serves: ClassVar[tuple[str, ...]] = ("rendezvous",)
    keeps_reach: ClassVar[bool] = True
    fixed_links: ClassVar[bool] = True

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Masses, Said]:
        """Masses (θ_i, 1), and the first shares of them. `own["start"]` is (missions, agents, d) m; `rules["reach_m"]`.

        `links.listeners` are how many hear each robot, its neighbours where that is None.
        """
        start = own["start"]
        mass = np.concatenate([start, np.ones((*start.shape[:2], 1))], axis=2)
        shares = 1.0 + (links.degree if links.listeners is None else links.listeners)
        taken = np.zeros((len(start), links.ids.size, mass.shape[2]))
        state = Masses(mass, np.zeros_like(mass), taken, shares, links.indptr, links.ids, rules["reach_m"])
        state = _given(state)
        return state, {"z": start, "sums": state.summed.copy()}

    def step(self, state: Masses, heard: Heard) -> tuple[Masses, Said]:
        """Take what arrived, give shares of what is there; go towards z."""
        state = _given(_taken(state, heard))
        mass, here = state.mass, heard.own["z"]
        x = mass[..., -1:]
        ratio = np.where(x > TINY, mass[..., :-1] / np.maximum(x, TINY), here)
        return state, {"z": towards(here, ratio, state.reach_m), "sums": state.summed.copy()}


def _given(state: Masses) -> Masses:
    """Each keeps one share and puts the others on its running sum."""
    share = state.mass / state.shares[:, None]
    return state._replace(mass=share, summed=state.summed + share)


def _taken(state: Masses, heard: Heard) -> Masses:
    """What the sums that arrived have more than what was taken before goes into the mass, in the order of links."""
    links = heard.links
    agents = links.indptr.size - 1
    receiver = np.repeat(np.arange(agents, dtype=np.int64), np.diff(links.indptr))
    places = _places(state, receiver, links.ids)
    before, sums = state.taken[:, places], heard.each("sums")
    newer = sums[..., -1:] > before[..., -1:]  # the sum of x only grows: what was overtaken on its way is let go
    sums = np.where(newer, sums, before)
    new = sums - before
    columns, taken = np.arange(receiver.size, dtype=np.int32), state.taken.copy()
    arrived = mix(links.indptr, columns, np.ones(receiver.size), new, np.empty_like(state.mass))
    taken[:, places] = sums
    return state._replace(mass=state.mass + arrived, taken=taken)


def _places(state: Masses, receiver: NDArray[np.int64], ids: Ints) -> Ints:
    """Which of its links each of those is over which something arrived."""
    if ids.size == state.ids.size:
        return np.arange(ids.size, dtype=np.int32)
    many = np.int64(2**32)  # ids are smaller
    agents = state.indptr.size - 1
    all_ = np.repeat(np.arange(agents, dtype=np.int64), np.diff(state.indptr)) * many + state.ids
    return np.searchsorted(all_, receiver * many + ids).astype(np.int32)
