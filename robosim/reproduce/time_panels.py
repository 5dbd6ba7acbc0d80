"""What X, Figures C.1 and C.2 look like: errors against computing time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from robosim.figures.style import INK, PAGE_IN, house_style
from robosim.palette import BLUE, ORANGE
from robosim.reproduce.panels import LEAST, MOST, below, grid

if TYPE_CHECKING:
    from robosim.reproduce.figure_c import Trial

LOOKS: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "marker": "o"},
    {"color": ORANGE, "marker": "s", "ls": (0, (3, 1.5)), "mfc": "white"},
)


@house_style()
def times_picture(trials: Sequence[Trial]) -> Figure:
    """A column for each example; objective error above, demand violation below, both against CPU milliseconds."""
    examples, forms = (list(dict.fromkeys(getattr(one, name) for one in trials)) for name in ("example", "form"))
    figure, axes = grid(2, len(examples), PAGE_IN, 4.4, sharex="col", sharey=True)
    for one in trials:
        column, look = axes[:, examples.index(one.example)], LOOKS[forms.index(one.form)]
        for at, error in zip(column, (one.objective, one.demand), strict=True):
            at.plot(1e3 * one.cpu_s, error, label=one.form, ms=3.5, markevery=len(error) // 10, **look)
            at.set(xscale="log", yscale="log", ylim=(LEAST, MOST))
            at.grid(True)
        name = f"{one.example.replace('-', ' ')}: {one.y.shape[1]} copies, {one.y.shape[1] // len(one.y)} own"
        column[0].set_title(name, loc="left", color=INK)
        column[-1].set_xlabel("CPU time (ms)")
    axes[0, 0].set_ylabel("objective error")
    axes[1, 0].set_ylabel("demand violation")
    return below(figure, 2)
