"""What any mission leaves behind: who played what, what it cost, the bill and the verdict, as arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said
from robosim.leader.bill import Bill


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
class Mechanism:
    """Who is paid what under one rule, `solved` by the agents ("distributed") or by one mind ("central").

    One payment and one profit (payment - true cost) an agent, None where the rule cannot be applied, as `void` says.
    `efficiency` is 1 for a socially efficient decision; `individually_rational` whether every payment covers the cost;
    `ic_gap` bounds what any lie could gain, None where nothing does; `difference` is the largest one between what
    somebody is paid distributed and central.
    """

    rule: str
    solved: str
    payment: tuple[float, ...] | None = None
    profit: tuple[float, ...] | None = None
    total: float | None = None
    efficiency: float | None = None
    individually_rational: bool | None = None
    ic_gap: float | None = None
    difference: float | None = None
    void: str | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The judge's view of mission 0: costs in the unit of the private cost, ε of the all-faithful mission."""

    social_cost: float
    optimum: float | None
    budget: float
    individually_rational: bool | None
    epsilon: Epsilon
    gains: tuple[Gain, ...] = ()
    mechanisms: tuple[Mechanism, ...] | None = None
    """Rules of payment side by side, for kinds of world that have some to compare."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Record(ABC):
    """A finished mission (or a batch of them); each kind of world adds what it keeps.

    `kept` (rows,) are the rounds that were kept, `said[key]` (missions, rows, agents, components) what was said then;
    `decision` is (missions, agents, components), costs and taxes are (missions, agents).
    """

    world: str
    kind: str
    seed: int
    world_toml: str
    planned_rounds: int
    interrupted: bool
    kept: NDArray[np.int64]
    said: Said
    decision: Array
    private_cost: Array
    reported_cost: Array
    settlement: Bill
    strategies: dict[tuple[int, int], str]
    judge: Callable[[Any], Verdict] | None = field(default=None, repr=False, compare=False)

    @property
    def leader_cost(self) -> Array:
        """What the leader itself paid for the decision, (missions,)."""
        return np.zeros(len(self.decision))

    @property
    @abstractmethod
    def unit(self) -> str:
        """Of costs and taxes."""

    @abstractmethod
    def leader(self, mission: int) -> dict[str, Any]:
        """What the leader announced and found, for JSON."""

    @abstractmethod
    def history(self, mission: int) -> dict[str, Any]:
        """What can be drawn over the kept rounds, for JSON."""

    def price_list(self, mission: int) -> Any:
        """The last prices, None where there are none."""
        return None

    @abstractmethod
    def columns(self, mission: int) -> dict[str, Any]:
        """Per-agent columns of the table besides costs and taxes: `type` and `decision` among them."""

    @property
    def rounds(self) -> int:
        """Rounds that were played."""
        return int(self.kept[-1])

    @cached_property
    def net_cost(self) -> Array:
        """private_cost + tax, (missions, agents)."""
        return self.private_cost + self.settlement.tax

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
            "energy_j": np.full(self.private_cost.shape[1], None),
            **self.columns(mission),
            "private_cost": self.private_cost[mission],
            "reported_cost": self.reported_cost[mission],
            "tax": self.settlement.tax[mission],
            "net_cost": self.net_cost[mission],
        }
        rows = {key: np.asarray(x).tolist() for key, x in columns.items()}
        return [
            {"id": i, "strategy": self.strategy(i, mission), **{key: x[i] for key, x in rows.items()}}
            for i in range(self.private_cost.shape[1])
        ]
