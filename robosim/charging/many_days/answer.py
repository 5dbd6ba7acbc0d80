"""What is shown of many days: a row a day, the sums rule by rule, and tables for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from rich.table import Table

from robosim.charging.baselines import MPC, OURS, Baseline
from robosim.charging.many_days.play import LeftOut, Played, summed
from robosim.cli.tables import empty_table

SHORT = {
    OURS[True]: "online",
    OURS[False]: "ahead",
    MPC: "MPC",
    "uncontrolled": "free",
    "earliest deadline": "EDF",
    "least laxity": "LLF",
    "round robin": "turns",
}
COLUMNS = ("day", "cars", "wanted_kwh", "least", *(field.name for field in fields(Baseline)))


def days_table(days: Sequence[Played]) -> Table:
    """A row a day: how many per cent each rule was dearer than the least that the day costs who knows all of it."""
    rules = [one.rule for one in days[0].rules]
    made = empty_table("day", "EVs", "least", *(SHORT[rule] for rule in rules), left={"day"})
    made.columns[0].no_wrap = True
    made.add_row("", "", "$", *["+%"] * len(rules), style="dim")
    for one in days:
        gaps = [_per_cent(rule) for rule in one.rules]
        made.add_row(str(one.day), str(one.cars), f"{one.least:.2f}", *gaps)
    made.add_section()
    cars, least = sum(day.cars for day in days), sum(day.least for day in days)
    made.add_row("all", str(cars), f"{least:.2f}", *(_per_cent(one) for one in summed(days)))
    words = "; ".join(f"{SHORT[rule]}: {rule}" for rule in rules if SHORT[rule] != rule)
    made.caption, made.caption_justify = f"Dearer than the least, in per cent. {words}.", "left"
    return made


def _per_cent(one: Baseline) -> str:
    return "-" if np.isnan(one.gap) else f"{100 * one.gap:.1f}".replace("-0.0", "0.0")


def as_csv(days: Sequence[Played]) -> str:
    """A row a day and rule, with everything that is known of it; dollars, kWh, kW, A, shares."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for day in days:
        for one in day.rules:
            table.writerow([day.day, day.cars, day.wanted_kwh, day.least, *asdict(one).values()])
    return text.getvalue()


def as_json(days: Sequence[Played], left_out: Sequence[LeftOut], interrupted: bool) -> dict[str, Any]:
    """Days, sums, and what is missing."""
    return {
        "days": [
            {
                "day": day.day.isoformat(),
                "cars": day.cars,
                "wanted_kwh": day.wanted_kwh,
                "least": day.least,
                "rules": [asdict(one) for one in day.rules],
            }
            for day in days
        ],
        "sums": [asdict(one) for one in summed(days)] if days else [],
        "left_out": [{"day": one.day.isoformat(), "why": one.why} for one in left_out],
        "interrupted": interrupted,
    }
