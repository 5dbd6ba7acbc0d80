"""The tables of a site as arrays: posts, and rows of phasors on a three-phase feeder.

Currents are in phase with the voltage that drives them, lines at 0°, -120°, 120°: from a line to the neutral at the
line's angle, between two lines 30° before the first of them, out of one and into the other. What three balanced phases
draw loads each line at its own angle, and the neutral not at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.charging.site_keys import LimitTable, PostTable, SiteTables
from robosim.charging.site_rules import hanging
from robosim.charging.station.feeder import Feeder
from robosim.charging.station.posts import KINDS, USUAL_A, Evses, Post, evses_of, of_levels, watts_per_a
from robosim.charging.station.site import Site, power_row

LINE_DEG = {"L1": 0.0, "L2": -120.0, "L3": 120.0}
PHASE_DEG = {**LINE_DEG, "L1-L2": 30.0, "L2-L3": -90.0, "L3-L1": 150.0}


class Row(NamedTuple):
    """One limit |Σ_j weight_j x_j exp(i angle_j)| ≤ limit_a, `weight`, `angle_deg` (n,).

    `whole_kw` is what balanced load fills it, if all posts hang on it: see `Feeder.whole_kw`.
    """

    name: str
    weight: Array
    angle_deg: Array
    limit_a: float
    whole_kw: float = math.nan


def post_of(table: PostTable) -> Post:
    """A post behind its breaker, its power an ampere by its voltage and phases."""
    kind = KINDS[table.kind or "continuous"] if table.levels_a is None else of_levels(table.levels_a)
    most = table.max_a if table.max_a is not None else kind.max_a if kind.levels_a else USUAL_A
    return Post(table.id, kind.limited(most), watts_per_a(table.volts, table.phases or 1), table.current == "DC")


def site_of_tables(tables: SiteTables, name: str) -> Site:
    """A sound site file as a site."""
    posts = evses_of([post_of(post) for post in tables.posts])
    rows = [row for limit in tables.limits for row in _rows(limit, tables.posts, posts, tables.site.line_volts)]
    return Site(name=tables.site.name or name, evses=posts, feeder=feeder_of(rows))


def feeder_of(rows: Sequence[Row]) -> Feeder:
    """Rows together; plain sums of nothing but loads need no phasors."""
    matrix, degrees = np.array([row.weight for row in rows]), np.array([row.angle_deg for row in rows])
    return Feeder(
        matrix=matrix,
        limit_a=np.array([row.limit_a for row in rows]),
        phase_rad=np.radians(degrees),
        names=tuple(row.name for row in rows),
        linear=bool((degrees == 0.0).all() and (matrix >= 0.0).all()),
        whole_kw=np.array([row.whole_kw for row in rows]),
    )


def _rows(limit: LimitTable, posts: Sequence[PostTable], made: Evses, line_volts: float | None) -> list[Row]:
    still = np.zeros(len(posts))
    among = np.array([float(hanging(limit, post)) for post in posts])
    if limit.limit_kw is not None:
        weight, most = power_row(made, among, limit.limit_kw)
        return [Row(limit.name, weight, still, most, limit.limit_kw if among.all() else math.nan)]
    most = limit.limit_a or 0.0  # one of the two is there
    if limit.weights is not None:
        weight = np.array([limit.weights.get(post.id, 0.0) for post in posts])
        angles = np.array([_angle(post) for post in posts])
        return [Row(limit.name, weight, angles, most, 0.0 if weight.all() else math.nan)]
    if limit.line is None:
        per_a = np.unique(made.voltage_v / 1000.0)
        whole_kw = most * float(per_a[0]) if len(per_a) == 1 else 0.0
        return [Row(limit.name, among, still, most, whole_kw if among.all() else math.nan)]
    return [_line_row(limit, line, posts, line_volts) for line in limit.line]


def _line_row(limit: LimitTable, line: str, posts: Sequence[PostTable], line_volts: float | None) -> Row:
    loads = [on_line(post, line, line_volts) if hanging(limit, post) else (0.0, 0.0) for post in posts]
    weight, angle = np.array(loads).T
    name = limit.name if limit.line is None or len(limit.line) == 1 else f"{limit.name} {line}"
    whole = line != "N" and all(hanging(limit, post) for post in posts)  # what is balanced does not load the neutral
    return Row(name, weight, angle, limit.limit_a or 0.0, _line_kw(limit, posts, line_volts) if whole else math.nan)


def _line_kw(limit: LimitTable, posts: Sequence[PostTable], line_volts: float | None) -> float:
    """kW of three balanced phases at the limit of each line; 0 where nothing says the voltage between them."""
    between = line_volts or next((post.volts for post in posts if post.phases == 3), 0.0)
    return math.sqrt(3.0) * between * (limit.limit_a or 0.0) / 1000.0


def _angle(post: PostTable) -> float:
    return PHASE_DEG[post.phase] if post.phase is not None else post.angle_deg or 0.0


def on_line(post: PostTable, line: str, line_volts: float | None = None) -> tuple[float, float]:
    """What 1 A of a post loads a line with: amperes, which may be negative, and their angle, degrees."""
    if post.three:
        share = post.volts / (math.sqrt(3.0) * (line_volts or post.volts)) if post.current == "DC" else 1.0
        return (0.0, 0.0) if line == "N" else (share, LINE_DEG[line])
    phase = post.phase or ""
    out, _, back = phase.partition("-")
    if line == "N":
        return (0.0 if back else 1.0), PHASE_DEG[phase]
    return (1.0 if line == out else -1.0 if line == back else 0.0), PHASE_DEG[phase]
