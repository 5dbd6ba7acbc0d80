"""Demand by goods, and supplies such that nobody is indispensable."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput


def split(totals: Array, goods: int, rng: np.random.Generator) -> Array:
    """Demand (M, K) that adds up to `totals` (M,), in drawn parts of the goods."""
    parts = rng.uniform(0.5, 1.5, (len(totals), goods))
    return np.asarray(totals[:, None] * parts / parts.sum(axis=1, keepdims=True))


def ample(demand: Array, suppliers: int, slack: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Stock (N, K) and capacity (N, M) with which any N - 1 suppliers can meet the demand (X, Assumption 7).

    Everybody has a share 1/(N - 1) of it, plus `slack` on average: an equal split among all but one is feasible.

    Raises
    ------
    BadInput
        The slack is negative or not finite.
    """
    if not 0.0 <= slack < np.inf:
        raise BadInput(f"slack: must be finite and >= 0, got {slack:g} (0.5: half as much again as is needed)")
    share = 1.0 / max(suppliers - 1, 1)
    draws = 1.0 + 2.0 * slack * rng.uniform(0.0, 1.0, (suppliers, demand.shape[1] + demand.shape[0]))
    k = demand.shape[1]
    return share * draws[:, :k] * demand.sum(axis=0), share * draws[:, k:] * demand.sum(axis=1)
