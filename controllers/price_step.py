"""How the leader moves a price: a gradient step (T, (3b)), with momentum if wanted, and how long it may be.

Momentum (Nesterov 1983) is restarted where the step turns against the gradient (B. O'Donoghue, E. Candès, Found.
Comput. Math. 15 (2015) 715-732). With it a step may be longer than the sure one: the dual function bends less than the
public bound says wherever agents sit at their limits, and the last two answers tell by how much. With -∇q falling from
-Rẑ + c by Δ while the price moves by δ, cocoercivity says Δ'ΓΔ ≤ L δ'Δ for the bend L in units of the sure step Γ⁻¹, so
that L is at least Δ'ΓΔ / δ'Δ where the price just was. No step is ever shorter than the sure one, and after `SURE_FROM`
rounds none is longer, so that prices converge for sure, whatever was said.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robosim.agent import Array, Rules

CAUTION = 0.7
"""A stride is at most this share of what the last answers allow,"""
GROWTH = 1.5
"""and at most this many times the one before."""
BOLDEST = 64.0
"""Steps are at most this many times the sure one, unless something else is announced."""
SURE_FROM = 10_000
"""The round after which only sure steps are taken."""


class Course(NamedTuple):
    """Prices (M, 1, rows) and what moves them."""

    price: Array
    """λ, the last one broadcast."""
    point: Array
    """The last gradient step; with momentum the price runs ahead of it."""
    speed: Array
    """(M, 1, 1) Nesterov's t."""
    stride: Array
    """(M, 1, 1) the last step as a multiple of the announced one."""
    before: Array
    """The price before, and"""
    over: Array
    """what was asked for in excess at it."""


def at_rest(price: Array) -> Course:
    """Round 0."""
    one = np.ones((len(price), 1, 1))
    return Course(price, price, one, one, price, np.zeros_like(price))


def gradient(course: Course, rules: Rules, over: Array) -> Course:
    """λ + γ (Rẑ - c), as in the paper."""
    point = floored(rules, course.price + _steps(course, rules, over) * over)
    return course._replace(price=point, point=point)


def nesterov(course: Course, rules: Rules, over: Array, k: int) -> Course:
    """The same with momentum; up to `rules["boldest"]` times as long where answers allow it."""
    gamma = _steps(course, rules, over)
    stride = _stride(course, rules, gamma, over, k)
    point = floored(rules, course.price + stride * gamma * over)
    way = point - course.point
    onward = np.einsum("mor,mor->m", over, way)[:, None, None] >= 0
    speed = np.where(onward, course.speed, 1.0)
    faster = 0.5 * (1 + np.sqrt(1 + 4 * speed**2))
    price = floored(rules, point + np.where(onward, (speed - 1) / faster, 0.0) * way)
    return Course(price, point, faster, stride, course.price, over)


def _steps(course: Course, rules: Rules, over: Array) -> Array:
    """γ; where `rules["steps"]` knows it, for prices that move the one that is sure as long as no others do."""
    gamma = np.asarray(rules["gamma"])
    if rules.get("steps") is None:
        return gamma
    moving = (course.price > 0) | (course.point > 0) | (over > 0)
    return np.where(moving, rules["steps"](moving, rules["present"]), gamma)


def _stride(course: Course, rules: Rules, gamma: Array, over: Array, k: int) -> Array:
    boldest = rules.get("boldest", 1.0) if 1 < k <= SURE_FROM else 1.0
    if boldest <= 1.0:
        return np.ones_like(course.stride)
    more = over - course.over
    bend = np.einsum("mor,mor->m", gamma * more, more)[:, None, None]
    fell = -np.einsum("mor,mor->m", course.price - course.before, more)[:, None, None]
    allowed = np.divide(CAUTION * np.maximum(fell, 0.0), bend, out=np.full_like(bend, np.inf), where=bend > 0)
    return np.asarray(np.clip(np.minimum(GROWTH * course.stride, allowed), 1.0, boldest))


def floored(rules: Rules, price: Array) -> Array:
    """For ≤ no price is negative."""
    return np.maximum(price, 0.0) if rules["sense"] == "<=" else price
