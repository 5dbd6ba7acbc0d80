"""Electric vehicles as price takers: when to charge how much, given a price for every period.

    v_i(z) = min { Σ_t p_it x_t + a_i/2 ‖x‖² + w_i (E_i - Σ_t x_t)₊ : 0 ≤ x ≤ min(z, u_i), x = 0 outside the stay }

What is allotted and not wanted is left alone (free disposal), what is wanted and not allotted has a price w_i, so that
v_i is finite for every z: a leader may cut anybody's share. p holds the tariff and the cost of waiting, a the wear of
the battery. Power in kW and energy in kW times periods.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Said
from robosim.kernels import Unsettled
from robosim.kernels.ev_response import Fleet, read_only, respond_on_rows

Mask = NDArray[np.bool_]
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


def reach(own: Said) -> Array:
    """How much of each row a kW of each EV takes, (N, K), or (0, 0) for one row of which everybody takes a kW."""
    return np.ascontiguousarray(own["weights"][0]) if "weights" in own else NOTHING


def plan(
    own: Said, cars: Fleet, price: Array, worth: Array, open_: Mask | None = None, before: Answer | None = None
) -> Answer:
    """(3a): the best plans at a price (M, 1, rows·T); `worth` (M, N) begins the search, NaN where nothing is known.

    Where missions are not `open_` (M,), what was answered `before` stands.
    """
    missions, agents, periods = len(worth), worth.shape[1], cars.cost.shape[2]
    who, found = np.ones(missions, dtype=np.bool_) if open_ is None else open_, worth.copy()
    x, value = np.empty((missions, agents, periods)), np.empty((missions, agents))
    if before is not None:
        value[~who] = before.value[~who]
        for m in np.flatnonzero(~who):  # one by one there is no copy in between
            x[m] = before.x[m]
    prices = np.ascontiguousarray(price[:, 0])
    _respond(own, cars, prices, who, np.empty((0, 0, 0)), Answer(x, value, found))
    return answered(x, value, found)


def _respond(own: Said, cars: Fleet, price: Array, open_: Mask, asked: Array, into: Answer) -> None:
    fleet = Fleet(*map(read_only, cars))
    public = (read_only(reach(own)), read_only(price), read_only(open_), read_only(asked))
    respond_on_rows(*fleet, *public, into.worth, into.x, into.value, NOTHING)


def first_plan(own: Said, cars: Fleet, price: Array) -> Answer:
    """The best plans at the announced price (M, 1, rows·T): made once, where missions differ in nothing."""
    alike = (price == price[:1]).all() and all(len(x) == 1 for x in cars)
    some = price[:1] if alike else price
    found = plan(own, cars, some, np.full((len(some), cars.wish.shape[1]), np.nan))
    return Answer(*(np.repeat(x, len(price), axis=0) for x in found)) if len(some) < len(price) else found


def near(
    own: Said,
    cars: Fleet,
    at_plug: Array,
    share: Array,
    rho: Array,
    worth: Array,
    open_: Mask | None = None,
    before: Answer | None = None,
) -> Answer:
    """argmin v_i(x) + λ'R_i x + ρ/2 ‖x - s_i‖² at prices `at_plug` (M, 1|N, T); the rest is as for `plan`.

    `share` s (M, N, T), `rho` (M, 1|N). The same problem as (3a) with the curvature a + ρ and what energy costs less
    ρ s_it, so that it bends for every wear.
    """
    cost = own["energy_cost"] + at_plug - rho[..., None] * share
    stiff = cars._replace(curvature=cars.curvature + rho, cost=np.ascontiguousarray(cost))
    return plan({}, stiff, np.zeros((len(worth), 1, share.shape[2])), worth, open_, before)


def in_stay(own: Said) -> Mask:
    """(1|M, N, T) where a car is at its plug."""
    t, stay = np.arange(own["energy_cost"].shape[-1]), own["stay"]
    return np.asarray((stay[..., :1] <= t) & (t < stay[..., 1:]))


def use(own: Said, cars: Fleet, z: Array) -> Answer:
    """What is best done with allotted power z (M, N, T) kW, and v_i(z)."""
    return spend(own, cars, z, uncut(own, z), np.full(z.shape[:2], np.nan), np.empty(z.shape))


def uncut(own: Said, z: Array) -> Array:
    """No correction, (M, 1, rows·T): everybody keeps what was asked for."""
    return np.zeros((len(z), 1, max(reach(own).shape[1], 1) * z.shape[2]))


def spend(own: Said, cars: Fleet, asked: Array, correction: Array, worth: Array, x: Array | None = None) -> Answer:
    """What is best done with what was asked for, (M, N, T) kW, less Σ_k w_ik μ_kt for μ (M, 1, rows·T).

    `worth` (M, N) is where the search begins; plans are kept in `x` (M, N, T), if at all. Where μ is NaN, value is 0.
    """
    plans, value, found = np.empty((0, 0, 0)) if x is None else x, np.zeros(worth.shape), worth.copy()
    cut = np.ascontiguousarray(correction[:, 0])
    who, asked = ~np.isnan(cut[:, 0]), np.ascontiguousarray(asked)
    _respond(own, cars, cut, who, asked, Answer(plans, value, found))
    return answered(plans, value, found)


def answered(x: Array, value: Array, worth: Array) -> Answer:
    """The answers, if all were found. Raises `Unsettled` naming the first EV of which that is not so."""
    if np.isnan(value).any():
        m, i = np.argwhere(np.isnan(value))[0]
        raise Unsettled(f"EV {i}, mission {m}: no worth of its energy was found in all steps")
    return Answer(x, value, worth)


def proposal_cost(own: Said, cars: Fleet, heard: Heard, worth: Array) -> Array:
    """What the leader's proposals would cost, (M, N, 1), 0 where there is no new one; `worth` begins the search."""
    correction, z = heard.leader["correction"], heard.own["z"]
    if np.isnan(correction[:, 0, 0]).all():
        return np.zeros((*z.shape[:2], 1))
    return spend(own, cars, z, correction, worth).value[..., None]


def reported_cost(own: Said, decision: Array, meter: Said) -> Array:
    """v_i(z_i) at the leader's decision (M, N, T), or at what was metered where that is billed, (M, N, 1)."""
    if "metered_kw" in meter:
        return metered_cost(own, meter["metered_kw"])
    nowhere = np.full(decision.shape[:2], np.nan)
    return spend(own, fleet(own), decision, uncut(own, decision), nowhere).value[..., None]


def metered_cost(own: Said, x: Array) -> Array:
    """What charging at x (M, N, T) kW costs, as metered: no more is wished for than was taken, (M, N, 1)."""
    missing = np.maximum(own["wish"][..., 0] - x.sum(axis=-1), 0.0)
    paid = (own["energy_cost"] * x).sum(axis=-1) + 0.5 * own["curvature"][..., 0] * (x * x).sum(axis=-1)
    return np.asarray(paid + own["wish"][..., 3] * missing)[..., None]
