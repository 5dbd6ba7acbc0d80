"""The settlement: bound, penalty, refused reports, taxes (T, Algorithm 2, lines 9 to 16)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.leader.bill import Bill
from robosim.leader.bound import Bound
from robosim.leader.taxes import TAXES
from robosim.network import spread


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What the leader announces before round 0; nothing in it depends on what agents do.

    Parameters
    ----------
    alpha : step size of the algorithm.
    rounds : n.
    lower, upper : (d,) corners of the type space Θ, metres.
    rule, bound : name and numbers of the bound β.
    tax : name of the tax rule.
    penalty : C, what everyone pays if the team ends outside the bound, and the sender of a refused report.
    cost_range : smallest and largest private cost that a report may claim for a robot inside the type space.
    """

    alpha: float
    rounds: int
    lower: Array
    upper: Array
    rule: str
    bound: Bound
    tax: str
    penalty: float
    cost_range: tuple[float, float]

    @cached_property
    def beta(self) -> float:
        """β(n) in metres."""
        return float(self.bound.beta(self.rounds))


@dataclass(frozen=True, kw_only=True)
class Settlement(Bill):
    """The bill of a rendezvous: distance to agreement in metres and penalised, (missions,), and β(n)."""

    distance: Array
    beta: float
    penalised: NDArray[np.bool_]


def settle(
    rules: Announcement, decision: Array, reports: Array, largest: Array, faulty: NDArray[np.bool_]
) -> Settlement:
    """Bill the missions whose robots stand at `decision` (missions, agents, d) and report v̂ (missions, agents).

    `largest` (missions, agents) is the largest true cost of a robot that stands where it is seen to stand; together
    with the announced range it says which reports are refused, so that a true one never is. `faulty` agents sent
    something unusable during the mission. Both pay C; the others are taxed with reports clipped to the range.
    Without a tax rule nothing is collected, not even the penalty.
    """
    distance = np.asarray(spread(decision), dtype=np.float64)
    top = np.maximum(largest, rules.cost_range[1]) * (1 + 1e-12)
    refused = ~((reports >= rules.cost_range[0] * (1 - 1e-12)) & (reports <= top)) | faulty
    if rules.tax == "none":
        nothing = np.zeros(reports.shape)
        return Settlement(
            distance=distance,
            beta=rules.beta,
            penalised=np.zeros(len(distance), dtype=bool),
            refused=refused,
            tax=nothing,
        )
    usable = np.clip(np.nan_to_num(reports, nan=rules.cost_range[0]), rules.cost_range[0], top)
    outside = ~(distance <= rules.beta)
    tax = np.where(outside[:, None] | refused, rules.penalty, TAXES[rules.tax](usable))
    return Settlement(distance=distance, beta=rules.beta, penalised=outside, refused=refused, tax=tax)
