"""Bodies with momentum: control steps against an ODE solver, feedback against the Riccati equation, limits, misses."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import solve_discrete_are

from robosim.errors import BadInput
from robosim.rendezvous.bodies import loop as loops
from robosim.rendezvous.bodies.double_integrator import DoubleIntegrator
from robosim.rendezvous.bodies.quadrotor import GRAVITY_MPS2, Quadrotor
from tests.driving import DT_S, STEPS, drive, states, walk

SWINGING = DoubleIntegrator(response_steps=0.1, acceleration_limit_mps2=90.0, speed_limit_mps=0.1)
"""Answers within a control step, too fast to keep from swinging; its speed is what limits it."""
BODIES = [DoubleIntegrator(), DoubleIntegrator(response_steps=1.0), Quadrotor(drag_per_s=2.0), SWINGING]
DIMENSIONS = [2, 1, 3, 1]
EACH = list(zip(BODIES, DIMENSIONS, strict=True))


def reference(body, start, goal, steps, dt_s=DT_S, chords=None):
    """(steps, agents, d): positions, velocities, points, accelerations at the ends of control steps, by plain NumPy."""
    (k1, k2), (keeps, gains, glides, gets) = body.loop(dt_s).feedback, body.loop(dt_s).step
    at, point, speed, seen = start.copy(), start.copy(), np.zeros_like(start), []
    for _ in range(steps):
        way = goal - point
        far = np.linalg.norm(way, axis=-1, keepdims=True)
        point = point + way * np.minimum(1.0, body.point_speed_mps(dt_s) * dt_s / np.maximum(far, 1e-300))
        u = -k1 * (at - point) - k2 * speed
        at, speed = at + glides * speed + gets * u, keeps * speed + gains * u
        seen.append((at, speed, point, u))
    return tuple(np.array(part) for part in zip(*seen, strict=True))


@pytest.mark.parametrize(("body", "d"), EACH)
def test_a_round_is_the_loop_control_step_by_control_step(body, d: int) -> None:
    rng = np.random.default_rng(d)
    start, goal = rng.uniform(-1, 1, (1, 30, d)), rng.uniform(-1, 1, (1, 30, d))
    at, speed, point, _ = reference(body, start[0], goal[0], STEPS)
    whole = drive(body, start, np.zeros(30), goal[None])
    stepwise, inner, meters = states(body, start, np.zeros(30), goal)
    assert np.array_equal(stepwise[-1], whole.at)
    assert np.array_equal(inner[-1], whole.inner)
    assert np.allclose(stepwise[1:, 0], at, atol=1e-12)
    assert np.allclose(inner[1:, 0], np.concatenate([point, speed], axis=-1), atol=1e-11)
    assert np.array_equal(body.steered(whole.at, whole.inner), whole.inner[..., :d])
    chord = np.linalg.norm(np.diff(stepwise, axis=0), axis=-1)
    change = np.linalg.norm(np.diff(inner[..., d:], axis=0), axis=-1)
    assert np.allclose(meters[-1, ..., 0], chord.sum(axis=0))
    assert np.allclose(meters[-1, ..., 1], (chord**2).sum(axis=0) / DT_S)
    assert np.allclose(meters[-1, ..., 3], (change**2).sum(axis=0) / DT_S)


@pytest.mark.parametrize("drag", [0.0, 1e-4, 2.9e-2, 3.1e-2, 5.0])
def test_control_steps_are_exact(drag: float) -> None:
    keeps, gains, glides, gets = loops.held(DT_S, drag)
    for v, u in ((1.0, 0.0), (0.0, 1.0), (-0.4, 2.0)):
        found = solve_ivp(lambda t, s, u=u: [s[1], u - drag * s[1]], (0, DT_S), [0.0, v], rtol=1e-12, atol=1e-15)
        assert found.y[:, -1] == pytest.approx([glides * v + gets * u, keeps * v + gains * u], rel=1e-11)


def test_meters_of_chords_tend_to_those_of_the_curve_with_order_two() -> None:
    """Lengths of the chords of a curve: their error falls with the square of the control step."""
    drag, u, errors = 1.5, np.array([0.3, 2.0]), []
    rates = lambda t, s: [*s[2:4], *(u - drag * s[2:4]), math.hypot(*s[2:4])]  # noqa: E731
    exact = solve_ivp(rates, (0, 1.0), [0.0, 0.0, 1.0, -1.0, 0.0], rtol=1e-12, atol=1e-14).y[4, -1]
    counts = np.array([8, 16, 32, 64])
    for count in counts:
        keeps, gains, glides, gets = loops.held(1.0 / count, drag)
        v, length = np.array([1.0, -1.0]), 0.0
        for _ in range(count):
            length += float(np.linalg.norm(glides * v + gets * u))
            v = keeps * v + gains * u
        errors.append(exact - length)
    order = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("body", BODIES)
def test_its_feedback_solves_the_riccati_equation(body) -> None:
    mine, tau = body.loop(DT_S), body.response_steps * DT_S
    keeps, gains, glides, gets = mine.step
    a, b = np.array([[1.0, glides], [0.0, keeps]]), np.array([[gets], [gains]])
    q, r = np.diag([1.0, 2.0 * tau**2]), np.array([[tau**4]])
    p, k = solve_discrete_are(a, b, q, r), np.array([mine.feedback])
    assert np.allclose(k, np.linalg.solve(r + b.T @ p @ b, b.T @ p @ a), rtol=1e-7)
    closed = a - b @ k
    assert np.allclose(closed.T @ p @ closed - p + q + k.T @ r @ k, 0.0, atol=1e-9 * p.max())


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(EACH), st.booleans())
def test_acceleration_speed_and_tube_are_never_exceeded_whatever_the_goals(seed: int, one, nasty: bool) -> None:
    """Goals that change in every control step, at random or to and fro in the rhythm of its own worst response."""
    (body, d), rng = one, np.random.default_rng(seed)
    at, count = np.zeros((1, 3, d)), 120
    inner, pace, meters = body.begin(at, np.zeros(3)), np.ones((1, 3)), np.zeros((1, 3, 4))
    response = body.loop(DT_S).acceleration if seed % 2 else body.loop(DT_S).speed
    rhythm = np.sign(np.resize(response, count))[::-1]
    for k in range(count):
        towards, before = rng.normal(size=(1, 3, d)), (at.copy(), inner.copy())
        body.drive(at, inner, np.full((1, 3, d), 1e3 * rhythm[k]) if nasty else towards, pace, 1, DT_S, meters)
        assert commanded(body, at, inner, before).max() <= body.most_acceleration_mps2 * (1 + 1e-9)
        assert np.linalg.norm(inner[..., d:], axis=-1).max() <= body.speed_limit_mps * (1 + 1e-9)
        assert np.linalg.norm(at - inner[..., :d], axis=-1).max() <= body.tube_m(DT_S) * (1 + 1e-9)


def commanded(body, at, inner, before):
    """What its feedback asked for in the control step that just was, from what there was before it."""
    (k1, k2), d = body.loop(DT_S).feedback, at.shape[2]
    return np.linalg.norm(k1 * (before[0] - inner[..., :d]) + k2 * before[1][..., d:], axis=-1)


def test_the_bound_of_accelerations_is_attained() -> None:
    """To and fro in the rhythm of the response: the ℓ1 bound is what happens in the end, and no less."""
    body = DoubleIntegrator(speed_limit_mps=9.0)
    at, asked = np.zeros((1, 1, 1)), 0.0
    inner = body.begin(at, np.zeros(1))
    for sign in np.sign(body.loop(DT_S).acceleration[::-1]):
        before = at.copy(), inner.copy()
        body.drive(at, inner, np.full((1, 1, 1), 1e3 * sign), np.ones((1, 1)), 1, DT_S, np.zeros((1, 1, 4)))
        asked = max(asked, float(commanded(body, at, inner, before).max()))
    assert asked == pytest.approx(body.most_acceleration_mps2, rel=1e-9)


@pytest.mark.parametrize("response_steps", [0.05, 0.3, 1.0, 3.0])
def test_between_control_steps_it_stays_in_its_tube_too(response_steps: float) -> None:
    """Moves in the rhythm that is worst for some moment of a control step: the tube holds then, and is not loose."""
    body, moments, worst = DoubleIntegrator(response_steps=response_steps), np.linspace(0.0, DT_S, 21), 0.0
    (k1, k2), mine, move = body.loop(DT_S).feedback, body.loop(DT_S), body.point_speed_mps(DT_S) * DT_S
    for t in moments:
        at, point, v = 0.0, 0.0, 0.0
        for sign in np.sign(mine.offset + t * mine.speed + t**2 / 2 * mine.acceleration)[::-1]:
            point += move * sign
            u = -k1 * (at - point) - k2 * v
            path = at + moments * v + moments**2 / 2 * u
            worst = max(worst, float(np.abs(path - point).max()))
            at, v = path[-1], v + DT_S * u
    assert 0.5 * body.tube_m(DT_S) < worst <= body.tube_m(DT_S) * (1 + 1e-9)


@pytest.mark.parametrize(("body", "d"), EACH)
@pytest.mark.parametrize("steps", [1, 8, STEPS])
def test_no_round_misses_by_more_than_is_claimed_and_the_claim_is_not_loose(body, d: int, steps: int) -> None:
    rng, tracking = np.random.default_rng(steps), body.tracking(steps * DT_S, DT_S)
    start = rng.uniform(-1, 1, (20, 5, d))
    found = drive(body, start, np.zeros(5), walk(rng, start, 25, tracking.reach_m, hold=5), steps=steps)
    flat = found.ways.reshape(30, -1)
    claimed = np.stack([tracking.misses(ways) for ways in flat.T], axis=-1).reshape(found.misses.shape)
    assert (found.misses <= claimed).all()
    straight = start + np.arange(1, 11)[:, None, None, None] * (tracking.reach_m * (1 - 1e-12)) * np.eye(d)[0]
    along = drive(body, start, np.zeros(5), straight, steps=steps).misses[-1].max()
    assert along > (0.2 if body is SWINGING else 0.5) * tracking.misses(np.full(10, tracking.reach_m))[-1]


def test_gains_fall_geometrically_and_what_is_cut_off_stands_in_the_floor() -> None:
    tracking = DoubleIntegrator(response_steps=10.0).tracking(10 * DT_S, DT_S)
    gains = np.array(tracking.gains)
    assert len(gains) > 10
    assert (gains[3:] < 0.5 * gains[2:-1]).all()
    assert gains[-1] >= 1e-12
    assert 1e-9 < tracking.floor_m < 1.01e-9


def test_it_settles_within_a_handful_of_control_steps_at_rest_to_the_last_bit() -> None:
    goal = np.full((1, 1, 1, 1), 0.05)
    assert np.abs(DoubleIntegrator().loop(DT_S).offset[22:]).max() < 0.01
    found = drive(DoubleIntegrator(), np.zeros((1, 1, 1)), np.zeros(1), goal, steps=400)
    assert found.at[0, 0, 0] == 0.05
    assert found.inner[0, 0].tolist() == [0.05, 0.0]


def test_at_pace_0_it_stops_dead_and_its_point_stays() -> None:
    body, goal, pace = DoubleIntegrator(), np.full((1, 2, 2), 5.0), np.array([[0.0, 0.5]])
    found = drive(body, np.zeros((1, 2, 2)), np.zeros(2), goal[None])
    at, inner, meters = found.at.copy(), found.inner.copy(), np.zeros((1, 2, 4))
    body.drive(at, inner, goal, pace, 3, DT_S, meters)
    assert np.array_equal(at[0, 0], found.at[0, 0])
    assert np.array_equal(inner[0, 0], [*found.inner[0, 0, :2], 0.0, 0.0])
    assert not meters[0, 0].any()
    moved = np.linalg.norm(inner[0, 1, :2] - found.inner[0, 1, :2])
    assert moved == pytest.approx(0.5 * 3 * DT_S * body.point_speed_mps(DT_S))


def test_a_quadrotor_leans_and_pushes_within_its_limits_in_every_direction() -> None:
    body, rng = Quadrotor(), np.random.default_rng(0)
    for one in (body, replace(body, thrust_ratio=1.1)):
        u = rng.normal(size=(100_000, 3))
        u *= one.most_acceleration_mps2 / np.linalg.norm(u, axis=1, keepdims=True)
        thrust = u + np.array([0.0, 0.0, GRAVITY_MPS2])
        size = np.linalg.norm(thrust, axis=1)
        lean, push = np.arccos(thrust[:, 2] / size).max(), size.max() / GRAVITY_MPS2
        assert lean <= one.tilt_limit_rad
        assert push <= one.thrust_ratio
        assert lean > 0.99 * one.tilt_limit_rad or push > 0.99 * one.thrust_ratio


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: DoubleIntegrator(acceleration_limit_mps2=0.0), "acceleration_limit_mps2 must be above 0"),
        (lambda: DoubleIntegrator(response_steps=math.inf), "response_steps must be above 0 and finite"),
        (lambda: Quadrotor(tilt_limit_rad=2.0), r"tilt_limit_rad must be in \(0, π/2\), got 2.0 \(write e.g. 0.35\)"),
        (lambda: Quadrotor(thrust_ratio=1.0), r"thrust_ratio must be above 1, got 1.0 \(else it cannot hover\)"),
        (lambda: Quadrotor(drag_per_s=-1.0), "drag_per_s must be 0 or more"),
        (lambda: DoubleIntegrator(response_steps=1e5).tube_m(DT_S), "a body does not settle"),
    ],
)
def test_what_cannot_be_is_refused(make, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        make()
