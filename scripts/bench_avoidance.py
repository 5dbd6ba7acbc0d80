"""Robots that get out of each other's way, N=50 on a table of 3.2 m x 2 m: ratios in one run, CPU time.

The reference is the barrier certificate of the Robotarium as it is shipped, written anew: one dense programme with the
rows of all pairs, -2d·(u_i - u_j) ≤ 100 h³, and an octagon of speeds for each robot, solved by cvxopt to the tolerances
that it sets. It is asked at the same places and for the same wishes, along a mission in which all 50 change sides.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from robosim.kernels.barrier import Keeping, shared
from robosim.rendezvous.avoidance import joint
from robosim.rendezvous.avoidance.guard import Guard
from robosim.rendezvous.avoidance.things import things

Array = np.ndarray[Any, Any]
N, APART, SPEED, DT, SHARE = 50, 0.15, 0.2, 0.033, 0.1
STEPS, EVERY, REPEATS = 400, 20, 3
NOBODY = np.empty((0, 2), dtype=np.int64)


def main() -> None:
    """Every line of the table."""
    states = list(crossing())
    keeping = Keeping(np.full(N, APART / 2), np.full(N, SPEED * DT), SHARE, np.empty((0, 2)), things([], 2))
    answers = [joint.least_change(here, want, keeping, NOBODY) for here, want, _ in states]
    held = statistics.mean(len(answer[1]) for answer in answers if answer)
    print(f"N={N}, {len(states)} moments of a mission, {held:.1f} pairs hold back on average; CPU ms a control step")
    one = spent(lambda here, want, pairs: joint.least_change(here, want, keeping, pairs), states)
    cold = spent(lambda here, want, _: joint.least_change(here, want, keeping, NOBODY), states)
    own = spent(lambda here, want, _: halves(here, want, keeping), states)
    print(f"joint, from the pairs of the step before: {one:.3f}; from nothing: {cold:.3f}; own halves: {own:.4f}")
    growth()
    if importlib.util.find_spec("cvxopt") is None:
        print("the Robotarium's certificate: cvxopt is not installed (pip install cvxopt)")
        return
    theirs = spent(lambda here, want, _: certificate(here, want / DT), states)
    print(f"the Robotarium's certificate, cvxopt, all pairs: {theirs:.1f}")
    ratios = f"from nothing {theirs / cold:.0f}x; own halves {theirs / own:.0f}x"
    print(f"joint {theirs / one:.0f}x (at least 20x), {ratios}")


def crossing() -> Iterator[tuple[Array, Array, Array]]:
    """Places, wishes (N, 2) m and pairs that held back in the step before, of robots that change sides."""
    rng = np.random.default_rng(0)
    spots = np.stack(np.meshgrid(np.arange(10), np.arange(5)), axis=-1).reshape(-1, 2) * [0.32, 0.36] - [1.44, 0.72]
    start = spots + rng.uniform(-0.05, 0.05, spots.shape)
    keeper = Guard(
        radius_m=np.full(N, APART / 2),
        tube_m=np.zeros(N),
        speed_mps=np.full(N, SPEED),
        things=things([], 2),
        walls=np.empty((0, 2)),
        share=SHARE,
        mode="joint",
    )
    here, memory = start[None], keeper.begin(1)
    for k in range(STEPS):
        wanted = (-start[None] - here) / DT
        wanted *= np.minimum(1.0, SPEED / np.maximum(np.sqrt((wanted**2).sum(axis=-1, keepdims=True)), 1e-300))
        if k % EVERY == EVERY - 1:
            yield here[0], wanted[0] * DT, memory.pairs[0]
        safe, memory = keeper.safe(here, wanted, DT, memory)
        here = here + safe * DT


def halves(here: Array, want: Array, keeping: Keeping) -> Array:
    """Each robot by itself."""
    out, close = np.empty((1, N, 2)), np.empty((1, N), dtype=np.int64)
    shared(here[None], want[None], keeping, True, out, close)
    return out


def certificate(here: Array, velocity: Array) -> Array:
    """The programme of the Robotarium, (N, 2) m/s."""
    import cvxopt

    pairs = np.array([(i, j) for i in range(N - 1) for j in range(i + 1, N)])
    k, way = np.arange(len(pairs)), here[pairs[:, 0]] - here[pairs[:, 1]]
    rows = np.zeros((len(pairs) + 8 * N, N, 2))
    rows[k, pairs[:, 0]], rows[k, pairs[:, 1]] = -2 * way, 2 * way
    at = 2 * np.pi * np.arange(8) / 8
    for i in range(N):
        rows[len(pairs) + 8 * i + np.arange(8), i] = np.stack([np.cos(at), np.sin(at)], axis=-1)
    bounds = np.full(len(rows), SPEED * np.cos(np.pi / 8))
    bounds[: len(pairs)] = 100.0 * ((way**2).sum(axis=1) - APART**2) ** 3
    cvxopt.solvers.options.update({"show_progress": False, "reltol": 1e-2, "feastol": 1e-2, "maxiters": 50})
    whole = cvxopt.sparse(cvxopt.matrix(2 * np.eye(2 * N)))
    found = cvxopt.solvers.qp(
        whole, cvxopt.matrix(-2 * velocity.ravel()), cvxopt.matrix(rows.reshape(len(rows), -1)), cvxopt.matrix(bounds)
    )
    return np.array(found["x"]).reshape(N, 2)


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


def spent(work: Callable[[Array, Array, Array], object], states: list[tuple[Array, Array, Array]]) -> float:
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
