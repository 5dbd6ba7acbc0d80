"""What people read about a rendezvous."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from robosim.cli.tables import costs_table
from robosim.controllers.consensus import Consensus
from robosim.controllers.ratio_consensus import RatioConsensus
from robosim.network.radio import Radio
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.record import RendezvousRecord

AVERAGING = (Consensus, RatioConsensus)
"""Programs that end at the average of the starts."""
SHOWN = 8
"""Robots that are named in one line."""


def run_tables(record: RendezvousRecord) -> list[Table]:
    """Who pays what, and what each spent."""
    return [costs_table(record, {"energy_j": ("energy", "J")})]


def findings(record: RendezvousRecord, mission: Rendezvous) -> list[str]:
    """What the leader found, what became of bodies, and which cost consensus minimises."""
    bill, tax = record.settlement, record.tax_rule
    state = "outside: everybody pays the penalty" if bill.penalised[0] else "inside"
    collected = f"tax {tax}, bound {record.rules.rule}, {state}" if mission.tax.enforces else "no tax is collected"
    line = f"distance {bill.distance[0]:.3g} m, allowed {bill.beta[0]:.3g} m: {collected}"
    known = record.bodies is not None
    told = of_bodies(record, mission) if known else emptied(record, mission.world.battery_j)
    return [line, *heard(record, mission), *told, minimised(mission)]


def heard(record: RendezvousRecord, mission: Rendezvous) -> list[str]:
    """What a radio did, and how far the mean of the team moved, which is known to the judge only."""
    if record.reception is None or not isinstance(mission.network, Radio):
        return []
    name, moved = type(mission.controller).__name__, record.mean_moved_m(0)
    outages = () if mission.network.presence is None else mission.network.presence.outages
    off = [
        f"robot {one.agent} was off from round {one.off}{_back(one.on)}" for one in outages if one.off <= record.rounds
    ]
    return [*record.reception.told(0, "robot"), *off, f"{name} moved the mean of the team by {moved:.3g} m"]


def _back(on: int | None) -> str:
    return " on" if on is None else f" to {on - 1}"


def of_bodies(record: RendezvousRecord, mission: Rendezvous) -> list[str]:
    """Who ran empty and when, who was left out, what pads gave, how near bodies came and how often they gave way."""
    log, bill, told = record.bodies, record.settlement, []
    if log is None:
        return []
    who = np.flatnonzero(log.emptied[0] >= 0)
    if who.size:
        capacity = mission.scenario.energy.battery_j or 0.0
        rounds = log.emptied[0][who]
        told.append(f"batteries of {capacity:g} J ran empty: {named(who, rounds)}; an empty robot stands still")
    if bill.excused is not None and bill.excused[0].any():
        out = np.flatnonzero(bill.excused[0])
        told.append(f"left out of bound and taxes, as empty or off at the end: robot {listed(out)}")
    if log.given_j[0].any():
        told.append(f"charging pads gave {log.given_j[0].sum():.4g} J to {np.count_nonzero(log.given_j[0])} robots")
    if np.isfinite(log.clearance_m[0]):
        gap = log.clearance_m[0]
        near = f"never nearer than {gap:.3g} m" if gap >= 0.0 else f"overlapped by {-gap:.3g} m"
        told.append(f"bodies came {near} to others or obstacles, and gave way in {log.yielded[0].sum()} control steps")
        stood, close = log.blocked[0], log.close[0]
        if stood.any():
            told.append(
                f"no motion was safe in {stood.sum()} control steps of {np.count_nonzero(stood)} robots: they stood"
            )
        if close.any():
            who = np.flatnonzero(close)
            told.append(
                f"robot {listed(who)} was nearer than it may be in {close.sum()} control steps, and came no nearer"
            )
    return told


def emptied(record: RendezvousRecord, battery_j: float) -> list[str]:
    """Whose battery (J) ran empty, and by which recorded round."""
    empty = record.energy_j[0] >= battery_j * (1 - 1e-9)
    who = np.flatnonzero(empty[-1])
    if not who.size:
        return []
    rounds = record.kept[-1] if len(empty) != len(record.kept) else record.kept[empty[:, who].argmax(axis=0)]
    when = np.broadcast_to(rounds, who.shape)
    return [f"batteries of {battery_j:g} J ran empty: {named(who, when)}; an empty robot stands still"]


def named(who: NDArray[np.int64], when: NDArray[np.int64]) -> str:
    """Robots with rounds, the first few by name."""
    told = [f"{i} by round {k}" for i, k in zip(who[:SHOWN], when[:SHOWN], strict=True)]
    return f"robot {', '.join(told)}" + (f" and {who.size - SHOWN} more" if who.size > SHOWN else "")


def listed(who: NDArray[np.int64]) -> str:
    """Robots, the first few by name."""
    return ", ".join(map(str, who[:SHOWN])) + (f" and {who.size - SHOWN} more" if who.size > SHOWN else "")


def minimised(mission: Rendezvous) -> str:
    """Which cost consensus minimises, and which it does not: only for the first does ε fall to nothing with n.

    Of another program nobody here knows what it minimises; its certificate does not depend on it.
    """
    paid, own = mission.problem.pays_for, mission.controller
    if type(own) not in AVERAGING:
        return f"robots pay for {paid}: whether {type(own).__name__} makes that small is its author's word"
    if paid == "displacement":
        return "robots pay for displacement, which consensus minimises: the Groves argument holds"
    if mission.problem.unit is not None:
        return "robots pay for energy, which after agreeing is displacement up to a factor: the Groves argument holds"
    return "robots pay for energy along the path, which consensus does not minimise: ε does not fall to 0 with n"
