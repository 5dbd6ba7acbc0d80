"""Where the robots went: position against round in one dimension, paths in the plane or in space."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Line3DCollection  # type: ignore[import-untyped]

from robosim.agent import Array
from robosim.figures.style import COLUMN_IN, CROWD, FAINT, INK, finish, house_style, selfish, sheet
from robosim.palette import look
from robosim.rendezvous.figures.bodies import around
from robosim.rendezvous.record import RendezvousRecord

POINTS = 400
"""Kept rounds drawn per path; more would not be seen."""
LABELLED = 15
"""Up to so many robots have their number beside their start."""

CROWDED: dict[str, Any] = {"linewidth": 0.3, "alpha": 0.12, "rasterized": True}


@house_style()
def trajectories(record: RendezvousRecord, mission: int = 0) -> Figure:
    """Paths of all robots, the selfish by colour and marker, links between starts, meeting point.

    The meeting point, of a formation its centre, is the mean of the final positions; where it is elsewhere, the mean of
    the starts is marked too. Obstacles and pads are drawn where they stand, bodies in their size where they end.
    Robots that agree first and then travel are drawn as they travel; in one dimension, as they agree.
    """
    d = record.start.shape[-1]
    figure, (axes,) = sheet(COLUMN_IN, 2.6 if d == 1 else 3.9, projection="3d" if d == 3 else None)
    paths = _paths(record, mission)
    if d > 1 and len(paths) <= CROWD:
        links = paths[:, 0][record.edges]
        _lines(axes, links, color=FAINT, linewidth=_widths(record), alpha=0.5, zorder=1, label="link")
    if d == 2:
        around(axes, record, mission)
    _robots(axes, record, mission, paths)
    _meeting(axes, record, mission, paths)
    _frame(axes, d)
    return finish(figure, record, columns=3 if d == 1 else 2, note="hollow: start, filled: end" if d > 1 else "")


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


def _meeting(axes: Axes, record: RendezvousRecord, mission: int, paths: Array) -> None:
    met, fair = paths[:, -1].mean(axis=0), paths[:, 0].mean(axis=0)
    if record.start.shape[-1] == 1:
        fair[0] = met[0]
    extent = float(np.ptp(record.start, axis=0).max()) or 1.0
    axes.plot(
        *met[:, None],
        marker="*",
        markersize=10,
        color=INK,
        markeredgecolor="white",
        markeredgewidth=0.6,
        linestyle="",
        zorder=8,
        label="meeting point" if not np.any(record.places) else "centre",
    )
    if np.abs(met - fair).max() > 0.03 * extent:
        axes.plot(*fair[:, None], marker="x", markersize=6, color=INK, linestyle="", zorder=7, label="mean of starts")


def _frame(axes: Any, d: int) -> None:
    if d == 1:
        axes.set(xlabel="round $k$", ylabel="position (m)")
        axes.margins(x=0.03)
        return
    axes.set(xlabel="$x$ (m)", ylabel="$y$ (m)", aspect="equal")
    if d == 3:
        axes.set_zlabel("$z$ (m)")
        axes.set_box_aspect(None, zoom=0.85)
