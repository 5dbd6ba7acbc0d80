"""Weighted sums over neighbours, always in the order of the links, so that bits repeat."""

from __future__ import annotations

from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def mix(indptr: Array, indices: Array, weight: Array, voices: Array, out: Array) -> Array:
    """out[m, i] = Σ_e weight[e] voices[m, indices[e]] over the links e of agent i; shapes (missions, agents, c)."""
    for m in range(voices.shape[0]):
        for i in range(indptr.size - 1):
            for c in range(voices.shape[2]):
                total = 0.0
                for e in range(indptr[i], indptr[i + 1]):
                    total += weight[e] * voices[m, indices[e], c]
                out[m, i, c] = total
    return out
