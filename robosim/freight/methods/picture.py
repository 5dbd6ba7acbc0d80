"""Methods side by side as a picture: errors over rounds, and over the numbers that an agent has sent."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from robosim.figures.style import INK, PAGE_IN, drawn, house_style
from robosim.freight.methods.compare import Comparison
from robosim.freight.methods.curves import Curve
from robosim.freight.methods.tables import title
from robosim.palette import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION

LOOKS: dict[str, dict[str, Any]] = {
    "consensus_tracking_admm": {"color": BLUE, "marker": "o"},
    "tracking_admm": {"color": ORANGE, "marker": "s"},
    "dc_admm": {"color": GREEN, "marker": "^"},
    "dpmm": {"color": PURPLE, "marker": "D"},
    "iplux": {"color": VERMILLION, "marker": "v"},
    "dual_subgradient": {"color": BLACK, "marker": "x"},
    "dot_admm": {"color": SKY, "marker": "P"},
}
LEAST, MARKS = 1e-8, 9
PANELS = 4
"""Columns of panels, where several networks fail."""


@house_style()
def picture(found: Comparison) -> Figure:
    """On one network two panels, over rounds and over numbers sent; else one over rounds for what fails each time.

    Lines are the largest error from a round on to the end, which is what tables count.
    """
    wide = len(found.faults) == 1
    rows = 1 if wide else -(-len(found.faults) // PANELS)
    columns = 2 if wide else min(PANELS, len(found.faults))
    figure = Figure(figsize=(PAGE_IN, 0.8 + (2.4 if wide else 1.8 * rows)))
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
    panels = axes.ravel()
    for panel, fault in zip(panels, found.faults, strict=False):
        for curve in (one for name, one in found.curves if name == fault and one.error.size):
            _line(panel, np.arange(1, len(curve.error) + 1), curve)
            if wide:
                _line(panels[1], curve.sent * curve.size, curve)
        panel.set_title(drawn(f"{found.world}, seed {found.seed}" if wide else fault), loc="left", color=INK)
    for panel in panels:
        panel.set_visible(bool(panel.lines))
        panel.set(xscale="log", yscale="log", ylim=(LEAST, 3.0))
        panel.grid(True)
    for panel in axes[-1]:
        panel.set_xlabel("round $k$")
    if wide:
        panels[1].set_xlabel("numbers that an agent has sent")
    figure.supylabel("error of objective and demand", fontsize=8)
    shown = dict(zip(*reversed(panels[0].get_legend_handles_labels()), strict=True))
    figure.legend(list(shown.values()), list(shown), loc="outside lower center", ncols=4)
    return figure


def _line(panel: Any, over: Any, curve: Curve) -> None:
    to_come = np.maximum.accumulate(curve.error[::-1])[::-1]
    marked = np.unique(np.geomspace(1, len(to_come), MARKS).astype(int)) - 1
    look = LOOKS.get(curve.method, {"color": INK, "marker": "*"})
    panel.plot(over, np.maximum(to_come, 1e-300), label=title(curve.method), markevery=list(marked), ms=3.2, **look)
