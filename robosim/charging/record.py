"""What a charging day leaves behind: plans and prices, meters, batteries, wires."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.auction.record import AuctionRecord
from robosim.files.packing import Axes

TRUE = 1e-9
"""Reports are those of the meter up to this share of the largest cost."""


@dataclass(frozen=True, kw_only=True)
class DayLog:
    """An executed day: M missions, N cars, T periods of `hours`; S steps of `step_h` of mission 0, K feeder rows.

    Prices are dollars a kWh; `excess_a` is the most by which a row was exceeded, A, negative where none was.
    """

    hours: Annotated[float, Axes(least=1e-9)]
    step_h: Annotated[float, Axes(least=1e-9)]
    plan_kw: Annotated[Array, Axes("M N n")]
    """(M, N, T) the power that each car means to draw of what was decided."""
    metered_kw: Annotated[Array, Axes("M N n")]
    """(M, N, T) mean power of each period, as metered."""
    planned_cost: Annotated[Array, Axes("M N")]
    """(M, N) what the plan would have cost: v_i of the decision."""
    leader_cost: Annotated[Array, Axes("M")]
    """(M,) what the summed power cost the aggregator."""
    excess_a: Annotated[Array, Axes("M", finite=False)]
    """(M,)."""
    wanted_kwh: Annotated[Array, Axes("N")]
    """(N,)."""
    rows_kw: Annotated[Array, Axes("K", finite=False)]
    """(K,) limits of the planned rows, and"""
    spared: Annotated[Array, Axes("K n")]
    """(K, T) which share of them there was to plan with."""
    demand: float
    """Dollars a kW of the highest power that the aggregator pays."""
    carbon_kg_per_kwh: Annotated[Array, Axes("S")] | None
    """(S,) what a kWh emits in each step, where the world says it."""
    tariff_per_kwh: Annotated[Array, Axes("n")]
    """(T,) price of energy to the cars, with what emissions cost."""
    stay_min: Annotated[Array, Axes("N 2")]
    """(N, 2) arrival and departure, minutes of the day."""
    pilot_a: Annotated[Array, Axes("N S")]
    """(N, S)."""
    metered_kwh: Annotated[Array, Axes("N S")]
    """(N, S)."""
    content_kwh: Annotated[Array, Axes("N S")]
    """(N, S) in the battery at the end of each step, 0 when the car is not there."""
    capacity_kwh: Annotated[Array, Axes("N", finite=False)]
    """(N,)."""
    stored_kwh: Annotated[Array, Axes("N")]
    """(N,) gained by each battery."""
    line_a: Annotated[Array, Axes("L S")]
    """(K, S) what each row carried."""
    limit_a: Annotated[Array, Axes("L S", finite=False)]
    """(K, S) and what it carries at most."""

    @property
    def shortfall(self) -> Array:
        """What it cost each car that meters counted less than planned, (M, N): never negative but for rounding."""
        return self.metered_cost - self.planned_cost

    @property
    def emitted_kg(self) -> float | None:
        """CO2 of what meters counted in mission 0."""
        carbon = self.carbon_kg_per_kwh
        return None if carbon is None else float((self.metered_kwh.sum(axis=0) * carbon).sum())

    @property
    def feeder_kw(self) -> Array:
        """(S,) what there was of the one row of a feeder that has one."""
        if (self.spared == 1.0).all():
            return np.full(self.limit_a.shape[1], self.rows_kw[0])
        best, steps, periods = int(self.spared[0].argmax()), self.limit_a.shape[1], self.spared.shape[1]
        least_a = self.limit_a[0, best * steps // periods : (best + 1) * steps // periods].min(initial=np.inf)
        kw_per_a = self.rows_kw[0] * self.spared[0, best] / least_a if least_a > 0.0 else 0.0
        return np.asarray(self.limit_a[0] * kw_per_a)

    metered_cost: Annotated[Array, Axes("M N")]
    """(M, N) private costs as metered."""
    worth: Annotated[Array, Axes("M N")]
    """(M, N) dollars: what is billed, at the prices at which it was agreed on."""
    agreements: Annotated[int, Axes(least=0)] = 0
    """How often those who were plugged in agreed anew; 0 for a day that was planned once, before it began."""
    post: Annotated[NDArray[np.int64] | None, Axes("N", least=0)] = None
    """(N,) where each car stands, None where a record does not say."""
    post_ids: tuple[str, ...] = ()
    """Names of the posts, where they have some."""
    cut: Annotated[int, Axes(least=0)] = 0
    """How many of these agreements were not made when their rounds were over."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ChargingRecord(AuctionRecord):
    """A finished day of charging; `day` is what was executed."""

    noun: ClassVar[str] = "charging"
    needed: ClassVar[frozenset[str]] = frozenset({"curvature", "told"})

    day: DayLog

    def faults(self) -> Iterator[str]:
        """Also posts that are not there, and drivers who told nothing."""
        yield from super().faults()
        post, ids = self.day.post, self.day.post_ids
        if post is not None and ids and post.max() >= len(ids):
            yield f"day/post: names post {post.max()}, there are {len(ids)}"
        if self.types["told"].shape[2] != 3:
            yield f"types: told must hold energy and stay, got {self.types['told'].shape[2]} numbers"

    def understated(self, missions: NDArray[np.int64], agents: NDArray[np.int64]) -> NDArray[np.bool_]:
        """In which missions others than the deviators reported less than the meter says, where that is billed."""
        if self.day.agreements == 0:
            return super().understated(missions, agents)
        size = np.maximum(self.private_cost.max(axis=1, initial=0.0), 1.0)
        short = self.reported_cost < self.private_cost - TRUE * size[:, None]
        short[missions, agents] = False
        return np.asarray(short.any(axis=1))

    @property
    def leader_cost(self) -> Array:
        """What the aggregator itself paid, (missions,)."""
        return self.day.leader_cost

    def owed(self) -> Array:
        """Nobody knows: what the leader paid for the decision that it bills is not what it paid for what was drawn."""
        return np.full(self.private_cost.shape, np.nan)

    def history(self, mission: int) -> dict[str, Any]:
        """The highest price of the day, round by round, dollars a kWh."""
        highest = self.prices[mission].max(axis=1) / self.day.hours
        return {"distance": None, "beta": None, "highest_price": highest.tolist()}

    def price_list(self, mission: int) -> Any:
        """λ^n, dollars a kWh in every period; row by row where the feeder has several."""
        by_row = self.prices[mission, -1].reshape(-1, self.decision.shape[2]) / self.day.hours
        return (by_row[0] if len(by_row) == 1 else by_row).tolist()

    def columns(self, mission: int) -> dict[str, Any]:
        """Energies in kWh, the metered one in joules too."""
        day = self.day
        metered = day.metered_kw[mission].sum(axis=1) * day.hours
        wear = self.types["curvature"][0, :, 0] / day.hours
        rows = zip(day.wanted_kwh.tolist(), *day.stay_min.T.tolist(), wear.tolist(), strict=True)
        keys = ("wanted_kwh", "arrival_min", "departure_min", "wear_dollars_per_kw2h")
        kinds = [dict(zip(keys, row, strict=True)) for row in rows]
        return {"energy_j": metered * 3.6e6, "energy_kwh": metered, "type": kinds, "decision": self.decision[mission]}
