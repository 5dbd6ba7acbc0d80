"""Separable quadratic programmes with a few shared rows: piqp finds the answer, Newton steps give it its last digits.

    min ½ z'diag(q) z + f'z  s.t.  Rz = c (or ≤ c),  lower ≤ z ≤ upper,  q ≥ 0

Where q > 0 its price λ tells everything: z(λ) = clip(-(f + R'λ)/q, lower, upper), so the polish searches λ alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput

ACCURACY = 1e-12
NEWTON_STEPS = 30
SHARP = 1e-13
"""What Newton steps alone must reach."""
INFEASIBLE = "no division keeps to c and to everybody's limits (widen lower and upper, or change c)"


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
        if nothing is feasible, or if so little is that no price tells it from nothing.
    """
    if not (programme.q > 0).all():
        return by_piqp(programme)
    price = polished(programme, by_piqp(programme)[1])
    if not clears(programme, price, 1e-8):
        raise BadInput(INFEASIBLE)
    return answer(programme, price), price


def cleared_from(programme: Programme, price: Array) -> tuple[Array, Array]:
    """As `cleared`, beginning with Newton steps from a price that may be near; piqp helps where they lead nowhere."""
    found = polished(programme, price)
    return (answer(programme, found), found) if clears(programme, found, SHARP) else cleared(programme)


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


def by_piqp(p: Programme) -> tuple[Array, Array]:
    """The answer (v,) and the price λ (r,) that piqp finds."""
    import piqp
    from scipy.sparse import csc_matrix, diags

    solver = piqp.SparseSolver()
    for name in ("eps_abs", "eps_rel", "eps_duality_gap_abs", "eps_duality_gap_rel"):
        setattr(solver.settings, name, ACCURACY)
    rows = csc_matrix(p.rows)
    shared = (rows, p.c, None, None, None) if p.equal else (None, None, rows, None, p.c)
    solver.setup(csc_matrix(diags(p.q)), p.f, *shared, p.lower, p.upper)
    status = solver.solve()
    if status in (piqp.PIQP_PRIMAL_INFEASIBLE, piqp.PIQP_DUAL_INFEASIBLE):
        raise BadInput(INFEASIBLE)
    price = solver.result.y if p.equal else solver.result.z_u
    return np.clip(np.array(solver.result.x), p.lower, p.upper), np.array(price)
