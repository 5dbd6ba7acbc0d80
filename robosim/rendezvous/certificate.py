"""Certificates of a rendezvous, closed, exact and bounded, or why there is none; best responses as scripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from robosim.agent import Array, Ints
from robosim.certificate import Certificate, at_most
from robosim.controllers.consensus import Consensus
from robosim.controllers.selfish.robots import Script
from robosim.errors import BadInput
from robosim.leader.bound import diameter
from robosim.network.network import spread
from robosim.rendezvous.bounded import bounded_best_response, bounded_gains
from robosim.rendezvous.closed import gain_bound, gain_bound_over_types, rounds_for
from robosim.rendezvous.exact import LARGEST, exact_gains
from robosim.rendezvous.exact import best_response as free_best_response
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.record import RendezvousRecord


class Known(NamedTuple):
    """What the exact figures rest on: the graph's rows, starts and faithful ends, β(n)."""

    graph: tuple[Ints, Ints]
    ends: tuple[Array, Array]
    beta: float


def rounds_needed(mission: Rendezvous, epsilon: float) -> int | None:
    """The smallest n whose bound over all types is at most `epsilon`; None if no n is (noise, rounding)."""
    unit = mission.problem.unit
    if unit is None or not mission.tax.groves:
        return None
    return rounds_for(epsilon, lambda n: unit * over_types(mission, n))


def over_types(mission: Rendezvous, rounds: int) -> float:
    """sup over the type space of ε(n), in m²."""
    rules, n = mission.announcement, mission.network.n
    return gain_bound_over_types(
        float(rules.bound.beta(rounds)),
        diameter(n, rules.lower, rules.upper),
        contracting=rules.alpha * mission.network.lambda_max <= 1 + 1e-11,
        rounds=rounds,
        miss=rules.bound.noise,
    )


def certify_rendezvous(
    mission: Rendezvous, record: RendezvousRecord, seconds: float, progress: Callable[[int], None] | None = None
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
    size, name = unit * (displacement + float(spread(theta)) ** 2), mission.scenario.name
    exact = _at_most(certified, _exact(mission, known, seconds), size, f"{name}: exact ≤ certified")
    limited = mission.world.lower.size > 0
    bounded = exact
    if limited:
        bounded = _at_most(exact, _bounded(mission, known, seconds, progress), size, f"{name}: bounded ≤ exact")
    return replace(found, exact=exact, bounded=bounded)


def why_void(mission: Rendezvous, faithful: RendezvousRecord) -> str | None:
    """Why no certificate holds, in words; None where it does."""
    if not mission.tax.enforces:
        return "without a tax nothing holds a selfish agent back"
    if not mission.tax.groves:
        return f"the tax rule {mission.tax.name} is not declared a Groves rule"
    if mission.problem.unit is None:
        return "consensus minimises displacement, these robots pay for something else"
    if faithful.settlement.penalised[0]:
        return "the announced bound penalises the faithful team itself"
    return None


def deterministic(mission: Rendezvous) -> bool:
    """True where the others' answers are linear and known: average consensus, no noise, batteries that last."""
    world = mission.world
    return isinstance(mission.controller, Consensus) and world.noise_m == 0.0 and world.lasts(mission.rounds)


def _exact(mission: Rendezvous, known: Known, seconds: float) -> Array | None:
    n, steps = mission.network.n, mission.rounds + 1
    if n > LARGEST or 1.5e-9 * n**3 + (1.5e-10 * (n * steps) ** 2 if steps < n else 0.0) > seconds:
        return None
    return _figures(mission, exact_gains(*known.graph, *known.ends, known.beta, mission.rounds))


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
    return mission.network.n <= LARGEST and isinstance(mission.controller, Consensus)


def best_response(mission: Rendezvous, agent: int, within_limits: bool = True) -> Script:
    """What earns `agent` most against faithful others, within the world's limits where it has any.

    Raises `BadInput` where the others' answers are not known in advance.
    """
    if not isinstance(mission.controller, Consensus):
        raise BadInput(
            "best-response: needs the controller consensus, whose answers are known in advance (choose another)"
        )
    world, rules, links = mission.world, mission.announcement, mission.network.links
    end = mission.faithful().whole().decision[0]
    known = (links.indptr, links.indices, rules.alpha, mission.own["start"][0], end, rules.beta, rules.rounds, agent)
    if within_limits and world.lower.size:
        found = bounded_best_response(*known, reach=world.stride_m, lower=world.lower, upper=world.upper)
    else:
        found = free_best_response(*known)
    return Script(positions=found.positions)
