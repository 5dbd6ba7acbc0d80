"""What drivers' own misstatements cost them and others, online, on busy real days: python scripts/study_stated.py.

The truth is what each car got and when it left; what its driver told is what he asked for and when he meant to leave.
On each day each driver who told something lets the car say that, alone, while all others tell the truth; then all do.

A car's change of net cost under VCG is that under the Groves tax: the part of the tax that is other cars' cost without
it is the same bits whatever it says. Costs of others are their private costs, dollars.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import robosim
from robosim.agent import Deviation
from robosim.controllers.selfish.evs import AsInData

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "ev"
SITES = {"acn_caltech": 60.0, "acn_jpl": 150.0}
"""Site → limit of its feeder, kW."""
KEYS = {
    "mission.planning": "online",
    "mission.rounds": 100,
    "leader.epsilon_share": 1e-6,
    "leader.tax": "none",
    "station.unmet": "allowed",
    "station.wants": "delivered",
}
TAXES = {"vcg": "groves", "clearing-price": "clearing-price", "none": "none"}
"""Each tax, and the one under which net costs change as much without the days on which somebody is absent."""
NOTHING = 1e-3
"""Dollars: less is what the agreements leave open."""


@dataclass(frozen=True)
class Day:
    """What changed on a day, dollars, where each of D drivers told what he told, alone; and where all did.

    `own` tax → (D,) net cost of the driver; `others` (D,) private costs of all others; `together` the cost of the day
    where all tell the truth, and where all say what they told.
    """

    name: str
    own: dict[str, np.ndarray]
    others: np.ndarray
    together: tuple[float, float]


def main() -> None:
    """The table on stdout, a day at a time."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--days", type=int, default=3, help="of each site, the busiest")
    days = [studied(*day) for site in SITES for day in busiest(site, options.parse_args().days)]
    print(table(days))


def busiest(site: str, count: int) -> list[tuple[str, Path, str, float]]:
    """The days on which most sessions begin: a name, the file, the day, the limit of the feeder."""
    arrivals: Counter[tuple[str, Path]] = Counter()
    for path in sorted((DATA / site).glob("*.csv.gz")):
        with gzip.open(path, "rt") as opened:
            arrivals.update((row["arrival"][:10], path) for row in csv.DictReader(opened))
    first = sorted(arrivals, key=lambda one: (-arrivals[one], one))[:count]
    return [(f"{site[4:]} {day}", path, day, SITES[site]) for day, path in first]


def studied(name: str, path: Path, day: str, limit_kw: float) -> Day:
    """One day: a batch of missions, the truth first, then each driver alone, then all of them."""
    keys = KEYS | {"station.sessions": str(path), "station.day": day, "station.limit_kw": limit_kw}
    mission: Any = robosim.load("charging", set=keys)
    told = np.flatnonzero(mission.day.sessions.claimed)
    rows = np.arange(1, len(told) + 1)
    everybody = np.full(len(told), len(told) + 1)
    plans = [Deviation(strategy=AsInData(), missions=np.r_[rows, everybody], agents=np.r_[told, told])]
    batch = mission.playing(tuple(plans), batch=len(told) + 2)
    snapshot = batch.played()
    bills = {tax: batch.billed(instead).settle(snapshot) for tax, instead in TAXES.items()}
    private = bills["none"].private_cost
    own = {tax: (bill.net_cost[rows, told] - bill.net_cost[0, told]) for tax, bill in bills.items()}
    others = (private[rows].sum(axis=1) - private[rows, told]) - (private[0].sum() - private[0, told])
    return Day(name, own, others, (float(private[0].sum()), float(private[-1].sum())))


def table(days: list[Day]) -> str:
    """What came out, as Markdown: a row a tax, over all drivers of all days; then a line on all at once."""
    others = np.concatenate([day.others for day in days])
    head = "| tax | drivers | lose by it | gain by it | own net cost, mean | largest gain | all others' cost, mean |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for tax in TAXES:
        own = np.concatenate([day.own[tax] for day in days])
        lines.append(
            f"| {tax} | {len(own)} | {(own > NOTHING).sum()} | {(own < -NOTHING).sum()} | {own.mean():+.3f} $ "
            f"| {max(0.0, -own.min()):.3f} $ | {others.mean():+.3f} $ |"
        )
    for day in days:
        true, told = day.together
        lines.append(
            f"\n{day.name}: all tell the truth {true:.2f} $, all what they told {told:.2f} $ ({told / true:.2f} ×)"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
