"""The nearest point of half-spaces and a ball: its conditions of optimality, and daqp."""

import daqp
import numpy as np
import pytest
from scipy.optimize import nnls

from robosim.kernels.half_spaces import across, nearest, sketch


def found(rows: np.ndarray, bounds: np.ndarray, reach: float, wanted: np.ndarray) -> np.ndarray:
    out = np.empty_like(wanted)
    nearest(rows, bounds, len(bounds), reach, wanted, out, sketch(len(bounds)))
    return out


def drawn(rng: np.random.Generator, d: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Directions of which some nearly agree, bounds of which some are 0, a point that is often outside."""
    rows = rng.normal(size=(count, d))
    rows[1::3] = rows[: len(rows[1::3])] + 1e-7 * rng.normal(size=rows[1::3].shape)
    rows /= np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return rows, rng.choice([0.0, 0.3, 1.0], count) * rng.random(count), rng.normal(size=d)


def off(rows: np.ndarray, bounds: np.ndarray, reach: float, wanted: np.ndarray, x: np.ndarray) -> float:
    """How far x is from the conditions of optimality: feasible, and wanted - x in the cone of what is tight."""
    over = max((rows @ x - bounds).max(initial=0.0), np.sqrt(x @ x) - reach)
    tight = [*rows[rows @ x > bounds - 1e-9]]
    if np.sqrt(x @ x) > reach - 1e-9:
        tight.append(x / np.sqrt(x @ x))
    left = nnls(np.array(tight).T, wanted - x)[1] if tight else np.sqrt((wanted - x) @ (wanted - x))
    return max(over, left)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_nearest_point_meets_the_conditions_of_optimality(d: int) -> None:
    """Karush-Kuhn-Tucker, which suffice in a convex problem; with and without a ball that matters."""
    rng = np.random.default_rng(d)
    held = 0
    for _ in range(400):
        rows, bounds, wanted = drawn(rng, d, int(rng.integers(0, 9)))
        reach = float(rng.choice([0.5, 1.0, np.inf]))
        x = found(rows, bounds, reach, wanted)
        held += not np.array_equal(x, wanted)
        assert off(rows, bounds, reach, wanted, x) < 1e-9
    assert held > 200


@pytest.mark.parametrize("d", [1, 2, 3])
def test_without_a_ball_it_is_daqps_answer(d: int) -> None:
    rng = np.random.default_rng(10 + d)
    for _ in range(200):
        rows, bounds, wanted = drawn(rng, d, 6)
        x, _, flag, _ = daqp.solve(np.eye(d), -wanted, rows, bounds, np.full(6, -1e30), primal_tol=1e-13)
        assert flag == 1
        np.testing.assert_allclose(found(rows, bounds, np.inf, wanted), x, atol=1e-9)


def test_who_is_closed_in_stands() -> None:
    """Directions around 0 with bounds 0 leave 0 alone."""
    at = 2 * np.pi * np.arange(5) / 5
    rows = np.stack([np.cos(at), np.sin(at)], axis=1)
    np.testing.assert_allclose(found(rows, np.zeros(5), 1.0, np.array([0.3, -2.0])), 0.0, atol=1e-15)


def test_a_frame_is_at_right_angles() -> None:
    rng = np.random.default_rng(3)
    for a in (*np.eye(3), *rng.normal(size=(20, 3))):
        unit, first, second = a / np.sqrt(a @ a), np.empty(3), np.empty(3)
        across(unit, first, second)
        frame = np.stack([unit, first, second])
        np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-15)
