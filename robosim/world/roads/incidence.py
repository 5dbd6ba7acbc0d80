"""From paths as lists of edges to the incidence of the edges that are used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def renumbered(
    paths: Sequence[Sequence[Sequence[Sequence[int]]]], edges: int
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Incidence (N, M, I, E) of paths given by edge numbers, [i][m][t], and the numbers of the E edges they use."""
    full = np.zeros((len(paths), len(paths[0]), len(paths[0][0]), edges), dtype=np.int8)
    for i, to in enumerate(paths):
        for m, several in enumerate(to):
            for t, path in enumerate(several):
                full[i, m, t, path] = 1
    used = np.flatnonzero(full.any(axis=(0, 1, 2)))
    return full[..., used], used
