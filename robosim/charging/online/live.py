"""A station as time goes on, in several missions side by side: what meters counted, what batteries hold, the prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.mission import BuiltDay
from robosim.charging.problem import ChargingDay
from robosim.kernels.live import live_step

Ints = NDArray[np.int64]


class Live(NamedTuple):
    """R missions of N cars before a step; a mission that has not `begun` is still the same as the one it begins from.

    Energies in kWh. Prices are those agreed on last, dollars a kW and period.
    """

    step: int
    begun: NDArray[np.bool_]
    """(R,)."""
    content: Array
    """(R, N) in the batteries."""
    metered: Array
    """(R, N) since the arrival, and"""
    done: Array
    """(R, N) in this period."""
    owed: Array
    """(R, N) what pilots rounded away."""
    price: Array
    """(R, K, T); where the last row is that of the room alone, the power in it, kW: its price falls as time goes on."""
    worth: Array
    """(R, N) dollars: what was metered, at the prices agreed on then."""
    peak: Array
    """(R,) kW, the highest summed power of a period that is over."""


class Stint(NamedTuple):
    """What happened in one step: A missions `rows` of R, P cars `who` of N."""

    rows: Ints
    who: Ints
    kwh: Array
    """(A, P) metered."""
    allotted: Array
    """(A, P) kWh that were agreed on."""
    pilot_a: Array
    """(A, P)."""
    line_a: Array
    """(A, K)."""
    content: Array
    """(A, P) kWh at the end."""
    price: Array
    """(A, K) of the period."""


class Meters:
    """What happened in each step so far; who goes back to an earlier one forgets what came after."""

    def __init__(self) -> None:
        self.stints: list[Stint] = []

    def note(self, step: int, stint: Stint) -> None:
        """Step `step` is over."""
        del self.stints[step:]
        self.stints.append(stint)


@dataclass(frozen=True, kw_only=True)
class LiveStation:
    """Cars, posts and wires of a day in which R missions are played side by side.

    `stay` (1|R, N, 2) are arrival and departure in steps; `first` (R,) is the mission from which each begins, and
    `absent` (R,) the car that is missing from it, -1 for none. The last of the cars are second sessions of the cars
    `owner` (E,).
    """

    day: BuiltDay
    stay: Array
    first: Ints
    absent: Ints
    owner: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    room: float = 0.0
    """As `BuiltDay.room`; 0 for those who reckon without what may come."""

    @property
    def problem(self) -> ChargingDay:
        """The day for somebody who knows it whole, with shares of periods."""
        return self.day.problem

    @property
    def rows(self) -> int:
        """K, for which there are prices: those of the day come first."""
        return int(self.problem.reached.shape[1]) + self.keeps_room

    @property
    def keeps_room(self) -> bool:
        """Whether the last row is that of the room alone: what it costs is known from the power that was planned."""
        return self.room > 0.0 and not self.problem.aggregated

    @property
    def ratio(self) -> int:
        """Steps of a period."""
        return self.day.station.ratio

    @property
    def step_h(self) -> float:
        """Length of a step."""
        return self.day.station.step_h

    @property
    def steps(self) -> int:
        """S."""
        return self.day.station.steps

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """(R, N): who comes at all."""
        return np.asarray(np.arange(self.problem.agents) != self.absent[:, None])

    def start(self, price: float) -> Live:
        """Before the first step: nobody has come."""
        problem, missions = self.problem, len(self.first)
        nothing = np.zeros((missions, problem.agents))
        prices = np.full((missions, self.rows, problem.periods), price)
        content = np.repeat(self.day.station.content_kwh[None], missions, axis=0)
        return Live(0, self.absent < 0, content, nothing, nothing, nothing, prices, nothing, np.zeros(missions))

    def branched(self, live: Live, until: int) -> Live:
        """Missions without a car begin with the step in which it comes: until then they are those with it."""
        live = self.handed_over(live, until)
        if live.begun.all():
            return live
        stay = self.stay[np.minimum(self.first, len(self.stay) - 1), np.maximum(self.absent, 0)]
        new = ~live.begun & (stay[:, 0] < until) & (stay[:, 1] > stay[:, 0])
        if not new.any():
            return live
        parts = {}
        for name in ("content", "metered", "done", "owed", "price", "worth", "peak"):
            x = getattr(live, name).copy()
            x[new] = x[self.first[new]]
            parts[name] = x
        return live._replace(begun=live.begun | new, **parts)

    def handed_over(self, live: Live, until: int) -> Live:
        """Second sessions that begin before `until` have the batteries that the first ones left, and want the rest.

        The day without a first session is replayed with the second as it was: to the station that is another car.
        """
        begin, end = np.moveaxis(self.stay[:, self.problem.agents - len(self.owner) :], 2, 0)
        rows, which = np.nonzero((begin >= live.step) & (begin < until) & (end > begin))
        if not rows.size:
            return live
        content, metered, from_ = live.content.copy(), live.metered.copy(), (self.first[rows], self.owner[which])
        place = (rows, self.problem.agents - len(self.owner) + which)
        content[place], metered[place] = content[from_], metered[from_]
        return live._replace(content=content, metered=metered)

    def lived(self, live: Live, rows: Ints, who: Ints, plan_kw: Array, meters: Meters) -> Live:
        """The step is over: `plan_kw` (A, P) was the power agreed on for the missions `rows` and the cars `who`."""
        station, t = self.day.station, live.step
        content, metered, owed = live.content.copy(), live.metered.copy(), live.owed.copy()
        shape, wires, here = (len(rows), len(who)), station.wires, self.share(who, t, t + 1, 1, rows)[..., 0]
        plan_kw = self._leavers_first(plan_kw, here, rows, who, t)
        kwh, pilot_a, line_a = np.zeros(shape), np.zeros(shape), np.zeros((len(rows), len(wires.limit_a)))
        live_step(
            station.cars, station.posts, wires, self.stay, rows, who, plan_kw, station.step_h, t,
            content, metered, owed, kwh, pilot_a, line_a,
        )  # fmt: skip
        allotted = plan_kw * station.step_h * here
        at, place = t // self.ratio, np.ix_(rows, who)
        price = live.price[rows, : self.problem.reached.shape[1], at]  # who is there pays for what the day has
        meters.note(t, Stint(rows, who, kwh, allotted, pilot_a, line_a, content[place], price))
        worth, done, peak = live.worth.copy(), live.done.copy(), live.peak
        worth[place] += kwh / self.problem.hours * (price @ self.problem.reached[who].T)
        done[place] += kwh
        if (t + 1) % self.ratio == 0:
            done, peak = np.zeros_like(done), np.maximum(peak, done.sum(axis=1) / self.problem.hours)
        return live._replace(step=t + 1, content=content, metered=metered, owed=owed, done=done, worth=worth, peak=peak)

    def _leavers_first(self, plan_kw: Array, here: Array, rows: Ints, who: Ints, t: int) -> Array:
        """The plan (A, P) where cars that are there for a part of the period crowd the feeder in this step, `here` of
        which they are there: those who stay for the rest of it and more wait, they catch up.
        """
        leave = self.stay[0, who, 1] if len(self.stay) == 1 else self.stay[np.ix_(rows, who)][..., 1]
        stays = leave >= (t // self.ratio + 1) * self.ratio
        load, weights = plan_kw * here, self.problem.weights[who]
        first, rest = np.where(stays, 0.0, load) @ weights, np.where(stays, load, 0.0) @ weights
        room = np.maximum(self.given_kw(t) - first, 0.0)
        part = np.where(rest > room, room / np.where(rest > 0.0, rest, 1.0), 1.0)
        least = np.where(weights > 0.0, part[:, None], 1.0).min(axis=2)
        return np.where(stays, plan_kw * least, plan_kw)

    def given_kw(self, t: int) -> Array:
        """What there is of each planned row in step t, (K,)."""
        spare = self.day.spare
        return self.problem.given_kw[:, t // self.ratio] if spare is None else self.problem.rows_kw * spare[:, t]

    def spared(self, t: int, end: int) -> Array:
        """The share of each row that there is for whole periods from step t on, (1|K, periods until `end`): the least
        of their steps, in the present period of those that are left."""
        period, problem, spare = t // self.ratio, self.problem, self.day.spare
        if problem.spared is None:
            return np.ones((1, end - period))
        found = problem.spared[:, period:end].copy()
        if spare is not None:
            found[:, 0] = spare[:, t : (period + 1) * self.ratio].min(axis=1)
        return found

    def share(self, who: Ints, first: int, last: int, ratio: int, rows: Ints | None = None) -> Array:
        """Which part of each `ratio` steps from step `first` on cars are there, (1|A, P, …), but not before `first`.

        The steps begin with the whole `ratio` in which `first` lies.
        """
        stay = self.stay[:, who] if rows is None or len(self.stay) == 1 else self.stay[np.ix_(rows, who)]
        begin = np.arange(first // ratio, -(-last // ratio))[None, None] * ratio
        from_, to = np.maximum(stay[..., :1], first), stay[..., 1:]
        return np.asarray(np.clip(np.minimum(to, begin + ratio) - np.maximum(from_, begin), 0.0, None) / ratio)
