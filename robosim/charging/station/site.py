"""Sites: posts, and the wires that feed them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robosim.agent import Array
from robosim.charging.station.feeder import Feeder, single_limit
from robosim.charging.station.posts import USUAL_A, Evses, Post, evses, evses_of


@dataclass(frozen=True, kw_only=True)
class Site:
    """n posts behind one feeder; where all are equal and unnamed, who stands where means nothing."""

    name: str
    evses: Evses
    feeder: Feeder
    unnamed: bool = False


def plain_site(
    count: int, limit_kw: float, kind: str = "continuous", *, voltage_v: float = 208.0, max_a: float = USUAL_A
) -> Site:
    """`count` equal stations behind one limit on their sum."""
    ids = [f"EVSE-{number:0{len(str(count))}d}" for number in range(1, count + 1)]
    return Site(
        name="plain",
        evses=evses(ids, kind, voltage_v=voltage_v, max_a=max_a),
        feeder=single_limit(limit_kw * 1000.0 / voltage_v, count, limit_kw),
        unnamed=True,
    )


def listed_site(posts: Sequence[Post], limit_kw: float) -> Site:
    """Posts that differ, behind one limit on the sum of their power."""
    made = evses_of(posts)
    row, limit_a = power_row(made, np.ones(len(made)), limit_kw)
    feeder = Feeder(
        matrix=row[None],
        limit_a=np.array([limit_a]),
        phase_rad=np.zeros(len(made)),
        names=("feeder",),
        linear=True,
        whole_kw=np.array([limit_kw]),
    )
    return Site(name="plain", evses=made, feeder=feeder)


def power_row(posts: Evses, among: Array, limit_kw: float) -> tuple[Array, float]:
    """A limit on the summed power of some posts, `among` (n,) of 0 and 1, in amperes of the first of them: the row (n,)
    and its limit, A. Weights are the very quotients by which plans in kW divide them: a kW weighs exactly 1 then."""
    kw_per_a = posts.voltage_v / 1000.0
    first = kw_per_a[int(np.argmax(among))]
    return among * (kw_per_a / first), limit_kw / first
