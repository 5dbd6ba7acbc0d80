"""What every leader sends at the end: who pays how much, and whose report was refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Taxes and refused reports of each mission, (missions, agents); a negative tax is a payment to the agent."""

    tax: Array
    refused: NDArray[np.bool_]
