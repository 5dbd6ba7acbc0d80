"""What people read about a day of charging: cars and their bills, and other rules on the same day."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from robosim.agent import Array
from robosim.auction.tables import unreached
from robosim.charging.baselines import MOST, MPC, OURS, Baseline, against, baselines, mpc, ours
from robosim.charging.build import BILLED_DAYS
from robosim.charging.mission import Charging
from robosim.charging.online.central import seconds
from robosim.charging.online.mission import OnlineCharging
from robosim.charging.record import ChargingRecord, DayLog
from robosim.cli.tables import amount, empty_table

CARS_SHOWN = 20
ROWS_SHOWN = 6
QUICK_S = 1.0
"""About so long another rule may take beside a run that nobody asked to wait for it."""
ROUNDING = 1e-9
TINY_KWH = 5e-3
COLUMNS = {
    "EV": "",
    "strategy": "",
    "metered": "kWh",
    "wanted": "kWh",
    "private": "$",
    "at price": "$",
    "tax": "$",
    "net cost": "$",
}
COULD_GAIN = "could gain"
"""The title of what a lie could earn a car at most, dollars, where that is known car by car."""


def cars_table(record: ChargingRecord, day: DayLog) -> Table:
    """A row for each car, of many for the selfish and those with the largest taxes, and the sums.

    `private` is the cost as metered, `at price` what the power is worth at the prices at which it was agreed on, which
    is what `tax` would be under the clearing price, `could gain` what no lie of this car can exceed. Dollars below what
    the duality gap leaves open are 0.
    """
    bounded, titles = record.verdict.bounded, COLUMNS | ({} if record.verdict.bounded is None else {COULD_GAIN: "$"})
    found = empty_table(*titles, left={"strategy"})
    found.add_row(*titles.values(), style="dim")
    figures, shown = bills(record, day), cars_shown(record)
    for car in shown.tolist():
        name = record.strategy(car)
        style = "bold yellow" if name != "faithful" else None
        gain = [] if bounded is None else [amount(bounded[car], _open(record))]
        found.add_row(str(car), name, *_cells(figures[:, car], _open(record)), *gain, style=style)
    count = figures.shape[1]
    if len(shown) < count:
        found.add_row("…", f"{count - len(shown)} more", style="dim")
    if count > 1:
        found.add_section()
        found.add_row("all", f"{count} EVs", *_cells(figures.sum(axis=1), _open(record)))
    return found


def bills(record: ChargingRecord, day: DayLog) -> Array:
    """The numbers of the table, (6, N): energy metered and wanted, kWh, and dollars."""
    energy = day.metered_kw[0].sum(axis=1) * day.hours
    dollars = (record.private_cost[0], day.worth[0], record.settlement.tax[0], record.net_cost[0])
    return np.stack([energy, day.wanted_kwh, *dollars])


def cars_shown(record: ChargingRecord) -> NDArray[np.int64]:
    """All cars where they are few; else half a table of selfish ones, filled up with those that are taxed most."""
    tax = record.settlement.tax[0]
    selfish = sorted(agent for mission, agent in record.strategies if mission == 0)
    if len(tax) <= CARS_SHOWN:
        return np.arange(len(tax))
    kept = np.array(selfish[: CARS_SHOWN // 2], dtype=np.int64)
    others = np.setdiff1d(np.argsort(-tax, kind="stable"), kept, assume_unique=True)
    return np.sort(np.concatenate([kept, others[: CARS_SHOWN - len(kept)]]))


def _cells(figures: Array, nothing: float) -> list[str]:
    energy, dollars = figures[:2].tolist(), figures[2:].tolist()
    return [amount(x, TINY_KWH, 2) for x in energy] + [amount(x, nothing) for x in dollars]


def _open(record: ChargingRecord) -> float:
    """Dollars that the duality gap leaves open."""
    return max(float(record.gap[0]), ROUNDING)


def run_tables(record: ChargingRecord) -> list[Table]:
    """Who pays what, and what other rules would have done on the same day."""
    cars, rivals = cars_table(record, record.day), record.verdict.baselines
    return [cars] if rivals is None else [cars, rules_table(tuple(Baseline(**cast(Any, one)) for one in rivals))]


def rivals(mission: Charging | OnlineCharging, record: ChargingRecord, certified: float | None) -> dict[str, Any]:
    """What other rules would have done on the same day, ours first; not for very many cars."""
    if len(record.day.stay_min) > MOST:
        return {}
    ours, *rules = baselines(record, mission.day, mission.scenario.station.rules_know)
    planned = planned_otherwise(mission) if isinstance(mission, OnlineCharging) else ()
    return {"baselines": tuple(asdict(one) for one in (ours, *planned, *rules))}


def planned_otherwise(mission: OnlineCharging) -> tuple[Baseline, ...]:
    """The same day planned once by somebody who knows it whole, and as time goes on without prices, as far as asked."""
    from robosim.charging.build import foreseen

    ahead = foreseen(mission)
    found = [ours(mission.day, ahead.run(every=ahead.rounds).day)]
    if mpc_wanted(mission):
        found.append(mpc(mission.day, mission.every))
    return tuple(against(one, mission.least) for one in found)


def mpc_wanted(mission: OnlineCharging) -> bool:
    """As `station.mpc` says; not where the station itself pays for its power, of which that mind knows nothing."""
    wanted = mission.scenario.station.mpc
    if mission.day.problem.aggregated:
        return False
    return wanted == "always" or (wanted == "if-quick" and seconds(mission.day, mission.every) <= QUICK_S)


def findings(record: ChargingRecord, mission: Charging | OnlineCharging) -> list[str]:
    """What the price did, what meters and wires say, and whether rounds ran out."""
    charge = mission.day.unbilled_per_kw
    left_out = f"the tariff's demand charge of {charge:g} $/kW a month is not in these costs"
    days = mission.day.sessions.days
    whose = "a day's" if days == 1 else f"{days} days'"
    part = f'"tariff" for {whose} part of it, {charge * days / BILLED_DAYS:.3g}'
    share = f"write station.demand_dollars_per_kw = {part}, and loss_dollars_per_kw2h"
    unbilled = [f"{left_out} ({share})"] if charge else []
    late = [] if record.day.agreements else unreached(record, mission)
    lines = [*day_lines(record, record.day), *row_lines(record.day, mission.day.row_names)]
    return [*lines, *late, *_left_out(mission), *unbilled]


def row_lines(day: DayLog, names: tuple[str, ...]) -> list[str]:
    """What lines and transformers carried at most, of mission 0, where a feeder has several rows; the fullest first."""
    if len(names) < 2:
        return []
    share = np.divide(day.line_a, day.limit_a, out=np.zeros_like(day.line_a), where=day.limit_a > 0.0)
    when, most = share.argmax(axis=1), share.max(axis=1)
    shown = [
        f"{names[k]} {day.line_a[k, when[k]]:.4g} of {day.limit_a[k, when[k]]:.4g} A ({100 * most[k]:.0f} %)"
        for k in np.argsort(-most, kind="stable")[:ROWS_SHOWN].tolist()
    ]
    more = f"; … {len(names) - ROWS_SHOWN} more" if len(names) > ROWS_SHOWN else ""
    return [f"most that the feeder's rows carried: {'; '.join(shown)}{more}"]


def _left_out(mission: Charging | OnlineCharging) -> list[str]:
    """Whether planning without prices is not in the table of rules, and how to have it there."""
    if not isinstance(mission, OnlineCharging) or mpc_wanted(mission) or mission.scenario.station.mpc == "never":
        return []
    if mission.day.problem.aggregated:
        return [f"{MPC} is left out, it does not know what the station itself pays"]
    took = seconds(mission.day, mission.every)
    return [f'{MPC} is left out, it takes about {took:.0f} s (station.mpc = "always" has it)']


def rules_table(found: tuple[Baseline, ...]) -> Table:
    """One row a rule, ours first; what rules of thumb know, and what `fair` and `gap` mean, stands below."""
    emitted = any(one.carbon_kg is not None for one in found)
    more, unit = (("CO2",), ("kg",)) if emitted else ((), ())
    made = empty_table("rule", "unmet", "served", "fair", "cost", "gap", "peak", "over by", *more, left={"rule"})
    made.add_row("", "kWh", "% EVs", "Jain", "$", "%", "kW", "%", *unit, style="dim")
    for one in found:
        figures = (
            amount(one.unmet_kwh, TINY_KWH, 2),
            f"{100 * one.served_share:.0f}",
            f"{one.fairness:.2f}",
            amount(one.social_cost, ROUNDING, 2),
            "-" if np.isnan(one.gap) else f"{100 * one.gap:.1f}",
            amount(one.highest_kw, TINY_KWH, 2),
            amount(100 * one.excess_share, 1e-6, 0),
            *(() if one.carbon_kg is None else (amount(one.carbon_kg, TINY_KWH, 2),)),
        )
        made.add_row(one.rule, *figures, style="bold" if one.rule in OURS.values() else None)
    made.caption, made.caption_justify = _what_is_known(found[-1].knows), "left"
    return made


def _what_is_known(knows: str) -> str:
    what = {"true": "as they are, which the cars know too", "stated": "as drivers told them, which may be wrong"}
    return (
        f"Rules of thumb know energies and departures {what[knows]} (station.rules_know). gap: above the least "
        "that the day costs who knows all of it. fair: Jain's index of the share of its wish that each EV got."
    )


def day_lines(record: ChargingRecord, day: DayLog) -> list[str]:
    """What the price did, and what meters and wires say."""
    last = record.prices[0, -1] / day.hours
    scarce, delivered = int((last > 0).sum()), day.metered_kw[0].sum() * day.hours
    margin = f"exceeded by {day.excess_a[0]:.3g} A" if day.excess_a[0] > 0 else "never exceeded"
    missed = day.shortfall[0].sum()
    lines = [
        f"highest price {last.max():.4g} $/kWh, power is scarce in {scarce} of {len(last)} prices; {_agreed(record)}",
        f"{delivered:.4f} kWh metered of {day.wanted_kwh.sum():.4f} kWh wanted; the feeder is {margin}",
    ]
    if day.emitted_kg is not None:
        lines[1] += f"; {day.emitted_kg:.4g} kg CO2 emitted"
    if missed > _open(record):
        lines[1] += f"; what meters missed of the plan cost {missed:.4g} $"
    return lines


def _agreed(record: ChargingRecord) -> str:
    """How many words it took, and what they left open."""
    day, gap = record.day, float(record.gap[0])
    if day.agreements == 0:
        return f"after {record.rounds} rounds the duality gap is {gap:.3g} $"
    open_ = f"is {gap:.3g} $" if np.isfinite(gap) else "is not known"
    late = f", {day.cut} of them cut short by mission.rounds" if day.cut else ""
    return f"{day.agreements} agreements in {record.rounds} rounds{late}; the largest duality gap of one {open_}"
