"""Unicycles: the law against plain NumPy and an ODE solver, wheels within their limit, exactly there within reach."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from robosim.errors import BadInput
from robosim.rendezvous.bodies.presets import gritsbot, turtlebot3
from robosim.rendezvous.bodies.unicycle import Unicycle
from tests.driving import DT_S, STEPS, drive, states, walk

BODY = Unicycle(wheel_speed_mps=0.3, track_m=0.2)
ROUND_S = STEPS * DT_S


def reference(start, looks, goal, steps):
    """The law as it is told, one control step after the other: at, heading, and its inputs (v, ω) of every step."""
    at, angle, inputs = start.copy(), float(looks), []
    for _ in range(steps):
        x, y = goal - at
        bearing = math.remainder(math.atan2(y, x) - angle, 2 * math.pi)
        gear = 1.0
        if abs(bearing) > math.pi / 2:
            gear, bearing = -1.0, bearing - math.copysign(math.pi, bearing)
        left = math.hypot(x, y)
        if left < 1e-11:
            v, w = 0.0, 0.0
        elif abs(bearing) > 1e-9:
            v, w = 0.0, math.copysign(min(abs(bearing) / DT_S, 2 * 0.3 / 0.2), bearing)
        else:
            v, w = gear * min(left / DT_S, 0.3), 0.0
        at = at + v * DT_S * np.array([math.cos(angle), math.sin(angle)])
        angle += w * DT_S
        inputs.append((v, w))
    return at, angle, np.array(inputs)


def some(seed: int, count: int = 40, far: float = 0.4):
    rng = np.random.default_rng(seed)
    start, looks = rng.uniform(-1, 1, (1, count, 2)), rng.uniform(-math.pi, math.pi, count)
    return start, looks, start + rng.uniform(-far, far, start.shape)


@pytest.mark.parametrize("steps", [2, 7, 30])
def test_a_round_is_the_law_control_step_by_control_step(steps: int) -> None:
    start, looks, goal = some(steps)
    found = drive(BODY, start, looks, goal[None], steps=steps)
    for i in range(start.shape[1]):
        at, angle, inputs = reference(start[0, i], looks[i], goal[0, i], steps)
        assert np.allclose(found.at[0, i], at, atol=1e-9)
        assert abs(math.remainder(BODY.heading(found.inner)[0, i] - angle, 2 * math.pi)) < 1e-8
        v, w = np.abs(inputs.T)
        meters = [v.sum() * DT_S, (v * v).sum() * DT_S, w.sum() * DT_S, 0.0]
        assert np.allclose(found.meters[0, i], meters, atol=1e-8)


def test_an_ode_solver_that_is_given_the_inputs_ends_at_the_same_place() -> None:
    start, looks, goal = some(3, count=4)
    found = drive(BODY, start, looks, goal[None])
    for i in range(4):
        _, _, inputs = reference(start[0, i], looks[i], goal[0, i], STEPS)
        state = np.array([*start[0, i], looks[i]])
        for v, w in inputs:
            rates = lambda t, s, v=v, w=w: [v * math.cos(s[2]), v * math.sin(s[2]), w]  # noqa: E731
            state = solve_ivp(rates, (0, DT_S), state, rtol=1e-11, atol=1e-12).y[:, -1]
        assert np.allclose(found.at[0, i], state[:2], atol=1e-9)


def test_a_round_is_its_control_steps_and_wheels_keep_to_their_limit() -> None:
    start, looks, goal = some(5, count=200)
    at, inner, meters = states(BODY, start, looks, goal)
    whole = drive(BODY, start, looks, goal[None])
    assert np.allclose(at[-1], whole.at, atol=1e-12)
    assert np.allclose(inner[-1], whole.inner, atol=1e-9)
    assert np.allclose(meters[-1], whole.meters, atol=1e-9)
    each = np.diff(meters, axis=0) / DT_S
    assert (each[..., 0] + each[..., 2] * BODY.track_m / 2).max() <= BODY.wheel_speed_mps * (1 + 1e-11)
    assert np.allclose(np.linalg.norm(inner, axis=-1), 1.0, atol=1e-14)
    along = np.abs(np.einsum("tmid,tmid->tmi", np.diff(at, axis=0), inner[:-1]))
    assert np.allclose(along, each[..., 0] * DT_S, atol=1e-12)  # wheels do not slip sideways


@given(st.integers(0, 10**6), st.floats(0.5, 3.0), st.sampled_from([gritsbot(), turtlebot3(), BODY]))
def test_no_goal_within_reach_is_missed_by_a_bit(seed: int, round_s: float, body: Unicycle) -> None:
    rng = np.random.default_rng(seed)
    steps, start = math.ceil(round_s / DT_S), rng.uniform(-1, 1, (3, 2, 2))
    reach = body.tracking(steps * DT_S, DT_S).reach_m
    goals = walk(rng, start, 8, reach)
    assert not drive(body, start, rng.uniform(-3, 3, 2), goals, steps=steps).misses.any()


def test_reach_is_the_closed_form_and_hardly_more_is_reached_from_abeam() -> None:
    reach = BODY.tracking(ROUND_S, DT_S).reach_m
    assert reach == pytest.approx(0.3 * (ROUND_S - 0.25 * math.pi * 0.2 / 0.3 - 2 * DT_S))
    start = np.zeros((1, 1, 2))
    for extra, missed in ((0.0, False), (2.01 * 0.3 * DT_S, True)):
        found = drive(BODY, start, np.array([math.pi / 2]), np.array([[[[reach + extra, 0.0]]]]))
        assert found.misses.any() == missed


def test_rounds_too_short_to_turn_in_have_no_reach() -> None:
    assert BODY.tracking(0.4, DT_S).reach_m == 0.0


def test_it_backs_where_that_turns_less_and_looks_into_half_open_turns() -> None:
    start = np.zeros((1, 1, 2))
    back = drive(BODY, start, np.zeros(1), np.array([[[[-0.1, 0.0]]]]))
    assert BODY.heading(back.inner)[0, 0] == 0.0
    assert back.meters[0, 0] == pytest.approx([0.1, 10 * 0.01**2 / DT_S, 0.0, 0.0], rel=1e-9)
    assert BODY.heading(np.array([[[-1.0, -0.0]]]))[0, 0] == math.pi


def test_at_pace_0_it_stands_and_at_half_pace_it_is_half_as_fast() -> None:
    pace, goal = np.array([[0.0, 0.5, 1.0]]), np.tile([5.0, 0.0], (1, 3, 1))
    at, inner, meters = np.zeros((1, 3, 2)), BODY.begin(np.zeros((1, 3, 2)), np.zeros(3)), np.zeros((1, 3, 4))
    BODY.drive(at, inner, goal, pace, STEPS, DT_S, meters)
    assert at[0, :, 0] == pytest.approx([0.0, 0.15, 0.3])
    assert meters[0, :, 0] == pytest.approx([0.0, 0.15, 0.3])


def test_goals_a_rounding_error_away_turn_nobody() -> None:
    start = np.ones((1, 1, 2))
    found = drive(BODY, start, np.zeros(1), np.array([[[[1.0, np.nextafter(1.0, 2.0)]]]]))
    assert not found.misses.any()
    assert found.meters[0, 0, 2] == 0.0


def test_presets_are_the_data_sheets() -> None:
    assert (gritsbot().speed_mps, gritsbot().turn_per_s) == pytest.approx((0.2, 2 * 0.2 / 0.11))
    assert (turtlebot3().speed_mps, turtlebot3().turn_per_s) == pytest.approx((0.22, 2.75))
    assert turtlebot3().turn_per_s <= 2.84


@pytest.mark.parametrize("key", ["wheel_speed_mps", "track_m"])
def test_what_cannot_be_is_refused(key: str) -> None:
    with pytest.raises(BadInput, match=f"Unicycle: {key} must be above 0 and finite, got 0.0"):
        Unicycle(**{key: 0.0})
    with pytest.raises(BadInput, match="radius_m must be 0 or more, got nan"):
        Unicycle(radius_m=math.nan)
