"""What changes over the day on the leader's side of a station: what there is for the cars, and what a kWh emits.

Cars may take grid_limit(t) - load(t) + pv(t) of the limits that the whole site hangs on, never less than 0 and never
more than the wires carry. Load and PV are balanced over three lines: on each of them a phasor in phase with its
voltage, so that by the triangle inequality c_k (1 - load / whole) is left, whatever the phases of the cars are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.charging.formats.time_series import CARBON, LIMIT, POWER, Series, Window, read_series
from robosim.charging.scenario import ChargingScenario
from robosim.charging.station.feeder import Feeder
from robosim.charging.station.sessions import Sessions

QUANTITIES = {"load": POWER, "pv": POWER, "grid_limit": LIMIT, "carbon": CARBON}


class Clock(NamedTuple):
    """When each step begins, (S,) minutes, and when the last ends."""

    begin_min: Array
    end_min: float


class LeadersDay(NamedTuple):
    """Of S steps and K rows of the feeder; None where no file says anything."""

    spare: Array | None
    """(K, S) the least share of each row's limit that there is in a step."""
    carbon: Array | None
    """(S,) kg a kWh, mean of a step."""
    said: tuple[str, ...]


def leaders_day(scenario: ChargingScenario, sessions: Sessions, feeder: Feeder) -> LeadersDay:
    """The series that a world names. Raises `BadInput` where one does not fill the plan, or its site is not known."""
    keys = scenario.station
    minutes = float(sessions.periods(keys.period_min) * keys.period_min)
    clock = Clock(np.arange(0.0, minutes, keys.step_min), minutes)
    found = {key: one for key in QUANTITIES if (one := _series(scenario, key, sessions, minutes)) is not None}
    said = tuple(line for one in found.values() for line in one.said)
    carbon = mean_of_steps(found["carbon"], clock) if "carbon" in found else None
    supplied = {key: one for key, one in found.items() if key != "carbon"}
    if not supplied:
        return LeadersDay(None, carbon, said)
    whole_kw = _whole_kw(scenario, feeder, next(iter(supplied)))
    left_kw = _left_kw(supplied, clock, whole_kw)
    spare = np.where(np.isnan(left_kw), 1.0, np.clip(left_kw / whole_kw[:, None], 0.0, 1.0))
    return LeadersDay(spare, carbon, (*said, *_told(left_kw, whole_kw, supplied, keys.step_min / 60.0)))


def _series(scenario: ChargingScenario, key: str, sessions: Sessions, minutes: float) -> Series | None:
    path, keys = scenario.existing_file_of(key), scenario.station  # type: ignore[arg-type]
    if path is None:
        return None
    zone = None if keys.timezone is None else ZoneInfo(keys.timezone)
    window = Window(date.fromisoformat(sessions.day or keys.tariff_day), minutes, zone)
    return read_series(path, QUANTITIES[key], window)


def _whole_kw(scenario: ChargingScenario, feeder: Feeder, key: str) -> Array:
    """(K,) how many kW fill each row that the whole site hangs on, NaN for others."""
    whole = np.full(len(feeder.names), 0.0) if feeder.whole_kw is None else feeder.whole_kw
    doubtful = [name for name, kw in zip(feeder.names, whole.tolist(), strict=True) if kw == 0.0]
    if doubtful:
        message = f"nothing says how many kW of load fill the limit {doubtful[0]!r} of the site"
        fix = "a site file does by limit_kw, or by line with line_volts below [site], see docs/series.md"
        raise scenario.error(f"station.{key}", f"{message} ({fix})")
    if np.isnan(whole).all():
        raise scenario.error(
            f"station.{key}", "no limit of the site is one of all posts (write one, which building and cars share)"
        )
    return whole


def _left_kw(found: dict[str, Series], clock: Clock, whole_kw: Array) -> Array:
    """The least of each step before it is clipped, (K, S) kW; NaN for rows of a part of the site."""
    begin, step = pieces(found.values(), clock)
    load, pv = (found[key].at(begin) if key in found else np.zeros(len(begin)) for key in ("load", "pv"))
    own = np.broadcast_to(whole_kw[:, None], (len(whole_kw), len(begin)))
    limit = np.where(np.isnan(own), np.nan, found["grid_limit"].at(begin)) if "grid_limit" in found else own
    return np.asarray(np.minimum.reduceat(limit - load + pv, step, axis=1))


def pieces(series: Iterable[Series], clock: Clock) -> tuple[Array, NDArray[np.int64]]:
    """When anything may change, (P,) minutes, and where in it the steps begin, (S,)."""
    times = np.concatenate([clock.begin_min, *(one.begin_min for one in series)])
    begin = np.unique(times[(times >= 0.0) & (times < clock.end_min)])
    return begin, np.searchsorted(begin, clock.begin_min)


def mean_of_steps(series: Series, clock: Clock) -> Array:
    """(S,), each value counting for as long as it holds.

    >>> series = Series(np.array([0.0, 2.0]), np.array([1.0, 6.0]), ())
    >>> mean_of_steps(series, Clock(np.array([0.0, 5.0]), 10.0))
    array([4., 6.])
    """
    begin, step = pieces([series], clock)
    value, until = series.at(begin), np.append(begin[1:], clock.end_min)
    whole = np.diff(np.append(clock.begin_min, clock.end_min))
    mean = np.add.reduceat(value * (until - begin), step) / whole
    least, most = np.minimum.reduceat(value, step), np.maximum.reduceat(value, step)
    return np.where(least == most, least, mean)


def by_period(of_steps: Array, ratio: int) -> Array:
    """(…, S) values of steps as (…, T, ratio)."""
    return of_steps.reshape(*of_steps.shape[:-1], -1, ratio)


def least_of_periods(of_steps: Array, ratio: int) -> Array:
    """What a plan, which has one power for a period, may count on in all of its steps: (…, T)."""
    return np.asarray(by_period(of_steps, ratio).min(axis=-1))


def mean_of_periods(of_steps: Array, ratio: int) -> Array:
    """(…, T)."""
    steps = by_period(of_steps, ratio)
    return np.where(steps.min(axis=-1) == steps.max(axis=-1), steps[..., 0], steps.mean(axis=-1))


def _told(left_kw: Array, whole_kw: Array, found: dict[str, Series], step_h: float) -> tuple[str, ...]:
    """How much there is, and what was clipped."""
    shared = ~np.isnan(whole_kw)
    left, whole = left_kw[shared], whole_kw[shared, None]
    there = np.clip(left, 0.0, whole).min(axis=0)
    by = ", ".join(f"station.{key}" for key in found)
    between = f"{there.min():.4g} to {there.max():.4g} kW"
    lines = [f"there are {between} for the cars ({by}); a plan counts on the least of a period"]
    none_h, more_h = (step_h * int(steps.sum()) for steps in (there <= 0.0, (left > whole).all(axis=0)))
    if none_h:
        lines.append(f"for {none_h:.4g} h nothing is left for the cars")
    if more_h:
        lines.append(f"for {more_h:.4g} h there would be more than the wires carry, which nobody can take")
    return tuple(lines)
