"""Dual decomposition: followers answer a price, the leader moves it until the shares add up (T, (3), Algorithm 1).

    (F)  ẑ_i^k = argmin v_i(z_i) + (λ^{k-1})' R_i z_i,      (L)  λ^k = λ^{k-1} + γ (R ẑ^k - c)

for min Σ v_i(z_i) subject to Rz = c (or ≤ c: λ stays ≥ 0). The leader ascends the dual function
q(λ) = Σ_i min_z [v_i(z) + λ'R_i z] - λ'c, whose terms the followers say along with their answers: each value is a lower
bound of the optimum. The leader's half is `robosim.controllers.market.Market`; how it moves the price changes nothing
in what followers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.charging import Answer, fleet, metered_cost, plan, spend, uncut
from robosim.controllers.market import Market
from robosim.kernels.ev_response import Fleet
from robosim.kernels.quadratic_response import Prosumers, respond_quadratic

Mask = NDArray[np.bool_]
__all__ = ["Market", "OwnProblem", "PriceTaker"]

TYPE = ("curvature", "slope", "lower", "upper")


class OwnProblem(Protocol):
    """An agent's own convex problem, solved its own way."""

    def respond(self, price: Array) -> Array:
        """argmin v_i(z) + price'R_i z, (n,), for a price (rows,)."""
        ...

    def cost(self, z: Array) -> float:
        """v_i(z), finite wherever the public limits allow z."""
        ...


class Follower(NamedTuple):
    """What followers keep between rounds."""

    own: Said
    asked: bool
    """Whether the leader asks what its proposals cost them."""
    cars: Fleet | None
    """Electric vehicles' types as the kernel takes them."""
    worth: Array
    """(M, N) where electric vehicles begin their next search."""


@dataclass(frozen=True, kw_only=True)
class PriceTaker:
    """The faithful follower: answers the price of the round before, T, Algorithm 1, lines 5 and 12.

    `own` holds the quadratic types of `robosim.problems.allocation`: curvature, slope, lower, upper (missions, agents,
    n), constant (missions, agents, 1), rows (1, agents, rows·n). Without rows R_i is the identity. Or it holds types of
    electric vehicles (`robosim.controllers.charging`), told by their `wish`.

    Says `z` and `dual`, v_i(z_i) + λ'R_i z_i; where the leader announces an ε also `cost`, what its own share of the
    leader's last proposal, clip(z_i - R_i'μ, lower_i, upper_i), would cost it, whenever there is a new proposal.

    Parameters
    ----------
    problems : one for each agent of this population, instead of quadratic types; `own` then needs lower, upper and rows
        only.
    """

    problems: tuple[OwnProblem, ...] = ()

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Follower, Said]:
        """Round 0: an answer to the announced price λ⁰, `rules["price"]` (missions, 1, rows)."""
        cars = fleet(own) if "wish" in own else None
        worth = np.full((len(rules["price"]), own["upper"].shape[1] if cars is None else len(cars.wish[0])), np.nan)
        state, said = self._answer(Follower(own, rules.get("epsilon") is not None, cars, worth), rules["price"])
        return state, said | ({"cost": np.zeros_like(said["dual"])} if state.asked else {})

    def step(self, state: Follower, heard: Heard) -> tuple[Follower, Said]:
        """Round k: an answer to the price that was heard, step (3a); where the gap has closed, the last words again."""
        price = heard.leader["price"]
        if not state.asked:
            return self._answer(state, price)
        open_ = heard.leader["open"][:, 0, 0] > 0
        new, said = self._answer(state, price) if open_.all() else self._answer_some(state, price, open_, heard.own)
        said["cost"] = self._asked_cost(state, heard)
        return new, said

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """Line 18: v̂_i = v_i(z_i) at the leader's decision, or at what was metered where that is billed."""
        if "metered_kw" in meter:
            return {"cost": metered_cost(own, meter["metered_kw"])}
        cars = fleet(own) if "wish" in own else None
        return {"cost": self._cost(Follower(own, False, cars, np.empty((0, 0))), decision)}

    def _answer(self, state: Follower, price: Array) -> tuple[Follower, Said]:
        if state.cars is not None:
            found = plan(state.own, state.cars, price, state.worth)
            return state._replace(worth=found.worth), {"z": found.x, "dual": found.value[..., None]}
        own = state.own
        return state, solved_answer(self.problems, own, price) if self.problems else quadratic_answer(own, price)

    def _answer_some(self, state: Follower, price: Array, rows: Mask, before: Said) -> tuple[Follower, Said]:
        if state.cars is not None:
            last = Answer(before["z"], before["dual"][..., 0], state.worth)
            found = plan(state.own, state.cars, price, state.worth, rows, last)
            return state._replace(worth=found.worth), {"z": found.x, "dual": found.value[..., None]}
        said = {key: before[key].copy() for key in ("z", "dual")}
        if rows.any():
            for key, x in self._answer(among(state, rows), price[rows])[1].items():
                said[key][rows] = x
        return state, said

    def _asked_cost(self, state: Follower, heard: Heard) -> Array:
        """What the proposals would cost, 0 where there is no new one."""
        correction, z = heard.leader["correction"], heard.own["z"]
        cost, rows = np.zeros((*z.shape[:2], 1)), ~np.isnan(correction[:, 0, 0])
        if not rows.any():
            return cost
        if state.cars is not None:
            return spend(state.own, state.cars, z, correction, state.worth).value[..., None]
        some = among(state, rows)
        cost[rows] = self._cost(some, moved(some.own, z[rows], correction[rows]))
        return cost

    def _cost(self, state: Follower, z: Array) -> Array:
        if state.cars is not None:
            return spend(state.own, state.cars, z, uncut(state.own, z), np.full(z.shape[:2], np.nan)).value[..., None]
        if self.problems:
            return np.array([[[one.cost(x)] for one, x in zip(self.problems, row, strict=True)] for row in z])
        return quadratic_cost(state.own, z)


def among(state: Follower, rows: Mask) -> Follower:
    """The bidders of some of the missions; types that are the same in all stay so."""
    return state._replace(own={key: x[rows] if len(x) == len(rows) > 1 else x for key, x in state.own.items()})


def quadratic_answer(own: Said, price: Array) -> Said:
    """(3a) for quadratic costs: `z` (missions, agents, n) and `dual` (missions, agents, 1)."""
    q = own["curvature"]
    agents, n = q.shape[1:]
    missions = max(len(price), len(q), len(own["slope"]))
    z, value, load = np.empty((missions, agents, n)), np.empty((missions, agents)), np.empty((missions, price.shape[2]))
    curvature, slope, lower, upper = (np.ascontiguousarray(own[key]) for key in TYPE)
    rows = np.ascontiguousarray(own_rows(own, price.shape[2], n))
    fleet = Prosumers(curvature, slope, lower, upper, rows, np.ones((1, agents), dtype=np.bool_))
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


controller = PriceTaker
"""What worlds mean by the program "dual_decomposition"."""
