"""The Caltech Adaptive Charging Network: 54 stations behind a delta-wye transformer."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.charging.station.feeder import Feeder
from robosim.charging.station.posts import evses
from robosim.charging.station.site import Site

# Station numbers by the pair of phases that feeds them.
CLIPPERCREEK_POD = (322, 493, 496, 320, 495, 321, 323, 494)
AEROVIRONMENT_POD = (324, 325, 326, 327, 489, 490, 491, 492)
AB = (308, 508, 303, 513, 310, 506, 316, 500, 318, 498, *AEROVIRONMENT_POD, *CLIPPERCREEK_POD)
BC = (304, 512, 305, 511, 313, 503, 311, 505, 317, 499, 148, 149, 212, 213)
CA = (307, 509, 309, 507, 306, 510, 315, 501, 319, 497, 312, 504, 314, 502)
NUMBERS = (*AB, *BC, *CA)
PHASE_DEG = {AB: 30.0, BC: -90.0, CA: 150.0}
POD_A = 80.0
PRIMARY_V, SECONDARY_V = 277.0, 120.0
TURNS = 4.0
"""I2a = (I3a - I3c) / 4 between the two sides of the delta-wye transformer."""


def caltech_site(transformer_kw: float = 150.0, kind: str | None = None) -> Site:
    """The garage at Caltech: 54 stations of 208 V, two pods of eight at 80 A, a delta-wye transformer.

    Stations, phases and limits are those of acnportal 0.3.3 (BSD-3, acnsim/network/sites/caltech_acn.py), described in
    Lee, Li, Low (e-Energy 2019). `kind` puts one kind of station in place of AeroVironment and ClipperCreek.
    """
    kinds = [kind or ("clippercreek" if number in CLIPPERCREEK_POD else "aerovironment") for number in NUMBERS]
    phase = np.radians([degrees for numbers, degrees in PHASE_DEG.items() for _ in numbers])
    rows = _caltech_rows()
    secondary, primary = (transformer_kw * 1000.0 / 3.0 / volt for volt in (SECONDARY_V, PRIMARY_V))
    limits = [POD_A] * 2 + [secondary] * 3 + [primary] * 3
    feeder = Feeder(
        matrix=np.array(list(rows.values())),
        limit_a=np.array(limits),
        phase_rad=phase,
        names=tuple(rows),
        whole_kw=np.array([np.nan] * 2 + [transformer_kw] * 6),
    )
    return Site(name="caltech", evses=evses([f"CA-{number}" for number in NUMBERS], kinds), feeder=feeder)


def _caltech_rows() -> dict[str, Array]:
    """A, row by row: line currents of the secondary are differences of the currents between its phases."""
    ab, bc, ca = _among(AB), _among(BC), _among(CA)
    a, b, c = ab - ca, bc - ab, ca - bc
    return {
        "CC pod": _among(CLIPPERCREEK_POD),
        "AV pod": _among(AEROVIRONMENT_POD),
        "secondary A": a,
        "secondary B": b,
        "secondary C": c,
        "primary A": (a - c) / TURNS,
        "primary B": (b - a) / TURNS,
        "primary C": (c - b) / TURNS,
    }


def _among(numbers: tuple[int, ...]) -> Array:
    return np.isin(NUMBERS, numbers).astype(np.float64)
