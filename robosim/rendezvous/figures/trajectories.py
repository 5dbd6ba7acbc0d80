"""Where the robots went: position against round in one dimension, paths in the plane or in space."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.art3d import Line3DCollection  # type: ignore[import-untyped]

from robosim.agent import Array
from robosim.figures.paper import PAPER, Paper
from robosim.figures.style import CROWD, FAINT, INK, house_style, selfish
from robosim.network.network import spread
from robosim.palette import look
from robosim.rendezvous.figures.bodies import around
from robosim.rendezvous.record import RendezvousRecord

POINTS = 400
"""Kept rounds drawn per path; more would not be seen."""
LABELLED = 15
"""Up to so many robots have their number beside their start."""

NEAR, SAME_PLACE = 0.1, 0.01
"""Shares of the distance from agreement at the start: of a team inside its bound, and of any."""
FLATTEST = 0.25

CROWDED: dict[str, Any] = {"linewidth": 0.3, "alpha": 0.12, "rasterized": True}


@house_style()
def trajectories(record: RendezvousRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """Paths of all robots, the selfish by colour and marker, links between starts, meeting point.

    The meeting point, of a formation its centre, is the mean of the final positions of robots that met; where it is
    elsewhere, the mean of the starts is marked too. In space a metre is as long along all axes.
    Obstacles and pads are drawn where they stand, bodies in their size where they end.
    Robots that agree first and then travel are drawn as they travel; in one dimension, as they agree.
    """
    d = record.start.shape[-1]
    wide = paper.width() == 2
    height_in = {1: 2.6, 2: 4.4 if wide else 3.9, 3: 3.9 if wide else 3.4}[d]
    (axes,) = paper.sheet(height_in, projection="3d" if d == 3 else None)
    paths = _paths(record, mission)
    if d > 1 and len(paths) <= CROWD:
        links = paths[:, 0][record.edges]
        _lines(axes, links, color=FAINT, linewidth=_widths(record), alpha=0.5, zorder=1, label="link")
    if d == 2:
        around(axes, record, mission)
    _robots(axes, record, mission, paths)
    _meeting(axes, record, mission, paths)
    _frame(axes, d)
    return paper.finish([axes], record, _note(record, mission), beside=wide and d > 1)


def _paths(record: RendezvousRecord, mission: int) -> Array:
    """(robots, rows, coordinates): in one dimension (round, position)."""
    bodies, agreed = record.positions[mission], record.said["z"][mission]
    rows = bodies if bodies.shape[-1] > 1 or len(bodies) == len(record.kept) else agreed
    shown = np.unique(np.linspace(0, len(rows) - 1, min(POINTS, len(rows))).astype(np.int64))
    paths: Array = np.moveaxis(rows[shown], 0, 1)
    if paths.shape[-1] > 1:
        return paths
    rounds = np.broadcast_to(record.kept[shown, None].astype(np.float64), paths.shape)
    return np.concatenate([rounds, paths], axis=-1)


def _robots(axes: Axes, record: RendezvousRecord, mission: int, paths: Array) -> None:
    """Paths, hollow starts and filled ends, the faithful first and the selfish above them."""
    players = selfish(record, mission)
    deviating = sorted(robot for robots in players.values() for robot in robots)
    faithful = np.setdiff1d(np.arange(len(paths)), deviating)
    if faithful.size:
        _group(axes, paths[faithful], "faithful", 4.0, 2)
    for name, robots in players.items():
        _group(axes, paths[robots], name, 5.5, 4)
    if len(paths) <= LABELLED and record.start.shape[-1] == 2:
        for robot, (x, y) in enumerate(paths[:, 0]):
            axes.annotate(str(robot), (x, y), xytext=(3, 3), textcoords="offset points", color=INK, zorder=6)


def _group(axes: Axes, paths: Array, name: str, size: float, zorder: int) -> None:
    """Robots that play the same: paths, hollow starts, filled ends and one entry of the legend."""
    colour, shape = look(name)
    crowded = len(paths) > CROWD
    dots: dict[str, Any] = {
        "marker": shape,
        "linestyle": "",
        "color": colour,
        "rasterized": crowded,
        "markersize": 1.0 if crowded else size,
        "markeredgewidth": 0.3 if crowded else 0.9,
    }
    _lines(axes, paths, color=colour, zorder=zorder, **(CROWDED if crowded else {}))
    axes.plot(*paths[:, 0].T, **dots, markerfacecolor="white", zorder=zorder + 0.5)
    axes.plot(*paths[:, -1].T, **dots, zorder=zorder + 0.6)
    axes.plot([], [], marker=shape, color=colour, markersize=size, markerfacecolor="white", label=name)


def _widths(record: RendezvousRecord) -> float | Array:
    """Points, (links,): half a hair to two hairs by weight, one where links have none."""
    return 0.6 if record.weights is None else 0.3 + 1.5 * record.weights / record.weights.max()


def _lines(axes: Axes, segments: Array, **look: Any) -> None:
    """Many polylines (lines, points, coordinates) as one artist."""
    kind = Line3DCollection if segments.shape[-1] == 3 else LineCollection
    axes.add_collection(kind(list(segments), **look))


def met(record: RendezvousRecord, mission: int) -> bool:
    """Whether there is a meeting point to be seen: robots are where they agreed to be, or too close to tell apart.

    Within the announced bound, and a tenth of where they were at the start from agreement; or within a hundredth.
    """
    start = float(spread(record.starts[min(mission, len(record.starts) - 1)][None])[0])
    end, beta = float(record.settlement.distance[mission]), float(record.settlement.beta[mission])
    return end <= (NEAR if end <= beta else SAME_PLACE) * start


def _meeting(axes: Axes, record: RendezvousRecord, mission: int, paths: Array) -> None:
    """A star where they met, and a cross where the mean of the starts is, if that is elsewhere."""
    there = met(record, mission)
    end, fair = paths[:, -1].mean(axis=0), paths[:, 0].mean(axis=0)
    if record.start.shape[-1] == 1:
        fair[0] = end[0]
    extent = float(np.ptp(record.start, axis=0).max()) or 1.0
    if there:
        star: dict[str, Any] = {"marker": "*", "markersize": 10, "markeredgecolor": "white", "markeredgewidth": 0.6}
        label = "meeting point" if not np.any(record.places) else "centre"
        axes.plot(*end[:, None], color=INK, linestyle="", zorder=8, label=label, **star)
    if np.abs(end - fair).max() > 0.03 * extent:
        axes.plot(*fair[:, None], marker="x", markersize=6, color=INK, linestyle="", zorder=7, label="mean of starts")


def _note(record: RendezvousRecord, mission: int) -> str:
    shown = ["hollow: start, filled: end"] * (record.start.shape[-1] > 1)
    return "; ".join(shown + ["they did not meet"] * (not met(record, mission)))


def _frame(axes: Any, d: int) -> None:
    if d == 1:
        axes.set(xlabel="round $k$", ylabel="position (m)")
        axes.margins(x=0.03)
        return
    axes.set(xlabel="$x$ (m)", ylabel="$y$ (m)")
    if d == 2:
        axes.set_aspect("equal")
        return
    axes.set_zlabel("$z$ (m)", labelpad=-2)
    for one in (axes.xaxis, axes.yaxis):
        one.labelpad = 4
    _same_scale(axes)


def _same_scale(axes: Any) -> None:
    """A metre is as long along every axis of space; an axis along which little happens has a quarter of the longest."""
    ends = np.array([axes.get_xlim3d(), axes.get_ylim3d(), axes.get_zlim3d()])
    size = np.maximum(np.ptp(ends, axis=1), FLATTEST * np.ptp(ends, axis=1).max())
    low, high = (ends.mean(axis=1) + side * size / 2 for side in (-1.0, 1.0))
    axes.set(xlim3d=(low[0], high[0]), ylim3d=(low[1], high[1]), zlim3d=(low[2], high[2]))
    axes.set_box_aspect(size, zoom=0.8)
    for axis, room in ((axes.xaxis, 6), (axes.yaxis, 6), (axes.zaxis, int(np.ceil(6 * size[2] / size.max())))):
        axis.set_major_locator(MaxNLocator(nbins=max(room, 2)))
