"""What is seen of cooling: what halls ask for, round by round, then how warm they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cooling.record import CoolingRecord
from robosim.agent import Array
from robosim.mission import Snapshot
from robosim.view.scene import Chart, Curve, Scene, Table, kin_of, number
from robosim.view.scenery import Still, Told


class Moment(NamedTuple):
    """Round k: what halls ask for (N,) kW at a price; later `warm_c` (N, periods) up to now, None before."""

    k: int
    asked_kw: Array
    price: float
    warm_c: Array | None = None


@dataclass(frozen=True, kw_only=True)
class CoolingScenery(Still):
    """A mission as it is seen; keeps `robosim.view.scenery.Scenery`."""

    setting: CoolingRecord

    def seen(self, mission: Any, snapshot: Snapshot, last: Moment | None) -> Sequence[Moment]:
        """One moment a round."""
        asked, price = mission.main(snapshot.heard.own["z"])[0, :, 0], mission.main(snapshot.heard.leader["price"])
        return (Moment(snapshot.k, asked, float(price[0, 0, 0])),)

    def recalled(self, record: CoolingRecord) -> Sequence[Moment]:
        """The rounds that were kept."""
        rows = zip(record.kept.tolist(), record.said["z"][0, :, :, 0], record.prices[0, :, 0].tolist(), strict=True)
        return tuple(Moment(*row) for row in rows)

    def after(self, record: CoolingRecord) -> Sequence[Moment]:
        """What thermometers show, period by period."""
        granted, price, warm = record.decision[0, :, 0], float(record.prices[0, -1, 0]), record.temperature_c[0]
        return tuple(Moment(record.rounds, granted, price, warm[:, : t + 1]) for t in range(warm.shape[1]))

    def scene(self, past: Sequence[Moment], record: CoolingRecord | None) -> Scene:
        """Curves of all halls."""
        now, setting = past[-1], self.setting
        selfish = {agent: name for (mission, agent), name in setting.strategies.items() if mission == 0}
        kin, rows = kin_of(selfish, len(now.asked_kw))
        if now.warm_c is None:
            x, y = np.array([float(one.k) for one in past]), np.stack([one.asked_kw for one in past], axis=1)
            names = ("what halls ask for", "round", "kW")
        else:
            x, y = setting.hours[: now.warm_c.shape[1]], now.warm_c
            names = ("how warm halls are", "hour", "°C")
        curves = tuple(
            Curve(x=x, y=y[i], ink=kin[rows[i]].look.colour, agent=i, mark=kin[rows[i]].look) for i in range(len(y))
        )
        asked = tuple((str(i), number(float(kw))) for i, kw in enumerate(now.asked_kw))
        return Scene(
            title=f"{setting.world}, seed {setting.seed}",
            clock=f"round {now.k} of {setting.planned_rounds}",
            main=Chart(title=names[0], x=names[1], y=names[2], curves=curves),
            facts=(("price", f"price {number(now.price)} $/kW"),),
            side=(Table(title="cooling", columns=("hall", "kW"), rows=asked, agents=tuple(range(len(asked)))),),
            kin=kin,
            agent="hall",
        )

    def told(self, past: Sequence[Moment], agent: int, record: CoolingRecord | None) -> Told:
        """What it asks for, and owes."""
        tax = "not known before the end" if record is None else f"{number(float(record.settlement.tax[0, agent]))} $"
        return (("asks for", f"{number(float(past[-1].asked_kw[agent]))} kW"), ("tax so far", tax))


def scene_of(record: CoolingRecord) -> CoolingScenery:
    """How a mission is seen."""
    return CoolingScenery(setting=record)
