"""Dual decomposition: followers answer a price, the leader moves it until the shares add up (T, (3), Algorithm 1).

    (F)  ẑ_i^k = argmin v_i(z_i) + (λ^{k-1})' R_i z_i,      (L)  λ^k = λ^{k-1} + γ (R ẑ^k - c)

for min Σ v_i(z_i) subject to Rz = c (or ≤ c: λ stays ≥ 0). The leader ascends the dual function
q(λ) = Σ_i min_z [v_i(z) + λ'R_i z] - λ'c, whose terms the followers say along with their answers: each value is a lower
bound of the optimum. The leader's half is `robosim.controllers.parts.market.Market`; how it moves the price changes
nothing in what followers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.charging import Answer, first_plan, fleet, plan, proposal_cost, reported_cost
from robosim.controllers.parts.market import Market
from robosim.controllers.parts.some import some
from robosim.kernels.ev_response import Fleet
from robosim.kernels.near_response import QuadraticAgents, respond_quadratic

Mask = NDArray[np.bool_]
__all__ = ["ChargingCar", "Market", "OwnProblem", "PriceTaker"]

TYPE = ("curvature", "slope", "lower", "upper")


class OwnProblem(Protocol):
    """An agent's own convex problem, solved its own way."""

    def respond(self, price: Array) -> Array:
        """argmin v_i(z) + price'R_i z, (n,), for a price (rows,)."""
        ...

    def cost(self, z: Array) -> float:
        """v_i(z), finite wherever the public limits allow z."""
        ...


class FollowerState(NamedTuple):
    """What bidders keep between rounds."""

    own: Said
    asked: bool
    """Whether the leader asks what its proposals cost them."""


@dataclass(frozen=True, kw_only=True)
class PriceTaker:
    """The faithful bidder: answers the price of the round before, T, Algorithm 1, lines 5 and 12.

    `own` holds the quadratic types of `robosim.auction.problem`: curvature, slope, lower, upper (missions, agents, n),
    constant (missions, agents, 1), rows (1, agents, rows·n). Without rows R_i is the identity.

    Says `z` and `dual`, v_i(z_i) + λ'R_i z_i; where the leader announces an ε also `cost`, what its own share of the
    leader's last proposal, clip(z_i - R_i'μ, lower_i, upper_i), would cost it, whenever there is a new proposal.

    Parameters
    ----------
    problems : one for each agent of this population, instead of quadratic types; `own` then needs lower, upper and rows
        only.
    """

    serves: ClassVar[tuple[str, ...]] = ("auction",)

    problems: tuple[OwnProblem, ...] = ()

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[FollowerState, Said]:
        """Round 0: an answer to the announced price λ⁰, `rules["price"]` (missions, 1, rows)."""
        state = FollowerState(own, rules.get("epsilon") is not None)
        said = self._answer(own, rules["price"])
        return state, said | ({"cost": np.zeros_like(said["dual"])} if state.asked else {})

    def step(self, state: FollowerState, heard: Heard) -> tuple[FollowerState, Said]:
        """Round k: an answer to the price that was heard, step (3a); where the gap has closed, the last words again."""
        price = heard.leader["price"]
        if not state.asked:
            return state, self._answer(state.own, price)
        open_ = heard.leader["open"][:, 0, 0] > 0
        said = self._answer(state.own, price) if open_.all() else self._answer_some(state.own, price, open_, heard.own)
        said["cost"] = self._asked_cost(state.own, heard)
        return state, said

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """Line 18: v̂_i = v_i(z_i) at the leader's decision."""
        return {"cost": self._cost(own, decision)}

    def _answer(self, own: Said, price: Array) -> Said:
        return solved_answer(self.problems, own, price) if self.problems else quadratic_answer(own, price)

    def _answer_some(self, own: Said, price: Array, rows: Mask, before: Said) -> Said:
        said = {key: before[key].copy() for key in ("z", "dual")}
        if rows.any():
            for key, x in self._answer(among(own, rows), price[rows]).items():
                said[key][rows] = x
        return said

    def _asked_cost(self, own: Said, heard: Heard) -> Array:
        """What the proposals would cost, 0 where there is no new one."""
        correction, z = heard.leader["correction"], heard.own["z"]
        cost, rows = np.zeros((*z.shape[:2], 1)), ~np.isnan(correction[:, 0, 0])
        if rows.any():
            some = among(own, rows)
            cost[rows] = self._cost(some, moved(some, z[rows], correction[rows]))
        return cost

    def _cost(self, own: Said, z: Array) -> Array:
        if self.problems:
            return np.array([[[one.cost(x)] for one, x in zip(self.problems, row, strict=True)] for row in z])
        return quadratic_cost(own, z)


class CarState(NamedTuple):
    """What cars keep between rounds."""

    own: Said
    asked: bool
    """Whether the leader asks what its proposals cost them."""
    cars: Fleet
    """Their types as the kernel takes them."""
    price: Array
    """(M, 1, rows·T) the last that they answered, and"""
    answer: Answer
    """how; its `worth` is where they begin their next search."""


@dataclass(frozen=True, kw_only=True)
class ChargingCar:
    """The faithful car: answers prices with the plan that is best for it (`robosim.controllers.parts.charging`).

    Says `z` and `dual` as bidders do, and `cost` where the leader announces an ε.
    """

    serves: ClassVar[tuple[str, ...]] = ("charging",)
    keeps_words: ClassVar[bool] = True
    """Words are the arrays of its state: the selfish write into copies."""

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[CarState, Said]:
        """Round 0: a plan for the announced price λ⁰, `rules["price"]` (missions, 1, rows·T)."""
        cars, price = fleet(own), rules["price"]
        state = CarState(own, rules.get("epsilon") is not None, cars, price, first_plan(own, cars, price))
        said = _words(state.answer)
        return state, said | ({"cost": np.zeros_like(said["dual"])} if state.asked else {})

    def step(self, state: CarState, heard: Heard) -> tuple[CarState, Said]:
        """Round k: a plan for the price heard, step (3a); the last one again where that stays or the gap has closed."""
        price, worth = heard.leader["price"], state.answer.worth
        new = (price != state.price).any(axis=(1, 2))  # in round 1 it is the announced one still
        if state.asked:
            new &= heard.leader["open"][:, 0, 0] > 0
        found = plan(state.own, state.cars, price, worth, new, state.answer) if new.any() else state.answer
        cost = {"cost": proposal_cost(state.own, state.cars, heard, worth)} if state.asked else {}
        return state._replace(price=price, answer=found), _words(found) | cost

    def among(self, state: CarState, rows: NDArray[np.int64]) -> CarState:
        """What cars keep in some of the missions."""
        return some(state, rows)

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """Line 18: v̂_i = v_i(z_i) at the leader's decision, or at what was metered where that is billed."""
        return {"cost": reported_cost(own, decision, meter)}


def _words(answer: Answer) -> Said:
    return {"z": answer.x, "dual": answer.value[..., None]}


def among(own: Said, rows: Mask) -> Said:
    """Types in some of the missions; those that are the same in all stay so."""
    return {key: x[rows] if len(x) == len(rows) > 1 else x for key, x in own.items()}


def quadratic_answer(own: Said, price: Array) -> Said:
    """(3a) for quadratic costs: `z` (missions, agents, n) and `dual` (missions, agents, 1)."""
    q = own["curvature"]
    agents, n = q.shape[1:]
    missions = max(len(price), len(q), len(own["slope"]))
    z, value, load = np.empty((missions, agents, n)), np.empty((missions, agents)), np.empty((missions, price.shape[2]))
    curvature, slope, lower, upper = (np.ascontiguousarray(own[key]) for key in TYPE)
    rows = np.ascontiguousarray(own_rows(own, price.shape[2], n))
    fleet = QuadraticAgents(curvature, slope, lower, upper, rows, np.ones((1, agents), dtype=np.bool_))
    respond_quadratic(*fleet, np.ascontiguousarray(price[:, 0]), z, value, load)
    return {"z": z, "dual": value[..., None] + own["constant"]}


def quadratic_cost(own: Said, z: Array) -> Array:
    """v_i(z_i) = ½ z'diag(q) z + f'z + k, (missions, agents, 1)."""
    parts = z * (0.5 * own["curvature"] * z + own["slope"])
    return np.asarray(np.einsum("mic->mi", parts)[..., None] + own["constant"])


def solved_answer(problems: tuple[OwnProblem, ...], own: Said, price: Array) -> Said:
    """(3a) by everybody's own solver."""
    z = np.array([[one.respond(p) for one in problems] for p in price[:, 0]], dtype=np.float64)
    cost = np.array([[[one.cost(x)] for one, x in zip(problems, row, strict=True)] for row in z])
    pull = np.einsum("mor,irc->mic", price, own_rows(own, price.shape[2], z.shape[2]))
    return {"z": z, "dual": cost + np.einsum("mic,mic->mi", pull, z)[..., None]}


def own_rows(own: Said, rows: int, n: int) -> Array:
    """R_i, (agents or 1, rows, n)."""
    return own["rows"][0].reshape(-1, rows, n) if "rows" in own else np.eye(n)[None]


def moved(own: Said, z: Array, correction: Array) -> Array:
    """Each agent's share of the projection, from what it asked for and the leader's multipliers (missions, 1, rows)."""
    pull = np.einsum("irc,mor->mic", own_rows(own, correction.shape[2], z.shape[2]), correction)
    return np.asarray(np.clip(z - pull, own["lower"], own["upper"]))


controller = {"auction": PriceTaker, "charging": ChargingCar}
"""What worlds mean by the program "dual_decomposition", by the kind of agents that run it."""
