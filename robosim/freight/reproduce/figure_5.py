"""X, Figure 5: what everybody earns as one supplier declares costs that are not its own, under both rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from robosim.agent import Array
from robosim.freight.reproduce.freight_tables import paper_problem
from robosim.freight.reproduce.misreports import ROUNDING, Sweep, TrueProblem, distributed
from robosim.freight.reproduce.panels import sweeps_picture
from robosim.leader.tax_rule import SHADOW_PRICE, VCG
from robosim.reproduction import Cell, Reproduction, Watch, until_stopped

NAME, EXAMPLE = "xie-figure-5", "example-1"
PER_EDGE, NORM = "per edge ($)", "norm (%)"
LARGEST = {PER_EDGE: 5.0, NORM: 65.0}
SUBSTANTIAL = 1.0
"""Percent of the truthful payoff: X says that suppliers 1, 2, 3 are not likely to gain substantially."""
COLUMNS = (
    "supplier",
    "misreport",
    "SP truthful $",
    "SP best $",
    "SP gain %",
    "at",
    "lies that pay",
    "from",
    "to",
    "VCG truthful $",
    "VCG best gain $",
    "SP best by messages $",
    "VCG there by messages $",
    "others earn more %",
    "X says",
    "matches",
)
NOTES = (
    "Per edge: δ is added to every entry of one supplier's declared costs c_i, as in X; norm: its c_i is scaled. The "
    "others are truthful. A payoff is the payment at the optimum of what is declared less what the supplier truly "
    "bears. “By messages” is the same lie told in a mission, where suppliers find prices by themselves.",
    "“Others earn more”: in so many of the steps along δ, and of the others, a larger report makes them earn no less "
    "under shadow prices; X calls this the overall pattern.",
    "X prints no numbers here. “Substantial” is read as 1 % of the truthful payoff.",
)


def figure(watch: Watch | None = None, *, steps: int = 100) -> Reproduction:
    """Figure 5, with `steps` sizes to either side of the truth."""
    market = TrueProblem.of(paper_problem(EXAMPLE))
    suppliers = market.true.agents
    sweeps, stopped = until_stopped(_sweeps(market, steps), 2 * suppliers, watch)
    rows, also = until_stopped((row(market, one) for one in sweeps), len(sweeps), None)
    return Reproduction(
        name=NAME,
        title="X, Figure 5: payoffs as one supplier misreports its costs (example 1)",
        columns=COLUMNS,
        rows=tuple(rows),
        notes=NOTES,
        ok=all(bool(one[-1]) for one in rows),
        interrupted=stopped or also,
        pictures={NAME: partial(sweeps_picture, sweeps)} if len(sweeps) == 2 * suppliers else {},
    )


def _sweeps(market: TrueProblem, steps: int) -> Iterator[Sweep]:
    for supplier in range(market.true.agents):
        for kind in LARGEST:
            yield sweep(market, supplier, kind, steps)


def sweep(market: TrueProblem, supplier: int, kind: str, steps: int) -> Sweep:
    """All lies of one supplier and one kind."""
    sizes = LARGEST[kind] * np.arange(-steps, steps + 1) / steps
    found = [market.payoffs(market.lied(supplier, change(market, supplier, kind, size))) for size in sizes]
    return Sweep(supplier, kind, sizes, np.array([one.shadow for one in found]), np.array([one.vcg for one in found]))


def change(market: TrueProblem, supplier: int, kind: str, size: float) -> Array:
    """What a lie adds to the supplier's ψ, (n,)."""
    if kind == NORM:
        return np.asarray(size / 100.0 * market.true.slope[supplier])
    return market.over_edges(supplier, np.full(market.true.congestion.size, size))


def row(market: TrueProblem, one: Sweep) -> tuple[Cell, ...]:
    """What the lies of one supplier bring it."""
    i, truth, best = one.supplier, one.truth, one.best
    shadow, vcg = one.shadow[:, i], one.vcg[:, i]
    gain = 100 * (shadow[best] / shadow[truth] - 1)
    paying = one.sizes[shadow > shadow[truth] * (1 + ROUNDING)]
    none_under_vcg = float((vcg - vcg[truth]).max())
    lie = change(market, i, one.kind, one.sizes[best])
    by_messages = [distributed(EXAMPLE, i, lie, tax) for tax in (SHADOW_PRICE, VCG)]
    same = np.allclose(by_messages, [shadow[best], vcg[best]], rtol=1e-5)
    says = None if one.kind == NORM else "gains by raising slightly" if i == 0 else "no substantial gain"
    raising = gain > SUBSTANTIAL and one.sizes[best] > 0 and shadow[0] < shadow[truth]
    claims = says is None or raising == (i == 0)
    ends = [round(float(x), 2) for x in paying[[0, -1]]] if paying.size else [None, None]
    numbers = [round(float(x), 2) for x in (shadow[truth], shadow[best], gain, one.sizes[best])]
    more = np.diff(np.delete(one.shadow, i, axis=1), axis=0) > -ROUNDING * shadow[truth]
    beside = [round(float(x), 2) + 0.0 for x in (vcg[truth], none_under_vcg, *by_messages, 100 * more.mean())]
    fine = bool(same and claims and none_under_vcg <= ROUNDING * vcg[truth])
    return (f"N{i}", one.kind, *numbers, len(paying), *ends, *beside, says, fine)
