"""Some of the missions that are played side by side: of what a program keeps, what belongs to them."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

X = TypeVar("X")


def some(kept: X, rows: NDArray[np.int64]) -> X:
    """Of arrays (M, …), and tuples and tables of them, the rows (K,); what is one for all missions, (1, …), stays."""
    found: Any = kept
    if isinstance(kept, np.ndarray):
        found = kept if len(kept) == 1 else kept[rows]
    elif isinstance(kept, dict):
        found = {key: some(x, rows) for key, x in kept.items()}
    elif isinstance(kept, tuple) and hasattr(kept, "_fields"):
        found = type(kept)(*(some(x, rows) for x in kept))
    return found  # type: ignore[no-any-return]
