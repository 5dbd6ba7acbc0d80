"""Tables, numbers and sentences as people read them: of a run, its attacks and its certificates."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from robosim.cli.streams import answers
from robosim.premise import Premise, unread
from robosim.verdict import Epsilon

if TYPE_CHECKING:
    from robosim.attacks import Attack, Attacks
    from robosim.attacks.coalition import Coalitions
    from robosim.attacks.curve import Curve
    from robosim.attacks.sample import Sample
    from robosim.attacks.table import Comparison
    from robosim.certificate import Certificate
    from robosim.mission import Mission
    from robosim.record import Record


def empty_table(*names: str, left: Collection[str]) -> Table:
    """An empty table; columns not named in `left` hold numbers, which are never cut or broken before words are."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        made.add_column(name, justify="left" if name in left else "right", no_wrap=name not in left)
    return made


def number(value: float | None) -> str:
    """A figure, or a dash where there is none."""
    return "-" if value is None else f"{value:.6g}"


def amount(value: float, nothing: float, decimals: int = 4) -> str:
    """A figure with a fixed number of decimals; 0 if it is at most `nothing`, and two digits if they would hide it.

    >>> [amount(x, 1e-8) for x in (12.5, -7.7e-09, 3e-06)]
    ['12.5000', '0', '3.0e-06']
    """
    if abs(value) <= nothing:
        return "0"
    return f"{value:.{decimals}f}" if abs(value) >= 0.5 * 10.0**-decimals else f"{value:.1e}"


AGENTS_SHOWN = 20
GAINED = 1e-9
"""Less than this is rounding."""


def show_run(record: Record, mission: Mission[Any]) -> None:
    """The table of costs, the leader's bill and what selfishness paid."""
    console = Console(file=answers(), emoji=False)
    stopped = f", interrupted after round {record.rounds}" if record.interrupted else ""
    console.print(
        f"[b]{record.world}[/b]  seed {record.seed}, {mission.summary}{stopped}", highlight=False, soft_wrap=True
    )
    kind = mission.kind
    for shown in kind.tables(record):
        console.print(shown)
    for line in [*kind.findings(record, mission), *verdict_lines(record)]:
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def show(found: Iterable[Table], lines: Iterable[str]) -> None:
    """Tables, and what they mean below them."""
    console = Console(file=answers(), emoji=False)
    for one in found:
        console.print(one)
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def verdict_lines(record: Record) -> list[str]:
    """Efficiency, budget, ε and what selfishness paid."""
    verdict, unit = record.verdict, record.unit
    lines = [
        f"social cost {verdict.social_cost:.6g} {unit}, optimum {number(verdict.optimum)} {unit}, "
        f"budget {verdict.budget:.6g} {unit}",
        epsilon_line(verdict.epsilon, unit),
        *beside(verdict.premises if verdict.epsilon.certified is not None else (), verdict.notes),
    ]
    for gain in verdict.gains:
        lines.append(
            f"agent {gain.agent} ({gain.strategy}) {'gained' if gain.gain > 0 else 'lost'} {abs(gain.gain):.4g} {unit} "
            f"by it; the others paid {gain.others_change:+.4g} {unit}"
        )
    return [*lines, *(f"not found out: {why}" for why in verdict.unknown)]


def costs_table(record: Record, more: Mapping[str, tuple[str, str]] | None = None) -> Table:
    """One row per agent, the selfish always among them.

    Parameters
    ----------
    more : columns of `record.table()` beside the usual ones, by key: title and unit.
    """
    extra = more or {}
    titles = [title for title, _ in extra.values()]
    table = empty_table("agent", "strategy", "private cost", "reported", "tax", "net cost", *titles, left={"strategy"})
    table.add_row("", "", *[record.unit] * 4, *[unit for _, unit in extra.values()], style="dim")
    rows = record.table()
    selfish = [row for row in rows if row["strategy"] != "faithful"]
    some = selfish[: AGENTS_SHOWN // 2] + [row for row in rows if row not in selfish][: AGENTS_SHOWN // 2]
    shown = rows if len(rows) <= AGENTS_SHOWN else sorted(some, key=lambda row: int(row["id"]))
    for row in shown:
        keys = ("private_cost", "reported_cost", "tax", "net_cost", *extra)
        figures = (row[key] for key in keys)
        style = "bold yellow" if row["strategy"] != "faithful" else None
        table.add_row(str(row["id"]), escape(row["strategy"]), *(number(x) for x in figures), style=style)
    if len(shown) < len(rows):
        table.add_row("…", f"{len(rows)} in all")
    return table


def epsilon_line(epsilon: Epsilon, unit: str) -> str:
    """bounded ≤ exact ≤ certified in one line."""
    if epsilon.certified is None:
        return "no certificate: no bound of what a selfish agent could gain is known"
    figures = {"within the world's limits": epsilon.bounded, "by any trajectory": epsilon.exact}
    known = [f"{value:.6g} {unit} {where}" for where, value in figures.items() if value is not None]
    return "one selfish agent could gain at most " + ", ".join([*known, f"{epsilon.certified:.6g} {unit} certified"])


def beside(premises: Iterable[Premise], notes: Iterable[str]) -> list[str]:
    """What is printed below ε: what must hold and was not read off the mission, and what makes it large."""
    open_ones = unread(premises)
    return [*([f"holds if: {'; '.join(open_ones)}"] if open_ones else []), *(f"note: {one}" for one in notes)]


def show_attacks(found: Attacks, unit: str) -> None:
    """For every tax rule the agent that gained most by each strategy, and ε."""
    console = Console(file=answers(), emoji=False)
    for rule, epsilon in found.epsilon.items():
        tried = [one for one in found.attacks if one.tax_rule == rule]
        console.print(f"[b]tax {rule}[/b]: {epsilon_line(epsilon, unit)}", highlight=False, soft_wrap=True)
        if rule in found.void:
            console.print(f"  {found.void[rule]}", highlight=False, soft_wrap=True)
        console.print(attacks_table(tried, unit))
        beyond = dict.fromkeys(one.strategy for one in tried if not one.covered and epsilon.certified is not None)
        if beyond:
            console.print(f"no certificate speaks of {', '.join(beyond)}", highlight=False, soft_wrap=True)
    for line in found.left_out:
        console.print(line, highlight=False, soft_wrap=True)


def attacks_table(tried: list[Attack], unit: str) -> Table:
    """One row per strategy: who gained most by it."""
    table = empty_table("strategy", "tried by", "best", "its gain", "others pay", left={"strategy"})
    table.add_row("", "", "", unit, unit, style="dim")
    for strategy in dict.fromkeys(one.strategy for one in tried):
        same = [one for one in tried if one.strategy == strategy]
        best = max(same, key=lambda one: one.gain)
        unknown = math.isnan(best.others_change)
        figures = (f"{best.gain + 0.0:+.6g}", "-" if unknown else f"{best.others_change + 0.0:+.6g}")
        style = "bold yellow" if best.gain > GAINED else None
        table.add_row(strategy, str(len(same)), str(best.agent), *figures, style=style)
    return table


def show_comparison(found: Comparison) -> None:
    """Strategies × tax rules: who gains most by each, and what the others pay."""
    console = Console(file=answers())
    table = empty_table("strategy", *found.rules, left={"strategy"})
    for name in found.strategies:
        cells = [found.cell(name, rule) for rule in found.rules]
        table.add_row(escape(name), *("-" if one is None else signed(one.gain) for one in cells))
        others = ("-" if one is None else signed(one.others_change) for one in cells)
        table.add_row("  others pay", *others, style="dim")
    what = f"gain of who gains most by each strategy, and what the others pay more by it, {found.unit}"
    console.print(f"[b]{found.world}[/b]  {what}", highlight=False, soft_wrap=True)
    console.print(table)
    for rule in found.rules:
        console.print(f"tax {rule}: {epsilon_line(found.epsilon[rule], found.unit)}", highlight=False, soft_wrap=True)
    for line in found.left_out:
        console.print(line, highlight=False, soft_wrap=True)


def signed(value: float) -> str:
    """A change as people read it; what is rounding is 0, what nobody knows is -.

    >>> signed(0.25), signed(-4.4e-16), signed(float("nan"))
    ('+0.25', '0', '-')
    """
    if math.isnan(value):
        return "-"
    return "0" if abs(value) <= GAINED else f"{value:+.3g}"


def show_coalitions(found: Coalitions, unit: str) -> None:
    """The best coalition of each size under each rule, and what passes between its members."""
    console = Console(file=answers())
    table = empty_table("tax", "members", "joint gain", "others pay", "each receives", left={"tax", "each receives"})
    table.add_row("", "", unit, unit, unit, style="dim")
    for one in found.found:
        passed = ", ".join(f"{agent}: {x:+.4g}" for agent, x in zip(one.members, one.side_payments, strict=True))
        names = " ".join(map(str, one.members))
        table.add_row(one.tax_rule, names, f"{one.joint_gain:+.6g}", f"{one.others_change:+.6g}", passed)
    console.print(table)
    lines = ["no certificate covers coalitions: these were found, nothing says that there are no better ones"]
    for line in (*lines, *found.notes):
        console.print(line, highlight=False, soft_wrap=True)


def show_curve(found: Curve) -> None:
    """ε(n), one row a number of rounds."""
    from robosim.attacks.curve import lines

    console, known = Console(file=answers()), lines(found)
    table = empty_table("rounds", *known, left=())
    for row, one in enumerate(found.points):
        table.add_row(str(one.rounds), *(number(values[row]) for _, values in known.values()))
    console.print(f"[b]{found.world}[/b]  ε(n), {found.unit}, tax {found.tax}", highlight=False, soft_wrap=True)
    console.print(table)
    for why in dict.fromkeys(one.void for one in found.points if one.void):
        console.print(f"no certificate: {why}", highlight=False, soft_wrap=True)


def show_sample(found: Sample) -> None:
    """The largest ε of worlds drawn alike, with what that says of all others."""
    console, count = Console(file=answers()), len(found.epsilon)
    seeds = f"seeds {found.first}..{found.first + count - 1}"
    console.print(
        f"[b]{found.world}[/b]  ε of {count} worlds, {seeds}, tax {found.tax}", highlight=False, soft_wrap=True
    )
    known = [one for one in found.epsilon if one is not None]
    if found.largest is None:
        console.print(
            f"{count - len(known)} of {count} have no certificate: {found.void}", highlight=False, soft_wrap=True
        )
        return
    table = empty_table("certified ε", found.unit, left={"certified ε"})
    table.add_row("median", number(statistics.median(known)))
    table.add_row(f"largest, seed {found.seed}", number(found.largest))
    console.print(table)
    console.print(
        f"with {100 * found.confidence:g} % confidence at most {100 * found.share:.3g} % of the worlds that this file "
        "draws have a larger one",
        highlight=False,
        soft_wrap=True,
    )


def show_certificate(found: Certificate, mission: Mission[Any], epsilon: float | None, needed: int | None) -> None:
    """ε of the mission and the rounds that a wanted ε takes."""
    console, unit = Console(file=answers(), emoji=False), mission.unit
    console.print(f"[b]{mission.scenario.name}[/b]  {mission.summary}", highlight=False, soft_wrap=True)
    table = empty_table("ε(n)", unit, "agent", left={"ε(n)"})
    rows = {"within the world's limits": found.bounded, "exact, any trajectory": found.exact}
    more = {"attained by a script": found.attained, "exact, within a diameter": found.exact_within}
    if found.void:  # what is known without a certificate is shown all the same
        more, rows = more | rows, {}
    for name, gains in [*((name, x) for name, x in more.items() if x is not None), *rows.items()]:
        table.add_row(name, *(("-", "-") if gains is None else (f"{gains.max():.6g}", str(int(gains.argmax())))))
    if found.void:
        for line in (f"no certificate: {found.void}", *beside((), found.notes)):
            console.print(line, highlight=False, soft_wrap=True)
        if table.row_count:
            console.print(table)
        return
    table.add_row("certified at these types", f"{found.certified:.6g}", "any")
    if found.over_types is not None:
        table.add_row("certified over all types", f"{found.over_types:.6g}", "any")
    console.print(table)
    for line in beside(found.premises, found.notes):
        console.print(line, highlight=False, soft_wrap=True)
    if epsilon is not None and needed is not None:
        console.print(
            f"ε = {epsilon:g} over all types needs n = {needed} rounds: --set mission.rounds={needed}", highlight=False
        )
