"""The largest value of a quadratic form over the corners of a cube, all of them, one flip after the other."""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def largest(form: Array) -> float:
    """max sᵀ Q s over s in {-1, 1}^N for a symmetric Q (N, N): 2^(N-1) corners, as s and -s agree, O(N) each.

    Corners follow each other in Gray's order. Flipping s_i changes the value by 4 Q_ii - 4 s_i (Q s)_i.
    """
    n = form.shape[0]
    corner, slope, value = np.ones(n), np.zeros(n), 0.0
    for i in range(n):
        for j in range(n):
            slope[i] += form[i, j]
        value += slope[i]
    best = value
    for count in range(1, 1 << (n - 1)):
        i = 0
        while (count >> i) & 1 == 0:  # the lowest bit of the count says who flips
            i += 1
        value += 4.0 * form[i, i] - 4.0 * corner[i] * slope[i]
        for j in range(n):
            slope[j] -= 2.0 * corner[i] * form[j, i]
        corner[i] = -corner[i]
        best = max(best, value)
    return best
