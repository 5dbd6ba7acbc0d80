"""What is seen of an auction: everybody's bid against the price, prices and bids round by round, shares and taxes."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.auction.build import allocation
from robosim.auction.mission import PriceMission
from robosim.auction.record import AuctionRecord
from robosim.auction.scenario import AuctionScenario
from robosim.errors import RobosimError
from robosim.mission import Snapshot
from robosim.view.scene import LISTED, Chart, Curve, Ids, Kin, Scene, Table, horizon, kin_of, number
from robosim.view.scenery import Still, Told

PATHS = 400
"""More bidders have no path behind their bids."""


class Asked(NamedTuple):
    """Round k: bids (N, n) kW, and the prices (rows,) that answer them, dollars a kW."""

    k: int
    bids: Array
    price: Array


def asked_now(mission: PriceMission[AuctionRecord], snapshot: Snapshot) -> Asked:
    """Mission 0 as it stands."""
    price = snapshot.heard.leader["price"][:, 0]
    return Asked(snapshot.k, mission.main(snapshot.heard.own["z"])[0], mission.main(price)[0])


def asked_then(record: AuctionRecord) -> Sequence[Asked]:
    """Mission 0 round by round, as far as rounds were kept."""
    rows = zip(record.kept.tolist(), record.said["z"][0], record.prices[0], strict=True)
    return tuple(Asked(*row) for row in rows)


@dataclass(frozen=True, kw_only=True)
class AuctionScenery(Still):
    """An auction as it is seen; keeps `robosim.view.scenery.Scenery`. `setting` is a record, of round 0 or of all."""

    setting: AuctionRecord

    @cached_property
    def players(self) -> dict[int, str]:
        """Who plays what, of the selfish."""
        return players(self.setting)

    @cached_property
    def there_is(self) -> float:
        """What is divided, kW; NaN where it is not one number, or the world does not tell."""
        try:
            c = allocation(AuctionScenario.model_validate(tomllib.loads(self.setting.world_toml))).c
        except (RobosimError, ValueError):
            return float("nan")
        return float(c[0]) if len(c) == 1 else float("nan")

    def seen(self, mission: PriceMission[AuctionRecord], snapshot: Snapshot, last: Asked | None) -> Sequence[Asked]:
        """One moment a round."""
        return (asked_now(mission, snapshot),)

    def recalled(self, record: AuctionRecord) -> Sequence[Asked]:
        """The rounds that were kept."""
        return asked_then(record)

    def scene(self, past: Sequence[Asked], record: AuctionRecord | None) -> Scene:
        """Bids against the price up to now, and both against rounds."""
        now, setting = past[-1], self.setting
        kin, rows = kin_of(self.players, len(now.bids))
        wanted = float(now.bids.sum())
        facts = [("load", f"all bids {number(wanted)} kW"), ("price", f"price {_prices(now.price)} $/kW")]
        if np.isfinite(self.there_is):
            over = wanted > self.there_is * (1 + 1e-9)
            facts.insert(1, ("bad" if over else "good", f"there is {number(self.there_is)} kW"))
        return Scene(
            title=f"{setting.world}, seed {setting.seed}",
            clock=f"round {now.k} of {setting.planned_rounds}",
            main=self._against(past, kin, rows),
            facts=(*facts, *verdict(record)),
            below=(self._bids(past),),
            side=(price_chart(past, setting.planned_rounds, "$/kW"), self._table(now, record)),
            kin=kin,
            agent="bidder",
        )

    def told(self, past: Sequence[Asked], agent: int, record: AuctionRecord | None) -> Told:
        """Type, bid, share, cost and tax."""
        curvature, slope = (self.setting.types[key][0, agent] for key in ("curvature", "slope"))
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = -slope / curvature
        return (
            ("plays", self.players.get(agent, "faithful")),
            ("true wish", f"{_prices(wanted)} kW"),
            ("true curvature", f"{_prices(curvature / 2)} $/kW²"),
            ("bids now", f"{_prices(past[-1].bids[agent])} kW"),
            *money(record, agent),
        )

    def _against(self, past: Sequence[Asked], kin: tuple[Kin, ...], rows: Ids) -> Chart:
        """One path a bidder: what it bid at the price that it had heard, all resources taken together."""
        said, bids = [one.price.mean() for one in past], np.stack([one.bids.sum(axis=1) for one in past])
        price = np.array([said[0], *said[:-1]])
        before = slice(None) if bids.shape[1] <= PATHS else slice(-1, None)
        order = sorted(range(bids.shape[1]), key=lambda i: (rows[i] > 0, -i))
        looks = [kin[row].look for row in rows]
        curves = tuple(
            Curve(x=price[before], y=bids[before, i], ink=looks[i].colour, agent=i, mark=looks[i]) for i in order
        )
        return Chart(title="bids against the price", x="price, $/kW", y="bid, kW", curves=curves, now=float(said[-1]))

    def _bids(self, past: Sequence[Asked]) -> Chart:
        k, wanted = rounds(past), np.array([float(one.bids.sum()) for one in past])
        curves = [Curve(x=k, y=wanted, ink="load", name="all bids")]
        span = (0.0, horizon(k[-1], self.setting.planned_rounds))
        if np.isfinite(self.there_is):
            curves.append(Curve(x=np.array(span), y=np.full(2, self.there_is), ink="bad", name="there is", dashed=True))
        return Chart(title="demand", x="round", y="kW", curves=tuple(curves), now=float(k[-1]), x_range=span)

    def _table(self, now: Asked, record: AuctionRecord | None) -> Table:
        """Bids now, or the bill."""
        if record is not None:
            return bill(record, self.players, "bidder")
        order = listed(self.players, len(now.bids))
        rows = tuple((str(i), number(float(now.bids[i].sum()))) for i in order)
        return Table(title="bids", columns=("bidder", "kW"), rows=rows, agents=order, more=len(now.bids) - len(order))


def scene_of(record: AuctionRecord) -> AuctionScenery:
    """How an auction is seen."""
    return AuctionScenery(setting=record)


def players(record: AuctionRecord) -> dict[int, str]:
    """Who plays what in mission 0, of the selfish."""
    return {agent: name for (mission, agent), name in record.strategies.items() if mission == 0}


def listed(selfish: dict[int, str], agents: int) -> tuple[int, ...]:
    """Whom a table has: the selfish first, and not more than it has room for."""
    return (*sorted(selfish), *(i for i in range(min(LISTED, agents)) if i not in selfish))[:LISTED]


def rounds(past: Sequence[Asked]) -> Array:
    """Their numbers, (moments,)."""
    return np.array([float(one.k) for one in past])


def price_chart(past: Sequence[Asked], last: int, unit: str, scale: float = 1.0) -> Chart:
    """The highest price against rounds; `scale` turns it into `unit`."""
    k, price = rounds(past), np.array([float(one.price.max()) * scale for one in past])
    span, curve = (0.0, horizon(k[-1], last)), Curve(x=k, y=price, ink="price")
    title = "price" if past[-1].price.size == 1 else "highest price"
    return Chart(title=title, x="round", y=unit, curves=(curve,), now=float(k[-1]), x_range=span)


def bill(record: AuctionRecord, selfish: dict[int, str], noun: str) -> Table:
    """Costs, taxes and both together."""
    order = listed(selfish, record.private_cost.shape[1])
    refused, parts = (
        record.settlement.refused[0],
        (record.private_cost[0], record.settlement.tax[0], record.net_cost[0]),
    )
    most = [float(abs(part).max(initial=0.0)) for part in parts]
    rows = tuple(
        (f"{i}: refused" if refused[i] else str(i), *(number(float(x[i]), y) for x, y in zip(parts, most, strict=True)))
        for i in order
    )
    columns, more = (noun, "cost", "tax", "net"), len(parts[0]) - len(order)
    return Table(title=f"bill, {record.unit}", columns=columns, rows=rows, agents=order, more=more)


def verdict(record: AuctionRecord | None) -> tuple[tuple[str, str], ...]:
    """The settlement in a line, once it is known."""
    if record is None:
        return ()
    return (("ink", f"settled, tax {record.tax_rule}: {number(float(record.settlement.tax[0].sum()))} $ in all"),)


def money(record: AuctionRecord | None, agent: int) -> Told:
    """What an agent bears, says that it bears, and owes, as its leader would settle now, where that is known."""
    if record is None:
        return (("tax so far", "not known before the end"),)
    cost, said, tax = record.private_cost, record.reported_cost, record.settlement.tax
    return (
        ("cost so far", f"{number(float(cost[0, agent]))} $"),
        ("reported cost", f"{number(float(said[0, agent]))} $"),
        ("tax so far", f"{number(float(tax[0, agent]))} $"),
    )


def _prices(x: Array) -> str:
    """One number, or the range of several."""
    low, high = float(x.min()), float(x.max())
    return number(low) if low == high else f"{number(low)} to {number(high)}"
