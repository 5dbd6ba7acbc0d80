"""How fast the robots agreed: distance to agreement and the bounds that the leader may announce."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.figures.paper import PAPER, Paper
from robosim.figures.style import INK, house_style, logarithmic, selfish
from robosim.leader.bound import BOUNDS, Bound, Listed, announce
from robosim.network.network import Network
from robosim.palette import BLUE, GREEN, ORANGE, PURPLE, VERMILLION
from robosim.rendezvous.record import RendezvousRecord

POINTS = 500
LARGEST = 2_000
"""For more robots only the announced bound is drawn: the others need eigenvalues again, slow on long paths."""
LINES: dict[str, tuple[str, str, Any]] = {
    "tight": ("tight", GREEN, (0, (5, 2))),
    "paper": ("corrected", ORANGE, (0, (4, 1.5, 1, 1.5))),
    "paper-as-published": ("published", PURPLE, (0, (1, 1))),
}
"""Label, colour and dashes of each bound."""


@house_style()
def convergence(record: RendezvousRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """dist(z^k, Z) = ‖(I - J) z^k‖ against k, the announced β(k) bold and the other bounds for comparison, log scale.

    Marked are the rounds in which faithful robots lie outside the published bound (T, Algorithm 2, line 12), and a team
    that ended outside the announced one.
    """
    (axes,) = paper.sheet(2.9)
    axes.set_yscale("log")
    distance = record.distance[mission]
    bounds = {record.rules.rule: record.rules.bound} | _others(record)
    rounds = np.unique(np.round(np.linspace(0, record.rules.rounds, POINTS)))
    axes.plot(
        record.kept,
        np.where(distance > 0, distance, np.nan),
        color=BLUE,
        linewidth=1.4,
        zorder=3,
        label=r"dist$(z^k, Z)$",
    )
    for name, bound in bounds.items():
        _bound(axes, name, rounds, bound, announced=name == record.rules.rule)
    _breaks(axes, record, mission, bounds)
    _verdict(axes, record, mission)
    axes.set(xlabel="round $k$", ylabel="distance to agreement (m)", ylim=_range(distance, bounds, rounds))
    logarithmic(axes.yaxis)
    return paper.finish([axes], record)


def _others(record: RendezvousRecord) -> dict[str, Bound | Listed]:
    """The bounds that were not announced, where they exist: the paper's on trees only."""
    rules, n = record.rules, len(record.start)
    if n > LARGEST or rules.rule not in BOUNDS or not isinstance(rules.bound, Bound):
        # the others are theorems about consensus with a fixed step
        return {}
    network = Network(n=n, edges=record.edges, weights=record.weights)
    found: dict[str, Bound | Listed] = {}
    for name in BOUNDS:
        if name != rules.rule and (network.is_tree or name == "tight"):
            try:
                found[name] = announce(name, network, rules.alpha, rules.lower, rules.upper, rules.bound.noise / n**0.5)
            except BadInput:  # a step size for which this bound does not exist
                continue
    return found


def _bound(axes: Axes, name: str, rounds: Array, bound: Bound | Listed, announced: bool) -> None:
    label, colour, dashes = LINES.get(name, (name, INK, (0, (5, 2))))
    axes.plot(
        rounds,
        bound.beta(rounds),
        color=colour,
        linestyle=dashes,
        linewidth=2.2 if announced else 1.1,
        zorder=3.5 if announced else 4,
        label=rf"$\beta$ {label}".removesuffix(" announced") + (" (announced)" if announced else ""),
    )


def _breaks(axes: Axes, record: RendezvousRecord, mission: int, bounds: dict[str, Bound | Listed]) -> None:
    published = bounds.get("paper-as-published")
    if published is None or selfish(record, mission):
        return
    outside = record.distance[mission] > published.beta(record.kept.astype(np.float64))
    if outside.any():
        shown = np.flatnonzero(outside)[:: 1 + len(record.kept) // 30]
        first = record.kept[shown[0]], record.distance[mission][shown[0]]
        axes.plot(
            record.kept[shown],
            record.distance[mission][shown],
            linestyle="",
            marker="x",
            markersize=5,
            color=VERMILLION,
            zorder=5,
            label="faithful, but outside",
        )
        early = first[0] < record.rules.rounds / 4  # no room on the left
        axes.annotate(
            f"$k = {first[0]}$",
            first,
            xytext=(6, 2) if early else (-4, -4),
            textcoords="offset points",
            ha="left" if early else "right",
            va="bottom" if early else "top",
            color=VERMILLION,
        )


def _verdict(axes: Axes, record: RendezvousRecord, mission: int) -> None:
    if record.settlement.penalised[mission]:
        axes.plot(
            record.kept[-1],
            record.settlement.distance[mission],
            linestyle="",
            marker="X",
            markersize=8,
            color=VERMILLION,
            markeredgecolor="white",
            zorder=6,
            clip_on=False,
            label="outside: all are fined",
        )


def _range(distance: Array, bounds: dict[str, Bound | Listed], rounds: Array) -> tuple[float, float]:
    """From the largest value down to a little below the smallest bound: what rounding leaves is not drawn."""
    betas = np.array([bound.beta(rounds) for bound in bounds.values()])
    seen = distance[distance > 0]
    least, most = float(betas.min()), max(float(betas.max()), float(seen.max(initial=0.0)))
    return min(least, max(float(seen.min(initial=np.inf)), least / 30)) / 2, 2 * most
