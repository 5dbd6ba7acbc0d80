"""Powers of flows as congestion takes them, continued to negative flows in one way everywhere.

A cost a|F|^{p+1} is even in F, so that it stays convex where copies or rounding put a flow below 0; its slope
a(p+1)·sgn(F)|F|^p is odd. With p = 1 these are a F² and 2a F.
"""

from __future__ import annotations

import numpy as np

from robosim.kernels import Array


def powered(flow: Array, power: float | Array, more: int = 0) -> Array:
    """|F|^{p+more}, with the sign of F where `more` is even.

    Parameters
    ----------
    flow : (…, E).
    power : p ≥ 1, one for all edges or (E,).

    >>> powered(np.array([-2.0, 3.0]), np.array([1.5, 2.0])).round(3)
    array([-2.828,  9.   ])
    """
    if more == 0 and np.ndim(power) == 0 and power == 1.0:
        return flow
    size = np.abs(flow) ** (power + more)
    return np.asarray(size if more % 2 else np.sign(flow) * size)


def bends(power: float | Array) -> bool:
    """Whether the cost of some edge is not quadratic."""
    return bool(np.any(np.asarray(power) != 1.0))
