"""Certificates of a rendezvous: ε from the faithful bill, over all types where that is known, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from robosim.certificate import Certificate, at_least_0
from robosim.controllers.consensus import Consensus
from robosim.errors import BadInput
from robosim.leader.bound import BOUNDS, Bound, Listed, diameter
from robosim.premise import broken
from robosim.rendezvous.bounds.listed import horizons, keeps_mean
from robosim.rendezvous.effort import Law, least_total
from robosim.rendezvous.gains import probed
from robosim.rendezvous.gains.closed import gain_bound_over_types, rounds_for
from robosim.rendezvous.gains.figures import with_figures
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.notes import notes_of
from robosim.rendezvous.premises import overstated, premises, reports, truthful
from robosim.rendezvous.record import RendezvousRecord


def rounds_needed(mission: Rendezvous, epsilon: float) -> int | None:
    """The smallest n whose bound over all types is at most `epsilon`; None if no n is (noise, rounding, lies).

    Raises `BadInput` where nothing is known over all types of a program of one's own.
    """
    unit = mission.problem.unit
    if unit is None or not mission.tax.groves:
        return None
    if not truthful(mission):
        record = mission.faithful().whole()
        if not reports(mission, record).ok:
            return None
        above = overstated(mission, record)
        if above:
            raise BadInput(f"--epsilon: {above} (report the private cost, or leave reporting to the leader)")
    if not closed(mission):
        return probed.rounds_needed(mission, epsilon)
    for limit, bound in horizons(mission, epsilon):
        found = rounds_for(epsilon, lambda n, bound=bound: unit * over_types(mission, n, bound), limit)  # type: ignore[misc]
        if found is not None:
            return found
    return None


def over_types(mission: Rendezvous, rounds: int, bound: Bound | Listed | None = None) -> float:
    """sup over the type space of ε(n), in m²; under the announced bound, or one that reaches farther."""
    rules, n = mission.announcement, mission.network.n
    bound = bound or rules.bound
    return gain_bound_over_types(
        float(bound.beta(rounds)),
        diameter(n, rules.lower, rules.upper),
        contracting=not rules.proven_by and rules.alpha * mission.network.lambda_max <= 1 + 1e-11,
        rounds=rounds,
        miss=bound.noise,
    )


def certify_rendezvous(
    mission: Rendezvous, record: RendezvousRecord, seconds: float, progress: Callable[[int], None] | None = None
) -> Certificate:
    """ε of a rendezvous from its faithful run (T, Proposition 5 and beyond)."""
    rules, rest = record.rules, premises(mission, record)
    found = Certificate(
        rounds=rules.rounds, alpha=rules.alpha, beta=rules.beta, premises=rest, notes=notes_of(mission, record)
    )
    why = broken(rest)
    if why is not None:
        return replace(found, void=why)
    size = float(np.abs(record.net_cost).max())
    name = mission.scenario.name
    gain = float(record.net_cost.max()) - least_net_cost(mission, record)
    found = replace(found, certified=at_least_0(gain, size, f"{name}: 0 ≤ certified"))
    found = replace(found, notes=(*found.notes, *_price_of_misses(mission, record, found.certified or 0.0)))
    if mission.problem.unit is None or record.settlement.penalised[0]:
        return found
    above = overstated(mission, record)
    if above:
        return replace(found, notes=(*found.notes, above))
    return with_figures(mission, record, _everywhere(mission, found), seconds, progress)


def _everywhere(mission: Rendezvous, found: Certificate) -> Certificate:
    """With the bound over all types, or the line that says why nobody knows it."""
    known = over_types(mission, mission.rounds) if closed(mission) else probed.everywhere(mission)
    if isinstance(known, str):
        return replace(found, notes=(*found.notes, f"{type(mission.controller).__name__}: {known}"))
    return replace(found, over_types=(mission.problem.unit or 0.0) * known)


def _price_of_misses(mission: Rendezvous, record: RendezvousRecord, certified: float) -> Iterator[str]:
    """What the tolerance of bodies costs: how much less ε would be if β(n) were that of bodies that miss nothing."""
    wide = record.rules.tolerance_m
    if wide == 0.0:
        return
    narrow = Bound(factor=1.0, contraction=0.0, size=record.rules.beta - wide, noise=0.0, floor=0.0)
    exact = replace(record, rules=replace(record.rules, bound=narrow))
    less = least_net_cost(mission, exact) - least_net_cost(mission, record)
    share = min(less, certified)
    yield f"{share:.3g} of {certified:.3g} {mission.unit} of ε are for what bodies miss: β(n) is wider by {wide:.3g} m"


def least_net_cost(mission: Rendezvous, record: RendezvousRecord) -> float:
    """The least that any deviator can pay in all, whatever it does, in the unit of the private cost.

    Inside the bound everybody's costs, as Groves taxes charge the others'; outside, or refused, the penalty C and its
    own; where no limit of bodies holds the others' energy, reports are cut at what was announced as the largest.
    """
    problem, rules, world, start = mission.problem, record.rules, mission.world, record.start
    beta = rules.beta * (1 + 1e-12) + 1e-15 * float(np.abs(start).max())
    law = problem.law
    if problem.pays_for == "energy":
        drives = 1 if record.travel == "after-agreeing" else rules.rounds
        beta += world.noise_m * drives * float(np.sqrt(len(start)))  # metres that a body was moved and did not pay for
        if not world.lasts(mission.rounds) or world.may_leave(mission.rounds):
            law = Law(0.0, 0.0, 0.0)  # who is empty or off spends nothing: costs are known to be no less than that
    least = min(least_total(law, start, beta), rules.penalty + law.idle)
    limited = problem.unit is not None or world.lower.size > 0 or np.isfinite(world.reach_m)
    return float(least if limited else min(least, rules.cost_range[1]))


def closed(mission: Rendezvous) -> bool:
    """Whether bounds over all types are a formula: average consensus that pays for what it reports, a proven bound.

    A program that brings its own bound says itself whether it keeps the mean.
    """
    own = mission.controller
    if mission.announcement.proven_by:
        return keeps_mean(mission)
    honest = type(own) is Consensus and own.pays_for == mission.problem.pays_for
    return honest and mission.announcement.rule in BOUNDS and mission.announcement.rule != "paper-as-published"
