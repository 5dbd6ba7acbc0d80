"""A charging day, ready to be planned and executed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.problems.charging_day import ChargingDay
from robosim.world.station.execution import Station
from robosim.world.station.sessions import Sessions


@dataclass(frozen=True, kw_only=True)
class Built:
    """The same day as a problem, as a station, and as its sessions."""

    problem: ChargingDay
    station: Station
    sessions: Sessions
    tariff_per_kwh: Array
    """(T,) dollars."""
    deadline: NDArray[np.int32]
    """(N,) the step after the stated departure."""
