"""How agents came to agree on a plan that none of them could make alone: three residuals, round by round."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.figures.style import COLUMN_IN, FAINT, finish, house_style, sheet
from robosim.palette import BLUE, GREEN, ORANGE
from robosim.records.haulage_record import HaulageRecord

CURVES: dict[str, dict[str, Any]] = {
    "objective": {"color": BLUE, "ls": "-", "marker": "o"},
    "demand": {"color": ORANGE, "ls": (0, (5, 2)), "marker": "s"},
    "copies": {"color": GREEN, "ls": (0, (4, 1.5, 1, 1.5)), "marker": "^"},
}
MARKS = 8
"""Markers on each curve."""


@house_style()
def agreement(record: HaulageRecord, mission: int = 0) -> Figure:
    """|F(x^k) - F*|/|F*|, ‖Σ A_i x_i - b‖/‖b‖ and the largest |copy - own| over the largest decision, log scale.

    x^k is where agents stand, before it is made feasible; where F* or b is 0 the figure is absolute.
    """
    figure, (axes,) = sheet(COLUMN_IN, 2.9)
    axes.set_yscale("log")
    demand, apart = record.residuals[mission].T
    axes.grid(axis="y")
    _curve(axes, record.kept, objective_error(record, mission), "objective", "objective error")
    _curve(axes, record.kept, demand, "demand", "unmet demand" if record.roads is not None else "unmet coupling")
    _curve(axes, record.kept, apart, "copies", "disagreement")
    if (tolerance := tomllib.loads(record.world_toml).get("leader", {}).get("tolerance")) is not None:
        axes.axhline(tolerance, color=FAINT, lw=0.8, ls=":", label="tolerance")
    axes.set(xlabel="round $k$", ylabel="relative residual")
    axes.minorticks_off()
    axes.margins(x=0.03)
    return finish(figure, record, note=_note(record))


def objective_error(record: HaulageRecord, mission: int) -> Array:
    """|F(x^k) - F*|/|F*| at the kept rounds, (rows,); F* of mission 0 is that of all, who share true costs."""
    best = record.verdict.optimum or 0.0
    return np.asarray(np.abs(record.objective[mission] - best) / (abs(best) or 1.0))


def _curve(axes: Axes, rounds: Any, values: Array, look: str, label: str) -> None:
    """Zeros and what is not finite are left out: a logarithm has no place for them."""
    shown = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    every = max(1, len(rounds) // MARKS)
    start = list(CURVES).index(look) * every // len(CURVES)
    axes.plot(rounds, shown, **CURVES[look], lw=1.1, ms=3.5, markevery=(start, every), label=label)


def _note(record: HaulageRecord) -> str:
    return f"{record.method}, {record.rounds} rounds" + (", interrupted" if record.interrupted else "")
