"""What no pilot can give, known before anybody has come: posts with few levels, behind wires that carry little."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.station.execution import Station
from robosim.kernels.charging import Posts, Wires
from robosim.kernels.pilots import highest_pilots

AGAINST = -1e-12
"""Two currents relieve each other where their inner product, as a share of their sizes, is less."""


class Givable(NamedTuple):
    """Of N cars, each as if it were alone."""

    kwh: Array
    """(N,) the most that the meter can count in its stay: the highest pilot that there is, in every step."""
    highest_a: Array
    """(N,) the highest pilot; 0: none is low enough for the wires, or it is not there."""
    lowest_a: Array
    """(N,) the lowest pilot of its post but 0; 0 where every current is one."""
    alone_a: Array
    """(N,) what the wires carry for its post at most, whenever it is there."""
    kw_per_a: Array
    """(N,)."""


def givable(station: Station, periods: NDArray[np.int64], limit_kw: Array) -> Givable:
    """What cars could be given at most, taper aside, if each were alone; nobody gets more, but for half a level that
    the next plan takes back.

    Parameters
    ----------
    periods : (N, 2) the first one in which each is planned for, and the one after the last.
    limit_kw : (N,) what each takes at most.
    """
    post, posts = station.cars.station, station.posts
    within = periods * float(station.ratio)
    stay = np.clip(station.cars.stay, within[:, :1], within[:, 1:])
    alone_a, most = carried_alone(posts, station.wires), np.ascontiguousarray(limit_kw)
    kwh, highest = np.zeros(len(stay)), np.zeros(len(stay))
    highest_pilots(station.cars, posts, stay, alone_a, most, station.step_h, kwh, highest)
    return Givable(kwh, highest, posts.least_a[post], _in_stays(alone_a[post], stay), posts.kw_per_a[post])


def carried_alone(posts: Posts, wires: Wires) -> Array:
    """(C, 1|S) the largest current of each post that no row forbids, A.

    A row forbids it only where no other post's current relieves that row: there others could make room.
    """
    count = len(posts.kw_per_a)
    found = np.repeat(posts.most_a[:, None], wires.limit_a.shape[1], axis=1)
    column, entry = np.repeat(np.arange(count), np.diff(wires.start)), wires.real + 1j * wires.imaginary
    for k in range(len(wires.limit_a)):
        here = np.flatnonzero((wires.row == k) & (entry != 0.0))
        bound = here if wires.linear else here[~_relieved(entry[here])]
        most = wires.limit_a[k] / np.abs(entry[bound])[:, None]
        found[column[bound]] = np.minimum(found[column[bound]], most)
    return found


def _relieved(currents: NDArray[np.complex128]) -> NDArray[np.bool_]:
    """(n,) whether some other current of a row points away from each."""
    way = currents / np.abs(currents)
    distinct = np.unique(np.round(way, 12))
    return np.asarray((np.real(np.conj(way)[:, None] * distinct).min(axis=1, initial=1.0)) < AGAINST)


def _in_stays(alone_a: Array, stay: Array) -> Array:
    """(N,) the largest of (N, 1|S) in each stay, 0 for who is never there."""
    if alone_a.shape[1] == 1:
        return np.where(stay[:, 1] > stay[:, 0], alone_a[:, 0], 0.0)
    t = np.arange(alone_a.shape[1])
    there = (t < stay[:, 1:]) & (t + 1 > stay[:, :1]) & (stay[:, 1:] > stay[:, :1])
    return np.asarray(np.where(there, alone_a, 0.0).max(axis=1, initial=0.0))
