"""The largest that ‖A s + c‖ and sᵀS s can be over the box |s_j| ≤ 1: at a corner, as both are convex.

The norm ∞ → 2 of a matrix is NP-hard. Up to `ENUMERATED` columns every corner is tried; beyond, with Q = AᵀA,

    max sᵀQ s ≤ min(m λmax(Q), Σ|Q_ij|)

and the second is exact where one sign pattern serves all entries, as for one dominant mode.
"""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.kernels.corners import largest

ENUMERATED = 16
"""Most columns whose 2^(m-1) pairs of opposite corners are tried."""


def farthest(matrix: Array, offset: Array, quick: bool = False) -> float:
    """max ‖A s + c‖² over the box, exact up to 16 columns, from above beyond; `quick` from above with Σ|Q_ij| alone.

    Parameters
    ----------
    matrix : (r, m) array
        A.
    offset : (r,) array
        c. Opposite corners differ in the sign of ⟨A s, c⟩ only, so one of each pair decides.

    Examples
    --------
    >>> farthest(np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([0.0, 1.0]))
    9.0
    """
    still = float(offset @ offset)
    square = matrix.T @ matrix
    if quick:
        return float((np.sqrt(np.abs(square).sum()) + np.sqrt(still)) ** 2)
    if matrix.shape[1] <= ENUMERATED:
        return max(largest(_with_one(square, matrix.T @ offset)) + still, 0.0)
    return float((np.sqrt(form_at_most(square)) + np.sqrt(still)) ** 2)


def _with_one(square: Array, slope: Array) -> Array:
    """The form sᵀQ s + 2 t sᵀb of one more sign t, which is the better one for each corner s."""
    return np.block([[square, slope[:, None]], [slope[None], np.zeros((1, 1))]])


def form_at_most(form: Array) -> float:
    """An upper end of max sᵀS s over the box, at least 0, for any symmetric S, (m, m).

    >>> form_at_most(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    4.0
    """
    largest = float(np.linalg.eigvalsh(form)[-1])
    return min(len(form) * max(largest, 0.0), float(np.abs(form).sum()))
