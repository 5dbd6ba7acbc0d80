"""Exchange ADMM that turns back to an anchor: a price and a share for everybody, and how they move from round to round.

Each follower i, and the leader's own supply, solves near the share s_i that it has now

    a_i = argmin v_i(a) + λ'R_i a + (ρ/2) ‖a - s_i‖²,      w_i = s_i + R_i'λ/ρ

for shares that fit together: the nearest to points w_i that do, s_i = w_i - R_i'λ/ρ with Σ R_i s_i ≤ c, λ ≥ 0. Plain
ADMM goes on from w_i + a_i - s_i (S. Boyd et al., Found. Trends Mach. Learn. 3 (2011), 5 and 7.3), which in a linear
problem circles round the optimum for thousands of rounds. Here everybody goes twice as far, and back towards an anchor:

    w_i ← h w_i⁰ + (1-h) (w_i + 2 (a_i - s_i)),      h = 1/(n+2), n rounds after the anchor was dropped at w_i⁰

(B. Halpern, Bull. AMS 73 (1967) 957-961, for the Peaceman-Rachford splitting: K. Chen, D. Sun, Y. Yuan, G. Zhang,
X. Zhao, HPR-LP, arXiv 2408.12179; restarts: H. Lu, J. Yang, arXiv 2407.16144). The anchor is dropped anew where the
residual ‖a - s‖ has fallen to a fifth, or to three fifths and no further, or too long ago; that makes the way straight.

Nobody needs to know another's point: the price follows from Σ R_i w_i, which the leader keeps (`rules["row_prices"]`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules, Said
from robosim.controllers.parts.market import Market, MarketState, Mask, total
from robosim.controllers.parts.price_step import at_rest
from robosim.controllers.parts.some import some

FELL, STOPPED, LONG = 0.2, 0.6, 0.12
"""The anchor is dropped anew where the residual fell to `FELL` of the first, or to `STOPPED` and rises, or after this
share of all rounds,"""
LEAST = 5
"""but not earlier than after so many rounds."""
RANGE = 1e3
"""ρ stays within so many times what was announced, up and down: where optima are many, shares wander among them."""
STEADY_FROM = 10_000
"""The round after which ρ stays, so that all converges for sure."""
NEW = 0.0
"""The weight h with which the leader says: drop the anchor here, and go on from here."""


class Shares(NamedTuple):
    """Where somebody stands, arrays that start with the missions."""

    point: Array
    """w."""
    share: Array
    """s."""
    anchor: Array
    """w⁰, and"""
    begun: Array
    """s when the anchor was dropped."""


def at_start(share: Array, priced: Array) -> Shares:
    """Round 0 at a share s and the price λ⁰/ρ."""
    point = share + priced
    return Shares(point, share, point, share)


def onward(at: Shares, answer: Array, weight: Array) -> Array:
    """The next point w, from the answer a to the last price."""
    return np.asarray(weight * at.anchor + (1.0 - weight) * (at.point + 2.0 * (answer - at.share)))


def moved_on(at: Shares, answer: Array, priced: Array, weight: Array) -> Shares:
    """The next point and share at the new price λ/ρ; where the anchor is dropped the share stays."""
    new = weight == NEW
    point = np.where(new, at.share + priced, onward(at, answer, weight))
    share = np.where(new, at.share, point - priced)
    return Shares(point, share, np.where(new, point, at.anchor), np.where(new, share, at.begun))


class AnchoredState(NamedTuple):
    """What the leader keeps; arrays start with the missions, rows are (M, 1, rows)."""

    market: MarketState
    rho: Array
    """(M, 1, 1)."""
    taken: Shares
    """Of all followers together."""
    supplied: Shares
    """Of the supply, which takes the negative of what it provides."""
    begun: Array
    """λ when the anchor was dropped, and"""
    pulled: Array
    """Σ R_i R_i'λ then."""
    n: Array
    """(M,) rounds since then."""
    first: Array
    """(M,) the residual then, and"""
    last: Array
    """the last one."""

    @property
    def gap(self) -> Array:
        """(M,) of the last proposal that was answered."""
        return self.market.gap

    @property
    def bound(self) -> Array:
        """(M,) no division costs less."""
        return self.market.bound


@dataclass(frozen=True, kw_only=True)
class AnchoredExchange:
    """The leader's half: it adds up everybody's points, prices what is in excess, and says when an anchor is dropped.

    Proposals, bounds and stops are those of `Market`. Rules: those of `Market` for ≤; rho > 0 to begin with;
    row_prices, from an excess and who is present to the λ/ρ that make points fit, and Σ R_i R_i'λ/ρ; pull, the latter
    for given prices (`robosim.charging.crowd`). What rho is hardly matters: with every new anchor it follows how far
    shares and prices went since the last one, ρ ← √(ρ ‖Δλ‖/‖Δs‖) within `RANGE`, until round `STEADY_FROM`.

    Followers hear λ, ρ and h (0: drop the anchor where you stand), and say `moved`, ‖a - s‖² and ‖s - s⁰‖², (M, N, 2).
    """

    market: Market = Market()  # noqa: RUF009 (frozen)

    def start(self, rules: Rules) -> tuple[AnchoredState, Said]:
        """Broadcast λ⁰ and ρ."""
        market, words = self.market.start({**rules, "gamma": 1.0, "boldest": 1.0})
        price, own, count = market.price, _own(rules, market.price), len(market.price)
        rho, nothing, far = np.full((count, 1, 1), float(rules["rho"])), np.zeros_like(price), np.full(count, np.inf)
        provided = np.where(own > 0, 0.0, rules["supply"].near(price, nothing, rho))
        pulled = rules["pull"](price, rules["present"])
        taken, supplied = at_start(nothing, pulled / rho), at_start(-provided, own * price / rho)
        state = AnchoredState(market, rho, taken, supplied, price, pulled, np.zeros(count), far, far)
        return state, words | _anchored(rho, np.full_like(rho, NEW))

    def step(self, state: AnchoredState, said: Said) -> tuple[AnchoredState, Said]:
        """The next price; where the anchor is dropped the last one again, with another ρ."""
        rules, last = state.market.rules, state.market.price
        load = rules["load"](said["z"], rules["present"])
        drawn = -rules["supply"].near(last, -state.supplied.share, state.rho)
        pulled = state.rho * (state.taken.point - state.taken.share)
        state, weight = self._judged(state, said["moved"], drawn, pulled)
        excess = onward(state.taken, load, weight) + onward(state.supplied, drawn, weight)
        priced, pull = rules["row_prices"](excess, rules["present"])
        price = np.where(weight == NEW, last, state.rho * priced)
        pull = np.where(weight == NEW, pulled / state.rho, pull)
        market, words = self.market.step(state.market, said, at_rest(price))
        new = state._replace(
            market=market,
            taken=moved_on(state.taken, load, pull, weight),
            supplied=moved_on(state.supplied, drawn, _own(rules, last) * price / state.rho, weight),
            begun=np.where(weight == NEW, price, state.begun),
            pulled=np.where(weight == NEW, pulled, state.pulled),
        )
        return new, words | _anchored(state.rho, weight)

    def among(self, state: AnchoredState, rows: NDArray[np.int64]) -> AnchoredState:
        """What the leader keeps in some of the missions."""
        return some(state, rows)._replace(market=self.market.among(state.market, rows))

    def decide(self, state: AnchoredState, said: Said) -> Array:
        """T, Algorithm 1, line 17: the nearest feasible shares."""
        return self.market.decide(state.market, said)

    def gap(self, state: AnchoredState, reports: Array, decision: Array) -> Array:
        """How far above the optimum the decision (M, N, n) is at most, for its reported costs (M, N): (M,)."""
        return self.market.gap(state.market, reports, decision)

    def done(self, state: AnchoredState) -> Mask:
        """(M,) whether the duality gap is at most the announced ε."""
        return self.market.done(state.market)

    def _judged(self, state: AnchoredState, moved: Array, drawn: Array, pulled: Array) -> tuple[AnchoredState, Array]:
        """Whether the anchor is dropped anew, with which ρ, and its weight (M, 1, 1)."""
        rules, k, open_ = state.market.rules, state.market.k, ~state.market.done
        off, way = (np.maximum(total(rules, moved[..., j : j + 1]), 0.0) for j in (0, 1))
        left = np.sqrt(off + _product(drawn - state.supplied.share))
        first = np.where(state.n == 0, left, state.first)
        stopped = (left <= STOPPED * first) & (left > state.last)
        drop = open_ & (state.n > LEAST) & ((left <= FELL * first) | stopped | (state.n >= LONG * k))
        far = np.sqrt(way + _product(state.supplied.share - state.supplied.begun))
        rise = state.market.price - state.begun
        swing = np.sqrt(np.maximum(_product(rise, pulled - state.pulled + _own(rules, rise) * rise), 0.0))
        turn = drop & (far > 0) & (swing > 0) & (k < STEADY_FROM)
        ratio = np.divide(swing, far, out=state.rho[:, 0, 0].copy(), where=turn)[:, None, None]
        weight = np.where(drop, NEW, 1.0 / (state.n + 2))[:, None, None]
        rho = np.clip(np.sqrt(state.rho * ratio), rules["rho"] / RANGE, rules["rho"] * RANGE)
        n, rho = np.where(drop, 0.0, state.n + 1), np.where(turn[:, None, None], rho, state.rho)
        return state._replace(rho=rho, n=n, first=first, last=left), weight


def _own(rules: Rules, like: Array) -> Array:
    """(1, 1, rows) 1 where the leader's own supply answers prices, else 0."""
    return np.asarray(rules["supply"].elastic(like.shape[2]))[None, None]


def _product(x: Array, y: Array | None = None) -> Array:
    """x'y of each mission, (M,), from (M, 1, rows); ‖x‖² without y."""
    return np.asarray((x * (x if y is None else y))[:, 0].sum(axis=1))


def _anchored(rho: Array, weight: Array) -> Said:
    return {"rho": rho.copy(), "weight": weight.copy()}
