"""How a division by prices came about: the price and everybody's bids, round by round."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from robosim.figures.style import COLUMN_IN, INK, finish, house_style, selfish, sheet
from robosim.palette import BLUE, VERMILLION, look
from robosim.records.auction_record import AuctionRecord


@house_style()
def prices(record: AuctionRecord, mission: int = 0) -> Figure:
    """Price above (λ in dollars a kilowatt, one line a resource), bids below (kilowatts); ends mark the decision."""
    figure, (above, below) = sheet(COLUMN_IN, 3.6, rows=2)
    above.plot(record.kept, record.prices[mission], color=BLUE, label=None)
    above.plot([], [], color=BLUE, label="price")
    bids = record.said["z"][mission]
    players = selfish(record, mission)
    honest = np.setdiff1d(np.arange(bids.shape[1]), [agent for agents in players.values() for agent in agents])
    shown = [("faithful", honest.tolist()), *players.items()]
    for name, agents in shown:
        seen = look(name)
        for number, agent in enumerate(agents):
            below.plot(record.kept, bids[:, agent], color=seen.colour, label=None if number else name)
            end = np.full(bids.shape[2], record.kept[-1])
            below.plot(end, record.decision[mission, agent], ls="", marker=seen.shape, mfc=seen.colour, mec=INK, ms=4)
    above.set(ylabel="price ($/kW)")
    below.set(ylabel="bid (kW)", xlabel="round $k$")
    above.axhline(record.prices[mission, -1, 0], color=VERMILLION, lw=0.6, ls=":", label="last price")
    return finish(figure, record, columns=2)
