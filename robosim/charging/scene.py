"""What is seen of a day of charging: bids for every hour while it is planned, then cars at posts, load and price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.auction.scene import Asked, bill, listed, money, players, price_chart, verdict
from robosim.charging.moments import Moment, Step, now, steps, then
from robosim.charging.record import ChargingRecord
from robosim.charging.yard import Yard
from robosim.mission import Snapshot
from robosim.view.scene import Chart, Curve, Gauge, Panel, Scene, Table, kin_of, number
from robosim.view.scenery import Still, Told


@dataclass(frozen=True, kw_only=True)
class ChargingScenery(Still):
    """A day as it is seen; keeps `robosim.view.scenery.Scenery`. `setting` is a record, of round 0 or of all."""

    setting: ChargingRecord

    @cached_property
    def players(self) -> dict[int, str]:
        """Who plays what, of the selfish."""
        return players(self.setting)

    @cached_property
    def yard(self) -> Yard:
        """Where posts stand."""
        return Yard.of(self.setting.day)

    @cached_property
    def hour(self) -> Array:
        """(T + 1,) when periods begin, and the last one ends."""
        return np.arange(self.setting.decision.shape[2] + 1.0) * self.setting.day.hours

    def seen(self, mission: Any, snapshot: Snapshot, last: Moment | None) -> Sequence[Moment]:
        """One moment a round, or a step, where the station plans as time goes on."""
        return now(mission, snapshot, last)

    def recalled(self, record: ChargingRecord) -> Sequence[Moment]:
        """The same."""
        return then(record)

    def after(self, record: ChargingRecord) -> Sequence[Moment]:
        """The day as it was executed, where it was planned before it began."""
        return (
            ()
            if record.day.agreements
            else steps(record, record.rounds, 0, record.day.metered_kwh.shape[1], foresees=True)
        )

    def scene(self, past: Sequence[Moment], record: ChargingRecord | None) -> Scene:
        """The station, or while there is none yet what everybody asks for."""
        latest = past[-1]
        if isinstance(latest, Step):
            return self._day([one for one in past if isinstance(one, Step)], record)
        return self._plan([one for one in past if isinstance(one, Asked)], record)

    def told(self, past: Sequence[Moment], agent: int, record: ChargingRecord | None) -> Told:
        """Wish, battery, power, cost and tax."""
        day, latest = self.setting.day, past[-1]
        arrival, departure = day.stay_min[agent]
        energy, first, last = self.setting.types["told"][0, agent]
        rows = [
            ("plays", self.players.get(agent, "faithful")),
            ("true wish", f"{number(float(day.wanted_kwh[agent]))} kWh"),
            ("reported wish", f"{number(float(energy) * day.hours)} kWh"),
            ("true stay", f"{clock(arrival)} to {clock(departure)}"),
            ("reported stay", f"{clock(first * 60 * day.hours)} to {clock(last * 60 * day.hours)}"),
        ]
        if isinstance(latest, Step):
            got = sum(float(one.kwh[agent]) for one in past if isinstance(one, Step))
            rows += [("metered so far", f"{number(got)} kWh"), ("draws", f"{number(self._kw(latest)[agent])} kW")]
            rows += [("battery", f"{number(float(latest.content_kwh[agent]))} kWh")] if latest.here[agent] else []
        else:
            rows.append(("asks for", f"{number(float(latest.bids[agent].sum()) * day.hours)} kWh"))
        return (*rows, *money(record, agent))

    def _kw(self, step: Step) -> Array:
        return np.asarray(step.kwh / self.setting.day.step_h)

    def _frame(self, clock_line: str, record: ChargingRecord | None, kin: Any, **parts: Any) -> Scene:
        title, facts = f"{self.setting.world}, seed {self.setting.seed}", (*parts.pop("facts"), *verdict(record))
        return Scene(title=title, clock=clock_line, facts=facts, kin=kin, agent="EV", **parts)

    def _plan(self, past: Sequence[Asked], record: ChargingRecord | None) -> Scene:
        """Power that is asked for in every period, under what there is, and its price."""
        latest, day = past[-1], self.setting.day
        asked = latest.bids.sum(axis=0)
        price = latest.price.reshape(-1, len(asked)).max(axis=0) / day.hours
        curves = [Curve(x=self.hour, y=closed(asked), ink="load", name="all bids", stairs=True, filled=True)]
        curves += self._limit()
        span = (0.0, float(self.hour[-1]))
        main = Chart(title="bids for the day", x="hour", y="kW", curves=tuple(curves), x_range=span, y_range=(0.0, 1.0))
        kin, _ = kin_of(self.players, len(latest.bids))
        return self._frame(
            f"round {latest.k} of {self.setting.planned_rounds}, plan of the day",
            record,
            kin,
            main=main,
            facts=(("load", f"asked for: {number(float(asked.sum()) * day.hours)} kWh"),),
            below=(self._prices(price),),
            side=(price_chart(past, self.setting.planned_rounds, "$/kWh", 1.0 / day.hours), self._asks(latest, record)),
        )

    def _day(self, past: Sequence[Step], record: ChargingRecord | None) -> Scene:
        """Cars at their posts, and what the feeder carries up to now."""
        latest, day = past[-1], self.setting.day
        kin, rows = kin_of(self.players, len(latest.kwh))
        end = (latest.t + 1) * day.step_h * 60
        here, kw = int(latest.here.sum()), float(self._kw(latest).sum())
        side: list[Panel] = [self._gauge(latest), self._cars(latest)]
        return self._frame(
            clock(end),
            record,
            kin,
            main=self.yard.drawn(latest, self._kw(latest), rows, end),
            facts=(("load", f"{here} EVs are there, and draw {number(kw)} kW"),),
            below=(self._load(past), self._prices(latest.price, end / 60)),
            side=(*side, *([] if record is None else [bill(record, self.players, "EV")])),
        )

    def _load(self, past: Sequence[Step]) -> Chart:
        """Metered power, step by step, under the limit."""
        step_h = self.setting.day.step_h
        hour = np.array([float(one.t) for one in past] + [past[-1].t + 1.0]) * step_h
        kw = closed(np.array([float(self._kw(one).sum()) for one in past]))
        curves = (Curve(x=hour, y=kw, ink="load", name="metered", stairs=True, filled=True), *self._limit())
        span = (0.0, float(self.hour[-1]))
        return Chart(
            title="load", x="hour", y="kW", curves=curves, now=float(hour[-1]), x_range=span, y_range=(0.0, 1.0)
        )

    def _limit(self) -> list[Curve]:
        """What the cars may take together, where the feeder has one row."""
        day = self.setting.day
        if len(day.limit_a) != 1:
            return []
        kw = closed(day.feeder_kw)
        return [
            Curve(x=np.arange(float(len(kw))) * day.step_h, y=kw, ink="bad", name="feeder", dashed=True, stairs=True)
        ]

    def _prices(self, price: Array, hour: float | None = None) -> Chart:
        tariff = self.setting.day.tariff_per_kwh
        curves = (
            Curve(x=self.hour, y=closed(price), ink="price", name="price", stairs=True),
            Curve(x=self.hour, y=closed(tariff), ink="ink", name="tariff", dashed=True, stairs=True),
        )
        span = (0.0, float(self.hour[-1]))
        return Chart(
            title="price by hour", x="hour", y="$/kWh", curves=curves, now=hour, x_range=span, y_range=(0.0, 0.0)
        )

    def _gauge(self, step: Step) -> Gauge:
        """How full the feeder is: in kW, or as a share of the row that is fullest."""
        day = self.setting.day
        if len(day.limit_a) == 1:
            limit = float(day.feeder_kw[step.t])
            return Gauge(title="feeder", value=float(self._kw(step).sum()), limit=limit, unit="kW")
        limit_a = day.limit_a[:, step.t]
        share = np.divide(step.line_a, limit_a, out=np.zeros_like(limit_a), where=limit_a > 0.0)
        return Gauge(title="fullest of the feeder's rows", value=100 * float(share.max()), limit=100.0, unit="%")

    def _cars(self, step: Step) -> Table:
        """Who is plugged in, who leaves first on top."""
        day, kw = self.setting.day, self._kw(step)
        there = sorted(np.flatnonzero(step.here).tolist(), key=lambda i: (float(day.stay_min[i, 1]), i))
        rows = tuple((str(i), f"{number(float(kw[i]))}", self._full(step, i), clock(day.stay_min[i, 1])) for i in there)
        return Table(title="plugged in", columns=("EV", "kW", "full", "until"), rows=rows, agents=tuple(there))

    def _full(self, step: Step, car: int) -> str:
        capacity = float(self.setting.day.capacity_kwh[car])
        return f"{100 * step.content_kwh[car] / capacity:.0f} %" if np.isfinite(capacity) else "–"

    def _asks(self, latest: Asked, record: ChargingRecord | None) -> Table:
        if record is not None:
            return bill(record, self.players, "EV")
        day, order = self.setting.day, listed(self.players, len(latest.bids))
        kwh = latest.bids.sum(axis=1) * day.hours
        rows = tuple((str(i), number(float(kwh[i])), number(float(day.wanted_kwh[i]))) for i in order)
        more = len(kwh) - len(order)
        return Table(title="bids", columns=("EV", "asks, kWh", "wants, kWh"), rows=rows, agents=order, more=more)


def scene_of(record: ChargingRecord) -> ChargingScenery:
    """How a day of charging is seen."""
    return ChargingScenery(setting=record)


def closed(values: Array) -> Array:
    """Values of periods with the last one again, where stairs end."""
    return np.append(values, values[-1:])


def clock(minutes: float) -> str:
    """Of the day, and which day where it is not the first.

    >>> clock(605.0), clock(1500.0)
    ('10:05', '01:00 +1')
    """
    days, rest = divmod(round(float(minutes)), 1440)
    return f"{rest // 60:02d}:{rest % 60:02d}" + (f" +{days}" if days else "")
