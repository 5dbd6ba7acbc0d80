"""Grids of panels in the house style, and what X, Figures 3 and 4 look like: errors against rounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.figures.style import INK, PAGE_IN, house_style
from robosim.palette import BLUE, GREEN, ORANGE, PURPLE, VERMILLION

Lines = dict[str, Array]
"""Errors after rounds 1, 2, …, (rounds,), by method."""
LEAST, MOST = 1e-6, 6.0
"""Errors that are shown."""
MARKED = np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000])
"""Rounds that bear a marker."""
LOOKS: dict[str, dict[str, Any]] = {
    "Consensus-Tracking-ADMM": {"color": BLUE, "marker": "o", "lw": 1.8, "zorder": 4},
    "Tracking-ADMM": {"color": ORANGE, "marker": "s"},
    "Tracking-ADMM, own price": {"color": ORANGE, "marker": "s", "ls": (0, (3, 1.5)), "mfc": "white"},
    "DC-ADMM": {"color": GREEN, "marker": "^"},
    "DPMM": {"color": PURPLE, "marker": "D"},
    "IPLUX": {"color": VERMILLION, "marker": "v"},
    "IPLUX, old copies": {"color": VERMILLION, "marker": "v", "ls": (0, (3, 1.5)), "mfc": "white"},
}
NAMES = {"example-1": "example 1 (small)", "example-2": "example 2 (medium)", "example-3": "example 3 (large)"}
CHOICES = {
    "published": "penalties of X's authors",
    "tuned": "every method tuned alike",
    "automatic": "automatic penalties",
}


def grid(rows: int, columns: int, width_in: float, height_in: float, **shared: Any) -> tuple[Figure, Any]:
    """An empty figure that draws itself without pyplot, and its axes (rows, columns)."""
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def below(figure: Figure, columns: int) -> Figure:
    """One legend for all panels, below them."""
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=columns)
    return figure


@house_style()
def convergence(panels: Mapping[tuple[str, str], Lines], axis: str) -> Figure:
    """Errors by (choice of penalties, example): a row of panels for each choice, a column for each example.

    Lines are the largest error from a round to the end, which is what “rounds to” counts; the faint ones behind are the
    errors of single rounds, which swing through 0.
    """
    choices, examples = (list(dict.fromkeys(key[side] for key in panels)) for side in (0, 1))
    size = (PAGE_IN if len(examples) > 1 else 4.6, 0.9 + 2.0 * len(choices))
    figure, axes = grid(len(choices), len(examples), *size, sharex="col", sharey=True)
    for (choice, example), lines in panels.items():
        at = axes[choices.index(choice), examples.index(example)]
        _errors(at, lines)
        at.set_title(f"{NAMES[example]}, {CHOICES[choice]}", loc="left", color=INK)
    for at in axes.flat:
        at.set_visible(bool(at.lines))  # runs that Ctrl-C came before
    figure.supylabel(axis)
    for at in axes[-1]:
        at.set_xlabel("round $k$ (lines: largest error from $k$ on; faint: of $k$)")
    return below(figure, 3)


def _errors(axes: Axes, lines: Lines) -> None:
    for name, error in lines.items():
        look = {"lw": 1.0, "ms": 3.2, "mew": 0.8, **LOOKS[name]}
        rounds = np.arange(1, len(error) + 1)
        marked = [int(k) - 1 for k in MARKED if k <= len(error)]
        to_come = np.maximum.accumulate(error[::-1])[::-1]
        axes.plot(rounds, error, lw=0.6, alpha=0.3, color=look["color"])
        axes.plot(rounds, to_come, label=name, markevery=marked, **look)
    longest = max(map(len, lines.values()))
    axes.set(xscale="log", yscale="log", ylim=(LEAST, MOST), xlim=(1, longest))
    axes.grid(True)
