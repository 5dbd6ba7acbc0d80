"""The sheet that a picture is drawn on: one or two columns of a paper, or axes of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

from robosim.errors import BadInput
from robosim.figures.style import COLUMN_IN, INK, PAGE_IN, sheet
from robosim.record import Record

WIDTHS = {1: COLUMN_IN, 2: PAGE_IN}
FLAT = "rectilinear"
"""What matplotlib calls axes in the plane."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a picture is drawn on.

    Parameters
    ----------
    columns : 1 or 2 columns of a paper wide; None: as each picture is wide by itself.
    axes : the user's own, one for each panel from the top; none: a new sheet.
    """

    columns: int | None = None
    axes: tuple[Axes, ...] = ()

    def __post_init__(self) -> None:
        """Raise `BadInput` for what is neither."""
        if self.columns is not None and self.columns not in WIDTHS:
            raise BadInput(f"columns: must be 1 or 2, got {self.columns!r} (name one of them)")
        if self.columns is not None and self.axes:
            raise BadInput("columns: axes given as ax= are as wide as they are (leave one of the two out)")
        for one in self.axes:
            if not isinstance(one, Axes):
                raise BadInput(f"ax: must be matplotlib Axes, or a list of them, got {type(one).__name__}")

    def width(self, columns: int = 1) -> int:
        """How many columns a picture is wide that by itself has so many; narrow axes of the user's count as one."""
        if self.axes:
            inches = self.axes[0].get_window_extent().width / self.axes[0].figure.dpi
            return 1 if inches < (COLUMN_IN + PAGE_IN) / 2 else 2
        return self.columns or columns

    def sheet(
        self, height_in: float, rows: int = 1, *, columns: int = 1, projection: str | None = None
    ) -> tuple[Axes, ...]:
        """Axes one above the other, sharing their abscissa; `columns` where nobody asks for a width.

        Raises `BadInput` where the user's own are too few or too many, or are none of this projection.
        """
        if not self.axes:
            return tuple(sheet(WIDTHS[self.width(columns)], height_in, rows, projection)[1])
        if len(self.axes) != rows:
            panels = "1 panel" if rows == 1 else f"{rows} panels, one above the other"
            fix = "give one Axes" if rows == 1 else f"give a list of {rows}, the uppermost first"
            raise BadInput(f"ax: this picture has {panels}, got {len(self.axes)} Axes ({fix})")
        for one in self.axes:
            if one.name != (projection or FLAT):
                fix = f'projection="{projection}"' if projection else "no projection"
                raise BadInput(f"ax: is {one.name}, this picture needs other axes (make them with {fix})")
        return self.axes

    def finish(self, axes: Sequence[Axes], record: Record, note: str = "", *, beside: bool = False) -> Figure:
        """Title and legend; on a sheet of our own world and seed above, everything's legend below (or `beside` it).

        In axes of the user's own the title is the note alone, and each has the legend of what is drawn in it.
        """
        figure = sheet_of(axes[0])
        if self.axes:
            said = axes[0].set_title("", loc="left", color=INK)
            said.set_text(wrapped(said, note, axes[0].get_window_extent().width))
            for one in axes:
                if one.get_legend_handles_labels()[1]:
                    one.legend(loc="best", frameon=True, framealpha=0.8, edgecolor="none", fancybox=False)
            return figure
        title = axes[0].set_title("", loc="left", color=INK)
        head = f"{record.world}, seed {record.seed}"
        room = (figure.get_figwidth() - MARGIN_IN) * figure.dpi
        title.set_text(wrapped(title, f"{head}\n{note}" if note else head, room))
        entries = [entry for one in axes for entry in zip(*one.get_legend_handles_labels(), strict=True)]
        if beside:
            figure.legend(*zip(*entries, strict=True), loc="outside right upper", ncols=1)
        elif entries:
            legend = fitting(figure, entries)
            figure.set_figheight(figure.get_figheight() + _more_in(legend.get_window_extent(), title, figure))
        return figure

    def every(self, agents: int, columns: int = 1) -> int:
        """Every how many agents one has its number below bars, in a picture that by itself is `columns` wide."""
        fewest = -(-agents // (14 if self.width(columns) == 1 else 26))
        return next((step for step in (1, 2, 5, 10, 20, 50) if step >= fewest), fewest)


PAPER = Paper()
"""As wide as each picture is by itself."""
MARGIN_IN = 0.75
"""Left of the title, where it stands above axes that have numbers and a name."""


def wrapped(text: Text, lines: str, room: float) -> str:
    """Lines of a title, each in as many as it needs to be `room` pixels wide at most, broken at spaces."""
    renderer, found = _renderer(sheet_of(text)), []
    for line in lines.split("\n"):
        found.append("")
        for word in line.split(" "):
            longer = f"{found[-1]} {word}".strip()
            text.set_text(longer)
            if found[-1] and text.get_window_extent(renderer).width > room:
                found.append(word)
            else:
                found[-1] = longer
    return "\n".join(found)


def fitting(figure: Figure, entries: Sequence[tuple[Any, str]]) -> Legend:
    """The legend below a sheet, with as many columns as fit and its rows as even as they can be."""
    handles, labels = zip(*entries, strict=True)
    columns = len(entries)
    while True:
        legend = figure.legend(handles, labels, loc="outside lower center", ncols=columns)
        wide = legend.get_window_extent(_renderer(figure)).width
        if columns == 1 or wide <= 0.98 * figure.bbox.width:
            return legend
        legend.remove()
        rows = -(-len(entries) // (columns - 1))
        columns = min(columns - 1, -(-len(entries) // rows))


def sheet_of(artist: Artist) -> Figure:
    """The whole figure that something stands on, be it in a figure within that one."""
    figure: Any = artist.figure
    found: Figure = figure.figure
    return found


LINES_IN = 0.45
"""Of title and of legend each: more room than for two lines is not in the height that a picture asks for."""


def _more_in(legend: Any, title: Text, figure: Figure) -> float:
    """How much higher a sheet must be for a long legend and a long title, inches."""
    heights = legend.height, title.get_window_extent(_renderer(figure)).height
    return float(sum(max(0.0, height / figure.dpi - LINES_IN) for height in heights))


def _renderer(figure: Figure) -> Any:
    """What measures text before anything is drawn."""
    canvas: Any = figure.canvas
    return canvas.get_renderer() if hasattr(canvas, "get_renderer") else None
