"""The best script that is found for one agent against any program: solved where others answer affinely, else climbed.

Gauss-Newton in batches: finite differences of z^n in all the agent's positions, the nearest point within the leader's
ball and a radius for eight radii (`balls`), seven shares of each, all replayed; the best that ends inside is kept.
Every value is a replay, so what is found is never more than can be had; that nothing better exists is not claimed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim import threads
from robosim.agent import Array
from robosim.network.network import spread
from robosim.rendezvous.bounds.affine import halves
from robosim.rendezvous.gains import probed, probed_figures
from robosim.rendezvous.gains.balls import gain_within, reach
from robosim.rendezvous.gains.impulses import NotAffine
from robosim.rendezvous.mission import Rendezvous

UNASKED = 1e8
"""Robots × missions × rounds up to which the scripts of a whole team are sought without being asked for: 5 seconds."""
CLIMBS, PATIENCE, TURNS = 12, 3, 24
KNOTS = 60
"""Of a script with more rounds so many positions are sought, and what is between them lies on straight lines."""
DIFFERENCE = 1e-5
"""Step of finite differences, as a share of the box; 10 and then 0.01 times that after a climb that failed."""
RADII = 10.0 ** np.arange(-6.0, 2.0)
"""As shares of a diameter in every round."""
SHARES = np.array([1.0, 0.7, 0.5, 0.25, 0.1, 0.03, 0.01])
KEPT = 1.0 - 1e-9
"""Share of β that scripts keep to, so that rounding does not end them outside."""
EFFORT = 3e8
"""Robots × missions × rounds that one agent's responses may take."""


def work(mission: Rendezvous) -> float:
    """Robots × missions × rounds that climbing takes for everybody."""
    n, rounds = mission.network.n, mission.rounds
    columns = min(rounds + 1, KNOTS) * mission.shape[2]
    return float(n) * CLIMBS * (columns + len(RADII) * len(SHARES)) * n * rounds


class Found(NamedTuple):
    """A script (n+1, d), where it ends (N, d), and what it gains, m²."""

    positions: Array
    end: Array
    gain: float


def best_positions(mission: Rendezvous, agent: int) -> Array:
    """What `agent` should announce in this world, limits and all, (n+1, d) metres; at worst the faithful play."""
    with threads.one():
        return _best(mission.faithful(), agent)


def _best(mission: Rendezvous, agent: int) -> Array:
    record = mission.run(every=1)
    usual, end = record.said["z"][0, :, agent], record.decision[0]
    best = Found(usual, end, 0.0)
    if not float(spread(end)) <= mission.announcement.beta:
        return usual
    try:
        who = np.array([agent], dtype=np.int32)
        solved = probed.exact(mission, end, who, EFFORT).deviations[0]
    except NotAffine:
        return climbed(mission, agent, best).positions
    plans = usual + probed_figures.SHARES[:, None, None] * solved
    return better(mission, agent, plans, best, end).positions


def climbed(mission: Rendezvous, agent: int, best: Found) -> Found:
    """Climb from a script until nothing better is found `PATIENCE` times."""
    faithful, failed, step = best.end, 0, DIFFERENCE * float(2.0 * halves(mission)[1].max())
    for _ in range(CLIMBS):
        found = better(mission, agent, candidates(mission, agent, best, step), best, faithful)
        if found.gain > best.gain * (1.0 + 1e-4) + 1e-9:
            best, failed = found, 0
            continue
        failed, step = failed + 1, step * (10.0 if failed == 0 else 0.01)
        if failed == PATIENCE:
            break
    return best


def candidates(mission: Rendezvous, agent: int, at: Found, step: float) -> Array:
    """Scripts that may be better than the one we are at, (radii × shares, n+1, d) metres."""
    n, d = at.end.shape
    moves, theta = directions(len(at.positions), d), mission.own["start"][0]
    columns = len(moves)
    slopes = (played(mission, agent, at.positions + step * moves) - at.end).reshape(columns, n * d).T / step
    way, apart = at.end - theta, at.end - at.end.mean(axis=0)
    agreement = np.kron(np.full((n, 1), n**-0.5), np.eye(d))
    whole = np.repeat(slopes[None], len(RADII), axis=0)
    team = reach(whole, agreement, way.reshape(-1, 1), apart.reshape(-1, 1))
    beta = max(mission.announcement.beta * KEPT, float(np.sqrt(team.rest)))
    steps = gain_within(team, beta, RADII * probed.size_of(mission), TURNS)[1].reshape(len(RADII), columns)
    steps = np.einsum("rj,jkd->rkd", steps, moves)
    return np.asarray(at.positions + (SHARES[:, None, None, None] * steps).reshape(-1, *at.positions.shape))


def directions(rounds: int, d: int) -> Array:
    """What a script is made of, (columns, rounds, d): each position, or a hat on each of `KNOTS` of them, by axis."""
    knots = np.unique(np.linspace(0, rounds - 1, min(rounds, KNOTS)).round())
    hats = np.array([np.interp(np.arange(rounds), knots, one) for one in np.eye(len(knots))])
    return np.asarray(np.einsum("jk,de->jdke", hats, np.eye(d)).reshape(-1, rounds, d))


def better(mission: Rendezvous, agent: int, plans: Array, best: Found, faithful: Array) -> Found:
    """The best of some scripts, replayed, that ends inside the bound; `best` where none beats it."""
    ends, theta = played(mission, agent, plans), mission.own["start"][0]
    gain = probed_figures.social(faithful[None], theta)[0] - probed_figures.social(ends, theta)
    gain[~(np.asarray(spread(ends)) <= mission.announcement.beta * KEPT)] = -np.inf
    k = int(gain.argmax())
    return Found(plans[k], ends[k], float(gain[k])) if gain[k] > best.gain else best


def played(mission: Rendezvous, agent: int, plans: Array) -> Array:
    """Where the team ends under each script, (scripts, N, d) metres."""
    size = max(1, 200_000 // mission.network.n)
    pieces = [plans[k : k + size] for k in range(0, len(plans), size)]
    return np.concatenate(
        [probed_figures.played(mission, np.full(len(one), agent, dtype=np.int32), one) for one in pieces]
    )
