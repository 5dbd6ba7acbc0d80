"""The certificate's exact and bounded figures: of average consensus from its graph, of other programs by probing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from robosim import threads
from robosim.agent import Array, Ints
from robosim.certificate import QUICK, Certificate, at_most
from robosim.controllers.consensus import Consensus
from robosim.network.radio import Radio
from robosim.rendezvous.gains import probed, probed_figures
from robosim.rendezvous.gains.bounded import bounded_gains
from robosim.rendezvous.gains.deviation import DeviationGame
from robosim.rendezvous.gains.dual import gain_above
from robosim.rendezvous.gains.exact import LARGEST, exact_gains
from robosim.rendezvous.gains.impulses import NotAffine
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.record import RendezvousRecord

PATIENCE_S = 10.0
"""Seconds that exact gains within a diameter may take; those of larger teams stand alone, and a note says so."""
LEFT_OUT = "exact gains within a diameter are left out of teams for which they take long"
ULPS = 1e-5
"""Share of where robots stand that counts beside how far they drive: 10⁻⁹ of that is some ulps."""


class Known(NamedTuple):
    """What the figures rest on: the graph's rows, starts and faithful ends, β(n)."""

    graph: tuple[Ints, Ints]
    ends: tuple[Array, Array]
    beta: float


def with_figures(
    mission: Rendezvous,
    record: RendezvousRecord,
    found: Certificate,
    seconds: float,
    progress: Callable[[int], None] | None = None,
) -> Certificate:
    """`found`, which is certified, with what is exact: attained ≤ bounded ≤ exact ≤ certified, all within rounding."""
    with threads.one():
        if not of_the_graph(mission):
            return probed_figures.certify(mission, record, found, seconds)
        return _of_consensus(mission, record, found, seconds, progress) if deterministic(mission) else found


def _of_consensus(
    mission: Rendezvous,
    record: RendezvousRecord,
    found: Certificate,
    seconds: float,
    progress: Callable[[int], None] | None,
) -> Certificate:
    theta, end = record.start, record.decision[0]
    links = mission.network.links
    known = Known((links.indptr, links.indices), (theta, end), record.rules.beta)
    unit, name = mission.problem.unit or 0.0, mission.scenario.name
    size = unit * probed_figures.size_of(record, ULPS * float(np.linalg.norm(theta)))
    scripts = unit * probed_figures.size_of(record, probed.size_of(mission))
    exact = _at_most(found.certified, _exact(mission, known, seconds), size, f"{name}: exact ≤ certified")
    within = _at_most(exact, _within(mission, known, seconds), scripts, f"{name}: exact within a diameter ≤ exact")
    if within is None and exact is not None and seconds > QUICK:
        found = replace(found, notes=(*found.notes, LEFT_OUT))
    if not mission.world.lower.size:
        return replace(found, exact=exact, exact_within=within, bounded=exact)
    bounded, attained = _bounded(mission, known, seconds, progress)
    bounded = _least(_least(bounded, within), exact)  # all three are upper bounds of what a script in limits earns
    attained = _at_most(bounded, attained, size, f"{name}: attained ≤ bounded")
    return replace(found, exact=exact, exact_within=within, bounded=bounded, attained=attained)


def of_the_graph(mission: Rendezvous) -> bool:
    """Whether the others' answers follow from graph and step: average consensus of one step size, nothing lost."""
    steady = mission.announcement.schedule is None and not isinstance(mission.network, Radio)
    return steady and type(mission.controller) is Consensus


def deterministic(mission: Rendezvous) -> bool:
    """Whether bodies do what they are told: no errors, batteries that last."""
    return not mission.world.uncertain(mission.rounds)


def _exact(mission: Rendezvous, known: Known, seconds: float) -> Array | None:
    n, steps = mission.network.n, mission.rounds + 1
    if n > LARGEST or 1.5e-9 * n**3 + (1.5e-10 * (n * steps) ** 2 if steps < n else 0.0) > seconds:
        return None
    weight = mission.network.links.edge_weight
    return _figures(mission, exact_gains(*known.graph, *known.ends, known.beta, mission.rounds, weight=weight))


def _within(mission: Rendezvous, known: Known, seconds: float) -> Array | None:
    n = mission.network.n
    if seconds <= QUICK or n > LARGEST or 1e-6 * n**2 * min(n, mission.rounds) > min(seconds, PATIENCE_S):
        return None
    try:
        agents = np.arange(n, dtype=np.int32)
        found = probed.exact(mission, known.ends[1], agents, effort=seconds * probed_figures.SPEED)
    except NotAffine:  # too long
        return None
    return _figures(mission, found.within)


def _bounded(
    mission: Rendezvous, known: Known, seconds: float, progress: Callable[[int], None] | None
) -> tuple[Array | None, Array | None]:
    """Upper bounds within limits, and what scripts attain, which is not looked for where time is short."""
    world, rules, links = mission.world, mission.announcement, mission.network.links
    if 3e-6 * mission.network.n**2 * mission.rounds > seconds:
        return None, None
    game = (*known.graph, rules.alpha, *known.ends, known.beta, mission.rounds)
    reach, low, high = world.stride_m, world.lower, world.upper
    quick = seconds <= QUICK
    above = []
    for agent in range(mission.network.n):
        alone = DeviationGame.around(*game, agent, weight=links.edge_weight)
        above.append(gain_above(alone, reach=reach, lower=low, upper=high, quick=quick))
    if quick:
        return _figures(mission, np.array(above)), None
    gains = bounded_gains(*game, reach=reach, lower=low, upper=high, progress=progress, weight=links.edge_weight)
    return _figures(mission, np.array(above)), _figures(mission, gains)


def _least(a: Array | None, b: Array | None) -> Array | None:
    return b if a is None else a if b is None else np.minimum(a, b)


def _at_most(bound: Array | float | None, gains: Array | None, size: float, what: str) -> Array | None:
    """Bounded ≤ exact ≤ certified are theorems: only rounding is cut."""
    return gains if gains is None or bound is None else at_most(gains, bound, size, what)


def _figures(mission: Rendezvous, gains: Array) -> Array:
    """Gains in the unit of the private cost."""
    return np.asarray((mission.problem.unit or 0.0) * gains)
