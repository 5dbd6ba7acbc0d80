"""Certificates of a rendezvous: closed form, exact and bounded figures, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array, Ints
from robosim.certificates.bounded import bounded_gains
from robosim.certificates.certificate import Certificate
from robosim.certificates.closed import gain_bound, gain_bound_over_types, rounds_for
from robosim.certificates.exact import LARGEST, exact_gains
from robosim.controllers.consensus import Consensus
from robosim.errors import BadInput
from robosim.leader.bound import diameter
from robosim.missions.haulage import Haulage
from robosim.missions.meeting import Meeting
from robosim.missions.mission import Mission
from robosim.network import spread
from robosim.records.meeting_record import MeetingRecord


class Known(NamedTuple):
    """What the exact figures rest on: the graph's rows, starts and faithful ends, β(n)."""

    graph: tuple[Ints, Ints]
    ends: tuple[Array, Array]
    beta: float


def rounds_needed(mission: Mission[Any], epsilon: float) -> int | None:
    """The smallest n whose bound over all types is at most `epsilon`; None if no n is (noise, rounding).

    Raises `BadInput` for other worlds, whose leaders find out while agents agree.
    """
    if isinstance(mission, Haulage):
        raise BadInput(
            f"{mission.scenario.name}: no number of rounds is certified beforehand, agents stop by their residuals "
            "(announce a smaller leader.tolerance, and certify says what ε it is worth)"
        )
    if not isinstance(mission, Meeting):
        raise BadInput(f"{mission.scenario.name}: an auction stops by itself (announce leader.epsilon = {epsilon:g})")
    unit = mission.problem.unit
    if unit is None or mission.announcement.tax == "none":
        return None
    return rounds_for(epsilon, lambda n: unit * over_types(mission, n))


def over_types(mission: Meeting, rounds: int) -> float:
    """sup over the type space of ε(n), in m²."""
    rules, n = mission.announcement, mission.network.n
    return gain_bound_over_types(
        float(rules.bound.beta(rounds)),
        diameter(n, rules.lower, rules.upper),
        contracting=rules.alpha * mission.network.lambda_max <= 1 + 1e-11,
        rounds=rounds,
        miss=rules.bound.noise,
    )


def certify_meeting(
    mission: Meeting, record: MeetingRecord, seconds: float, progress: Callable[[int], None] | None
) -> Certificate:
    """ε of a rendezvous from its faithful run (T, Proposition 5 and beyond)."""
    rules, unit = record.rules, mission.problem.unit
    void = why_void(mission, record)
    none = Certificate(rounds=rules.rounds, alpha=rules.alpha, beta=rules.beta, void=void)
    if none.void or unit is None:
        return none
    theta, end = record.start, record.decision[0]
    displacement = float(np.einsum("id,id->", end - theta, end - theta))
    certified = unit * gain_bound(displacement, float(spread(theta)), rules.beta)
    found = replace(none, certified=certified, over_types=unit * over_types(mission, rules.rounds))
    if not deterministic(mission):
        return found
    links = mission.network.links
    known = Known((links.indptr, links.indices), (theta, end), rules.beta)
    exact = _at_most(certified, _exact(mission, known, seconds))
    limited = mission.world.lower.size > 0
    bounded = _at_most(exact, _bounded(mission, known, seconds, progress)) if limited else exact
    return replace(found, exact=exact, bounded=bounded)


def why_void(mission: Meeting, faithful: MeetingRecord) -> str | None:
    """Why no certificate holds, in words; None where it does."""
    if mission.announcement.tax == "none":
        return "without a tax nothing holds a selfish agent back"
    if mission.problem.unit is None:
        return "consensus minimises displacement, these robots pay for something else"
    if faithful.settlement.penalised[0]:
        return "the announced bound penalises the faithful team itself"
    return None


def deterministic(mission: Meeting) -> bool:
    """True where the others' answers are linear and known: average consensus, no noise, batteries that last."""
    world = mission.world
    return isinstance(mission.controller, Consensus) and world.noise_m == 0.0 and world.lasts(mission.rounds)


def _exact(mission: Meeting, known: Known, seconds: float) -> Array | None:
    n, steps = mission.network.n, mission.rounds + 1
    if n > LARGEST or 1.5e-9 * n**3 + (1.5e-10 * (n * steps) ** 2 if steps < n else 0.0) > seconds:
        return None
    return _figures(mission, exact_gains(*known.graph, *known.ends, known.beta, mission.rounds))


def _bounded(mission: Meeting, known: Known, seconds: float, progress: Callable[[int], None] | None) -> Array | None:
    world = mission.world
    if 3e-6 * mission.network.n**2 * mission.rounds > seconds:
        return None
    gains = bounded_gains(
        *known.graph,
        mission.announcement.alpha,
        *known.ends,
        known.beta,
        mission.rounds,
        reach=world.stride_m,
        lower=world.lower,
        upper=world.upper,
        progress=progress,
    )
    return _figures(mission, gains)


def _at_most(bound: Array | float | None, gains: Array | None) -> Array | None:
    """Bounded ≤ exact ≤ certified are theorems: only rounding is cut."""
    return gains if gains is None or bound is None else np.minimum(gains, bound)


def _figures(mission: Meeting, gains: Array) -> Array:
    """Gains in the unit of the private cost."""
    return np.asarray((mission.problem.unit or 0.0) * gains)
