"""What a rendezvous leaves behind: trajectories in metres, energy in joules, the bound and the bill."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.graphs import Edges
from robosim.leader.settle import Announcement, Settlement
from robosim.network import spread
from robosim.records.record import Record


@dataclass(frozen=True, kw_only=True, eq=False)
class MeetingRecord(Record):
    """A finished rendezvous: `said["z"]` (missions, rows, agents, d) are the iterates, m.

    `positions` are the bodies (the same rows, or start and end of the journey when robots agree first and then travel);
    `energy_j` (missions, rows, agents) runs up to what stands in `spent_j` (missions, agents); `start` is (agents, d).
    """

    rules: Announcement
    travel: str
    dt_s: float
    pays_for: str
    edges: Edges
    start: Array
    positions: Array
    energy_j: Array
    spent_j: Array
    settlement: Settlement

    @property
    def unit(self) -> str:
        """m² for displacement, J for energy."""
        return "J" if self.pays_for == "energy" else "m²"

    @cached_property
    def distance(self) -> Array:
        """dist(z^k, Z) at the kept rounds, (missions, rows), metres."""
        return np.stack([spread(self.said["z"][:, row]) for row in range(len(self.kept))], axis=1)

    @cached_property
    def beta(self) -> Array:
        """The announced bound at the kept rounds, (rows,), metres."""
        return self.rules.bound.beta(self.kept)

    def leader(self, mission: int) -> dict[str, Any]:
        """Rules, the distance that was reached and whether it is fined."""
        bill, penalised = self.settlement, bool(self.settlement.penalised[mission])
        return {
            "tax": self.rules.tax,
            "bound": self.rules.rule,
            "alpha": self.rules.alpha,
            "distance": float(bill.distance[mission]),
            "beta": bill.beta,
            "penalised": penalised,
            "penalty": self.rules.penalty if penalised else None,
            "refused": bill.refused[mission].nonzero()[0].tolist(),
        }

    def history(self, mission: int) -> dict[str, Any]:
        """Distance and bound, metres."""
        return {"distance": self.distance[mission].tolist(), "beta": self.beta.tolist()}

    def columns(self, mission: int) -> dict[str, Any]:
        """Starts and final positions in metres, energy in joules."""
        return {"type": self.start, "decision": self.decision[mission], "energy_j": self.spent_j[mission]}
