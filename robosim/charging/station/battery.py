"""Batteries of cars: linear, or two-stage with power that falls towards full; what they take in a given time.

Two-stage (acnportal's 'continuous'; Lee et al., ACN-Sim, IEEE Transactions on Smart Grid 2021): at state of charge s a
battery accepts P(s) = P_max min(1, (1-s)/(1-b)), b the bend. Under a constant offered power its energy has a closed
form that holds for any duration: many short steps are one long one. `kernels.station.stored` is one car's step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput

LINEAR = 1.0
BEND = 0.8
"""acnportal's `transition_soc`."""
SIZES_KWH = (8.0, 24.0, 40.0, 60.0, 85.0, 100.0)
"""The sizes that acnportal's `batt_cap_fn` tries."""
HALVINGS = 60


@dataclass(frozen=True, kw_only=True)
class Batteries:
    """N batteries, arrays (N,); power and energy are those behind the charger's losses.

    Raises `BadInput`, naming the first battery at fault, where a number cannot be.
    """

    capacity_kwh: Array
    content_kwh: Array
    """At the arrival."""
    power_kw: Array
    """Accepted at most."""
    bend: Array
    """State of charge from which the accepted power falls; 1 for a linear battery."""
    efficiency: Array
    """Energy stored per energy metered."""

    def __post_init__(self) -> None:
        content, capacity = self.content_kwh, self.capacity_kwh
        _refuse(~((capacity > 0) & np.isfinite(capacity)), "capacity_kwh", capacity, "use a positive number")
        _refuse(~((content >= 0) & (content <= capacity)), "content_kwh", content, "use 0 to capacity_kwh")
        _refuse(~((self.power_kw > 0) & np.isfinite(self.power_kw)), "power_kw", self.power_kw, "use a positive number")
        _refuse(~((self.bend >= 0) & (self.bend <= 1)), "bend", self.bend, "use 0 to 1, 1 for a linear battery")
        _refuse(~((self.efficiency > 0) & (self.efficiency <= 1)), "efficiency", self.efficiency, "use above 0 to 1")

    def __len__(self) -> int:
        return len(self.capacity_kwh)

    @property
    def soc(self) -> Array:
        """States of charge at the arrival."""
        return self.content_kwh / self.capacity_kwh

    def meters_kwh(self, offered_kw: Array | float, hours: Array | float) -> Array:
        """Energy (N,) that the meter counts while `offered_kw` is offered for so long from the arrival on."""
        return stored_kwh(self, self.efficiency * offered_kw, hours) / self.efficiency

    def after(self, offered_kw: Array | float, hours: Array | float) -> Batteries:
        """The batteries when `offered_kw` at the meter was offered for so long."""
        content = self.content_kwh + stored_kwh(self, self.efficiency * offered_kw, hours)
        return replace(self, content_kwh=np.minimum(content, self.capacity_kwh))


def batteries(
    capacity_kwh: Array | float,
    content_kwh: Array,
    power_kw: Array | float,
    *,
    bend: Array | float = BEND,
    efficiency: Array | float = 1.0,
) -> Batteries:
    """Batteries from numbers or (N,) arrays, N from `content_kwh`.

    >>> batteries(60.0, np.array([50.0]), 6.656).meters_kwh(6.656, np.array([1.0])).round(3)
    array([4.257])
    """

    def each(values: Array | float) -> Array:
        return np.broadcast_to(np.asarray(values, dtype=np.float64), np.shape(content_kwh)).copy()

    return Batteries(
        capacity_kwh=each(capacity_kwh),
        content_kwh=each(content_kwh),
        power_kw=each(power_kw),
        bend=each(bend),
        efficiency=each(efficiency),
    )


def stored_kwh(cars: Batteries, offered_kw: Array | float, hours: Array | float) -> Array:
    """Energy (N,) stored while `offered_kw` arrives at the battery for so long, by the closed form.

    With capacity Q and P = min(offered, P_max) the knee is at Q (1 - (1-b) P/P_max), where P becomes more than the
    battery accepts: up to there it takes P; from there on the empty room shrinks as exp(-P_max t / ((1-b) Q)).
    """
    left, power = cars.capacity_kwh - cars.content_kwh, np.clip(offered_kw, 0.0, cars.power_kw)
    constant = np.minimum(power * hours, left)
    tail = (1.0 - cars.bend) * cars.capacity_kwh * power / cars.power_kw
    bends = tail > 0.0
    before = np.clip(left - tail, 0.0, constant)
    rest = np.where(bends, (power * hours - before) / np.where(bends, tail, 1.0), 0.0)
    tapered = before - np.minimum(left, tail) * np.expm1(-rest)
    return np.where(bends & (power * hours > left - tail), tapered, constant)


def fitted(energy_kwh: Array, hours: Array, power_kw: Array | float, *, bend: float = BEND) -> Batteries:
    """Batteries that took these energies in these times at full power and spent as much time as they can in the taper.

    As acnportal's `batt_cap_fn`: the first of SIZES_KWH that can take the energy, with the largest content that leaves
    time for it (which acnportal returns as a state of charge where that is above the bend).

    Raises
    ------
    BadInput
        No size takes the energy in the time.
    """
    sizes = np.array(SIZES_KWH)[:, None]
    empty = batteries(sizes, np.zeros((len(sizes), len(energy_kwh))), power_kw, bend=bend)
    feasible = stored_kwh(empty, power_kw, hours) >= energy_kwh
    hopeless = ~np.any(feasible, axis=0, keepdims=True)
    power = np.broadcast_to(power_kw, np.shape(energy_kwh))[hopeless.argmax()]
    _refuse(hopeless, "energy_kwh", energy_kwh, f"more than {power:g} kW gives in the stay")
    capacity = np.array(SIZES_KWH)[feasible.argmax(axis=0)]
    low, high = np.zeros(len(capacity)), capacity - energy_kwh
    for _ in range(HALVINGS):
        content = 0.5 * (low + high)
        enough = stored_kwh(batteries(capacity, content, power_kw, bend=bend), power_kw, hours) >= energy_kwh
        low, high = np.where(enough, content, low), np.where(enough, high, content)
    return batteries(capacity, low, power_kw, bend=bend)


def _refuse(wrong: NDArray[np.bool_], name: str, values: Array, fix: str) -> None:
    if np.any(wrong):
        first = int(np.flatnonzero(wrong)[0])
        raise BadInput(f"battery {first}: {name} = {np.ravel(values)[first]:g} ({fix})")
