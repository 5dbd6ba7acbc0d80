"""Points: straight, at full speed, exactly there; control steps in closed form against counting them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robosim.errors import BadInput
from robosim.kernels.straight import stretch
from robosim.rendezvous.bodies.point import Point
from tests.driving import DT_S, STEPS, drive, states, walk


def counted(left: float, stride: float, steps: int) -> tuple[float, float, int]:
    """Control steps, one by one."""
    gone, squares, used = 0.0, 0.0, 0
    while used < steps and left - gone > 1e-11 * stride:
        move = min(stride, left - gone)
        gone, squares, used = gone + move, squares + move * move, used + 1
    return gone, squares, used


@given(st.floats(1e-6, 50.0), st.floats(1e-3, 1e3), st.integers(1, 40))
def test_control_steps_of_a_line_are_those_counted_one_by_one(left: float, stride: float, steps: int) -> None:
    way, squares, used = stretch(left, stride, steps)
    assert (way, squares) == pytest.approx(counted(left, stride, steps)[:2], rel=1e-9)
    assert used == counted(left, stride, steps)[2]
    assert way <= min(left, steps * stride * (1 + 1e-12))


@pytest.mark.parametrize("full", [1, 3, 29, 30])
def test_what_is_just_within_reach_is_reached_to_the_last_bit(full: int) -> None:
    for left in (full * 0.1, np.nextafter(full * 0.1, 9.0), np.nextafter(full * 0.1, 0.0)):
        assert stretch(left, 0.1, full)[::2] == (left, full)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_round_is_its_control_steps_and_the_reference(d: int) -> None:
    rng, body = np.random.default_rng(d), Point(speed_limit_mps=0.7)
    start, goal = rng.uniform(-1, 1, (50, 4, d)), rng.uniform(-1, 1, (50, 4, d))
    at, _, meters = states(body, start, np.zeros(4), goal)
    whole = drive(body, start, np.zeros(4), goal[None])
    far = np.linalg.norm(goal - start, axis=-1, keepdims=True)
    assert np.allclose(whole.at, start + (goal - start) * np.minimum(1.0, 0.7 * STEPS * DT_S / far), atol=1e-12)
    assert np.allclose(at[-1], whole.at, atol=1e-12)
    lengths = np.linalg.norm(np.diff(at, axis=0), axis=-1)
    assert lengths.max() <= 0.7 * DT_S * (1 + 1e-12)
    for found in (meters[-1], whole.meters):
        assert np.allclose(found[..., 0], lengths.sum(axis=0))
        assert np.allclose(found[..., 1], (lengths**2).sum(axis=0) / DT_S)
        assert not found[..., 2:].any()


def test_it_never_misses_within_its_reach_and_does_beyond() -> None:
    rng, body = np.random.default_rng(0), Point(speed_limit_mps=0.2)
    start, reach = rng.uniform(-1, 1, (40, 5, 2)), body.tracking(STEPS * DT_S, DT_S).reach_m
    assert not drive(body, start, np.zeros(5), walk(rng, start, 20, reach)).misses.any()
    assert drive(body, start, np.zeros(5), start[None] + [[1.001 * reach, 0.0]]).misses.min() > 0.0009 * reach


def test_without_a_limit_it_is_there_at_once_and_at_pace_0_it_stands() -> None:
    start, goal, meters = np.zeros((1, 2, 3)), np.ones((1, 2, 3)), np.zeros((1, 2, 4))
    Point().drive(start, np.empty((1, 2, 0)), goal, np.array([[1.0, 0.0]]), 5, DT_S, meters)
    assert (start[0, 0] == 1.0).all()
    assert not start[0, 1].any()
    assert meters[0, 0] == pytest.approx([3**0.5, 3 / DT_S, 0.0, 0.0])
    assert not meters[0, 1].any()


def test_a_pace_is_a_share_of_the_speed() -> None:
    at, meters = np.zeros((1, 1, 1)), np.zeros((1, 1, 4))
    Point(speed_limit_mps=1.0).drive(at, np.empty((1, 1, 0)), np.ones((1, 1, 1)), np.full((1, 1), 0.25), 2, 0.1, meters)
    assert at[0, 0, 0] == pytest.approx(0.05)


@pytest.mark.parametrize("speed", [0.0, -1.0, np.nan])
def test_a_speed_that_nothing_moves_with_is_refused(speed: float) -> None:
    with pytest.raises(BadInput, match=r"Point: speed_limit_mps must be above 0, got .* \(or leave it out\)"):
        Point(speed_limit_mps=speed)
