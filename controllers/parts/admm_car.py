"""Electric vehicles under exchange ADMM: they answer prices near the shares that they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.anchored import AnchoredExchange, Shares, at_start, moved_on
from robosim.controllers.parts.charging import (
    Answer,
    Mask,
    fleet,
    in_stay,
    near,
    plan,
    price_at_plug,
    proposal_cost,
    reported_cost,
)
from robosim.controllers.parts.some import some
from robosim.kernels.ev_response import Fleet


class NearCarState(NamedTuple):
    """What cars keep between rounds."""

    own: Said
    asked: bool
    """Whether the leader asks what its proposals cost them."""
    cars: Fleet
    """Their types as the kernel takes them."""
    shares: Shares
    """(M, N, T) each."""
    worth: Array
    """(M, N) where they begin their next search for an answer near a share, and"""
    free: Array
    """for one to the price alone."""


@dataclass(frozen=True, kw_only=True)
class AdmmCar:
    """The faithful car of exchange ADMM with an anchor (`robosim.controllers.parts.anchored`): wear may be 0.

    Says `z`, `moved`, and `dual`, the least of v_i + λ'R_i z at the price heard; `cost` where an ε is announced.

    Parameters
    ----------
    rho : the penalty ρ to begin with, dollars a kW² and period; by default the spread of what energy costs over the
        mean power of a charger. It is changed on the way, so it seldom matters.
    """

    serves: ClassVar[tuple[str, ...]] = ("charging",)
    coordinator: ClassVar[type] = AnchoredExchange
    """The leader's half that goes with it."""

    rho: float | None = None

    def __post_init__(self) -> None:
        refuse_penalty(self.rho)

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[NearCarState, Said]:
        """Round 0: an answer to the announced price λ⁰, near taking nothing."""
        price, cars = rules["price"], fleet(own)
        rho, size = np.full((len(price), 1), float(rules["rho"])), (len(price), *own["energy_cost"].shape[1:])
        shares = at_start(np.zeros(size), _priced(own, price, rho))
        nowhere, asked = np.full(size[:2], np.nan), rules.get("epsilon") is not None
        state, said = _answered(NearCarState(own, asked, cars, shares, nowhere, nowhere), price, rho)
        return state, said | ({"cost": np.zeros_like(said["dual"])} if asked else {})

    def step(self, state: NearCarState, heard: Heard) -> tuple[NearCarState, Said]:
        """Round k: an answer near the next share, at its price; where the gap has closed, the last words again."""
        own, cast = state.own, heard.leader
        price, rho = cast["price"], cast["rho"][:, 0]
        shares = moved_on(state.shares, heard.own["z"], _priced(own, price, rho), cast["weight"])
        cost = proposal_cost(own, state.cars, heard, state.free) if state.asked else None
        open_ = cast["open"][:, 0, 0] > 0 if state.asked else None
        state, said = _answered(state._replace(shares=shares), price, rho, open_, heard.own)
        return state, said if cost is None else said | {"cost": cost}

    def among(self, state: NearCarState, rows: NDArray[np.int64]) -> NearCarState:
        """What cars keep in some of the missions."""
        return some(state, rows)

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """Line 18: v̂_i = v_i(z_i) at the leader's decision, or at what was metered where that is billed."""
        return {"cost": reported_cost(own, decision, meter)}


def refuse_penalty(rho: float | None) -> None:
    """Raise `ValueError` for a ρ that is not above 0."""
    if rho is not None and not 0 < rho < np.inf:
        raise ValueError(f"rho must be above 0, got {rho!r}")


def _priced(own: Said, price: Array, rho: Array) -> Array:
    """λ/ρ at each plug in the stay, (M, N, T), from prices (M, 1, rows·T) and ρ (M, 1)."""
    return np.where(in_stay(own), price_at_plug(own, price) / rho[..., None], 0.0)


def _answered(
    state: NearCarState, price: Array, rho: Array, open_: Mask | None = None, last: Said | None = None
) -> tuple[NearCarState, Said]:
    own, cars, shares = state.own, state.cars, state.shares
    before = None if last is None else Answer(last["z"], last["dual"][..., 0], state.worth)
    found = near(own, cars, price_at_plug(own, price), shares.share, rho, state.worth, open_, before)
    free = plan(own, cars, price, state.free, open_, before)
    said = {"z": found.x, "dual": free.value[..., None], "moved": moved(found.x, shares)}
    return state._replace(worth=found.worth, free=free.worth), said


def moved(x: Array, shares: Shares) -> Array:
    """How far an answer x (M, N, T) is from its share, and the share from where it was at the anchor: squares."""
    off, way = x - shares.share, shares.share - shares.begun
    return np.stack([(off * off).sum(axis=2), (way * way).sum(axis=2)], axis=2)
