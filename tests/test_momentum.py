"""Momentum of the leader's price on a dual function of one number, q(λ) = -½ (λ - 1)², where every step is known."""

import numpy as np
import pytest

from robosim.controllers.parts.price_step import at_rest, nesterov

GOLDEN = 0.5 * (1 + np.sqrt(5))
"""t after the first step (Nesterov 1983): ½ (1 + √(1 + 4·1²))."""


def played(step: float, rounds: int):
    """The course after each round, and what was asked for in excess, -(λ - 1)."""
    rules = {"gamma": step, "sense": "=", "boldest": 1.0}
    courses, overs = [at_rest(np.zeros((1, 1, 1)))], []
    for k in range(1, rounds + 1):
        overs.append(1.0 - courses[-1].price)
        courses.append(nesterov(courses[-1], rules, overs[-1], k))
    return courses, [float(over.squeeze()) for over in overs]


@pytest.mark.parametrize("step", [0.003, 0.05])
def test_momentum_starts_anew_where_a_step_turns_against_the_gradient(step: float) -> None:
    """Where (λ^k - point^{k-1}) Δq' < 0 no momentum is added and t begins again; elsewhere t = ½ (1 + √(1 + 4t²))."""
    courses, overs = played(step, 120)
    restarts = 0
    for before, after, over in zip(courses[:-1], courses[1:], overs, strict=True):
        point = before.price + step * over
        np.testing.assert_allclose(after.point, point, rtol=1e-15)
        t = float(before.speed.squeeze())
        if over * float((point - before.point).squeeze()) < 0:
            restarts += 1
            np.testing.assert_array_equal(after.price, after.point)
            assert after.speed.squeeze() == pytest.approx(GOLDEN)
        else:
            faster = 0.5 * (1 + np.sqrt(1 + 4 * t * t))
            assert after.speed.squeeze() == pytest.approx(faster)
            np.testing.assert_allclose(after.price, point + (t - 1) / faster * (point - before.point), rtol=1e-14)
    assert restarts >= 1


def test_with_momentum_a_price_is_there_much_sooner() -> None:
    """A gradient step of 0.003 leaves 0.997^k of the way: 30 % after 400 rounds, a thousandth after 2 300."""
    courses, _ = played(0.003, 400)
    assert abs(float(courses[-1].price.squeeze()) - 1.0) < 1e-3
    assert 0.997**400 > 0.3
