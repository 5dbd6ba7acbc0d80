"""The days of a file, each of them played as a mission of its own, and added up rule by rule.

A day is the cars that come on it, with the whole of their stays: who stays over night is there until it leaves, and
meets nobody of the next day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from robosim.charging.baselines import MOST, Baseline, against, least_of
from robosim.charging.days import Days
from robosim.charging.formats.reading import read
from robosim.charging.scenario import ChargingScenario
from robosim.errors import BadInput, RobosimError

WORLD = "charging"
ANY_DAY = "2019-10-29"
"""Keys are the same on all days."""
USUAL = {
    "mission.planning": "online",
    "mission.rounds": 100,
    "leader.epsilon_share": 1e-6,
    "leader.tax": "none",
    "station.unmet": "allowed",
    "station.mpc": "never",
}
"""What holds where no world is named: plans as time goes on, no bill, and who cannot be served is no error."""


class Played(NamedTuple):
    """A day: how many cars came and what they wanted, the least that it costs, dollars, and how each rule did."""

    day: date
    cars: int
    wanted_kwh: float
    least: float
    rules: tuple[Baseline, ...]


class LeftOut(NamedTuple):
    """A day that could not be played, and why."""

    day: date
    why: str


class Asked(NamedTuple):
    """A file of sessions, a world, and what replaces its keys."""

    file: str
    world: str
    seed: int | None
    keys: tuple[str, ...]

    def scenario(self, day: str) -> ChargingScenario:
        """That of one day. Raises `BadInput` for a world that has no station."""
        from robosim.scenario.loading import load_scenario

        mine = (f"station.sessions={self.file}", f"station.day={day}")
        found = load_scenario(self.world, seed=self.seed, overrides=[*self.keys, *mine])
        if not isinstance(found, ChargingScenario):
            raise BadInput(f"{self.world}: has no station (name a world of kind charging)")
        return found


def asked(file: str, world: str | None, seed: int | None, keys: Sequence[str]) -> Asked:
    """A file of sessions at the station of a world, or at the usual one. Raises `BadInput`: no file, or named twice."""
    if not Path(file).is_file():
        raise BadInput(f"{file}: no such file (name one with charging sessions; robosim run plays other days)")
    given = {key.partition("=")[0].strip() for key in keys}
    for key, option in (("station.sessions", "FILE"), ("station.day", "--from and --to")):
        if key in given:
            raise BadInput(f"--set: {key} is chosen by {option} (leave it out)")
    usual = () if world else tuple(f"{key}={value}" for key, value in USUAL.items() if key not in given)
    return Asked(file, world or WORLD, seed, (*keys, *usual))


def days_in(what: Asked, first: date | None, last: date | None) -> list[date]:
    """The days of the file on which somebody comes, within bounds. Raises `BadInput` where there are none."""
    keys = what.scenario(ANY_DAY).station
    zone = None if keys.timezone is None else ZoneInfo(keys.timezone)
    there = sorted(read(what.file, zone, keys.column_names).days)
    if not there:
        raise BadInput(f"{what.file}: has no sessions")
    wanted = Days(first or there[0], last or there[-1])
    found = [day for day in there if wanted.has(day)]
    if not found:
        raise BadInput(f"{what.file}: nobody comes on {wanted} (it has days from {there[0]} to {there[-1]})")
    return found


def play(what: Asked, days: Sequence[date]) -> Iterator[Played | LeftOut]:
    """One day after the other; raises `KeyboardInterrupt` where somebody stops it, in the middle of a day."""
    for day in days:
        try:
            yield _played(what, day)
        except RobosimError as problem:
            yield LeftOut(day, str(problem).splitlines()[0])


def _played(what: Asked, day: date) -> Played:
    from robosim.build import build

    mission: Any = build(what.scenario(day.isoformat()))
    record = mission.run(every=mission.rounds)
    if len(record.day.wanted_kwh) > MOST:
        raise BadInput(f"has more than {MOST} sessions, for which no rules are compared")
    rules = record.verdict.baselines
    if record.interrupted or rules is None:
        raise KeyboardInterrupt
    found = tuple(Baseline(**cast(Any, one)) for one in rules)
    return Played(day, len(record.day.wanted_kwh), float(record.day.wanted_kwh.sum()), least_of(mission.day), found)


def summed(days: Sequence[Played]) -> tuple[Baseline, ...]:
    """Rule by rule, over days that have the same rules: sums, the highest peak, and means over cars of shares."""
    least, cars = sum(day.least for day in days), sum(day.cars for day in days)
    return tuple(
        against(_sum([one for one in column if one], [day.cars / cars for day in days]), least)
        for column in zip(*(day.rules for day in days), strict=True)
    )


def _sum(rules: Sequence[Baseline], weights: Sequence[float]) -> Baseline:
    def mean(name: str) -> float:
        return float(sum(w * getattr(one, name) for w, one in zip(weights, rules, strict=True)))

    added = {name: sum(getattr(one, name) for one in rules) for name in ("delivered_kwh", "unmet_kwh", "social_cost")}
    most = {name: max(getattr(one, name) for one in rules) for name in ("highest_kw", "excess_a", "excess_share")}
    return replace(rules[0], **added, **most, served_share=mean("served_share"), fairness=mean("fairness"))
