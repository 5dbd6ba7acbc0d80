"""Inverses of symmetric positive definite matrices, the same bits whatever library or number of threads."""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def invert(matrix: Array) -> bool:
    """Turn a symmetric positive definite matrix into its inverse, in place, by Cholesky's factor; false if it is none.

    Rows are updated whole, in one order: the bits do not depend on threads or libraries.
    """
    n = matrix.shape[0]
    for k in range(n):  # matrix = U'U, U in the upper half
        if not matrix[k, k] > 0.0:
            return False
        matrix[k, k:] /= np.sqrt(matrix[k, k])
        for i in range(k + 1, n):
            matrix[i, i:] -= matrix[k, i] * matrix[k, i:]
    inverse = np.zeros((n, n))
    for k in range(n - 1, -1, -1):  # U V = 1, row by row from below
        inverse[k, k] = 1.0
        for i in range(k + 1, n):
            inverse[k, k:] -= matrix[k, i] * inverse[i, k:]
        inverse[k, k:] /= matrix[k, k]
    matrix[:] = 0.0
    for k in range(n):  # (U'U)⁻¹ = V V'
        for i in range(k, n):
            total = 0.0
            for j in range(i, n):
                total += inverse[k, j] * inverse[i, j]
            matrix[k, i] = total
            matrix[i, k] = total
    return True
