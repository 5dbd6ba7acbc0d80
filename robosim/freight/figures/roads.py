"""The map: who ships from where to where, how full that makes which roads, and an arrow for each direction."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.figures.paper import PAPER, WIDTHS, Paper
from robosim.figures.style import FAINT, INK, house_style
from robosim.freight.figures.names import name_points
from robosim.freight.record import FreightRecord, RoadLog
from robosim.freight.roads.degrees import in_degrees
from robosim.palette import ORANGE, SKY, look

NAMED = 40
"""Up to so many suppliers and demanders have their names on the map."""


def unmapped(record: FreightRecord) -> str | None:
    """Why there is no map of a record, None if there is one."""
    if record.roads is None:
        return "a general problem has no roads"
    if not len(record.roads.positions) or not len(record.roads.edges):
        return "its roads have no coordinates (name a file of them: freight.nodes)"
    return None


@house_style()
def road_map(record: FreightRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """Roads thin, flows as wide as they are large, on the right of their road as trucks drive, arrows in the middle.

    Flows are everybody's, in units of goods in all periods. Suppliers carry their numbers and, where they are selfish,
    the colour and marker of their strategy. Raises `BadInput` where points have no coordinates.
    """
    why = unmapped(record)
    if why or record.roads is None:
        raise BadInput(f"{record.world}: there is no map: {why}")
    roads, aspect = record.roads, _aspect(record.roads.positions)
    (axes,) = paper.sheet(_height(roads.positions, aspect, WIDTHS[paper.width(2)]), columns=2)
    axes.set_aspect(aspect)
    pairs = roads.positions[roads.roads]
    axes.add_collection(LineCollection(list(pairs), color=FAINT, linewidth=0.7, zorder=1, label="road"))
    flows = flows_of(roads, record.flow[mission], aspect)
    draw_flows(axes, flows)
    _points(axes, record, roads, mission)
    _frame(axes, roads.positions)
    narrow = paper.width(2) == 1
    if narrow:
        for line, name in widths(flows):
            axes.plot([], [], color=SKY, linewidth=line.get_linewidth(), label=f"flow {name}")
    finished = paper.finish([axes], record, _note(record, flows, mission))
    if not narrow:
        explain_widths(axes, flows)
    if len(roads.suppliers) + len(roads.demanders) <= NAMED:
        name_points(axes, roads, aspect)
    return finished


def _points(axes: Axes, record: FreightRecord, roads: RoadLog, mission: int) -> None:
    suppliers, demanders = len(roads.suppliers), len(roads.demanders)
    ends = suppliers + demanders
    crossings = roads.positions[np.unique(roads.roads[roads.roads >= ends])]
    axes.plot(*crossings.T, ls="", marker="o", ms=2.2, mfc="white", mec=FAINT, mew=0.6, zorder=4, label="crossing")
    groups: dict[str, list[int]] = {}
    for i in range(suppliers):
        groups.setdefault(record.strategy(i, mission), []).append(i)
    for name, who in sorted(groups.items(), key=lambda group: group[0] != "faithful"):
        seen = look(name)
        label = "supplier" if name == "faithful" else f"supplier, {name}"
        style: dict[str, Any] = {"marker": seen.shape, "mfc": seen.colour, "ms": 9 if name == "faithful" else 11}
        axes.plot(*roads.positions[who].T, ls="", mec="white", mew=0.8, zorder=6, label=label, **style)
    towns = roads.positions[suppliers:ends]
    axes.plot(*towns.T, ls="", marker="s", ms=8, mfc=ORANGE, mec="white", mew=0.8, zorder=6, label="demander")


def _note(record: FreightRecord, flows: Flows, mission: int) -> str:
    shipped, most = float(record.decision[mission].sum()), float(flows.amount.max(initial=0.0))
    return f"{units(shipped)} units of goods shipped, at most {units(most)} on one road in one direction"


def _frame(axes: Axes, positions: Array) -> None:
    names = ("longitude (°)", "latitude (°)") if in_degrees(positions) else ("$x$ (km)", "$y$ (km)")
    axes.set(xlabel=names[0], ylabel=names[1])
    axes.margins(0.06)
    axes.autoscale_view()


def _aspect(positions: Array) -> float:
    """How much longer a degree of latitude is than one of longitude."""
    return 1.0 / np.cos(np.radians(positions[:, 1].mean())) if in_degrees(positions) else 1.0


def _height(positions: Array, aspect: float, width_in: float) -> float:
    """Of the sheet, in: room for the map and what stands around it."""
    wide, high = np.maximum(np.ptp(positions, axis=0) * [1.0, aspect], 1e-300)
    return float(np.clip(0.75 * width_in * high / wide + 1.2, 3.0, 7.5))


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


def widths(flows: Flows) -> list[tuple[Line2D, str]]:
    """Three widths, and what they mean, in units of goods; none where nothing flows."""
    if not len(flows.amount):
        return []
    most = float(flows.amount.max())
    step = 10.0 ** np.floor(np.log10(most))
    largest = np.floor(most / step) * step
    shown = [largest, largest / 2, largest / 5]
    return [(Line2D([], [], color=SKY, linewidth=WIDEST_PT * x / most), units(x)) for x in shown]


def explain_widths(axes: Axes, flows: Flows) -> None:
    """What widths mean, on the right of the map."""
    shown = widths(flows)
    if not shown:
        return
    if (kinds := axes.get_legend()) is not None:
        axes.add_artist(kinds)
    axes.legend(
        *zip(*shown, strict=True), title="flow\n(units of goods)", loc="center left",
        bbox_to_anchor=(1.01, 0.5), handlelength=2.6, labelspacing=0.9, alignment="left",
    )  # fmt: skip


def units(amount: float) -> str:
    """A number of units of goods, as people write it.

    >>> units(15466.2), units(40.0), units(0.1234)
    ('15,466', '40', '0.1234')
    """
    return f"{amount:,.0f}" if amount >= 1000 else f"{amount:.4g}"
