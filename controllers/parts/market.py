"""The leader's half of dual decomposition: it moves the price until the shares add up (T, (3b), Algorithm 1).

Plain gradient is the paper's; with γ ≤ 1/L (`robosim.auction.problem.Allocation.sure_step`) it converges. Momentum
needs far fewer rounds (`robosim.controllers.parts.price_step`). What moves the price is what was asked for, not the
dual values, so a follower that lies about its term of the dual function moves no price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules, Said
from robosim.controllers.parts.price_step import (
    FIRST,
    FITS_FIRST,
    CostForecast,
    PriceState,
    answered,
    asked,
    at_rest,
    gradient,
    nesterov,
    nothing_known,
    secant,
)
from robosim.controllers.parts.price_step import (
    held as prices_held,
)
from robosim.controllers.parts.some import some
from robosim.controllers.parts.supply import FixedSupply, Supply
from robosim.kernels.coupling import taken

Mask = NDArray[np.bool_]
Project = Callable[[Array, Mask], tuple[Array, Array]]
"""From what was said and who is present to feasible shares and the multipliers μ with z_i = clip(ẑ_i - R_i'μ)."""
Load = Callable[[Array, Mask], Array]
"""From what was said and who is present to Σ_i R_i z_i, (M, 1, rows)."""


class MarketState(NamedTuple):
    """Everything that the leader keeps between rounds; arrays start with the missions."""

    k: int
    rules: Rules
    prices: PriceState
    """Prices, and what moves them."""
    bound: Array
    """(M,) the largest q so far: no division costs less."""
    proposal: tuple[Array | None, ...]
    """Of each mission, (N, n): what the followers were asked to cost last, feasible."""
    supply_cost: Array
    """(M,) what the leader itself would pay for it."""
    waiting: Mask
    """(M,) where the proposal is new and everybody will say what it would cost."""
    forecast: CostForecast
    """What the next proposal may cost."""
    gap: Array
    """(M,) cost of the proposal before, minus `bound`; ∞ before it is known."""
    done: Mask
    """(M,) whose gap is at most the announced ε: these hold still."""

    @property
    def price(self) -> Array:
        """(M, 1, rows) λ, the last one broadcast."""
        return self.prices.price


class RoundTotals(NamedTuple):
    """What the leader hears in a round, added up; each (M, …)."""

    over: Array
    """(M, 1, rows) Rẑ - c."""
    dual: Array
    """q at the last price."""
    known: Array
    """What was asked for costs, Σ_i v_i(ẑ_i) + G, less the bound and with the excess at the price; 0 without an ε."""
    excess: Array
    """Σ of what must be cut, or without ≤ also of what is missing."""


@dataclass(frozen=True, kw_only=True)
class Market:
    """The leader's half, T, Algorithm 1, lines 6, 13 and 17; missions may be marginal problems P_-j (`present`).

    Rules: price λ⁰ (M, 1, rows), gamma (a number, or one a row and mission), boldest (how many times that momentum may
    step, by default once), supply, load, sense "=" or "<=", present (M, agents, 1), project, epsilon or None
    (`robosim.auction.problem.Allocation.rules` makes them).

    With an ε the leader proposes the projection of what was said, hears in the next round what everybody's share would
    cost, and is done when Σ v_i(proposal) - q(λ) ≤ ε. Under a Groves tax this gap bounds what any one deviator could
    gain. To ask costs everybody a round's work: `robosim.controllers.parts.price_step` says when. What happens in one
    mission is nothing to the others.
    """

    update: Literal["gradient", "nesterov", "secant"] = "gradient"

    def start(self, rules: Rules) -> tuple[MarketState, Said]:
        """Line 3: broadcast λ⁰, which depends on nobody."""
        price = np.array(rules["price"])
        missions = len(price)
        state = MarketState(
            k=0,
            rules=rules,
            prices=at_rest(price),
            bound=np.full(missions, -np.inf),
            proposal=(None,) * missions,
            supply_cost=np.zeros(missions),
            waiting=np.zeros(missions, dtype=bool),
            forecast=nothing_known(missions),
            gap=np.full(missions, np.inf),
            done=np.zeros(missions, dtype=bool),
        )
        return state, cast(state, None)

    def step(self, state: MarketState, said: Said, prices: PriceState | None = None) -> tuple[MarketState, Said]:
        """Line 6: the price moves towards what is asked for in excess, (3b), or to `prices` where others found it."""
        heard = added_up(state, said)
        new = state._replace(k=state.k + 1, bound=np.maximum(state.bound, heard.dual))
        new = new._replace(prices=self._moved(new, heard.over) if prices is None else prices)
        if state.rules["epsilon"] is None:
            return new, cast(new, None)
        new = held(state.done, state, self._judged(new, said))
        return self._proposed(state, new, said, heard)

    def among(self, state: MarketState, rows: NDArray[np.int64]) -> MarketState:
        """What the leader keeps in some of the missions."""
        rules, proposal = among(state.rules, rows), tuple(state.proposal[m] for m in rows)
        rules |= {name: some(rules[name], rows) for name in ("price", "gamma")}
        return some(state._replace(rules={}), rows)._replace(rules=rules, proposal=proposal)

    def decide(self, state: MarketState, said: Said) -> Array:
        """Line 17: the nearest feasible shares, (M, agents, n); where the gap closed, the proposal it closed for."""
        closed = [one for one, done in zip(state.proposal, state.done, strict=True) if done and one is not None]
        if state.done.all():
            return np.stack(closed)
        nearest = state.rules["project"](said["z"], state.rules["present"])[0]
        if closed:
            nearest[state.done] = closed
        return np.asarray(nearest)

    def gap(self, state: MarketState, reports: Array, decision: Array) -> Array:
        """Σ v̂_i + G - q(λ), (M,), for reported costs (M, agents) of the decision: how far above the optimum at most."""
        supplied = supply_cost(state.rules, decision)
        return np.asarray(total(state.rules, reports[..., None]) + supplied - state.bound)

    def done(self, state: MarketState) -> Mask:
        """(M,) whether the duality gap is at most the announced ε; never without one."""
        return state.done

    def _moved(self, state: MarketState, over: Array) -> PriceState:
        if self.update == "gradient":
            return gradient(state.prices, state.rules, over)
        move = nesterov if self.update == "nesterov" else secant
        return move(state.prices, state.rules, over, state.k)

    def _judged(self, state: MarketState, said: Said) -> MarketState:
        """What the last proposals would cost, where that was asked."""
        if not state.waiting.any():
            return state
        cost = total(state.rules, said["cost"]) + state.supply_cost
        gap = np.where(state.waiting, cost - state.bound, state.gap)
        done = state.done | (gap <= state.rules["epsilon"])
        return state._replace(gap=gap, done=done, forecast=answered(state.forecast, gap, state.waiting))

    def _proposed(
        self, before: MarketState, state: MarketState, said: Said, heard: RoundTotals
    ) -> tuple[MarketState, Said]:
        """New proposals where it is time; prices at which all fits as it was asked for wait for what that costs."""
        rules = state.rules
        highest = np.abs(state.price).max(axis=(1, 2))
        aims = self.update == "secant" and rules["sense"] == "<="
        first = FITS_FIRST if aims else FIRST
        ask, forecast = asked(
            state.forecast, state.k, heard.known, heard.excess, highest, rules["epsilon"], ~state.done, first
        )
        stay = (ask | state.done) & (heard.excess == 0.0) & aims
        state = state._replace(waiting=ask, forecast=forecast, prices=prices_held(stay, before.prices, state.prices))
        if not ask.any():
            return state, cast(state, None)
        some = among(rules, ask)
        shares, mu = some["project"](said["z"] if ask.all() else said["z"][ask], some["present"])
        correction, cost = np.full_like(state.price, np.nan), state.supply_cost.copy()
        correction[ask], cost[ask] = mu, supply_cost(some, shares)
        state = state._replace(proposal=proposed(state.proposal, ask, shares), supply_cost=cost)
        return state, cast(state, correction)


def added_up(state: MarketState, said: Said) -> RoundTotals:
    """What was said in a round."""
    rules, price = state.rules, state.price
    provided, worth = rules["supply"].answer(price)
    load, dual = rules["load"](said["z"], rules["present"]), total(rules, said["dual"])
    over = load - provided
    if rules["epsilon"] is None:
        return RoundTotals(over, dual + worth, np.zeros(len(over)), np.zeros(len(over)))
    given = rules["supply"].elastic(over.shape[2]) == 0.0  # of the rest more is provided, at what `cost` says
    cut = np.where(given, np.maximum(over, 0.0) if rules["sense"] == "<=" else over, 0.0)
    spent = dual - np.einsum("mor,mor->m", price, load - cut)  # Σ_i v_i(ẑ_i), and what is cut at the price
    known = spent + rules["supply"].cost(load) - np.maximum(state.bound, dual + worth)
    return RoundTotals(over, dual + worth, known, np.einsum("mor->m", np.abs(cut)))


def proposed(before: tuple[Array | None, ...], where: Mask, shares: Array) -> tuple[Array | None, ...]:
    """The proposals with new `shares` (some of M, N, n) in the missions `where` (M,)."""
    found = list(before)
    for m, one in zip(np.flatnonzero(where), shares, strict=True):
        found[m] = one
    return tuple(found)


def among(rules: Rules, where: Mask | NDArray[np.int64]) -> Rules:
    """What is announced in the missions `where` (M,)."""
    present = rules["present"] if len(rules["present"]) == 1 else rules["present"][where]
    return {**rules, "present": present, "supply": rules["supply"].among(where)}


def supply_cost(rules: Rules, z: Array) -> Array:
    """What the leader pays for shares z (M, N, n), (M,)."""
    supply: Supply = rules["supply"]
    return np.zeros(len(z)) if isinstance(supply, FixedSupply) else supply.cost(rules["load"](z, rules["present"]))


def cast(state: MarketState, correction: Array | None) -> Said:
    """What the leader broadcasts: the price, and with an ε the multipliers of its proposals (NaN: there is no new one),
    and which missions are open: 1, or 0 once the gap has closed and nobody needs to answer any more."""
    words = {"price": state.price.copy()}
    if state.rules["epsilon"] is None:
        return words
    still = np.where(state.done, 0.0, 1.0)[:, None, None]
    return words | {
        "correction": np.full_like(state.price, np.nan) if correction is None else correction,
        "open": still,
    }


def loaded(rows: Array, z: Array, present: Mask) -> Array:
    """Σ_i R_i z_i over those present, (M, 1, rows); rows (agents, rows, n), or (0, 0, 0) for the identity."""
    load = np.empty((len(z), rows.shape[1] if len(rows) else z.shape[2]))
    taken(rows, np.ascontiguousarray(z), np.ascontiguousarray(present[..., 0]), load)
    return load[:, None]


def total(rules: Rules, words: Array) -> Array:
    """Σ_i over those present of one number each, (M,)."""
    return np.asarray(loaded(np.empty((0, 0, 0)), words, rules["present"])[:, 0, 0])


def held(done: Mask, before: MarketState, after: MarketState) -> MarketState:
    """Missions that were done keep everything."""
    if not done.any():
        return after
    prices = prices_held(done, before.prices, after.prices)
    return after._replace(prices=prices, bound=np.where(done, before.bound, after.bound))
