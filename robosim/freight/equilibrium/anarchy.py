"""What selfish routing costs a freight mission: its user equilibrium beside its social optimum, on its own paths.

In the user equilibrium every unit of goods takes what is cheapest for it as the roads are, φ = ψ + a F^p, and does not
mind what it costs the others; who may ship how much stays as it is: stocks, capacities and demand have prices which
all meet. It is the minimum of Beckmann's Σ ψ'x + Σ_e a_e F^{p+1}/(p+1) over the same decisions: the coupled problem
with congestion a/(p+1). The price of anarchy is the social cost there over the least possible: with φ of degree p it is
at most (1 - p (p+1)^{-(p+1)/p})^{-1}, 4/3 for linear congestion and 2.151 for BPR's fourth power (Roughgarden 2003).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table

from robosim.agent import Array
from robosim.cli.tables import empty_table
from robosim.errors import BadInput
from robosim.freight import certificate, tables
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.mission import Freight
from robosim.freight.record import FreightRecord
from robosim.kernels import Unsettled

USER = "user equilibrium"


class Equilibrium(NamedTuple):
    """Decisions x (N, n) of selfish units, and what they cost all."""

    x: Array
    social_cost: float


def user_equilibrium(problem: Coupled) -> Equilibrium:
    """Where no unit of goods gains by another path.

    Raises
    ------
    BadInput
        b cannot be met.
    """
    power = np.asarray(problem.power)
    found = optimum(replace(problem, congestion=problem.congestion / (power + 1.0)))
    return Equilibrium(found.x, float(problem.objective(found.x)))


def most(power: float) -> float:
    """The largest price of anarchy with congestion of this power (Roughgarden 2003, polynomials of degree p).

    >>> round(most(1.0), 6), round(most(4.0), 3)
    (1.333333, 2.151)
    """
    return float(1.0 / (1.0 - power * (power + 1.0) ** (-(power + 1.0) / power)))


def rows(mission: Freight, record: FreightRecord) -> tuple[dict[str, float | str | None], ...]:
    """What the mission, its optimum and its user equilibrium cost all together, and over the optimum.

    () where nothing is congested: then all three are one.
    """
    if record.roads is None or not mission.problem.congestion.any():
        return ()
    best = mission.central.objective
    costs = {
        "this mission": float(mission.problem.objective(record.decision[0])),
        "social optimum": best,
        USER: user_equilibrium(mission.problem).social_cost,
    }
    return tuple(
        {"rule": name, "social_cost": cost, "over_optimum": cost / best if best > 0 else None}
        for name, cost in costs.items()
    )


def rivals(mission: Freight, record: FreightRecord, certified: float | None) -> dict[str, Any]:
    """Other payments for the same decision, and other decisions than this one."""
    found = certificate.rivals(mission, record, certified)
    try:
        return {**found, "baselines": rows(mission, record) or None}
    except (BadInput, Unsettled):
        return found


def run_tables(record: FreightRecord) -> list[Table]:
    """What people read about a mission, and what all together pay by it and by other decisions."""
    return [*tables.run_tables(record), *anarchy_table(record)]


def anarchy_table(record: FreightRecord) -> list[Table]:
    """One row each: the mission, its optimum, the user equilibrium; nothing where it is not known."""
    known = record.verdict.baselines or ()
    if not known:
        return []
    table = empty_table("all together", "pay", "over optimum", left={"all together"})
    table.add_row("", record.unit, "", style="dim")
    for row in known:
        over = row["over_optimum"]
        table.add_row(str(row["rule"]), f"{row['social_cost']:.9g}", "-" if over is None else f"{over:.9f}")
    return [table]


def findings(record: FreightRecord, mission: Freight) -> list[str]:
    """What the leader found, and the price of anarchy."""
    return [*tables.findings(record, mission), *in_words(record)]


def in_words(record: FreightRecord) -> list[str]:
    """The price of anarchy in a line; nothing where it is not known."""
    of = {str(row["rule"]): row for row in record.verdict.baselines or ()}
    price = of[USER]["over_optimum"] if USER in of else None
    if not isinstance(price, float):
        return []
    cost = of[USER]["social_cost"]
    return [
        f"price of anarchy {price:.6g}: where every unit of goods takes the path that is cheapest for it (the user "
        f"equilibrium) all together pay {cost:.6g} {record.unit}, {price:.6g} times the social optimum"
    ]
