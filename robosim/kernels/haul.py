"""Trucks on congested roads, period by period: loads of edges, costs and distances of suppliers."""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def haul_periods(
    own_flow: Array,
    weights: Array,
    private_cost: Array,
    congestion: Array,
    power: float,
    length: Array,
    load: Array,
    cost: Array,
    delay: Array,
    distance: Array,
) -> None:
    """Meter T periods in which everybody drives the same share of its flow.

    In period t supplier i has weights[t]·own_flow[i, e] on edge e. Congestion answers to the rate at which flow comes,
    weights[t]·T·F_e: T periods together are the time in which F_e is to pass, and as long as every period has the
    same share the rate is F_e. A unit then costs private_cost[i, e] + congestion[e]·rate^power.

    Parameters
    ----------
    own_flow, private_cost : (N, E); weights : (T,); congestion, length : (E,).
    load : (T, E), written: everybody's flow in the period.
    cost, delay, distance : (N, T), added to; delay is the part of the cost that congestion makes.
    """
    suppliers, edges = own_flow.shape
    periods = weights.size
    for e in range(edges):
        flow = 0.0
        for i in range(suppliers):
            flow += own_flow[i, e]
        for t in range(periods):
            load[t, e] = weights[t] * flow
            late = congestion[e] * max(weights[t] * periods * flow, 0.0) ** power
            for i in range(suppliers):
                here = weights[t] * own_flow[i, e]
                delay[i, t] += here * late
                cost[i, t] += here * (private_cost[i, e] + late)
                distance[i, t] += here * length[e]


@njit(cache=True)
def path_flows(trucks: Array, incidence: Array) -> Array:
    """Each supplier's flow on the edges, (N, E), of what its paths carry, (N, M, I)."""
    suppliers, demanders, paths, edges = incidence.shape
    flow = np.zeros((suppliers, edges))
    for i in range(suppliers):
        for m in range(demanders):
            for t in range(paths):
                for e in range(edges):
                    if incidence[i, m, t, e] != 0:
                        flow[i, e] += trucks[i, m, t]
    return flow
