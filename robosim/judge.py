"""The judge: knows every type and says what the mission was worth, and to whom selfishness paid."""

from __future__ import annotations

from typing import Any

import numpy as np

from robosim.agent import Deviation
from robosim.certificates import certify_record
from robosim.mechanisms import mechanisms
from robosim.missions.haulage import Haulage
from robosim.missions.mission import Mission
from robosim.records.haulage_record import HaulageRecord
from robosim.records.record import Epsilon, Gain, Mechanism, Record, Verdict


def judge(mission: Mission[Any], record: Record) -> Verdict:
    """Optimum, budget, ε of the all-faithful mission at these types, and what each selfish agent gained (mission 0)."""
    epsilon = _epsilon(mission, record)
    return Verdict(
        social_cost=float(record.private_cost[0].sum() + record.leader_cost[0]),
        optimum=mission.optimum(),
        budget=float(record.settlement.tax[0].sum()),
        individually_rational=mission.rational(record),
        epsilon=epsilon,
        gains=gains(mission, record, covered=epsilon.certified is not None),
        mechanisms=_mechanisms(mission, record, epsilon),
    )


def _mechanisms(mission: Mission[Any], record: Record, epsilon: Epsilon) -> tuple[Mechanism, ...] | None:
    """Rules of payment side by side, where a kind of world has some to compare."""
    if isinstance(mission, Haulage) and isinstance(record, HaulageRecord):
        return mechanisms(mission, record, epsilon.certified)
    return None


def _epsilon(mission: Mission[Any], record: Record) -> Epsilon:
    """ε(n), which nobody knows for a mission that was stopped before round n."""
    if record.interrupted:
        return Epsilon(certified=None, exact=None, bounded=None)
    faithful = record if not mission.deviations else mission.faithful().run(every=mission.rounds)
    return certify_record(mission, faithful).epsilon


def gains(mission: Mission[Any], record: Record, covered: bool) -> tuple[Gain, ...]:
    """Each selfish agent's gain against the same mission in which only it is faithful; all of them in one batch.

    A certificate speaks of one deviator, so with several of them none is covered.
    """
    selfish = _singles(mission)
    if not selfish or record.interrupted:
        return ()
    others = tuple(
        Deviation(
            strategy=deviation.strategy,
            missions=np.delete(np.arange(len(selfish)), own),
            agents=np.repeat(deviation.agents, len(selfish) - 1),
        )
        for own, deviation in enumerate(selfish)
        if len(selfish) > 1
    )
    honest = mission.playing(others, batch=len(selfish)).run(every=mission.rounds)
    found = []
    for row, deviation in enumerate(selfish):
        agent = int(deviation.agents[0])
        change = record.net_cost[0] - honest.net_cost[row]
        found.append(
            Gain(
                agent=agent,
                strategy=deviation.strategy.name,
                gain=float(-change[agent]),
                others_change=float(change.sum() - change[agent]),
                covered=covered and len(selfish) == 1,
            )
        )
    return tuple(found)


def _singles(mission: Mission[Any]) -> list[Deviation]:
    """The deviations of mission 0; a mission built from a world file has one agent in each."""
    return [deviation for deviation in mission.deviations if deviation.missions[0] == 0]
