"""What decisions take together of the shared resources, summed in the order of the agents, so that bits repeat."""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def taken(rows: Array, z: Array, present: Array, load: Array) -> None:
    """Fill load (M, m) with Σ_i R_i z_i over the agents that are present (T, (2b)).

    Parameters
    ----------
    rows : (1|N, m, n) R_i, or (0, 0, 0) where every R_i is the identity.
    z : (M, N, n) decisions.
    present : (1|M, N) bool.
    """
    missions, agents, n = z.shape
    for m in range(missions):
        load[m] = 0.0
        here = m if present.shape[0] > 1 else 0
        for i in range(agents):
            if not present[here, i]:
                continue
            if rows.shape[0] == 0:
                for c in range(n):
                    load[m, c] += z[m, i, c]
                continue
            which = i if rows.shape[0] > 1 else 0
            for row in range(load.shape[1]):
                for c in range(n):
                    load[m, row] += rows[which, row, c] * z[m, i, c]


@njit(cache=True)
def carried_rows(weights: Array, z: Array, most: Array, present: Array, load: Array) -> None:
    """Fill load (M, K, T) with Σ_i w_ik z_it over the agents that are present.

    Parameters
    ----------
    weights : (N, K). z : (M, N, T). most : (N,) who says more, or less than minus that, is heard as saying that.
    present : (1|M, N) bool.
    """
    missions, agents, periods = z.shape
    for m in range(missions):
        load[m] = 0.0
        here = m if present.shape[0] > 1 else 0
        for i in range(agents):
            if not present[here, i]:
                continue
            for k in range(weights.shape[1]):
                w = weights[i, k]
                if w != 0.0:
                    for t in range(periods):
                        load[m, k, t] += w * min(max(z[m, i, t], -most[i]), most[i])


@njit(cache=True)
def steepness(weights: Array, per_unit: Array, stay: Array, present: Array, moving: Array, steep: Array) -> None:
    """Fill steep (M, K, T) with D_k = Σ_i |w_ik| Σ_l |w_il| b_i over rows l that move, EVs that are there; else 0.

    D bounds Σ_i w_i w_i' b_i of the rows that move: it is diagonally dominant without it.

    Parameters
    ----------
    weights : (N, K). per_unit : (N,) b ≥ 0. stay : (N, 2) first period, and the period after the last.
    present : (1|M, N) bool. moving : (M, K, T) bool.
    """
    missions, rows, periods = moving.shape
    some, count = np.empty((periods, rows), dtype=np.int64), np.empty(periods, dtype=np.int64)
    for m in range(missions):
        steep[m], count[:] = 0.0, 0
        here = m if present.shape[0] > 1 else 0
        for k in range(rows):
            for t in range(periods):
                if moving[m, k, t]:
                    some[t, count[t]] = k
                    count[t] += 1
        for i in range(weights.shape[0]):
            if not present[here, i]:
                continue
            for t in range(max(stay[i, 0], 0), min(stay[i, 1], periods)):
                size = 0.0
                for k in some[t, : count[t]]:
                    size += abs(weights[i, k])
                for k in some[t, : count[t]]:
                    steep[m, k, t] += abs(weights[i, k]) * size * per_unit[i]
