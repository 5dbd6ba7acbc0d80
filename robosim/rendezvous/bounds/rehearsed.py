"""β(k) as the largest distance in faithful runs from random starts and from corners: measured, not proven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robosim.agent import Array
from robosim.leader.bound import Listed
from robosim.rendezvous.bounds.affine import STREAM, apart, halves
from robosim.rendezvous.bounds.announced import EFFORT, Announced, floor
from robosim.rendezvous.mission import Rendezvous

REHEARSALS, FEWER = 299, 59
"""Random faithful runs: a new one ends outside with probability ≤ 1 % (5 %), with 95 % confidence."""
CORNERS = 60
"""Random corners that are rehearsed beside them."""


def rehearsed(mission: Rendezvous, because: str = "") -> Announced:
    """The largest distance after each round of faithful runs from random starts and corners, with honest words.

    Raises `BadInput` where that would take too long.
    """
    noisy = mission.world.noisy
    runs = FEWER if noisy and REHEARSALS * mission.rounds > 100_000 else REHEARSALS
    if float(runs + CORNERS) * mission.network.n * mission.rounds > 10 * EFFORT:
        raise mission.scenario.error(
            "leader.bound", f"{runs} rehearsals would take hours (announce a number of metres)"
        )
    random, extreme = _drawn(mission, runs), _extreme(mission)
    plays = [random[k : k + 1] for k in range(runs)] if noisy else [random]
    largest = np.zeros(mission.rounds + 1)
    for stream, starts in enumerate([*plays, extreme]):
        np.maximum(largest, _distances(mission, starts, stream), out=largest)
    share = 1.0 - 0.05 ** (1.0 / runs)
    why = f"{because}: " if because else ""
    note = (
        f"{why}{runs} faithful rehearsals ended inside β(n); a new start from the same law ends outside with "
        f"probability ≤ {100 * share:.0f} % (95 % confidence); {len(extreme)} corner starts were tried, not proven"
    )
    return Announced(rule="rehearsed", bound=Listed(reached=largest * (1.0 + 1e-12), floor=floor(mission)), note=note)


def _distances(mission: Rendezvous, starts: Array, stream: int) -> Array:
    """The largest distance from agreement of some runs after k = 0..n rounds, with landing errors of their own."""
    seed = int(np.random.SeedSequence([STREAM, 1, stream]).generate_state(1, np.uint64)[0])
    alone = replace(apart(mission), world=replace(mission.world, seed=seed))
    found, team = [], alone.starts({"start": starts})
    found.append(float(team.apart(team.start()).max()))
    team.played(watch=lambda one: found.append(float(team.apart(one).max())))
    return np.array(found)


def _drawn(mission: Rendezvous, runs: int) -> Array:
    """Starts from the law of `robots.starts_m = "random"`: uniform in the box, (runs, N, d) metres."""
    middle, half = halves(mission)
    rng = np.random.default_rng([STREAM, 2])
    return np.asarray(middle + half * rng.uniform(-1.0, 1.0, (runs, mission.network.n, len(half))))


def _extreme(mission: Rendezvous) -> Array:
    """Corners of the box: halves of the team apart, every other robot, the graph's slow modes, and random ones."""
    n, (middle, half) = mission.network.n, halves(mission)
    order = np.arange(n)
    named = [np.where(order < n // 2, 1.0, -1.0), np.where(order % 2 == 0, 1.0, -1.0), *_modes(mission)]
    signs = np.repeat(np.array(named)[:, :, None], len(half), axis=2)
    drawn = np.random.default_rng([STREAM, 3]).choice([-1.0, 1.0], (CORNERS, n, len(half)))
    return np.asarray(middle + half * np.concatenate([signs, drawn]))


def _modes(mission: Rendezvous) -> Array:
    """Signs of the slowest modes of the graph, (up to 6, N); none for large teams."""
    n, links = mission.network.n, mission.network.links
    if n > 500:
        return np.empty((0, n))
    heard = np.zeros((n, n))
    heard[np.repeat(np.arange(n), np.diff(links.indptr)), links.indices] = links.coupling
    vectors = np.linalg.eigh(np.diag(links.weighted_degree) - heard)[1]
    return np.where(vectors[:, 1:7].T >= 0.0, 1.0, -1.0)
