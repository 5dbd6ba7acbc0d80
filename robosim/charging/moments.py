"""Moments of a day of charging for viewers: rounds in which a plan is made, steps in which it happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.auction.scene import Asked, asked_now, asked_then
from robosim.charging.record import ChargingRecord
from robosim.mission import Snapshot


class Step(NamedTuple):
    """A step of the day, at its end: N cars, K rows of the feeder, T periods.

    Parameters
    ----------
    k : rounds before the day; 0 where the station plans as it goes.
    t : which step, from 0.
    content_kwh, kwh : (N,) in batteries, 0 for who is not there; metered in this step.
    been : (N,) who has been there so far.
    line_a : (K,) what rows carried.
    price : (T,) dollars a kWh, the highest of all rows; NaN for what nobody knows yet.
    """

    k: int
    t: int
    content_kwh: Array
    kwh: Array
    been: NDArray[np.bool_]
    line_a: Array
    price: Array

    @property
    def here(self) -> NDArray[np.bool_]:
        """(N,) who is there."""
        return self.content_kwh > 0.0


Moment = Asked | Step


def now(mission: Any, snapshot: Snapshot, last: Moment | None) -> Sequence[Moment]:
    """The round; of a station that plans as time goes on, the steps that came after the last one."""
    if not hasattr(mission, "talks"):
        return (asked_now(mission, snapshot),)
    first, until = -1 if last is None else last.t, snapshot.body.live.step  # type: ignore[union-attr]
    if last is None:
        return steps(mission.settle(snapshot), 0, 0, max(until, 1), foresees=False)
    return steps(mission.settle(snapshot), 0, first + 1, until, foresees=False) if until > first + 1 else ()


def then(record: ChargingRecord) -> Sequence[Moment]:
    """The rounds that were kept; of a day that was planned as it went on, its steps."""
    if record.day.agreements == 0:
        return asked_then(record)
    return steps(record, 0, 0, record.day.metered_kwh.shape[1], foresees=False)


def steps(record: ChargingRecord, k: int, begin: int, end: int, foresees: bool) -> Sequence[Step]:
    """Steps of the day from `begin` to before `end`; who `foresees` knows the prices of all of it."""
    day, found = record.day, []
    content = day.content_kwh
    price = record.prices[0, -1].reshape(-1, record.decision.shape[2]).max(axis=0) / day.hours
    been = np.maximum.accumulate(content > 0.0, axis=1)
    for t in range(begin, min(end, content.shape[1])):
        parts = (content[:, t], day.metered_kwh[:, t], been[:, t], day.line_a[:, t])
        found.append(Step(k, t, *parts, price if foresees else _known(price, (t + 1) / content.shape[1])))
    return tuple(found)


def _known(price: Array, share: float) -> Array:
    """Prices of the periods that are over when a `share` of the day is; NaN for the others."""
    return np.where(np.arange(1.0, len(price) + 1) <= share * len(price) + 1e-9, price, np.nan)
