"""A day that is planned as time goes on, as learners see it: those who are plugged in have words, the others have none.

Words about periods are as long as the day. The first number is about the present period, whatever time it is, and
beyond the end of an agreement there are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim import program
from robosim.agent import Array, Heard, Said
from robosim.charging.online.live import Live
from robosim.charging.online.log import measured
from robosim.charging.online.mission import OnlineCharging
from robosim.charging.online.visits import joined
from robosim.controllers.parts.charging import metered_cost
from robosim.mission import Snapshot

PLANNED = "z"
"""The word that has a number for each period; of the leader's all that are longer than one number have, row by row."""


def turns(mission: Any) -> DayTurns | None:
    """Of days that are planned as time goes on; day-ahead everybody speaks in every round."""
    return DayTurns(mission) if isinstance(mission, OnlineCharging) else None


class DayTurns:
    """A step is an exchange of words in an agreement (`robosim.rl.turns.Turns`); mission 0 is shown."""

    parts: Mapping[str, int] = {"here": 1, "clock": 1, "lacking": 1}
    meters = True

    def __init__(self, mission: OnlineCharging) -> None:
        self.mission, self.cars = mission, mission.network.n
        self._paid: tuple[Live, Array] | None = None

    @cached_property
    def form(self) -> Heard:
        """Words as long as the day, zeros."""
        return _form(self.mission)

    def opened(self) -> Snapshot:
        """The first who come are there."""
        return self.mission.opened()

    def exchange(self, snapshot: Snapshot | None) -> Snapshot:
        """Everybody who is there speaks."""
        assert snapshot is not None
        return self.mission.exchange(snapshot)

    def over(self, snapshot: Snapshot | None) -> bool:
        """The last car has left."""
        return snapshot is not None and self.mission.finished(snapshot)

    def speaking(self, snapshot: Snapshot | None) -> NDArray[np.bool_]:
        """Who is there and wants something."""
        found = np.zeros(self.cars, dtype=np.bool_)
        found[self._cars_at(snapshot)[0]] = True
        return found

    def place(self, snapshot: Snapshot | None) -> tuple[int, int]:
        """The step before which the agreement is made, and its round."""
        body: Any = None if snapshot is None else snapshot.body
        if body is None or body.talk is None:
            return 0, 0
        return body.live.step, 0 if body.inner is None else body.inner.k + 1

    def progress(self, snapshot: Snapshot | None) -> tuple[float, bool]:
        """Of the rounds of the agreement."""
        spoken, rounds = self.place(snapshot)[1], self.mission.talks
        return spoken / (rounds + 1), spoken == rounds

    def heard(self, snapshot: Snapshot | None) -> Heard | None:
        """What those who are there said last in this agreement, and the prices; before its first words, from which it
        starts."""
        where, columns = self._cars_at(snapshot)
        if snapshot is None or not where.size:
            return None
        talk, inner = snapshot.body.talk, snapshot.body.inner
        own, leader, _, _ = self.form
        said = {word: np.full_like(x, np.nan) for word, x in own.items()}
        cast = {word: np.full((1, self.cars, x.shape[2]), np.nan) for word, x in leader.items()}
        for word, x in ({} if inner is None else inner.heard.own).items():
            said[word][0, where, : x.shape[2]] = x[0, columns]
        words: Said = {"price": talk.left.price} if inner is None else inner.heard.leader
        for word, x in words.items():
            cast[word][0, where] = _by_row(x[0, 0], talk.left.day.periods, cast[word].shape[2], self._periods)
        return Heard(said, cast, self.mission.network.links, {})

    def more(self, snapshot: Snapshot | None) -> Mapping[str, Array]:
        """Whether it speaks next, which share of the day is over, and what it lacks, kWh."""
        assert snapshot is not None
        live, problem, station = snapshot.body.live, self.mission.day.problem, self.mission.station
        lacking = np.maximum(problem.energy * problem.hours - live.metered[0, : self.cars], 0.0)
        clock = np.full(self.cars, live.step / station.steps)
        return {"here": self.speaking(snapshot)[:, None] * 1.0, "clock": clock[:, None], "lacking": lacking[:, None]}

    def running(self, snapshot: Snapshot | None) -> Array | None:
        """What was metered so far costs, and those who have left what they did not get, (agents,) dollars."""
        assert snapshot is not None
        live = snapshot.body.live
        if self._paid is None or self._paid[0] is not live:
            self._paid = live, _paid(self.mission, snapshot)
        return self._paid[1]

    @property
    def _periods(self) -> int:
        return self.mission.day.problem.periods

    def _cars_at(self, snapshot: Snapshot | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Cars that take part, of mission 0, and their columns; second sessions play what the world has them play."""
        talk = None if snapshot is None else snapshot.body.talk
        if talk is None:
            nobody = np.zeros(0, dtype=np.int64)
            return nobody, nobody
        columns = np.flatnonzero(talk.left.present[0] & (talk.left.who < self.cars))
        return talk.left.who[columns], columns


def _form(mission: OnlineCharging) -> Heard:
    problem = mission.day.problem
    rows = mission.station.rows - problem.reached.shape[1]
    day = replace(problem, loss=np.ones(problem.periods)) if rows else problem  # room for later has a price of its own
    rules = day.rules(**mission.rules) | {"supply": day.supply}
    leader, cars = program.announce(mission.coordinator, rules)[1], mission.network.n
    own = {word: np.zeros((1, cars, least)) for word, (least, _) in mission.words.items()}
    return Heard(own, {word: np.zeros((1, 1, x.shape[2])) for word, x in leader.items()}, mission.network.links, {})


def _by_row(x: Array, left: int, size: int, periods: int) -> Array:
    """A word of the leader's about `left` periods, row by row, as one of `size` about the whole day."""
    if size == 1:
        return x
    found = np.full((size // periods, periods), np.nan)
    found[:, :left] = x.reshape(-1, left)
    return found.ravel()


def _paid(mission: OnlineCharging, snapshot: Snapshot) -> Array:
    live, played = snapshot.body.live, mission.by_session
    metered = measured(played.station, snapshot.body.meters, live.step).metered_kw[:1]
    if played.second is not None:
        metered = joined(metered, played.second)
    gone = mission.finished(snapshot) | (mission.day.station.cars.stay[:, 1] <= live.step)
    own = mission.allocation.own()
    wish = own["wish"].copy()
    wish[..., 3] = np.where(gone, wish[..., 3], 0.0)  # who is still there may yet get it
    return np.asarray(metered_cost(own | {"wish": wish}, metered)[0, :, 0])
