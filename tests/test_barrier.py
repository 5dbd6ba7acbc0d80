"""Robots that keep their halves of every distance: the rule itself, NumPy beside the kernels, pruning, things."""

import daqp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.kernels.barrier import GRAIN, Keeping, allowed, clearance, half, horizon, shared
from robosim.kernels.cells import cells, near
from robosim.kernels.obstacles import Things
from robosim.rendezvous.avoidance.keys import Obstacle
from robosim.rendezvous.avoidance.things import gaps, things


def nothing(d: int) -> Things:
    return things([], d)


def kept(here: np.ndarray, wanted: np.ndarray, keeping: Keeping, pruned: bool = True) -> np.ndarray:
    out, close = np.empty_like(here), np.empty(here.shape[:2], dtype=np.int64)
    shared(here, wanted, keeping, pruned, out, close)
    return out


def own_half(here: np.ndarray, i: int, keeping: Keeping) -> tuple[np.ndarray, np.ndarray]:
    """The rows -2d·Δ_i ≤ κh/2 of one robot and all others, as the docstring has them."""
    rows, bounds = [], []
    for j in range(len(here)):
        if j != i:
            d, apart = here[i] - here[j], (keeping.radius[i] + keeping.radius[j]) * (1 + GRAIN)
            rows.append(-2 * d)
            bounds.append(max(0.0, keeping.share * (d @ d - apart**2) / 2))
    return np.array(rows), np.array(bounds)


def crowd(rng: np.random.Generator, n: int, d: int, missions: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Positions close to each other, and wishes of 0.02 m."""
    here = rng.uniform(0.0, 0.35 * n ** (1 / d), (missions, n, d))
    wanted = rng.normal(size=here.shape)
    return here, 0.02 * wanted / np.sqrt((wanted**2).sum(axis=-1, keepdims=True))


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), d=st.integers(1, 3), share=st.sampled_from([1e-3, 0.2, 0.5, 1.0]))
def test_what_is_left_of_h_is_at_least_what_the_rule_says_for_any_part_that_anybody_does(
    seed: int, d: int, share: float
) -> None:
    """h⁺ ≥ (1 - κ)h, whatever the step, also where each does only a part of its motion."""
    rng = np.random.default_rng(seed)
    n, radius = 6, 0.1
    here = np.cumsum(0.2 + rng.exponential(0.1, (1, n, d)), axis=1)  # at least 0.2 √d apart
    keeping = Keeping(np.full(n, radius), np.full(n, 5.0), share, np.empty((0, d)), nothing(d))
    move = kept(here, rng.normal(size=here.shape) * rng.choice([0.01, 0.3, 5.0]), keeping)
    there = here + move * rng.random((1, n, 1))
    for i in range(n):
        for j in range(i):
            h, after = (((x[0, i] - x[0, j]) ** 2).sum() - 4 * radius**2 for x in (here, there))
            assert after >= (1 - share) * h - 1e-8 * (1 + h)
            assert after >= 0.0


@pytest.mark.parametrize("d", [1, 2, 3])
def test_each_ones_motion_is_daqps_answer_to_its_own_half(d: int) -> None:
    here, wanted = crowd(np.random.default_rng(d), 12, d)
    keeping = Keeping(np.full(12, 0.1), np.full(12, np.inf), 0.5, np.empty((0, d)), nothing(d))
    move = kept(here, wanted, keeping)
    assert (move != wanted).any(axis=-1).sum() > 3
    for i in range(12):
        rows, bounds = own_half(here[0], i, keeping)
        lower = np.full(len(bounds), -1e30)
        x, _, flag, _ = daqp.solve(np.eye(d), -wanted[0, i] / 0.02, rows, bounds / 0.02, lower, primal_tol=1e-13)
        assert flag == 1
        np.testing.assert_allclose(move[0, i], 0.02 * x, atol=1e-9)


@pytest.mark.parametrize(("n", "d"), [(20, 1), (50, 2), (300, 2), (300, 3)])
def test_looking_at_who_is_near_changes_nothing(n: int, d: int) -> None:
    """Against all rows of everybody; 300 are looked up in cells."""
    here, wanted = crowd(np.random.default_rng(n + d), n, d, missions=3)
    keeping = Keeping(np.linspace(0.05, 0.12, n), np.full(n, 0.015), 0.3, np.empty((0, d)), nothing(d))
    move = kept(here, wanted, keeping)
    np.testing.assert_allclose(move, kept(here, wanted, keeping, pruned=False), atol=1e-12)
    assert (np.sqrt((move**2).sum(axis=-1)) < 0.0149).mean() > 0.2


def test_the_horizon_is_where_a_half_is_as_long_as_the_move() -> None:
    """κ(x² - D²)/(4x) = r at x = (2r + √(4r² + κ²D²))/κ, and grows with x."""
    for far, apart, share in ((0.02, 0.2, 0.5), (3.0, 0.2, 1.0), (0.0, 0.4, 0.1), (0.5, 0.0, 0.3)):
        at = horizon(far, apart, share)
        assert at == pytest.approx(max(apart, (2 * far + np.sqrt(4 * far**2 + (share * apart) ** 2)) / share))
        assert half(at, apart, share) == pytest.approx(far, abs=1e-12)
        assert half(1.01 * at, apart, share) > far


@pytest.mark.parametrize("d", [1, 2, 3])
def test_cells_miss_nobody(d: int) -> None:
    rng = np.random.default_rng(d)
    at, far = rng.normal(size=(500, d)) * 3.0, 0.4
    grid, found = cells(at, far), np.empty(500, dtype=np.int64)
    assert grid.number.prod() > 10
    for i in range(500):
        seen = found[: near(grid, at[i], found)]
        assert len(set(seen.tolist())) == len(seen)
        assert set(np.flatnonzero(np.sqrt(((at - at[i]) ** 2).sum(axis=1)) <= far)) <= set(seen.tolist())


def test_who_is_too_near_does_not_come_nearer_and_is_counted() -> None:
    here = np.array([[[0.0, 0.0], [0.15, 0.0], [5.0, 5.0]]])
    keeping = Keeping(np.full(3, 0.1), np.full(3, 1.0), 0.5, np.empty((0, 2)), nothing(2))
    out, close = np.empty_like(here), np.empty((1, 3), dtype=np.int64)
    shared(here, np.array([[[0.1, 0.1], [0.1, 0.0], [0.1, 0.0]]]), keeping, True, out, close)
    np.testing.assert_allclose(out[0], [[0.0, 0.1], [0.1, 0.0], [0.1, 0.0]], atol=1e-16)
    assert close.tolist() == [[1, 1, 0]]


OBSTACLES = {
    "disc": Obstacle(shape="disc", center_m=(1.0, 2.0), radius_m=0.5),
    "box": Obstacle(shape="box", center_m=(1.0, 2.0), size_m=(2.0, 1.0), angle_rad=0.5),
    "polygon": Obstacle(shape="polygon", corners_m=((0.0, 0.0), (0.0, 2.0), (3.0, 3.0), (2.0, 0.0))),
    "notch": Obstacle(shape="polygon", corners_m=((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (2.0, 1.0), (0.0, 3.0))),
}


def outline(one: Obstacle, count: int = 4000) -> np.ndarray:
    """Points all along the border."""
    if one.shape == "disc":
        at = np.linspace(0.0, 2 * np.pi, count)
        return np.array(one.center_m) + one.radius_m * np.stack([np.cos(at), np.sin(at)], axis=1)
    if one.shape == "box":
        cos, sin = np.cos(one.angle_rad), np.sin(one.angle_rad)
        half = 0.5 * np.array(one.size_m) * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        corners = np.array(one.center_m) + half @ np.array([[cos, sin], [-sin, cos]])
    else:
        corners = np.array(one.corners_m)
    part = np.linspace(0.0, 1.0, count // len(corners))[:, None]
    return np.concatenate([a + part * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)])


@pytest.mark.parametrize("shape", list(OBSTACLES))
def test_the_distance_of_a_thing_is_that_of_its_nearest_point(shape: str) -> None:
    rng, border = np.random.default_rng(0), outline(OBSTACLES[shape])
    stand = things([OBSTACLES[shape]], 2)
    for point in rng.uniform(-2.0, 6.0, (200, 2)):
        exact = np.sqrt(((border - point) ** 2).sum(axis=1)).min()
        assert abs(abs(gaps(stand, point)).min() - exact) < 3e-3


@pytest.mark.parametrize("shape", list(OBSTACLES))
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_nobody_gets_into_a_thing_however_far_it_jumps(shape: str, share: float) -> None:
    """Steps of up to 3 m towards its middle: the whole way, not the end alone, is a radius or more from it."""
    rng, radius = np.random.default_rng(1), 0.2
    stand, border = things([OBSTACLES[shape]], 2), outline(OBSTACLES[shape])
    middle = border.mean(axis=0)
    at = rng.uniform(-3.0, 7.0, (1, 400, 2))
    at = at[:, [np.abs(gaps(stand, x)).min() > radius and not within(x, border) for x in at[0]]]
    keeping = Keeping(np.full(1, radius), np.full(1, 3.0), share, np.empty((0, 2)), stand)
    here = at.transpose(1, 0, 2).copy()
    for _ in range(12):
        move = kept(here, 3.0 * rng.random((len(here), 1, 1)) * (middle - here), keeping)
        for part in (0.25, 0.5, 0.75, 1.0):
            for x in (here + part * move)[:, 0]:
                assert np.abs(gaps(stand, x)).min() >= radius
        here = here + move
    assert not any(within(x, border) for x in here[:, 0])


def within(point: np.ndarray, border: np.ndarray) -> bool:
    """Whether the outline goes round the point."""
    angle = np.unwrap(np.arctan2(*(np.append(border, border[:1], axis=0) - point).T[::-1]))
    return bool(abs(angle[-1] - angle[0]) > 3.0)


def test_in_space_balls_and_boxes_stand_in_the_way() -> None:
    ball = Obstacle(shape="sphere", center_m=(0.0, 0.0, 1.0), radius_m=0.5)
    box = Obstacle(shape="box", center_m=(2.0, 0.0, 0.0), size_m=(2.0, 2.0, 1.0), angle_rad=np.pi / 4)
    at = np.array([2.0, 0.0, 2.0])
    np.testing.assert_allclose(gaps(things([ball, box], 3), at), [np.sqrt(5.0) - 0.5, 1.5], rtol=1e-14)
    np.testing.assert_allclose(gaps(things([box], 3), np.array([5.0, 0.0, 0.0])), 3.0 - np.sqrt(2.0), rtol=1e-14)
    keeping = Keeping(np.array([0.25]), np.array([9.0]), 1.0, np.empty((0, 3)), things([box], 3))
    move = kept(at[None, None], np.array([[[0.0, 0.0, -9.0]]]), keeping)
    np.testing.assert_allclose(move[0, 0], [0.0, 0.0, -1.25], rtol=1e-7)


def test_walls_keep_all_of_a_body_inside() -> None:
    walls = np.array([[-1.0, -1.0], [1.0, 2.0]])
    keeping = Keeping(np.array([0.25]), np.array([9.0]), 1.0, walls, nothing(2))
    move = kept(np.zeros((1, 1, 2)), np.array([[[-5.0, 5.0]]]), keeping)
    np.testing.assert_allclose(move[0, 0], [-0.75, 1.75], rtol=1e-7)


def test_the_pace_that_is_allowed_is_the_largest_of_four() -> None:
    """A robot 1 m from another with D = 0.2, κ = 1: it may come (1 - 0.04)/4 = 0.24 m nearer."""
    here = np.array([[[0.0, 0.0], [1.0, 0.0]]])
    keeping = Keeping(np.full(2, 0.1), np.full(2, 9.0), 1.0, np.empty((0, 2)), nothing(2))
    for way, pace in ((0.239, 1.0), (0.241, 0.5), (0.9, 0.25), (0.97, 0.0), (-9.0, 1.0)):
        there, out = here + np.array([[[way, 0.0], [0.0, 3.0]]]), np.empty((1, 2))
        allowed(here, there, keeping, out)
        assert out.tolist() == [[pace, 1.0]]


def test_the_clearance_is_the_smallest_distance_between_surfaces() -> None:
    rng = np.random.default_rng(5)
    at, radius = rng.uniform(0.0, 9.0, (4, 60, 2)), rng.uniform(0.05, 0.3, 60)
    ball = Obstacle(shape="disc", center_m=(4.0, 4.0), radius_m=0.5)
    keeping, out = Keeping(radius, radius, 0.5, np.empty((0, 2)), things([ball], 2)), np.empty(4)
    clearance(at, keeping, out)
    apart = np.sqrt(((at[:, :, None] - at[:, None]) ** 2).sum(axis=-1)) - radius[:, None] - radius
    apart[:, np.arange(60), np.arange(60)] = np.inf
    thing = np.sqrt(((at - 4.0) ** 2).sum(axis=-1)) - 0.5 - radius
    np.testing.assert_allclose(out, np.minimum(apart.min(axis=(1, 2)), thing.min(axis=1)), rtol=1e-12)


def test_the_clearance_of_two_large_ones_counts_also_where_two_small_ones_are_nearer_in_their_middles() -> None:
    at, radius = np.array([[[-5.0, 0.0], [-4.4, 0.0], [0.0, 0.0], [1.9, 0.0]]]), np.array([0.05, 0.05, 1.0, 1.0])
    keeping, out = Keeping(radius, radius, 0.5, np.empty((0, 2)), nothing(2)), np.empty(1)
    clearance(at, keeping, out)
    assert out[0] == pytest.approx(-0.1)
