"""Points by distance, and which of equal distances comes first: the paper's networks depend on it.

The instance behind X, Table 1 needs the order of a plain quicksort (median of three, insertion sort below 16), which
is written out here so that no library or processor decides. `stable` (lowest number first) gives example 1 another
network, with 17 used edges instead of 19.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

SHORT = 15
"""Segments with this much between their ends are left to insertion sort."""


def plain_order(keys: Sequence[float]) -> list[int]:
    """Indices by increasing key; equal keys as the plain quicksort leaves them.

    >>> plain_order([2.0, 1.0, 2.0, 1.0])
    [1, 3, 0, 2]
    """
    order, low, high, aside = list(range(len(keys))), 0, len(keys) - 1, list[tuple[int, int]]()
    while True:
        while high - low > SHORT:
            i = _split(order, keys, low, high)
            if i - low < high - i:
                aside.append((i + 1, high))
                high = i - 1
            else:
                aside.append((low, i - 1))
                low = i + 1
        _insert(order, keys, low, high)
        if not aside:
            return order
        low, high = aside.pop()


def _split(t: list[int], d: Sequence[float], low: int, high: int) -> int:
    """Smaller keys before the place that is returned, larger ones after it."""
    mid = low + (high - low) // 2
    for first, second in ((low, mid), (mid, high), (low, mid)):
        if d[t[second]] < d[t[first]]:
            t[first], t[second] = t[second], t[first]
    pivot = d[t[mid]]
    t[mid], t[high - 1] = t[high - 1], t[mid]
    i, j = low, high - 1
    while True:
        i, j = i + 1, j - 1
        while d[t[i]] < pivot:
            i += 1
        while pivot < d[t[j]]:
            j -= 1
        if i >= j:
            break
        t[i], t[j] = t[j], t[i]
    t[i], t[high - 1] = t[high - 1], t[i]
    return i


def _insert(t: list[int], d: Sequence[float], low: int, high: int) -> None:
    for place in range(low + 1, high + 1):
        moved, j = t[place], place
        while j > low and d[moved] < d[t[j - 1]]:
            t[j] = t[j - 1]
            j -= 1
        t[j] = moved


def stable_order(keys: Sequence[float]) -> list[int]:
    """Indices by increasing key; of equal keys the lowest index first."""
    return sorted(range(len(keys)), key=keys.__getitem__)


ORDERS: dict[str, Callable[[Sequence[float]], list[int]]] = {"plain": plain_order, "stable": stable_order}
