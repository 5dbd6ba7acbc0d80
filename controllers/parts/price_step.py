"""How the leader moves a price: a gradient step (T, (3b)), with momentum if wanted, and how long it may be.

The past may say more than one step: where the last moves of the price went, their answers tell how the dual function
bends (`robosim.kernels.secant`), which takes fewest rounds. Momentum (Nesterov 1983) is restarted where the step turns
against the gradient (B. O'Donoghue, E. Candès, Found. Comput. Math. 15 (2015) 715-732). With it a step may be longer
than the sure one: the dual function bends less than the public bound says wherever agents sit at their limits, and the
last two answers tell by how much. With -∇q falling from -Rẑ + c by Δ while the price moves by δ, cocoercivity says Δ'ΓΔ
≤ L δ'Δ for the bend L in units of the sure step Γ⁻¹, so that L is at least Δ'ΓΔ / δ'Δ where the price just was. No step
is ever shorter than the sure one, and after `SURE_FROM` rounds none is longer, so that prices converge for sure,
whatever was said.

When the leader asks what a proposal would cost: a round's work for everybody, worth it where the gap may close.

What was asked for costs Σ_i v_i(ẑ_i) + G, which the leader knows without asking: v_i(ẑ_i) is what i said its term of
the dual function is, less what it pays for ẑ_i at the price. To this the projection adds what it costs to cut the
excess. That was a rate times the excess when it was asked for last; where shares are close to the optimum the rate
stays (somebody goes without energy: then it is far above the price) or falls as the excess does (quadratic costs), and
the last two answers tell which. Before the first answer the highest price stands for the rate.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules
from robosim.kernels.secant import secant_step

Mask = NDArray[np.bool_]
CAUTION = 0.7
"""A stride is at most this share of what the last answers allow,"""
GROWTH = 1.5
"""and at most this many times the one before."""
BOLDEST = 64.0
"""Steps are at most this many times the sure one, unless something else is announced."""
SURE_FROM = 10_000
"""The round after which only sure steps are taken."""
BELOW = 0.25
"""Of ε may be lost by aiming below what there is."""
MOVES = 5
"""Of the price are remembered where the past is asked."""


class PriceState(NamedTuple):
    """Prices (M, 1, rows) and what moves them."""

    price: Array
    """λ, the last one broadcast."""
    point: Array
    """The last gradient step; with momentum the price runs ahead of it."""
    speed: Array
    """(M, 1, 1) Nesterov's t."""
    stride: Array
    """(M, 1, 1) the last step as a multiple of the announced one."""
    before: Array
    """The price before, and"""
    over: Array
    """what was asked for in excess at it."""
    ways: Array
    """(M, `MOVES`, rows) the last moves, the newest first, where the past is asked, and"""
    turns: Array
    """by how much less was asked for in excess after each."""


def at_rest(price: Array) -> PriceState:
    """Round 0."""
    one, none = np.ones((len(price), 1, 1)), np.zeros((len(price), MOVES, price.shape[2]))
    return PriceState(price, price, one, one, price, np.zeros_like(price), none, none)


def held(done: Mask, before: PriceState, after: PriceState) -> PriceState:
    """Missions (M,) that were done keep their prices; who moves no more has no use for its last moves."""
    if not done.any():
        return after
    rows, moving = done[:, None, None], PriceState._fields[:-2]
    return after._replace(**{name: np.where(rows, getattr(before, name), getattr(after, name)) for name in moving})


def gradient(prices: PriceState, rules: Rules, over: Array) -> PriceState:
    """λ + γ (Rẑ - c), as in the paper."""
    point = floored(rules, prices.price + _steps(prices, rules, over) * over)
    return prices._replace(price=point, point=point)


def nesterov(prices: PriceState, rules: Rules, over: Array, k: int) -> PriceState:
    """The same with momentum; up to `rules["boldest"]` times as long where answers allow it."""
    gamma = _steps(prices, rules, over)
    stride = _stride(prices, rules, gamma, over, k)
    point = floored(rules, prices.price + stride * gamma * over)
    way = point - prices.point
    onward = np.einsum("mor,mor->m", over, way)[:, None, None] >= 0
    speed = np.where(onward, prices.speed, 1.0)
    faster = 0.5 * (1 + np.sqrt(1 + 4 * speed**2))
    price = floored(rules, point + np.where(onward, (speed - 1) / faster, 0.0) * way)
    return PriceState(price, point, faster, stride, prices.price, over, prices.ways, prices.turns)


def secant(prices: PriceState, rules: Rules, over: Array, k: int) -> PriceState:
    """Where the last moves and their answers say that the summit is, and from there a step as with momentum."""
    if k > SURE_FROM:
        return gradient(prices, rules, over)
    over = over + _aimed_below(prices.price, rules)
    gamma = _steps(prices, rules, over)
    stride = _stride(prices, rules, gamma, over, k)
    ways, turns, price = np.empty_like(prices.ways), np.empty_like(prices.turns), np.empty_like(prices.price)
    before = (prices.before, prices.over) if k > 1 else (prices.price, over)
    steps = (x * np.ones((1, 1, price.shape[2])) for x in (gamma, stride * gamma))
    heard = [np.ascontiguousarray(x[:, 0]) for x in (prices.price, over, *before, *steps)]
    past = (prices.ways, prices.turns, ways, turns)
    secant_step(*heard, rules["sense"] == "<=", *past, price[:, 0])  # type: ignore[call-arg, arg-type]
    return PriceState(price, price, prices.speed, stride, prices.price, over, ways, turns)


def _aimed_below(price: Array, rules: Rules) -> Array | float:
    """By how much less than there is the leader aims at where power has a price: so little that it costs the share
    `BELOW` of ε, so that an answer a little beside it needs no cut, which would cost far more than the price."""
    if rules["epsilon"] is None or rules["sense"] != "<=":
        return 0.0
    whole = np.add.reduce(price, axis=2, keepdims=True)
    return np.asarray(np.divide(BELOW * rules["epsilon"], whole, out=np.zeros_like(price), where=price > 0.0))


def _steps(prices: PriceState, rules: Rules, over: Array) -> Array:
    """γ; where `rules["steps"]` knows it, for prices that move the one that is sure as long as no others do."""
    gamma = np.asarray(rules["gamma"])
    if rules.get("steps") is None:
        return gamma
    moving = (prices.price > 0) | (prices.point > 0) | (over > 0)
    return np.where(moving, rules["steps"](moving, rules["present"]), gamma)


def _stride(prices: PriceState, rules: Rules, gamma: Array, over: Array, k: int) -> Array:
    boldest = rules.get("boldest", 1.0) if 1 < k <= SURE_FROM else 1.0
    if boldest <= 1.0:
        return np.ones_like(prices.stride)
    more = over - prices.over
    bend = np.einsum("mor,mor->m", gamma * more, more)[:, None, None]
    fell = -np.einsum("mor,mor->m", prices.price - prices.before, more)[:, None, None]
    allowed = np.divide(CAUTION * np.maximum(fell, 0.0), bend, out=np.full_like(bend, np.inf), where=bend > 0)
    return np.asarray(np.clip(np.minimum(GROWTH * prices.stride, allowed), 1.0, boldest))


def floored(rules: Rules, price: Array) -> Array:
    """For ≤ no price is negative."""
    return np.maximum(price, 0.0) if rules["sense"] == "<=" else price


FIRST = 1e4
"""The first question is put when the gap seems to be this many times ε: it tells the rate."""
FITS_FIRST = 1e-2
"""The same where the leader waits for what fits as it was asked for, which needs no question."""
SELDOM = 25
"""Rounds after which the leader asks in any case."""


class CostForecast(NamedTuple):
    """What the leader knows of the price of an excess, each (M,), from the last proposal that was answered."""

    rate: Array
    """What the proposal cost beyond what had been asked for, by unit of excess; NaN: nothing was answered yet."""
    excess: Array
    steady: Mask
    """Whether the rate stays as the excess falls; else it falls with it."""
    k: NDArray[np.int64]
    """The round of the last question, and"""
    misses: NDArray[np.int64]
    """how many there were that should have been the last: the leader waits as many rounds before the next."""
    known: Array
    """The gap without the excess when that question was put, and"""
    asked: Array
    """the excess, and"""
    price: Array
    """the highest price then."""


def nothing_known(missions: int) -> CostForecast:
    """Before the first round."""
    zero, none = np.zeros(missions), np.zeros(missions, dtype=np.int64)
    return CostForecast(np.full(missions, np.nan), zero, np.zeros(missions, dtype=bool), none, none, zero, zero, zero)


def expected(forecast: CostForecast, known: Array, excess: Array) -> Array:
    """The gap of a proposal now, (M,), from the gap without the excess and the excess; ∞ while nothing was answered."""
    share = np.divide(excess, forecast.excess, out=np.ones_like(excess), where=~forecast.steady & (forecast.excess > 0))
    rate = np.where(np.isnan(forecast.rate), np.where(excess > 0, np.inf, 0.0), forecast.rate)
    return np.asarray(known + np.multiply(rate, excess * share, out=np.zeros_like(rate), where=excess > 0))


def asked(
    forecast: CostForecast,
    k: int,
    known: Array,
    excess: Array,
    price: Array,
    epsilon: float,
    open_: Mask,
    first: float = FIRST,
) -> tuple[Mask, CostForecast]:
    """Which of the missions `open_` (M,) are asked in round k: where ε seems near, or nobody was asked for long.

    `price` (M,) is the highest one; the first question is put where the gap seems to be `first` times ε.
    """
    waited, near = k - forecast.k, expected(forecast, known, excess) <= epsilon
    early = np.isnan(forecast.rate) & (price > 0) & (known + price * excess <= first * epsilon)
    ask = open_ & (((near | early) & (waited > forecast.misses)) | (waited >= SELDOM))
    return ask, forecast._replace(
        k=np.where(ask, k, forecast.k),
        misses=forecast.misses + (ask & near),
        known=np.where(ask, known, forecast.known),
        asked=np.where(ask, excess, forecast.asked),
        price=np.where(ask, price, forecast.price),
    )


def answered(forecast: CostForecast, gap: Array, told: Mask) -> CostForecast:
    """What the answers `gap` (M,) of the missions `told` teach."""
    here = told & (forecast.asked > 0)
    rate = np.divide(np.maximum(gap - forecast.known, 0.0), forecast.asked, out=forecast.rate.copy(), where=here)
    stayed = (
        rate**2 * forecast.excess >= forecast.rate**2 * forecast.asked
    )  # nearer to 1 than to what the excess fell to
    steady = np.where(np.isnan(forecast.rate), rate > forecast.price, stayed)
    return forecast._replace(
        rate=rate,
        excess=np.where(here, forecast.asked, forecast.excess),
        steady=np.where(here, steady, forecast.steady),
    )
