"""The judge: knows every type and says what the mission was worth, and to whom selfishness paid."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from robosim import stopping
from robosim.agent import Deviation
from robosim.certificate import LIES, Certificate, certify_record
from robosim.errors import RobosimError
from robosim.files.writing import plain_name, printable
from robosim.record import Record
from robosim.verdict import GIVEN_UP, Gain, Verdict

T = TypeVar("T")
UNKNOWN = Certificate(rounds=0)


class Faithful:
    """What the mission comes to with everybody faithful, played and certified when it is first asked for, once.

    `record` is its record where somebody played it already.
    """

    def __init__(self, mission: Any, record: Record | None = None) -> None:
        self.mission = mission.faithful()
        if record is not None:
            self.record = record

    @cached_property
    def record(self) -> Record:
        """All of its rounds."""
        found: Record = self.mission.whole()
        return found

    @cached_property
    def certificate(self) -> Certificate:
        """ε of it."""
        return certify_record(self.mission, self.record)


def judge(mission: Any, record: Record, given_up: bool = False, honest: Faithful | None = None) -> Verdict:
    """Optimum, budget, ε of the all-faithful mission at these types, and what each selfish agent gained (mission 0).

    A mission that was played is worth its record whatever happens here: what cannot be found out, or is given up with
    Ctrl-C, is None, with its reason; all of it if it is `given_up` before it is begun.
    """
    unknown: list[str] = []
    honest = honest or Faithful(mission, None if mission.deviations else record)

    def tried(what: str, find: Callable[[], T], otherwise: T) -> T:
        found, why = _tried(find, given_up)
        if why is None:
            return found  # type: ignore[return-value]
        unknown.append(printable(f"{what}: {why}"))
        return otherwise

    certificate = tried("ε", lambda: _certificate(mission, record, honest), UNKNOWN)
    epsilon = certificate.epsilon
    if certificate.void:
        unknown.append(f"ε: {certificate.void}")
    none: dict[str, Any] = {}
    rivals = tried("other rules", lambda: mission.kind.rivals(mission, record, epsilon.certified), none)
    covered = epsilon.certified is not None
    return Verdict(
        social_cost=float(record.private_cost[0].sum() + record.leader_cost[0]),
        optimum=tried("the optimum", mission.optimum, None),
        budget=float(record.settlement.tax[0].sum()),
        individually_rational=tried("individual rationality", lambda: mission.rational(record), None),
        epsilon=epsilon,
        bounded=None if certificate.bounded is None else tuple(certificate.bounded.tolist()),
        gains=tried("gains", lambda: gains(mission, record, covered, honest), ()),
        mechanisms=rivals.get("mechanisms"),
        baselines=rivals.get("baselines"),
        premises=certificate.premises,
        notes=certificate.notes,
        unknown=tuple(unknown),
    )


def _tried(find: Callable[[], T], given_up: bool) -> tuple[T | None, str | None]:
    """What `find` finds, or why it found nothing."""
    try:
        with stopping.willing():
            found = None if given_up else find()
    except KeyboardInterrupt:
        return None, GIVEN_UP
    except (RobosimError, ArithmeticError, MemoryError) as problem:
        return None, str(problem) or "out of memory"
    except Exception as problem:  # a fault of ours, or of a solver, costs a figure and not the mission
        return None, f"{type(problem).__name__}: {problem}"
    if isinstance(found, float) and not math.isfinite(found):
        return None, f"is {found}"
    return found, GIVEN_UP if given_up else None


def _certificate(mission: Any, record: Record, honest: Faithful) -> Certificate:
    """ε(n), which nobody knows for a mission that was stopped before round n, or where others were seen to lie."""
    if record.interrupted:
        return UNKNOWN
    found = honest.certificate
    selfish = np.array([deviation.agents[0] for deviation in _singles(mission)], dtype=np.int64)
    lied = found.void is None and record.understated(np.zeros_like(selfish), selfish).any()
    return replace(UNKNOWN, void=LIES) if lied else found


def gains(mission: Any, record: Record, covered: bool, honest: Faithful) -> tuple[Gain, ...]:
    """Each selfish agent's gain against the same mission in which only it is faithful; all of them in one batch.

    A certificate speaks of one deviator, so with several of them none is covered.
    """
    selfish = _singles(mission)
    if not selfish or record.interrupted:
        return ()
    without = honest.record if len(selfish) == 1 else _without_each(mission, selfish)
    found = []
    for row, deviation in enumerate(selfish):
        agent = int(deviation.agents[0])
        change = record.net_cost[0] - without.net_cost[row]
        found.append(
            Gain(
                agent=agent,
                strategy=plain_name(deviation.strategy.name),
                gain=float(-change[agent]),
                others_change=float(change.sum() - change[agent]),
                covered=covered and len(selfish) == 1 and mission.kind.covers(mission, deviation.strategy),
            )
        )
    return tuple(found)


def _without_each(mission: Any, selfish: list[Deviation]) -> Record:
    """As many missions side by side as there are selfish agents, in each of which one of them is faithful."""
    others = tuple(
        Deviation(
            strategy=deviation.strategy,
            missions=np.delete(np.arange(len(selfish)), own),
            agents=np.repeat(deviation.agents, len(selfish) - 1),
        )
        for own, deviation in enumerate(selfish)
    )
    found: Record = mission.playing(others, batch=len(selfish)).whole()
    return found


def _singles(mission: Any) -> list[Deviation]:
    """The deviations of mission 0; a mission built from a world file has one agent in each."""
    return [deviation for deviation in mission.deviations if deviation.missions[0] == 0]
