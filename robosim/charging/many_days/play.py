"""The days of a file, each of them played as a mission of its own, and added up rule by rule.

A day is the cars that come on it, with the whole of their stays: who stays over night is there until it leaves, and
meets nobody of the next day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from robosim.charging.baselines import MOST, Baseline, against, least_of
from robosim.charging.days import Days
from robosim.charging.formats.reading import read
from robosim.charging.scenario import ChargingScenario
from robosim.errors import BadInput, RobosimError

WORLD = "charging"
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
    """A world, and what replaces its keys."""

    world: str
    seed: int | None
    keys: tuple[str, ...]

    def scenario(self, day: str) -> ChargingScenario:
        """That of one day. Raises `BadInput` for a world that has no station."""
        from robosim.scenario.loading import load_scenario

        found = load_scenario(self.world, seed=self.seed, overrides=[f"station.day={day}", *self.keys])
        if not isinstance(found, ChargingScenario):
            raise BadInput(f"{self.world}: has no station (name a world of kind charging)")
        return found


def asked(file: str, world: str | None, seed: int | None, keys: Sequence[str]) -> Asked:
    """A file of sessions at the station of a world, or at the usual one."""
    usual = () if world else tuple(f"{key}={value}" for key, value in USUAL.items())
    return Asked(world or WORLD, seed, (*usual, f"station.sessions={file}", *keys))


def days_in(what: Asked, first: date | None, last: date | None) -> list[date]:
    """The days of the file on which somebody comes, within bounds. Raises `BadInput` where there are none."""
    scenario = what.scenario("2019-10-29")
    keys, path = scenario.station, scenario.existing_file_of("sessions")
    if path is None:
        message = f'must be a file, got "{keys.sessions}"'
        raise scenario.error("station.sessions", f"{message} (robosim run plays drawn days and those of ACN-Data)")
    reading = read(path, None if keys.timezone is None else ZoneInfo(keys.timezone), keys.column_names)
    there = sorted(reading.days)
    if not there:
        raise BadInput(f"{path}: has no sessions")
    wanted = Days(first or there[0], last or there[-1])
    found = [day for day in there if wanted.has(day)]
    if not found:
        raise BadInput(f"{path}: nobody comes on {wanted} (it has days from {there[0]} to {there[-1]})")
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
