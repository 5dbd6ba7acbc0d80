"""Pictures of an auction: price and bids round by round, and what presence costs the others (T, Fig. 2)."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.auction.build import allocation
from robosim.auction.market_power import PriceOfAbsence, central_vcg, proposition_4
from robosim.auction.problem import Allocation
from robosim.auction.record import AuctionRecord
from robosim.auction.scenario import AuctionScenario
from robosim.controllers.dual_decomposition import own_rows
from robosim.errors import BadInput
from robosim.figures.paper import PAPER, Paper
from robosim.figures.style import CROWD, FAINT, INK, house_style, selfish
from robosim.leader.tax_rule import VCG
from robosim.palette import BLUE, ORANGE, SKY, VERMILLION, look

POINTS, FEWER = 129, 33
"""Prices along the share: fewer for crowds, as each is a central optimum."""


@house_style()
def absence(record: AuctionRecord, mission: int = 0, paper: Paper = PAPER, *, agent: int | None = None) -> Figure:
    """T, Fig. 2: the clearing price of the others along what one agent gets; the area below is its VCG tax.

    Kilowatts and dollars a kilowatt, of the optimum; the rectangle up to λ* is what the clearing price bills. Of the
    agent with most to pay, if none is named. Raises `BadInput` for cars at a station, whose shares are not one number.
    """
    problem = bidders_problem(record)
    shares, price, _ = problem.optimum()
    worth = problem.payments(price[None, None], shares[None])[0]
    who = int(np.argmax(np.abs(worth))) if agent is None else agent
    if not 0 <= who < problem.agents:
        raise BadInput(f"agent: must be one of 0..{problem.agents - 1}, got {who} (name one of them)")
    found = proposition_4(problem, who, POINTS if problem.agents <= CROWD else FEWER)
    (axes,) = paper.sheet(2.9)
    _areas(axes, found, found.share * shares[who, 0], float(problem.R[who, 0, 0]))
    axes.set(xlabel=f"what bidder {who} gets (kW)", ylabel="price ($/kW)")
    return paper.finish(
        [axes], record, f"bidder {who}: VCG {dollars(found.tax)}, clearing price {dollars(found.clearing)}"
    )


def _areas(axes: Axes, found: PriceOfAbsence, taken: Array, weight: float) -> None:
    """The price of one more kilowatt along the share, the tax below it, the payment up to its end."""
    price = weight * found.price[:, 0]
    axes.fill_between(taken, 0.0, price, color=SKY, linewidth=0, label="VCG tax")
    axes.fill_between(
        taken, price, price[-1], facecolor="none", edgecolor=ORANGE, hatch="////", linewidth=0, label="market power"
    )
    axes.plot(taken, price, color=BLUE, label="the others' price")
    axes.plot(taken[-1:], price[-1:], ls="", marker="o", ms=5, mfc=BLUE, mec=INK, label="clearing price", clip_on=False)
    axes.plot(taken[[0, -1]], price[[-1, -1]], color=INK, lw=0.6, ls=":")
    axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.margins(x=0.02)


@house_style()
def tax_against_price(record: AuctionRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """Each agent's VCG tax against what it would pay at the last price broadcast, λ'R_i z_i, dollars.

    Below the line the tax is less: that is market power (T, section V.B). The tax is the record's where VCG was
    announced, else that of the central optima. Raises `BadInput` for cars at a station under another rule.
    """
    paid = payments(record, mission)
    central = record.tax_rule != VCG.name
    tax = central_vcg(bidders_problem(record)) if central else record.settlement.tax[mission]
    wide = paper.width() == 2
    (axes,) = paper.sheet(3.4)
    ends = [min(paid.min(), tax.min(), 0.0), max(paid.max(), tax.max(), 0.0)]
    axes.plot(ends, ends, color=FAINT, lw=0.8, ls="--", label="tax = price", zorder=1)
    players = selfish(record, mission)
    honest = np.setdiff1d(np.arange(len(tax)), [i for agents in players.values() for i in agents])
    for name, agents in [("faithful", honest.tolist()), *players.items()]:
        seen, many = look(name), len(tax) > CROWD
        axes.plot(
            paid[agents], tax[agents], ls="", marker=seen.shape, ms=2.5 if many else 4.5, mfc=seen.colour, mec=INK,
            mew=0.0 if many else 0.4, label=name, rasterized=many,
        )  # fmt: skip
    whose = "VCG tax of the optimum ($)" if central else "VCG tax ($)"
    axes.set(xlabel="price × share ($)", ylabel=whose, aspect="equal")
    note = f"in all VCG {dollars(tax.sum())}, clearing price {dollars(paid.sum())}"
    return paper.finish([axes], record, note, beside=wide)


def dollars(amount: float) -> str:
    r"""As text in a figure, where a bare dollar sign would begin a formula.

    >>> dollars(0.25)
    '0.25 \\$'
    """
    return rf"{amount:.4g} \$"


def payments(record: AuctionRecord, mission: int = 0) -> Array:
    """λ'R_i z_i at the last price broadcast, (N,) dollars."""
    z, price = record.decision[mission], record.prices[mission, -1]
    unit = np.einsum("irc,r->ic", own_rows(record.types, len(price), z.shape[1]), price)
    return np.asarray((unit * z).sum(axis=1))


def bidders_problem(record: AuctionRecord) -> Allocation:
    """The problem that the world of a record describes, at true types. Raises `BadInput` for a day of cars."""
    if record.noun != AuctionRecord.noun:
        raise BadInput(
            f"{record.world}: drawn of bidders with one number each, not of cars (use a world such as market)"
        )
    return allocation(AuctionScenario.model_validate(tomllib.loads(record.world_toml)))


@house_style()
def prices(record: AuctionRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """Price above (λ in dollars a kilowatt, one line a resource), bids below (kilowatts); ends mark the decision."""
    above, below = paper.sheet(3.6, rows=2)
    above.plot(record.kept, record.prices[mission], color=INK, label=None)
    above.plot([], [], color=INK, label="price")
    bids = record.said["z"][mission]
    players = selfish(record, mission)
    honest = np.setdiff1d(np.arange(bids.shape[1]), [agent for agents in players.values() for agent in agents])
    shown = [("faithful", honest.tolist()), *players.items()]
    for name, agents in shown:
        seen = look(name)
        mark: dict[str, Any] = {"marker": seen.shape, "mfc": seen.colour, "mec": INK, "ms": 4}
        for agent in agents:
            below.plot(record.kept, bids[:, agent], color=seen.colour)
            end = np.full(bids.shape[2], record.kept[-1])
            below.plot(end, record.decision[mission, agent], ls="", **mark)
        if agents:
            below.plot([], [], color=seen.colour, label=name, **mark)
    above.set(ylabel="price ($/kW)")
    below.set(ylabel="bid (kW)", xlabel="round $k$")
    above.axhline(record.prices[mission, -1, 0], color=VERMILLION, lw=0.6, ls=":", label="last price")
    return paper.finish([above, below], record)
