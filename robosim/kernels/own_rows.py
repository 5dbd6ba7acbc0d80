"""Products with the agents' own coupling rows A_i, and copies that neighbours draw to each other (X, Algorithm 1)."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from robosim.kernels import Array


class OwnRows(NamedTuple):
    """A_i of N agents in 1 or M missions, compressed by row; row (s, i, r) starts at start[(s N + i) m + r]."""

    shape: tuple[int, int, int, int]
    start: NDArray[np.int32]
    column: NDArray[np.int32]
    entry: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Array) -> Self:
        """From dense A, (1|M, N, m, n)."""
        flat = rows.reshape(-1, rows.shape[-1])
        row, column = np.nonzero(flat)
        start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(flat)))])
        return cls(rows.shape, start.astype(np.int32), column.astype(np.int32), flat[row, column].astype(np.float64))

    def times(self, x: Array) -> Array:
        """A_i x_i of x (M, N, n): (M, N, m)."""
        out = np.empty((*x.shape[:2], self.shape[2]))
        take(self.shape[0], self.start, self.column, self.entry, x, out)
        return out

    def transposed(self, price: Array) -> Array:
        """A_i'λ_i of λ (M, N, m): (M, N, n)."""
        out = np.zeros((*price.shape[:2], self.shape[3]))
        pull(self.shape[0], self.start, self.column, self.entry, price, out)
        return out


@njit(cache=True)
def take(sets: int, start: Array, column: Array, entry: Array, x: Array, out: Array) -> None:
    """Fill out (M, N, m) with A_i x_i; there are `sets` (1 or M) sets of rows."""
    missions, agents, m = out.shape
    for k in range(missions):
        for i in range(agents):
            first = ((k if sets > 1 else 0) * agents + i) * m
            for r in range(m):
                total = 0.0
                for a in range(start[first + r], start[first + r + 1]):
                    total += entry[a] * x[k, i, column[a]]
                out[k, i, r] = total


@njit(cache=True)
def pull(sets: int, start: Array, column: Array, entry: Array, price: Array, out: Array) -> None:
    """Add A_i'λ_i to out (M, N, n)."""
    missions, agents, m = price.shape
    for k in range(missions):
        for i in range(agents):
            first = ((k if sets > 1 else 0) * agents + i) * m
            for r in range(m):
                for a in range(start[first + r], start[first + r + 1]):
                    out[k, i, column[a]] += entry[a] * price[k, i, r]


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
