"""The heat map of strategies × tax rules: what the attacker gains on the left, what the others lose on the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, SymLogNorm
from matplotlib.figure import Figure

from robosim.attacks.table import Cell, Comparison
from robosim.figures.style import FAINT, INK, PAGE_IN, drawn, house_style
from robosim.palette import BLUE, ORANGE

NOTHING = 1e-8
"""Share of the largest figure that counts as none: others' changes are differences of much larger sums."""
DECADES = 3.0
"""Of figures that have a colour of their own."""
WARM = LinearSegmentedColormap.from_list("warm", [BLUE, "#ffffff", ORANGE])


@house_style()
def heat_map(table: Comparison) -> Figure:
    """Both halves; warm is good for who attacks on the left, bad for the others on the right."""
    rows = len(table.strategies)
    figure = Figure(figsize=(PAGE_IN, 1.5 + 0.24 * rows))
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    _half(left, table, lambda one: one.gain, f"gain of the attacker ({drawn(table.unit)})")
    _half(right, table, lambda one: one.others_change, f"loss of the others ({drawn(table.unit)})")
    left.set_yticks(np.arange(rows), [drawn(name) for name in table.strategies])
    said = [f"{rule}: ε {_epsilon(table, rule)}" for rule in table.rules]
    figure.suptitle(
        f"{drawn(table.world)}, the best attacker of each strategy\n{', '.join(said)}", fontsize=8, color=INK
    )
    return figure


def _epsilon(table: Comparison, rule: str) -> str:
    certified = table.epsilon[rule].certified
    return "has no bound" if certified is None else f"≤ {certified:.3g}"


def _half(axes: Any, table: Comparison, of: Callable[[Cell], float], title: str) -> None:
    values = np.array([[_of(table.cell(name, rule), of) for rule in table.rules] for name in table.strategies])
    finite = np.abs(values[np.isfinite(values)])
    most = float(finite.max(initial=0.0)) or 1.0
    norm = SymLogNorm(linthresh=most * 10.0**-DECADES, vmin=-most, vmax=most)
    axes.imshow(np.ma.masked_invalid(values), cmap=WARM, norm=norm, aspect="auto")
    axes.set_xticks(np.arange(len(table.rules)), table.rules)
    axes.set_title(title, color=INK)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for row, column in np.ndindex(values.shape):
        value = values[row, column]
        text = "–" if np.isnan(value) else "0" if abs(value) <= NOTHING * most else f"{value:+.3g}"
        strong = np.isfinite(value) and abs(value) > 0.3 * most
        colour = FAINT if text in "–0" else "white" if strong else INK
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)


def _of(one: Cell | None, of: Callable[[Cell], float]) -> float:
    return float("nan") if one is None else of(one)
