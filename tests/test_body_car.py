"""Cars: exact arcs against an ODE solver, the law against plain NumPy, the longest way against brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from robosim.errors import BadInput
from robosim.rendezvous.bodies.car import Car, farthest_m, longest_way_m
from tests.driving import DT_S, STEPS, drive, states, walk

BODY = Car(speed_limit_mps=0.5, wheelbase_m=0.15, steering_limit_rad=0.6, tolerance_m=1e-3)
RADIUS, ROUND_S = 0.15 / math.tan(0.6), STEPS * DT_S


def plan(x, y, radius=RADIUS):
    """Lengths of the arc back, the arc and the line that the law drives to goals (x, y) seen from the car."""
    x, y = np.abs(x), np.abs(y)
    off = np.hypot(x, y + radius)
    angle = np.arcsin(np.minimum((off**2 + 3 * radius**2) / (4 * radius * off), 1.0))
    outside = x * x + y * y >= 2 * radius * y
    back = np.where(outside, 0.0, np.arctan2(y + radius, x) - angle)
    x, y = np.where(outside, x, off * np.cos(angle)), np.where(outside, y, off * np.sin(angle) - radius)
    line = np.sqrt(np.maximum(x * x + y * y - 2 * radius * y, 0.0)) * outside
    return radius * back, radius * (np.arctan2(y - radius, x) + np.arctan2(radius, line)), line


def reference(start, looks, goal, steps):
    """Control step by control step, planned anew each time: position, heading, inputs (v, turn per metre) of each."""
    at, angle, inputs = start.copy(), float(looks), []
    for _ in range(steps):
        c, s = math.cos(angle), math.sin(angle)
        dx, dy = goal - at
        x, y = c * dx + s * dy, c * dy - s * dx
        back, arc, _ = plan(x, y)
        far, turn = math.hypot(x, y), 0.0
        if abs(y) <= 1e-11:
            move = math.copysign(min(far, 0.5 * DT_S), x)
        elif far <= BODY.tolerance_m:
            move = 0.0
        else:
            gear, first = (1.0, arc) if x * x + y * y >= 2 * RADIUS * abs(y) else (-1.0, back + 1e-6 * RADIUS)
            move = min(first, 0.5 * DT_S) * gear * math.copysign(1.0, x)
            turn = math.copysign(1.0, y) / RADIUS * gear
        if turn:
            side, rolled = 1 / turn, move * turn
            local = np.array([side * math.sin(rolled), side * (1 - math.cos(rolled))])
        else:
            local, rolled = np.array([move, 0.0]), 0.0
        at += [c * local[0] - s * local[1], s * local[0] + c * local[1]]
        angle += rolled
        inputs.append((move / DT_S, turn))
    return at, angle, np.array(inputs)


def some(seed: int, count: int = 40, far: float = 0.6):
    rng = np.random.default_rng(seed)
    start, looks = rng.uniform(-1, 1, (1, count, 2)), rng.uniform(-math.pi, math.pi, count)
    return start, looks, start + rng.uniform(-far, far, start.shape)


@pytest.mark.parametrize("steps", [3, 11, 30])
def test_a_round_is_the_law_control_step_by_control_step(steps: int) -> None:
    start, looks, goal = some(steps)
    found = drive(BODY, start, looks, goal[None], steps=steps)
    for i in range(start.shape[1]):
        at, angle, inputs = reference(start[0, i], looks[i], goal[0, i], steps)
        assert np.allclose(found.at[0, i], at, atol=1e-8)
        assert abs(math.remainder(BODY.heading(found.inner)[0, i] - angle, 2 * math.pi)) < 1e-6
        v, turn = np.abs(inputs[:, 0]), np.abs(inputs[:, 1])
        meters = [v.sum() * DT_S, (v * v).sum() * DT_S, (v * turn).sum() * DT_S, 0.0]
        assert np.allclose(found.meters[0, i], meters, atol=1e-6)


def bicycle(_, state, v, steering):
    """The kinematic bicycle, its rear axle."""
    return v * np.array([math.cos(state[2]), math.sin(state[2]), math.tan(steering) / BODY.wheelbase_m])


def test_an_ode_solver_that_is_given_the_inputs_ends_at_the_same_place() -> None:
    start, looks, goal = some(3, count=4)
    found = drive(BODY, start, looks, goal[None])
    for i in range(4):
        state = np.array([*start[0, i], looks[i]])
        for v, turn in reference(start[0, i], looks[i], goal[0, i], STEPS)[2]:
            steering = math.atan(BODY.wheelbase_m * turn)
            assert abs(steering) <= BODY.steering_limit_rad * (1 + 1e-12)
            state = solve_ivp(bicycle, (0, DT_S), state, args=(v, steering), rtol=1e-11, atol=1e-12).y[:, -1]
        assert np.allclose(found.at[0, i], state[:2], atol=1e-8)


def test_a_round_is_its_control_steps_and_speed_and_steering_keep_to_their_limits() -> None:
    start, looks, goal = some(5, count=300)
    at, inner, meters = states(BODY, start, looks, goal)
    whole = drive(BODY, start, looks, goal[None])
    assert np.allclose(at[-1], whole.at, atol=1e-12)
    assert np.allclose(meters[-1], whole.meters, atol=1e-9)
    way, turned = np.diff(meters[..., 0], axis=0), np.diff(meters[..., 2], axis=0)
    assert way.max() <= 0.5 * DT_S * (1 + 1e-12)
    assert (turned * RADIUS <= way * (1 + 1e-9) + 1e-15).all()
    assert (np.linalg.norm(np.diff(at, axis=0), axis=-1) <= way * (1 + 1e-9) + 1e-15).all()
    chord = np.where(turned > 0, 2 * RADIUS * np.sin(turned / 2), way)  # of a whole arc
    assert np.allclose(np.linalg.norm(np.diff(at, axis=0), axis=-1), chord, atol=1e-12)
    assert np.allclose(np.linalg.norm(inner, axis=-1), 1.0, atol=1e-14)


@given(st.integers(0, 10**6), st.floats(0.8, 3.0), st.sampled_from([0.0, 1e-3, 0.02]))
def test_no_goal_within_reach_is_missed_by_more_than_the_tolerance(seed: int, round_s: float, near: float) -> None:
    rng, body = np.random.default_rng(seed), Car(tolerance_m=near)
    steps, start = math.ceil(round_s / DT_S), rng.uniform(-1, 1, (3, 2, 2))
    tracking = body.tracking(steps * DT_S, DT_S)
    found = drive(body, start, rng.uniform(-3, 3, 2), walk(rng, start, 8, tracking.reach_m), steps=steps)
    assert (found.misses <= tracking.floor_m).all()


@pytest.mark.parametrize("far", [1e-4, 0.05, 0.3, 2 * RADIUS, 0.5, 2.0])
def test_the_longest_way_is_that_of_brute_force(far: float) -> None:
    r, bearing = np.geomspace(1e-5, 1, 500)[:, None] * far, np.linspace(0, np.pi, 1001)
    longest = float(sum(plan(r * np.cos(bearing), r * np.sin(bearing))).max())
    assert longest <= longest_way_m(far, RADIUS) * (1 + 1e-12)
    assert longest >= longest_way_m(far, RADIUS) * (1 - 2e-3)


def test_planned_anew_on_its_way_the_rest_is_the_same() -> None:
    """Why the law ends (`robosim.kernels.car`)."""
    rng = np.random.default_rng(1)
    x, y = np.abs(rng.uniform(-1, 1, (2, 100_000)))
    back, arc, line = plan(x, y)
    gear = np.where(back > 0, -1.0, 1.0)
    angle = rng.uniform(0, 0.999, x.size) * np.where(back > 0, back, arc) / RADIUS
    dx, dy = x - gear * RADIUS * np.sin(angle), y - gear * RADIUS * (1 - np.cos(angle))
    u, w = np.cos(angle) * dx + np.sin(angle) * dy, np.cos(angle) * dy - np.sin(angle) * dx
    assert (u >= 0).all()
    assert (w >= 0).all()
    assert np.allclose(sum(plan(u, w)) + RADIUS * angle, back + arc + line, atol=1e-6)


def test_reach_needs_a_whole_round_and_hardly_more_is_missed() -> None:
    tracking = BODY.tracking(ROUND_S, DT_S)
    far = tracking.reach_m + tracking.floor_m
    assert longest_way_m(far, RADIUS) == pytest.approx(0.5 * (ROUND_S - 4 * DT_S), rel=1e-5)
    assert farthest_m(-1.0, RADIUS) == 0.0
    start = np.zeros((1, 1, 2))
    for extra, missed in ((0.0, False), (5 * 0.5 * DT_S, True)):
        found = drive(BODY, start, np.zeros(1), np.array([[[[0.0, far + extra]]]]))
        assert found.misses.any() == missed
    assert BODY.tracking(0.1, DT_S).reach_m == 0.0


@pytest.mark.parametrize(("x", "y"), [(0.3, 0.1), (-0.3, 0.1), (0.01, 0.2), (-0.01, -0.2), (0.0, 0.3), (0.2, 0.0)])
def test_it_lands_to_the_last_bit_and_its_meter_shows_the_planned_way(x: float, y: float) -> None:
    back, arc, line = plan(x, y)
    found = drive(BODY, np.zeros((1, 1, 2)), np.zeros(1), np.array([[[[x, y]]]]), steps=90)
    assert not found.misses.any()
    assert found.meters[0, 0, 0] == pytest.approx(back + arc + line, rel=1e-5)
    assert found.meters[0, 0, 2] == pytest.approx((back + arc) / RADIUS, rel=1e-2, abs=1e-12)


def test_it_stays_for_goals_within_its_tolerance_unless_they_lie_straight_ahead_and_at_pace_0() -> None:
    goal = np.array([[[[0.0, 9e-4], [9e-4, 0.0], [0.0, 1.1e-3]]]])
    found = drive(BODY, np.zeros((1, 3, 2)), np.zeros(3), goal)
    assert found.meters[0, 0, 0] == 0.0
    assert found.misses[0, 0].tolist() == [9e-4, 0.0, 0.0]
    at, inner = np.zeros((1, 3, 2)), BODY.begin(np.zeros((1, 3, 2)), np.zeros(3))
    BODY.drive(at, inner, goal[0] + 1.0, np.zeros((1, 3)), 5, DT_S, np.zeros((1, 3, 4)))
    assert not at.any()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BadInput, match=r"Car: steering_limit_rad must be in \(0, π/2\), got 1.6 \(write e.g. 0.6\)"):
        Car(steering_limit_rad=1.6)
    with pytest.raises(BadInput, match="wheelbase_m must be above 0"):
        Car(wheelbase_m=-1.0)
    with pytest.raises(BadInput, match="tolerance_m must be 0 or more"):
        Car(tolerance_m=-1.0)
