"""The least change to what a whole team wants that keeps every distance: one quadratic programme for all.

    min Σ_i ‖Δ_i - Δ̂_i‖²   s.t.   n_ij·(Δ_i - Δ_j) ≤ κh_ij / (2‖d_ij‖),   n·Δ_i ≤ κ(g - r_i) of things and walls

Only what is broken enters: rows are added until none is broken, which is the optimum of all rows, as fewer rows have no
larger minimum. Where nothing is broken nothing is solved. Rows tie robots into groups, each a programme of its own.
No limit of speed is in it. Who would be too fast slows down with all of its group: parts of what is safe are safe.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim.kernels import Array
from robosim.kernels.barrier import Keeping
from robosim.kernels.barrier_pairs import broken_pairs, groups, matrix, own_of_all, rows_of_pairs, without

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
    pairs : (k, 2), those that are likely to hold it back, from where the search for what is tight begins; any will do.
    """
    move, unit = wanted, float(np.sqrt(np.einsum("nd,nd->n", wanted, wanted)).max(initial=0.0))
    known, own, tight = pairs[:0], np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
    alone = own_rows(here, keeping)
    for _ in range(TIMES):
        fresh = without(broken_pairs(here, move, keeping, ACCURACY * unit), known, len(here))
        fresh_own = np.setdiff1d(broken(alone, move, ACCURACY * unit), own) if alone.bound.size else own[:0]
        if not len(fresh) and not fresh_own.size:
            return move, known[tight[: len(known)]]
        if not len(known) and not own.size:
            known, tight = pairs, np.ones(len(pairs), dtype=bool)
            fresh = without(fresh, pairs, len(here))
        none = np.zeros(len(fresh), dtype=bool), np.zeros(fresh_own.size, dtype=bool)
        tight = np.concatenate([tight[: len(known)], none[0], tight[len(known) :], none[1]])
        known, own = np.concatenate([known, fresh]), np.concatenate([own, fresh_own])
        solved = solve(wanted, together(here, known, chosen(alone, own), keeping), tight, unit)
        if solved is None:
            return None
        move, tight = solved
    return None


def own_rows(here: Array, keeping: Keeping) -> Rows:
    """All rows of things and walls."""
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


def solve(wanted: Array, rows: Rows, tight: Array, unit: float) -> tuple[Array, Array] | None:
    """The optimum (n, d) and which rows are tight (k,), group by group; None where daqp ends without one.

    `tight` (k,) is a guess of these.
    """
    move, found = wanted.copy(), np.zeros(len(rows.bound), dtype=bool)
    paired = rows.second >= 0
    group = groups(len(wanted), np.stack([rows.first[paired], rows.second[paired]], axis=-1))
    of_row = group[rows.first]
    for g in np.unique(of_row):
        members, which = np.flatnonzero(group == g), np.flatnonzero(of_row == g)
        place = np.full(len(wanted), -1)
        place[members] = np.arange(len(members))
        part = solve_group(wanted[members] / unit, chosen(rows, which), place, tight[which], unit)
        if part is None:
            return None
        move[members], found[which] = unit * part[0], part[1]
    return move, found


def solve_group(wanted: Array, rows: Rows, place: Array, tight: Array, unit: float) -> tuple[Array, Array] | None:
    """The same of a group of robots, wanted (n, d) in units of `unit`; robot i of the team is number place[i] in it."""
    import daqp

    dense = matrix(rows.first, rows.second, rows.row, place, len(wanted))
    upper, lower = rows.bound / unit, np.full(len(rows.bound), -FAR)
    start, tolerance = tight.astype(np.int32), 0.1 * ACCURACY
    whole, linear = np.eye(wanted.size), -wanted.ravel()
    x, _, flag, info = daqp.solve(whole, linear, dense, upper, lower, sense=start, primal_tol=tolerance)
    if flag != 1 or not np.isfinite(x).all():
        x, _, flag, info = daqp.solve(whole, linear, dense, upper, lower, primal_tol=tolerance)
    if flag != 1 or not np.isfinite(x).all():
        return None
    return x.reshape(wanted.shape), np.asarray(info["lam"]) > 0.0


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
