"""Certificates of a rendezvous, closed, exact and bounded, or why there is none; best responses as scripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from robosim.agent import Array, Ints
from robosim.certificate import Certificate, at_least_0, at_most
from robosim.controllers.consensus import Consensus
from robosim.controllers.selfish.robots import Script
from robosim.errors import BadInput
from robosim.leader.bound import Bound, diameter
from robosim.leader.schedule import Listed
from robosim.network.network import spread
from robosim.premise import broken
from robosim.rendezvous.bounded import bounded_best_response, bounded_gains
from robosim.rendezvous.closed import gain_bound_over_types, rounds_for
from robosim.rendezvous.effort import Law, least_total
from robosim.rendezvous.envelope import horizons, keeps_mean
from robosim.rendezvous.exact import LARGEST, exact_gains
from robosim.rendezvous.exact import best_response as free_best_response
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.notes import notes_of
from robosim.rendezvous.premises import premises
from robosim.rendezvous.record import RendezvousRecord


class Known(NamedTuple):
    """What the exact figures rest on: the graph's rows, starts and faithful ends, β(n)."""

    graph: tuple[Ints, Ints]
    ends: tuple[Array, Array]
    beta: float


def rounds_needed(mission: Rendezvous, epsilon: float) -> int | None:
    """The smallest n whose bound over all types is at most `epsilon`; None if no n is (noise, rounding)."""
    unit = mission.problem.unit
    if unit is None or not mission.tax.groves or not announces_consensus(mission):
        return None
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
    unit = mission.problem.unit
    if unit is None or record.settlement.penalised[0] or not announces_consensus(mission):
        return found
    found = replace(found, over_types=unit * over_types(mission, rules.rounds))
    return found if not deterministic(mission) else _with_figures(mission, record, found, seconds, progress)


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
        if not world.lasts(mission.rounds):
            law = Law(0.0, 0.0, 0.0)  # an empty battery moves no more: costs are known to be no less than nothing
    least = min(least_total(law, start, beta), rules.penalty + law.idle)
    limited = problem.unit is not None or world.lower.size > 0 or np.isfinite(world.reach_m)
    return float(least if limited else min(least, rules.cost_range[1]))


def announces_consensus(mission: Rendezvous) -> bool:
    """Whether closed forms over all types hold: average consensus that pays for what it reports, a proven bound.

    A program that brings its own bound says itself whether it keeps the mean.
    """
    own = mission.controller
    if mission.announcement.proven_by:
        return keeps_mean(mission)
    honest = type(own) is Consensus and own.pays_for == mission.problem.pays_for
    return honest and mission.announcement.rule in ("tight", "paper")


def deterministic(mission: Rendezvous) -> bool:
    """True where the others' answers are linear and known: average consensus, no noise, batteries that last."""
    world = mission.world
    if type(mission.controller) is not Consensus or mission.announcement.schedule is not None:
        return False
    return world.noise_m == 0.0 and world.lasts(mission.rounds)


def _with_figures(
    mission: Rendezvous,
    record: RendezvousRecord,
    found: Certificate,
    seconds: float,
    progress: Callable[[int], None] | None,
) -> Certificate:
    theta, end, certified = record.start, record.decision[0], found.certified
    links = mission.network.links
    known = Known((links.indptr, links.indices), (theta, end), record.rules.beta)
    way = end - theta
    size = (mission.problem.unit or 0.0) * float(np.einsum("id,id->", way, way) + spread(theta) ** 2)
    name = mission.scenario.name
    exact = _at_most(certified, _exact(mission, known, seconds), size, f"{name}: exact ≤ certified")
    bounded = exact
    if mission.world.lower.size > 0:
        bounded = _at_most(exact, _bounded(mission, known, seconds, progress), size, f"{name}: bounded ≤ exact")
    return replace(found, exact=exact, bounded=bounded)


def _exact(mission: Rendezvous, known: Known, seconds: float) -> Array | None:
    n, steps = mission.network.n, mission.rounds + 1
    if n > LARGEST or 1.5e-9 * n**3 + (1.5e-10 * (n * steps) ** 2 if steps < n else 0.0) > seconds:
        return None
    weight = mission.network.links.edge_weight
    return _figures(mission, exact_gains(*known.graph, *known.ends, known.beta, mission.rounds, weight=weight))


def _bounded(mission: Rendezvous, known: Known, seconds: float, progress: Callable[[int], None] | None) -> Array | None:
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
        weight=mission.network.links.edge_weight,
    )
    return _figures(mission, gains)


def _at_most(bound: Array | float | None, gains: Array | None, size: float, what: str) -> Array | None:
    """Bounded ≤ exact ≤ certified are theorems: only rounding is cut."""
    return gains if gains is None or bound is None else at_most(gains, bound, size, what)


def _figures(mission: Rendezvous, gains: Array) -> Array:
    """Gains in the unit of the private cost."""
    return np.asarray((mission.problem.unit or 0.0) * gains)


def solves(mission: Rendezvous) -> bool:
    """Whether best responses are solved without being asked for: in teams for which that takes no minutes."""
    fixed = isinstance(mission.controller, Consensus) and mission.announcement.schedule is None
    return mission.network.n <= LARGEST and fixed


def best_response(mission: Rendezvous, agent: int, within_limits: bool = True) -> Script:
    """What earns `agent` most against faithful others, within the world's limits where it has any.

    Raises `BadInput` where the others' answers are not known in advance.
    """
    if not isinstance(mission.controller, Consensus):
        raise BadInput(
            "best-response: needs the controller consensus, whose answers are known in advance (choose another)"
        )
    if mission.announcement.schedule is not None:
        raise BadInput('best-response: is not solved under leader.alpha = "schedule" (choose another, or "auto")')
    world, rules, links = mission.world, mission.announcement, mission.network.links
    end = mission.faithful().whole().decision[0]
    known = (links.indptr, links.indices, rules.alpha, mission.own["start"][0], end, rules.beta, rules.rounds, agent)
    if within_limits and world.lower.size:
        lower, upper = world.lower, world.upper
        found = bounded_best_response(*known, reach=world.stride_m, lower=lower, upper=upper, weight=links.edge_weight)
    else:
        found = free_best_response(*known, weight=links.edge_weight)
    return Script(positions=found.positions)
