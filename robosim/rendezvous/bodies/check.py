"""Check anyone's body for what its types cannot say: sound numbers, no motion without drives, populations of one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.checks import Checked
from robosim.errors import CheckFailed
from robosim.program import FAILURES, crashed
from robosim.rendezvous.bodies.body import METERS
from robosim.rendezvous.bodies.rehearsal import tracked

MISSIONS, AGENTS, ROUNDS, STEPS, DT_S = 3, 4, 4, 40, 0.05
ROUNDING = 1.0 + 1e-9


class State(NamedTuple):
    """Positions, inner states, meters, (missions, agents, …), and the goals of each round."""

    at: Array
    inner: Array
    meters: Array
    goals: Array


def check_body(body: Any, d: int | None = None) -> Checked:
    """Raise `CheckFailed` unless a body keeps the promises that make its missions trustworthy.

    1. Sound numbers: positions, what it keeps, and where it looks stay finite, in the shapes that it said, whatever the
       goals; what its motion was is metered, never less than nothing; goals and paces are left as they were.
    2. Limits: its steered point is never faster than `speed_mps`, and the body never outside `tube_m` of it.
    3. Pace 0: it does not move, and meters no motion.
    4. Replay and populations of one: the same goals lead to the same bits, with others beside it or alone.
    5. Its own word: `tracking` holds for random goals within its reach, if it says something.

    Raises `AgentFailure`, with the line, where its own code fails.

    Parameters
    ----------
    body : an object that keeps the protocol `Body`; `tracking` may be missing.
    d : dimensions of the space that it is tried in, by default the largest of its own.
    """
    try:
        return _checked(body, max(body.dimensions) if d is None else d)
    except FAILURES as problem:
        raise crashed("when it was checked", body, problem) from problem


def _checked(body: Any, d: int) -> Checked:
    name = type(body).__name__
    agents = len(getattr(body, "index", range(AGENTS)))  # a team has its own
    first = _driven(body, name, d, range(agents))
    _check_standing(body, name, first)
    again = _driven(body, name, d, range(agents))
    _same(name, first, again, slice(None), "the same goals a second time lead elsewhere (keep nothing outside `inner`)")
    alone = [] if hasattr(body, "index") else [range(i, i + 1) for i in range(agents)]
    for who in alone:
        _same(name, first, _driven(body, name, d, who), who, f"agent {who[0]} alone differs (row i may use row i)")
    how = tracked(body, STEPS * DT_S, DT_S, d).how
    if hasattr(body, "tracking"):
        how = f"{how}; {_check_tracking(body, name, d, agents)}"
    together = f"each of {agents} agents alone the same bits" if alone else "agents were not tried alone (it is a team)"
    return Checked(
        lines=(
            f"{name}: {ROUNDS} rounds in {d} dimensions: finite, metered, within its speed and its tube",
            f"{name}: at pace 0 it stands",
            f"{name}: the same again, {together}",
            f"how it tracks: {how}",
        )
    )


def _start(body: Any, d: int, who: range, reach: float) -> State:
    """Agents `who` of some teams; an agent's start and goals are the same whoever is beside it."""
    draws = [np.random.default_rng(i) for i in who]
    at = np.stack([rng.uniform(-1.0, 1.0, (MISSIONS, d)) for rng in draws], axis=1)
    looks = np.array([rng.uniform(-np.pi, np.pi) for rng in draws])
    steps = np.stack([rng.normal(size=(ROUNDS, MISSIONS, d)) for rng in draws], axis=2)
    steps *= reach * (1.0 - 1e-9) / np.linalg.norm(steps, axis=-1, keepdims=True)
    inner = np.ascontiguousarray(body.begin(at.copy(), looks), dtype=np.float64)
    return State(at, inner, np.zeros((*at.shape[:2], METERS)), at + np.cumsum(steps, axis=0))


def _driven(body: Any, name: str, d: int, who: range) -> State:
    state = _start(body, d, who, min(body.speed_mps, 1e3) * STEPS * DT_S)
    pace, shape = np.ones(state.at.shape[:2]), (*state.at.shape[:2], body.inner(d))
    if state.inner.shape != shape:
        raise CheckFailed(f"{name}: begin gave {state.inner.shape}, inner({d}) says {shape} (make both agree)")
    for given in np.repeat(state.goals, STEPS, axis=0):
        goal, before, meters = given.copy(), body.steered(state.at, state.inner).copy(), state.meters.copy()
        body.drive(state.at, state.inner, goal, pace, 1, DT_S, state.meters)
        if not ((goal == given).all() and (pace == 1.0).all()):
            raise CheckFailed(f"{name}: it wrote into goal or pace (work on copies)")
        _check_sound(body, name, state, meters)
        _check_limits(body, name, state, before)
    return state


def _check_sound(body: Any, name: str, state: State, meters: Array) -> None:
    heading = body.heading(state.inner)
    looks = np.zeros(1) if heading is None else heading[~np.isnan(heading)] if hasattr(body, "index") else heading
    if not all(np.isfinite(part).all() for part in (state.at, state.inner, state.meters, looks)):
        raise CheckFailed(f"{name}: a position, a heading, a meter or what it keeps is not finite (goals were)")
    if not ((-np.pi < looks) & (looks <= np.pi)).all():
        raise CheckFailed(f"{name}: heading must be in (-π, π], got {looks[(looks <= -np.pi) | (looks > np.pi)][0]}")
    if (state.meters < meters).any():
        raise CheckFailed(f"{name}: a meter ran backwards (add what its motion was: never less than 0)")


def _check_limits(body: Any, name: str, state: State, before: Array) -> None:
    point = body.steered(state.at, state.inner)
    moved, most = float(np.linalg.norm(point - before, axis=-1).max()), body.speed_mps * DT_S
    if moved > most * ROUNDING:
        raise CheckFailed(f"{name}: its steered point moved {moved:g} m in a control step, speed_mps says {most:g}")
    off, tube = float(np.linalg.norm(state.at - point, axis=-1).max()), body.tube_m(DT_S)
    if off > tube * ROUNDING + 1e-12:
        raise CheckFailed(f"{name}: it is {off:g} m from its steered point, tube_m says {tube:g}")


def _check_standing(body: Any, name: str, state: State) -> None:
    at, inner, meters = state.at.copy(), state.inner.copy(), np.zeros_like(state.meters)
    body.drive(at, inner, state.goals[0].copy(), np.zeros(at.shape[:2]), STEPS, DT_S, meters)
    if not ((at == state.at).all() and (meters[..., :3] == 0.0).all()):
        raise CheckFailed(
            f"{name}: at pace 0 it moved, or metered motion (its drives are off, it has no momentum left)"
        )


def _same(name: str, first: State, other: State, who: Any, what: str) -> None:
    for one, two in zip(first[:3], other[:3], strict=True):
        if not np.array_equal(one[:, who], two):
            raise CheckFailed(f"{name}: {what}")


def _check_tracking(body: Any, name: str, d: int, agents: int) -> str:
    tracking = body.tracking(STEPS * DT_S, DT_S)
    if not tracking.reach_m > 0.0:
        return f"its reach in rounds of {STEPS * DT_S:g} s is 0, so nothing was tried"
    state = _start(body, d, range(agents), min(tracking.reach_m, 1e3))
    ways = np.linalg.norm(np.diff(np.concatenate([state.at[None], state.goals]), axis=0), axis=-1)
    claimed = tracking.misses(ways.max(axis=(1, 2)))
    for k, goal in enumerate(state.goals):
        body.drive(state.at, state.inner, goal.copy(), np.ones(state.at.shape[:2]), STEPS, DT_S, state.meters)
        missed = float(np.linalg.norm(state.at - goal, axis=-1).max())
        if missed > claimed[k] + 1e-9:
            raise CheckFailed(f"{name}: it missed by {missed:g} m, its tracking says at most {claimed[k]:g} m")
    return f"held in {ROUNDS} rounds at its reach, {tracking.reach_m:.3g} m"
