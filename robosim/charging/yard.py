"""The station as a map: posts in rows, cars that stand there, come and have just gone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.moments import Step
from robosim.charging.record import DayLog
from robosim.view.scene import Agents, Areas, Ids, Lines, Map, Words

WIDE, HIGH = 1.0, 1.3
"""A post with its car and names, in units of the map, which mean nothing."""
SOON_MIN = 15.0
"""Who comes or has gone within so many minutes is seen beside the station."""
LANES, ABOVE = 1.1, 0.16
USUAL_KW = 6.6
"""The widest cable is that of so much power, or of more."""


@dataclass(frozen=True, kw_only=True)
class Yard:
    """Posts by their numbers: `at` (posts, 2); `of_car` (N,) the place of each car's post among them."""

    day: DayLog
    names: tuple[str, ...]
    at: Array
    of_car: NDArray[np.int64]

    @classmethod
    def of(cls, day: DayLog) -> Yard:
        """All posts that have names; of those without, the ones that are ever used."""
        post = _turns(day.stay_min) if day.post is None else day.post
        if day.post_ids and day.post is not None:
            used, of_car = np.arange(len(day.post_ids)), post
        else:
            used, of_car = np.unique(post, return_inverse=True)
        names = day.post_ids if day.post_ids and day.post is not None else tuple(f"post {i}" for i in used.tolist())
        across = max(1, int(np.ceil(np.sqrt(len(used) * 2.4))))
        row, column = np.divmod(np.arange(len(used)), across)
        return cls(day=day, names=names, at=np.stack([column * WIDE, -row * HIGH], axis=1), of_car=of_car)

    def drawn(self, step: Step, kw: Array, kin: Ids, minute: float) -> Map:
        """The station at the end of a step, `minute` of the day."""
        shown, at = self._cars(step, minute)
        low, high = self.at.min(axis=0), self.at.max(axis=0)
        rim = np.array([LANES + 0.6, HIGH / 2])
        box = np.stack([low - rim, high + rim])
        return Map(
            box=box,
            unit="",
            areas=(self._posts(),),
            lines=(self._powers(step, kw),),
            agents=Agents(ids=shown, at=at, kin=kin[shown], level=self._level(step)[shown]),
            words=(self._names(), _lanes(box)),
        )

    def _cars(self, step: Step, minute: float) -> tuple[Ids, Array]:
        """Who is seen, and where: at its post, to the left who comes, to the right who has gone."""
        here, (arrival, departure) = step.here, self.day.stay_min.T
        comes = ~step.been & (arrival < minute + SOON_MIN) & (departure > minute)
        gone = ~here & step.been & (departure > minute - SOON_MIN) & (departure <= minute)
        place = self.at[self.of_car].copy()
        place[here, 1] += ABOVE
        for who, x in ((comes, self.at[:, 0].min() - LANES), (gone, self.at[:, 0].max() + LANES)):
            place[who, 0] = x
        shown = np.flatnonzero(here | comes | gone)
        return shown, _apart(place[shown], here[shown])

    def _level(self, step: Step) -> Array:
        """How full batteries are; NaN where capacity is not known, and for who is not there."""
        full = np.where(np.isfinite(self.day.capacity_kwh), step.content_kwh / self.day.capacity_kwh, np.nan)
        return np.where(step.here, full, np.nan)

    def _posts(self) -> Areas:
        corner = np.array([[-0.44, -0.56], [0.44, -0.56], [0.44, 0.56], [-0.44, 0.56]])
        corners = (self.at[:, None] + corner).reshape(-1, 2)
        return Areas(corners=corners, first=np.arange(len(self.at) + 1) * 4, ink="post", name="post")

    def _names(self) -> Words:
        return Words(at=self.at - [0.0, 0.44], text=self.names)

    def _powers(self, step: Step, kw: Array) -> Lines:
        """A cable to each car that draws power, as wide as it is much."""
        draws = np.flatnonzero(step.here & (kw > 0.0))
        car = self.at[self.of_car[draws]] + [0.0, ABOVE]
        ends = np.stack([car - [0.0, 0.46], car], axis=1)
        return Lines(ends=ends, ink="load", name="power", width=kw[draws] / max(float(kw.max(initial=0.0)), USUAL_KW))


def _lanes(box: Array) -> Words:
    left, (right, high) = box[0, 0], box[1]
    edge = np.array([[left + 0.6, high - 0.2], [right - 0.6, high - 0.2]])
    return Words(at=edge, text=("coming", "gone"))


def _apart(place: Array, fixed: NDArray[np.bool_]) -> Array:
    """Who would stand on somebody else beside the station stands a little lower."""
    taken: set[tuple[float, float]] = set()
    for i in np.flatnonzero(~fixed).tolist():
        while (spot := (round(float(place[i, 0]), 3), round(float(place[i, 1]), 3))) in taken:
            place[i, 1] -= 0.45
        taken.add(spot)
    return place


def _turns(stay_min: Array) -> NDArray[np.int64]:
    """A post for each car, (N,), where a record does not say: the first that is free when it comes."""
    free_from: list[float] = []
    post = np.zeros(len(stay_min), dtype=np.int64)
    for car in np.argsort(stay_min[:, 0], kind="stable").tolist():
        arrival, departure = stay_min[car].tolist()
        found = next((i for i, until in enumerate(free_from) if until <= arrival), len(free_from))
        free_from[found : found + 1] = [departure]
        post[car] = found
    return post
