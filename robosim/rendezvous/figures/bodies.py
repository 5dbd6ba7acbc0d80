"""What stands around robots in the plane, and how large they are and where they look when it is over."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection

from robosim.agent import Array
from robosim.figures.style import CROWD, FAINT, INK
from robosim.palette import GREEN, ORANGE
from robosim.rendezvous.record import BodyLog, RendezvousRecord

NOSE = 1.6
"""Length of the line that shows a heading, in radii."""


def around(axes: Axes, record: RendezvousRecord, mission: int) -> None:
    """Obstacles, charging pads, discs of bodies with their headings, and crosses on those that ran empty."""
    log = record.bodies
    if log is None:
        return
    _obstacles(axes, log)
    _pads(axes, log)
    at = record.positions[mission, -1]
    if len(at) <= CROWD and log.radius_m.any():
        _discs(axes, log, at, mission)
    empty = np.flatnonzero(log.emptied[mission] >= 0)
    if empty.size:
        crossed: dict[str, Any] = {"marker": "x", "linestyle": "", "markersize": 9, "markeredgewidth": 1.6, "zorder": 9}
        axes.plot(*at[empty].T, color=ORANGE, label="ran empty", **crossed)


def _obstacles(axes: Axes, log: BodyLog) -> None:
    parts = [log.outlines[a:b] for a, b in zip(log.first[:-1], log.first[1:], strict=True)]
    if parts:
        look: dict[str, Any] = {"facecolor": FAINT, "edgecolor": INK, "linewidth": 0.8, "alpha": 0.5, "zorder": 1.5}
        axes.add_collection(PolyCollection(parts, label="obstacle", **look))
        axes.update_datalim(log.outlines)


def _pads(axes: Axes, log: BodyLog) -> None:
    if not len(log.pads):
        return
    at, size = log.pads[:, :-1], 2.0 * log.pads[:, -1]
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": GREEN, "linewidth": 1.0, "zorder": 1.6}
    _circles(axes, at, size, **look)
    axes.plot(*at.T, marker="P", linestyle="", color=GREEN, markersize=6, zorder=1.7, label="charging pad")


def _discs(axes: Axes, log: BodyLog, at: Array, mission: int) -> None:
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": 0.7, "zorder": 5}
    _circles(axes, at, 2.0 * log.radius_m, **look)
    if log.headings_rad is not None:
        looks = log.headings_rad[mission, -1]
        nose = at + NOSE * log.radius_m[:, None] * np.stack([np.cos(looks), np.sin(looks)], axis=-1)
        known = np.isfinite(looks)
        axes.add_collection(
            LineCollection(list(np.stack([at, nose], axis=1)[known]), color=INK, linewidth=0.9, zorder=5)
        )


def _circles(axes: Axes, at: Array, size: Array, **look: Any) -> None:
    """Circles true to scale: diameters in metres."""
    none = np.zeros(len(at))
    axes.add_collection(
        EllipseCollection(size, size, none, units="xy", offsets=at, offset_transform=axes.transData, **look)
    )
