"""What people read: tables and sentences about a run, its attacks and its certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from robosim.baselines import MOST, baselines
from robosim.cli.cells import empty_table, number
from robosim.cli.day_tables import cars_table, day_lines, rules_table, unreached
from robosim.cli.freight_tables import freight_lines, mechanisms_table, voids
from robosim.missions.haulage import Haulage
from robosim.missions.meeting import Meeting
from robosim.records.auction_record import AuctionRecord
from robosim.records.haulage_record import HaulageRecord
from robosim.records.meeting_record import MeetingRecord

if TYPE_CHECKING:
    from robosim.attacks import Attack, Attacks
    from robosim.certificates import Certificate
    from robosim.missions.mission import Mission
    from robosim.records.record import Epsilon, Record

AGENTS_SHOWN = 20
GAINED = 1e-9
"""Less than this is rounding."""


def show_run(record: Record, mission: Mission[Any]) -> None:
    """The table of costs, the leader's bill and what selfishness paid."""
    console = Console()
    stopped = f", interrupted after round {record.rounds}" if record.interrupted else ""
    console.print(
        f"[b]{record.world}[/b]  seed {record.seed}, {mission.summary}{stopped}", highlight=False, soft_wrap=True
    )
    for shown in run_tables(record):
        console.print(shown)
    for line in [*findings(record, mission), *verdict_lines(record)]:
        console.print(line, highlight=False, soft_wrap=True)


def run_tables(record: Record) -> list[Table]:
    """Who pays what; of a day of charging and of freight also what other rules would have done."""
    if isinstance(record, HaulageRecord):
        return [costs_table(record), mechanisms_table(record)]
    if not isinstance(record, AuctionRecord) or record.day is None:
        return [costs_table(record)]
    cars = cars_table(record, record.day)
    return [cars] if len(record.day.stay_min) > MOST else [cars, rules_table(baselines(record))]


def findings(record: Record, mission: Mission[Any]) -> list[str]:
    """What the leader found, in the words of each kind of world."""
    if isinstance(record, MeetingRecord) and isinstance(mission, Meeting):
        bill, tax = record.settlement, record.rules.tax
        state = "outside: everybody pays the penalty" if bill.penalised[0] else "inside"
        collected = "no tax is collected" if tax == "none" else f"tax {tax}, bound {record.rules.rule}, {state}"
        return [f"distance {bill.distance[0]:.3g} m, allowed {bill.beta:.3g} m: {collected}", minimised(mission)]
    if isinstance(record, AuctionRecord):
        if record.day is not None:
            return [*day_lines(record, record.day), *unreached(record, mission)]
        prices = ", ".join(f"{price:.6g}" for price in record.prices[0, -1])
        return [f"price {prices} $/kW after {record.rounds} rounds, duality gap {record.gap[0]:.3g} $"]
    if isinstance(record, HaulageRecord) and isinstance(mission, Haulage):
        return [*freight_lines(record, mission), *voids(record)]
    return []


def verdict_lines(record: Record) -> list[str]:
    """Efficiency, budget, ε and what selfishness paid."""
    verdict, unit = record.verdict, record.unit
    lines = [
        f"social cost {verdict.social_cost:.6g} {unit}, optimum {number(verdict.optimum)} {unit}, "
        f"budget {verdict.budget:.6g} {unit}",
        epsilon_line(verdict.epsilon, unit),
    ]
    for gain in verdict.gains:
        lines.append(
            f"agent {gain.agent} ({gain.strategy}) {'gained' if gain.gain > 0 else 'lost'} {abs(gain.gain):.4g} {unit} "
            f"by it; the others paid {gain.others_change:+.4g} {unit}"
        )
    return lines


def costs_table(record: Record) -> Table:
    """One row per agent, the selfish always among them."""
    drives = isinstance(record, MeetingRecord)
    metered = ("energy",) if drives else ()
    table = empty_table("agent", "strategy", "private cost", "reported", "tax", "net cost", *metered, left={"strategy"})
    table.add_row("", "", *[record.unit] * 4, *["J" for _ in metered], style="dim")
    rows = record.table()
    selfish = [row for row in rows if row["strategy"] != "faithful"]
    some = selfish[: AGENTS_SHOWN // 2] + [row for row in rows if row not in selfish][: AGENTS_SHOWN // 2]
    shown = rows if len(rows) <= AGENTS_SHOWN else sorted(some, key=lambda row: int(row["id"]))
    for row in shown:
        keys = ("private_cost", "reported_cost", "tax", "net_cost", *(("energy_j",) if drives else ()))
        figures = (row[key] for key in keys)
        style = "bold yellow" if row["strategy"] != "faithful" else None
        table.add_row(str(row["id"]), row["strategy"], *(f"{x:.6g}" for x in figures), style=style)
    if len(shown) < len(rows):
        table.add_row("…", f"{len(rows)} in all")
    return table


def minimised(mission: Meeting) -> str:
    """Which cost consensus minimises, and which it does not: the Groves argument holds for the first only."""
    paid = mission.problem.pays_for
    if paid == "displacement":
        return "robots pay for displacement, which consensus minimises: the Groves argument holds"
    if mission.problem.unit is not None:
        return "robots pay for energy, which after agreeing is displacement up to a factor: the Groves argument holds"
    return "robots pay for energy along the path, which consensus does not minimise: the Groves argument does not hold"


def epsilon_line(epsilon: Epsilon, unit: str) -> str:
    """bounded ≤ exact ≤ certified in one line."""
    if epsilon.certified is None:
        return "no certificate: any gain is possible"
    figures = {"within the world's limits": epsilon.bounded, "by any trajectory": epsilon.exact}
    known = [f"{value:.6g} {unit} {where}" for where, value in figures.items() if value is not None]
    return "one selfish agent could gain at most " + ", ".join([*known, f"{epsilon.certified:.6g} {unit} certified"])


def show_attacks(found: Attacks, unit: str) -> None:
    """For every tax rule the agent that gained most by each strategy, and ε."""
    console = Console()
    for rule, epsilon in found.epsilon.items():
        tried = [one for one in found.attacks if one.tax_rule == rule]
        console.print(f"[b]tax {rule}[/b]: {epsilon_line(epsilon, unit)}", highlight=False, soft_wrap=True)
        console.print(attacks_table(tried, unit))


def attacks_table(tried: list[Attack], unit: str) -> Table:
    """One row per strategy: who gained most by it."""
    table = empty_table("strategy", "tried by", "best", "its gain", "others pay", left={"strategy"})
    table.add_row("", "", "", unit, unit, style="dim")
    for strategy in dict.fromkeys(one.strategy for one in tried):
        same = [one for one in tried if one.strategy == strategy]
        best = max(same, key=lambda one: one.gain)
        figures = (f"{best.gain + 0.0:+.6g}", f"{best.others_change + 0.0:+.6g}")
        style = "bold yellow" if best.gain > GAINED else None
        table.add_row(strategy, str(len(same)), str(best.agent), *figures, style=style)
    return table


def show_certificate(found: Certificate, mission: Mission[Any], epsilon: float | None, needed: int | None) -> None:
    """ε of the mission and the rounds that a wanted ε takes."""
    console, unit = Console(), mission.unit
    console.print(f"[b]{mission.scenario.name}[/b]  {mission.summary}", highlight=False, soft_wrap=True)
    if found.void:
        console.print(f"no certificate: {found.void}", highlight=False, soft_wrap=True)
        return
    table = empty_table("ε(n)", unit, "agent", left={"ε(n)"})
    for name, gains in (("within the world's limits", found.bounded), ("exact, any trajectory", found.exact)):
        table.add_row(name, *(("-", "-") if gains is None else (f"{gains.max():.6g}", str(int(gains.argmax())))))
    table.add_row("certified at these types", f"{found.certified:.6g}", "any")
    if found.over_types is not None:
        table.add_row("certified over all types", f"{found.over_types:.6g}", "any")
    console.print(table)
    if epsilon is not None and needed is not None:
        console.print(
            f"ε = {epsilon:g} over all types needs n = {needed} rounds: --set mission.rounds={needed}", highlight=False
        )
