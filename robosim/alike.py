"""Whether two objects are alike in all that they hold, number by number, whatever they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def alike(a: Any, b: Any) -> bool:
    """The same class and the same contents; what cannot be looked into is alike if it is one object.

    >>> alike({"x": np.ones(2)}, {"x": np.ones(2)}), alike({"x": np.ones(2)}, {"x": np.zeros(2)})
    (True, False)
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype) and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, str | bytes | int | float | np.generic | frozenset):
        return bool(a == b) or (a != a and b != b)
    if isinstance(a, Mapping):
        return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(alike, a, b))
    return _held(a, b)


def _held(a: Any, b: Any) -> bool:
    if is_dataclass(a):  # what was computed of the fields and is kept beside them does not count
        return all(alike(getattr(a, one.name), getattr(b, one.name)) for one in fields(a))
    if callable(a) or not hasattr(a, "__dict__"):
        return False
    return alike(vars(a), vars(b))
