"""The least change to what a whole team wants that keeps every distance: one quadratic programme for all.

    min Σ_i ‖Δ_i - Δ̂_i‖²   s.t.   n_ij·(Δ_i - Δ_j) ≤ κh_ij / (2‖d_ij‖),   n·Δ_i ≤ κ(g - r_i) of things and walls

Only what is broken enters: rows are added until none is broken, which is the optimum of all rows, as fewer rows have no
larger minimum. Where nothing is broken nothing is solved. Rows tie robots into groups, each a programme of its own.
No limit of speed is in it. Who would be too fast slows down with all of its group: parts of what is safe are safe.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from robosim.kernels import Array
from robosim.kernels.barrier import Keeping
from robosim.kernels.barrier_pairs import broken_pairs, own_of_all, rows_of_pairs

ACCURACY = 1e-12
"""How far rows may be broken, as a share of the longest move."""
TIMES = 60
"""How often rows are added, at most."""
FAR = 1e30
"""What daqp takes for infinity."""


class Rows(NamedTuple):
    """row·(Δ_first - Δ_second) ≤ bound: first (k,); second (k,), -1 of things and walls; row (k, d); bound (k,)."""

    first: Array
    second: Array
    row: Array
    bound: Array


def least_change(here: Array, wanted: Array, keeping: Keeping, pairs: Array) -> tuple[Array, Array] | None:
    """The motion of one team, and the pairs that hold it back; None where the solver ends without it.

    Parameters
    ----------
    here, wanted : (n, d), m and m a control step.
    pairs : (k, 2), those that are likely to hold it back; any will do.
    """
    move, unit = wanted, float(np.sqrt((wanted**2).sum(axis=-1)).max(initial=0.0))
    known, own = np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.int64)
    held = known
    for _ in range(TIMES):
        fresh = without(broken_pairs(here, move, keeping, ACCURACY * unit), known, len(here))
        alone = own_rows(here, move, keeping)
        fresh_own = np.setdiff1d(broken(alone, move, ACCURACY * unit), own)
        if not len(fresh) and not fresh_own.size:
            return move, held
        known = np.concatenate([known, fresh, without(pairs, fresh, len(here))] if not len(known) else [known, fresh])
        own = np.union1d(own, fresh_own)
        solved = solve(wanted, together(here, known, chosen(alone, own), keeping), unit)
        if solved is None:
            return None
        move, tight = solved
        held = known[tight[: len(known)]]
    return None


def without(pairs: Array, others: Array, n: int) -> Array:
    """Pairs (k, 2) that are not among the others."""
    return pairs[~np.isin(pairs[:, 0] * n + pairs[:, 1], others[:, 0] * n + others[:, 1])]


def own_rows(here: Array, move: Array, keeping: Keeping) -> Rows:
    """All rows of things and walls, in an order that does not depend on the move."""
    whose, row, bound = own_of_all(here, np.full(len(here), np.inf), keeping)
    return Rows(whose, np.full(len(whose), -1), row, bound)


def broken(rows: Rows, move: Array, room: float) -> Array:
    """Numbers of the rows that a move breaks by more than `room`."""
    return np.flatnonzero(np.einsum("kd,kd->k", rows.row, move[rows.first]) > rows.bound + room)


def chosen(rows: Rows, which: Array) -> Rows:
    """These rows only."""
    return Rows(*(part[which] for part in rows))


def together(here: Array, pairs: Array, own: Rows, keeping: Keeping) -> Rows:
    """Rows of pairs, then those of things and walls."""
    row, bound = rows_of_pairs(here, pairs, keeping)
    return Rows(
        np.concatenate([pairs[:, 0], own.first]),
        np.concatenate([pairs[:, 1], own.second]),
        np.concatenate([row, own.row]),
        np.concatenate([bound, own.bound]),
    )


def groups(n: int, pairs: Array) -> Array:
    """Number of each robot's group (n,): those that pairs (k, 2) tie together."""
    ones = np.ones(len(pairs))
    return np.asarray(connected_components(coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n, n)), False)[1])


def solve(wanted: Array, rows: Rows, unit: float) -> tuple[Array, Array] | None:
    """The optimum (n, d) and which rows are tight (k,), group by group; None where daqp ends without one."""
    move, tight = wanted.copy(), np.zeros(len(rows.bound), dtype=bool)
    paired = rows.second >= 0
    group = groups(len(wanted), np.stack([rows.first[paired], rows.second[paired]], axis=-1))
    of_row = group[rows.first]
    for g in np.unique(of_row):
        members, which = np.flatnonzero(group == g), np.flatnonzero(of_row == g)
        found = solve_group(wanted[members] / unit, chosen(rows, which), members, unit)
        if found is None:
            return None
        move[members], tight[which] = unit * found[0], found[1]
    return move, tight


def solve_group(wanted: Array, rows: Rows, members: Array, unit: float) -> tuple[Array, Array] | None:
    """The same of the robots `members` (n,), wanted (n, d) in units of `unit`."""
    import daqp

    n, d = wanted.shape
    matrix, k = np.zeros((len(rows.bound), n, d)), np.arange(len(rows.bound))
    matrix[k, np.searchsorted(members, rows.first)] = rows.row
    paired = rows.second >= 0
    matrix[k[paired], np.searchsorted(members, rows.second[paired])] = -rows.row[paired]
    upper, lower = rows.bound / unit, np.full(len(k), -FAR)
    x, _, flag, info = daqp.solve(
        np.eye(n * d), -wanted.ravel(), matrix.reshape(len(k), -1), upper, lower, primal_tol=0.1 * ACCURACY
    )
    if flag != 1 or not np.isfinite(x).all():
        return None
    return x.reshape(n, d), np.asarray(info["lam"]) > 0.0


def slowed(here: Array, move: Array, keeping: Keeping, held: Array) -> Array:
    """Everybody within its reach: groups slow down as one, and with whom that would bring them too near."""
    size = np.sqrt((move**2).sum(axis=-1))
    share = np.minimum(1.0, keeping.reach / np.where(size > 0.0, size, 1.0))
    share = np.where(size > 0.0, share, 1.0)
    room = ACCURACY * float(size.max(initial=0.0))
    while (share < 1.0).any():
        group = groups(len(here), held)
        least = np.ones(group.max() + 1)
        np.minimum.at(least, group, share)
        slow = move * least[group][:, None]
        more = without(broken_pairs(here, slow, keeping, 2 * room), held, len(here))
        if not len(more):
            return np.asarray(slow)
        held = np.concatenate([held, more])
    return move
