"""What people read about a mission."""

from __future__ import annotations

from rich.table import Table

from cooling.mission import Cooling
from cooling.record import CoolingRecord
from robosim.cli.tables import costs_table


def run_tables(record: CoolingRecord) -> list[Table]:
    """Who pays what, for how much power, and how hot it became."""
    return [costs_table(record, {"cooling_kw": ("cooling", "kW"), "hottest_c": ("hottest", "°C")})]


def findings(record: CoolingRecord, mission: Cooling) -> list[str]:
    """The price, and how much of the plant is used."""
    used = float(record.decision[0].sum())
    return [
        f"price {record.prices[0, -1, 0]:.6g} $/kW after {record.rounds} rounds, {used:.6g} of "
        f"{mission.problem.capacity_kw:g} kW granted, duality gap {record.gap[0]:.3g} $"
    ]
