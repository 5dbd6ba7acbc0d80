"""What decisions take together of the shared resources, summed in the order of the agents, so that bits repeat."""

from __future__ import annotations

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
def carried_rows(weights: Array, z: Array, present: Array, load: Array) -> None:
    """Fill load (M, K, T) with Σ_i w_ik z_it over the agents that are present.

    Parameters
    ----------
    weights : (N, K). z : (M, N, T). present : (1|M, N) bool.
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
                        load[m, k, t] += w * z[m, i, t]
