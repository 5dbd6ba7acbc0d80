"""Everything of the papers that can be computed again, by name: every printed number beside ours."""

from __future__ import annotations

from functools import partial

from robosim.freight.reproduce import figure_5, figure_6, figure_c, figures_3_4
from robosim.freight.reproduce.freight_tables import PRINTED, TABLES
from robosim.reproduction import Entry, Reproduction

__all__ = ["TABLES", "Reproduction"]


def _table(name: str) -> Entry:
    return Entry(title=PRINTED[name].title, seconds=3, make=lambda _: TABLES[name](), pictures=False)


CATALOGUE: dict[str, Entry] = {
    **{name: _table(name) for name in TABLES},
    "xie-figure-3": Entry(
        title="X, Figure 3: objective error of five methods, examples 1 and 2",
        seconds=60,
        make=partial(figures_3_4.figure, 3),
    ),
    "xie-figure-4": Entry(
        title="X, Figure 4: demand violation of five methods, examples 1 and 2 (the runs of Figure 3)",
        seconds=60,
        make=partial(figures_3_4.figure, 4),
    ),
    "xie-figure-5": Entry(
        title="X, Figure 5: one supplier misreports its costs, SP against VCG", seconds=15, make=figure_5.figure
    ),
    "xie-figure-6": Entry(title="X, Figure 6: 30 joint misreports", seconds=3, make=figure_6.figure),
    "xie-figure-c": Entry(
        title="X, Figures C.1, C.2: full against reduced form at equal computing time", seconds=30, make=figure_c.figure
    ),
    "xie-figure-3-large": Entry(
        title="X, Figure 3, example 3", seconds=500, make=partial(figures_3_4.large, 3), asked=True
    ),
    "xie-figure-4-large": Entry(
        title="X, Figure 4, example 3", seconds=500, make=partial(figures_3_4.large, 4), asked=True
    ),
}


def catalogue() -> dict[str, Entry]:
    """Everything, for the command line."""
    return CATALOGUE
