"""What cars are billed: VCG taxes beside what the clearing price would take, and one of them along its share."""

from __future__ import annotations

import tomllib

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.auction.figures import dollars
from robosim.auction.market_power import PriceOfAbsence
from robosim.charging.absence import absence_along, day_vcg
from robosim.charging.figures.hours import players
from robosim.charging.problem import ChargingDay
from robosim.charging.record import ChargingRecord
from robosim.figures.paper import PAPER, Paper
from robosim.figures.style import CROWD, FAINT, INK, house_style, logarithmic
from robosim.leader.tax_rule import VCG
from robosim.palette import BLUE, ORANGE, SKY, look

LEAST = 1e-5
"""Of the largest payment: less is rounding, and has no place on logarithmic axes."""

Cars = NDArray[np.int64]
NOTHING = 1e-9
"""Dollars, or dollars a kWh: what a central optimum cannot tell from nothing."""


@house_style()
def taxes(record: ChargingRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """The VCG tax of each car against what it would pay at the last prices broadcast, dollars, both logarithmic.

    The tax is the record's where VCG was announced, else that of the central optima. Below the line tax = price the car
    has market power (T, section V.B); the dotted line is the ratio of the sums.
    """
    paid, central = payments(record, mission), record.tax_rule != VCG.name
    tax = day_vcg(day_of(record)) if central else record.settlement.tax[mission]
    wide = paper.width() == 2
    (axes,) = paper.sheet(3.7)
    shown = np.flatnonzero(np.minimum(paid, tax) > LEAST * max(paid.max(), tax.max()))
    whose = "VCG tax of the optimum" if central else "VCG tax"
    axes.set(xlabel=r"what the clearing price would bill (\$)", ylabel=rf"{whose} (\$)")
    if shown.size:
        _points(axes, paid, tax, shown, players(record, mission))
        _lines(axes, paid, tax, shown)
    else:
        axes.plot([0, 1], [0, 1], color=FAINT, lw=0.9, ls="--", label="tax = price")
    note = f"in all VCG {dollars(tax.sum())}, clearing price {dollars(paid.sum())}"
    rest = f"\n{len(tax) - shown.size} of {len(tax)} EVs have no tax or no price" if shown.size < len(tax) else ""
    return paper.finish([axes], record, note + rest, beside=wide)


def _points(axes: Axes, paid: Array, tax: Array, shown: Cars, strategies: dict[int, str]) -> None:
    many = len(tax) > CROWD
    playing = [strategies.get(int(i), "faithful") for i in shown]
    for name in dict.fromkeys(["faithful", *playing]):
        cars, seen = [i for i, what in zip(shown, playing, strict=True) if what == name], look(name)
        axes.plot(
            paid[cars],
            tax[cars],
            ls="",
            marker=seen.shape,
            ms=2.5 if many else 4.5 if name == "faithful" else 6.5,
            mfc=seen.colour,
            mec=INK,
            mew=0.0 if many else 0.4,
            label=name,
            zorder=2 if name == "faithful" else 3,
            rasterized=many,
        )


def _lines(axes: Axes, paid: Array, tax: Array, shown: Cars) -> None:
    """Where tax and price meet, and where they are in the ratio of their sums; the same range on both axes."""
    both = np.concatenate([paid[shown], tax[shown]])
    ends, ratio = np.array([both.min() / 1.6, both.max() * 1.6]), tax.sum() / paid.sum()
    axes.plot(ends, ends, color=FAINT, lw=0.9, ls="--", label="tax = price", zorder=1)
    axes.plot(ends, ratio * ends, color=ORANGE, lw=0.9, ls=":", label=f"sums: {ratio:.3g} × price", zorder=1)
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal")
    logarithmic(axes.xaxis)
    logarithmic(axes.yaxis)


@house_style()
def day_absence(record: ChargingRecord, mission: int = 0, paper: Paper = PAPER, *, agent: int | None = None) -> Figure:
    """T, Fig. 2 for a car: the others' price of its energy, $/kWh, from nothing to what it gets; the area is its tax.

    The way to its share is straight: half of the energy is half of the power in every period; the price is the mean
    over those periods. Of the central optimum, for the car with most to pay if none is named.
    """
    billed = record.settlement.tax[mission] if record.tax_rule == VCG.name else payments(record, mission)
    who = int(np.argmax(billed)) if agent is None else agent
    day = day_of(record)
    found = absence_along(day, who)
    (axes,) = paper.sheet(2.9)
    energy = float(day.best.plan[who].sum() * day.hours)
    _areas(axes, found, energy)
    axes.set(xlabel=f"what EV {who} gets (kWh)", ylabel=r"mean price (\$/kWh)")
    tax, clearing = (dollars(x if abs(x) > NOTHING else 0.0) for x in (found.tax, found.clearing))
    note = f"EV {who}: VCG {tax}, clearing price {clearing}"
    return paper.finish([axes], record, note)


def _areas(axes: Axes, found: PriceOfAbsence, energy_kwh: float) -> None:
    taken, price = found.share * energy_kwh, found.marginal / max(energy_kwh, NOTHING)
    price = np.where(np.abs(price) > NOTHING, price, 0.0)
    axes.fill_between(taken, 0.0, price, color=SKY, lw=0, label="VCG tax")
    axes.fill_between(taken, price, price[-1], fc="none", ec=ORANGE, hatch="////", lw=0, label="market power")
    axes.plot(taken, price, color=BLUE, label="the others' price")
    axes.plot(taken[-1:], price[-1:], ls="", marker="o", ms=5, mfc=BLUE, mec=INK, label="clearing price", clip_on=False)
    axes.plot(taken[[0, -1]], price[[-1, -1]], color=INK, lw=0.6, ls=":")
    axes.axhline(0.0, color=INK, lw=0.6)
    axes.margins(x=0.02)
    if not price.any():
        axes.set_ylim(-0.1, 1.0)


def payments(record: ChargingRecord, mission: int = 0) -> Array:
    """What everybody's power is worth at the prices at which it was agreed on, (N,) dollars."""
    return np.asarray(record.day.worth[mission])


def day_of(record: ChargingRecord) -> ChargingDay:
    """The problem behind an executed day, at true types, from what the record keeps."""
    day, own = record.day, {name: x[0] for name, x in record.types.items()}
    station = tomllib.loads(record.world_toml)["station"]
    rows, most = len(day.rows_kw), own["limit"].max(axis=1)
    return ChargingDay(
        curvature=own["curvature"][:, 0],
        energy_cost=own["energy_cost"],
        limit_kw=most,
        stay=own["stay"].astype(np.int64),
        energy=own["wish"][:, 0],
        unmet=own["wish"][:, 3],
        weights=own["weights"][:, :rows] if "weights" in own else np.ones((len(own["limit"]), rows)),
        rows_kw=day.rows_kw,
        spared=None if (day.spared == 1.0).all() else day.spared,
        least_curvature=own["curvature"][:, 0],
        told=own["told"],
        there=None if own["limit"].shape[1] == 1 else own["limit"] / np.maximum(most, NOTHING)[:, None],
        hours=day.hours,
        loss=station["loss_dollars_per_kw2h"] * day.hours,
        demand=day.demand,
    )
