"""The map: who ships from where to where, and how full that makes which roads, in both directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.figures.flows import Flows, draw_flows, explain_widths, flows_of, units
from robosim.figures.style import FAINT, INK, PAGE_IN, finish, house_style, sheet
from robosim.palette import ORANGE, look
from robosim.records.haulage_record import HaulageRecord, RoadLog

NAMED = 40
"""Up to so many suppliers and demanders have their names on the map."""
DEGREES = 180.0, 90.0


def unmapped(record: HaulageRecord) -> str | None:
    """Why there is no map of a record, None if there is one."""
    if record.roads is None:
        return "a general problem has no roads"
    if not len(record.roads.positions) or not len(record.roads.edges):
        return "its roads have no coordinates (name a file of them: freight.nodes)"
    return None


@house_style()
def road_map(record: HaulageRecord, mission: int = 0) -> Figure:
    """Roads thin, flows as wide as they are large, on the right of their road as trucks drive, arrows in the middle.

    Flows are everybody's, in units of goods in all periods. Suppliers carry their numbers and, where they are selfish,
    the colour and marker of their strategy. Raises `BadInput` where points have no coordinates.
    """
    why = unmapped(record)
    if why or record.roads is None:
        raise BadInput(f"{record.world}: there is no map: {why}")
    roads, aspect = record.roads, _aspect(record.roads.positions)
    figure, (axes,) = sheet(PAGE_IN, _height(roads.positions, aspect))
    axes.set_aspect(aspect)
    pairs = roads.positions[roads.roads]
    axes.add_collection(LineCollection(list(pairs), color=FAINT, linewidth=0.7, zorder=1, label="road"))
    flows = flows_of(roads, record.flow[mission], aspect)
    draw_flows(axes, flows)
    _points(axes, record, roads, mission, aspect)
    _frame(axes, roads.positions)
    finished = finish(figure, record, columns=6, note=_note(record, flows, mission))
    explain_widths(axes, flows)
    return finished


def _points(axes: Axes, record: HaulageRecord, roads: RoadLog, mission: int, aspect: float) -> None:
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
    if ends <= NAMED:
        _names(axes, roads, aspect)


def _names(axes: Axes, roads: RoadLog, aspect: float) -> None:
    """Numbers and names beside the points, where roads leave most room."""
    shown = [short(name, i, "S") for i, name in enumerate(roads.suppliers)]
    shown += [short(name, j, "D") for j, name in enumerate(roads.demanders)]
    for point, name in enumerate(shown):
        away = roomiest(roads, point, aspect)
        axes.annotate(
            name, roads.positions[point], xytext=tuple(8.5 * away), textcoords="offset points", color=INK, zorder=5,
            fontweight="bold", bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.7},
            ha="left" if away[0] > 0.3 else "right" if away[0] < -0.3 else "center",
            va="bottom" if away[1] > 0.3 else "top" if away[1] < -0.3 else "center",
        )  # fmt: skip


def roomiest(roads: RoadLog, point: int, aspect: float = 1.0) -> Array:
    """Of eight directions, as a unit vector, the one that is farthest from every road at a point."""
    ends = np.concatenate([roads.roads[roads.roads[:, 0] == point, 1], roads.roads[roads.roads[:, 1] == point, 0]])
    way = (roads.positions[ends] - roads.positions[point]) * [1.0, aspect]
    way /= np.maximum(np.hypot(*way.T), 1e-300)[:, None]
    turn = np.arange(8) * np.pi / 4
    compass = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.asarray(compass[np.argmin((compass @ way.T).max(axis=1, initial=-1.0).round(9))])


def short(name: str, number: int, letter: str) -> str:
    """What stands on the map.

    >>> short("supplier 3", 3, "S"), short("node 17", 0, "S")
    ('S3', 'S0, node 17')
    """
    made_up = name in (f"supplier {number}", f"demander {number}")
    return f"{letter}{number}" if made_up else f"{letter}{number}, {name}"


def _note(record: HaulageRecord, flows: Flows, mission: int) -> str:
    shipped, most = float(record.decision[mission].sum()), float(flows.amount.max(initial=0.0))
    return f"{units(shipped)} units of goods shipped, at most {units(most)} on one road in one direction"


def _frame(axes: Axes, positions: Array) -> None:
    names = ("longitude (°)", "latitude (°)") if in_degrees(positions) else ("$x$ (km)", "$y$ (km)")
    axes.set(xlabel=names[0], ylabel=names[1])
    axes.margins(0.06)
    axes.autoscale_view()


def in_degrees(positions: Array) -> bool:
    """Whether coordinates look like longitudes and latitudes: those of a town are close together, and not near 0, 0."""
    wide, middle = np.ptp(positions, axis=0), np.abs(positions.mean(axis=0))
    return bool((np.abs(positions) <= DEGREES).all() and wide.max() < 0.1 * middle.max())


def _aspect(positions: Array) -> float:
    """How much longer a degree of latitude is than one of longitude."""
    return 1.0 / np.cos(np.radians(positions[:, 1].mean())) if in_degrees(positions) else 1.0


def _height(positions: Array, aspect: float) -> float:
    """Of the sheet, in: room for the map and what stands around it."""
    wide, high = np.maximum(np.ptp(positions, axis=0) * [1.0, aspect], 1e-300)
    return float(np.clip(0.75 * PAGE_IN * high / wide + 1.2, 3.0, 7.5))
