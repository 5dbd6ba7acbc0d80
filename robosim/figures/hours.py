"""What all pictures of a charging day share: the hours across, cars and their colours, prices at the plugs."""

from __future__ import annotations

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
from robosim.controllers.charging import price_at_plug
from robosim.errors import BadInput
from robosim.figures.style import selfish
from robosim.palette import BLUE, GREEN, ORANGE, PURPLE, SKY, look
from robosim.records.auction_record import AuctionRecord
from robosim.records.day_log import DayLog

DISTINCT = (BLUE, ORANGE, GREEN, PURPLE, SKY)
"""Up to so many cars have a colour of their own and are named."""
SAME = 1e-9
"""Plugs whose prices differ by no more, as a share, have one price."""
SERVED_KWH = 0.05
"""Who lacks less has what it wanted."""


def log_of(record: AuctionRecord) -> DayLog:
    """The executed day of a record. Raises `BadInput` where there is none."""
    if record.day is None:
        raise BadInput(f"{record.world}: nothing was executed at a station (use a world such as charging)")
    return record.day


def hours_across(axes: Axes) -> None:
    """The day from 0 to 24 h."""
    axes.set(xlim=(0, 24), xlabel="hour of the day (h)")
    axes.set_xticks(range(0, 25, 3))


def stairs(axes: Axes, values: Array, **look: Any) -> None:
    """One value for each period or step of the day, (T,)."""
    axes.plot(*corners(values), drawstyle="steps-post", **look)


def corners(values: Array) -> tuple[Array, Array]:
    """Hours and values of T steps of a day, (T + 1,) each, the last value twice."""
    return np.linspace(0.0, 24.0, len(values) + 1), np.append(values, values[-1])


def plug_prices(record: AuctionRecord, mission: int, row: int = -1) -> Array:
    """What a kWh costs beside the tariff at every plug in a kept round, (N, T) dollars, (1, T) where all pay alike."""
    price = price_at_plug(record.types, record.prices[mission, row][None, None])[0] / log_of(record).hours
    alike = np.ptp(price, axis=0).max() <= SAME * np.abs(price).max()
    return np.asarray(price[:1] if alike else price)


def clock(hours: float) -> str:
    """An hour of the day as a clock shows it.

    >>> clock(10.25)
    '10:15'
    """
    return f"{int(hours)}:{round(hours % 1 * 60):02d}"


def players(record: AuctionRecord, mission: int) -> dict[int, str]:
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


def explain_colours(figure: Figure, axes: Sequence[Axes], day: DayLog) -> None:
    """A bar of the hours of arrival, where colours mean those."""
    if len(day.stay_min) > len(DISTINCT):
        figure.colorbar(_arrivals(day), ax=list(axes), label="arrival (h)", aspect=30, pad=0.015, extend="both")


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
