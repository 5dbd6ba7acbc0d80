"""Who is paid what, by us and by other rules, and how the agents came to agree: three residuals, round by round."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from robosim.agent import Array
from robosim.figures.paper import PAPER, Paper
from robosim.figures.style import FAINT, GRID, INK, house_style, logarithmic, selfish
from robosim.freight.record import FreightRecord
from robosim.leader.tax_rule import SHADOW_PRICE, VCG
from robosim.palette import BLUE, GREEN, ORANGE, SKY, VERMILLION, look
from robosim.verdict import Mechanism

RULES: dict[tuple[str, str], dict[str, Any]] = {
    (SHADOW_PRICE.name, "distributed"): {"fc": SKY},
    (SHADOW_PRICE.name, "central"): {"fc": "white", "ec": SKY, "hatch": "//////"},
    (VCG.name, "distributed"): {"fc": VERMILLION},
    (VCG.name, "central"): {"fc": "white", "ec": VERMILLION, "hatch": "\\\\\\\\\\\\"},
}


@house_style()
def payments(record: FreightRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """Private cost, payment and profit under the announced rule above; payments under every rule below, in dollars.

    Distributed is what the run's own decision and prices give, central (hatched) what the optimum would. Mission 0 only
    is judged, so others have no lower half. The selfish carry the marker of their strategy.
    """
    rules = tuple(rule for rule in record.verdict.mechanisms or () if rule.payment) if mission == 0 else ()
    axes = paper.sheet(4.4 if rules else 2.8, rows=2 if rules else 1, columns=2)
    paid, cost = record.payment[mission], record.private_cost[mission]
    _groups(axes[0], [cost, paid, paid - cost], ["private cost", "payment", "profit"], OWN)
    _players(axes[0], record, mission, np.maximum.reduce([cost, paid, paid - cost, 0 * cost]))
    axes[0].set(ylabel="announced rule (\\$)")
    if rules:
        given = [np.array(rule.payment) for rule in rules]
        _groups(axes[1], given, [f"{r.rule}, {r.solved}" for r in rules], [RULES[r.rule, r.solved] for r in rules])
        axes[1].set(ylabel="payment by rule (\\$)")
    for one in axes:
        one.set_xticks(np.arange(0, len(cost), paper.every(len(cost), 2)))
    axes[-1].set(xlabel="supplier" if record.roads is not None else "agent")
    return paper.finish(axes, record, _note(record, rules))


OWN: list[dict[str, Any]] = [{"fc": BLUE}, {"fc": ORANGE}, {"fc": GREEN}]


def _groups(axes: Axes, heights: list[Array], names: list[str], looks: list[dict[str, Any]]) -> None:
    """Bars side by side, one group an agent."""
    agents, width = np.arange(len(heights[0])), 0.8 / len(heights)
    for k, (height, name, style) in enumerate(zip(heights, names, looks, strict=True)):
        place = agents + (k - (len(heights) - 1) / 2) * width
        axes.bar(place, height, width=0.92 * width, label=name, lw=0.6, **{"ec": style["fc"], **style})
    axes.axhline(0.0, color=INK, lw=0.6)
    axes.use_sticky_edges = False
    axes.margins(x=0.02, y=0.12)
    if min(height.min() for height in heights) >= 0:
        axes.set_ylim(bottom=0.0)


def _players(axes: Axes, record: FreightRecord, mission: int, top: Array) -> None:
    above = axes.transData + ScaledTranslation(0, 6 / 72, axes.figure.dpi_scale_trans)
    for name, agents in selfish(record, mission).items():
        seen = look(name)
        axes.plot(
            agents, top[agents], ls="", marker=seen.shape, ms=7, mfc=seen.colour, mec=INK, mew=0.4, transform=above,
            clip_on=False, zorder=5, label=name,
        )  # fmt: skip


def _note(record: FreightRecord, rules: tuple[Mechanism, ...]) -> str:
    """What was announced, and how far apart distributed and central are: usually too little to be seen."""
    apart = {rule.rule: rule.difference for rule in rules if rule.difference is not None}
    said = [f"{rule} {number(difference)} \\$" for rule, difference in apart.items()]
    compared = "; distributed and central differ by at most: " + ", ".join(said) if said else ""
    return f"announced: {record.tax_rule}{compared}"


def number(amount: float) -> str:
    """Two digits, without an exponent where one can do without.

    >>> number(2162.4), number(0.0168), number(6.5e-07)
    ('2,200', '0.017', '6.5e-07')
    """
    return f"{float(f'{amount:.2g}'):,.0f}" if amount >= 100 else f"{amount:.2g}"


CURVES: dict[str, dict[str, Any]] = {
    "objective": {"color": BLUE, "ls": "-", "marker": "o"},
    "demand": {"color": ORANGE, "ls": (0, (5, 2)), "marker": "s"},
    "copies": {"color": GREEN, "ls": (0, (4, 1.5, 1, 1.5)), "marker": "^"},
}
MARKS = 8
"""Markers on each curve."""


@house_style()
def agreement(record: FreightRecord, mission: int = 0, paper: Paper = PAPER) -> Figure:
    """|F(x^k) - F*|/|F*|, ‖Σ A_i x_i - b‖/‖b‖ and the largest |copy - own| over the largest decision, log scale.

    x^k is where agents stand, before it is made feasible; where F* or b is 0 the figure is absolute.
    """
    (axes,) = paper.sheet(2.9)
    axes.set_yscale("log")
    demand, apart = record.residuals[mission].T
    axes.grid(axis="y", **GRID)
    _curve(axes, record.kept, objective_error(record, mission), "objective", "objective error")
    _curve(axes, record.kept, demand, "demand", "unmet demand" if record.roads is not None else "unmet coupling")
    _curve(axes, record.kept, apart, "copies", "disagreement")
    if (tolerance := tomllib.loads(record.world_toml).get("leader", {}).get("tolerance")) is not None:
        axes.axhline(tolerance, color=FAINT, lw=0.8, ls=":", label="tolerance")
    axes.set(xlabel="round $k$", ylabel="relative residual")
    axes.margins(x=0.03)
    if not any(np.isfinite(line.get_ydata()).any() for line in axes.lines[: len(CURVES)]):
        axes.set_autoscaley_on(False)  # nothing has a logarithm, and one line has no range
        axes.set_ylim(1e-9, 1.0)
    logarithmic(axes.yaxis)
    return paper.finish([axes], record, _agreement_note(record))


def objective_error(record: FreightRecord, mission: int) -> Array:
    """|F(x^k) - F*|/|F*| at the kept rounds, (rows,); F* of mission 0 is that of all, who share true costs."""
    best = record.verdict.optimum or 0.0
    return np.asarray(np.abs(record.objective[mission] - best) / (abs(best) or 1.0))


def _curve(axes: Axes, rounds: Any, values: Array, look: str, label: str) -> None:
    """Zeros and what is not finite are left out: a logarithm has no place for them. What no digit of 1 shows is 0."""
    shown = np.where(np.isfinite(values) & (values > np.finfo(np.float64).eps), values, np.nan)
    every = max(1, len(rounds) // MARKS)
    start = list(CURVES).index(look) * every // len(CURVES)
    axes.plot(rounds, shown, **CURVES[look], lw=1.1, ms=3.5, markevery=(start, every), label=label)


def _agreement_note(record: FreightRecord) -> str:
    return f"{record.method}, {record.rounds} rounds" + (", interrupted" if record.interrupted else "")
