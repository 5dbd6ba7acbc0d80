"""Robots that never come nearer to each other than they may: each keeps its own half of every distance.

Robots i and j at d = p_i - p_j, that move Δ_i and Δ_j in a control step, keep h = ‖d‖² - D² ≥ 0, whatever the step:
‖d + Δ_i - Δ_j‖² ≥ ‖d‖² + 2d·(Δ_i - Δ_j), so that -2d·(Δ_i - Δ_j) ≤ κh leaves h⁺ ≥ (1 - κ)h: a barrier certificate
(Ames et al. 2017) in discrete time, without an error of linearisation. Each keeps half of it, -2d·Δ_i ≤ κh/2. The same
of a thing with gap g: n·Δ_i ≥ -κ(g - r). Standing still keeps all of them, and so does a part of a move that does.
Where h < 0 robots do not come nearer.

Only what is within reach can bind, exactly: the nearest point of a convex region with 0 in it is no longer than what
was wanted, so that a robot that wants to move r metres may ignore who is so far that r ≤ κh/(4‖d‖).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.cells import Cells, cells, near
from robosim.kernels.half_spaces import Sketch, dot, nearest, sketch
from robosim.kernels.obstacles import Things, gap, how_many

GRAIN = 1e-8
"""Distances that are kept are longer by this share than those that must be kept: room for the rounding of all steps."""
STEPS = (1.0, 0.5, 0.25, 0.0)


class Keeping(NamedTuple):
    """What is kept.

    radius (n,) m, of robots, with what they stray from the point that is steered; reach (n,), the farthest that they
    move in a control step; κ; walls (2, d), or empty; things that stand around.
    """

    radius: Array
    reach: Array
    share: float
    walls: Array
    things: Things


class Rows(NamedTuple):
    """Room for one robot's half-spaces: rows (n, d), bounds (n,); whom it looks at (n,); a direction (d,); a sketch."""

    rows: Array
    bounds: Array
    found: Array
    away: Array
    room: Sketch


@njit(cache=True)
def rows_for(n: int, d: int, things: Things) -> Rows:
    """Room for everybody, every thing and all walls."""
    most = n + how_many(things) + 2 * d
    return Rows(np.empty((most, d)), np.empty(most), np.empty(n, dtype=np.int64), np.empty(d), sketch(most))


@njit(cache=True)
def shared(here: Array, wanted: Array, keeping: Keeping, pruned: bool, out: Array, close: Array) -> None:
    """Into `out` the motion nearest to what each wants that keeps its own halves; (missions, n, d) m a control step.

    `close` (missions, n) is set to 1 where a robot is nearer to another or to a thing than it may be, else to 0.
    """
    missions, n, d = here.shape
    work = rows_for(n, d, keeping.things)
    far = np.empty(n)
    for m in range(missions):
        for i in range(n):
            far[i] = min(math.sqrt(dot(wanted[m, i], wanted[m, i])), keeping.reach[i]) if pruned else np.inf
        grid = cells(here[m], horizon(far.max(), 2.0 * keeping.radius.max() * (1.0 + GRAIN), keeping.share))
        for i in range(n):
            count, close[m, i] = own_rows(i, here[m], far[i], keeping, grid, work)
            nearest(work.rows, work.bounds, count, keeping.reach[i], wanted[m, i], out[m, i], work.room)


@njit(cache=True)
def horizon(far: float, apart: float, share: float) -> float:
    """The distance from which on who moves `far` at most keeps its half by itself: κ(x² - D²) = 4x·far."""
    return (2.0 * far + math.sqrt(4.0 * far * far + share * share * apart * apart)) / share


@njit(cache=True)
def own_rows(i: int, here: Array, far: float, keeping: Keeping, grid: Cells, work: Rows) -> tuple[int, bool]:
    """The half-spaces that robot i must keep and that moves up to `far` can leave; how many, and if it is too near."""
    count, close = 0, False
    for e in range(near(grid, here[i], work.found)):
        j = work.found[e]
        if j != i:
            total = 0.0
            for c in range(here.shape[1]):
                work.away[c] = here[i, c] - here[j, c]
                total += work.away[c] * work.away[c]
            apart, distance = keeping.radius[i] + keeping.radius[j], math.sqrt(total)
            close |= distance < apart
            bound = half(distance, apart * (1.0 + GRAIN), keeping.share)
            if bound < far and distance > 0.0:
                for c in range(here.shape[1]):
                    work.rows[count, c] = -work.away[c] / distance
                work.bounds[count] = bound
                count += 1
    return around(i, here[i], far, keeping, count, close, work)


@njit(cache=True)
def half(distance: float, apart: float, share: float) -> float:
    """How far a robot may move towards another: κh/(4‖d‖), 0 where they are too near already."""
    if distance <= apart:
        return 0.0
    return share * (distance - apart) * (distance + apart) / (4.0 * distance)


@njit(cache=True)
def around(i: int, at: Array, far: float, keeping: Keeping, count: int, close: bool, work: Rows) -> tuple[int, bool]:
    """The same of things and walls, after the `count` half-spaces that there are."""
    radius = keeping.radius[i]
    for k in range(how_many(keeping.things)):
        room = gap(keeping.things, k, at, work.away)
        close |= room < radius
        bound = keeping.share * max(room - radius * (1.0 + GRAIN), 0.0)
        if bound < far:
            for c in range(at.size):
                work.rows[count, c] = -work.away[c]
            work.bounds[count] = bound
            count += 1
    for side in range(keeping.walls.shape[0] if keeping.walls.size > 0 else 0):
        for c in range(at.size):
            towards = -1.0 if side == 0 else 1.0
            room = towards * (keeping.walls[side, c] - at[c])
            bound = keeping.share * max(room - radius * (1.0 + GRAIN), 0.0)
            if bound < far:
                work.rows[count, :] = 0.0
                work.rows[count, c] = towards
                work.bounds[count] = bound
                count += 1
    return count, close


@njit(cache=True)
def allowed(here: Array, there: Array, keeping: Keeping, out: Array) -> None:
    """Into `out` (missions, n) the largest of `STEPS` of which everybody's move, (missions, n, d), keeps its halves."""
    missions, n, d = here.shape
    work = rows_for(n, d, keeping.things)
    move, far = there - here, np.empty(n)
    for m in range(missions):
        for i in range(n):
            far[i] = math.sqrt(dot(move[m, i], move[m, i]))
        grid = cells(here[m], horizon(far.max(), 2.0 * keeping.radius.max() * (1.0 + GRAIN), keeping.share))
        for i in range(n):
            count, _ = own_rows(i, here[m], far[i], keeping, grid, work)
            out[m, i] = largest(work.rows, work.bounds, count, move[m, i], slack(here[m, i], far[i]))


@njit(cache=True)
def slack(at: Array, far: float) -> float:
    """Rounding of a move between two points that are as far from the origin, m."""
    return 4.0 * 2.3e-16 * (math.sqrt(dot(at, at)) + far)


@njit(cache=True)
def largest(rows: Array, bounds: Array, count: int, move: Array, room: float) -> float:
    """The largest of `STEPS` of which a move (d,) leaves no half-space by more than `room`."""
    for step in STEPS:
        kept = True
        for k in range(count):
            kept &= step * dot(rows[k], move) <= bounds[k] + room
        if kept:
            return step
    return 0.0


@njit(cache=True)
def clearance(at: Array, keeping: Keeping, out: Array) -> None:
    """Into `out` (missions,) the smallest distance between two surfaces, robots' or a thing's; negative: they overlap.

    Robots are swept in the order of their first coordinate, no farther than the nearest so far.
    """
    missions, n, d = at.shape
    widest, away = keeping.radius.max(), np.empty(d)
    for m in range(missions):
        best, order = np.inf, np.argsort(at[m, :, 0])
        for a in range(n):
            i = order[a]
            for b in range(a + 1, n):
                j = order[b]
                if at[m, j, 0] - at[m, i, 0] - keeping.radius[i] - widest >= best:
                    break
                total = 0.0
                for c in range(d):
                    total += (at[m, i, c] - at[m, j, c]) ** 2
                best = min(best, math.sqrt(total) - keeping.radius[i] - keeping.radius[j])
            for k in range(how_many(keeping.things)):
                best = min(best, gap(keeping.things, k, at[m, i], away) - keeping.radius[i])
        out[m] = best
