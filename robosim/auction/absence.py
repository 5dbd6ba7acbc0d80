"""What the problems without one agent each come to, of which taxes such as VCG are made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.leader.tax_rule import others


class Alone(NamedTuple):
    """What P_-i comes to for each agent i, (missions, N): Σ_{j≠i} v̂_j, and what the leader pays itself; NaN unknown."""

    others: Array
    leader: Array


def alone(shape: tuple[int, int, int], reports: Array, supply: Array, known: Alone | None = None) -> Alone:
    """From usable reports (M·C, N) and the leader's costs (M·C,) of M missions and their C problems, `shape` (M, C, N).

    What is `known` (1, N) is so in every mission; with one problem each nothing is.
    """
    missions, copies, agents = shape
    if known is not None:
        return Alone(*(np.repeat(x, missions, axis=0) for x in known))
    if copies == 1:
        return Alone(*np.full((2, missions, agents), np.nan))
    return Alone(others_alone(reports.reshape(shape)), supply.reshape(missions, copies)[:, 1:])


def others_alone(said: Array) -> Array:
    """Σ_{j≠i} v̂_j at the decision of P_-i, (missions, N), from reports (missions, 1 + N, N)."""
    marginal = said[:, 1:]
    without = others(marginal.reshape(-1, marginal.shape[2])).reshape(marginal.shape)
    return np.asarray(np.diagonal(without, axis1=1, axis2=2))
