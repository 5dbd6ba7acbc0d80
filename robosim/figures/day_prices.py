"""How the prices of a day came about, round by round."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from robosim.figures.hours import clock, hours_across, log_of, plug_prices, stairs
from robosim.figures.style import INK, PAGE_IN, finish, house_style, sheet
from robosim.records.auction_record import AuctionRecord

CURVES = 5


@house_style()
def day_prices(record: AuctionRecord, mission: int = 0) -> Figure:
    """The price of every period at the dearest plug, $/kWh, in a few rounds from the first to the last (bold)."""
    day = log_of(record)
    figure, (axes,) = sheet(PAGE_IN, 2.9)
    rows = rounds_shown(len(record.kept))
    shades = mpl.colormaps["viridis_r"](np.linspace(0.15, 0.75, len(rows)))
    for row, shade in zip(rows[:-1], shades, strict=False):
        price = plug_prices(record, mission, row).max(axis=0)
        stairs(axes, price, color=shade, lw=0.8, label=f"round {record.kept[row]}")
    last = plug_prices(record, mission, -1).max(axis=0)
    stairs(axes, last, color=INK, lw=1.6, label=f"round {record.kept[-1]}, the last")
    stairs(axes, day.tariff_per_kwh, color=INK, lw=0.8, ls=(0, (4, 2)), label="tariff")
    where = "" if len(plug_prices(record, mission)) == 1 else " at the dearest plug"
    axes.set(ylabel=f"price{where} (\\$/kWh)")
    hours_across(axes)
    peak = rf"highest {last.max():.4g} \$/kWh at {clock(24.0 * float(last.argmax()) / len(last))}"
    return finish(figure, record, columns=4, note=peak if last.max() > 0 else "nothing is scarce")


def rounds_shown(kept: int) -> list[int]:
    """A few of the kept rounds after the first, evenly on a logarithmic scale, and the last.

    >>> rounds_shown(67)
    [1, 3, 8, 23, 66]
    """
    spread = np.rint(np.geomspace(1, max(kept - 1, 1), CURVES)).astype(int)
    rows: list[int] = np.unique(spread.clip(max=kept - 1)).tolist()
    return rows
