"""What selfish EVs gain on sampled days: python scripts/study_selfish_evs.py [--days 59] [--json FILE].

Each number samples a day (at Caltech, at JPL, or drawn), whether drivers truly want what they asked for or what they
got, how scarce power is, batteries, private costs, and one EV, which then plays every strategy in every variant, alone.
If the true share of days on which somebody gains more than ε were 5 % or more, 59 days would show none of them with
probability 0.95^59 < 5 % only.

The problem without the EV never hears it, so the part of the VCG tax that is announced before is the same bits whatever
it says: what it gains under VCG is what it gains under the Groves tax without that part, N times cheaper to play.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import robosim
from robosim.agent import Deviation, Strategy
from robosim.controllers.selfish.evs import EV_DEVIATIONS

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "ev"
SITES = ("acn_caltech", "acn_jpl", "drawn")
CROWD = (10, 60)
"""Sessions of a day."""
ROUNDS = 800
VARIANTS: dict[str, Sequence[dict[str, float]]] = {
    "over-ask": [{}, {"factor": 1.2}],
    "early-departure": [{}, {"hours": 3.0}],
    "cost-misreport": [{}, {"unmet": 0.8}, {"unmet": 2.0}, {"wear": 3.0}, {"waiting_dollars_per_kwh_h": 0.02}],
    "constant-bid": [{}, {"power_kw": 2.0}],
    "capacity-withholding": [{}, {"share": 0.8}],
    "bait-and-switch": [
        {},
        {"catch": 1.03},
        {"catch": 1.25},
        {"catch": 1.5},
        {"bait": 0.8, "catch": 1.02},
        {"bait": 0.8, "catch": 1.06},
    ],
    "shift": [{}, {"hours": -1.0}],
    "proportional": [{}, {"factor": 0.95}, {"factor": 1.1}],
    "freeze": [{}, {"after_round": 20}],
    "as-in-data": [{}],
}


class Tried(NamedTuple):
    """One EV, one variant, one day; gains are against being faithful, dollars.

    `epsilon` is certified for the day, `own_epsilon` the same with this EV's own shortfall in place of the largest.
    """

    number: int
    day: str
    agent: int
    strategy: str
    parameters: dict[str, float]
    epsilon: float
    own_epsilon: float
    vcg: float
    clearing: float


def main() -> None:
    """The table on stdout, progress on stderr."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--days", type=int, default=59)
    options.add_argument("--json", type=Path, help="every try, one a line")
    given = options.parse_args()
    tried: list[Tried] = []
    for number in range(given.days):
        tried += study(number)
        print(f"{number + 1}/{given.days}: {tried[-1].day}", file=sys.stderr)
    if given.json:
        given.json.write_text("\n".join(json.dumps(one._asdict()) for one in tried) + "\n")
    print(table(tried))


def study(number: int, variants: dict[str, Sequence[dict[str, float]]] = VARIANTS, rounds: int = ROUNDS) -> list[Tried]:
    """Everything that the EV of one sample tries."""
    day, options, rng = sampled(number)
    free = robosim.load(
        "charging-day-ahead", seed=number, set=options | {"station.limit_kw": 1e4, "leader.tax": "none"}
    ).run()
    limit_kw = float(rng.uniform(0.3, 0.9) * free.decision[0].sum(axis=0).max())
    agent = int(rng.choice(np.flatnonzero(free.decision[0].sum(axis=1) > 0)))
    options |= {"station.limit_kw": limit_kw, "leader.tax": "groves", "mission.rounds": rounds}
    mission = robosim.load("charging-day-ahead", seed=number, set=options)
    honest = mission.run()
    epsilon = honest.verdict.epsilon.certified, float(honest.gap[0] + max(0.0, honest.day.shortfall[0, agent]))
    cases = [(name, EV_DEVIATIONS[name](**given), given) for name, many in variants.items() for given in many]
    gains = gained(mission, agent, [strategy for _, strategy, _ in cases])
    return [
        Tried(number, day, agent, name, asdict(strategy), *epsilon, *map(float, pair))
        for (name, strategy, _), pair in zip(cases, gains, strict=True)
    ]


def sampled(number: int) -> tuple[str, dict[str, Any], np.random.Generator]:
    """The name of a sampled day, the options that make it, and the generator for what else is sampled."""
    rng = np.random.default_rng([59, number])
    site = SITES[number % len(SITES)]
    options = {
        "station.unmet": "allowed",
        "station.wants": str(rng.choice(["asked", "delivered"])),
        "station.battery": str(rng.choice(["linear", "two-stage"])),
    }
    if site == "drawn":
        count = int(rng.integers(*CROWD))
        return f"drawn, {count} EVs", options | {"station.count": count}, rng
    path, day = crowded_days(site)[rng.integers(len(crowded_days(site)))]
    real = {"station.sessions": str(path), "station.day": day, "station.claimed_only": True}
    return f"{site} {day}", options | real, rng


@cache
def crowded_days(site: str) -> list[tuple[Path, str]]:
    """Days on which as many drivers as `CROWD` told what they want."""
    found = []
    for path in sorted((DATA / site).glob("*.csv.gz")):
        with gzip.open(path, "rt") as opened:
            told = Counter(row["arrival"][:10] for row in csv.DictReader(opened) if row["claimed"] == "True")
        found += [(path, day) for day, count in sorted(told.items()) if CROWD[0] <= count < CROWD[1]]
    return found


def gained(mission: Any, agent: int, strategies: Sequence[Strategy]) -> np.ndarray:
    """What each strategy gains under Groves and under the clearing price, (strategies, 2); all missions in one batch.

    Mission 0 is the faithful one.
    """
    one = np.array([agent])
    plans = [Deviation(strategy=plan, missions=np.array([row]), agents=one) for row, plan in enumerate(strategies, 1)]
    batch = mission.playing(tuple(plans), batch=len(plans) + 1)
    snapshot = batch.played()
    costs = [batch.billed(tax).settle(snapshot).net_cost[:, agent] for tax in ("groves", "clearing-price")]
    return np.stack([cost[0] - cost[1:] for cost in costs], axis=1)


def table(tried: Sequence[Tried]) -> str:
    """What came out, one line a strategy, as Markdown."""
    head = "| strategy | tried | best gain, VCG | of it more than certified | best gain, price | mean | gained |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *lines(tried)])


def lines(tried: Sequence[Tried]) -> Iterator[str]:
    """The rows of the table; of the clearing price, the best variant of each day counts."""
    for name in EV_DEVIATIONS:
        mine = [one for one in tried if one.strategy == name]
        best = [max(one.clearing for one in mine if one.number == day) for day in sorted({one.number for one in mine})]
        vcg, beyond = max(one.vcg for one in mine), max(one.vcg - one.own_epsilon for one in mine)
        won = sum(gain > 1e-3 for gain in best)
        yield (
            f"| {name} | {len(mine)} | {vcg:.2g} | {beyond:.2g} | {max(best):.4g} | {np.mean(best):.3g} "
            f"| {won} of {len(best)} days |"
        )


if __name__ == "__main__":
    main()
