"""Posts: the currents that they can be told to allow, and what an ampere of each draws.

Sources: SAE J1772 (a pilot below 6 A means no charging); level tables as in acnportal (BSD-3, models/evse.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import shown, suggestion

CONTINUOUS, DEADBAND, LEVELS = 0, 1, 2
SLACK = 1.0 + 1e-12
"""A level is allowed from this fraction below it, so that turning kW into amperes never costs a level."""
USUAL_A = 32.0
"""The breaker of a post of which nothing else is said."""


class EvseKind(NamedTuple):
    """What one make of station can do; `levels_a` only for `LEVELS`, rising from 0; `max_a` may be inf: a breaker's."""

    code: int
    min_a: float
    max_a: float
    levels_a: tuple[float, ...] = ()

    def limited(self, max_a: float) -> EvseKind:
        """The same make behind a breaker."""
        levels = tuple(level for level in self.levels_a if level <= max_a)
        return EvseKind(self.code, self.min_a, levels[-1] if levels else min(self.max_a, max_a), levels)


KINDS = {
    "continuous": EvseKind(CONTINUOUS, 0.0, math.inf),
    "deadband": EvseKind(DEADBAND, 6.0, math.inf),
    "aerovironment": EvseKind(LEVELS, 6.0, 32.0, (0.0, *(float(level) for level in range(6, 33)))),
    "clippercreek": EvseKind(LEVELS, 8.0, 32.0, (0.0, 8.0, 16.0, 24.0, 32.0)),
}


def of_levels(levels_a: Sequence[float]) -> EvseKind:
    """A make with pilot levels of its own, in any order; 0 is always one of them."""
    levels = tuple(sorted({0.0, *map(float, levels_a)}))
    return EvseKind(LEVELS, levels[1] if len(levels) > 1 else 0.0, levels[-1], levels)


class Post(NamedTuple):
    """One station: its make behind its breaker, and what 1 A draws, W (see `watts_per_a`)."""

    id: str
    kind: EvseKind
    voltage_v: float
    direct: bool = False


def watts_per_a(volts: float, phases: int) -> float:
    """Watts of 1 A: `volts` between the two conductors, or, of three balanced phases, between two lines.

    >>> round(watts_per_a(400.0, 3) * 32), watts_per_a(230.0, 1) * 32
    (22170, 7360.0)
    """
    return math.sqrt(3.0) * volts if phases == 3 else volts


@dataclass(frozen=True, kw_only=True)
class Evses:
    """n stations: `kind` (n,) codes, `min_a`, `max_a` (n,) A, `voltage_v` (n,), and the tables of levels.

    A current of 1 A draws `voltage_v` watts: for three balanced phases that is √3 times the line voltage. `table` (n,)
    is the row of `levels_a` (tables, longest), filled up with inf; row 0 is for stations without levels. `direct` (n,)
    has the posts of direct current.
    """

    ids: tuple[str, ...]
    kind: NDArray[np.int8]
    min_a: Array
    max_a: Array
    voltage_v: Array
    table: NDArray[np.int32]
    levels_a: Array
    direct: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def max_kw(self) -> Array:
        """The most that each station delivers, (n,) kW."""
        return self.max_a * self.voltage_v / 1000.0

    @property
    def alike(self) -> tuple[tuple[float, ...], ...]:
        """One key for each station, (n,): equal where direct or not, levels, currents and watts an ampere are."""
        columns = (self.direct, self.kind, self.table, self.min_a, self.max_a, self.voltage_v)
        return tuple(zip(*(column.tolist() for column in columns), strict=True))


def evses(ids: Sequence[str], kinds: str | Sequence[str], *, voltage_v: float = 208.0, max_a: float = USUAL_A) -> Evses:
    """Stations by name of their kind (one for all, or one each), limited to `max_a` amperes.

    Raises
    ------
    BadInput
        An unknown kind, or a limit below the least current of a kind.
    """
    names = [kinds] * len(ids) if isinstance(kinds, str) else list(kinds)
    made = {name: _kind(name, max_a) for name in dict.fromkeys(names)}
    return evses_of([Post(one, made[name], voltage_v) for one, name in zip(ids, names, strict=True)])


def evses_of(posts: Sequence[Post]) -> Evses:
    """Posts as arrays."""
    tables = list(dict.fromkeys([(), *(post.kind.levels_a for post in posts)]))
    row = {levels: number for number, levels in enumerate(tables)}
    longest = max(1, *map(len, tables))
    return Evses(
        ids=tuple(post.id for post in posts),
        kind=np.array([post.kind.code for post in posts], dtype=np.int8),
        min_a=np.array([post.kind.min_a for post in posts], dtype=np.float64),
        max_a=np.array([post.kind.max_a for post in posts], dtype=np.float64),
        voltage_v=np.array([post.voltage_v for post in posts], dtype=np.float64),
        table=np.array([row[post.kind.levels_a] for post in posts], dtype=np.int32),
        levels_a=np.array([levels + (np.inf,) * (longest - len(levels)) for levels in tables]),
        direct=np.array([post.direct for post in posts], dtype=np.bool_),
    )


def allowed_current(asked_a: Array, stations: Evses) -> Array:
    """The largest current that each station can be told to allow and that is not above the asked one, (…, n) A.

    What is not a positive number gives 0. Within a relative 1e-12 below a level counts as that level.
    """
    asked = np.where(asked_a > 0.0, asked_a, 0.0)  # also for NaN, which must never open a station
    allowed = np.minimum(asked, stations.max_a)
    below = asked * SLACK < stations.min_a
    allowed = np.where(stations.kind == DEADBAND, np.where(below, 0.0, np.maximum(allowed, stations.min_a)), allowed)
    for row, levels in enumerate(stations.levels_a):
        here = np.flatnonzero((stations.kind == LEVELS) & (stations.table == row))
        if here.size:
            allowed[..., here] = levels[np.searchsorted(levels, allowed[..., here] * SLACK, side="right") - 1]
    return allowed


def _kind(name: str, max_a: float) -> EvseKind:
    if name not in KINDS:
        fix = suggestion(name, KINDS, f"known: {', '.join(KINDS)}")
        raise BadInput(f"evse: unknown kind {shown(name)} ({fix})")
    if not KINDS[name].min_a <= max_a < np.inf:
        raise BadInput(f"evse: a limit of {max_a:g} A (kind {name!r} needs {KINDS[name].min_a:g} A or more)")
    return KINDS[name].limited(max_a)
