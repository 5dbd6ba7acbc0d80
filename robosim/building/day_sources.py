"""Where a charging day comes from: its sessions, its site and its tariff, as a world file names them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.scenario import StationScenario
from robosim.world.station.acn import acn_day
from robosim.world.station.drawn import CHARGER_KW, USABLE, drawn_day
from robosim.world.station.sessions import Sessions, iso_date, read_sessions
from robosim.world.station.site import Site, caltech_site, plain_site
from robosim.world.station.tariff import TARIFFS, Tariff, flat_tariff
from robosim.world.station.tariff_json import read_tariff

SESSIONS = 1
"""Stream of the world's seed that draws sessions."""


def sessions_of(scenario: StationScenario) -> Sessions:
    """Who comes: drawn, from a file, or a day of ACN-Data. Raises `BadInput` with the place of what is wrong."""
    keys, path = scenario.station, scenario.existing_file_of("sessions")
    if path is not None:
        found = read_sessions(path, keys.day)
    elif keys.acn_site is not None:
        try:
            found = acn_day(keys.acn_site, keys.day or "")
        except BadInput as problem:
            raise BadInput(f"{scenario.place('station.sessions')}: {problem}") from None
    else:
        found = modest(drawn_day(keys.count, np.random.default_rng([scenario.mission.seed, SESSIONS])), keys.period_min)
    if keys.claimed_only and not found.claimed.any():
        raise scenario.error("station.claimed_only", "leaves nobody: no driver told anything (set it to false)")
    found = found.only(found.claimed) if keys.claimed_only else found
    unknown = np.flatnonzero(np.isnan(found.delivered_kwh))
    if keys.wants == "delivered" and unknown.size:
        row = int(unknown[0])
        message = f"nothing delivered is known of session {found.ids[row]!r} at {found.places[row]}"
        raise scenario.error("station.wants", f'{message} ({unknown.size} such sessions: write wants = "asked")')
    return found


def modest(sessions: Sessions, period_min: int) -> Sessions:
    """Drawn drivers want what the whole periods of their stay, true and stated, could give them."""
    stays = [
        whole_periods(sessions.arrival_min, end, period_min)
        for end in (sessions.departure_min, sessions.stated_departure_min)
    ]
    true, stated = (USABLE * CHARGER_KW * (stay[:, 1] - stay[:, 0]) * period_min / 60.0 for stay in stays)
    return replace(
        sessions,
        asked_kwh=np.minimum(sessions.asked_kwh, np.minimum(true, stated)),
        delivered_kwh=np.minimum(sessions.delivered_kwh, true),
    )


def whole_periods(first_min: Array, last_min: Array, period_min: int) -> NDArray[np.int64]:
    """The periods that lie within a stay, (N, 2): the first, and the one after the last.

    >>> whole_periods(np.array([14.0, 0.0]), np.array([61.0, 10.0]), 15).tolist()
    [[1, 4], [0, 0]]
    """
    first, stop = np.ceil(first_min / period_min), np.floor(last_min / period_min)
    return np.stack([first, np.maximum(first, stop)], axis=1).astype(np.int64)


def site_of(scenario: StationScenario, sessions: Sessions) -> Site:
    """The posts and the feeder behind them."""
    keys = scenario.station
    if keys.site == "caltech":
        return caltech_site(keys.feeder_kw, keys.charger_kind)
    count = keys.chargers or most_at_once(sessions)
    kind = keys.charger_kind or "continuous"
    return plain_site(count, keys.feeder_kw, kind, voltage_v=keys.voltage_v, max_a=keys.charger_max_a)


def most_at_once(sessions: Sessions) -> int:
    """How many cars are ever there together; who leaves makes room for who comes in the same minute."""
    minutes = np.concatenate([sessions.departure_min, sessions.arrival_min])
    change = np.repeat([-1, 1], len(sessions))
    order = np.lexsort((change, minutes))
    lingering = int((sessions.departure_min <= sessions.arrival_min).sum())  # they come and go in one minute
    return max(1, int(np.cumsum(change[order]).max()) + lingering)


def energy_prices(scenario: StationScenario, sessions: Sessions) -> Array:
    """What a kWh costs in each period of the plan, (T,) dollars."""
    keys = scenario.station
    on = iso_date(sessions.day or keys.tariff_day)
    prices = _tariff(scenario, on).price_per_kwh(np.arange(keys.periods) * keys.period_min, on)
    if (prices < 0).any():
        message = f"has a price below 0, {prices.min():g} $/kWh: a car could be paid for power that it leaves alone"
        raise scenario.error("station.tariff", f"{message} (use prices >= 0)")
    return prices


def _tariff(scenario: StationScenario, on: date) -> Tariff:
    named, path = scenario.station.tariff, scenario.existing_file_of("tariff")
    if path is not None:
        return read_tariff(path)
    return TARIFFS[named] if isinstance(named, str) else flat_tariff(float(named))
