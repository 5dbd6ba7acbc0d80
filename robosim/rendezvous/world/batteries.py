"""Batteries that sag and run empty, and pads where robots charge them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robosim.agent import Array


@dataclass(frozen=True, kw_only=True)
class Battery:
    """A battery whose voltage falls with its charge, behind a resistance.

    At a share x of its capacity the open voltage is V(x) = volts·(1 - droop·(1 - x)). Drawing P watts takes the current
    I = (V - √(V² - 4rP)) / 2r, so the cells give V·I ≥ P: what is lost warms the resistance. More than V²/4r no battery
    gives: a body that asks for it stands, as with an empty one. With r = 0 the charge falls by just what is drawn.
    """

    capacity_j: float
    volts: float = 12.0
    droop: float = 0.0
    ohms: float = 0.0

    def open_volts(self, charge_j: Array) -> Array:
        """V of the cells without load."""
        return np.asarray(self.volts * (1.0 - self.droop * (1.0 - charge_j / self.capacity_j)))

    def drained(self, joules: Array, seconds: Array, charge_j: Array) -> Array:
        """What the cells give for `joules` drawn evenly within `seconds`; infinite where no battery gives so much."""
        if self.ohms == 0.0:
            return joules
        volts = self.open_volts(charge_j)
        power = np.divide(joules, seconds, out=np.zeros_like(joules), where=seconds > 0.0)
        root = volts * volts - 4.0 * self.ohms * power
        current = 2.0 * power / (volts + np.sqrt(np.maximum(root, 0.0)))  # stable form of (V - √(V² - 4rP)) / 2r
        return np.asarray(np.where(root < 0.0, np.inf, volts * current * seconds))


@dataclass(frozen=True, kw_only=True)
class Pads:
    """Places (pads, d) in m with a radius in m and a power in W each (pads,), where robots are charged.

    A robot whose charge is below `below` of its capacity drives to the nearest pad and stays until it has `until`.
    """

    at: Array
    radius_m: Array
    power_w: Array
    below: float = 0.0
    until: float = 1.0

    def power(self, position: Array) -> Array:
        """Watts at positions (missions, agents, d): of the strongest pad in reach, 0 where there is none."""
        near = self._distances(position) <= self.radius_m
        return np.asarray(np.where(near, self.power_w, 0.0).max(axis=-1))

    def nearest(self, position: Array) -> Array:
        """Where the nearest pad is, (missions, agents, d)."""
        return np.asarray(self.at[self._distances(position).argmin(axis=-1)])

    def seeks(self, seeking: Array, share: Array) -> Array:
        """Who is on its way to a pad or stays there, by its share of the capacity; 1.0 and 0.0, as all that is kept."""
        if self.below == 0.0:
            return seeking
        return np.asarray(np.where(share < self.below, 1.0, np.where(share >= self.until, 0.0, seeking)))

    def _distances(self, position: Array) -> Array:
        way = position[..., None, :] - self.at
        return np.asarray(np.sqrt(np.einsum("...d,...d->...", way, way)))
