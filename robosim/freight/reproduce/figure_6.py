"""X, Figure 6: what suppliers earn in 30 cases in which all of them misreport some costs at random."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from robosim.agent import Array
from robosim.freight.coupled.optimum import optima_without
from robosim.freight.reproduce.freight_tables import paper_problem
from robosim.freight.reproduce.misreports import LieCase, Payoffs, TrueProblem
from robosim.freight.reproduce.panels import cases_picture
from robosim.reproduction import Cell, Reproduction, Watch, until_stopped

NAME, CASES, SEED = "xie-figure-6", 30, 16
SHARE = 0.9
"""Of the entries of c_i that a supplier changes."""
STEPS = 0.05 * np.arange(-40, 40)
"""What an entry may change by, $."""
ROUNDING = 1e-7
COLUMNS = (
    "supplier",
    "SP truthful $",
    "cases above",
    "mean change $",
    "least $",
    "most $",
    "case 1 $",
    "SP: own lie paid in",
    "VCG: own lie paid in",
    "VCG: best own lie $",
    "X says",
    "matches",
)
NOTES = (
    "In each case every supplier changes 9 of 10 entries of its c_i, drawn without replacement, by steps of 0.05 from "
    "-2 to 1.95, drawn with replacement (legacy generator, seed 16); payoffs under shadow prices, as in Figure 5.",
    "“Own lie paid in”: so many cases in which the supplier would have earned less by telling the truth while the "
    "others lie as they do. Under VCG there must be none.",
    "X prints no numbers here; it says that random slight misreports by all cannot ensure more profit and may even "
    "reduce it.",
)


def figure(watch: Watch | None = None, *, cases: int = CASES) -> Reproduction:
    """Figure 6."""
    market = TrueProblem.of(paper_problem("example-1"))
    found, stopped = until_stopped(_cases(market, cases), cases, watch)
    truth = market.payoffs(market.true.slope)
    rows = tuple(row(i, truth, found) for i in range(market.true.agents)) if found else ()
    return Reproduction(
        name=NAME,
        title=f"X, Figure 6: payoffs in {len(found)} cases of misreports by all suppliers (example 1)",
        columns=COLUMNS,
        rows=rows,
        notes=NOTES,
        ok=all(bool(one[-1]) for one in rows),
        interrupted=stopped,
        pictures={NAME: partial(cases_picture, found, truth)} if found else {},
    )


def _cases(market: TrueProblem, cases: int) -> Iterator[LieCase]:
    rng = np.random.RandomState(SEED)
    for _ in range(cases):
        yield case(market, declared(market, rng))


def declared(market: TrueProblem, rng: np.random.RandomState) -> Array:
    """Everybody's false ψ, (N, n)."""
    slope, edges = market.true.slope.copy(), market.true.congestion.size
    for i in range(len(slope)):
        change = np.zeros(edges)
        which = rng.choice(edges, round(SHARE * edges), replace=False)
        change[which] = rng.choice(STEPS, len(which))
        slope[i] += market.over_edges(i, change)
    return slope


def case(market: TrueProblem, slope: Array) -> LieCase:
    """Payoffs at false ψ (N, n), and each supplier's if it alone were truthful: h_-i is what the others declare."""
    without = optima_without(market.declared(slope))
    each = []
    for i, true in enumerate(market.true.slope):
        honest = slope.copy()
        honest[i] = true
        paid = market.payoffs(honest, without)
        each.append((paid.shadow[i], paid.vcg[i]))
    return LieCase(market.payoffs(slope, without), Payoffs(*np.array(each).T))


def row(i: int, truth: Payoffs, found: list[LieCase]) -> tuple[Cell, ...]:
    """What the cases bring one supplier."""
    shadow = np.array([one.lying.shadow[i] for one in found])
    above = int((shadow > truth.shadow[i]).sum())
    by_lying = np.array([Payoffs(*(a[i] - b[i] for a, b in zip(*one, strict=True))) for one in found])
    paid = (by_lying > ROUNDING * truth.shadow[i]).sum(axis=0)
    figures = (float((shadow - truth.shadow[i]).mean()), shadow.min(), shadow.max(), shadow[0])
    money = [round(float(x), 2) + 0.0 for x in (truth.shadow[i], *figures, by_lying[:, 1].max())]
    fine = bool(0 < above < len(found) and paid[1] == 0)
    return (f"N{i}", money[0], above, *money[1:5], int(paid[0]), int(paid[1]), money[5], "no sure gain", fine)
