"""Tariffs from JSON, in the format of acnportal's signals/tariffs/tariff_schedules."""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from robosim.world.station.complaints import Complaints, refusal, shown, suggestion
from robosim.world.station.content import text_of
from robosim.world.station.located import Located, document, elements
from robosim.world.station.tariff import EVERY_DAY, WEEKDAYS, WEEKENDS, MonthDay, Season, Tariff

DAYS = {"WEEKDAYS": WEEKDAYS, "WEEKENDS": WEEKENDS, "ALL": EVERY_DAY}
KEYS = ("id", "effective_start", "effective_end", "dow_mask", "times", "tariffs", "demand_charge")
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
        name=str(whole.get("name", Path(file).stem)),
        effective=str(whole.get("effective", "")),
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
            name=str(self._get("id", self._name)),
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
        except (ValueError, AttributeError):
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
        value = self._get("demand_charge")
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
            self._add(unknown[0], f"unknown key, and {key!r} is missing", f"did you mean {key!r}?")
        else:
            self._add(key, "is missing", fix)

    def _add(self, key: str, message: str, fix: str) -> None:
        self._complaints.add(self._item.line_of(key), f"{self._name}.{key}", message, fix)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 and math.isfinite(value)
