"""When the leader asks what a proposal would cost: a round's work for everybody, worth it where the gap may close.

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

from robosim.agent import Array

FIRST = 1e4
"""The first question is put when the gap seems to be this many times ε: it tells the rate."""
SELDOM = 25
"""Rounds after which the leader asks in any case."""
Mask = NDArray[np.bool_]


class Guess(NamedTuple):
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


def nothing_known(missions: int) -> Guess:
    """Before the first round."""
    zero, none = np.zeros(missions), np.zeros(missions, dtype=np.int64)
    return Guess(np.full(missions, np.nan), zero, np.zeros(missions, dtype=bool), none, none, zero, zero, zero)


def expected(guess: Guess, known: Array, excess: Array) -> Array:
    """The gap of a proposal now, (M,), from the gap without the excess and the excess; ∞ while nothing was answered."""
    share = np.divide(excess, guess.excess, out=np.ones_like(excess), where=~guess.steady & (guess.excess > 0))
    rate = np.where(np.isnan(guess.rate), np.where(excess > 0, np.inf, 0.0), guess.rate)
    return np.asarray(known + np.multiply(rate, excess * share, out=np.zeros_like(rate), where=excess > 0))


def asked(
    guess: Guess, k: int, known: Array, excess: Array, price: Array, epsilon: float, open_: Mask
) -> tuple[Mask, Guess]:
    """Which of the missions `open_` (M,) are asked in round k: where ε seems near, or nobody was asked for long.

    `price` (M,) is the highest one.
    """
    waited, near = k - guess.k, expected(guess, known, excess) <= epsilon
    first = np.isnan(guess.rate) & (price > 0) & (known + price * excess <= FIRST * epsilon)
    ask = open_ & (((near | first) & (waited > guess.misses)) | (waited >= SELDOM))
    return ask, guess._replace(
        k=np.where(ask, k, guess.k),
        misses=guess.misses + (ask & near),
        known=np.where(ask, known, guess.known),
        asked=np.where(ask, excess, guess.asked),
        price=np.where(ask, price, guess.price),
    )


def answered(guess: Guess, gap: Array, told: Mask) -> Guess:
    """What the answers `gap` (M,) of the missions `told` teach."""
    here = told & (guess.asked > 0)
    rate = np.divide(np.maximum(gap - guess.known, 0.0), guess.asked, out=guess.rate.copy(), where=here)
    stayed = rate**2 * guess.excess >= guess.rate**2 * guess.asked  # nearer to 1 than to what the excess fell to
    steady = np.where(np.isnan(guess.rate), rate > guess.price, stayed)
    return guess._replace(
        rate=rate,
        excess=np.where(here, guess.asked, guess.excess),
        steady=np.where(here, steady, guess.steady),
    )
