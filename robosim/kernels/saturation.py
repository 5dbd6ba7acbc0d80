"""A step of consensus in which no neighbour pulls from farther than an announced distance."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def saturated_step(
    indptr: Array, indices: Array, voices: Array, own: Array, alpha: float, reach: float, out: Array
) -> None:
    """out_i = own_i + α Σ_j min(1, reach/‖e_ij‖) e_ij, e_ij = voices_j - own_i, over the neighbours j, in their order.

    Arrays are (missions, agents, d); `reach` is in the unit of the positions and may be infinite.
    """
    d = own.shape[2]
    pull, edge = np.empty(d), np.empty(d)
    for m in range(own.shape[0]):
        for i in range(own.shape[1]):
            pull[:] = 0.0
            for e in range(indptr[i], indptr[i + 1]):
                squares = 0.0
                for c in range(d):
                    edge[c] = voices[m, indices[e], c] - own[m, i, c]
                    squares += edge[c] * edge[c]
                length = math.sqrt(squares)
                share = reach / length if length > reach else 1.0
                for c in range(d):
                    pull[c] += share * edge[c]
            for c in range(d):
                out[m, i, c] = own[m, i, c] + alpha * pull[c]
