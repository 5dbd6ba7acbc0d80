"""Pictures of a mission."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from cooling.record import CoolingRecord
from robosim.figures.paper import PAPER, Paper
from robosim.figures.style import house_style, selfish
from robosim.palette import look


@house_style()
def temperatures(record: CoolingRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """Temperature of each hall over the hours, °C, the selfish in colours of their own."""
    (axes,) = paper.sheet(2.6)
    players = selfish(record, mission)
    dishonest = [hall for halls in players.values() for hall in halls]
    honest = np.setdiff1d(np.arange(record.decision.shape[1]), dishonest).tolist()
    for name, halls in (("faithful", honest), *players.items()):
        for number, hall in enumerate(halls):
            label = None if number else name
            axes.plot(record.hours, record.temperature_c[mission, hall], color=look(name).colour, label=label)
    axes.set(xlabel="hours", ylabel="temperature (°C)")
    axes.margins(x=0)
    return paper.finish([axes], record)
