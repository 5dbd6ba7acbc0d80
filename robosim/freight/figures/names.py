"""Names beside the points of a map: where roads leave most room, and not on other points or names."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from robosim.agent import Array
from robosim.figures.style import INK, drawn
from robosim.freight.record import RoadLog

AWAY_PT, LETTER_PT, LINE_PT, MARKER_PT = 8.5, 5.0, 9.0, 9.0
"""From a point to its name; about how wide a letter is and how high a line; how wide points are."""


def name_points(axes: Axes, roads: RoadLog, aspect: float) -> None:
    """Numbers and names of suppliers and demanders; everything else stands already."""
    shown = [short(name, i, "S") for i, name in enumerate(roads.suppliers)]
    shown += [short(name, j, "D") for j, name in enumerate(roads.demanders)]
    sheet = axes.get_figure(root=True)
    if sheet is None:
        return
    sheet.draw_without_rendering()  # so that it is known where points come to lie
    points_pt = axes.transData.transform(roads.positions[: len(shown)]) * 72 / sheet.dpi
    taken = [_box(at, (MARKER_PT, MARKER_PT), np.zeros(2)) for at in points_pt]
    for point, name in enumerate(shown):
        size = (LETTER_PT * len(name), LINE_PT)
        ways = roomiest(roads, point, aspect)
        boxes = [_box(points_pt[point] + AWAY_PT * way, size, way) for way in ways]
        on_others = [sum(_overlap(box, one) for i, one in enumerate(taken) if i != point) for box in boxes]
        best = int(np.argmin(on_others))  # the first of the least: the roomiest
        taken.append(boxes[best])
        _write(axes, name, roads.positions[point], ways[best])


def _write(axes: Axes, name: str, at: Array, away: Array) -> None:
    axes.annotate(
        name, (at[0], at[1]), xytext=tuple(AWAY_PT * away), textcoords="offset points", color=INK, zorder=5,
        fontweight="bold", bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.7},
        ha=("right", "center", "left")[_side(away[0])], va=("top", "center", "bottom")[_side(away[1])],
    )  # fmt: skip


def _side(x: float) -> int:
    return 2 if x > 0.3 else 0 if x < -0.3 else 1


def _box(at: Array, size: tuple[float, float], away: Array) -> Array:
    """Low and high corner (2, 2) of a text of a size that begins at a place and goes away from it."""
    low = at - np.array([size[j] * (1.0, 0.5, 0.0)[_side(away[j])] for j in range(2)])
    return np.stack([low, low + size])


def _overlap(one: Array, other: Array) -> float:
    """Area that two boxes share.

    >>> _overlap(np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([[1.0, 1.0], [4.0, 3.0]]))
    1.0
    """
    sides = np.minimum(one[1], other[1]) - np.maximum(one[0], other[0])
    return float(np.prod(np.maximum(sides, 0.0)))


def roomiest(roads: RoadLog, point: int, aspect: float = 1.0) -> Array:
    """Eight directions as unit vectors (8, 2), the one first that is farthest from every road at a point."""
    ends = np.concatenate([roads.roads[roads.roads[:, 0] == point, 1], roads.roads[roads.roads[:, 1] == point, 0]])
    way = (roads.positions[ends] - roads.positions[point]) * [1.0, aspect]
    way /= np.maximum(np.hypot(*way.T), 1e-300)[:, None]
    turn = np.arange(8) * np.pi / 4
    compass = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return compass[np.argsort((compass @ way.T).max(axis=1, initial=-1.0).round(9), kind="stable")]


def short(name: str, number: int, letter: str) -> str:
    """What stands on the map.

    >>> short("supplier 3", 3, "S"), short("node 17", 0, "S")
    ('S3', 'S0, node 17')
    """
    made_up = name in (f"supplier {number}", f"demander {number}")
    return f"{letter}{number}" if made_up else f"{letter}{number}, {drawn(name)}"
