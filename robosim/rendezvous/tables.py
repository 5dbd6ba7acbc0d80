"""What people read about a rendezvous."""

from __future__ import annotations

from rich.table import Table

from robosim.cli.tables import costs_table
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.record import RendezvousRecord


def run_tables(record: RendezvousRecord) -> list[Table]:
    """Who pays what, and what each spent."""
    return [costs_table(record, {"energy_j": ("energy", "J")})]


def findings(record: RendezvousRecord, mission: Rendezvous) -> list[str]:
    """What the leader found, and which cost consensus minimises."""
    bill, tax = record.settlement, record.tax_rule
    state = "outside: everybody pays the penalty" if bill.penalised[0] else "inside"
    collected = f"tax {tax}, bound {record.rules.rule}, {state}" if mission.tax.enforces else "no tax is collected"
    line = f"distance {bill.distance[0]:.3g} m, allowed {bill.beta[0]:.3g} m: {collected}"
    return [line, minimised(mission)]


def minimised(mission: Rendezvous) -> str:
    """Which cost consensus minimises, and which it does not: only for the first does ε fall to nothing with n."""
    paid = mission.problem.pays_for
    if paid == "displacement":
        return "robots pay for displacement, which consensus minimises: the Groves argument holds"
    if mission.problem.unit is not None:
        return "robots pay for energy, which after agreeing is displacement up to a factor: the Groves argument holds"
    return "robots pay for energy along the path, which consensus does not minimise: ε does not fall to 0 with n"
