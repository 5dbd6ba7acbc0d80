"""What X, Figures 5 and 6 look like: payoffs against misreports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from robosim.agent import Array
from robosim.figures.style import FAINT, INK, PAGE_IN, house_style
from robosim.palette import BLUE, GREEN, ORANGE, PURPLE, VERMILLION
from robosim.reproduce.panels import below, grid

if TYPE_CHECKING:
    from robosim.reproduce.figure_5 import Sweep
    from robosim.reproduce.figure_6 import Case
    from robosim.reproduce.misreports import Payoffs

COLOURS, MARKERS = (BLUE, ORANGE, GREEN, PURPLE), "osD^"
"""Of suppliers, in turn."""
THOUSAND = 1e3
NAMED = 0.05
"""Percent that a gain must be to be marked."""


@house_style()
def sweeps_picture(sweeps: Sequence[Sweep]) -> Figure:
    """A column for each lying supplier: all payoffs under shadow prices, then its own gain under both rules."""
    kinds = list(dict.fromkeys(one.kind for one in sweeps))
    figure, axes = grid(1 + len(kinds), len(sweeps) // len(kinds), PAGE_IN, 5.6, sharey="row")
    for one in sweeps:
        place = kinds.index(one.kind)
        if place == 0:
            _payoffs(axes[0, one.supplier], one)
        _gain(axes[1 + place, one.supplier], one)
    labels = (r"payoff under SP ($10^3$ \$)", "own gain (% of truth)", "own gain (% of truth)")
    for at, label in zip(axes[:, 0], labels, strict=True):
        at.set_ylabel(label)
    return below(figure, 6)


def _payoffs(axes: Axes, one: Sweep) -> None:
    for i, earned in enumerate(one.shadow.T):
        look: dict[str, Any] = {"color": COLOURS[i % 4], "marker": MARKERS[i % 4], "ms": 3.2}
        own = i == one.supplier
        every = max(1, len(one.sizes) // 8)
        axes.plot(one.sizes, earned / THOUSAND, lw=2.0 if own else 1.0, markevery=every, label=f"N{i}", **look)
    _zero(axes, one, "")
    axes.set_title(f"N{one.supplier} misreports", loc="left", color=INK)
    axes.set_xlabel(r"$\delta$ per edge (\$)")


def _gain(axes: Axes, one: Sweep) -> None:
    looks = (("SP", one.shadow, VERMILLION, "-"), ("VCG", one.vcg, INK, (0, (3, 1.5))))
    for rule, earned, colour, dashes in looks:
        own = earned[:, one.supplier]
        axes.plot(one.sizes, _percent(own, own[one.truth]), color=colour, ls=dashes, label=f"own gain, {rule}")
    own = one.shadow[:, one.supplier]
    top = one.sizes[one.best], float(_percent(own, own[one.truth])[one.best])
    if top[1] >= NAMED:
        axes.plot(*top, ls="", marker="o", ms=4, color=VERMILLION, mec=INK, zorder=5)
        axes.annotate(f"{top[1]:+.1f} %", top, xytext=(0, 5), textcoords="offset points", ha="center", va="bottom")
    axes.set_ylim(-30.0, 20.0)
    _zero(axes, one, r"$\delta$ per edge (\$)" if one.kind.startswith("per") else r"change of $\Vert c_i \Vert$ (%)")


def _zero(axes: Axes, one: Sweep, label: str) -> None:
    axes.axvline(0.0, color=FAINT, lw=0.6, zorder=0)
    if label:
        axes.axhline(0.0, color=FAINT, lw=0.6, zorder=0)
    axes.set(xlabel=label, xlim=(one.sizes[0], one.sizes[-1]))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5], prune="both"))


def _percent(x: Array, truth: float) -> Array:
    return np.asarray(100.0 * (x / truth - 1.0))


@house_style()
def cases_picture(cases: Sequence[Case], truth: Payoffs) -> Figure:
    """A panel for each supplier: payoffs by case, above or below what truth of all would bring."""
    suppliers = len(truth.shadow)
    figure, axes = grid((suppliers + 1) // 2, 2, PAGE_IN, 4.2, sharex=True)
    numbers = np.arange(1, len(cases) + 1)
    for i, at in enumerate(axes.flat[:suppliers]):
        lying, honest = (np.array([one[side].shadow[i] for one in cases]) for side in (0, 1))
        at.axhline(truth.shadow[i], color=INK, ls=(0, (1, 1.2)), lw=1.2, label="all truthful")
        at.plot(numbers, lying, color=BLUE, ls=(0, (3, 1.5)), lw=0.8)
        paid = lying > honest
        for which, face, words in ((paid, BLUE, "all lie, own lie paid"), (~paid, "white", "all lie, own lie cost")):
            at.plot(numbers[which], lying[which], ls="", marker="o", ms=4, mfc=face, mec=BLUE, label=words)
        above = int((lying > truth.shadow[i]).sum())
        at.set_title(f"N{i}: above truth in {above} of {len(cases)} cases", loc="left", color=INK)
        at.set_xlim(0, len(cases) + 1)
    for at in axes[-1]:
        at.set_xlabel("case")
    for at in axes[:, 0]:
        at.set_ylabel(r"payoff under SP (\$)")
    return below(figure, 3)
