"""What is shown of many days: a row a day, the sums rule by rule, a table for other programs, and a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from robosim.charging.baselines import MPC, OURS, Baseline
from robosim.charging.many_days.play import LeftOut, Played, summed
from robosim.cli.tables import empty_table
from robosim.figures.style import FAINT, INK, PAGE_IN, house_style, sheet
from robosim.palette import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION

SHORT = {
    OURS[True]: "online",
    OURS[False]: "ahead",
    MPC: "MPC",
    "uncontrolled": "free",
    "earliest deadline": "EDF",
    "least laxity": "LLF",
    "round robin": "turns",
}
LOOKS = {
    OURS[True]: (BLUE, "o"),
    OURS[False]: (SKY, "s"),
    MPC: (INK, "x"),
    "uncontrolled": (FAINT, "D"),
    "earliest deadline": (ORANGE, "^"),
    "least laxity": (GREEN, "v"),
    "round robin": (VERMILLION, "P"),
}
"""Colour and marker of each rule; Okabe and Ito's colours."""
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


@house_style()
def costs(days: Sequence[Played], title: str) -> Figure:
    """What each day cost under each rule, $, and above it the least; below, how much dearer each was, in per cent.

    Uncontrolled charging exceeds the feeder, the least does not.
    """
    figure, (top, low) = sheet(PAGE_IN, 4.6, rows=2)
    dates = [day.day for day in days]
    top.plot(dates, [day.least for day in days], color=PURPLE, lw=1.6, label="least (knows all)", zorder=1)
    for place, one in enumerate(days[0].rules):
        colour, marker = LOOKS[one.rule]
        look: dict[str, Any] = {"color": colour, "marker": marker, "ms": 3.5, "lw": 0.7, "mew": 0.6}
        over = any(day.rules[place].excess_share > 1e-6 for day in days)
        label = f"{one.rule} (exceeds the feeder)" if over else one.rule
        top.plot(dates, [day.rules[place].social_cost for day in days], label=label, **look)
        low.plot(dates, [100 * day.rules[place].gap for day in days], **look | {"ls": ""})
    low.axhline(0.0, color=PURPLE, lw=1.6, zorder=1)
    top.set(ylabel=r"cost of the day (\$)", ylim=(0, None))
    low.set(xlabel="day on which cars came", ylabel="above the least (%)")
    low.set_yscale("symlog", linthresh=1.0)  # even between -1 and 1 %, logarithmic beyond
    low.margins(y=0.08)
    low.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    for axes in (top, low):
        axes.grid(axis="y")
    for label in low.get_xticklabels():
        label.set(rotation=30, ha="right", rotation_mode="anchor")
    top.set_title(title, loc="left", color=INK)
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
