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

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.market import Market
from robosim.kernels.quadratic_response import Prosumers, respond_quadratic

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
    """What followers keep between rounds: their types, and whether the leader asks what its proposals cost them."""

    own: Said
    asked: bool


@dataclass(frozen=True, kw_only=True)
class PriceTaker:
    """The faithful follower: answers the price of the round before, T, Algorithm 1, lines 5 and 12.

    `own` holds the quadratic types of `robosim.allocation`: curvature, slope, lower, upper (missions, agents, n),
    constant (missions, agents, 1), rows (1, agents, rows·n). Without rows R_i is the identity.

    Says `z` and `dual`, v_i(z_i) + λ'R_i z_i; where the leader announces an ε also `cost`, what its own share of the
    leader's last proposal, clip(z_i - R_i'μ, lower_i, upper_i), would cost it.

    Parameters
    ----------
    problems : one for each agent of this population, instead of quadratic types; `own` then needs lower, upper and rows
        only.
    """

    problems: tuple[OwnProblem, ...] = ()

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Follower, Said]:
        """Round 0: an answer to the announced price λ⁰, `rules["price"]` (missions, 1, rows)."""
        said = self._answer(own, rules["price"])
        asked = rules.get("epsilon") is not None
        return Follower(own, asked), said | ({"cost": np.zeros_like(said["dual"])} if asked else {})

    def step(self, state: Follower, heard: Heard) -> tuple[Follower, Said]:
        """Round k: an answer to the price that was heard, step (3a)."""
        said = self._answer(state.own, heard.leader["price"])
        if state.asked:
            share = moved(state.own, heard.own["z"], heard.leader["correction"])
            said["cost"] = self._cost(state.own, share)
        return state, said

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """Line 18: v̂_i = v_i(z_i) at the leader's decision."""
        return {"cost": self._cost(own, decision)}

    def _answer(self, own: Said, price: Array) -> Said:
        return solved_answer(self.problems, own, price) if self.problems else quadratic_answer(own, price)

    def _cost(self, own: Said, z: Array) -> Array:
        if self.problems:
            return np.array([[[one.cost(x)] for one, x in zip(self.problems, row, strict=True)] for row in z])
        return quadratic_cost(own, z)


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
