"""When the leader asks what a proposal would cost: a round's work for everybody, worth it where the gap may close.

What was asked for costs Σ_i v_i(ẑ_i) + G, which the leader knows without asking: v_i(ẑ_i) is what i said its term of
the dual function is, less what it pays for ẑ_i at the price. To this the projection adds what it costs to cut the
excess. That was a rate times the excess when it was asked for last; where shares are close to the optimum the rate
stays (somebody goes without energy) or falls as the excess does (quadratic costs), and the last two answers tell which.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array

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
    """the excess then."""


def nothing_known(missions: int) -> Guess:
    """Before the first round."""
    zero, none = np.zeros(missions), np.zeros(missions, dtype=np.int64)
    return Guess(np.full(missions, np.nan), zero, np.zeros(missions, dtype=bool), none, none, zero, zero)


def expected(guess: Guess, known: Array, excess: Array) -> Array:
    """The gap of a proposal now, (M,), from the gap without the excess and the excess."""
    share = np.divide(excess, guess.excess, out=np.ones_like(excess), where=~guess.steady & (guess.excess > 0))
    return np.asarray(known + np.where(np.isnan(guess.rate), 0.0, guess.rate) * excess * share)


def asked(guess: Guess, k: int, known: Array, excess: Array, epsilon: float, open_: Mask) -> tuple[Mask, Guess]:
    """Which of the missions `open_` (M,) are asked in round k: where ε seems near, or nobody was asked for long."""
    waited, near = k - guess.k, expected(guess, known, excess) <= epsilon
    ask = open_ & ((near & (waited > guess.misses)) | (waited >= SELDOM))
    return ask, guess._replace(
        k=np.where(ask, k, guess.k),
        misses=guess.misses + (ask & near),
        known=np.where(ask, known, guess.known),
        asked=np.where(ask, excess, guess.asked),
    )


def answered(guess: Guess, gap: Array, told: Mask) -> Guess:
    """What the answers `gap` (M,) of the missions `told` teach."""
    here = told & (guess.asked > 0)
    rate = np.divide(np.maximum(gap - guess.known, 0.0), guess.asked, out=guess.rate.copy(), where=here)
    steady = rate**2 * guess.excess >= guess.rate**2 * guess.asked  # nearer to 1 than to what the excess fell to
    return guess._replace(
        rate=rate,
        excess=np.where(here, guess.asked, guess.excess),
        steady=np.where(here & ~np.isnan(guess.rate), steady, guess.steady),
    )
