"""How every figure looks, and how it is written: one or two columns of a paper, the same bytes for the same figure."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from robosim.errors import BadInput
from robosim.files.store import write_atomically
from robosim.files.writing import plain_name, printable
from robosim.record import Record

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


def drawn(name: str) -> str:
    r"""A name out of a file as matplotlib writes it: a dollar sign begins no formula.

    >>> print(drawn("$5 store"))
    \$5 store
    """
    return plain_name(name).replace("$", r"\$")


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
