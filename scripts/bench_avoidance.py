"""Robots that get out of each other's way, N=50 on a table of 3.2 m x 2 m: ratios in one run, CPU time.

The reference is the barrier certificate of the Robotarium, asked at the same places and for the same wishes, along a
mission in which all 50 change sides: as it is shipped, from a checkout, ROBOTARIUM=PATH (`bench_robotarium.py` says how
to get it), else the same programme, written anew. What each keeps, and how far the answers differ, is printed too.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import bench_robotarium
import numpy as np

from robosim.kernels.barrier import Keeping, shared
from robosim.rendezvous.avoidance import joint
from robosim.rendezvous.avoidance.guard import Guard
from robosim.rendezvous.avoidance.things import things

Array = np.ndarray[Any, Any]
State = tuple[Array, Array, Array]
Step = Callable[[Array, Array, Array], Array]
N, APART, SPEED, DT, SHARE = 50, 0.15, 0.2, 0.033, 0.1
STEPS, EVERY, REPEATS = 400, 20, 3
NOBODY = np.empty((0, 2), dtype=np.int64)


def main() -> None:
    """Every line of the table."""
    bench_robotarium.present()  # a wrong path is said at once
    states = list(crossing())
    whole = {mode: guarded(mode) for mode in ("joint", "shared")}
    times = ours(states, whole)
    growth()
    if importlib.util.find_spec("cvxopt") is None:
        print(f"the Robotarium's certificate: cvxopt is not installed ({bench_robotarium.HOW})")
        return
    name, certificate = bench_robotarium.certificate(APART, SPEED)

    def safe(here: Array, want: Array, _: Array) -> Array:
        return DT * certificate(here, want / DT)

    theirs = spent(safe, states)
    print(f"{name}, cvxopt, all pairs: {theirs:.1f} (joint at least 20x)")
    print("  " + "; ".join(f"{what} {theirs / took:.0f}x" for what, took in times.items()))
    differences({"theirs": safe, **whole}, states)


def ours(states: list[State], whole: dict[str, Step]) -> dict[str, float]:
    """CPU ms of a control step: the programme alone and all that a step does, with its limits of speed."""
    keeping = Keeping(np.full(N, APART / 2), np.full(N, SPEED * DT), SHARE, np.empty((0, 2)), things([], 2))
    answers = [joint.least_change(here, want, keeping, NOBODY) for here, want, _ in states]
    held = statistics.mean(len(answer[1]) for answer in answers if answer)
    print(f"N={N}, {len(states)} moments of a mission, {held:.1f} pairs hold back on average; CPU ms a control step")
    times = {
        "joint, from the last pairs": spent(
            lambda here, want, pairs: joint.least_change(here, want, keeping, pairs), states
        ),
        "from nothing": spent(lambda here, want, _: joint.least_change(here, want, keeping, NOBODY), states),
        "own halves": spent(lambda here, want, _: halves(here, want, keeping), states),
    }
    times |= {f"all of a step, {mode}": spent(step, states) for mode, step in whole.items()}
    print("; ".join(f"{what} {took:.3f}" for what, took in times.items()))
    return times


def guard(mode: Literal["shared", "joint"], keep_right: bool) -> Guard:
    """Ours."""
    return Guard(
        radius_m=np.full(N, APART / 2),
        tube_m=np.zeros(N),
        speed_mps=np.full(N, SPEED),
        things=things([], 2),
        walls=np.empty((0, 2)),
        share=SHARE,
        mode=mode,
        keep_right=keep_right,
    )


def guarded(mode: Literal["shared", "joint"]) -> Step:
    """All that ours does in a control step: the pairs of the step before are what it remembers."""
    keeper = guard(mode, keep_right=False)
    memory = keeper.begin(1)

    def safe(here: Array, want: Array, pairs: Array) -> Array:
        velocity, _ = keeper.safe(here[None], want[None] / DT, DT, memory._replace(pairs=(pairs,)))
        return np.asarray(DT * velocity[0])

    return safe


def differences(steps: dict[str, Step], states: list[State]) -> None:
    """What each keeps of both certificates and of the limit of speed, how much it changes, and how far they differ."""
    moves = {name: np.array([step(*state) for state in states]) / DT for name, step in steps.items()}
    here, wanted = (np.array([state[k] for state in states]) for k in (0, 1))
    print(
        "theirs promises -2d·(u_i - u_j) ≤ 100 h³ to 1 % of the norm of all bounds (cvxopt's feastol), at an instant;"
    )
    print(f"ours -2d·(u_i - u_j) ≤ {SHARE / DT:.2f} h to rounding, so that each step leaves {1 - SHARE:g} of h or more")
    for name, u in moves.items():
        cubic, linear, nearest = kept(here, u)
        print(f"  {name}: wishes change by {rms(u - wanted / DT):.3f} m/s (rms), fastest {length(u).max():.4f} m/s,")
        print(f"    nearest {nearest:.5f} m; faster than their row by {cubic:.1e}, than ours by {linear:.1e} m/s")
    for name in ("joint", "shared"):
        apart = moves[name] - moves["theirs"]
        print(f"  {name} and theirs are {rms(apart):.3f} m/s apart (rms), at most {length(apart).max():.3f}")
    for name, step in steps.items():
        nearest, left = crossed(step)
        print(f"  {name} alone, {STEPS} steps: nearest {nearest:.5f} m, at the end {left:.2f} m from goals on average")


def kept(here: Array, u: Array) -> tuple[float, float, float]:
    """Largest excess over their rows and over ours, m/s of approach (negative: none); nearest distance after a step."""
    first, second = np.triu_indices(N, 1)
    way, closing = here[:, first] - here[:, second], u[:, second] - u[:, first]
    far = length(way)
    speed, h = (way * closing).sum(axis=-1) / far, far**2 - APART**2
    after = length(way - DT * closing)
    cubic, linear = speed - 100.0 * h**3 / (2.0 * far), speed - SHARE / DT * h / (2.0 * far)
    return float(cubic.max()), float(linear.max()), float(after.min())


def crossed(step: Step) -> tuple[float, float]:
    """A mission of its own from the same start, nobody keeping right: nearest pair ever, mean way left at the end."""
    start = starts()
    here, nearest = start, np.inf
    for _ in range(STEPS):
        move = step(here, wish(here, -start), NOBODY)
        nearest = min(nearest, kept(here[None], move[None] / DT)[2])
        here = here + move
    return nearest, float(length(here + start).mean())


def length(vectors: Array) -> Array:
    """Of vectors (…, 2)."""
    return np.asarray(np.sqrt((vectors**2).sum(axis=-1)))


def rms(vectors: Array) -> float:
    """Root of the mean square of their lengths."""
    return float(np.sqrt((vectors**2).sum(axis=-1).mean()))


def starts() -> Array:
    """(N, 2) m."""
    spots = np.stack(np.meshgrid(np.arange(10), np.arange(5)), axis=-1).reshape(-1, 2) * [0.32, 0.36] - [1.44, 0.72]
    return np.asarray(spots + np.random.default_rng(0).uniform(-0.05, 0.05, spots.shape))


def wish(here: Array, goal: Array) -> Array:
    """Straight there, at most at SPEED, m a control step."""
    way = goal - here
    return np.asarray(way * np.minimum(1.0, SPEED * DT / np.maximum(length(way), 1e-300))[..., None])


def crossing() -> Iterator[State]:
    """Places m, wishes (N, 2) m a step and pairs that held back in the step before, of robots that change sides."""
    start, keeper = starts(), guard("joint", keep_right=True)
    here, memory = start[None], keeper.begin(1)
    for k in range(STEPS):
        wanted = wish(here, -start)
        if k % EVERY == EVERY - 1:
            yield here[0], wanted[0], memory.pairs[0]
        safe, memory = keeper.safe(here, wanted / DT, DT, memory)
        here = here + safe * DT


def halves(here: Array, want: Array, keeping: Keeping) -> Array:
    """Each robot by itself."""
    out, close = np.empty((1, N, 2)), np.empty((1, N), dtype=np.int64)
    shared(here[None], want[None], keeping, True, out, close)
    return out


def growth() -> None:
    """Each its own half, in crowds of the same density."""
    for n in (100, 1_000, 10_000, 100_000):
        rng = np.random.default_rng(n)
        here = rng.uniform(0.0, 0.36 * np.sqrt(n), (1, n, 2))
        want = SPEED * DT * rng.normal(size=here.shape)
        keeping = Keeping(np.full(n, APART / 2), np.full(n, SPEED * DT), SHARE, np.empty((0, 2)), things([], 2))
        out, close = np.empty_like(here), np.empty((1, n), dtype=np.int64)
        best = np.inf
        for _ in range(REPEATS):
            begin = time.process_time()
            shared(here, want, keeping, True, out, close)
            best = min(best, time.process_time() - begin)
        print(f"each its own half, N={n:,}: {1e9 * best / n:.0f} ns a robot")


def spent(work: Callable[[Array, Array, Array], object], states: list[State]) -> float:
    """CPU ms a state, the best of some runs over all."""
    work(*states[0])
    best = np.inf
    for _ in range(REPEATS):
        begin = time.process_time()
        for state in states:
            work(*state)
        best = min(best, time.process_time() - begin)
    return 1e3 * best / len(states)


if __name__ == "__main__":
    main()
