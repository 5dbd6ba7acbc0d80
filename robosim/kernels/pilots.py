"""The most that pilots could give each car: the highest one that post and wires allow, in every step of its stay."""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.charger import there, told
from robosim.kernels.charging import Cars, Posts


@njit(cache=True)
def highest_pilots(
    cars: Cars, posts: Posts, stay: Array, alone_a: Array, limit_kw: Array, hours: float, kwh: Array, highest_a: Array
) -> None:
    """Sum up `kwh` (N,) and the highest pilot `highest_a` (N,) of each car, whatever the others do.

    Parameters
    ----------
    stay : (N, 2) in steps of `hours`, in which cars can be given anything.
    alone_a : (C, 1|S) what wires carry for each post alone, the mean of a step: a car that is there for a part of it
        may be told more.
    limit_kw : (N,) what a car takes at most.
    """
    when = Cars(
        cars.station, stay, cars.wanted_kwh, cars.capacity_kwh, cars.power_kw, cars.bend, cars.efficiency
    )  # fmt: skip
    for i in range(stay.shape[0]):
        c = cars.station[i]
        kwh[i], highest_a[i] = 0.0, 0.0
        for t in range(int(np.floor(stay[i, 0])), int(np.ceil(stay[i, 1]))):
            part = there(when, i, t)
            if part > 0.0:
                amps = told(posts, c, alone_a[c, t if alone_a.shape[1] > 1 else 0] / part)
                kwh[i] += min(amps * posts.kw_per_a[c], limit_kw[i]) * part * hours
                highest_a[i] = max(highest_a[i], amps)
