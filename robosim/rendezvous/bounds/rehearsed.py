"""β(k) as the largest distance in faithful runs from random starts and from corners: measured, not proven.

Over a radio that loses, how far a team gets differs from run to run by a factor, as products of random steps do, and a
mission has losses that no rehearsal had. There β(k) lies as far above the largest of R runs as that is above their
median, both in logarithms: were these normal, of standard deviation s, the largest is about √(2 ln R) s above the
median, and β twice that, which one run in 10⁵ (R = 59) to 10⁹ (R = 299) exceeds. No law is assumed for what is proven,
the share of runs that end above the largest.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robosim.agent import Array
from robosim.leader.bound import Listed
from robosim.network.network import spread
from robosim.network.radio import Radio
from robosim.rendezvous.bounds.affine import STREAM, apart, halves, watch
from robosim.rendezvous.bounds.announced import EFFORT, Announced, floor
from robosim.rendezvous.bounds.teams import crowd
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.starts import random_starts
from robosim.rendezvous.world.embodied import Embodied

REHEARSALS, FEWER = 299, 59
"""Random faithful runs: a new one ends outside with probability ≤ 1 % (5 %), with 95 % confidence."""
LOSSY = 3e6
"""Robots × rounds of rehearsals over a radio: about a second."""
CORNERS = 60
"""Random corners that are rehearsed beside them."""
WIDEST = 30.0
"""The largest margin over a radio, as a factor: where rehearsals differ by more, some fell apart, and all is said."""


def rehearsed(mission: Rendezvous, because: str = "") -> Announced:
    """The largest distance after each round of faithful runs from random starts and corners, with honest words.

    Raises `BadInput` where that would take too long.
    """
    noisy = mission.world.noisy
    lossy = isinstance(mission.network, Radio)
    loses = isinstance(mission.network, Radio) and not (mission.network.is_perfect and mission.network.is_fixed)
    heard = mission.network.most_heard / 5.0 if isinstance(mission.network, Radio) else 0.0
    team = mission.network.n * (1.0 + heard)
    work = REHEARSALS * mission.rounds * (team if lossy else 1.0)
    runs = FEWER if (noisy and work > 100_000) or (lossy and work > LOSSY) else REHEARSALS
    most = 10 * LOSSY if lossy else 10 * EFFORT
    if float(runs + CORNERS) * team * mission.rounds > most:
        raise mission.scenario.error(
            "leader.bound",
            f"{runs} rehearsals would take {'minutes' if lossy else 'hours'} (announce a number of metres)",
        )
    random, extreme = _drawn(mission, runs), _extreme(mission)
    corners = f"{len(extreme)} corner starts were tried, not proven" if len(extreme) else "corners have no room for all"
    plays = [random[k : k + 1] for k in range(runs)] if noisy and not lossy else [random]
    tried = [*plays, *([extreme] if len(extreme) else [])]
    seen = np.concatenate([_distances(mission, starts, stream) for stream, starts in enumerate(tried)])
    largest, wide = seen.max(axis=0), margin(seen[:runs]) if loses else np.ones(mission.rounds + 1)
    share = 1.0 - 0.05 ** (1.0 / runs)
    why = f"{because}: " if because else ""
    room = f", with a margin of {wide[-1]:.3g} x for losses that no rehearsal had" if loses else ""
    note = (
        f"{why}{runs} faithful rehearsals ended inside β(n){room}; a new start from the same law ends outside with "
        f"probability ≤ {100 * share:.0f} % (95 % confidence); {corners}"
    )
    reached = largest * wide * (1.0 + 1e-12)
    return Announced(rule="rehearsed", bound=Listed(reached=reached, floor=floor(mission)), note=note)


def margin(seen: Array) -> Array:
    """Largest over median distance of some runs, (runs, n + 1) metres, after each round: 1 to `WIDEST`, (n + 1,)."""
    middle = np.median(seen, axis=0)
    ratio = np.divide(seen.max(axis=0), middle, out=np.full(len(middle), WIDEST), where=middle > 0.0)
    return np.asarray(np.clip(ratio, 1.0, WIDEST))


def _distances(mission: Rendezvous, starts: Array, stream: int) -> Array:
    """Distances from agreement of some runs after k = 0..n rounds, (runs, n + 1), with landing errors of their own."""
    seed = int(np.random.SeedSequence([STREAM, 1, stream]).generate_state(1, np.uint64)[0])
    alone = replace(apart(mission), world=replace(mission.world, seed=seed))
    radio = mission.network
    if isinstance(radio, Radio) and not isinstance(mission.world, Embodied):
        return _on_the_air(alone, radio, starts, seed)
    if isinstance(radio, Radio) and (radio.one_at_a_time or not radio.is_perfect):
        return _watched(crowd(alone, radio, starts, seed))
    return _watched(alone.starts({"start": starts}))


def _watched(team: Rendezvous) -> Array:
    """Distances of teams side by side after every round, (missions, n + 1)."""
    found = [team.apart(team.start())]
    team.played(watch=lambda one: found.append(team.apart(one)))
    return np.stack(found, axis=1)


def _on_the_air(mission: Rendezvous, radio: Radio, starts: Array, seed: int) -> Array:
    """The same over a radio: teams side by side that do not hear each other, each with losses of its own."""
    teams, n, d = starts.shape
    many = replace(radio.side_by_side(teams), seed=seed)
    crowd = replace(mission, network=many, own=mission.own | {"start": starts.reshape(1, teams * n, d)})
    found: list[Array] = []
    watch(crowd, lambda k, at: found.append(spread(at.reshape(teams, n, d))))
    return np.stack(found, axis=1)


def _drawn(mission: Rendezvous, runs: int) -> Array:
    """Starts from the law of `robots.starts_m = "random"`: uniform in the box, (runs, N, d) metres, with room."""
    middle, half = halves(mission)
    rng = np.random.default_rng([STREAM, 2])
    if isinstance(mission.world, Embodied) and mission.world.driving.guard is not None:
        return np.stack([random_starts(mission.scenario, rng) for _ in range(runs)]) - mission.world.places
    return np.asarray(middle + half * rng.uniform(-1.0, 1.0, (runs, mission.network.n, len(half))))


def _extreme(mission: Rendezvous) -> Array:
    """Corners of the box: halves of the team apart, every other robot, the graph's slow modes, and random ones."""
    n, (middle, half) = mission.network.n, halves(mission)
    if isinstance(mission.world, Embodied) and mission.world.driving.guard is not None:
        return np.empty((0, n, len(half)))
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
