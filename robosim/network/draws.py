"""Numbers drawn for each link and round from the seed alone: whoever asks again, in any order, gets the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array

Keys = NDArray[np.int64]
"""Links as receiver · n + sender, in rising order."""
GOLDEN, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def uniform(stream: Sequence[int], keys: Keys) -> Array:
    """One number in [0, 1) a key, independent between keys and streams; which other keys are asked for is no matter.

    SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014) started at a word of the stream, at the place of the key.

    >>> uniform([1, 2], np.array([7, 9]))[1] == uniform([1, 2], np.array([9]))[0]
    np.True_
    """
    x = keys.astype(np.uint64) * GOLDEN + np.random.SeedSequence(stream).generate_state(1, np.uint64)[0]
    x = (x ^ (x >> np.uint64(30))) * FIRST
    x = (x ^ (x >> np.uint64(27))) * SECOND
    return np.asarray(((x ^ (x >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53)
