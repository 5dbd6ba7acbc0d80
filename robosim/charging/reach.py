"""The linear rows by which a feeder is planned: how much of each a kW at every car's post takes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.problem import ChargingDay
from robosim.charging.scenario import ChargingScenario
from robosim.charging.series import LeadersDay, mean_of_periods
from robosim.charging.station.site import Site


class Reach(NamedTuple):
    """How much of each planned row a kW of each EV takes, (N, K), the rows' limits, (K,) kW, and which row of the
    feeder each stands for, (K,)."""

    weights: Array
    rows_kw: Array
    origin: NDArray[np.int64]


def reach_of(scenario: ChargingScenario, site: Site, post: NDArray[np.int32]) -> Reach:
    """The rows by which the feeder is planned.

    A current that would relieve a row counts for nothing there, which keeps inside the polygon: no car is relied upon
    to draw what others need drawn, or paid for it.
    """
    rows = site.feeder.inner_polygon(scenario.station.polygon_sides)
    kw_per_a = site.evses.voltage_v / 1000.0
    scale = kw_per_a[0]  # posts of equal volts, or limited in kW, weigh exactly 1: periods are levelled one by one
    weights = np.maximum(rows.matrix / (kw_per_a / scale), 0.0)[:, post].T
    felt = (weights != 0.0).any(axis=0)
    return Reach(weights[:, felt], (rows.limit_a * scale)[felt], rows.origin[felt])


def carried_kw(scenario: ChargingScenario, site: Site) -> float:
    """The power of all posts together at which the first row is full if every post takes the same."""
    reach = reach_of(scenario, site, np.arange(len(site.evses), dtype=np.int32))
    return float((reach.rows_kw / reach.weights.mean(axis=0)).min())


def relaxed(
    scenario: ChargingScenario, site: Site, post: NDArray[np.int32], problem: ChargingDay, series: LeadersDay
) -> ChargingDay:
    """The problem with the tangents of round limits in place of their chords; the same where wires only add up.

    Of limits that change within a period there is the mean: the power of its steps may make use of it. A battery that
    takes less than its post gives draws that and the losses of the charger, where a pilot between levels lets it.
    """
    if scenario.station.efficiency < 1.0:
        drawn_kw = np.minimum(problem.limit_kw / scenario.station.efficiency, site.evses.max_kw[post])
        problem = replace(problem, limit_kw=drawn_kw)
    ratio = scenario.station.period_min // scenario.station.step_min
    mean = None if series.spare is None else mean_of_periods(series.spare, ratio)
    if site.feeder.linear and (site.feeder.matrix >= 0.0).all():
        return problem if mean is None else replace(problem, spared=mean[reach_of(scenario, site, post).origin])
    rows = site.feeder.inner_polygon(scenario.station.polygon_sides)
    kw_per_a = site.evses.voltage_v / 1000.0
    weights = (rows.matrix / (kw_per_a / kw_per_a[0]))[:, post].T
    felt = (weights > 0.0).any(axis=0)
    rows_kw, origin = (site.feeder.limit_a[rows.origin] * kw_per_a[0])[felt], rows.origin[felt]
    return replace(problem, weights=weights[:, felt], rows_kw=rows_kw, spared=None if mean is None else mean[origin])
