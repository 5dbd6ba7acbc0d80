"""Tax rules: from the reported costs (missions, agents) to what each agent pays; one function and one row a rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robosim.agent import Array

TaxRule = Callable[[Array], Array]


def none(reports: Array) -> Array:
    """Nobody pays anything, whatever happens."""
    return np.zeros_like(reports)


def groves(reports: Array) -> Array:
    """π_i = Σ_{j≠i} v̂_j (T, Definition 3 with k_i = 0; Algorithm 2, line 13).

    Summed from both ends rather than as total minus own: agent i's report then moves not one bit of its own tax.
    """
    before, after = np.zeros_like(reports), np.zeros_like(reports)
    before[:, 1:] = np.cumsum(reports[:, :-1], axis=1)
    after[:, :-1] = np.cumsum(reports[:, :0:-1], axis=1)[:, ::-1]
    return before + after


TAXES: dict[str, TaxRule] = {"none": none, "groves": groves}
