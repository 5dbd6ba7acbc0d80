"""A plan meets the station: pilots go out, batteries take what they take, meters count, wires carry it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.charging.station.site import Site
from robosim.kernels.baseline import baseline_day
from robosim.kernels.charging import Cars, Logs, Posts, Wires, blank, by_station
from robosim.kernels.station import execute_day


class Day(NamedTuple):
    """A day as it was executed: N cars, S steps, K rows of the feeder."""

    pilot_a: Array
    """(N, S) what each car was told it may draw, A."""
    metered_kwh: Array
    """(N, S)."""
    content_kwh: Array
    """(N, S) in the battery at the end of each step, 0 when the car is not there."""
    line_a: Array
    """(K, S) what each row of the feeder carried, A."""
    limit_a: Array
    """(K, S) at most."""
    stored_kwh: Array
    """(N,) gained by each battery."""
    excess_a: float
    """The most by which a row was exceeded, A; negative: the least margin."""


@dataclass(frozen=True, kw_only=True)
class Station:
    """Cars at their posts behind the wires; `content_kwh` (N,) is in the batteries at the arrival."""

    cars: Cars
    posts: Posts
    wires: Wires
    content_kwh: Array
    ratio: int
    """Steps of a period."""
    step_h: float
    steps: int

    def execute(self, plan_kw: Array) -> Day:
        """A plan (N, T) kW, executed; pilots are eased wherever a row would be exceeded."""
        logs, content, metered = self._begin()
        plan = np.ascontiguousarray(plan_kw)
        equipment = (self.cars, self.posts, self.wires)
        excess, stopped = execute_day(*equipment, plan, self.ratio, self.step_h, True, content, metered, logs)
        if stopped:
            warnings.warn(
                f"station: in {stopped} of {self.steps} steps no easing of pilots kept to the feeder: all cars stopped",
                stacklevel=2,
            )
        return self._day(logs, content, excess)

    def baseline(self, rule: int, asked_kwh: Array, deadline: Array) -> Day:
        """A day without prices under a rule of `robosim.kernels.baseline`, which knows what drivers told."""
        logs, content, metered = self._begin()
        told = (np.ascontiguousarray(asked_kwh), np.ascontiguousarray(deadline, dtype=np.int32))
        equipment = (self.cars, self.posts, self.wires, rule)
        excess = baseline_day(*equipment, *told, self.step_h, False, content, metered, logs)
        return self._day(logs, content, excess)

    def period_kw(self, day: Day) -> Array:
        """The mean power that meters counted in each period, (N, T) kW."""
        by_period = day.metered_kwh.reshape(len(day.metered_kwh), -1, self.ratio).sum(axis=2)
        return np.asarray(by_period / (self.ratio * self.step_h))

    @property
    def limit_a(self) -> Array:
        """What each row carries at most in each step, (K, S)."""
        limit = self.wires.limit_a
        return np.repeat(limit, self.steps, axis=1) if limit.shape[1] == 1 else limit

    def _begin(self) -> tuple[Logs, Array, Array]:
        logs = blank(len(self.content_kwh), len(self.wires.limit_a), self.steps)
        return logs, self.content_kwh.copy(), np.zeros(len(self.content_kwh))

    def _day(self, logs: Logs, content: Array, excess: float) -> Day:
        gained = content - self.content_kwh
        parts = (logs.pilot_a, logs.metered_kwh, logs.content_kwh, logs.line_a)
        return Day(*parts, self.limit_a, gained, float(excess))


def equipment(site: Site, spare: Array | None = None) -> tuple[Posts, Wires]:
    """A site as the kernels take it; `spare` (K, S) is which share of each row's limit there is in each step."""
    e = site.evses
    weights = site.feeder.matrix if site.feeder.linear else site.feeder.phasors
    posts = Posts(e.kind, e.min_a, e.max_a, e.voltage_v / 1000.0, e.table, e.levels_a)
    limit = site.feeder.limit_a[:, None] if spare is None else site.feeder.limit_a[:, None] * spare
    return posts, Wires(*by_station(weights), np.ascontiguousarray(limit), site.feeder.linear)
