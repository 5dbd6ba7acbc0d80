"""Separable quadratic programmes with a few shared rows: piqp finds the answer, Newton steps give it its last digits.

Where these do not end at it, as they may where what is feasible is hardly more than a corner, the active set is found
exactly by daqp. "Nothing is feasible" is said with a certificate only (`robosim.programme`).

    min ½ z'diag(q) z + f'z  s.t.  Rz = c (or ≤ c),  lower ≤ z ≤ upper,  q ≥ 0

Where q > 0 its price λ tells everything: z(λ) = clip(-(f + R'λ)/q, lower, upper), so the polish searches λ alone.

Proofs that a division of shared resources has no answer: nothing is feasible, or costs fall without end.

Both are linear programmes, whose answers are checked: a solver's word is no proof.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from scipy.optimize import linprog

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.kernels import Unsettled

ACCURACY = 1e-12
NEWTON_STEPS = 30
SHARP = 1e-13
"""What Newton steps alone must reach."""
GOOD = 1e-8
"""What the others must reach at least."""
ROOMIER = (0.0, 1e-13, 1e-11, 1e-9)
"""Shares of c's size that daqp may have in addition, one after the other: at a corner rounding may leave it nothing."""
LARGEST = 2000
"""Numbers for which daqp, which is dense, is worth the wait."""
FAR = 1e30
"""What daqp takes for infinity."""
INFEASIBLE = "no division keeps to c and to everybody's limits (widen lower and upper, or change c)"
ENDLESS = "costs fall without end (give lower and upper where q = 0)"


class Programme(NamedTuple):
    """q, f, lower, upper (v,); rows (r, v); c (r,); `equal` if Rz = c, else Rz ≤ c."""

    q: Array
    f: Array
    lower: Array
    upper: Array
    rows: Array
    c: Array
    equal: bool


def cleared(programme: Programme) -> tuple[Array, Array]:
    """The optimum (v,) and its price λ (r,).

    Raises
    ------
    BadInput
        if nothing is feasible, or costs fall without end; each with a certificate.
    Unsettled
        if no method ends at the answer.
    """
    found = by_piqp(programme)
    if not (programme.q > 0).all():
        return exact(programme) if found is None else found
    price = np.zeros_like(programme.c) if found is None else polished(programme, found[1])
    if found is not None and clears(programme, price, SHARP):
        return answer(programme, price), price
    return exact(programme, price)


def cleared_from(programme: Programme, price: Array) -> tuple[Array, Array]:
    """As `cleared`, beginning with Newton steps from a price that may be near; piqp helps where they lead nowhere."""
    found = polished(programme, price)
    return (answer(programme, found), found) if clears(programme, found, SHARP) else cleared(programme)


def exact(p: Programme, price: Array | None = None) -> tuple[Array, Array]:
    """The same by the exact active set; or what `price` says, if that is good and nothing better is found."""
    best, error = price, np.inf if price is None else float((np.abs(excess(p, price)) / sizes(p)).max(initial=0.0))
    for room in ROOMIER if len(p.q) <= LARGEST else ():
        found = by_daqp(p, room)
        if found is None:
            continue
        if not (p.q > 0).all():
            return found
        for trial in (on_its_piece(p, *found), polished(p, found[1]), found[1]):
            off = float((np.abs(excess(p, trial)) / sizes(p)).max(initial=0.0))
            if off < error:
                best, error = trial, off
        if error <= SHARP:
            break
    if error > SHARP:
        refuse(p)
    if best is None or error > GOOD:
        raise Unsettled(
            f"division: the best price found misses c by {error:.3g} of its size, and nothing proves that it must"
        )
    return answer(p, best), best


def refuse(p: Programme) -> None:
    """Raise `BadInput` where nothing can be found, which is proven."""
    if proves_infeasible(p):
        raise BadInput(INFEASIBLE)
    if proves_endless(p):
        raise BadInput(ENDLESS)


def clears(p: Programme, price: Array, share: float) -> bool:
    """Whether Rz(λ) = c up to this share of the terms' sizes: the conditions of optimality, which suffice."""
    return bool((np.abs(excess(p, price)) <= share * sizes(p)).all())


def sizes(p: Programme) -> Array:
    """What the numbers behind each row of the excess may add up to, (r,)."""
    return np.asarray(1 + np.abs(p.c) + np.abs(p.rows) @ np.abs(answer(p, np.zeros_like(p.c))))


def answer(p: Programme, price: Array) -> Array:
    """z(λ), (v,)."""
    return np.clip(-(p.f + price @ p.rows) / p.q, p.lower, p.upper)


def excess(p: Programme, price: Array) -> Array:
    """How far λ is from clearing, (r,): Rz(λ) - c; for ≤ a row of price 0 may leave something."""
    over = p.rows @ answer(p, price) - p.c
    return over if p.equal else np.maximum(over, -price)


def polished(p: Programme, price: Array) -> Array:
    """The best of some Newton steps on Rz(λ) = c, which is piecewise linear in λ: exact once its piece is found."""
    trial, best, error = price, price, np.inf
    for _ in range(NEWTON_STEPS):
        off = np.abs(excess(p, trial)).max(initial=0.0)
        if off < error:
            best, error = trial, off
        if clears(p, trial, 1e-15):
            break
        trial = trial + newton(p, trial)
    return best


def newton(p: Programme, price: Array) -> Array:
    """One step: the rows that matter become tight, the shares at their limits stay there; others' prices go to 0."""
    z = answer(p, price)
    free = (p.lower < z) & (z < p.upper)
    over = p.rows @ z - p.c
    tight = np.full(len(p.c), True) if p.equal else over > -price
    inner = p.rows[np.ix_(tight, free)]
    step = np.where(tight, 0.0, -price)
    aim = over[tight] - (inner / p.q[free]) @ (step @ p.rows[:, free])
    step[tight] = np.linalg.lstsq((inner / p.q[free]) @ inner.T, aim, rcond=None)[0]
    return step


def on_its_piece(p: Programme, z: Array, price: Array) -> Array:
    """The price (r,) at which the numbers that z (v,) has between limits make the rows tight that have a price."""
    free, tight = (p.lower < z) & (z < p.upper), np.full(len(p.c), True) if p.equal else price > 0.0
    inner = p.rows[np.ix_(tight, free)]
    left = p.c[tight] - p.rows[np.ix_(tight, ~free)] @ z[~free] + (inner / p.q[free]) @ p.f[free]
    gram = (inner / p.q[free]) @ inner.T
    found = np.where(tight, price, 0.0)
    found[tight] += np.linalg.lstsq(gram, -left - gram @ price[tight], rcond=None)[0]
    return found


def by_daqp(p: Programme, room: float) -> tuple[Array, Array] | None:
    """The answer (v,) and the price λ (r,) of the exact active set; None if daqp ends without one.

    Rows are of length 1 for it, and everything is in units of the largest number; c may be missed by `room` of that.
    """
    import daqp

    length = np.where((norm := np.sqrt((p.rows**2).sum(axis=1))) > 0.0, norm, 1.0)
    limits = np.concatenate([p.lower[np.isfinite(p.lower)], p.upper[np.isfinite(p.upper)]])
    aims = p.f[p.q > 0] / p.q[p.q > 0]
    unit = float(max(np.abs(x).max(initial=0.0) for x in (limits, p.c / length, aims))) or 1.0
    bend = float(p.q.max(initial=0.0)) or 1.0
    c, spare = p.c / length / unit, room if room else 0.0
    upper = np.concatenate([np.minimum(p.upper / unit, FAR), c + spare])
    lower = np.concatenate([np.maximum(p.lower / unit, -FAR), c - spare if p.equal else np.full(len(c), -FAR)])
    kinds = np.zeros(len(upper), dtype=np.int32)
    if p.equal and not room:
        kinds[len(p.q) :] = 5
    H, rows = np.diag(p.q / bend), np.ascontiguousarray(p.rows / length[:, None])
    z, _, flag, info = daqp.solve(H, p.f / (bend * unit), rows, upper, lower, kinds, primal_tol=1e-14, dual_tol=1e-14)
    if flag != 1 or not np.isfinite(z).all():
        return None
    price = np.asarray(info["lam"])[len(p.q) :] * (bend * unit / length)
    return np.clip(unit * z, p.lower, p.upper), price if p.equal else np.maximum(price, 0.0)


def by_piqp(p: Programme) -> tuple[Array, Array] | None:
    """The answer (v,) and the price λ (r,) that piqp finds; None if it ends without one."""
    import piqp
    from scipy.sparse import csc_matrix, diags

    solver = piqp.SparseSolver()
    for name in ("eps_abs", "eps_rel", "eps_duality_gap_abs", "eps_duality_gap_rel"):
        setattr(solver.settings, name, ACCURACY)
    rows = csc_matrix(p.rows)
    shared = (rows, p.c, None, None, None) if p.equal else (None, None, rows, None, p.c)
    solver.setup(csc_matrix(diags(p.q)), p.f, *shared, p.lower, p.upper)
    if solver.solve() != piqp.PIQP_SOLVED:
        return None
    price = solver.result.y if p.equal else solver.result.z_u
    return np.clip(np.array(solver.result.x), p.lower, p.upper), np.array(price)


ROUNDING = 1e-12
"""A proof must exceed this share of the sizes of its terms."""
EXACTLY = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
"""The finest that HiGHS offers."""


class Limited(Protocol):
    """What of a `robosim.programme.Programme` is needed: its limits and rows; costs ½ z'diag(q) z + f'z."""

    @property
    def q(self) -> Array: ...
    @property
    def f(self) -> Array: ...
    @property
    def lower(self) -> Array: ...
    @property
    def upper(self) -> Array: ...
    @property
    def rows(self) -> Array: ...
    @property
    def c(self) -> Array: ...
    @property
    def equal(self) -> bool: ...


def proves_infeasible(p: Limited) -> bool:
    """Whether some y has y'Rz > y'c for all z within limits (y ≥ 0 for ≤): then no z keeps to c (Farkas).

    y maximises the difference over |y| ≤ 1: the dual of the least sum of what is missing.
    """
    length = np.where((norm := np.sqrt((p.rows**2).sum(axis=1))) > 0.0, norm, 1.0)
    rows, c, v = p.rows / length[:, None], p.c / length, p.rows.shape[1]
    low, high = np.isfinite(p.lower), np.isfinite(p.upper)
    # max lower'a - upper'b - c'y  over  R'y = a - b,  a, b ≥ 0, which are 0 where there is no limit
    cost = np.concatenate([c, -p.lower[low], p.upper[high]])
    cost /= np.abs(cost).max(initial=0.0) or 1.0
    bounds = [(-1.0 if p.equal else 0.0, 1.0)] * len(c) + [(0.0, None)] * (len(cost) - len(c))
    balance = np.hstack([rows.T, -np.eye(v)[:, low], np.eye(v)[:, high]])
    solve: Any = linprog
    found = solve(cost, A_eq=balance, b_eq=np.zeros(v), bounds=bounds, method="highs", options=EXACTLY)
    if found.x is None:
        return False
    y = found.x[: len(c)] / length
    return separates(p, y if p.equal else np.maximum(y, 0.0))


def separates(p: Limited, y: Array) -> bool:
    """Whether y'Rz > y'c for all z within limits, beyond rounding."""
    pull = y @ p.rows
    limit = np.where(pull > 0.0, p.lower, p.upper)
    none = ~np.isfinite(limit) & (np.abs(pull) <= ROUNDING * (np.abs(y) @ np.abs(p.rows)))
    least = np.where(none, 0.0, pull) * np.where(none, 0.0, limit)
    size = np.abs(y) @ np.abs(p.c) + np.abs(least).sum()
    return bool(least.sum() - y @ p.c > ROUNDING * size)


def proves_endless(p: Limited) -> bool:
    """Whether something feasible can move on for ever, and costs fall all the way."""
    box = [
        (0.0 if np.isfinite(lo) or q > 0 else -1.0, 0.0 if np.isfinite(hi) or q > 0 else 1.0)
        for lo, hi, q in zip(p.lower, p.upper, p.q, strict=True)
    ]
    none = np.zeros(len(p.c))
    shared = {"A_eq": p.rows, "b_eq": none} if p.equal else {"A_ub": p.rows, "b_ub": none}
    solve: Any = linprog
    found = solve(p.f, bounds=box, method="highs", **shared)
    return found.x is not None and float(p.f @ found.x) < -1e-9 * float(np.abs(p.f) @ np.abs(found.x))
