"""What each car is, by its file or by the world: battery, largest power, costs, and whether its wish can be had."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.charging.keys import OWN
from robosim.charging.keys import Station as Keys
from robosim.charging.problem import ChargingDay
from robosim.charging.scenario import ChargingScenario
from robosim.charging.station.battery import BEND, LINEAR, Batteries, batteries, fitted
from robosim.charging.station.execution import Station
from robosim.charging.station.pilots import givable
from robosim.charging.station.sessions import ROUNDING, Sessions
from robosim.errors import BadInput

SHOWN = 10
"""Sessions that cannot be served, in an error."""


def largest_kw(keys: Keys, sessions: Sessions, post_kw: Array) -> Array:
    """What each car takes at most, (N,) kW: the least of what its post, the world's batteries and itself allow."""
    most = post_kw if keys.battery_kw is None else np.minimum(post_kw, keys.battery_kw)
    return np.asarray(np.fmin(most, sessions.max_kw))


def wanted_kwh(keys: Keys, sessions: Sessions) -> Array:
    """What drivers truly want, (N,)."""
    return sessions.delivered_kwh if keys.wants == "delivered" else sessions.asked_kwh


def with_wishes_judged(scenario: ChargingScenario, sessions: Sessions, most_kw: Array, usable_h: Array) -> Sessions:
    """The sessions, as `station.impossible` says of wishes that charger and stay, or the battery, cannot meet.

    Parameters
    ----------
    most_kw : (N,) what each takes at most.
    usable_h : (N,) how much of its stay each can be charged in.

    Raises
    ------
    BadInput
        Such wishes, where they are errors; a state of charge without a battery.
    """
    keys = scenario.station
    _refuse_shares_of_nothing(keys, sessions)
    if keys.if_impossible == "unmet":
        return sessions
    given = most_kw * usable_h
    taken = room_kwh(keys, sessions)
    if keys.if_impossible == "cap":
        return sessions.capped(np.minimum(given, taken), wanted_kwh(keys, sessions))
    allow = 'station.unmet = "allowed"' if keys.impossible is None else 'station.impossible = "unmet"'
    refuse_hopeless(sessions, wanted_kwh(keys, sessions), given, taken, allow)
    return sessions


def refuse_silence(scenario: ChargingScenario, station: Station, problem: ChargingDay) -> None:
    """Raise `BadInput` where nobody who wants energy can be told any pilot, though wires carry something."""
    can = givable(station, problem.stay, problem.limit_kw)
    want = (problem.energy > 0) & (can.alone_a > 0)
    if not want.any() or (can.highest_a[want] > 0).any():
        return
    nearest = int(np.flatnonzero(want)[np.argmax((can.alone_a / np.maximum(can.lowest_a, 1e-9))[want])])
    has, needs = (x[nearest] for x in (can.alone_a, can.lowest_a))
    least_kw = needs * can.kw_per_a[nearest]
    key = "station.site" if scenario.station.form == OWN else "station.limit_kw"
    left = "carries" if station.wires.limit_a.shape[1] == 1 else "leaves, beside what stands in station.load,"
    message = f"no car can charge: the feeder {left} {has:.4g} A ({has * can.kw_per_a[nearest]:.4g} kW) for one, and"
    message = f"{message} the lowest pilot of its post is {needs:.4g} A ({least_kw:.4g} kW)"
    raise scenario.error(key, f"{message} (let it carry that, or use posts with lower pilots)")


def room_kwh(keys: Keys, sessions: Sessions) -> Array:
    """What each battery has room for at the meter, (N,): above its state of charge where that is told, else all of it.

    Fitted batteries fit: `inf`.
    """
    capacity = _capacity(keys, sessions)
    left = np.where(np.isnan(sessions.soc), capacity, (1.0 - sessions.soc) * capacity)
    return np.where(np.isnan(capacity), np.inf, left / keys.efficiency)


def refuse_hopeless(sessions: Sessions, wanted: Array, given: Array, taken: Array, allow: str) -> None:
    """Raise `BadInput` that names every EV that wants more than is given or taken, all (N,) kWh; `allow` lets it."""
    fix = f'write {allow} to let what is missing cost it, or station.impossible = "cap" to let it ask for less'
    hopeless = np.flatnonzero(wanted > np.minimum(given, taken) * ROUNDING)
    lines = [
        f"{sessions.places[i]}: session {sessions.ids[i]!r}: {_why(wanted[i], given[i], taken[i])} ({fix})"
        for i in hopeless[:SHOWN]
    ]
    if len(hopeless) > SHOWN:
        lines.append(f"{sessions.places[hopeless[SHOWN]]}: session: {len(hopeless) - SHOWN} more like these")
    if lines:
        raise BadInput("\n".join(lines))


def _why(wanted: float, given: float, taken: float) -> str:
    had = f"charger gives {given:.4g} kWh in its stay" if given <= taken else f"battery has room for {taken:.4g} kWh"
    return f"wants {wanted:.4g} kWh, its {had}"


def _refuse_shares_of_nothing(keys: Keys, sessions: Sessions) -> None:
    alone = np.flatnonzero(~np.isnan(sessions.soc) & np.isnan(_capacity(keys, sessions)))
    if alone.size:
        fix = "write the battery's capacity there, or a number as station.battery_kwh"
        message = 'is empty beside a state of charge, and station.battery_kwh = "fitted"'
        raise BadInput(f"{sessions.places[alone[0]]}: battery_kwh: {message} ({fix})")


def _capacity(keys: Keys, sessions: Sessions) -> Array:
    """(N,) kWh: the file's, else the world's, NaN for those that are to be fitted."""
    usual = np.nan if isinstance(keys.battery_kwh, str) else float(keys.battery_kwh)
    return np.where(np.isnan(sessions.battery_kwh), usual, sessions.battery_kwh)


def batteries_of(keys: Keys, sessions: Sessions, most_kw: Array) -> Batteries:
    """What is in each battery: what the file says, else so much that the car is at its target when it has its wish.

    Fitted ones could take their wish in the stay, at most 99 % of what the charger gives.
    """
    bend, wanted = BEND if keys.battery == "two-stage" else LINEAR, wanted_kwh(keys, sessions)
    capacity = _capacity(keys, sessions)
    content = np.maximum(keys.target_soc * capacity - keys.efficiency * wanted, 0.0)
    content = np.where(np.isnan(sessions.soc), content, sessions.soc * capacity)
    fit = np.flatnonzero(np.isnan(capacity))
    if fit.size:
        stay_h = np.maximum(sessions.stay_h[fit], keys.step_min / 60.0)
        possible = np.minimum(wanted[fit], 0.99 * most_kw[fit] * stay_h) * keys.efficiency
        made = fitted(possible, stay_h, most_kw[fit], bend=bend)
        capacity[fit], content[fit] = made.capacity_kwh, made.content_kwh
    return batteries(capacity, content, most_kw, bend=bend, efficiency=keys.efficiency)


def drawn_costs(scenario: ChargingScenario, key: str, between: tuple[float, ...], count: int, stream: int) -> Array:
    """One number for each session, (N,): given, listed (`BadInput` where others are missing), or drawn evenly."""
    value = getattr(scenario.station, key)
    if value == "random":
        return np.random.default_rng([scenario.mission.seed, stream]).uniform(between[0], between[1], count)
    if isinstance(value, tuple) and len(value) != count:
        raise scenario.error(
            f"station.{key}", f"has {len(value)} numbers, there are {count} sessions (give one for each)"
        )
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)).copy()
