"""Newton's steps for a local problem whose congestion bends, compiled: what is asked of its programme, what answers it.

    min over y, own block x ∈ X_i, of  linear'x + ½ x'S x + Σ_g φ_g(F_g) + (τ/2)‖y‖² - h'y,   F = Θ y

Links that always carry the same flow are one road g here, φ_g(F) = Σ_k w_k |F|^{p_k + 1} over its links (`Alike`).

From y with flows F a step solves the problem in which φ_g(F + d) is φ_g(F) + φ_g'(F) d + ½ K_g d². K is φ'' at this F
or, where that has hardly changed, at an earlier one: then the matrices of the programme stay as they are. The answer a
solves the true problem with h - Θ'δ for h, δ_g = φ_g'(F_a) - φ_g'(F) - K_g (F_a - F); as the problem is τ-convex,

    ‖a - y*‖ ≤ ‖Θ'δ‖/τ, whatever K was, and          ‖a - y*‖ ≤ √(Σ δ_g²/(K_g τ)) as far as K is φ''

(the second since Θ(τ + Θ'KΘ)⁻¹Θ' ≤ K⁻¹). Where one of these is small a is the answer;
else y moves towards a as far as the cost falls: to a, or to where the slope along the way is 0.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array

from robosim.kernels import Array
from robosim.kernels.edge_space import eliminate, fold, unfold
from robosim.kernels.paths import Paths, flow_into, paths, price_into

SETTLED, ON, FLAT, LOST = 0, 1, 2, 3
"""What a step says: y is the answer; go on; go on, though no fall of the cost is seen; rounding has turned the step."""
STILL = 1e-9
"""How far y may be from the answer, relative to its largest number."""
ROUNDING = 1e-15
"""Of the slopes that meet in ‖Θ'δ‖: below it nothing is left to gain in these digits."""
CLOSE = 0.003
"""By what share K may be off before it is taken anew."""
UNSEEN = 1e-11
"""A step that promises less than this share of the sizes of the cost's slopes is taken whole: it is near the answer."""
HALVINGS = 60
ENOUGH = 0.1
"""Of the slope at the beginning of a way: where no more is left, the way is long enough."""


class Roads(NamedTuple):
    """The roads that one agent minds, (G,), and the links of each: road g has those from first[g] to first[g + 1]."""

    paths: Paths
    first: NDArray[np.int32]
    load: NDArray[np.float64]
    power: NDArray[np.float64]


class Alike(NamedTuple):
    """Which of an agent's links always carry the same flow, whatever they weigh."""

    paths: Paths
    first: NDArray[np.int32]
    power: NDArray[np.float64]
    term: NDArray[np.int64]
    """(e,) where the load of each of its links is added."""

    @classmethod
    def of(cls, theta: csr_array, minded: Array, power: Array) -> Self:
        """Links with the same row of Θ (E, N·n) as one road, in the order in which they first come.

        Parameters
        ----------
        minded, power : (e,) which links the agent minds, their p_e.
        """
        rows = csr_array(theta[minded])
        rows.sort_indices()
        roads: dict[tuple[bytes, bytes], list[float]] = {}
        kept, place = [], []
        for e in range(minded.size):
            part = slice(rows.indptr[e], rows.indptr[e + 1])
            key = (rows.indices[part].tobytes(), rows.data[part].tobytes())
            if key not in roads:
                roads[key] = []
                kept.append(e)
            powers = roads[key]
            if float(power[e]) not in powers:
                powers.append(float(power[e]))
            place.append((key, powers.index(float(power[e]))))
        first = np.cumsum([0, *map(len, roads.values())]).astype(np.int32)
        start = dict(zip(roads, first.tolist(), strict=False))
        term = np.array([start[key] + at for key, at in place], dtype=np.int64)
        return cls(paths(csr_array(rows[kept])), first, np.array([p for each in roads.values() for p in each]), term)

    def roads(self, load: Array) -> Roads:
        """With the loads (e,) of the links."""
        total = np.bincount(self.term, weights=load, minlength=self.power.size).astype(np.float64)
        return Roads(self.paths, self.first, total, self.power)


class Memory(NamedTuple):
    """What one agent's steps keep: all arrays are written in place. n own variables of N·n, G roads."""

    y: Array
    at: Array
    """(G,) F."""
    weight: Array
    """(G,) K of the programme."""
    core: Array
    curvature: Array
    """(n, n) of the programme."""
    ask: Array
    """(n,) its slopes."""
    pressure: Array
    folded: Array
    """(N·n,) h as the programme sees it."""

    @classmethod
    def of(cls, roads: Roads, n: int) -> Memory:
        """Nothing is known: y = 0, and no K (NaN)."""
        g, size = roads.paths.edges, roads.paths.of.size
        none = np.full(g, np.nan)
        return cls(
            np.zeros(size), np.zeros(g), none, np.zeros((g, g)), np.zeros((n, n)), np.zeros(n), np.zeros(g),
            np.zeros(size),
        )  # fmt: skip


@njit(cache=True)
def slope_of(first: Array, load: Array, power: Array, g: int, flow: float) -> float:
    """φ_g'(F)."""
    total = 0.0
    for k in range(first[g], first[g + 1]):
        total += (power[k] + 1.0) * load[k] * abs(flow) ** power[k]
    return math.copysign(total, flow)


@njit(cache=True)
def bend_of(first: Array, load: Array, power: Array, g: int, flow: float) -> float:
    """φ_g''(F)."""
    total = 0.0
    for k in range(first[g], first[g + 1]):
        total += power[k] * (power[k] + 1.0) * load[k] * abs(flow) ** (power[k] - 1.0)
    return total


@njit(cache=True)
def loads(start: Array, edge: Array, share: Array, of: Array, y: Array, everywhere: Array, out: Array) -> None:
    """F = Θ y, (G,)."""
    amount = np.zeros(start.size - 1)
    for c in range(of.size):
        amount[of[c]] += y[c]
    flow_into(start, edge, share, amount, everywhere, out, np.empty(out.size))


@njit(cache=True)
def along(
    first: Array, load: Array, power: Array, at: Array, change: Array, line: float, square: float, t: float
) -> float:
    """The slope of the cost along a step at its share t."""
    total = line + t * square
    for g in range(at.size):
        if change[g] != 0.0:
            total += slope_of(first, load, power, g, at[g] + t * change[g]) * change[g]
    return total


@njit(cache=True)
def share_of(
    first: Array, load: Array, power: Array, at: Array, change: Array, line: float, square: float, begin: float
) -> float:
    """How much of a step is taken: all of it where the cost is nearly least there or still falls, else less.

    The cost is convex along the step, so that it ends lower than it began where the slopes half way and at the end,
    s(½) + s(1) ≤ 0, say so: ψ(1) - ψ(0) ≤ ½ s(½) + ½ s(1).
    """
    end = along(first, load, power, at, change, line, square, 1.0)
    if end <= 0.0:
        return 1.0
    if end <= ENOUGH * abs(begin) and end + along(first, load, power, at, change, line, square, 0.5) <= 0.0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        here = along(first, load, power, at, change, line, square, middle)
        if abs(here) <= ENOUGH * abs(begin) and here <= 0.0:
            return middle
        if here <= 0.0:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True)
def asked(
    edges: int, start: Array, edge: Array, share: Array, of: Array, first: Array, load: Array, power: Array,
    n: int, me: int, tau: float, square: Array, h: Array, linear: Array,
    y: Array, at: Array, weight: Array, core: Array, curvature: Array, ask: Array, pressure: Array, folded: Array,
    again: bool,
) -> bool:  # fmt: skip
    """Write the programme of the next step; whether its matrix is a new one."""
    everywhere, off, anew = np.arange(edges), np.empty(edges), again
    bend = np.empty(edges)
    for g in range(edges):
        bend[g] = bend_of(first, load, power, g, at[g])
        if not abs(bend[g] - weight[g]) <= CLOSE * (weight[g] + tau):
            anew = True
    if anew:
        weight[:] = bend
        core[:], curvature[:] = eliminate(edges, start, edge, share, of, n, me, tau, weight, everywhere)
        curvature += square
    for g in range(edges):
        off[g] = slope_of(first, load, power, g, at[g])
    amount = np.empty(start.size - 1)
    price_into(start, edge, share, off, everywhere, amount, np.empty(edges))
    for c in range(of.size):
        folded[c] = h[c] - amount[of[c]] - tau * y[c]
    for c in range(n):
        ask[c] = linear[c]
        for d in range(n):
            ask[c] += square[c, d] * y[me * n + d]
    who, count = np.array([me]), np.array([edges])
    fold(
        edges, start, edge, share, of, who, count, everywhere.reshape(1, -1), core.reshape(1, 1, edges, edges),
        folded.reshape(1, 1, -1), ask.reshape(1, 1, -1), pressure.reshape(1, 1, -1),
    )  # fmt: skip
    for c in range(n):
        for d in range(n):
            ask[c] -= curvature[c, d] * y[me * n + d]
    return anew


@njit(cache=True)
def answered(
    edges: int, start: Array, edge: Array, share: Array, of: Array, first: Array, load: Array, power: Array,
    n: int, me: int, tau: float, square: Array, h: Array, linear: Array,
    y: Array, at: Array, weight: Array, core: Array, curvature: Array, ask: Array, pressure: Array, folded: Array,
    x: Array,
) -> int:  # fmt: skip
    """Take the programme's answer x (n,): move y and `at`; SETTLED, ON, FLAT or LOST."""
    everywhere, aim = np.arange(edges), np.empty(of.size)
    step = x - y[me * n : (me + 1) * n]
    unfold(
        edges, start, edge, share, of, np.array([me]), np.array([edges]), everywhere.reshape(1, -1),
        core.reshape(1, 1, edges, edges), folded.reshape(1, 1, -1), np.array([tau]), pressure.reshape(1, 1, -1),
        step.reshape(1, 1, -1), aim.reshape(1, 1, -1),
    )  # fmt: skip
    aim += y
    aim[me * n : (me + 1) * n] = x
    there = np.empty(edges)
    loads(start, edge, share, of, aim, everywhere, there)
    off, size = np.empty(edges), np.empty(edges)
    for g in range(edges):
        goal, now = slope_of(first, load, power, g, there[g]), slope_of(first, load, power, g, at[g])
        off[g] = goal - now - weight[g] * (there[g] - at[g])
        size[g] = abs(goal) + abs(now) + weight[g] * (abs(there[g]) + abs(at[g]))
    wrong, seen = np.empty(start.size - 1), np.empty(start.size - 1)
    price_into(start, edge, share, off, everywhere, wrong, np.empty(edges))
    price_into(start, edge, share, size, everywhere, seen, np.empty(edges))
    far, sight, largest, within = 0.0, 0.0, 1.0, 0.0
    for g in range(edges):
        if off[g] != 0.0:
            within += off[g] ** 2 / weight[g] if weight[g] > 0.0 else np.inf
    for c in range(of.size):
        far += wrong[of[c]] ** 2
        sight += seen[of[c]] ** 2
        largest = max(largest, abs(aim[c]))
    if not np.isfinite(far):
        return LOST
    enough = STILL * tau * largest
    if math.sqrt(far) <= enough + ROUNDING * math.sqrt(sight) or math.sqrt(within * tau) <= enough:
        y[:], at[:] = aim, there
        return SETTLED
    line, bow, seen_at = 0.0, 0.0, 0.0
    for c in range(of.size):
        way = aim[c] - y[c]
        line += (tau * y[c] - h[c]) * way
        seen_at += (tau * abs(y[c]) + abs(h[c])) * abs(y[c])
        bow += tau * way * way
    for c in range(n):
        line += linear[c] * step[c]
        for d in range(n):
            line += square[c, d] * y[me * n + d] * step[c]
            bow += square[c, d] * step[d] * step[c]
    change = there - at
    begin = along(first, load, power, at, change, line, bow, 0.0)
    flat = abs(begin) <= UNSEEN * seen_at
    if not (begin < 0.0 or flat):
        return LOST
    taken = 1.0 if flat else share_of(first, load, power, at, change, line, bow, begin)
    if taken == 0.0:
        return LOST
    for c in range(of.size):
        y[c] += taken * (aim[c] - y[c])
    loads(start, edge, share, of, y, everywhere, at)
    return FLAT if flat else ON
