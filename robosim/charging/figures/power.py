"""Power by car under what the feeder carries, its price above, and how full the batteries are."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.charging.figures.hours import (
    DISTINCT,
    SERVED_KWH,
    colours,
    corners,
    delivery,
    explain_colours,
    hours_across,
    in_order,
    players,
    plug_prices,
    price_name,
    span_h,
    stairs,
)
from robosim.charging.record import ChargingRecord, DayLog
from robosim.errors import BadInput
from robosim.figures.paper import PAPER, Paper
from robosim.figures.style import CROWD, FAINT, INK, house_style
from robosim.palette import BLUE, SKY, VERMILLION, look

SMALL_PT = 2.6
"""Marks of cars that are faithful."""
OUTLINED = 60
"""More cars have no line between them."""

LIMIT: dict[str, Any] = {"color": VERMILLION, "lw": 1.4, "ls": (0, (6, 2)), "zorder": 4}


@house_style()
def power(record: ChargingRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """Metered power of every car stacked, kW, the selfish hatched at the bottom; price and tariff above, $/kWh.

    Steps of the execution (of mission 0; means of the periods of others). Of a feeder with several rows, such as a
    three-phase transformer, the row that is loaded most stands below as a share of its limit, instead of the one limit.
    """
    day, rows = record.day, _rows_shown(record, mission)
    axes = paper.sheet(3.9 if rows == 2 else 4.9, rows=rows, columns=2)
    if not paper.axes:
        axes[0].get_gridspec().set_height_ratios([1.0, 2.2, 0.8][:rows])  # type: ignore[union-attr]
    _prices(axes[0], record, day, mission)
    _stack(axes[1], record, day, mission)
    note = delivery(day, mission)
    if len(day.limit_a) == 1 and (day.limit_a == day.limit_a[:, :1]).all():
        _limit(axes[1], float(day.feeder_kw[0]), f"feeder limit {day.feeder_kw[0]:g} kW")
    elif len(day.limit_a) == 1:
        stairs(axes[1], day, day.feeder_kw, label="left for the cars", **LIMIT)
        axes[1].set(ylim=(0.0, max(axes[1].get_ylim()[1], 1.05 * day.feeder_kw.max())))
    elif rows == 3:
        load = 100.0 * _shares(day).max(axis=0)
        stairs(axes[2], day, load, color=BLUE, label="most loaded row of the feeder")
        _limit(axes[2], 100.0, "its limit")
        axes[2].set(ylabel="load (%)", ylim=(0.0, 1.15 * max(100.0, load.max())))
        note += f"; the feeder at {load.max():.1f} % of a limit"
    hours_across(axes[-1], day)
    for one in axes[:-1]:
        one.set_xlim(axes[-1].get_xlim())
    explain_colours(axes, day)
    return paper.finish(axes, record, note)


def _shares(day: DayLog) -> Array:
    """What rows carry of what they may in each step, (K, S); 0 where there is nothing to carry."""
    return np.divide(day.line_a, day.limit_a, out=np.zeros_like(day.line_a), where=day.limit_a > 0.0)


def _rows_shown(record: ChargingRecord, mission: int) -> int:
    """Currents are kept of mission 0."""
    return 3 if len(record.day.limit_a) > 1 and mission == 0 else 2


def _prices(axes: Axes, record: ChargingRecord, day: DayLog, mission: int) -> None:
    """λ at the plugs, a band where plugs differ, and the tariff."""
    at_plugs = plug_prices(record, mission)
    highest, lowest = at_plugs.max(axis=0), at_plugs.min(axis=0)
    if len(at_plugs) > 1:
        (hours, low), (_, high) = corners(day, lowest), corners(day, highest)
        axes.fill_between(hours, low, high, step="post", color=SKY, alpha=0.6, lw=0, label="other plugs")
    stairs(axes, day, highest, color=BLUE, lw=1.2, label="price" if len(at_plugs) == 1 else "price at the dearest plug")
    stairs(axes, day, day.tariff_per_kwh, color=INK, ls=(0, (4, 2)), label=price_name(record))
    axes.set(ylabel="\\$/kWh")
    axes.axhline(0.0, color=FAINT, lw=0.5, zorder=0)


def _stack(axes: Axes, record: ChargingRecord, day: DayLog, mission: int) -> None:
    kw, strategies = power_kw(day, mission), players(record, mission)
    shades, base = colours(day, strategies), np.zeros(kw.shape[1])
    for car in in_order(day, list(strategies)).tolist():
        top = base + kw[car]
        if kw[car].any():
            named = f"EV {car}" if len(kw) <= len(DISTINCT) and car not in strategies else ""
            style: dict[str, Any] = {"hatch": "//////", "ec": "white", "lw": 0.0} if car in strategies else {}
            edge = {"ec": "white", "lw": 0.25 if len(kw) <= OUTLINED else 0.0}
            _layer(axes, day, base, top, fc=shades[car], label=named, **(style or edge))
        base = top
    stairs(axes, day, day.plan_kw[mission].sum(axis=0), color=INK, lw=0.8, ls=(0, (1, 1)), label="planned")
    _marks(axes, day, kw, strategies)
    axes.set(ylabel="power (kW)", ylim=(0.0, None))


def power_kw(day: DayLog, mission: int) -> Array:
    """Metered power in each step of the execution, (N, S) kW: means of a period's steps unless they are kept."""
    if mission == 0:
        return np.asarray(day.metered_kwh / day.step_h)
    return np.repeat(day.metered_kw[mission], day.metered_kwh.shape[1] // day.metered_kw.shape[2], axis=1)


def _layer(axes: Axes, day: DayLog, low: Array, high: Array, **style: Any) -> None:
    """One car, from its first step with power to its last."""
    on = np.flatnonzero(high > low)
    part = slice(on[0], on[-1] + 1)
    hours = corners(day, low)[0][on[0] : on[-1] + 2]
    (lower, upper) = (np.append(x[part], x[on[-1]]) for x in (low, high))
    axes.fill_between(hours, lower, upper, step="post", **style)


def _marks(axes: Axes, day: DayLog, kw: Array, strategies: dict[int, str]) -> None:
    """The marker of each selfish car in the middle of its layer, where that is thickest."""
    base, named = np.zeros(kw.shape[1]), set()
    for car, name in strategies.items():
        at = int(kw[car].argmax())
        seen, hour = look(name), (at + 0.5) * span_h(day) / kw.shape[1]
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
    axes.axhline(height, label=label, **LIMIT)


@house_style()
def charge(record: ChargingRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """State of charge, content over capacity in %, of each car from its arrival (hollow) to its departure (filled).

    Crosses mark who leaves without what it wanted; the selfish have their colour and marker. Raises `BadInput` for
    another mission of a batch than 0, of which batteries are not kept.
    """
    day = record.day
    if mission != 0:
        raise BadInput(f"mission: batteries are kept of mission 0, got {mission} (draw that one)")
    strategies = players(record, mission)
    (axes,) = paper.sheet(3.2, columns=2)
    shades = colours(day, strategies)
    for car in in_order(day, list(strategies)).tolist()[::-1]:
        _car(axes, day, car, shades[car], strategies.get(car))
    _lacking(axes, day)
    _names(axes, len(day.stay_min), strategies)
    axes.set(ylabel="state of charge (%)", ylim=(0, 104))
    hours_across(axes, day)
    explain_colours([axes], day)
    return paper.finish([axes], record, delivery(day, mission))


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
        style: dict[str, Any] = {
            "ls": "",
            "marker": marker,
            "ms": 5.5 if strategy else SMALL_PT,
            "mec": colour,
            "mew": 0.7,
        }
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
    honest = look("faithful").shape
    axes.plot([], [], ls="", marker=honest, ms=SMALL_PT, mfc="white", mec=INK, mew=0.7, label="arrival")
    axes.plot([], [], ls="", marker=honest, ms=SMALL_PT, mfc=INK, mec=INK, mew=0.7, label="departure")
    for name in dict.fromkeys(strategies.values()):
        seen = look(name)
        axes.plot([], [], color=seen.colour, lw=1.6, marker=seen.shape, ms=5.5, label=name)
    for car in range(count) if count <= len(DISTINCT) else ():
        if car not in strategies:
            axes.plot([], [], color=DISTINCT[car], lw=0.9, marker=honest, ms=SMALL_PT, label=f"EV {car}")
