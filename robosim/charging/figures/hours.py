"""What pictures of a charging day share, hours and colours of cars, and the prices of the day round by round."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.record import ChargingRecord, DayLog
from robosim.controllers.parts.charging import price_at_plug
from robosim.figures.paper import PAPER, Paper, sheet_of
from robosim.figures.style import INK, house_style, selfish
from robosim.palette import BLUE, GREEN, ORANGE, PURPLE, SKY, look

DISTINCT = (BLUE, ORANGE, GREEN, PURPLE, SKY)
"""Up to so many cars have a colour of their own and are named."""
SAME = 1e-9
"""Plugs whose prices differ by no more, as a share, have one price."""
SERVED_KWH = 0.05
"""Who lacks less has what it wanted."""


def hours_across(axes: Axes, day: DayLog) -> None:
    """From midnight of the day to the last departure, at least 24 h."""
    span = span_h(day)
    axes.set(xlim=(0, span), xlabel="hour of the day (h)" if span <= 24 else "hours since midnight of the day (h)")
    axes.set_xticks(np.arange(0, span + 1e-9, next((hours for hours in (3, 6, 12) if span / hours <= 14), 24)))


def span_h(day: DayLog) -> float:
    """Hours that are planned."""
    return float(day.hours * len(day.tariff_per_kwh))


def stairs(axes: Axes, day: DayLog, values: Array, **look: Any) -> None:
    """One value for each period or step of the day, (T,)."""
    axes.plot(*corners(day, values), drawstyle="steps-post", **look)


def corners(day: DayLog, values: Array) -> tuple[Array, Array]:
    """Hours and values of T steps of a day, (T + 1,) each, the last value twice."""
    return np.linspace(0.0, span_h(day), len(values) + 1), np.append(values, values[-1])


def plug_prices(record: ChargingRecord, mission: int, row: int = -1) -> Array:
    """What a kWh costs beside the tariff at every plug in a kept round, (N, T) dollars, (1, T) where all pay alike."""
    price = price_at_plug(record.types, record.prices[mission, row][None, None])[0] / record.day.hours
    alike = np.ptp(price, axis=0).max() <= SAME * np.abs(price).max()
    return np.asarray(price[:1] if alike else price)


def price_name(record: ChargingRecord) -> str:
    """What the price of energy is made of."""
    priced = tomllib.loads(record.world_toml)["station"].get("carbon_dollars_per_kg", 0.0) > 0.0
    return "tariff and emissions" if priced else "tariff"


def clock(hours: float) -> str:
    """An hour of the day as a clock shows it.

    >>> clock(10.25)
    '10:15'
    """
    return f"{int(hours)}:{round(hours % 1 * 60):02d}"


def players(record: ChargingRecord, mission: int) -> dict[int, str]:
    """Car → what it plays, for the selfish, strategy by strategy."""
    return {agent: name for name, agents in selfish(record, mission).items() for agent in agents}


def in_order(day: DayLog, first: Sequence[int]) -> NDArray[np.int64]:
    """Cars in the order of their arrival, those named before all others."""
    others = np.setdiff1d(np.arange(len(day.stay_min)), first)
    arrived = others[np.argsort(day.stay_min[others, 0], kind="stable")]
    return np.concatenate([np.array(first, dtype=np.int64), arrived])


def colours(day: DayLog, strategies: dict[int, str]) -> list[Any]:
    """Of every car: what it plays, its own where there are few, or by the hour of its arrival."""
    count = len(day.stay_min)
    shades: list[Any] = list(DISTINCT[:count]) if count <= len(DISTINCT) else list(_arrivals(day).to_rgba(_hour(day)))
    return [look(strategies[i]).colour if i in strategies else shades[i] for i in range(count)]


def explain_colours(axes: Sequence[Axes], day: DayLog) -> None:
    """A bar of the hours of arrival, where colours mean those."""
    if len(day.stay_min) > len(DISTINCT):
        sheet_of(axes[0]).colorbar(
            _arrivals(day), ax=list(axes), label="arrival (h)", aspect=30, pad=0.015, extend="both"
        )


def _arrivals(day: DayLog) -> ScalarMappable:
    """Shades for nine of ten; who comes earlier or later than all those shares the end of the scale."""
    early, late = np.quantile(_hour(day), [0.05, 0.95])
    return ScalarMappable(Normalize(early, max(late, early + 1.0)), mpl.colormaps["viridis"])


def _hour(day: DayLog) -> Array:
    return np.asarray(day.stay_min[:, 0] / 60.0)


def delivery(day: DayLog, mission: int) -> str:
    """Energy metered and wanted, and how many cars went without."""
    metered = day.metered_kw[mission].sum(axis=1) * day.hours
    lacking = day.wanted_kwh - metered
    text = f"{metered.sum():.1f} of {day.wanted_kwh.sum():.1f} kWh"
    if lacking.max() <= SERVED_KWH:
        return text
    count = int((lacking > SERVED_KWH).sum())
    return f"{text}, {np.maximum(lacking, 0.0).sum():.1f} kWh unmet at {count} EV{'s' if count > 1 else ''}"


CURVES = 5


@house_style()
def day_prices(record: ChargingRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """The price of every period at the dearest plug, $/kWh, in a few rounds from the first to the last (bold).

    Of a day that was planned as time went on, the price of each period as it was agreed on then.
    """
    day = record.day
    (axes,) = paper.sheet(2.9, columns=2)
    rows = rounds_shown(len(record.kept))
    shades = mpl.colormaps["viridis_r"](np.linspace(0.15, 0.75, len(rows)))
    for row, shade in zip(rows[:-1], shades, strict=False):
        price = plug_prices(record, mission, row).max(axis=0)
        stairs(axes, day, price, color=shade, lw=0.8, label=f"round {record.kept[row]}")
    last = plug_prices(record, mission, -1).max(axis=0)
    whose = "agreed on" if day.agreements else f"round {record.kept[-1]}, the last"
    stairs(axes, day, last, color=INK, lw=1.6, label=whose)
    stairs(axes, day, day.tariff_per_kwh, color=INK, lw=0.8, ls=(0, (4, 2)), label=price_name(record))
    where = "" if len(plug_prices(record, mission)) == 1 else " at the dearest plug"
    axes.set(ylabel=f"price{where} (\\$/kWh)")
    hours_across(axes, day)
    peak = rf"highest {last.max():.4g} \$/kWh at {clock(day.hours * float(last.argmax()))}"
    return paper.finish([axes], record, peak if last.max() > 0 else "nothing is scarce")


def rounds_shown(kept: int) -> list[int]:
    """A few of the kept rounds after the first, evenly on a logarithmic scale, and the last.

    >>> rounds_shown(67)
    [1, 3, 8, 23, 66]
    """
    spread = np.rint(np.geomspace(1, max(kept - 1, 1), CURVES)).astype(int)
    rows: list[int] = np.unique(spread.clip(max=kept - 1)).tolist()
    return rows
