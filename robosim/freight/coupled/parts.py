"""Plain arrays, checked, as `Coupled` holds them: shapes spread, quadratic costs as edges, inequalities as slack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, hstack, issparse, vstack

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.kernels.congestion import bends

Sense = Literal["=", "<=", ">="]
SENSES: tuple[Sense, ...] = ("=", "<=", ">=")
Parts = dict[str, Any]
ROUNDING = 1e-9
"""Up to what share of the largest number a cost matrix may be unsymmetric or bent the wrong way."""


def numbers(name: str, x: ArrayLike) -> Array:
    """`x` as float64. Raises `BadInput` naming it."""
    try:
        return np.asarray(x, dtype=np.float64)
    except (ValueError, TypeError):
        raise BadInput(f"{name}: must be an array of numbers, got {x!r:.60} (rows of one length)") from None


def spread(name: str, x: ArrayLike, shape: tuple[int, ...], whole: bool = True) -> Array:
    """`x` as float64 of this shape; `whole` if it must be finite. Raises `BadInput` naming it."""
    given = numbers(name, x)
    try:
        spread_out = np.array(np.broadcast_to(given, shape))
    except ValueError:
        raise BadInput(f"{name}: must have the shape {shape} or spread to it, got {given.shape} (reshape it)") from None
    bad = ~np.isfinite(spread_out) if whole else np.isnan(spread_out)
    if bad.any():
        raise BadInput(
            f"{name}: must be {'finite' if whole else 'a number or ±∞'}, got {spread_out[bad][0]} (correct it)"
        )
    return spread_out


def power_of(power: ArrayLike, edges: int) -> float | Array:
    """One power for all edges, or (E,); the same for all is one. Raises `BadInput` naming it."""
    given = numbers("power", power)
    if given.ndim == 0:
        return float(given)
    each = spread("power", given, (edges,))
    return float(each[0]) if each.size and (each == each[0]).all() else each if each.size else 1.0


def stacked(theta: Any, agents: int, n: int) -> csr_array:
    """Θ (E, N·n) of a sparse or dense matrix of that shape, of blocks (N, E, n), or of None: no edges."""
    if theta is None:
        return csr_array((0, agents * n), dtype=np.float64)
    if not issparse(theta):
        theta = numbers("theta", theta)
        theta = np.concatenate(list(theta), axis=1) if theta.ndim == 3 else np.atleast_2d(theta)
    sparse = csr_array(theta, dtype=np.float64)
    if sparse.shape[1] != agents * n:
        raise BadInput(
            f"theta: must have {agents}·{n} columns, got {sparse.shape[1]} (n columns for each agent in turn)"
        )
    if not np.isfinite(sparse.data).all():
        raise BadInput(f"theta: must be finite, got {sparse.data[~np.isfinite(sparse.data)][0]} (correct it)")
    sparse.sum_duplicates()
    sparse.eliminate_zeros()
    return sparse


def uses(theta: csr_array, agents: int) -> Array:
    """s_ie: how many of agent i's variables load edge e, (N, E); X, (B.3)."""
    edges, columns = theta.shape
    entries = theta.tocoo()
    place = entries.col // max(1, columns // agents) * edges + entries.row
    return np.bincount(place, minlength=agents * edges).reshape(agents, edges).astype(np.float64)


def shares(part: Array, theta: csr_array) -> Array:
    """Parts (N, E) made to add up to 1 on every edge that is used; by use where nobody who is left had a part."""
    use = uses(theta, len(part))
    total = part.sum(axis=0)
    part = np.where(total > 0, part, use)
    total = part.sum(axis=0)
    return np.asarray(part / np.where(total > 0, total, 1.0))


def check_congestion(parts: Mapping[str, Any]) -> None:
    """Congestion must be convex where it is used: a ≥ 0, p ≥ 1, and flows ≥ 0 unless p = 1. Raises `BadInput`."""
    a, power, part, theta = (parts[name] for name in ("congestion", "power", "part", "theta"))
    if not (a >= 0).all():
        raise BadInput(f"congestion: must be ≥ 0, got {a.min()} (else costs are not convex)")
    if not (np.min(power) >= 1 and np.max(power) < np.inf):
        raise BadInput(f"power: must be at least 1, got {np.min(power)} (1 is linear congestion, 4 is BPR)")
    used = uses(theta, len(part)).sum(axis=0) > 0
    if not (part >= 0).all() or not np.allclose(part.sum(axis=0)[used], 1.0, rtol=0, atol=ROUNDING):
        raise BadInput(
            "part: must be ≥ 0 and add up to 1 over the agents on every used edge (leave it out for use counts)"
        )
    loads = np.asarray(abs(theta).sum(axis=0)).ravel() > 0
    if bends(power) and not ((theta.data >= 0).all() and (parts["lower"].ravel()[loads] >= 0).all()):
        powers = ", ".join(f"{one:g}" for one in np.unique(power)[:4])
        raise BadInput(f"theta, lower: flows must be ≥ 0 where the power is {powers} (give theta ≥ 0 and lower ≥ 0)")


def with_own_costs(parts: Parts, H: Sequence[ArrayLike | None]) -> Parts:
    """Quadratic costs ½ x_i'H_i x_i as edges that only i uses: Θ_i gets the rows L_i' of H_i = L_i L_i', a = ½.

    Parameters
    ----------
    H : N of them, each (n, n), or (n,) for a diagonal, or None.

    Raises
    ------
    BadInput
        naming the agent whose cost is not symmetric, not convex, or of another shape.
    """
    agents, n = parts["slope"].shape
    given = list(H)
    if len(given) != agents:
        raise BadInput(f"H: must be one matrix for each of {agents} agents, got {len(given)} (None for who has none)")
    rows = [_rows(i, one, n) for i, one in enumerate(given)]
    if bends(parts["power"]) and any(map(len, rows)):
        raise BadInput(
            f"H: quadratic costs need the power 1, got {np.max(parts['power'])} (leave H out, or take linear "
            "congestion)"
        )
    owner = np.repeat(np.arange(agents), [len(one) for one in rows])
    blocks = [csr_array((len(one), n)) if not len(one) else csr_array(one) for one in rows]
    lifted = csr_array(_diagonal(blocks, n))
    return {
        **parts,
        "theta": csr_array(vstack([parts["theta"], lifted])),
        "congestion": np.concatenate([parts["congestion"], np.full(len(owner), 0.5)]),
        "part": np.concatenate([parts["part"], np.arange(agents)[:, None] == owner], axis=1),
    }


def _diagonal(blocks: list[csr_array], n: int) -> csr_array:
    agents = len(blocks)
    wide = [
        hstack([csr_array((b.shape[0], i * n)), b, csr_array((b.shape[0], (agents - i - 1) * n))])
        for i, b in enumerate(blocks)
    ]
    return csr_array(vstack(wide))


def _rows(agent: int, H: ArrayLike | None, n: int) -> Array:
    """L' (rank, n) of an agent's own H."""
    if H is None:
        return np.zeros((0, n))
    left = numbers(f"H[{agent}]", H)
    whole = spread(f"H[{agent}]", np.diag(left) if left.ndim == 1 else left, (n, n))
    return factor(whole, f"H[{agent}]: agent {agent}'s cost")


def factor(H: Array, what: str) -> Array:
    """L' (rank, n) of H = LL' by Cholesky with pivots: no LAPACK, so bits repeat; zero eigenvalues drop out.

    Parts of H that do not touch each other get rows of their own.
    """
    left, n, size = H, len(H), float(np.abs(H).max(initial=0.0))
    if np.abs(left - left.T).max(initial=0.0) > ROUNDING * size:
        raise BadInput(f"{what} must be symmetric (give ½(H + H'), which costs the same)")
    left = 0.5 * (left + left.T)
    rows: list[Array] = []
    while (diagonal := np.diag(left)).size and diagonal.max() > 1e-14 * size and len(rows) < n:
        best = int(diagonal.argmax())
        rows.append(left[best] / np.sqrt(diagonal[best]))
        left = left - np.multiply.outer(rows[-1], rows[-1])
        left[best], left[:, best] = 0.0, 0.0
    if np.abs(left).max(initial=0.0) > ROUNDING * size:
        least = float(np.linalg.eigvalsh(0.5 * (H + H.T))[0])
        raise BadInput(f"{what} is not convex: least eigenvalue {least:g} (it must be ≥ 0)")
    return np.array(rows).reshape(-1, n)


def senses(sense: Any, rows: int) -> tuple[Sense, ...]:
    """One sense a row of b. Raises `BadInput` for another word, or another number of them."""
    given = [sense] * rows if isinstance(sense, str) else [str(one) for one in sense]
    wrong = [one for one in given if one not in SENSES]
    if wrong:
        raise BadInput(f"sense: must be '=', '<=' or '>=', got {wrong[0]!r} (use one of these, or a list of them)")
    if len(given) != rows:
        raise BadInput(
            f"sense: must be one, or one for each of {rows} rows of b, got {len(given)} (give each row its own)"
        )
    return tuple(given)  # type: ignore[arg-type]  # checked above


def with_slack(parts: Parts, sense: Sequence[Sense]) -> Parts:
    """Σ A_i x_i ≤ b (or ≥) as an equality: every agent gets one more variable w_i ≥ 0 for each such row, in their
    order, Σ (A_i x_i ± w_i) = b; X, Remark 1.

    Everybody's program stays the same, nobody is special, and any agent may be absent: the others have slack of their
    own. No w_i need exceed b less the least that the agents' boxes let Σ A_j x_j be (or the most, less b), so it is
    limited to that.
    """
    A, lower, upper, theta = (parts[name] for name in ("A", "lower", "upper", "theta"))
    rows = [r for r, one in enumerate(sense) if one != "="]
    sign = np.array([1.0 if sense[r] == "<=" else -1.0 for r in rows])
    (agents, _, n), m = A.shape, len(rows)
    signed = sign[:, None] * A[:, rows]
    with np.errstate(invalid="ignore"):
        ends = np.where(signed != 0, np.minimum(signed * lower[:, None], signed * upper[:, None]), 0.0)
    room = np.maximum(sign * parts["b"][rows] - np.minimum(ends.sum(axis=2), 0.0).sum(axis=0), 0.0)
    slack = np.zeros((A.shape[1], m))
    slack[rows, np.arange(m)] = sign
    entries = theta.tocoo()
    columns = entries.col + entries.col // n * m
    shape = (theta.shape[0], agents * (n + m))
    return {
        **parts,
        "theta": csr_array((entries.data, (entries.row, columns)), shape=shape),
        "slope": np.concatenate([parts["slope"], np.zeros((agents, m))], axis=1),
        "A": np.concatenate([A, np.broadcast_to(slack, (agents, *slack.shape))], axis=2),
        "limits": np.concatenate([parts["limits"], np.zeros((agents, parts["limits"].shape[1], m))], axis=2),
        "lower": np.concatenate([lower, np.zeros((agents, m))], axis=1),
        "upper": np.concatenate([upper, np.broadcast_to(room, (agents, m))], axis=1),
    }
