"""What people read about a freight mission: what the leader found, and who would be paid what under which rule."""

from __future__ import annotations

import numpy as np
from rich.table import Table

from robosim.cli.tables import costs_table, empty_table, number
from robosim.freight.mission import Freight
from robosim.freight.record import FreightRecord, RoadLog
from robosim.verdict import Mechanism

AGENTS_SHOWN = 20
SMALL = 1e-4
"""Share of the largest price below which a limit is not said to cost anything."""
ROUNDING = 1e-9
"""Share of the demand by which trackers of the faithful may be off."""


def run_tables(record: FreightRecord) -> list[Table]:
    """Who pays what, how sure that is, and who would be paid what under which rule."""
    return [costs_table(record), *payments_table(record), mechanisms_table(record)]


def payments_table(record: FreightRecord) -> list[Table]:
    """What each agent is paid, between what the exact payment is, and how the run without it ended; or nothing."""
    rule, alone = record.certain, record.marginals(0)
    if rule is None or rule.interval is None or rule.payment is None or alone is None:
        return []
    table = empty_table("agent", "paid", "exact, from", "to", "rounds without", "above least", left={"agent"})
    table.add_row("", *[record.unit] * 3, "", record.unit, style="dim")
    for paid, (low, high), end in list(zip(rule.payment, rule.interval, alone, strict=True))[:AGENTS_SHOWN]:
        rounds = f"{end['rounds']}{', cut' if end['cut'] else ''}" if end["rounds"] else "-"
        gap = "-" if end["gap"] is None else f"{end['gap']:.1e}"
        table.add_row(str(end["agent"]), *(apart(x, high - low) for x in (paid, low, high)), rounds, gap)
    if len(alone) > AGENTS_SHOWN:
        table.add_row("…")
    return [table]


def apart(value: float, width: float) -> str:
    """A figure with enough decimals to tell numbers apart that differ by a tenth of `width`.

    >>> apart(14475.13785, 0.0579), apart(5.0, 0.0)
    ('14475.138', '5.000000000')
    """
    decimals = 9 if width <= 0.0 else int(np.clip(1 - np.floor(np.log10(width)), 0, 9))
    return f"{value:.{decimals}f}"


def findings(record: FreightRecord, mission: Freight) -> list[str]:
    """What the leader found, which runs were cut, and why rules have no payments or no intervals."""
    return [*freight_lines(record, mission), *cuts(record), *voids(record)]


def cuts(record: FreightRecord) -> list[str]:
    """A line for each run without one agent whose rounds ran out."""
    return [
        f"without agent {end['agent']} the others ran out of rounds after {end['rounds']}: demand missed by "
        f"{number(end['demand'])} of it, copies {number(end['disagreement'])} apart; what they cost may be "
        f"{number(end['gap'])} {record.unit} too much, and so may its payment (raise leader.marginal_rounds)"
        for end in record.marginals(0) or ()
        if end["cut"]
    ]


def freight_lines(record: FreightRecord, mission: Freight) -> list[str]:
    """How far agents came, the prices they agreed on, whether somebody tampered, and what trucks metered."""
    demand, distance = record.residuals[0, -1]
    price, good = record.price[0], "b" if record.roads is None else "demand"
    of_it = " of it" if mission.problem.b.any() else ""
    lines = [
        f"after {record.rounds} rounds of {record.method} the agents' own decisions miss {good} by "
        f"{demand:.3g}{of_it}, copies are {distance:.3g} of the largest decision apart, and {above(record)}",
        f"one unit more of {good} costs {price.min():.6g} to {price.max():.6g} {record.unit}{most_wanted(record)}",
    ]
    if not settled(record, mission):
        lines.append(f"leader.tolerance {mission.announced['tolerance']:g} was not reached (raise mission.rounds)")
    if mission.announced["tracked"] is not False:
        lines.append(trackers(float(record.injected[0]), good, int(record.broken[0]), record.reception is not None))
    lines.append(sent(record))
    if record.reception is not None:
        lines += record.reception.told(0, mission.kind.agent)
    if record.roads is not None:
        lines.append(metered(record, record.roads))
    return lines


def most_wanted(record: FreightRecord) -> str:
    """At whom b is dearest, and which private limit costs most."""
    found = record.named_prices(0)
    dearest = max(found, key=lambda one: one["price"] if one["price"] is not None else -np.inf)
    said = f" ({dearest['good']} at {dearest['demander']})" if "good" in dearest else f" (row {dearest['row']})"
    said = said if len(found) > 1 else ""
    for name, prices in record.limit_prices().items():
        if prices.size and np.nanmax(prices, initial=0.0) > SMALL * np.abs(record.price[0]).max():
            who, what = np.unravel_index(np.nanargmax(prices), prices.shape)
            saved = f"{prices[who, what]:.6g} {record.unit}, at agent {who}"
            said += f"; of {name.removesuffix('_price')} it saves up to {saved}"
    return said


def above(record: FreightRecord) -> str:
    """How far the decision is from the optimum."""
    if not np.isfinite(record.gap):
        return "how far the decision is above the optimum no bound is known of (give suppliers limits)"
    return f"the decision is at most {record.gap:.3g} {record.unit} above the optimum"


def settled(record: FreightRecord, mission: Freight) -> bool:
    """Whether demand and copies are within the leader's tolerance, where it announced one."""
    tolerance = mission.announced["tolerance"]
    return tolerance is None or record.interrupted or bool((record.residuals[0, -1] <= tolerance).all())


def sent(record: FreightRecord) -> str:
    """What the method cost its network."""
    messages, floats = record.messages[0], record.floats[0]
    least, most = messages.min(), messages.max()
    count = f"{least}" if least == most else f"{least} to {most}"
    size = int(floats.max() // max(1, most))
    return f"each agent sent {count} messages of {size} numbers, {floats.mean():.6g} numbers in the mean"


def trackers(injected: float, good: str, broken: int = -1, failing: bool = False) -> str:
    """What the leader can say of injections: by how much, since when, and not by whom."""
    if np.isnan(injected):
        return "nobody knows of injections: the program does not say that trackers add up (declare `tracks`)"
    if injected <= ROUNDING:
        return f"trackers add up to what {good} lacks: nobody injected anything"
    since = f" (first in round {broken})" if broken >= 0 else ""
    why = "messages were lost, late or rounded on the way, or " if failing else ""
    off = f"trackers were off by up to {injected:.3g} of the largest {good}"
    return f"{off}: {why}somebody injected that, nobody knows who{since}"


def metered(record: FreightRecord, roads: RoadLog) -> str:
    """What trips cost by the meter, beside what the decision says."""
    meter, said = roads.metered_cost.sum(), record.private_cost[0].sum()
    apart = np.abs(roads.metered_cost.sum(axis=1) - record.private_cost[0]).max()
    periods = roads.metered_cost.shape[1]
    return (
        f"trucks in {periods} periods metered {meter:.6g} {record.unit}, the decision says {said:.6g} {record.unit} "
        f"(at most {apart:.1g} {record.unit} apart for one agent)"
    )


def mechanisms_table(record: FreightRecord) -> Table:
    """One row an agent: what each rule pays it; below it what the rules promise."""
    rules = record.verdict.mechanisms or ()
    table = empty_table("paid to", *[f"{rule.rule}\n{rule.solved}" for rule in rules], left={"paid to"})
    table.add_row("", *[record.unit for _ in rules], style="dim")
    agents = record.private_cost.shape[1]
    for agent in range(min(agents, AGENTS_SHOWN)):
        selfish = record.strategy(agent) != "faithful"
        table.add_row(str(agent), *(_paid(rule, agent) for rule in rules), style="bold yellow" if selfish else None)
    if agents > AGENTS_SHOWN:
        table.add_row("…")
    for name, values in _promises(rules).items():
        table.add_row(name, *values)
    return table


def voids(record: FreightRecord) -> list[str]:
    """Why rules have no payments, each reason once."""
    rules = record.verdict.mechanisms or ()
    void = [f"{rule.rule}, {rule.solved}: {rule.void}" for rule in rules if rule.void]
    unsure = [
        f"{rule.rule}: no interval of exact payments, {rule.uncertain}"
        for rule in rules
        if rule.uncertain and rule.rule == record.tax_rule
    ]
    return list(dict.fromkeys([*void, *unsure]))


def _paid(rule: Mechanism, agent: int) -> str:
    return "-" if rule.payment is None else f"{rule.payment[agent]:.6g}"


def _promises(rules: tuple[Mechanism, ...]) -> dict[str, list[str]]:
    """Rows below the agents."""
    least = [None if rule.profit is None else min(rule.profit) for rule in rules]
    return {
        "all": [number(rule.total) for rule in rules],
        "least profit": [number(profit) for profit in least],
        "efficiency": ["-" if rule.efficiency is None else f"{rule.efficiency:.9f}" for rule in rules],
        "covers costs": ["-" if rule.individually_rational is None else _yes(rule) for rule in rules],
        "a lie gains at most": [_gap(rule) for rule in rules],
        "differs by": ["-" if rule.difference is None else f"{rule.difference:.2e}" for rule in rules],
    }


def _yes(rule: Mechanism) -> str:
    return "yes" if rule.individually_rational else "no"


def _gap(rule: Mechanism) -> str:
    """What is certified; nothing is under shadow prices, which lies can move (X, Example 3)."""
    if rule.ic_gap is not None:
        return f"{rule.ic_gap:.2e}"
    return "no bound" if rule.payment is not None else "-"
