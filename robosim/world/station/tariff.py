"""What energy costs: prices by time of use, and a demand charge on the month's highest power."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from robosim.agent import Array
from robosim.errors import BadInput

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
