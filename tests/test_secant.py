"""Prices that follow what their last moves told: the kernel against NumPy, and quadratic dual functions."""

import numpy as np
import pytest

from robosim.controllers.parts.price_step import MOVES, at_rest, nesterov, secant
from robosim.kernels.secant import ALIKE, FAR, FLATTEST, secant_step


def stepped(price, over, before, over_before, gamma, length, floored, ways, turns):
    """The same by matrices: conjugate directions one after the other, in one mission."""
    move, turn = price - before, over_before - over
    far = over @ move < -FAR * abs(over_before @ move)
    ways = np.vstack([move[None], 0.0 * ways[:-1] if far else ways[:-1]])
    turns = np.vstack([turn[None], 0.0 * turns[:-1] if far else turns[:-1]])
    some = (price > 0.0) | (over > 0.0) if floored else np.ones(len(price), dtype=bool)
    left, to, found = np.where(some, over, 0.0), price.copy(), []
    for s, y in zip(ways * some, turns * some, strict=True):
        whole = s @ y
        for one, its, bend in found:
            share = s @ its / bend
            s, y = s - share * one, y - share * its
        if s @ y > ALIKE * max(whole, 0.0):
            found.append((s, y, s @ y))
            c = s @ left / max(s @ y, s @ (s / gamma) / FLATTEST)
            to, left = to + c * s, left - c * y
    to = np.where(some, to + length * left, price)
    return np.maximum(to, 0.0) if floored else to, ways, turns


@pytest.mark.parametrize("floored", [True, False])
def test_the_kernel_is_what_matrices_say(floored: bool) -> None:
    rng, shape = np.random.default_rng(0), (40, 6)
    bends = rng.normal(size=(40, 6, 6))
    bends = bends @ bends.transpose(0, 2, 1) * rng.uniform(0.0, 1.0, (40, 1, 1)) ** 4
    ways = rng.normal(size=(40, 3, 6))
    turns = np.einsum("mrs,mks->mkr", bends, ways) + 0.1 * rng.normal(size=ways.shape)
    price, over = np.maximum(rng.normal(size=shape), 0.0), rng.normal(size=shape)
    before = price - rng.normal(size=shape)
    over_before = over + np.einsum("mrs,ms->mr", bends, price - before)
    gamma, length = rng.uniform(0.1, 1.0, (1, 6)), rng.uniform(0.1, 1.0, shape)
    new_ways, new_turns, to = np.empty_like(ways), np.empty_like(turns), np.empty(shape)
    secant_step(price, over, before, over_before, gamma, length, floored, ways, turns, new_ways, new_turns, to)
    forgot = 0
    for m in range(40):
        here = (price[m], over[m], before[m], over_before[m], gamma[0], length[m])
        wanted = stepped(*here, floored, ways[m], turns[m])
        for got, one in zip((to[m], new_ways[m], new_turns[m]), wanted, strict=True):
            np.testing.assert_allclose(got, one, rtol=1e-9, atol=1e-11)
        forgot += not new_ways[m, 1:].any()
    assert 0 < forgot < 40


def test_a_dual_function_of_few_prices_is_maximised_in_one_round_more_than_there_are() -> None:
    """q(λ) = b'λ - ½ λ'Aλ: once every way was gone along, the model is the function."""
    bend, b, left = np.diag([1.0, 0.5, 0.25, 0.1]), np.array([0.3, 0.8, -1.3, 0.9]), {}
    rules = {"gamma": 1.0, "sense": "=", "epsilon": None, "boldest": 1.0}
    assert len(b) < MOVES
    for move in (secant, nesterov):
        prices = at_rest(np.zeros((1, 1, 4)))
        for k in range(1, 6):
            prices = move(prices, rules, (b - bend @ prices.price[0, 0])[None, None], k)
        left[move] = np.abs(b - bend @ prices.price[0, 0]).max()
    assert left[secant] < 1e-12
    assert left[nesterov] > 1e-2


def test_a_way_that_seems_not_to_bend_is_gone_along_so_far_and_no_further() -> None:
    """A move of 1 that took nothing away, with 1 in excess: γ/`FLATTEST` is its bend, and then comes the step γ."""
    one, none = np.ones((1, 1)), np.zeros((1, 1, 1))
    ways, turns, to = none.copy(), none.copy(), none[0].copy()
    secant_step(one, one, 0 * one, (1 + 1e-9) * one, one, one, True, none, none, ways, turns, to)
    assert to.item() == pytest.approx(1.0 + FLATTEST + 1.0)


def test_late_prices_are_those_of_the_paper() -> None:
    """After `SURE_FROM` rounds no past is asked, so that prices converge for sure."""
    rules = {"gamma": 0.25, "sense": "<=", "epsilon": None, "boldest": 64.0}
    before = at_rest(np.ones((1, 1, 2)))
    after = secant(before, rules, np.array([[[1.0, -8.0]]]), 10_001)
    assert after.price.tolist() == [[[1.25, 0.0]]]
