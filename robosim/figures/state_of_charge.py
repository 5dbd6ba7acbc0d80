"""How full batteries are while their cars are there."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.figures.hours import (
    DISTINCT,
    SERVED_KWH,
    colours,
    delivery,
    explain_colours,
    hours_across,
    in_order,
    log_of,
    players,
)
from robosim.figures.style import CROWD, INK, PAGE_IN, finish, house_style, sheet
from robosim.palette import VERMILLION, look
from robosim.records.auction_record import AuctionRecord
from robosim.records.day_log import DayLog


@house_style()
def charge(record: AuctionRecord, mission: int = 0) -> Figure:
    """State of charge, content over capacity in %, of each car from its arrival (hollow) to its departure (filled).

    Crosses mark who leaves without what it wanted; the selfish have their colour and marker. Raises `BadInput` for
    another mission of a batch than 0, of which batteries are not kept.
    """
    day = log_of(record)
    if mission != 0:
        raise BadInput(f"mission: batteries are kept of mission 0, got {mission} (draw that one)")
    strategies = players(record, mission)
    figure, (axes,) = sheet(PAGE_IN, 3.2)
    shades = colours(day, strategies)
    for car in in_order(day, list(strategies)).tolist()[::-1]:
        _car(axes, day, car, shades[car], strategies.get(car))
    _lacking(axes, day)
    _names(axes, len(day.stay_min), strategies)
    axes.set(ylabel="state of charge (%)", ylim=(0, 104))
    hours_across(axes)
    explain_colours(figure, [axes], day)
    return finish(figure, record, columns=5, note=delivery(day, mission))


def soc(day: DayLog, car: int) -> tuple[Array, Array]:
    """Hours, from the arrival on, and the state of charge then, %."""
    steps = day.content_kwh.shape[1]
    first = int(np.floor(day.stay_min[car, 0] / 60.0 / day.step_h))
    stop = min(max(int(np.ceil(day.stay_min[car, 1] / 60.0 / day.step_h)), first + 1), steps)
    content = day.content_kwh[car, first:stop]
    kwh = np.concatenate([content[-1:] - day.stored_kwh[car], content])
    return np.arange(first, stop + 1) * day.step_h, 100.0 * kwh / day.capacity_kwh[car]


def _car(axes: Axes, day: DayLog, car: int, colour: object, strategy: str | None) -> None:
    hours, percent = soc(day, car)
    many, marker = len(day.stay_min) > CROWD, look(strategy or "faithful").shape
    width = 1.6 if strategy else 0.5 if many else 0.9
    axes.plot(hours, percent, color=colour, lw=width, zorder=3.0 if strategy else 2.0, rasterized=many)
    if strategy or not many:
        style: dict[str, Any] = {"ls": "", "marker": marker, "ms": 5.5 if strategy else 2.6, "mec": colour, "mew": 0.7}
        axes.plot(hours[0], percent[0], mfc="white", zorder=3.5, clip_on=False, **style)
        axes.plot(hours[-1], percent[-1], mfc=colour, zorder=3.5, clip_on=False, **style)


def _lacking(axes: Axes, day: DayLog) -> None:
    lacking = np.flatnonzero(day.wanted_kwh - day.metered_kwh.sum(axis=1) > SERVED_KWH)
    if lacking.size:
        left = [tuple(x[-1] for x in soc(day, int(car))) for car in lacking]
        axes.plot(*zip(*left, strict=True), ls="", marker="x", ms=6, mew=1.4, color=VERMILLION, zorder=4, clip_on=False,
                  label="leaves without all it wanted")  # fmt: skip


def _names(axes: Axes, count: int, strategies: dict[int, str]) -> None:
    """Entries of the legend."""
    axes.plot([], [], ls="", marker="o", ms=3, mfc="white", mec=INK, label="arrival")
    axes.plot([], [], ls="", marker="o", ms=3, mfc=INK, mec=INK, label="departure")
    for name in dict.fromkeys(strategies.values()):
        seen = look(name)
        axes.plot([], [], color=seen.colour, lw=1.6, marker=seen.shape, ms=5.5, label=name)
    for car in range(count) if count <= len(DISTINCT) else ():
        if car not in strategies:
            axes.plot([], [], color=DISTINCT[car], label=f"EV {car}")
