"""Points drive straight: control steps of a line in closed form, and bodies that just go where they are told."""

from __future__ import annotations

import math

from numba import njit

from robosim.kernels import Array

LANDS = 1.0 + 1e-12
"""A stride reaches this much farther, so that rounding never leaves a body just short of where it can get."""


@njit(cache=True, error_model="numpy")
def stretch(left: float, stride: float, steps: int) -> tuple[float, float, int]:
    """Control steps of at most `stride` along `left` > 0: what is covered, the sum of its squares, how many steps.

    All strides are full but the last. What is covered is `left` itself, to the last bit, where it is all.
    """
    if left <= stride * LANDS and steps > 0:
        return left, left * left, 1
    if left > stride * steps * LANDS:
        return stride * steps, stride * stride * steps, steps
    full = min(math.ceil(left / stride / LANDS), steps) - 1
    rest = left - full * stride
    return left, full * stride * stride + rest * rest, full + 1


@njit(cache=True, error_model="numpy")
def go(at: Array, goal: Array, pace: Array, steps: int, dt_s: float, speed_mps: float, meters: Array) -> None:
    """Drive straight towards `goal` at full speed; shapes as in `Body.drive`, all written in place."""
    d = at.shape[2]
    for m in range(at.shape[0]):
        for i in range(at.shape[1]):
            squares = 0.0
            for c in range(d):
                squares += (goal[m, i, c] - at[m, i, c]) ** 2
            if squares > 0.0 and pace[m, i] > 0.0:
                left = math.sqrt(squares)
                way, quadratic, _ = stretch(left, speed_mps * pace[m, i] * dt_s, steps)
                for c in range(d):
                    x = at[m, i, c]
                    at[m, i, c] = goal[m, i, c] if way == left else x + (goal[m, i, c] - x) * (way / left)
                meters[m, i, 0] += way
                meters[m, i, 1] += quadratic / dt_s
