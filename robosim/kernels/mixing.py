"""Weighted sums over neighbours, always in the order of the links, so that bits repeat."""

from __future__ import annotations

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
