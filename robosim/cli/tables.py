"""What people read: tables and sentences about a run, its attacks and its certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from robosim.attacks import Attack, Attacks
    from robosim.certificates import Certificate
    from robosim.meeting import Meeting
    from robosim.meeting_record import MeetingRecord
    from robosim.record import Epsilon

AGENTS_SHOWN = 20
GAINED = 1e-9
"""Less than this is rounding."""


def show_run(record: MeetingRecord, mission: Meeting) -> None:
    """The table of costs, the leader's bill and what selfishness paid."""
    console, verdict, rules = Console(), record.verdict, record.rules
    unit = unit_of(record.pays_for)
    console.print(
        f"[b]{record.world}[/b]  seed {record.seed}, {len(record.start)} robots, {rules.rounds} rounds, "
        f"α {rules.alpha:.4g}" + (", interrupted" if record.interrupted else ""),
        highlight=False,
    )
    console.print(costs_table(record, unit))
    bill = record.settlement
    state = "outside: everybody pays the penalty" if bill.penalised[0] else "inside"
    collected = "no tax is collected" if rules.tax == "none" else f"tax {rules.tax}, bound {rules.rule}, {state}"
    lines = [f"distance {bill.distance[0]:.3g} m, allowed {bill.beta:.3g} m: {collected}"]
    lines.append(
        f"social cost {verdict.social_cost:.6g} {unit}, optimum {number(verdict.optimum)} {unit}, "
        f"budget {verdict.budget:.6g} {unit}"
    )
    lines.append(minimised(mission))
    lines.append(epsilon_line(verdict.epsilon, unit))
    for gain in verdict.gains:
        lines.append(
            f"robot {gain.agent} ({gain.strategy}) {'gained' if gain.gain > 0 else 'lost'} {abs(gain.gain):.4g} "
            f"{unit} by it; the others paid {gain.others_change:+.4g} {unit}"
        )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def costs_table(record: MeetingRecord, unit: str) -> Table:
    """One row per robot, the selfish always among them."""
    table = _table("robot", "strategy", "private cost", "reported", "tax", "net cost", "energy", left={"strategy"})
    table.add_row("", "", *[unit] * 4, "J", style="dim")
    rows = record.table()
    selfish = [row for row in rows if row["strategy"] != "faithful"]
    some = selfish[: AGENTS_SHOWN // 2] + [row for row in rows if row not in selfish][: AGENTS_SHOWN // 2]
    shown = rows if len(rows) <= AGENTS_SHOWN else sorted(some, key=lambda row: int(row["id"]))
    for row in shown:
        figures = (row[key] for key in ("private_cost", "reported_cost", "tax", "net_cost", "energy_j"))
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
    return "one selfish robot could gain at most " + ", ".join([*known, f"{epsilon.certified:.6g} {unit} certified"])


def show_attacks(found: Attacks, mission: Meeting) -> None:
    """The best agent for every strategy and tax rule."""
    console, unit = Console(), unit_of(mission.problem.pays_for)
    names = ("tax", "strategy", "tried by", "best", "its gain", "others pay", "covered")
    table = _table(*names, left={"tax", "strategy", "covered"})
    table.add_row("", "", "", "", unit, unit, style="dim")
    groups: dict[tuple[str, str], list[Attack]] = {}
    for one in found.attacks:
        groups.setdefault((one.tax_rule, one.strategy), []).append(one)
    for (rule, strategy), tried in groups.items():
        best = max(tried, key=lambda one: one.gain)
        table.add_row(
            rule,
            strategy,
            str(len(tried)),
            str(best.agent),
            f"{best.gain + 0.0:+.6g}",
            f"{best.others_change + 0.0:+.6g}",
            "yes" if best.covered else "no",
            style="bold yellow" if best.gain > GAINED else None,
        )
    console.print(table)
    for rule, epsilon in found.epsilon.items():
        console.print(f"tax {rule}: {epsilon_line(epsilon, unit)}", highlight=False, soft_wrap=True)


def show_certificate(found: Certificate, mission: Meeting, epsilon: float | None, needed: int | None) -> None:
    """ε of the mission and the rounds that a wanted ε takes."""
    console, unit = Console(), unit_of(mission.problem.pays_for)
    console.print(
        f"[b]{mission.scenario.name}[/b]  {mission.network.n} robots, {found.rounds} rounds, α {found.alpha:.6g}, "
        f"β(n) {found.beta:.4g} m",
        highlight=False,
    )
    if found.void:
        console.print(f"no certificate: {found.void}", highlight=False, soft_wrap=True)
        return
    table = _table("ε(n)", unit, "agent", left={"ε(n)"})
    for name, gains in (("within the world's limits", found.bounded), ("exact, any trajectory", found.exact)):
        table.add_row(name, *(("-", "-") if gains is None else (f"{gains.max():.6g}", str(int(gains.argmax())))))
    table.add_row("certified at these types", f"{found.certified:.6g}", "any")
    table.add_row("certified over all types", f"{found.over_types:.6g}", "any")
    console.print(table)
    if epsilon is not None and needed is not None:
        console.print(
            f"ε = {epsilon:g} over all types needs n = {needed} rounds: --set mission.rounds={needed}", highlight=False
        )


def _table(*names: str, left: set[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name in left else "right", no_wrap=True)
    return table


def unit_of(pays_for: str) -> str:
    """m² for displacement, J for energy."""
    return "J" if pays_for == "energy" else "m²"


def number(value: float | None) -> str:
    """A figure, or a dash where there is none."""
    return "-" if value is None else f"{value:.6g}"
