"""Several missions side by side: what came out, and what each agent pays, one column a mission."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from robosim.record import Record, finite
from robosim.report.rows import MOST


def beside(records: Sequence[Record], names: Sequence[str]) -> dict[str, Any]:
    """`rows` of what is asked of each, and `agents` with the net cost of each where missions have as many agents.

    `names` are the columns. A figure that is not known is None.
    """
    told = [_asked(one) for one in records]
    questions = list(dict.fromkeys(question for one in told for question in one))
    rows = [[question, *(one.get(question) for one in told)] for question in questions]
    counts, units = {one.private_cost.shape[1] for one in records}, {one.unit for one in records}
    bills = None
    if len(counts) == len(units) == 1 and max(counts) <= MOST:
        net = [finite(one.net_cost[0]) for one in records]
        each = [[i, *row] for i, row in enumerate(zip(*net, strict=True))]
        bills = {"title": "Net cost of each agent", "unit": records[0].unit, "rows": each}
    return {"names": list(names), "rows": rows, "agents": bills}


def _asked(record: Record) -> dict[str, Any]:
    verdict, unit, leader = record.verdict, record.unit, record.leader(0)
    gains = [one.gain for one in verdict.gains]
    return {
        "world": record.world,
        "seed": record.seed,
        "tax": record.tax_rule,
        "agents": record.private_cost.shape[1],
        "selfish": len([1 for mission, _ in record.strategies if mission == 0]),
        "rounds": record.rounds,
        f"social cost, {unit}": verdict.social_cost,
        f"optimum, {unit}": verdict.optimum,
        f"sum of taxes, {unit}": verdict.budget,
        f"one selfish agent could gain, {unit}": verdict.epsilon.certified,
        f"  of it exact, {unit}": verdict.epsilon.exact,
        f"  within limits, {unit}": verdict.epsilon.bounded,
        f"the selfish gained at most, {unit}": max(gains, default=None),
        "distance at the end": leader["distance"],
        "distance allowed": leader["beta"],
        "fined": "all" if leader["penalised"] else "nobody",
        "reports refused": len(leader["refused"]),
    }


def titles(records: Sequence[Record], places: Sequence[str] = ()) -> list[str]:
    """A name for each: its folder or its world, as short as tells them apart, else numbered."""
    short = [Path(place).name or place for place in places]
    for given in (short, list(places), [one.world for one in records]):
        if given and len(set(given)) == len(records):
            return given
    return [f"{one.world} {i}" for i, one in enumerate(records, start=1)]
