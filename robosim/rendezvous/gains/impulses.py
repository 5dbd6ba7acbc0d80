"""What one agent can do to an affine team: the responses H of its end to the agent's own positions, by probing.

z^n = z_f + H (u - u_f): others hear only what agent i says, so their answers to unit impulses, played around the
faithful trajectory without limits, are H, whatever the program remembers. If the program is the same in all rounds one
impulse in round 1, on top of what the agent's own program says then, tells those of all later rounds by a shift, and
another one tells round 0; random injections in all rounds test that. What was injected, δ ↔ u - u_f, is undone by a
triangular solve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import solve_triangular, toeplitz

from robosim.agent import Array, Deviation, Ints, Said, Strategy, View
from robosim.controllers.selfish.robots import Script
from robosim.rendezvous.bounds.affine import AFFINE, STREAM, halves, says_more, unlimited, watch
from robosim.rendezvous.mission import Rendezvous

TESTS = 2
"""Random scripts that test each agent's responses."""
CHUNK = 200_000
"""Robots simulated side by side."""


@dataclass(frozen=True, kw_only=True)
class Injected(Strategy):
    """Adds to what the faithful program says, after all that it heard: `extra` (K, rounds + 1, d) metres."""

    extra: Array

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, {"z": view.faithful["z"] + self.extra[:, k]}


class Steered(NamedTuple):
    """Responses of agents to their positions: (A, N, n+1), or (A, N·d, (n+1)·d) where axes mix; pure numbers."""

    responses: Array
    mixed: bool
    shifted: bool
    """Whether one impulse told those of all rounds."""
    error: float
    """Largest distance of a test script from the map, as a share of the box."""
    missions: int


class NotAffine(Exception):
    """Why others' answers are not known in advance, in words."""


def steered(mission: Rendezvous, agents: Ints, effort: float = np.inf) -> Steered:
    """The responses of some agents.

    Parameters
    ----------
    agents : (A,) array
    effort : robots × missions × rounds that may be played; more is refused.

    Raises `NotAffine` where others' answers are not affine in one agent's positions, or say more than positions, or
    would take longer to find out.
    """
    if getattr(mission.network, "one_at_a_time", False):
        raise NotAffine("who hears whom depends on where robots are")
    if says_more(mission):
        raise NotAffine(f"{type(mission.controller).__name__} says other words than z, in which an agent can lie too")
    free = unlimited(mission)
    same = mission.announcement.schedule is None  # else no round is like another
    shifted = _shifted(free, agents, effort) if same else None
    return shifted if shifted is not None else _one_by_one(free, agents, effort)


def _play(mission: Rendezvous, agents: Ints, plan: Strategy) -> Rendezvous:
    rows = np.arange(len(agents))
    return mission.playing(
        (Deviation(strategy=plan, missions=rows, agents=agents.astype(np.int64)),), batch=len(agents)
    )


def _work(mission: Rendezvous, missions: int) -> float:
    return float(missions) * mission.network.n * mission.rounds


def _shifted(free: Rendezvous, agents: Ints, effort: float) -> Steered | None:
    """All rounds told by two impulses an agent; None where the tests say no."""
    n, d, rounds, width = free.network.n, free.shape[2], free.rounds, _width(free)
    missions = len(agents) * (2 + TESTS)
    if _work(free, missions) > effort:
        raise NotAffine(f"probing {missions} missions of {n} robots would take long")
    size = max(1, CHUNK // (n * (2 + TESTS) * min(rounds, 50)))
    parts, worst = [], 0.0
    for some in np.split(agents, range(size, len(agents), size)):
        found, error = _shift(free, some, width, d)
        parts.append(found)
        worst = max(worst, error)
        if worst > AFFINE:
            return None
    return Steered(np.concatenate(parts), False, True, worst, missions)


def _shift(free: Rendezvous, agents: Ints, width: float, d: int) -> tuple[Array, float]:
    """H of some agents in their positions, and how far the tests are off."""
    rounds, count, n = free.rounds, len(agents), free.network.n
    extra = np.zeros((2 + TESTS, count, rounds + 1, d))
    extra[0, :, 0], extra[1, :, 1] = width, width
    extra[2:] = width * np.random.default_rng([STREAM, 4]).uniform(-1.0, 1.0, extra[2:].shape)
    usual: list[Array] = []
    watch(free, lambda k, at: usual.append(at[0]))
    answers = np.empty((rounds + 1, 2, count, n))
    plan = Injected(extra=extra.reshape(-1, rounds + 1, d))

    def look(k: int, at: Array) -> None:
        away = (at[: 2 * count] - usual[k]) / width
        answers[k] = away.mean(axis=-1).reshape(2, count, n)

    ends = watch(_play(free, np.tile(agents, 2 + TESTS), plan), look)
    away = (ends - usual[-1]).reshape(2 + TESTS, count, n, d)
    later = answers[1:, 1]  # after 0, 1, … rounds, (rounds, count, n)
    told = np.concatenate([answers[-1:, 0], later[::-1]])
    expected = np.einsum("kai,takc->taic", told, extra)
    error = float(np.abs(away - expected).max()) / width
    return _in_positions(answers, told, agents), error


def _in_positions(answers: Array, told: Array, agents: Ints) -> Array:
    """H (A, N, n+1) in the agent's positions: what was injected is T⁻¹ of where it was, T triangular with ones."""
    rounds, found = len(told) - 1, []
    for row, agent in enumerate(agents):
        first, later = answers[:, 0, row, agent], answers[1:, 1, row, agent]
        own = np.eye(rounds + 1)
        own[1:, 1:] = np.tril(toeplitz(later))
        own[1:, 0] = first[1:]
        found.append(solve_triangular(own, told[:, row], trans="T", lower=True, unit_diagonal=True).T)
    return np.stack(found)


def _one_by_one(free: Rendezvous, agents: Ints, effort: float) -> Steered:
    """An impulse for each round, and for each axis where axes mix."""
    rounds, d = free.rounds, free.shape[2]
    least = len(agents) * (rounds + 1 + TESTS)
    if _work(free, least) > effort:
        raise NotAffine(f"probing {least} missions of {free.network.n} robots would take long")
    error = _not_additive(free, agents)
    ways = () if error > AFFINE else (False, True) if d > 1 else (False,)
    for mixed in ways:
        columns = (rounds + 1) * (d if mixed else 1)
        missions = len(agents) * (columns + TESTS)
        if _work(free, missions) > effort:
            raise NotAffine(f"probing {missions} missions of {free.network.n} robots would take long")
        parts = [_impulses(free, some, columns, mixed) for some in _pieces(free, agents, columns + TESTS)]
        error = max(worst for _, worst in parts)
        if error <= AFFINE:
            return Steered(np.concatenate([one for one, _ in parts]), mixed, False, error, missions)
    raise NotAffine(f"others' answers are not affine in what one says: a test is off by {error:.1g} of the box")


def _not_additive(free: Rendezvous, agents: Ints) -> float:
    """How far what follows from two scripts at once is off the sum of what follows from each, as a share of the box."""
    rounds, d, width = free.rounds, free.shape[2], _width(free)
    one, two = width * np.random.default_rng([STREAM, 6]).uniform(-1.0, 1.0, (2, rounds + 1, d))
    usual = _faithful(free)[:, agents].transpose(1, 0, 2)

    def ends(extra: Array) -> Array:
        team = _play(free, agents, Script(positions=usual + extra))
        return team.decide(team.played())

    return float(np.abs(ends(one) + ends(two) - ends(one + two) - free.faithful_decision).max()) / width


def _pieces(free: Rendezvous, agents: Ints, each: int) -> Iterator[Ints]:
    size = max(1, CHUNK // (each * free.network.n))
    return (agents[k : k + size] for k in range(0, len(agents), size))


def _impulses(free: Rendezvous, agents: Ints, columns: int, mixed: bool) -> tuple[Array, float]:
    rounds, d, n, width = free.rounds, free.shape[2], free.network.n, _width(free)
    usual, end = _faithful(free), free.faithful_decision[0]
    one = np.eye(columns) * width
    scripts = one.reshape(columns, rounds + 1, d) if mixed else np.repeat(one[:, :, None], d, axis=2)
    tests = width * np.random.default_rng([STREAM, 5]).uniform(-1.0, 1.0, (TESTS, rounds + 1, d))
    moved = np.concatenate([scripts, tests])
    base = usual[:, agents].transpose(1, 0, 2)
    plan = Script(positions=(base[:, None] + moved).reshape(-1, rounds + 1, d))
    played = _play(free, np.repeat(agents, len(moved)), plan)
    away = (played.decide(played.played()) - end).reshape(len(agents), len(moved), n, d)
    if mixed:
        found = away[:, :columns].reshape(len(agents), columns, n * d).transpose(0, 2, 1) / width
        told = np.einsum("ajk,tk->atj", found, tests.reshape(TESTS, -1)).reshape(len(agents), TESTS, n, d)
    else:
        found = away[:, :columns].mean(axis=-1).transpose(0, 2, 1) / width
        told = np.einsum("aik,tkc->atic", found, tests)
    return found, float(np.abs(away[:, columns:] - told).max()) / width


def _faithful(free: Rendezvous) -> Array:
    """What everybody says in the faithful run, (rounds + 1, N, d): in round 0 the words, where bodies stand later."""
    usual: list[Array] = []
    watch(free, lambda k, at: usual.append(at[0]))
    usual[0] = free.start().heard.own["z"][0]
    return np.stack(usual)


def _width(mission: Rendezvous) -> float:
    """The size of impulses: a width of the box loses fewest digits."""
    return float(2.0 * halves(mission)[1].max())
