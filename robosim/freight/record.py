"""What a problem that agents solved by themselves leaves behind: decisions, residuals, prices, payments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.files.packing import Axes
from robosim.freight.roads.haul import haul
from robosim.freight.roads.instance import Instance
from robosim.network.reception import Reception
from robosim.record import Record, finite
from robosim.verdict import Mechanism


@dataclass(frozen=True, kw_only=True)
class RoadLog:
    """The roads under a decision, and trucks on them in T periods; P points, E edges, R roads."""

    positions: Annotated[Array, Axes("* 2")]
    """(P, 2): suppliers, demanders, crossings; empty where the roads have no map."""
    roads: Annotated[NDArray[np.int64], Axes("* 2", least=0)]
    """(R, 2) points that a road joins."""
    edges: Annotated[NDArray[np.int64], Axes("* 2", least=0)]
    """(E, 2) from and to of the edges that anybody can use; empty without a map."""
    suppliers: tuple[str, ...]
    demanders: tuple[str, ...]
    goods: tuple[str, ...]
    stock: Annotated[Array, Axes("N goods", finite=False)]
    """(N, K)."""
    capacity: Annotated[Array, Axes("N demanders", finite=False)]
    """(N, M)."""
    edge_load: Annotated[Array, Axes("T *")]
    """(T, E) flow in each period."""
    metered_cost: Annotated[Array, Axes("N T")]
    """(N, T) what each supplier's trips cost it."""

    @classmethod
    def of(cls, instance: Instance, x: Array, periods: int) -> RoadLog:
        """The map, and the trucks of a decision (N, n) on it."""
        carried = haul(instance, np.maximum(x, 0.0), periods=periods)
        nowhere, pairs = np.empty((0, 2)), np.empty((0, 2), dtype=np.int64)
        unmapped = instance.positions is None
        return cls(
            positions=nowhere if instance.positions is None else instance.positions,
            roads=pairs if unmapped or instance.roads is None else instance.roads,
            edges=pairs if unmapped or instance.edge_from_to is None else instance.edge_from_to,
            suppliers=instance.suppliers,
            demanders=instance.demanders,
            goods=instance.goods,
            stock=instance.stock,
            capacity=instance.capacity,
            edge_load=carried.edge_load,
            metered_cost=carried.cost,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FreightRecord(Record):
    """A finished mission of X: `said["x"]` (missions, rows, agents, n) are the decisions that agents stood at.

    `residuals` (missions, rows, 2) are ‖Σ A_i x_i - b‖/‖b‖ and the largest distance of a copy from what it copies over
    the largest decision; `objective` (missions, rows) is the true one at `said["x"]`. `price` (missions, m) is the
    marginal cost of b that agents agreed on, `without` (missions, agents) the others' cost in P_-i, NaN where no tax
    needs it. `gap` bounds how far the decision of mission 0 is from the optimum.
    """

    noun: ClassVar[str] = "freight"
    price_unit: ClassVar[str] = "$"

    method: str
    penalties: dict[str, float]
    residuals: Annotated[Array, Axes("M rows 2", finite=False)]
    objective: Annotated[Array, Axes("M rows", finite=False)]
    price: Annotated[Array, Axes("M m", finite=False)]
    without: Annotated[Array, Axes("M N", finite=False)]
    cut: Annotated[NDArray[np.bool_], Axes("M")] | None = None
    """(missions,) whose rounds ran out before the announced tolerance was reached."""
    without_rounds: Annotated[NDArray[np.int64], Axes("M N", least=0)] | None = None
    """(missions, agents) of P_-i, 0 where it was not played; and how it ended:"""
    without_residuals: Annotated[Array, Axes("M N 2", finite=False)] | None = None
    without_cut: Annotated[NDArray[np.bool_], Axes("M N")] | None = None
    gap: Annotated[float, Axes(finite=False)]
    injected: Annotated[Array, Axes("M", finite=False)]
    """(missions,) by how much trackers were off, as a share of the largest |b|: 0 but for injections, NaN where the
    program does not say that it tracks what b lacks, and its first words do not show it."""
    limit_price: Annotated[Array, Axes("N *", finite=False)]
    """(agents, r) what one unit more of each private limit would save in mission 0; with roads stocks come first."""
    tracking: Annotated[Array, Axes("M rows", finite=False)]
    """(missions, rows) |Σ d - Σ A_i x_i + b| as a share of the largest |b|, NaN where nobody tracks what b lacks."""
    broken: Annotated[NDArray[np.int64], Axes("M", least=-1)]
    """(missions,) the first round in which that was more than rounding, -1 for none."""
    messages: Annotated[NDArray[np.int64], Axes("M N", least=0)]
    """(missions, agents) sent in all rounds, one to each neighbour; without the problems that lack somebody."""
    floats: Annotated[NDArray[np.int64], Axes("M N", least=0)]
    """(missions, agents) numbers in these messages."""
    flow: Annotated[Array, Axes("M *")]
    """(missions, E)."""
    flows: Annotated[Array | None, Axes("M rows *")] = None
    """(missions, rows, E) round by round; None in records that do not say."""
    reception: Reception | None = None
    """What was lost, and when the network was apart; None where nothing fails."""
    roads: RoadLog | None = None
    declared: Annotated[Array | None, Axes("1|M N *", finite=False)] = None
    """(1|missions, agents, limits) with which limits agents ran their programs: of roads stock, then capacity."""

    def owed(self) -> Array:
        """As far as no shadow prices are needed: the others' costs without each are in the record."""
        return self._owed(others_alone=self.without, leader_alone=np.zeros(self.without.shape))

    def faults(self) -> Iterator[str]:
        """Also names, points and prices that do not go with the rest."""
        yield from super().faults()
        if self.said.keys() != {"x"} or self.said["x"].shape[3] != self.decision.shape[2]:
            yield "said: must hold x, with as many components as a decision"
        roads = self.roads
        if roads is None:
            return
        counts = (len(roads.suppliers), *roads.stock.shape[1:], *roads.capacity.shape[1:])
        if counts != (self.decision.shape[1], len(roads.goods), len(roads.demanders)):
            yield "roads: must name every supplier, good and demander"
        if self.price.shape[1] != len(roads.goods) * len(roads.demanders):
            yield "price: must hold one a demander and good"
        if max(roads.roads.max(initial=-1), roads.edges.max(initial=-1)) >= max(len(roads.positions), 1):
            yield "roads: join a point that is not there"
        sizes = {len(roads.edges), self.flow.shape[1], roads.edge_load.shape[1]}
        if len(roads.edges) and (len(sizes) > 1 or (self.flows is not None and self.flows.shape[2] not in sizes)):
            yield f"flow: must have one number for each of {len(roads.edges)} edges"

    @cached_property
    def payment(self) -> Array:
        """What agents are paid, (missions, agents): X speaks of payments, -tax."""
        return -self.settlement.tax

    @property
    def certain(self) -> Mechanism | None:
        """The announced rule as the agents' own runs apply it, with the interval of each payment; None where no judge
        compares it."""
        rules = () if self.judged is None and "_judge" not in self.__dict__ else self.verdict.mechanisms or ()
        return next((one for one in rules if (one.rule, one.solved) == (self.tax_rule, "distributed")), None)

    @property
    def payment_interval(self) -> Array:
        """(agents, 2): what mission 0's exact payments certainly are at least and at most; NaN where nobody knows."""
        found = self.certain
        known = None if found is None else found.interval
        return np.full((self.private_cost.shape[1], 2), np.nan) if known is None else np.array(known)

    def leader(self, mission: int) -> dict[str, Any]:
        """What all leaders say, the gap of the decision, whether trackers were injected, the penalties announced, and
        how the main run and each without one agent ended."""
        gap, injected = finite(np.array([self.gap, self.injected[mission]]))
        broken = int(self.broken[mission])
        audit: dict[str, Any] = {"gap": gap, "injected": injected, "method": self.method, "penalties": self.penalties}
        audit["prices"] = self.named_prices(mission)
        audit["trackers"] = {"worst": injected, "broken_from": broken if broken >= 0 else None}
        cut = None if self.cut is None else bool(self.cut[mission])
        return {**self.shared_leader(mission), **audit, "cut": cut, "marginals": self.marginals(mission)}

    def marginals(self, mission: int) -> list[dict[str, Any]] | None:
        """How each run without one agent ended, for JSON; None where there were none."""
        rounds, ends, cut = self.without_rounds, self.without_residuals, self.without_cut
        if rounds is None or ends is None or cut is None or np.isnan(self.without[mission]).all():
            return None
        gaps = None if mission or self.certain is None else self.certain.absence_gaps
        return [
            {
                "agent": agent,
                "rounds": int(rounds[mission, agent]),
                "cut": bool(cut[mission, agent]),
                "demand": finite(ends[mission, agent])[0],
                "disagreement": finite(ends[mission, agent])[1],
                "cost": finite(self.without[mission, agent : agent + 1])[0],
                "gap": None if gaps is None else gaps[agent],
            }
            for agent in range(self.private_cost.shape[1])
        ]

    def history(self, mission: int) -> dict[str, Any]:
        """Objective and residuals at the kept rounds."""
        demand, apart = self.residuals[mission].T
        return {
            "distance": None,
            "beta": None,
            "objective": finite(self.objective[mission]),
            "demand": finite(demand),
            "disagreement": finite(apart),
            "tracking": finite(self.tracking[mission]),
        }

    def network_list(self, mission: int) -> dict[str, Any] | None:
        """What failed; None where nothing does."""
        return None if self.reception is None else self.reception.plain(mission)

    def price_list(self, mission: int) -> Any:
        """The marginal cost of demand, by demander and good where there are roads."""
        price = self.price[mission]
        return (price if self.roads is None else price.reshape(len(self.roads.demanders), -1)).tolist()

    def named_prices(self, mission: int) -> list[dict[str, Any]]:
        """One a demander and good, by name; one a row of b where there are no roads."""
        price = finite(self.price[mission])
        if self.roads is None:
            return [{"row": row, "price": one} for row, one in enumerate(price)]
        pairs = product(self.roads.demanders, self.roads.goods)
        return [{"demander": to, "good": good, "price": one} for (to, good), one in zip(pairs, price, strict=True)]

    def limit_prices(self) -> dict[str, Array]:
        """What one unit more of stock and of capacity would save in mission 0, (agents, goods) and (agents, demanders);
        of other problems that of the private limits, (agents, r)."""
        if self.roads is None:
            return {"limit_price": self.limit_price}
        goods = len(self.roads.goods)
        return {"stock_price": self.limit_price[:, :goods], "capacity_price": self.limit_price[:, goods:]}

    def price_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Demanders, goods."""
        return ((), ()) if self.roads is None else (self.roads.demanders, self.roads.goods)

    def columns(self, mission: int) -> dict[str, Any]:
        """Limits of each supplier and what more of them would save, payments, and what each was decided to do."""
        agents, sent = self.decision.shape[1], {"messages": self.messages[mission], "floats": self.floats[mission]}
        kinds: list[Any] = [None] * agents
        if self.roads is not None:
            rows = zip(self.roads.suppliers, self.roads.stock, self.roads.capacity, strict=True)
            kinds = [{"name": name, "stock": finite(stock), "capacity": finite(most)} for name, stock, most in rows]
        ends = self.payment_interval if mission == 0 else np.full((agents, 2), np.nan)
        sure = np.empty(agents, dtype=object)
        sure[:] = [None if None in pair else pair for pair in map(finite, ends)]
        return {
            "type": kinds,
            "decision": self.decision[mission],
            "payment": self.payment[mission],
            **sent,
            **self.limit_prices(),
            "payment_interval": sure,
        }
