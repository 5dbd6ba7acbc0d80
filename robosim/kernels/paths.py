"""Products with Θ (E, N·n), the edges that each variable loads: columns that repeat are multiplied once.

Goods that use the same paths have the same columns; they are summed before anything is multiplied.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from robosim.kernels import Array


class Paths(NamedTuple):
    """The different columns of Θ, compressed by column, and which of them each of the N·n variables uses."""

    edges: int
    start: NDArray[np.int32]
    edge: NDArray[np.int32]
    share: NDArray[np.float64]
    of: NDArray[np.int32]


def paths(theta: csr_array) -> Paths:
    """Find the columns of Θ (E, N·n) that repeat; those that stay stand in the order in which they first come."""
    columns = csc_array(theta, dtype=np.float64)
    columns.sum_duplicates()
    known: dict[tuple[bytes, bytes], int] = {}
    kept, of = [], np.empty(columns.shape[1], dtype=np.int32)
    for c, (a, b) in enumerate(zip(columns.indptr[:-1], columns.indptr[1:], strict=True)):
        key = (columns.indices[a:b].tobytes(), columns.data[a:b].tobytes())
        if key not in known:
            known[key] = len(known)
            kept.append(np.arange(a, b))
        of[c] = known[key]
    which = np.concatenate(kept)
    start = np.cumsum([0, *map(len, kept)]).astype(np.int32)
    return Paths(columns.shape[0], start, columns.indices[which].astype(np.int32), columns.data[which], of)


@njit(cache=True)
def flow_into(start: Array, edge: Array, share: Array, amount: Array, minded: Array, out: Array, flow: Array) -> None:
    """out = flow on the minded edges of `amount` on every path; `flow` (E,) is scratch."""
    flow[:] = 0.0
    for p in range(amount.size):
        if amount[p] != 0.0:
            for a in range(start[p], start[p + 1]):
                flow[edge[a]] += share[a] * amount[p]
    for e in range(out.size):
        out[e] = flow[minded[e]]


@njit(cache=True)
def price_into(
    start: Array, edge: Array, share: Array, pressure: Array, minded: Array, out: Array, toll: Array
) -> None:
    """out = pressure summed along every path; `toll` (E,) is scratch."""
    toll[:] = 0.0
    for e in range(pressure.size):
        toll[minded[e]] = pressure[e]
    for p in range(out.size):
        out[p] = 0.0
        for a in range(start[p], start[p + 1]):
            out[p] += share[a] * toll[edge[a]]


@njit(cache=True)
def flow(edges: int, start: Array, edge: Array, share: Array, of: Array, y: Array, minded: Array) -> Array:
    """F = Θ y of y (N·n,) on the minded edges (e,)."""
    amount, out = np.zeros(start.size - 1), np.empty(minded.size)
    for c in range(of.size):
        amount[of[c]] += y[c]
    flow_into(start, edge, share, amount, minded, out, np.empty(edges))
    return out


@njit(cache=True)
def price(edges: int, start: Array, edge: Array, share: Array, of: Array, pressure: Array, minded: Array) -> Array:
    """Θ'l of l (e,) on the minded edges: (N·n,)."""
    amount = np.empty(start.size - 1)
    price_into(start, edge, share, pressure, minded, amount, np.empty(edges))
    return amount[of]
