"""Copies that neighbours draw to each other (X, Algorithm 1)."""

from __future__ import annotations

from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def draw(degree: Array, rho: float, y: Array, near: Array, strain: Array, moved: Array) -> None:
    """Where neighbours draw the copies (X, Algorithm 1, lines 17, 18): near = ρ deg v, moved = the next strain.

    Parameters
    ----------
    degree : (N,).
    y : (M, N, N·n) the agents' copies.
    near : (M, N, N·n) the sum of their neighbours' copies; overwritten by ρ deg v, v = strain + mean of the neighbours.
    strain : (M, N, N·n), or (0, …) before the first round, when v = (y + mean of the neighbours)/2.
    moved : (M, N, N·n) overwritten: strain + (mean of the neighbours - y)/2, in the first round 0.
    """
    missions, agents, size = y.shape
    for m in range(missions):
        for i in range(agents):
            share, pull = 1.0 / degree[i], rho * degree[i]
            for c in range(size):
                mean = near[m, i, c] * share
                half = 0.5 * (mean - y[m, i, c])
                old = strain[m, i, c] if strain.shape[0] > 0 else -half
                near[m, i, c] = pull * (old + mean)
                moved[m, i, c] = old + half
