"""The busiest days of two real sites, played online beside rules of thumb that know as much."""

import csv
import gzip
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import robosim
from robosim.charging.baselines import RULES, Baseline, against, baseline, mpc, ours

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "ev"
KEYS = {
    "mission.planning": "online",
    "mission.rounds": 100,
    "leader.epsilon_share": 1e-6,
    "leader.tax": "none",
    "station.unmet": "allowed",
}
STATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "Caltech, 60 kW": ("acn_caltech", {"station.limit_kw": 60.0}),
    "Caltech, three phases": ("acn_caltech", {"station.site": "caltech", "station.limit_kw": 150.0}),
    "JPL, 150 kW": ("acn_jpl", {"station.limit_kw": 150.0}),
}
THUMB = [rule for rule in RULES if rule != "uncontrolled"]
"""Rules that keep to the feeder."""
SAME = 1e-6
"""Costs that differ by less of themselves are the same: more is left open by the agreements."""


class Seen(NamedTuple):
    """A day as it was played: ours, the rules, and what meters, batteries and wires say."""

    name: str
    mission: Any
    ours: Baseline
    rules: dict[str, Baseline]
    excess_a: float
    stored_off_kwh: float

    @property
    def lost(self) -> list[str]:
        """Rules of thumb that were cheaper."""
        return [rule for rule in THUMB if self.rules[rule].social_cost < self.ours.social_cost * (1 - SAME)]

    @property
    def central_off(self) -> float:
        """By which share of the cost one mind that solves the same did better than prices."""
        return 1.0 - mpc(self.mission.day, self.mission.every).social_cost / self.ours.social_cost


@cache
def busiest(site: str, count: int) -> tuple[tuple[Path, str], ...]:
    """Files and days of the days on which most sessions begin."""
    arrivals: Counter[tuple[str, Path]] = Counter()
    for path in sorted((DATA / site).glob("*.csv.gz")):
        with gzip.open(path, "rt") as opened:
            arrivals.update((row["arrival"][:10], path) for row in csv.DictReader(opened))
    first = sorted(arrivals, key=lambda one: (-arrivals[one], one))[:count]
    return tuple((path, day) for day, path in first)


def seen(station: str, path: Path, day: str, **keys: Any) -> Seen:
    """One day at one station."""
    asked = {name.replace("__", "."): value for name, value in keys.items()}
    set_ = KEYS | STATIONS[station][1] | {"station.sessions": str(path), "station.day": day} | asked
    mission: Any = robosim.load("charging", set=set_)
    record = mission.settle(mission.played())
    cars, log = mission.day.station.cars, record.day
    return Seen(
        f"{station}, {day}",
        mission,
        against(ours(mission.day, log), mission.least),
        {rule: against(baseline(mission.day, rule), mission.least) for rule in RULES},
        float(log.excess_a[0]),
        float(np.abs(log.stored_kwh - cars.efficiency * log.metered_kwh.sum(axis=1)).max()),
    )


def line(name: str, days: list[Seen]) -> str:
    """A row of the printed table: means over days of gaps, %, and of EVs served, %, ours and least laxity's."""
    gaps = [np.mean([100 * day.ours.gap for day in days])]
    gaps += [np.mean([100 * day.rules[rule].gap for day in days]) for rule in RULES]
    served = [np.mean([100 * one.served_share for one in many]) for many in columns(days)]
    lost = ", ".join(f"{day.name[-10:]} to {' and '.join(day.lost)}" for day in days if day.lost)
    figures = " ".join(f"{gap:6.2f}" for gap in gaps)
    return f"{name:46} {len(days):4} {figures}   {served[0]:3.0f} {served[1]:3.0f}   {lost}"


def columns(days: list[Seen]) -> tuple[list[Baseline], list[Baseline]]:
    """Ours and least laxity's."""
    return [day.ours for day in days], [day.rules["least laxity"] for day in days]


HEAD = f"{'above the least, %, means over days':46} days online   free    EDF    LLF  turns   served, LLF   lost"
