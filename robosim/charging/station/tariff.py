"""What energy costs: prices by time of use and a demand charge, made here or read from acnportal's JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.complaint import Complaints, refusal
from robosim.files.content import document, text_of
from robosim.files.lines import Located, elements
from robosim.files.writing import plain_name, quoted, shown, suggestion

MonthDay = tuple[int, int]
EVERY_DAY = (True,) * 7
WEEKDAYS = (True,) * 5 + (False,) * 2
WEEKENDS = (False,) * 5 + (True,) * 2


@dataclass(frozen=True, kw_only=True)
class Season:
    """Prices of some days of the week between two days of the year, both included; it may run over New Year."""

    name: str
    first: MonthDay
    last: MonthDay
    weekdays: tuple[bool, ...] = EVERY_DAY
    """Monday first."""
    from_h: tuple[float, ...]
    """When each price begins, hours, rising from 0."""
    dollars_per_kwh: tuple[float, ...]
    demand_charge_per_kw: float = 0.0
    """$ per kW of the highest power in a month."""

    def holds_on(self, day: date) -> bool:
        """The season's prices are those of `day`."""
        today = (day.month, day.day)
        between = self.first <= today <= self.last if self.first <= self.last else not self.last < today < self.first
        return between and self.weekdays[day.weekday()]

    def price_per_kwh(self, minutes: ArrayLike) -> Array:
        """The price at each minute of the day, $ per kWh, in the shape of `minutes` (0 ≤ minute < 1440)."""
        begins = np.array(self.from_h) * 60.0
        return np.array(self.dollars_per_kwh)[np.searchsorted(begins, np.asarray(minutes), side="right") - 1]


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """A price list; `place` says where it was read."""

    name: str
    seasons: tuple[Season, ...]
    effective: str = ""
    place: str = "tariff"

    def season(self, day: date) -> Season:
        """The prices of a day.

        Raises
        ------
        BadInput
            No season holds on that day, or more than one does.
        """
        found = [season for season in self.seasons if season.holds_on(day)]
        if len(found) == 1:
            return found[0]
        on = f"{day:%a} {day}"
        if found:
            names = " and ".join(repr(season.name) for season in found)
            raise BadInput(f"{self.place}: schedule: {names} both hold on {on} (correct their dow_mask or dates)")
        raise BadInput(f"{self.place}: schedule: no prices for {on} (add a season, or name another day)")

    def price_per_kwh(self, minutes: ArrayLike, day: date) -> Array:
        """The price at each minute of a day, $ per kWh, in the shape of `minutes`."""
        return self.season(day).price_per_kwh(minutes)

    def demand_charge_per_kw(self, day: date) -> float:
        """$ per kW of the highest power in the month of `day`."""
        return self.season(day).demand_charge_per_kw


def flat_tariff(dollars_per_kwh: float, demand_charge_per_kw: float = 0.0) -> Tariff:
    """The same price always."""
    season = Season(
        name="always",
        first=(1, 1),
        last=(12, 31),
        from_h=(0.0,),
        dollars_per_kwh=(dollars_per_kwh,),
        demand_charge_per_kw=demand_charge_per_kw,
    )
    return Tariff(name="flat", seasons=(season,))


def _sce(
    name: str, first: MonthDay, last: MonthDay, night: float, shoulder: float, peak: float
) -> tuple[Season, Season]:
    weekday = Season(
        name=f"{name}-Weekday",
        first=first,
        last=last,
        weekdays=WEEKDAYS,
        from_h=(0, 8, 12, 18, 23),
        dollars_per_kwh=(night, shoulder, peak, shoulder, night),
        demand_charge_per_kw=15.51,
    )
    weekend = Season(
        name=f"{name}-Weekend",
        first=first,
        last=last,
        weekdays=WEEKENDS,
        from_h=(0,),
        dollars_per_kwh=(night,),
        demand_charge_per_kw=15.51,
    )
    return weekday, weekend


SCE_TOU_EV_4 = Tariff(
    name="SCE TOU-EV-4",
    effective="2019-03-01",
    seasons=(
        *_sce("Summer", (6, 1), (9, 30), 0.05623, 0.0925, 0.26668),
        *_sce("Winter", (10, 1), (5, 31), 0.06087, 0.07492, 0.0869),
    ),
)
"""Southern California Edison, March 2019 (figures as in acnportal, BSD-3, sce_tou_ev_4_march_2019.json)."""
TARIFFS = {"sce-tou-ev-4": SCE_TOU_EV_4}


DAYS = {"WEEKDAYS": WEEKDAYS, "WEEKENDS": WEEKENDS, "ALL": EVERY_DAY}
KEYS = ("id", "effective_start", "effective_end", "dow_mask", "times", "tariffs")
LEAP_YEAR = 2000


def read_tariff(path: str | Path) -> Tariff:
    """A tariff: `{"name", "effective", "schedule": [{"id", "effective_start": "MM-DD", "effective_end", "dow_mask":
    "WEEKDAYS" | "WEEKENDS" | "ALL", "times": [hours], "tariffs": [$ per kWh], "demand_charge": $ per kW}, …]}`.

    Raises
    ------
    BadInput
        Every error, one a line: `file:line: schedule.K.key: message (fix)`.
    TooLarge
        More than 100 MB.
    """
    text, file = text_of(path), str(path)
    whole = document(text, file)
    schedule = elements(text, "schedule") if isinstance(whole, dict) else []
    if not schedule:
        raise refusal(file, "no list of seasons", 'a tariff has them under "schedule"', column="schedule")
    complaints = Complaints(file)
    seasons = [SeasonItem(index, item, complaints).season() for index, item in enumerate(schedule)]
    complaints.raise_any()
    line = Located(whole, text, 1).line_of("schedule")
    return Tariff(
        name=plain_name(whole.get("name", Path(file).stem)),
        effective=plain_name(whole.get("effective", "")),
        seasons=tuple(season for season in seasons if season),
        place=f"{file}:{line}",
    )


class SeasonItem:
    """One element of the schedule while it is read."""

    def __init__(self, index: int, item: Located, complaints: Complaints) -> None:
        self._name = f"schedule.{index}"
        self._item = item
        self._complaints = complaints

    def season(self) -> Season | None:
        """The season, None when something is wrong with it."""
        before = len(self._complaints)
        if not isinstance(self._item.value, dict):
            self._complaints.add(
                self._item.line,
                self._name,
                f"must be a table, got {shown(self._item.value)}",
                f"write {{ }} with {', '.join(KEYS)}",
            )
            return None
        first, last = self._month_day("effective_start"), self._month_day("effective_end")
        from_h, prices = self._hours(), self._numbers("tariffs")
        charge, days = self._charge(), self._days()
        if from_h and prices and len(from_h) != len(prices):
            self._add("tariffs", f"{len(prices)} prices for {len(from_h)} times", "write one price for each time")
        if len(self._complaints) > before:
            return None
        return Season(
            name=plain_name(self._get("id", self._name)),
            first=first,
            last=last,
            weekdays=days,
            from_h=from_h,
            dollars_per_kwh=prices,
            demand_charge_per_kw=charge,
        )

    def _month_day(self, key: str) -> MonthDay:
        value = self._get(key)
        try:
            month, day = (int(part) for part in value.split("-"))
            date(LEAP_YEAR, month, day)
        except (ValueError, AttributeError, OverflowError):
            self._refuse(key, value, 'must be "MM-DD"', 'for example "06-01"')
            return 1, 1
        return month, day

    def _hours(self) -> tuple[float, ...]:
        hours = self._numbers("times")
        rising = all(a < b for a, b in pairwise(hours))
        if hours and not (hours[0] == 0 and rising and hours[-1] < 24):
            self._add("times", "hours must rise from 0 and stay below 24", "for example [0, 8, 12, 18, 23]")
        return hours

    def _numbers(self, key: str) -> tuple[float, ...]:
        value = self._get(key)
        if isinstance(value, list) and value and all(map(_is_number, value)):
            return tuple(float(part) for part in value)
        self._refuse(key, value, "must be a list of numbers", "for example [0.06, 0.09]")
        return ()

    def _charge(self) -> float:
        value = self._get("demand_charge", 0.0)
        if _is_number(value) and value >= 0:
            return float(value)
        self._refuse("demand_charge", value, "must be a number >= 0", "$ per kW of a month's highest power; 0 for none")
        return 0.0

    def _days(self) -> tuple[bool, ...]:
        value = self._get("dow_mask")
        if isinstance(value, str) and value in DAYS:
            return DAYS[value]
        self._refuse("dow_mask", value, f"must be {', '.join(DAYS)}", "which days of the week")
        return EVERY_DAY

    def _get(self, key: str, otherwise: Any = None) -> Any:
        return self._item.value.get(key, otherwise)

    def _refuse(self, key: str, value: Any, rule: str, fix: str) -> None:
        unknown = [name for name in self._item.value if name not in KEYS and suggestion(name, [key], "")]
        if key in self._item.value:
            self._add(key, f"{rule}, got {shown(value)}", fix)
        elif unknown:
            self._add(unknown[0], f"unknown key, and {key!r} is missing", f"did you mean {quoted(key)}?")
        else:
            self._add(key, "is missing", fix)

    def _add(self, key: str, message: str, fix: str) -> None:
        self._complaints.add(self._item.line_of(key), f"{self._name}.{key}", message, fix)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 and math.isfinite(value)
