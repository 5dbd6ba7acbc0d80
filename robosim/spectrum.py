"""Algebraic connectivity λ₂ and largest eigenvalue λmax of a graph Laplacian.

Closed forms where the graph has a name, dense below `DENSE` agents, Lanczos with a fixed start vector above. Results
are rounded to 12 digits, because they enter the trajectory through the step size and the last bits of LAPACK change
with the number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

DENSE = 600
SAFETY = 1e-9
"""Iterative λ₂ are lowered by this share: the announced bound may be too generous, but never fines the faithful."""


def round12(x: float) -> float:
    """`x` to 12 significant digits."""
    return float(f"{x:.11e}")


def named_extremes(graph: str, n: int) -> tuple[float, float] | None:
    """(λ₂, λmax) in closed form for path, ring, star and complete graphs of n ≥ 2 agents, else None."""
    if graph == "path":
        return 2 - 2 * np.cos(np.pi / n), 2 + 2 * np.cos(np.pi / n)
    if graph == "ring" and n > 2:
        return 2 - 2 * np.cos(2 * np.pi / n), 2 - 2 * np.cos(2 * np.pi * (n // 2) / n)
    if graph == "star" and n > 2:
        return 1.0, float(n)
    if graph == "complete":
        return float(n), float(n)
    return None


def extremes(laplacian: csr_array) -> tuple[float, float]:
    """(λ₂, λmax) of a connected graph's Laplacian (n, n), n ≥ 2."""
    n = laplacian.shape[0]
    if n <= DENSE:
        values = np.linalg.eigvalsh(laplacian.toarray())
        return float(values[1]), float(values[-1])
    start = np.cos(np.arange(n) * 1.7)  # fixed: the same bits every time
    largest = float(eigsh(laplacian, k=1, which="LA", v0=start, tol=1e-13, return_eigenvectors=False)[0])
    return _connectivity(laplacian, largest, start) * (1 - SAFETY), largest


def _connectivity(laplacian: csr_array, largest: float, start: np.ndarray[Any, Any]) -> float:
    """λ₂: first as the top of `largest·I - L` off the constant vector, by shift-invert if that is too slow."""
    n = laplacian.shape[0]

    def flipped(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        flat = x.ravel()
        even = flat - flat.mean()
        out = largest * even - laplacian @ even
        return np.asarray(out - out.mean())

    try:
        top = LinearOperator((n, n), matvec=flipped, dtype=np.float64)
        return largest - float(
            eigsh(top, k=1, which="LA", v0=start, tol=1e-14, ncv=60, maxiter=60, return_eigenvectors=False)[0]
        )
    except ArpackNoConvergence:  # λ₂ is tiny: long, thin graphs, where shift-invert is cheap
        near = eigsh(laplacian.tocsc(), k=2, sigma=-1e-6, which="LM", v0=start, tol=0, return_eigenvectors=False)
        return float(np.sort(near)[1])
