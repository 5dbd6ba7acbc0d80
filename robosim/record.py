"""What a mission leaves behind: trajectories, costs, the bill and the verdict, as arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said
from robosim.graphs import Edges
from robosim.leader.settle import Announcement, Settlement
from robosim.network import spread


@dataclass(frozen=True, kw_only=True)
class Epsilon:
    """How much one selfish agent could gain: exact without limits, exact within the world's, and certified.

    bounded ≤ exact ≤ certified; None where a figure does not exist or would take too long.
    """

    certified: float | None
    exact: float | None
    bounded: float | None


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What one selfish agent of the mission gained against the same mission with only it made faithful."""

    agent: int
    strategy: str
    gain: float
    others_change: float
    covered: bool


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The judge's view of mission 0: costs in the unit of the private cost, ε of the all-faithful mission."""

    social_cost: float
    optimum: float | None
    budget: float
    individually_rational: bool | None
    epsilon: Epsilon
    gains: tuple[Gain, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Record:
    """A finished mission (or a batch of them).

    `kept` (rows,) are the rounds that were kept; `said["z"]` (missions, rows, agents, d) are the iterates, m;
    `positions` are the bodies (the same rows, or start and end of the journey when robots agree first and then travel);
    `energy_j` (missions, rows, agents) runs up to what stands in `spent_j` (missions, agents).
    """

    world: str
    kind: str
    seed: int
    world_toml: str
    rules: Announcement
    planned_rounds: int
    travel: str
    dt_s: float
    pays_for: str
    edges: Edges
    start: Array
    kept: NDArray[np.int64]
    said: Said
    positions: Array
    energy_j: Array
    decision: Array
    spent_j: Array
    private_cost: Array
    reported_cost: Array
    settlement: Settlement
    strategies: dict[tuple[int, int], str]
    judge: Callable[[Record], Verdict] | None = field(default=None, repr=False, compare=False)

    @property
    def interrupted(self) -> bool:
        """True if the mission was stopped before its last round."""
        return self.rules.rounds < self.planned_rounds

    @cached_property
    def net_cost(self) -> Array:
        """private_cost + tax, (missions, agents)."""
        return self.private_cost + self.settlement.tax

    @cached_property
    def distance(self) -> Array:
        """dist(z^k, Z) at the kept rounds, (missions, rows), metres."""
        return np.stack([spread(self.said["z"][:, row]) for row in range(len(self.kept))], axis=1)

    @cached_property
    def beta(self) -> Array:
        """The announced bound at the kept rounds, (rows,), metres."""
        return self.rules.bound.beta(self.kept)

    @cached_property
    def verdict(self) -> Verdict:
        """Optimum, budget, ε and the gains of the selfish, for mission 0; computed when first asked for."""
        if self.judge is None:
            raise AttributeError("this record has no judge: run the mission with robosim.load(...).run()")
        return self.judge(self)

    def strategy(self, agent: int, mission: int = 0) -> str:
        """The name of what an agent played."""
        return self.strategies.get((mission, agent), "faithful")

    def table(self, mission: int = 0) -> list[dict[str, Any]]:
        """One row per agent, for csv.DictWriter or pandas.DataFrame."""
        columns = {
            "type": self.start,
            "decision": self.decision[mission],
            "private_cost": self.private_cost[mission],
            "reported_cost": self.reported_cost[mission],
            "energy_j": self.spent_j[mission],
            "tax": self.settlement.tax[mission],
            "net_cost": self.net_cost[mission],
        }
        rows = {key: np.asarray(x).tolist() for key, x in columns.items()}
        return [
            {"id": i, "strategy": self.strategy(i, mission), **{key: x[i] for key, x in rows.items()}}
            for i in range(len(self.start))
        ]
