"""The certificate's figures where answers do not follow from the graph, by probing, or why there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robosim import rows
from robosim.agent import Array, Deviation, Ints
from robosim.certificate import Certificate, at_most
from robosim.controllers.selfish.robots import Script
from robosim.network.network import spread
from robosim.network.radio import Radio
from robosim.rendezvous.gains import probed
from robosim.rendezvous.gains.impulses import NotAffine
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.record import RendezvousRecord

SPEED = 2e7
"""Robots × missions × rounds that are played in a second."""
SHARES = 1.0 - np.array([1e-9, 1e-6, 1e-3, 0.03, 0.1, 0.3, 0.6])
"""Shares of a solved deviation that are replayed: the first that ends inside the bound is the best."""
BODIES = (
    "exact figures are for bodies without limits: walls or speed limit may hold faithful robots back when one deviates"
)

LOSSES = "exact figures are for the losses of this seed, as if a deviator knew them in advance"


def certify(mission: Rendezvous, record: RendezvousRecord, found: Certificate, seconds: float) -> Certificate:
    """`found`, which is certified, with the figures that probing gives."""
    unit, notes = mission.problem.unit or 0.0, found.notes
    doubt = mission.world.uncertain(mission.rounds)
    if doubt:
        return replace(found, notes=(*notes, f"no exact figures: {doubt}"))
    agents = np.arange(mission.network.n, dtype=np.int32)
    try:
        solved = probed.exact(mission, record.decision[0], agents, effort=seconds * SPEED)
    except NotAffine as problem:
        return replace(found, notes=(*notes, f"no exact figures: {problem}"))
    size = unit * size_of(record, probed.size_of(mission))  # the rounding of scripts counts as reached
    exact = at_most(unit * solved.gains, found.certified or 0.0, size, f"{mission.scenario.name}: exact ≤ certified")
    within = at_most(unit * solved.within, exact, size, f"{mission.scenario.name}: exact within reach ≤ exact")
    attained = unit * replayed(mission, record, agents, solved.deviations)
    limited = mission.world.lower.size > 0 or bool(np.isfinite(mission.world.stride_m))
    return replace(
        found,
        exact=exact,
        exact_within=within,
        bounded=None if limited else exact,
        attained=attained,
        notes=(*notes, *([BODIES] if limited else []), *([LOSSES] if isinstance(mission.network, Radio) else [])),
    )


def size_of(record: RendezvousRecord, reach: float) -> float:
    """The numbers behind gains, m²: how far the team drives, and metres `reach` whose rounding moves its end.

    Where a team starts close together in a large box, that moves gains by more than a share of what it drives.
    """
    driven = float(np.sqrt(social(record.decision, record.start)[0])) + float(spread(record.start))
    return driven * (driven + reach)


def social(ends: Array, start: Array) -> Array:
    """J(z) = ‖z - θ‖² of each mission, m²."""
    return np.asarray(((ends - start) ** 2).sum(axis=(1, 2)))


def replayed(mission: Rendezvous, record: RendezvousRecord, agents: Ints, deviations: Array) -> Array:
    """What the solved deviations earn in this world, limits and all, (A,) m², as much of each as ends inside."""
    plans = scripts(mission, agents, deviations)
    ends = played(mission, np.repeat(agents, len(SHARES)), plans.reshape(-1, *plans.shape[2:]))
    gain = social(record.decision, record.start)[0] - social(ends, record.start)
    gain = np.where(np.asarray(spread(ends)) <= mission.announcement.beta, gain, 0.0)
    return np.asarray(np.maximum(gain.reshape(len(agents), -1).max(axis=1), 0.0))


def scripts(mission: Rendezvous, agents: Ints, deviations: Array) -> Array:
    """Positions to announce, (A, shares, n+1, d) metres."""
    usual = mission.faithful().run(every=1).said["z"][0][:, agents].transpose(1, 0, 2)
    return np.asarray(usual[:, None] + SHARES[:, None, None] * deviations[:, None])


def played(mission: Rendezvous, agents: Ints, positions: Array) -> Array:
    """Where the team ends when one agent plays each script, (scripts, N, d) metres."""
    each = np.arange(len(agents))
    alone = Deviation(strategy=Script(positions=positions), missions=each, agents=agents.astype(np.int64))
    mission = mission.playing((alone,), batch=len(agents))
    return rows.decided(mission)
