"""Exchange ADMM: followers answer a price near their last share, for costs that are convex, not strictly.

For min Σ v_i(z_i) s.t. Σ R_i z_i = c (or ≤ c), in place of (3a) and (3b) of T, Algorithm 1 (T, section V: "to relax
strict convexity"; S. Boyd et al., Found. Trends Mach. Learn. 3 (2011), 7.3, with a_i = R_i z_i, ā their mean):

    (F)  z_i^k = argmin v_i(z) + (λ^{k-1})'R_i z + (ρ/2) ‖R_i z - (a_i^{k-1} - e^{k-1})‖²
    (L)  λ^k = [λ^{k-1} + ρ (ā^k - c/N)]₊,   e^k = (λ^k - λ^{k-1})/ρ

([·]₊ for ≤ c only). e is the mean excess, which the leader broadcasts beside the price. Linear, piecewise linear and
flat costs converge, where the answers of dual decomposition would jump between limits for ever. The leader's half is a
market whose step is ρ/N: it proposes, bounds and stops as `robosim.controllers.parts.market.Market` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.dual_decomposition import moved, own_rows, quadratic_cost
from robosim.controllers.parts.admm_car import AdmmCar, refuse_penalty
from robosim.controllers.parts.market import Market, MarketState, Mask
from robosim.kernels import Unsettled
from robosim.kernels.near_response import least_at_price, respond_near

__all__ = ["Admm", "Exchange", "NearProblem", "penalty"]

TYPE = ("curvature", "slope", "lower", "upper")
OPTIMAL = 1e-9
"""Share of its terms by which a slope may be wrong in a near answer."""


class NearProblem(Protocol):
    """An agent's own convex problem, solved its own way."""

    def respond_near(self, price: Array, target: Array, rho: float) -> Array:
        """argmin v_i(z) + price'R_i z + (rho/2)‖R_i z - target‖², (n,), for a price and a target (rows,)."""
        ...

    def respond(self, price: Array) -> Array:
        """A point of argmin v_i(z) + price'R_i z, (n,), within limits that make the minimum finite."""
        ...

    def cost(self, z: Array) -> float:
        """v_i(z), finite wherever the public limits allow z."""
        ...


class ExchangeState(NamedTuple):
    """What the leader keeps: the market, and ρ (M, 1, 1)."""

    market: MarketState
    rho: Array


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """The leader's half: a market whose price step is ρ/N, which broadcasts the mean excess and ρ as well.

    Rules: those of `Market`, and rho > 0 (`penalty` suggests one). N counts who is present.
    """

    market: Market = Market()  # noqa: RUF009 (frozen)

    def start(self, rules: Rules) -> tuple[ExchangeState, Said]:
        """Broadcast λ⁰ and ρ."""
        present = np.broadcast_to(rules["present"], (len(rules["price"]), *rules["present"].shape[1:]))
        rho = np.full((len(present), 1, 1), float(rules["rho"]))
        step = rho / np.maximum(present.sum(axis=1, keepdims=True), 1)
        market, words = self.market.start({**rules, "gamma": step, "boldest": 1.0})
        return ExchangeState(market, rho), words | {"excess": np.zeros_like(market.price), "rho": rho.copy()}

    def step(self, state: ExchangeState, said: Said) -> tuple[ExchangeState, Said]:
        """The price moves by ρ times the mean excess, and both are broadcast."""
        market, words = self.market.step(state.market, said)
        excess = (market.price - state.market.price) / state.rho
        return ExchangeState(market, state.rho), words | {"excess": excess, "rho": state.rho.copy()}

    def decide(self, state: ExchangeState, said: Said) -> Array:
        """T, Algorithm 1, line 17: the nearest feasible shares."""
        return self.market.decide(state.market, said)

    def gap(self, state: ExchangeState, reports: Array, decision: Array) -> Array:
        """How far above the optimum the decision (M, N, n) is at most, for its reported costs (M, N): (M,)."""
        return self.market.gap(state.market, reports, decision)

    def done(self, state: ExchangeState) -> Mask:
        """(M,) whether the duality gap is at most the announced ε."""
        return self.market.done(state.market)


class AdmmState(NamedTuple):
    """What followers keep between rounds: their types, and whether the leader asks what its proposals cost them."""

    own: Said
    asked: bool


@dataclass(frozen=True, kw_only=True)
class Admm:
    """The faithful follower. `own` holds quadratic types as for `PriceTaker`, but the curvature may be 0.

    Says `z` and `dual`, the least of v_i + λ'R_i z at the price heard (finite where limits are, or q > 0); where the
    leader announces an ε also `cost`, what its own share of the leader's last proposal would cost it.

    Parameters
    ----------
    problems : one for each agent of this population, instead of quadratic types; `own` then needs lower, upper and rows
        only.
    rho : the penalty ρ, dollars a kW²; by default of the scale of the costs (`penalty`).
    """

    serves: ClassVar[tuple[str, ...]] = ("auction",)
    coordinator: ClassVar[type] = Exchange
    """The leader's half that goes with it."""

    problems: tuple[NearProblem, ...] = ()
    rho: float | None = None

    def __post_init__(self) -> None:
        refuse_penalty(self.rho)

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[AdmmState, Said]:
        """Round 0: an answer to the announced price λ⁰, near taking nothing."""
        price = rules["price"]
        begin = np.clip(np.zeros((len(price), *own["upper"].shape[1:])), own["lower"], own["upper"])
        target = np.zeros((*begin.shape[:2], price.shape[2]))
        asked = rules.get("epsilon") is not None
        said = self._answer(own, price, target, np.full(len(price), float(rules["rho"])), begin)
        return AdmmState(own, asked), said | ({"cost": np.zeros_like(said["dual"])} if asked else {})

    def step(self, state: AdmmState, heard: Heard) -> tuple[AdmmState, Said]:
        """Round k: an answer to price and excess as heard; where the gap has closed, the last words again."""
        own, before, cast = state.own, heard.own["z"], heard.leader
        rows = cast["open"][:, 0, 0] > 0 if state.asked else np.ones(len(before), dtype=bool)
        said = {key: heard.own[key].copy() for key in ("z", "dual")}
        if rows.any():
            mine = among(own, rows)
            price, excess, rho = cast["price"][rows], cast["excess"][rows], cast["rho"][rows, 0, 0]
            target = taken_by_each(mine, before[rows], price.shape[2]) - excess
            for key, x in self._answer(mine, price, target, rho, before[rows]).items():
                said[key][rows] = x
        return state, said | (self._asked_cost(own, before, cast["correction"]) if state.asked else {})

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """T, Algorithm 1, line 18: v̂_i = v_i(z_i) at the leader's decision."""
        return {"cost": self._cost(own, decision)}

    def _answer(self, own: Said, price: Array, target: Array, rho: Array, begin: Array) -> Said:
        if self.problems:
            return solved_answer(self.problems, own, price, target, rho)
        return quadratic_answer(own, price, target, rho, begin)

    def _asked_cost(self, own: Said, z: Array, correction: Array) -> Said:
        """What the proposals would cost, 0 where there is no new one."""
        cost, rows = np.zeros((*z.shape[:2], 1)), ~np.isnan(correction[:, 0, 0])
        if rows.any():
            mine = among(own, rows)
            cost[rows] = self._cost(mine, moved(mine, z[rows], correction[rows]))
        return {"cost": cost}

    def _cost(self, own: Said, z: Array) -> Array:
        if self.problems:
            return np.array([[[one.cost(x)] for one, x in zip(self.problems, row, strict=True)] for row in z])
        return quadratic_cost(own, z)


def among(own: Said, rows: Mask) -> Said:
    """Types in some of the missions; those that are the same in all stay so."""
    return {key: x[rows] if len(x) == len(rows) > 1 else x for key, x in own.items()}


def penalty(own: Said, rows: int) -> float:
    """A scale for ρ: the median over numbers of curvature by squared weight, Σ_r R_ir².

    A cost without curvature counts as if it were bent so much that its slope, less the mean slope of all, turned once
    within its limits. Rounded to 12 digits; 1 where nothing tells a scale.
    """
    f, width = own["slope"], own["upper"] - own["lower"]
    weight = (own_rows(own, rows, f.shape[2]) ** 2).sum(axis=1)
    swing = np.abs(f - f.mean()).mean() or np.abs(f).mean()
    bend = own["curvature"] + np.where((width > 0) & np.isfinite(width), swing / np.where(width > 0, width, 1.0), 0.0)
    scales = (bend / np.where(weight > 0, weight, np.inf)).ravel()
    found = scales[scales > 0]
    return float(f"{np.median(found):.11e}") if found.size else 1.0


def quadratic_answer(own: Said, price: Array, target: Array, rho: Array, begin: Array) -> Said:
    """The near answers of quadratic costs, `z` (M, N, n), and `dual` (M, N, 1); `Unsettled` if one is not optimal."""
    q, f, lower, upper = (np.ascontiguousarray(own[key]) for key in TYPE)
    z, value = np.array(begin, order="C"), np.empty(begin.shape[:2])
    rows = np.ascontiguousarray(own_rows(own, price.shape[2], z.shape[2]))
    line = np.ascontiguousarray(price[:, 0])
    off = respond_near(q, f, lower, upper, rows, line, np.ascontiguousarray(target), np.ascontiguousarray(rho), z)
    if not off <= OPTIMAL:
        raise Unsettled(
            f"near answers: a slope is off by {off:.3g} of its terms after all turns (give limits where costs are flat)"
        )
    least_at_price(q, f, lower, upper, rows, line, value)
    return {"z": z, "dual": value[..., None] + own["constant"]}


def solved_answer(problems: tuple[NearProblem, ...], own: Said, price: Array, target: Array, rho: Array) -> Said:
    """The near answers of everybody's own solver, and `dual` from its answers to the price alone."""
    cases = [
        (p, list(zip(problems, t, strict=True)), float(r)) for p, t, r in zip(price[:, 0], target, rho, strict=True)
    ]
    z = np.array([[one.respond_near(p, t, r) for one, t in each] for p, each, r in cases], dtype=np.float64)
    free = np.array([[one.respond(p) for one in problems] for p in price[:, 0]], dtype=np.float64)
    cost = np.array([[[one.cost(x)] for one, x in zip(problems, row, strict=True)] for row in free])
    worth = (taken_by_each(own, free, price.shape[2]) * price).sum(axis=2, keepdims=True)
    return {"z": z, "dual": cost + worth}


def taken_by_each(own: Said, z: Array, rows: int) -> Array:
    """R_i z_i, (M, N, rows), each number summed in one order whoever else is there."""
    R = own_rows(own, rows, z.shape[2])
    load = np.zeros((*z.shape[:2], rows))
    for e in range(z.shape[2]):
        load += R[None, :, :, e] * z[:, :, None, e]
    return load


controller = {"auction": Admm, "charging": AdmmCar}
"""What worlds mean by the program "admm", by the kind of agents that run it."""
