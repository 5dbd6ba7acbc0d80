"""The arrays of a charging station: cars, EVSEs, wires, and what is written down; all kernels of a day take these."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim.kernels import Array

CONTINUOUS, DEADBAND, LEVELS = range(3)
"""Kinds of EVSE: any current up to the most; none below the least; a table of levels."""


class Cars(NamedTuple):
    """N charging sessions; power and energy of the battery are those behind the charger's losses."""

    station: Array
    """(N,) int32."""
    stay: Array
    """(N, 2) arrival and departure in steps from the beginning: 3.25 is when a quarter of step 3 is over."""
    wanted_kwh: Array
    """(N,) metered energy at which a car stops, or ∞."""
    capacity_kwh: Array
    power_kw: Array
    """(N,) what the battery accepts at most."""
    bend: Array
    """(N,) state of charge from which the accepted power falls to 0 at 1; 1 for a linear battery."""
    efficiency: Array
    """(N,) energy stored per energy metered."""


class Posts(NamedTuple):
    """C charging stations (EVSEs)."""

    kind: Array
    """(C,) CONTINUOUS, DEADBAND or LEVELS."""
    least_a: Array
    most_a: Array
    kw_per_a: Array
    table: Array
    """(C,) row of `levels_a`."""
    levels_a: Array
    """(tables, longest) rising from 0, filled up with ∞."""


class Wires(NamedTuple):
    """K limits |Σ_c w_kc x_c| ≤ limit, or Σ_c Re(w_kc) x_c ≤ limit, on the stations' currents; stored by station."""

    start: Array
    """(C+1,) int32: entries start[c]:start[c+1] are those of station c."""
    row: Array
    real: Array
    imaginary: Array
    limit_a: Array
    """(K, 1|S) in each step, or in all."""
    linear: bool


class Logs(NamedTuple):
    """What is written down in S steps; the first three may be (0, 0): not wanted."""

    pilot_a: Array
    """(N, S)."""
    metered_kwh: Array
    """(N, S)."""
    content_kwh: Array
    """(N, S) at the end of each step of a stay, 0 outside it."""
    line_a: Array
    """(K, S) what each row carries."""
    site_kwh: Array
    """(S,) metered in all."""


def by_station(phasors: Array) -> tuple[Array, Array, Array, Array]:
    """The first four fields of `Wires` from (K, C) weights A_kc exp(i φ_c), real or complex."""
    column, row = np.nonzero(phasors.T)
    start = np.searchsorted(column, np.arange(phasors.shape[1] + 1)).astype(np.int32)
    entry = np.asarray(phasors[row, column], dtype=np.complex128)
    return start, row.astype(np.int32), entry.real.copy(), entry.imag.copy()


def blank(cars: int, rows: int, steps: int, *, full: bool = True) -> Logs:
    """Logs to write into; with `full` false only what does not grow with cars times steps."""
    shape = (cars, steps) if full else (0, 0)
    return Logs(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros((rows, steps)), np.zeros(steps))
