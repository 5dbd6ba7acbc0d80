"""What a leader asks of a team some of whom are empty or switched off, where its rule is to excuse them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.leader.bound import BOUNDS
from robosim.network.network import Network, spread
from robosim.network.radio import Graph
from robosim.rendezvous.bounds.present import reached
from robosim.rendezvous.problem import Announcement


def spread_of(position: Array, present: NDArray[np.bool_]) -> Array:
    """Distances to agreement of those who are present, (missions,) m; who is alone agrees with itself."""
    rows = [spread(at[there]) if there.any() else 0.0 for at, there in zip(position, present, strict=True)]
    return np.array(rows, dtype=np.float64)


def bound_of(rules: Announcement, network: Graph, left: NDArray[np.int64]) -> Array:
    """β(n) of those who are there, (missions,) m, where the others left for good in the rounds `left`, -1 for none.

    Bounds that are no theorem about consensus stay as they were announced: their rehearsals saw who leaves.
    """
    if rules.rule not in BOUNDS or not isinstance(network, Network):
        return np.full(len(left), rules.beta)
    return np.array([rules.beta if (row < 0).all() else _shrunk(rules, network, row) for row in left])


def _shrunk(rules: Announcement, network: Network, left: NDArray[np.int64]) -> float:
    alpha = np.full(rules.rounds, rules.alpha) if rules.schedule is None else rules.schedule[: rules.rounds]
    gone = sorted({int(k) for k in left if k >= 0})
    changes = [(0, np.ones(len(left), dtype=bool)), *((k, (left < 0) | (left > k)) for k in gone)]
    exact = reached(network, alpha, changes, (rules.lower, rules.upper), np.zeros(rules.rounds))[-1]
    errors = rules.rounds * rules.bound.noise
    return max(float(exact) + errors + rules.bound.floor, rules.beta)
