"""Electric vehicles as price takers: when to charge how much, given a price for every period.

    v_i(z) = min { Σ_t p_it x_t + a_i/2 ‖x‖² + w_i (E_i - Σ_t x_t)₊ : 0 ≤ x ≤ min(z, u_i), x = 0 outside the stay }

What is allotted and not wanted is left alone (free disposal), what is wanted and not allotted has a price w_i, so that
v_i is finite for every z: a leader may cut anybody's share. p holds the tariff and the cost of waiting, a the wear of
the battery. Power in kW and energy in kW times periods.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim.agent import Array, Said
from robosim.kernels.ev_response import Fleet, respond

NOTHING = np.empty((0, 0))


class Answer(NamedTuple):
    """Plans `x` (M, N, T) kW, `value` (M, N) of the minimum, and `worth` (M, N) of one more kW-period."""

    x: Array
    value: Array
    worth: Array


def fleet(own: Said) -> Fleet:
    """Private types, each (1|M, N, components), as the kernel takes them."""
    return Fleet(
        curvature=np.ascontiguousarray(own["curvature"][..., 0]),
        cost=np.ascontiguousarray(own["energy_cost"]),
        limit=np.ascontiguousarray(own["limit"]),
        stay=own["stay"].astype(np.int32),
        wish=np.ascontiguousarray(own["wish"]),
        present=np.ones((1, own["wish"].shape[1]), dtype=np.bool_),
    )


def price_at_plug(own: Said, price: Array) -> Array:
    """What a kW costs each EV in each period, (M, 1|N, T), from the leader's prices (M, 1, rows·T), row by row.

    `own["weights"]` (1, N, rows) says how much of each row of the feeder a kW takes; where it is left out there is one
    row, of which everybody takes a kW.
    """
    if "weights" not in own:
        return price
    weights = own["weights"][0]
    by_row = price.reshape(len(price), weights.shape[1], -1)
    return np.asarray(np.einsum("ik,mkt->mit", weights, by_row))


def plan(own: Said, cars: Fleet, price: Array, worth: Array) -> Answer:
    """(3a): the best plans at a price (M, 1, rows·T); `worth` (M, N) begins the search, NaN where nothing is known."""
    at_plug = price_at_plug(own, price)
    missions, agents, periods = len(worth), worth.shape[1], cars.cost.shape[2]
    x, value, found = np.empty((missions, agents, periods)), np.empty((missions, agents)), worth.copy()
    if at_plug.shape[1] == 1:
        respond(*cars, np.ascontiguousarray(at_plug[:, 0]), found, x, value, NOTHING)
    else:
        own_price = cars._replace(cost=np.ascontiguousarray(cars.cost + at_plug))
        respond(*own_price, np.zeros((1, periods)), found, x, value, NOTHING)
    return Answer(x, value, found)


def use(own: Said, cars: Fleet, z: Array) -> Answer:
    """What is best done with allotted power z (M, N, T) kW, and v_i(z)."""
    missions, agents, periods = z.shape
    room = np.clip(z, 0.0, cars.limit)
    x, value, worth = np.empty(z.shape), np.empty((missions, agents)), np.full((missions, agents), np.nan)
    respond(*cars._replace(limit=room), np.zeros((1, periods)), worth, x, value, NOTHING)
    return Answer(x, value, worth)


def metered_cost(own: Said, x: Array) -> Array:
    """What charging at x (M, N, T) kW costs, as metered: no more is wished for than was taken, (M, N, 1)."""
    missing = np.maximum(own["wish"][..., 0] - x.sum(axis=-1), 0.0)
    paid = (own["energy_cost"] * x).sum(axis=-1) + 0.5 * own["curvature"][..., 0] * (x * x).sum(axis=-1)
    return np.asarray(paid + own["wish"][..., 3] * missing)[..., None]
