"""Who draws how much when: power by car under what the feeder carries, and the price of it above."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.figures.hours import (
    DISTINCT,
    colours,
    corners,
    delivery,
    explain_colours,
    hours_across,
    in_order,
    log_of,
    players,
    plug_prices,
    stairs,
)
from robosim.figures.style import FAINT, INK, PAGE_IN, finish, house_style, sheet
from robosim.palette import BLUE, SKY, VERMILLION, look
from robosim.records.auction_record import AuctionRecord
from robosim.records.day_log import DayLog

OUTLINED = 60
"""More cars have no line between them."""

IN_ROW = 5
"""Entries of the legend."""


@house_style()
def power(record: AuctionRecord, mission: int = 0) -> Figure:
    """Metered power of every car stacked, kW, the selfish hatched at the bottom; price and tariff above, $/kWh.

    Steps of the execution (of mission 0; means of the periods of others). Of a feeder with several rows, such as a
    three-phase transformer, the row that is loaded most stands below as a share of its limit, instead of the one limit.
    """
    day, rows = log_of(record), _rows_shown(record, mission)
    figure, axes = sheet(PAGE_IN, 3.9 if rows == 2 else 4.9, rows=rows)
    axes[0].get_gridspec().set_height_ratios([1.0, 2.2, 0.8][:rows])
    _prices(axes[0], record, day, mission)
    _stack(axes[1], record, day, mission)
    note = delivery(day, mission)
    if len(day.limit_a) == 1:
        _limit(axes[1], float(day.rows_kw[0]), f"feeder limit {day.rows_kw[0]:g} kW")
    elif rows == 3:
        load = 100.0 * (day.line_a / day.limit_a[:, None]).max(axis=0)
        stairs(axes[2], load, color=BLUE, label="most loaded row of the feeder")
        _limit(axes[2], 100.0, "its limit")
        axes[2].set(ylabel="load (%)", ylim=(0.0, 1.15 * max(100.0, load.max())))
        note += f"; the feeder at {load.max():.1f} % of a limit"
    hours_across(axes[-1])
    explain_colours(figure, axes, day)
    entries = sum(len(each.get_legend_handles_labels()[0]) for each in axes)
    return finish(figure, record, columns=entries if entries <= IN_ROW else -(-entries // 2), note=note)


def _rows_shown(record: AuctionRecord, mission: int) -> int:
    """Currents are kept of mission 0."""
    return 3 if len(log_of(record).limit_a) > 1 and mission == 0 else 2


def _prices(axes: Axes, record: AuctionRecord, day: DayLog, mission: int) -> None:
    """λ at the plugs, a band where plugs differ, and the tariff."""
    at_plugs = plug_prices(record, mission)
    highest, lowest = at_plugs.max(axis=0), at_plugs.min(axis=0)
    if len(at_plugs) > 1:
        hours = corners(lowest)[0]
        axes.fill_between(
            hours, corners(lowest)[1], corners(highest)[1], step="post", color=SKY, alpha=0.6, lw=0, label="other plugs"
        )
    stairs(axes, highest, color=BLUE, lw=1.2, label="price" if len(at_plugs) == 1 else "price at the dearest plug")
    stairs(axes, day.tariff_per_kwh, color=INK, ls=(0, (4, 2)), label="tariff")
    axes.set(ylabel="\\$/kWh")
    axes.axhline(0.0, color=FAINT, lw=0.5, zorder=0)


def _stack(axes: Axes, record: AuctionRecord, day: DayLog, mission: int) -> None:
    kw, strategies = power_kw(day, mission), players(record, mission)
    shades, base = colours(day, strategies), np.zeros(kw.shape[1])
    for car in in_order(day, list(strategies)).tolist():
        top = base + kw[car]
        if kw[car].any():
            named = f"EV {car}" if len(kw) <= len(DISTINCT) and car not in strategies else ""
            style: dict[str, Any] = {"hatch": "//////", "ec": "white", "lw": 0.0} if car in strategies else {}
            edge = {"ec": "white", "lw": 0.25 if len(kw) <= OUTLINED else 0.0}
            _layer(axes, base, top, fc=shades[car], label=named, **(style or edge))
        base = top
    stairs(axes, day.plan_kw[mission].sum(axis=0), color=INK, lw=0.8, ls=(0, (1, 1)), label="planned")
    _marks(axes, kw, strategies)
    axes.set(ylabel="power (kW)", ylim=(0.0, None))


def power_kw(day: DayLog, mission: int) -> Array:
    """Metered power in each step of the execution, (N, S) kW: means of a period's steps unless they are kept."""
    if mission == 0:
        return np.asarray(day.metered_kwh / day.step_h)
    return np.repeat(day.metered_kw[mission], day.metered_kwh.shape[1] // day.metered_kw.shape[2], axis=1)


def _layer(axes: Axes, low: Array, high: Array, **style: Any) -> None:
    """One car, from its first step with power to its last."""
    on = np.flatnonzero(high > low)
    part = slice(on[0], on[-1] + 1)
    hours = corners(low)[0][on[0] : on[-1] + 2]
    (lower, upper) = (np.append(x[part], x[on[-1]]) for x in (low, high))
    axes.fill_between(hours, lower, upper, step="post", **style)


def _marks(axes: Axes, kw: Array, strategies: dict[int, str]) -> None:
    """The marker of each selfish car in the middle of its layer, where that is thickest."""
    base, named = np.zeros(kw.shape[1]), set()
    for car, name in strategies.items():
        at = int(kw[car].argmax())
        seen, hour = look(name), (at + 0.5) * 24.0 / kw.shape[1]
        axes.plot(
            hour,
            base[at] + kw[car, at] / 2,
            ls="",
            marker=seen.shape,
            mfc=seen.colour,
            mec=INK,
            ms=6,
            zorder=5,
            label="" if name in named else name,
        )
        named.add(name)
        base = base + kw[car]


def _limit(axes: Axes, height: float, label: str) -> None:
    axes.axhline(height, color=VERMILLION, lw=1.4, ls=(0, (6, 2)), zorder=4, label=label)
