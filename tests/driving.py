"""Bodies on trial in tests: goals drawn at random, driven round by round or control step by control step."""

from typing import Any, NamedTuple

import numpy as np

from robosim.rendezvous.bodies.body import METERS

DT_S, STEPS = 1 / 30, 30
Array = np.ndarray[Any, Any]


class Driven(NamedTuple):
    """What happened: (rounds, missions, agents, …) misses and lengths of steps, and how everything ended."""

    misses: Array
    ways: Array
    at: Array
    inner: Array
    meters: Array


def walk(rng: np.random.Generator, start: Array, rounds: int, far: float, hold: int = 0) -> Array:
    """Goals (rounds + hold, *start.shape): each at most `far` from the one before, often exactly; the last stays."""
    towards = rng.normal(size=(rounds, *start.shape))
    towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
    share = rng.choice([1.0, 0.0, 0.3], size=(*towards.shape[:-1], 1), p=[0.6, 0.1, 0.3]) * rng.choice([1.0, 1e-3])
    goals = start + np.cumsum(share * (far * (1 - 1e-12)) * towards, axis=0)
    return np.concatenate([goals, np.repeat(goals[-1:], hold, axis=0)])


def drive(body: Any, start: Array, looks: Array, goals: Array, dt_s: float = DT_S, steps: int = STEPS) -> Driven:
    """All rounds at full pace."""
    at, pace, meters = start.copy(), np.ones(start.shape[:2]), np.zeros((*start.shape[:2], METERS))
    inner, misses = body.begin(start, looks), []
    for goal in goals:
        body.drive(at, inner, goal, pace, steps, dt_s, meters)
        misses.append(np.linalg.norm(at - goal, axis=-1))
    ways = np.linalg.norm(np.diff(np.concatenate([start[None], goals]), axis=0), axis=-1)
    return Driven(np.array(misses), ways, at, inner, meters)


def states(body: Any, start: Array, looks: Array, goal: Array, dt_s: float = DT_S, steps: int = STEPS) -> Any:
    """A round, control step by control step: positions, inner states, meters (steps + 1, missions, agents, …)."""
    at, pace, meters = start.copy(), np.ones(start.shape[:2]), np.zeros((*start.shape[:2], METERS))
    inner = body.begin(start, looks)
    seen = [(at.copy(), inner.copy(), meters.copy())]
    for _ in range(steps):
        body.drive(at, inner, goal, pace, 1, dt_s, meters)
        seen.append((at.copy(), inner.copy(), meters.copy()))
    return tuple(np.array(part) for part in zip(*seen, strict=True))
