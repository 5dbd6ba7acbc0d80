"""What X, Figures 3 to 6 look like: grids of panels, errors against rounds, payoffs against misreports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from robosim.agent import Array
from robosim.figures.style import FAINT, INK, PAGE_IN, house_style
from robosim.freight.reproduce.misreports import LieCase, Payoffs, Sweep
from robosim.palette import BLUE, GREEN, ORANGE, PURPLE, VERMILLION

Lines = dict[str, Array]
"""Errors after rounds 1, 2, …, (rounds,), by method."""
LEAST, MOST = 1e-6, 6.0
"""Errors that are shown."""
MARKED = np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000])
"""Rounds that bear a marker."""
LOOKS: dict[str, dict[str, Any]] = {
    "Consensus-Tracking-ADMM": {"color": BLUE, "marker": "o", "lw": 1.8, "zorder": 4},
    "Tracking-ADMM": {"color": ORANGE, "marker": "s"},
    "Tracking-ADMM, own price": {"color": ORANGE, "marker": "s", "ls": (0, (3, 1.5)), "mfc": "white"},
    "DC-ADMM": {"color": GREEN, "marker": "^"},
    "DPMM": {"color": PURPLE, "marker": "D"},
    "IPLUX": {"color": VERMILLION, "marker": "v"},
    "IPLUX, old copies": {"color": VERMILLION, "marker": "v", "ls": (0, (3, 1.5)), "mfc": "white"},
}
NAMES = {"example-1": "example 1 (small)", "example-2": "example 2 (medium)", "example-3": "example 3 (large)"}
CHOICES = {
    "published": "penalties of X's authors",
    "tuned": "every method tuned alike",
    "automatic": "automatic penalties",
}


def grid(rows: int, columns: int, width_in: float, height_in: float, **shared: Any) -> tuple[Figure, Any]:
    """An empty figure that draws itself without pyplot, and its axes (rows, columns)."""
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def below(figure: Figure, columns: int) -> Figure:
    """One legend for all panels, below them."""
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=columns)
    return figure


@house_style()
def convergence(panels: Mapping[tuple[str, str], Lines], axis: str) -> Figure:
    """Errors by (choice of penalties, example): a row of panels for each choice, a column for each example.

    Lines are the largest error from a round to the end, which is what “rounds to” counts; the faint ones behind are the
    errors of single rounds, which swing through 0.
    """
    choices, examples = (list(dict.fromkeys(key[side] for key in panels)) for side in (0, 1))
    size = (PAGE_IN if len(examples) > 1 else 4.6, 0.9 + 2.0 * len(choices))
    figure, axes = grid(len(choices), len(examples), *size, sharex="col", sharey=True)
    for (choice, example), lines in panels.items():
        at = axes[choices.index(choice), examples.index(example)]
        _errors(at, lines)
        at.set_title(f"{NAMES[example]}, {CHOICES[choice]}", loc="left", color=INK)
    for at in axes.flat:
        at.set_visible(bool(at.lines))  # runs that Ctrl-C came before
    figure.supylabel(axis)
    for at in axes[-1]:
        at.set_xlabel("round $k$ (lines: largest error from $k$ on; faint: of $k$)")
    return below(figure, 3)


def _errors(axes: Axes, lines: Lines) -> None:
    for name, error in lines.items():
        look = {"lw": 1.0, "ms": 3.2, "mew": 0.8, **LOOKS[name]}
        rounds = np.arange(1, len(error) + 1)
        marked = [int(k) - 1 for k in MARKED if k <= len(error)]
        to_come = np.maximum.accumulate(error[::-1])[::-1]
        axes.plot(rounds, error, lw=0.6, alpha=0.3, color=look["color"])
        axes.plot(rounds, to_come, label=name, markevery=marked, **look)
    longest = max(map(len, lines.values()))
    axes.set(xscale="log", yscale="log", ylim=(LEAST, MOST), xlim=(1, longest))
    axes.grid(True)


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
def cases_picture(cases: Sequence[LieCase], truth: Payoffs) -> Figure:
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
