"""How every figure looks, and how it is written: one or two columns of a paper, the same bytes for the same figure."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import AutoLocator, FuncFormatter, LogFormatterMathtext, LogLocator, NullLocator

from robosim.errors import BadInput
from robosim.files.store import write_atomically
from robosim.files.writing import plain_name, printable
from robosim.record import Record

COLUMN_IN, PAGE_IN = 3.5, 7.16
"""Widths of one and of two columns of a paper, inches, as IEEE has them."""
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
GRID: dict[str, Any] = {"color": "#dddddd", "linewidth": 0.5}
"""Of axes that somebody else made, which have their own settings."""


@contextmanager
def house_style() -> Iterator[None]:
    """Our settings in place of the user's, and theirs again afterwards."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)  # type: ignore[arg-type]
        yield


class Drawing(Figure):
    """A figure whose files, whoever saves them, are the same bytes each time: without a date, and with fixed ids."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """As matplotlib's, in our style; the first time everything gets its place, where it stays."""
        ending = options.get("format") or (Path(fname).suffix[1:] if isinstance(fname, str | Path) else "png")
        undated = UNDATED.get(f".{ending.lower()}", {})
        with house_style():
            # a second pass of the layout would move things a little
            if isinstance(self.get_layout_engine(), ConstrainedLayoutEngine):
                self.draw_without_rendering()
                self.set_layout_engine("none")
            super().savefig(fname, **{**options, "metadata": {**undated, **(options.get("metadata") or {})}})


def sheet(width_in: float, height_in: float, rows: int = 1, projection: str | None = None) -> tuple[Figure, list[Any]]:
    """An empty figure that draws itself without pyplot, and its axes one above the other, sharing their abscissa."""
    figure = Drawing(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, sharex=True, squeeze=False, subplot_kw={"projection": projection})[:, 0])


def selfish(record: Record, mission: int) -> dict[str, list[int]]:
    """Strategy, as it is drawn, → the robots that play it in this mission, both in order."""
    players: dict[str, list[int]] = {}
    for (m, robot), name in sorted(record.strategies.items()):
        if m == mission:
            players.setdefault(drawn(name), []).append(robot)
    return dict(sorted(players.items()))


def drawn(name: str) -> str:
    r"""A name out of a file as matplotlib writes it: a dollar sign begins no formula.

    >>> print(drawn("$5 store"))
    \$5 store
    """
    return plain_name(name).replace("$", r"\$")


def logarithmic(axis: Axis) -> None:
    """Numbers as people write them on a logarithmic axis, also where it spans less than a power of ten.

    Call it when everything is drawn.
    """
    low, high = sorted(axis.get_view_interval())
    powers = math.log10(high / low) if low > 0.0 else math.inf
    if powers >= 2.0:
        axis.set_major_locator(LogLocator(numticks=9))
        axis.set_major_formatter(LogFormatterMathtext())
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)) if powers > 0.7 else AutoLocator())
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.4g}"))
    axis.set_minor_locator(NullLocator())


DPI = 200
UNDATED: dict[str, dict[str, Any]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""What each format needs so that no time of day enters its bytes."""


def drawable(path: Path | None) -> None:
    """Raise `BadInput` for a place whose ending is none of a picture, before work begins."""
    if path is not None and path.suffix.lower() not in UNDATED:
        raise BadInput(f"{path}: pictures end in .png, .svg or .pdf, not {path.suffix!r} (choose one of the three)")


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure in the format that its ending names, making the folder if it is missing.

    Raises `BadInput` for another ending and for a place that cannot be written.
    """
    target = Path(path)
    ending = target.suffix.lower()
    drawable(target)
    buffer = io.BytesIO()
    try:
        with house_style():
            figure.savefig(buffer, format=ending[1:], dpi=DPI, metadata=UNDATED[ending])
    except ValueError as problem:  # what matplotlib takes for a formula, and cannot read
        why = printable(str(problem).strip().splitlines()[0])
        raise BadInput(f"{target}: cannot be drawn: {why} (a name with $ in it? write it otherwise)") from None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, buffer.getvalue())
    except OSError as problem:
        raise BadInput(f"{target}: cannot be written: {problem.strerror} (choose another place)") from None
    return target
