"""What the wires carry: limits on weighted sums of the stations' currents, as numbers or as phasors.

Source of the three-phase form: Lee, Sharma, Johansson, Low, ACN-Sim, IEEE Transactions on Smart Grid 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array

MOST_SIDES = 4096


@dataclass(frozen=True, kw_only=True)
class Feeder:
    """Rows k of limits on n currents x ≥ 0, in amperes (or kW throughout: then `limit_a` is in kW too).

    Three-phase: |Σ_j A_kj x_j exp(i φ_j)| ≤ c_k. With `linear`, Σ_j A_kj x_j ≤ c_k, whatever the phases.
    """

    matrix: Array
    """A, (rows, n)."""
    limit_a: Array
    """c ≥ 0, (rows,)."""
    phase_rad: Array
    """φ, (n,); or (rows, n) where a post loads several lines, each at another angle."""
    names: tuple[str, ...]
    """What each row limits."""
    linear: bool = False
    whole_kw: Array | None = None
    """(rows,) what balanced load fills a row that all posts hang on, kW, 0 where that is not known; NaN for rows of a
    part of the posts, and for a neutral; None where nothing of this is known."""

    @cached_property
    def phasors(self) -> NDArray[np.complex128]:
        """A_kj exp(i φ_j), (rows, n)."""
        return np.asarray(self.matrix * np.exp(1j * self.phase_rad))

    def loads(self, x: Array) -> Array:
        """What each row carries, (…, rows), for currents (…, n); leading axes may be time."""
        if self.linear:
            return np.asarray(np.einsum("...j,kj->...k", x, self.matrix))
        real = np.einsum("...j,kj->...k", x, self.phasors.real)
        imaginary = np.einsum("...j,kj->...k", x, self.phasors.imag)
        return np.asarray(np.hypot(real, imaginary))

    def violations(self, x: Array) -> Array:
        """By how much each row is exceeded, (…, rows), 0 where it holds."""
        return np.maximum(self.loads(x) - self.limit_a, 0.0)

    def polygon_rows(self, sides: int = 24) -> int:
        """How many rows `inner_polygon` has."""
        return len(self.limit_a) if self.linear else sum(len(_chords(row, sides)[0]) for row in self.phasors)

    def inner_polygon(self, sides: int = 24) -> Rows:
        """Linear rows that imply every limit, for planning with prices: see `inner_rows`."""
        if self.linear:
            return Rows(self.matrix, self.limit_a, np.arange(len(self.limit_a)), 0.0)
        return inner_rows(self.phasors, self.limit_a, sides)


class Rows(NamedTuple):
    """Linear limits matrix @ x ≤ limit_a, (m, n) and (m,); row m stands for row `origin[m]` (m,) of the feeder.

    Whatever carries at most the fraction 1 - `loss` of every limit is allowed.
    """

    matrix: Array
    limit_a: Array
    origin: NDArray[np.int64]
    loss: float


def single_limit(limit_a: float, n: int, limit_kw: float | None = None) -> Feeder:
    """One limit on the plain sum of n currents, which is as many kW where that is known."""
    return Feeder(
        matrix=np.ones((1, n)),
        limit_a=np.array([float(limit_a)]),
        phase_rad=np.zeros(n),
        names=("feeder",),
        linear=True,
        whole_kw=None if limit_kw is None else np.array([float(limit_kw)]),
    )


def inner_rows(phasors: NDArray[np.complex128], limit_a: Array, sides: int) -> Rows:
    """Rows whose feasible x ≥ 0 satisfy |Σ_j p_kj x_j| ≤ c_k.

    For x ≥ 0 the sum lies in the sector that the phasors of row k span. Its arc of radius c_k is cut into chords of at
    most 2π/sides. A chord of half angle h about direction θ gives Re(exp(-iθ) Σ_j p_kj x_j) ≤ c_k cos h: a sum of angle
    α in the chord's part has |sum| cos(α - θ) ≤ c_k cos h and |α - θ| ≤ h, so |sum| ≤ c_k. Conversely |sum| ≤ c_k cos h
    implies the row, so at most 1 - cos(π/sides) of a limit is lost, and nothing where all phasors point in one
    direction (the chord is a point).

    Parameters
    ----------
    phasors : (rows, n) complex. limit_a : (rows,) ≥ 0. sides : of a whole circle, 3 or more.

    Raises
    ------
    ValueError
        `sides` outside 3 … 4096.
    """
    if not 3 <= sides <= MOST_SIDES:
        raise ValueError(f"sides must be 3 … {MOST_SIDES}, got {sides} (24 loses 0.9 % of a limit)")
    parts = [_chords(row, sides) for row in phasors]
    count, half = [len(angles) for angles, _ in parts], np.array([half for _, half in parts])
    origin = np.repeat(np.arange(len(parts)), count)
    directions = np.exp(-1j * np.concatenate([angles for angles, _ in parts]))
    matrix = np.real(directions[:, None] * phasors[origin])
    return Rows(matrix, (limit_a * np.cos(half))[origin], origin, 1.0 - float(np.cos(half).min()))


def _chords(row: NDArray[np.complex128], sides: int) -> tuple[Array, float]:
    """The directions of the chords over the sector of one row, and half the angle of each."""
    low, high = _sector(row)
    count = max(1, int(np.ceil((high - low) * sides / (2.0 * np.pi) - 1e-9)))
    half = (high - low) / (2 * count)
    return low + half * np.arange(1.0, 2 * count, 2.0), half


def _sector(row: NDArray[np.complex128]) -> tuple[float, float]:
    """The angles between which non-negative combinations lie; a whole turn unless they stay in a half plane."""
    used = row[row != 0]
    if not used.size:
        return 0.0, 0.0
    middle = complex(np.sum(used / np.abs(used)))
    offsets = np.angle(used * np.conj(middle))
    if abs(middle) < 1e-9 or np.ptp(offsets) > np.pi - 1e-9:
        return -np.pi, np.pi
    return float(np.angle(middle) + offsets.min()), float(np.angle(middle) + offsets.max())
