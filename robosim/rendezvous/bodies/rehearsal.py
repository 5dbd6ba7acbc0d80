"""How well a body tracks, found by trial: for bodies of one's own that have no theory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.rendezvous.bodies.body import METERS, Tracking

TEAMS, ROUNDS, HOLD = 200, 12, 8
"""Bodies that are tried side by side, rounds in which their goals move, rounds in which they are left alone then."""
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""Reaches that are tried, of the farthest that its steered point gets in a round."""
MARGIN = 1.5
"""What was seen is claimed this many times."""
WORST = 0.25
"""Of a step: more than this may not be left when its round is over, for the step to be within reach."""
FARTHEST_M = 100.0
"""Reach at most, of bodies without a speed limit."""


class Tracked(NamedTuple):
    """How well a body tracks, and how that is known: for people."""

    tracking: Tracking
    how: str


def tracked(body: Any, round_s: float, dt_s: float, d: int, seed: int = 0) -> Tracked:
    """What a body says of itself, or what is found by trial where it says nothing."""
    if hasattr(body, "tracking"):
        return Tracked(body.tracking(round_s, dt_s), f"{type(body).__name__}: by its author")
    found = rehearsed_tracking(body, round_s, dt_s, d, seed=seed)
    tries = f"{TEAMS * (2 * HOLD + ROUNDS):,} rounds tried, the worst miss times {MARGIN:g}"
    return Tracked(found, f"{type(body).__name__}: by trial, not proven ({tries})")


def rehearsed_tracking(body: Any, round_s: float, dt_s: float, d: int, seed: int = 0) -> Tracking:
    """What random goals show of how well a body tracks; no proof: a worse state or goal may exist.

    The longest of some reaches is taken within which no more than a quarter of a step is missed. For each, bodies drive
    about with goals as far as that, then one step more and no other. What is left when nothing moved for some rounds is
    the floor, what is left of that one step the gains; both are enlarged by half, then so far that the goals in between
    were tracked too, and of the reach a tenth is given away. Where no reach is good enough it is 0.

    Parameters
    ----------
    round_s, dt_s : seconds of a round and a control step.
    d : dimensions of the space that it is tried in.
    """
    steps, most = max(round(round_s / dt_s), 1), min(body.speed_mps * round_s, FARTHEST_M)
    for share in SHARES:
        reach = share * most
        misses, ways = _tries(body, reach, steps, dt_s, d, np.random.default_rng(seed))
        found = _claim(misses, ways, 0.9 * reach)
        if sum(found.gains) <= WORST and found.floor_m <= WORST * reach:
            return found
    return Tracking(reach_m=0.0)


def _tries(body: Any, reach: float, steps: int, dt_s: float, d: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Misses and lengths of steps (ROUNDS + 2·HOLD, TEAMS): at random; then alone; then one step, and alone again."""
    shape = (TEAMS, 1, d)
    at, pace, meters = rng.uniform(-reach, reach, shape), np.ones(shape[:2]), np.zeros((*shape[:2], METERS))
    goal, misses, ways = at.copy(), [], []
    inner = np.concatenate([body.begin(one[None], rng.uniform(-np.pi, np.pi, 1)) for one in at])
    for k in range(ROUNDS + 2 * HOLD):
        towards = rng.normal(size=shape)
        towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
        length = reach * rng.choice([1.0, 0.3, 0.01], size=(TEAMS, 1, 1), p=[0.6, 0.3, 0.1])
        step = length * towards * (k < ROUNDS or k == ROUNDS + HOLD)
        goal = goal + step
        body.drive(at, inner, goal.copy(), pace, steps, dt_s, meters)
        misses.append(np.linalg.norm(at - goal, axis=-1)[:, 0])
        ways.append(np.linalg.norm(step, axis=-1)[:, 0])
    return np.array(misses), np.array(ways)


def _claim(misses: Array, ways: Array, reach: float) -> Tracking:
    """What was seen, enlarged."""
    last = ROUNDS + HOLD
    floor = MARGIN * float(misses[[last - 1, -1]].max())
    left = np.maximum(misses[last:] - floor, 0.0) / ways[last]
    seen = Tracking(reach_m=reach, gains=tuple((MARGIN * left.max(axis=1)).tolist()), floor_m=floor)
    bound = np.array([seen.misses(row) for row in ways.T]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        short = float(np.where(misses > bound, misses / bound, 1.0).max())
    if not np.isfinite(short):  # it missed where nothing is claimed to be left: no gains tell how far
        return Tracking(reach_m=reach, floor_m=MARGIN * float(misses.max()))
    gains = tuple(gain * short for gain in seen.gains) if any(seen.gains) else ()
    return Tracking(reach_m=reach, gains=gains, floor_m=floor * short)
