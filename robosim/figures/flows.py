"""Flows on a map: as wide as they are large, beside their road, with an arrow in the middle."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D

from robosim.agent import Array
from robosim.figures.style import INK
from robosim.palette import SKY
from robosim.records.haulage_record import RoadLog

WIDEST_PT, APART_PT = 7.0, 0.8
"""Width of the largest flow; room between the middle of a road and the flows beside it."""
NOTHING, THINNEST_PT = 1e-3, 0.5
"""Share of the largest flow up to which it is not drawn; smaller widths would not be seen."""


class Flows(NamedTuple):
    """Directed edges that carry something: ends (F, 2, 2), amount (F,), width in points (F,), direction (F, 2)."""

    ends: Array
    amount: Array
    width: Array
    along: Array


def flows_of(roads: RoadLog, flow: Array, aspect: float = 1.0) -> Flows:
    """What is drawn of edge flows (E,): edges with the same ends are one, and next to nothing is nothing."""
    ends, which = np.unique(roads.edges, axis=0, return_inverse=True)
    amount = np.bincount(which.ravel(), weights=flow, minlength=len(ends))
    some = amount > NOTHING * amount.max(initial=0.0)
    ends, amount = roads.positions[ends[some]], amount[some]
    along = (ends[:, 1] - ends[:, 0]) * [1.0, aspect]
    along /= np.maximum(np.hypot(*along.T), 1e-300)[:, None]
    return Flows(ends, amount, np.maximum(WIDEST_PT * amount / amount.max(initial=1e-300), THINNEST_PT), along)


def draw_flows(axes: Axes, flows: Flows) -> None:
    """Flows as lines beside their roads, and a triangle in each that is a little wider; sizes are in points."""
    if not len(flows.amount):
        return
    points: Any = Affine2D().scale(1 / 72.0) + axes.figure.dpi_scale_trans
    half = np.maximum(flows.width / 2, 1.4)
    right = np.stack([flows.along[:, 1], -flows.along[:, 0]], axis=1)
    aside = right * (half + APART_PT)[:, None]
    lines = LineCollection(list(flows.ends), colors=SKY, linewidths=flows.width, offsets=aside, zorder=2)
    lines.set_offset_transform(points)
    axes.add_collection(lines, autolim=False)
    across, ahead = half[:, None] * right, half[:, None] * flows.along
    corners = [aside + 1.6 * ahead, aside - 0.9 * ahead - across, aside - 0.9 * ahead + across]
    middle = flows.ends.mean(axis=1)
    heads = PolyCollection(list(np.stack(corners, axis=1)), facecolors=INK, linewidths=0, offsets=middle, zorder=3)
    heads.set_offset_transform(axes.transData)
    heads.set_transform(points)
    axes.add_collection(heads, autolim=False)


def explain_widths(axes: Axes, flows: Flows) -> None:
    """What three widths mean, in units of goods."""
    if not len(flows.amount):
        return
    most = float(flows.amount.max())
    step = 10.0 ** np.floor(np.log10(most))
    largest = np.floor(most / step) * step
    shown = [largest, largest / 2, largest / 5]
    lines = [Line2D([], [], color=SKY, linewidth=WIDEST_PT * amount / most) for amount in shown]
    axes.legend(
        lines, [units(amount) for amount in shown], title="flow\n(units of goods)", loc="center left",
        bbox_to_anchor=(1.01, 0.5), handlelength=2.6, labelspacing=0.9, alignment="left",
    )  # fmt: skip


def units(amount: float) -> str:
    """A number of units of goods, as people write it.

    >>> units(15466.2), units(40.0), units(0.1234)
    ('15,466', '40', '0.1234')
    """
    return f"{amount:,.0f}" if amount >= 1000 else f"{amount:.4g}"
