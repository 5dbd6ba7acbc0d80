"""What is seen of a rendezvous: robots and their trails, links and what passes over them, batteries, distance, bill."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from robosim.agent import Array
from robosim.mission import Snapshot
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.moments import Moment, Pairs, journey, of_record, of_snapshot
from robosim.rendezvous.problem import Announcement
from robosim.rendezvous.record import RendezvousRecord
from robosim.view.scene import (
    LISTED,
    Agents,
    Areas,
    Chart,
    Circles,
    Curve,
    Ids,
    Lines,
    Map,
    Scene,
    Table,
    Trails,
    kin_of,
    number,
)
from robosim.view.scenery import Told

TRAIL = 100_000
"""Trail points in one picture: more robots have coarser trails."""
NAMED = 3
"""Robots with empty batteries that are named."""
CROWD = 400
"""More robots have no links in pictures."""


@dataclass(frozen=True, kw_only=True)
class RendezvousScenery:
    """A rendezvous as it is seen; keeps `robosim.view.scenery.Scenery`. `setting` is a record, of round 0 or of all."""

    setting: RendezvousRecord

    @cached_property
    def rules(self) -> Announcement:
        """What was announced for all rounds."""
        return replace(self.setting.rules, rounds=self.setting.planned_rounds)

    @cached_property
    def beta(self) -> Array:
        """(n + 1,) m."""
        return np.asarray(self.rules.bound.beta(np.arange(self.rules.rounds + 1.0)))

    @cached_property
    def capacity_j(self) -> float:
        """Of the batteries of points, which no log knows; infinite without any."""
        return float(tomllib.loads(self.setting.world_toml).get("energy", {}).get("battery_j", np.inf))

    def seen(self, mission: Rendezvous, snapshot: Snapshot, last: Moment | None) -> Sequence[Moment]:
        """One moment a round."""
        return (of_snapshot(mission, snapshot, self.setting.places),)

    def recalled(self, record: RendezvousRecord) -> Sequence[Moment]:
        """The rounds that were kept."""
        return tuple(of_record(record))

    def after(self, record: RendezvousRecord) -> Sequence[Moment]:
        """The journey of those who agree first."""
        return tuple(journey(record))

    def moved(self, mission: Rendezvous, agent: int, by: Sequence[float]) -> Rendezvous | None:
        """The robot starts elsewhere in the type space; None outside, and where an obstacle or another robot stands."""
        start, rules = mission.own["start"].copy(), self.rules
        start[0, agent] += np.asarray(by)
        if not (start[0, agent] >= rules.lower).all() or not (start[0, agent] <= rules.upper).all():
            return None
        guard = getattr(getattr(mission.world, "driving", None), "guard", None)
        if guard is not None and guard.clearance(start + self.setting.places).min() < 0.0:
            return None
        return mission.starts({"start": start})

    def scene(self, past: Sequence[Moment], record: RendezvousRecord | None) -> Scene:
        """Robots where they are, with trails up to there."""
        now, setting = past[-1], self.setting
        kin, rows = kin_of(self.players, len(now.at))
        travels = record is not None and setting.travel == "after-agreeing"
        return Scene(
            title=f"{setting.world}, seed {setting.seed}",
            clock=f"round {now.k} of {self.rules.rounds}" + (", travelling" if travels else ""),
            main=self._map(past, rows),
            facts=self._facts(past, record),
            side=(self._curves(past), self._table(now, record)),
            kin=kin,
            agent="robot",
        )

    def told(self, past: Sequence[Moment], agent: int, record: RendezvousRecord | None) -> Told:
        """Type, place, cost and tax; what a robot reports of its start is what it said in round 0."""
        now, unit, place = past[-1], self.setting.unit, np.zeros_like(self.setting.start) + self.setting.places
        rows = [
            ("plays", self.players.get(agent, "faithful")),
            ("true start", _point(self.setting.start[agent] + place[agent])),
            ("reported start", _point(past[0].words[agent] + place[agent])),
            ("is at", _point(now.at[agent])),
            ("cost so far", f"{number(self.costs(now)[agent])} {unit}"),
            ("energy so far", f"{number(now.energy_j[agent])} J"),
        ]
        if now.charge_j is not None:
            since = _empty_since(past).get(agent)
            left = f"{number(now.charge_j[agent])} J left"
            rows.append(("battery", left if since is None else f"empty since round {since}"))
        if record is not None:
            rows.append(("reports a cost of", f"{number(record.reported_cost[0, agent])} {unit}"))
        tax = "not known before the end" if record is None else f"{number(record.settlement.tax[0, agent])} {unit}"
        return (*rows, ("tax so far", tax))

    @cached_property
    def players(self) -> dict[int, str]:
        """Who plays what, of the selfish."""
        return {agent: name for (mission, agent), name in self.setting.strategies.items() if mission == 0}

    def costs(self, now: Moment) -> Array:
        """What it would cost everybody to have gone so far, and no further, (n,)."""
        if self.setting.pays_for == "energy":
            return now.energy_j
        way = now.at - self.setting.places - self.setting.start
        return np.asarray(np.einsum("id,id->i", way, way))

    def _facts(self, past: Sequence[Moment], record: RendezvousRecord | None) -> tuple[tuple[str, str], ...]:
        now = past[-1]
        beta = float(self.beta[now.k])
        inside = now.distance <= beta
        found = [
            ("load", f"distance {number(now.distance)} m"),
            ("good" if inside else "bad", f"β(k) {number(beta)} m: {'inside' if inside else 'outside'}"),
        ]
        if empty := _empty_since(past):
            found.append(("bad", _emptied(empty)))
        if now.heard is not None and now.lost is not None:
            found.append(("ink", f"{len(now.heard)} links heard, {len(now.lost)} not"))
        return (*found, *([] if record is None else [_verdict(record)]))

    def _curves(self, past: Sequence[Moment]) -> Chart:
        k, apart = np.array([float(one.k) for one in past]), np.array([one.distance for one in past])
        tiny = max(float(self.beta.min()), 1e-300) / 1000  # 0 has no logarithm
        curves = (
            Curve(x=np.arange(float(len(self.beta))), y=self.beta, ink="good", name="β(k)", dashed=True),
            Curve(x=k, y=np.maximum(apart, tiny), ink="load", name="distance"),
        )
        rounds = (0.0, float(self.rules.rounds))
        return Chart(
            title="agreement", x="round", y="distance, m", curves=curves, log=True, now=float(k[-1]), x_range=rounds
        )

    def _table(self, now: Moment, record: RendezvousRecord | None) -> Table:
        """Robots, the selfish first: what they have paid so far, or the bill."""
        unit, cost = self.setting.unit, self.costs(now)
        order = (*sorted(self.players), *(i for i in range(min(LISTED, len(cost))) if i not in self.players))[:LISTED]
        more = len(cost) - len(order)
        if record is None:
            sofar = tuple((str(i), number(cost[i]), number(now.energy_j[i])) for i in order)
            return Table(
                title="so far", columns=("robot", f"cost, {unit}", "energy, J"), rows=sofar, agents=order, more=more
            )
        bill = tuple(_billed(record, i) for i in order)
        return Table(title=f"bill, {unit}", columns=("robot", "cost", "tax", "net"), rows=bill, agents=order, more=more)

    def _map(self, past: Sequence[Moment], kin: Ids) -> Map:
        now, d = past[-1], self.setting.start.shape[1]
        shown = [past[i] for i in np.linspace(0, len(past) - 1, self._coarse(len(past))).astype(int)]
        trails = np.stack([one.at for one in shown])
        place = np.zeros_like(self.setting.start) + self.setting.places
        box = np.array([(self.rules.lower + place).min(axis=0), (self.rules.upper + place).max(axis=0)])
        at, rounds = now.at, np.array([float(one.k) for one in shown])
        if d == 1:
            at, box, trails = _over_time(now, box, trails, rounds, self.rules.rounds)
        flat = d == 1
        return Map(
            box=box,
            axes=("round", "position, m") if flat else None,
            areas=() if flat else self._areas(),
            circles=() if flat else self._pads(),
            lines=() if flat else tuple(self._links(now)),
            trails=Trails(points=trails, kin=kin),
            agents=Agents(
                ids=np.arange(len(at)),
                at=at,
                kin=kin,
                heading_rad=now.heading_rad,
                radius=self._radius(flat),
                level=self._level(past[0], now),
            ),
        )

    def _coarse(self, rows: int) -> int:
        return min(rows, max(2, TRAIL // len(self.setting.start)))

    def _radius(self, flat: bool) -> Array | None:
        log = self.setting.bodies
        return None if flat or log is None or not log.radius_m.any() else log.radius_m

    def _level(self, first: Moment, now: Moment) -> Array | None:
        """How full batteries are."""
        if now.charge_j is not None and first.charge_j is not None:
            return np.asarray(now.charge_j / first.charge_j)
        return None if np.isinf(self.capacity_j) else np.asarray(np.maximum(1.0 - now.energy_j / self.capacity_j, 0.0))

    def _areas(self) -> tuple[Areas, ...]:
        log = self.setting.bodies
        if log is None or len(log.first) < 2:
            return ()
        return (Areas(corners=log.outlines, first=log.first, ink="wall", name="obstacle"),)

    def _pads(self) -> tuple[Circles, ...]:
        log = self.setting.bodies
        if log is None or not len(log.pads):
            return ()
        return (Circles(at=log.pads[:, :-1], radius=log.pads[:, -1], ink="pad", name="charging pad"),)

    def _links(self, now: Moment) -> list[Lines]:
        """The graph; over a radio what was heard in this round, and what was not."""
        if len(now.at) > CROWD:
            return []
        if now.heard is None or now.lost is None:
            weights = self.setting.weights
            width = None if weights is None else weights / weights.max()
            return [Lines(ends=now.at[self.setting.edges], ink="link", name="link", width=width)]
        once = np.unique(np.sort(now.heard, axis=1), axis=0)
        return [
            Lines(ends=now.at[once], ink="heard", name="message"),
            Lines(ends=_halves(now.at, now.lost), ink="lost", name="lost or late"),
        ]


def _over_time(now: Moment, box: Array, trails: Array, rounds: Array, last: int) -> tuple[Array, Array, Array]:
    """Places on a line as position against round: where robots are, the box, trails."""
    across = np.broadcast_to(rounds[:, None, None], trails.shape)
    at = np.column_stack([np.full(len(now.at), float(now.k)), now.at])
    box = np.column_stack([[0.0, float(last)], box])
    return at, box, np.concatenate([across, trails], axis=-1)


def _halves(at: Array, links: Pairs) -> Array:
    """The half of each link at its receiver, (m, 2, d): the other direction may have been heard."""
    receiver, sender = at[links[:, 0]], at[links[:, 1]]
    return np.stack([receiver, (receiver + sender) / 2], axis=1)


def _empty_since(past: Sequence[Moment]) -> dict[int, int]:
    """Whose battery is empty now, and since which round; who was empty first comes first."""
    now = past[-1].charge_j
    if now is None or (now > 0.0).all():
        return {}
    empty = np.flatnonzero(now <= 0.0)
    full = np.stack([one.charge_j[empty] > 0.0 for one in past if one.charge_j is not None])
    since = len(full) - np.argmax(full[::-1], axis=0)  # the moment after the last with something in it
    rounds = {int(robot): past[int(i) % len(full)].k for robot, i in zip(empty, since, strict=True)}
    return dict(sorted(rounds.items(), key=lambda one: (one[1], one[0])))


def _emptied(since: dict[int, int]) -> str:
    """As in `empty: 3 (round 41), 6 (round 44), … 2 more`."""
    named = ", ".join(f"{robot} (round {k})" for robot, k in list(since.items())[:NAMED])
    return f"empty: {named}" + (f", … {len(since) - NAMED} more" if len(since) > NAMED else "")


def _point(x: Array) -> str:
    return "(" + ", ".join(f"{one:.3g}" for one in x) + ") m"


def _billed(record: RendezvousRecord, i: int) -> tuple[str, ...]:
    paid = (record.private_cost[0, i], record.settlement.tax[0, i], record.net_cost[0, i])
    return (f"{i}: report refused" if record.settlement.refused[0, i] else str(i), *map(number, paid))


def _verdict(record: RendezvousRecord) -> tuple[str, str]:
    bill = record.settlement
    if bill.penalised[0]:
        return "bad", f"outside the bound: each is fined {record.rules.penalty:.6g} {record.unit}"
    if bill.distance[0] > bill.beta[0]:
        return "bad", f"outside the bound, tax {record.tax_rule}: nobody is fined"
    return "good", f"inside the bound, tax {record.tax_rule}"


def scene_of(record: RendezvousRecord) -> RendezvousScenery:
    """How a rendezvous is seen."""
    return RendezvousScenery(setting=record)
