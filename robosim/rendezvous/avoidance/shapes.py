"""Polygons in the plane: area, convexity, whether their edges meet. Plain numbers, as world files are checked by it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

Corner = Sequence[float]
FLAT = 1e-12
"""An area below this share of the squared size is none."""


def turn(a: Corner, b: Corner, c: Corner) -> float:
    """Twice the area of a triangle, positive where a, b, c are anticlockwise."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def area(corners: Sequence[Corner]) -> float:
    """Positive where corners are anticlockwise, m²."""
    first = corners[0]
    return 0.5 * sum(turn(first, a, b) for a, b in pairwise(corners))


def size(corners: Sequence[Corner]) -> float:
    """The longer side of the box around, m."""
    return float(max(max(x) - min(x) for x in zip(*corners, strict=True)))


def is_convex(corners: Sequence[Corner]) -> bool:
    """Whether a simple polygon, anticlockwise, turns left at every corner, or goes straight on."""
    return all(turn(corners[k - 2], corners[k - 1], corners[k]) >= 0.0 for k in range(len(corners)))


def meet(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether the edges ab and cd have a point in common."""
    p, q, r, s = turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)
    if ((p > 0) != (q > 0)) and ((r > 0) != (s > 0)) and 0.0 not in (p, q, r, s):
        return True
    return any(
        straight == 0.0 and between(e, f, g)
        for straight, e, f, g in ((p, a, b, c), (q, a, b, d), (r, c, d, a), (s, c, d, b))
    )


def between(a: Corner, b: Corner, c: Corner) -> bool:
    """Whether c, on the line through a and b, is between them or one of them."""
    return all(min(a[k], b[k]) <= c[k] <= max(a[k], b[k]) for k in (0, 1))


def fault(corners: Sequence[Corner]) -> str | None:
    """What makes corners no polygon: a corner that stands twice, edges that cross, no area; None if they are one."""
    n = len(corners)
    if len({(x, y) for x, y in corners}) < n:
        return "has a corner that stands twice"
    for i, j in combinations(range(n), 2):
        if (j - i) % n not in (1, n - 1) and meet(corners[i], corners[i - n + 1], corners[j], corners[j - n + 1]):
            return f"has edges that meet: from corner {i} and from corner {j}"
    if abs(area(corners)) <= FLAT * size(corners) ** 2:
        return "has no area"
    return None
