"""Weighted sums over neighbours, always in the order of the links, so that bits repeat; steps of consensus."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from robosim.kernels import Array

WIDE = 16
"""From so many components on whole messages are added one after the other, as memory likes it; sums are the same."""


@njit(cache=True)
def mix(indptr: Array, indices: Array, weight: Array, voices: Array, out: Array) -> Array:
    """out[m, i] = Σ_e weight[e] voices[m, indices[e]] over the links e of agent i; shapes (missions, agents, c)."""
    components = voices.shape[2]
    for m in range(voices.shape[0]):
        for i in range(indptr.size - 1):
            if components < WIDE:
                for c in range(components):
                    total = 0.0
                    for e in range(indptr[i], indptr[i + 1]):
                        total += weight[e] * voices[m, indices[e], c]
                    out[m, i, c] = total
                continue
            for c in range(components):
                out[m, i, c] = 0.0
            for e in range(indptr[i], indptr[i + 1]):
                w, j = weight[e], indices[e]
                for c in range(components):
                    out[m, i, c] += w * voices[m, j, c]
    return out


@njit(cache=True)
def step(indptr: Array, indices: Array, voices: Array, own: Array, alpha: float, out: Array) -> None:
    """out_i = own_i + α Σ_j (voices_j - own_i) over the neighbours j, in the order of the links; arrays (m, i, d)."""
    _step(indptr, indices, voices, own, alpha, out, None)


@njit(cache=True)
def weighted_step(
    indptr: Array, indices: Array, voices: Array, own: Array, alpha: float, out: Array, weight: Array
) -> None:
    """The same with weights: out_i = own_i + α Σ_j w_ij (voices_j - own_i); `weight` is (links,)."""
    _step(indptr, indices, voices, own, alpha, out, weight)


@njit(cache=True)
def _step(indptr: Array, indices: Array, voices: Array, own: Array, alpha: float, out: Array, weight: Any) -> None:
    """Without weights, None, all w are 1, and the compiler leaves them out; an array of ones gives the same bits."""
    d = own.shape[2]
    for m in range(own.shape[0]):
        for i in range(own.shape[1]):
            x = own[m, i, 0]
            y = own[m, i, 1] if d > 1 else 0.0
            z = own[m, i, 2] if d > 2 else 0.0
            dx, dy, dz = 0.0, 0.0, 0.0
            for e in range(indptr[i], indptr[i + 1]):
                j = indices[e]
                w = 1.0 if weight is None else weight[e]
                dx += w * (voices[m, j, 0] - x)
                if d > 1:  # the same for every robot: the compiler takes these branches out of the loops
                    dy += w * (voices[m, j, 1] - y)
                if d > 2:
                    dz += w * (voices[m, j, 2] - z)
            out[m, i, 0] = x + alpha * dx
            if d > 1:
                out[m, i, 1] = y + alpha * dy
            if d > 2:
                out[m, i, 2] = z + alpha * dz


@njit(cache=True)
def saturated_step(
    indptr: Array,
    indices: Array,
    voices: Array,
    own: Array,
    alpha: float,
    reach: float,
    out: Array,
    weight: Any = None,
) -> None:
    """out_i = own_i + α Σ_j w_ij min(1, reach/‖e_ij‖) e_ij, e_ij = voices_j - own_i, over the neighbours j, in order.

    Without `weight` (links,) all w are 1.
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
                if weight is not None:
                    share *= weight[e]
                for c in range(d):
                    pull[c] += share * edge[c]
            for c in range(d):
                out[m, i, c] = own[m, i, c] + alpha * pull[c]
