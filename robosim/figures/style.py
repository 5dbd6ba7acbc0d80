"""How every figure looks: sizes for a column (3.4 in) or a page (7 in) of a paper, fonts of 8 points, quiet axes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from robosim.records.record import Record

COLUMN_IN, PAGE_IN = 3.4, 7.0
CROWD = 200
"""More robots than this are drawn without links, thinner, and as pixels."""
STYLE: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 8,
    "legend.title_fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "figure.labelsize": 8,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.columnspacing": 1.2,
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "robosim",  # the same ids in every process
    "pdf.fonttype": 42,  # TrueType, as publishers ask for
    "axes.formatter.use_mathtext": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
}
INK, FAINT = "#222222", "#999999"


@contextmanager
def house_style() -> Iterator[None]:
    """Our settings in place of the user's, and theirs again afterwards."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)  # type: ignore[arg-type]
        yield


def sheet(width_in: float, height_in: float, rows: int = 1, projection: str | None = None) -> tuple[Figure, list[Any]]:
    """An empty figure that draws itself without pyplot, and its axes one above the other, sharing their abscissa."""
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, sharex=True, squeeze=False, subplot_kw={"projection": projection})[:, 0])


def finish(figure: Figure, record: Record, *, columns: int = 2, note: str = "") -> Figure:
    """World and seed as the title, a second line of it for `note`, the legend below everything."""
    title = f"{record.world}, seed {record.seed}"
    figure.axes[0].set_title(f"{title}\n{note}" if note else title, loc="left", color=INK)
    entries = [entry for axes in figure.axes for entry in zip(*axes.get_legend_handles_labels(), strict=True)]
    figure.legend(*zip(*entries, strict=True), loc="outside lower center", ncols=columns)
    return figure


def selfish(record: Record, mission: int) -> dict[str, list[int]]:
    """Strategy → the robots that play it in this mission, both in order."""
    players: dict[str, list[int]] = {}
    for (m, robot), name in sorted(record.strategies.items()):
        if m == mission:
            players.setdefault(name, []).append(robot)
    return dict(sorted(players.items()))
