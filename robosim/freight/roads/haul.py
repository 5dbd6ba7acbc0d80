"""Execution of a decision: trucks carry it over the roads in T periods, and the world meters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.roads.instance import Instance
from robosim.kernels.congestion import powered
from robosim.kernels.paths import haul_periods, path_flows

NEAR_ONE = 1e-9
"""How far the shares of the periods may add up from 1."""
NEGATIVE = 1e-6
"""Share of the largest delivery by which a decision may be negative, as projections leave them."""


class Haul(NamedTuple):
    """What was metered in T periods; costs in the unit of the instance's private costs."""

    edge_load: Array
    """(T, E) everybody's flow on each edge."""
    cost: Array
    """(N, T) what each supplier's trips cost it: (X, (B.2)) summed over the periods, when all periods are alike."""
    delay: Array
    """(N, T) the part of the cost that congestion makes."""
    distance: Array
    """(N, T) units of goods times km; zeros where the instance knows no lengths."""
    difference: Array
    """(N,) what the trips cost more than at a steady flow; 0 up to rounding when all periods are alike, else ≥ 0."""


def haul(instance: Instance, decision: Array, *, periods: int = 1, weights: ArrayLike | None = None) -> Haul:
    """Carry a decision, an equal share in each of `periods` periods, or `weights` (T,) that add up to 1.

    With F the flow of the whole decision, a period of weight w has the flow w·F at the rate w·T·F, and its congestion
    is that of the rate: Σ_t w·f_ie·a_e·(w·T·F_e)^p equals f_ie·a_e·F_e^p for any p if w = 1/T. Other weights
    cost more: by Jensen's inequality Σ w·(w·T)^p ≥ 1.

    Parameters
    ----------
    decision : (N, n) or (N, M, K, I), goods on every path.

    Raises
    ------
    BadInput
        Wrong shape; deliveries that are not finite or negative; weights that are negative or do not add up to 1.
    """
    share = _shares(periods, weights)
    trucks = _deliveries(instance, decision).sum(axis=2)
    flow = path_flows(np.ascontiguousarray(trucks), instance.path_incidence)
    load = np.zeros((len(share), instance.E))
    cost, delay, distance = np.zeros((3, instance.N, len(share)))
    length = np.zeros(instance.E) if instance.edge_length is None else instance.edge_length
    power = np.full(instance.E, instance.power)
    roads = (instance.private_cost, instance.congestion, power, length)
    haul_periods(flow, share, *roads, load, cost, delay, distance)
    return Haul(load, cost, delay, distance, cost.sum(axis=1) - _steady(instance, flow))


def _steady(instance: Instance, flow: Array) -> Array:
    """What own flows (N, E) cost at a steady rate, (N,)."""
    late = instance.congestion * powered(flow.sum(axis=0), instance.power)
    return np.asarray((flow * (instance.private_cost + late)).sum(axis=1))


def _shares(periods: int, weights: ArrayLike | None) -> Array:
    if weights is None:
        if periods < 1:
            raise BadInput(f"periods: must be >= 1, got {periods} (trucks need one period at least)")
        return np.full(periods, 1.0 / periods)
    share = np.array(weights, dtype=np.float64)
    if share.ndim != 1 or not ((share >= 0.0) & (share < np.inf)).all() or not abs(share.sum() - 1.0) <= NEAR_ONE:
        raise BadInput(f"weights: must be >= 0 and add up to 1, got the sum {share.sum():g} (one for each period)")
    return share


def _deliveries(instance: Instance, decision: Array) -> Array:
    shape = (instance.N, instance.M, instance.K, instance.I)
    goods = np.asarray(decision, dtype=np.float64)
    if goods.shape not in (shape, (instance.N, instance.variables)):
        flat = (instance.N, instance.variables)
        raise BadInput(f"decision: must have the shape {flat} or {shape}, got {goods.shape} (goods on every path)")
    bad = np.argwhere(~(np.isfinite(goods) & (goods >= -NEGATIVE * np.abs(goods).max(initial=0.0))))
    if bad.size:
        index = tuple(bad[0].tolist())
        raise BadInput(f"decision{list(index)}: must be finite and >= 0, got {goods[index]:g} (project it first)")
    return goods.reshape(shape)
