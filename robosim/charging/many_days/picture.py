"""Many days as a picture: what each cost under each rule, beside the least that it costs who knows all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from matplotlib.figure import Figure

from robosim.charging.baselines import MPC, OURS
from robosim.charging.many_days.play import Played
from robosim.figures.style import FAINT, INK, PAGE_IN, house_style, sheet
from robosim.palette import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION

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
FEW = 10
"""Days that have a tick each."""


@house_style()
def costs(days: Sequence[Played], title: str) -> Figure:
    """What each day cost under each rule, $, and above it the least; below, how much dearer each was, in per cent.

    Uncontrolled charging exceeds the feeder, the least does not.
    """
    figure, (top, low) = sheet(PAGE_IN, 4.6, rows=2)
    dates = [day.day for day in days]
    top.plot(dates, [day.least for day in days], color=PURPLE, lw=1.6, marker="_", label="least (knows all)", zorder=1)
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
    low.set_xlim(min(dates) - timedelta(days=1), max(dates) + timedelta(days=1))
    if len(dates) <= FEW:
        low.set_xticks(dates, [date.isoformat() for date in dates])
    low.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    for axes in (top, low):
        axes.grid(axis="y")
    for label in low.get_xticklabels():
        label.set(rotation=30, ha="right", rotation_mode="anchor")
    top.set_title(title, loc="left", color=INK)
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
