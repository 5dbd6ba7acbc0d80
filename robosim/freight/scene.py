"""What is seen of freight: roads as full as they are, trucks on them, how far suppliers agree, who is paid what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.controllers.parts.audit import AuditState
from robosim.freight.mission import Freight
from robosim.freight.record import FreightRecord
from robosim.freight.roadmap import RoadMap
from robosim.mission import Snapshot
from robosim.view.scene import LISTED, Chart, Curve, Ids, Kin, Map, Scene, Table, horizon, kin_of, number
from robosim.view.scenery import Still, Told

HOPS = 8
"""Pictures of a period in which trucks are under way."""


class Moment(NamedTuple):
    """Round k: decisions x (N, n), flow on edges (E,), residuals (2,), and the true cost of all.

    On the way `period` counts from 0, and `phase` is its share that is over; None while suppliers agree.
    """

    k: int
    x: Array
    flow: Array
    residuals: Array
    objective: float
    period: int | None = None
    phase: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FreightScenery(Still):
    """A mission of suppliers as it is seen; keeps `robosim.view.scenery.Scenery`. `setting` is a record."""

    setting: FreightRecord

    @cached_property
    def players(self) -> dict[int, str]:
        """Who plays what, of the selfish."""
        return {agent: name for (mission, agent), name in self.setting.strategies.items() if mission == 0}

    @cached_property
    def roads(self) -> RoadMap | None:
        """The map, None where there is none."""
        return RoadMap.of(self.setting.roads)

    def seen(self, mission: Freight, snapshot: Snapshot, last: Moment | None) -> Sequence[Moment]:
        """One moment a round."""
        books: AuditState = snapshot.leader
        x, problem = books.x[:1], mission.problem
        return (Moment(snapshot.k, x[0], problem.flow(x)[0], books.residuals[0], float(problem.objective(x[0]))),)

    def recalled(self, record: FreightRecord) -> Sequence[Moment]:
        """The rounds that were kept."""
        none = np.full((len(record.kept), record.flow.shape[1]), np.nan)
        flows = none if record.flows is None else record.flows[0]
        rows = zip(
            record.kept.tolist(),
            record.said["x"][0],
            flows,
            record.residuals[0],
            record.objective[0].tolist(),
            strict=True,
        )
        return tuple(Moment(*row) for row in rows)

    def after(self, record: FreightRecord) -> Sequence[Moment]:
        """Trucks on the roads, period by period; nothing without a map."""
        if record.roads is None or self.roads is None:
            return ()
        last = (record.residuals[0, -1], float(record.objective[0, -1]))
        return tuple(
            Moment(record.rounds, record.decision[0], load, *last, period=period, phase=hop / HOPS)
            for period, load in enumerate(record.roads.edge_load)
            for hop in range(HOPS)
        )

    def scene(self, past: Sequence[Moment], record: FreightRecord | None) -> Scene:
        """The map, or what everybody decides where there is none."""
        now, setting = past[-1], self.setting
        kin, rows = kin_of(self.players, len(now.x))
        talk = [one for one in past if one.period is None]
        clock = f"round {now.k} of {setting.planned_rounds}"
        if now.period is not None and setting.roads is not None:
            clock = f"period {now.period + 1} of {len(setting.roads.edge_load)}: trucks carry what was decided"
        return Scene(
            title=f"{setting.world}, seed {setting.seed}",
            clock=clock,
            main=self._decided(talk, kin, rows) if self.roads is None else self._map(now, rows),
            facts=self._facts(now, record),
            side=(self._agreement(talk), self._objective(talk), self._table(now, record)),
            kin=kin,
            agent="supplier",
        )

    def told(self, past: Sequence[Moment], agent: int, record: FreightRecord | None) -> Told:
        """Limits, decision, cost and payment."""
        roads, rows = self.setting.roads, [("plays", self.players.get(agent, "faithful"))]
        if roads is not None:
            rows += [("true stock", _list(roads.stock[agent])), ("true capacity", _list(roads.capacity[agent]))]
        if self.setting.declared is not None and self.setting.declared.shape[2]:
            rows.append(("claims to have", _list(self.setting.declared[0, agent])))
        rows.append(("decides, in all", number(float(past[-1].x[agent].sum()))))
        if record is None:
            return (*rows, ("tax so far", "not known before the end"))
        cost, said, tax = record.private_cost, record.reported_cost, record.settlement.tax
        return (
            *rows,
            ("cost so far", f"{number(float(cost[0, agent]))} $"),
            ("reported cost", f"{number(float(said[0, agent]))} $"),
            ("tax so far", f"{number(float(tax[0, agent]))} $"),
        )

    def _map(self, now: Moment, rows: Ids) -> Map:
        assert self.roads is not None
        left = None
        if self.setting.roads is not None:
            stock = self.setting.roads.stock.sum(axis=1)
            with np.errstate(invalid="ignore"):
                left = np.where(np.isfinite(stock), 1.0 - now.x.sum(axis=1) / np.maximum(stock, 1e-300), np.nan)
        return self.roads.drawn(now.flow, rows, left, None if now.period is None else now.phase)

    def _facts(self, now: Moment, record: FreightRecord | None) -> tuple[tuple[str, str], ...]:
        unmet, apart = (100 * float(one) for one in now.residuals)
        found = [("ink", f"cost of all {number(now.objective)} $")]
        if self.roads is not None and np.isfinite(now.flow).all():
            found.append(("load", f"at most {number(float(now.flow.max(initial=0.0)))} units on one road"))
        found.append(("good" if unmet < 0.1 else "bad", f"demand is missed by {number(unmet)} %"))
        found.append(("good" if apart < 0.1 else "bad", f"copies are {number(apart)} % apart"))
        if record is not None:
            paid = -float(record.settlement.tax[0].sum())
            found.append(("ink", f"settled, tax {record.tax_rule}: {number(paid)} $ are paid in all"))
        return tuple(found)

    def _agreement(self, talk: Sequence[Moment]) -> Chart:
        k, residuals = _rounds(talk), np.stack([one.residuals for one in talk])
        shares = 100 * np.where(np.isfinite(residuals), np.maximum(residuals, 1e-12), np.nan)
        curves = (
            Curve(x=k, y=shares[:, 0], ink="load", name="demand missed"),
            Curve(x=k, y=shares[:, 1], ink="price", name="copies apart"),
        )
        return Chart(
            title="agreement", x="round", y="%", curves=curves, log=True, now=float(k[-1]), x_range=self._span(k)
        )

    def _objective(self, talk: Sequence[Moment]) -> Chart:
        k, cost = _rounds(talk), np.array([one.objective for one in talk])
        curve = Curve(x=k, y=cost, ink="ink")
        return Chart(title="cost of all", x="round", y="$", curves=(curve,), now=float(k[-1]), x_range=self._span(k))

    def _span(self, k: Array) -> tuple[float, float]:
        return 0.0, horizon(float(k[-1]), float(self.setting.planned_rounds))

    def _decided(self, talk: Sequence[Moment], kin: tuple[Kin, ...], rows: Ids) -> Chart:
        """The sum of everybody's decision, round by round."""
        k, sums = _rounds(talk), np.stack([one.x.sum(axis=1) for one in talk])
        looks = [kin[row].look for row in rows]
        curves = tuple(
            Curve(x=k, y=sums[:, i], ink=looks[i].colour, agent=i, mark=looks[i])
            for i in sorted(range(len(looks)), key=lambda i: (rows[i] > 0, -i))
        )
        return Chart(title="what everybody decides", x="round", y="sum", curves=curves, x_range=self._span(k))

    def _table(self, now: Moment, record: FreightRecord | None) -> Table:
        """Who ships how much, or what it costs and earns."""
        order = (*sorted(self.players), *(i for i in range(len(now.x)) if i not in self.players))[:LISTED]
        more = len(now.x) - len(order)
        if record is None:
            rows = tuple((str(i), number(float(now.x[i].sum()))) for i in order)
            return Table(title="so far", columns=("supplier", "ships"), rows=rows, agents=order, more=more)
        parts = (record.private_cost[0], record.payment[0], -record.net_cost[0])
        most = float(abs(parts[0]).max(initial=0.0))
        billed = tuple((str(i), *(number(float(part[i]), most) for part in parts)) for i in order)
        columns = ("supplier", "cost", "is paid", "earns")
        return Table(title=f"payments, {record.unit}", columns=columns, rows=billed, agents=order, more=more)


def scene_of(record: FreightRecord) -> FreightScenery:
    """How a mission of suppliers is seen."""
    return FreightScenery(setting=record)


def _rounds(talk: Sequence[Moment]) -> Array:
    return np.array([float(one.k) for one in talk])


def _list(x: Array) -> str:
    shown = ", ".join(number(float(one)) for one in x[:4])
    return f"{shown}, … {len(x) - 4} more" if len(x) > 4 else shown
