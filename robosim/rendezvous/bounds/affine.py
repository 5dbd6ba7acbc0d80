"""What any program does to the starts of its team: faithful missions from chosen starts, side by side, no limits.

A program is affine where z^k = M_k θ + c_k. Unit starts, one robot moved at a time from the middle of the box, find M_k
and c_k for all k in one run of N + 1 missions (N·d + 1 where axes mix); random starts, one of them a corner, test them.
A program's own memory, momentum, weights that change from round to round and seeded losses are all within M_k.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from robosim import program
from robosim.agent import Array
from robosim.rendezvous.mission import Rendezvous

AFFINE = 1e-9
"""Share of the box by which test starts may end off the affine map."""
TESTS = 3
"""Random starts that test the map; the first is a corner of the box."""
STREAM = 7
"""Of the seeds of probes: none of them is the world's own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Affine:
    """Where N robots stand after k rounds: z = `moved` s + `still`, s in [-1, 1] their starts in units of the half box.

    Parameters
    ----------
    moved : (d, N, N) array, axis by axis, or (1, N·d, N·d) where axes mix, metres.
    still : (N, d) array
        From the middle of the box, metres.
    error : float
        Largest distance of a test start from the map, as a share of the box.
    """

    moved: Array
    still: Array
    error: float

    @property
    def mixes(self) -> bool:
        """Whether one axis moves another."""
        return len(self.moved) == 1 and self.still.shape[1] > 1


def apart(mission: Rendezvous) -> Rendezvous:
    """The mission with everybody faithful and a program of its own, so that one that remembers learns nothing here."""
    try:
        program = copy.deepcopy(mission.controller)
    except Exception:  # what cannot be copied is played as it is
        program = mission.controller
    return replace(mission.faithful(), controller=program)


def unlimited(mission: Rendezvous) -> Rendezvous:
    """`apart`, without walls, speed limit, battery and landing errors."""
    return replace(apart(mission), world=mission.world.unlimited())


def halves(mission: Rendezvous) -> tuple[Array, Array]:
    """Middle and half widths of the type space, (d,) each, metres."""
    rules = mission.announcement
    return (rules.lower + rules.upper) / 2, (rules.upper - rules.lower) / 2


def watch(mission: Rendezvous, see: Callable[[int, Array], None]) -> Array:
    """Play it and show `see` where robots stand, (missions, N, d), after k = 0..n rounds; the last of these."""
    see(0, mission.decide(mission.start()))
    end = mission.played(watch=lambda one: see(one.k, mission.decide(one)))
    return mission.decide(end)


def says_more(mission: Rendezvous) -> bool:
    """Whether the program says more words than its waypoint: lies in these are no part of the probes."""
    form = program.Form(mission.batch, mission.network.n, mission.words)
    return set(program.begin(mission.controller, mission.types, mission.announced, mission.network.links, form)[1]) != {
        "z"
    }


def units(mission: Rendezvous, mixed: bool) -> Array:
    """Unit starts in units of the half box, (1 + N or 1 + N·d, N, d): nobody moved, then one robot (or axis) each."""
    n, d = mission.network.n, mission.shape[2]
    moved = np.eye(n * d).reshape(-1, n, d) if mixed else np.repeat(np.eye(n)[:, :, None], d, axis=2)
    return np.concatenate([np.zeros((1, n, d)), moved])


def tests(mission: Rendezvous) -> Array:
    """Test starts in units of the half box, (`TESTS`, N, d), the first a corner."""
    found = np.random.default_rng([STREAM, 0]).uniform(-1.0, 1.0, (TESTS, mission.network.n, mission.shape[2]))
    found[0] = np.sign(found[0])
    return found


def affine(ends: Array, chosen: Array, half: Array, mixed: bool) -> Affine:
    """The map behind where units and tests stand.

    Parameters
    ----------
    ends : (1 + units + tests, N, d) array, metres.
    chosen : (tests, N, d) array
        Test starts in units of the half box.
    half : (d,) array
        Half widths of the box, metres.
    """
    tried, n, d = len(chosen), *ends.shape[1:]
    still = ends[0]
    answers = ends[1:-tried] - still
    if mixed:
        moved = answers.reshape(n * d, n * d).T[None]
        told = np.einsum("jk,bk->bj", moved[0], chosen.reshape(tried, -1)).reshape(chosen.shape)
    else:
        one = (answers / half).mean(axis=-1).T  # axes that are alike, up to rounding
        moved = half[:, None, None] * one
        told = np.einsum("aji,bia->bja", moved, chosen)
    off = np.abs(ends[-tried:] - still - told).max()
    return Affine(moved=moved, still=still, error=float(off / (2.0 * half.max())))


def probed(mission: Rendezvous, see: Callable[[int, Affine], None] | None = None) -> Affine | None:
    """The affine map of the last round; `see` is shown that of every round. None where some round is not affine.

    The mission is taken without its limits (`unlimited`), and rests on graph, box, program and seed only, never on the
    starts of this mission.
    """
    if getattr(mission.network, "one_at_a_time", False):
        return None  # who hears whom depends on where robots are
    for mixed in (False, True) if mission.shape[2] > 1 else (False,):
        found, worst = _played(mission, mixed, see)
        if worst <= AFFINE:
            return replace(found, error=worst)
    return None


def _played(mission: Rendezvous, mixed: bool, see: Callable[[int, Affine], None] | None) -> tuple[Affine, float]:
    middle, half = halves(mission)
    chosen = tests(mission)
    starts = middle + half * np.concatenate([units(mission, mixed), chosen])
    errors = []

    def look(k: int, ends: Array) -> None:
        found = affine(ends, chosen, half, mixed)
        errors.append(found.error)
        if see is not None and found.error <= AFFINE:
            see(k, found)

    ends = watch(unlimited(mission).starts({"start": starts}), look)
    return affine(ends, chosen, half, mixed), max(errors)
