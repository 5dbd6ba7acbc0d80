"""Products with Θ (E, N·n), the edges that each variable loads: columns that repeat are multiplied once.

Goods that use the same paths have the same columns; they are summed before anything is multiplied.

Trucks on congested roads, period by period: loads of edges, costs and distances of suppliers.
"""

from __future__ import annotations

import math
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


@njit(cache=True)
def haul_periods(
    own_flow: Array,
    weights: Array,
    private_cost: Array,
    congestion: Array,
    power: Array,
    length: Array,
    load: Array,
    cost: Array,
    delay: Array,
    distance: Array,
) -> None:
    """Meter T periods in which everybody drives the same share of its flow.

    In period t supplier i has weights[t]·own_flow[i, e] on edge e. Congestion answers to the rate at which flow comes,
    weights[t]·T·F_e: T periods together are the time in which F_e is to pass, and as long as every period has the
    same share the rate is F_e. A unit then costs private_cost[i, e] + congestion[e]·rate^power[e], continued to
    negative rates as in `robosim.kernels.congestion`.

    Parameters
    ----------
    own_flow, private_cost : (N, E); weights : (T,); congestion, power, length : (E,).
    load : (T, E), written: everybody's flow in the period.
    cost, delay, distance : (N, T), added to; delay is the part of the cost that congestion makes.
    """
    suppliers, edges = own_flow.shape
    periods = weights.size
    for e in range(edges):
        flow = 0.0
        for i in range(suppliers):
            flow += own_flow[i, e]
        for t in range(periods):
            load[t, e] = weights[t] * flow
            rate = weights[t] * periods * flow
            late = congestion[e] * math.copysign(abs(rate) ** power[e], rate)
            for i in range(suppliers):
                here = weights[t] * own_flow[i, e]
                delay[i, t] += here * late
                cost[i, t] += here * (private_cost[i, e] + late)
                distance[i, t] += here * length[e]


@njit(cache=True)
def path_flows(trucks: Array, incidence: Array) -> Array:
    """Each supplier's flow on the edges, (N, E), of what its paths carry, (N, M, I)."""
    suppliers, demanders, paths, edges = incidence.shape
    flow = np.zeros((suppliers, edges))
    for i in range(suppliers):
        for m in range(demanders):
            for t in range(paths):
                for e in range(edges):
                    if incidence[i, m, t, e] != 0:
                        flow[i, e] += trucks[i, m, t]
    return flow
