"""Who pays what: private cost and tax of every robot, as bars, or in order when there are many."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.figures.paper import PAPER, Paper
from robosim.figures.style import CROWD, INK, house_style, selfish
from robosim.palette import BLUE, ORANGE, VERMILLION, look
from robosim.rendezvous.record import RendezvousRecord

BARS = 40
"""More robots than this are drawn as areas, in the order of their private costs."""
NARROW = 14
"""Up to so many bars fit into one column of a paper."""
Places = NDArray[np.int64]


@house_style()
def costs(record: RendezvousRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """Private costs above; below, tax and private cost stacked and net cost = private cost + tax marked.

    In m² (displacement) or J (energy). The selfish are hatched and carry their marker; refused reports are crossed, and
    the title says so when everyone is fined.
    """
    n, unit = len(record.start), record.unit
    above, below = paper.sheet(3.6, rows=2, columns=1 if n <= NARROW else 2)
    private, tax = record.private_cost[mission], record.settlement.tax[mission]
    order = np.arange(n) if n <= BARS else np.argsort(private, kind="stable")
    place = np.argsort(order, kind="stable")
    _heights(above, private[order], np.zeros(n), BLUE, "private cost")
    _bill(below, private[order], tax[order])
    if n <= BARS:
        for axes in (above, below):
            axes.set_xticks(np.arange(0, n, paper.every(n, 1 if n <= NARROW else 2)))
    players = selfish(record, mission)
    _players(above, players, place, np.zeros(n), private, named=True)
    _players(below, players, place, np.minimum(tax, 0.0), np.maximum(tax, 0.0) + private, named=False)
    _refused(below, record, mission, place, tax)
    above.set(ylabel=f"private cost ({unit})")
    below.set(ylabel=f"bill ({unit})", xlabel="robot" if n <= BARS else "robots in the order of their private costs")
    _from_zero(above, private)
    _from_zero(below, np.minimum(tax, private + tax))
    return paper.finish([above, below], record, _note(record, mission, unit))


def _from_zero(axes: Axes, lowest: Array) -> None:
    """Room above the bars, none below them unless something is negative."""
    axes.use_sticky_edges = False
    axes.margins(x=0.01, y=0.15)
    if lowest.min() >= 0:
        axes.set_ylim(bottom=0.0)


def _bill(axes: Axes, private: Array, tax: Array) -> None:
    """Tax from zero, private cost on top of it (from zero where the tax is a payment to the robot), their sum."""
    _heights(axes, tax, np.zeros(len(tax)), ORANGE, "tax")
    _heights(axes, private, np.maximum(tax, 0.0), BLUE, "")
    axes.axhline(0, color=INK, linewidth=0.6)
    robots, net = np.arange(len(tax)), private + tax
    if len(tax) <= BARS:
        axes.plot(robots, net, linestyle="", marker="_", markersize=9, markeredgewidth=1.6, color=INK, label="net cost")
    else:
        axes.step(robots, net, where="mid", color=INK, linewidth=1.2, label="net cost", rasterized=len(tax) > CROWD)


def _heights(axes: Axes, height: Array, base: Array, colour: str, label: str) -> None:
    """Bars, or one area when there are many."""
    robots = np.arange(len(height))
    if len(height) <= BARS:
        axes.bar(robots, height, width=0.72, bottom=base, color=colour, label=label)
    else:
        axes.fill_between(
            robots,
            base,
            base + height,
            step="mid",
            linewidth=0,
            color=colour,
            label=label,
            rasterized=len(height) > CROWD,
        )


def _players(axes: Any, players: dict[str, list[int]], place: Places, low: Array, top: Array, named: bool) -> None:
    """Hatching on the bars of the selfish, from `low` to `top`, and their marker above."""
    above = offset_copy(axes.transData, fig=axes.figure, y=6, units="points")
    for name, robots in players.items():
        colour, shape = look(name)
        axes.plot(
            place[robots],
            top[robots],
            linestyle="",
            marker=shape,
            markersize=6,
            color=colour,
            zorder=5,
            transform=above,
            clip_on=False,
            label=name if named else "",
        )
        if len(top) <= BARS:
            axes.bar(
                place[robots],
                (top - low)[robots],
                width=0.72,
                bottom=low[robots],
                facecolor="none",
                edgecolor="white",
                hatch="//////",
                linewidth=0,
            )


def _refused(axes: Axes, record: RendezvousRecord, mission: int, place: Places, tax: Array) -> None:
    refused = np.flatnonzero(record.settlement.refused[mission])
    if refused.size:
        axes.plot(
            place[refused],
            tax[refused] / 2,
            linestyle="",
            marker="X",
            markersize=7,
            color=VERMILLION,
            markeredgecolor="white",
            zorder=6,
            label="report refused",
        )


def _note(record: RendezvousRecord, mission: int, unit: str) -> str:
    if record.settlement.penalised[mission]:
        return f"outside the bound: each is fined {record.rules.penalty:.6g} {unit}"
    return f"tax {record.tax_rule}"
