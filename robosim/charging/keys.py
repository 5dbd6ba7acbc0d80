"""What stands in the world file of a charging station: keys, their values and defaults (T, sections II, V)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    Strict,
    Tag,
    model_serializer,
)

from robosim.charging.days import MOST_DAYS
from robosim.charging.site_keys import Amperes, Charger, PostTable, Volts
from robosim.charging.values import (
    ColumnNames,
    DrawnNonNegatives,
    FittedOrPositive,
    IsoDay,
    IsoDays,
    SeriesFile,
    TariffOrNonNegative,
    Zone,
)
from robosim.scenario.fields import (
    Finite,
    NonNegative,
    Positive,
    Section,
    Share,
    Whole,
    is_path,
    path_or,
    word_or,
    word_or_path,
)

DRAWN_COSTS = {
    "wear_dollars_per_kw2h": "wear_range_dollars_per_kw2h",
    "waiting_dollars_per_kwh_h": "waiting_range_dollars_per_kwh_h",
}
"""Keys of [station] that may be "random", and where the range stands that they are drawn from."""
PLAIN, CALTECH, LISTED, OWN = "plain", "caltech", "posts", "file"
"""Forms of a site: equal chargers, the garage, posts in the world file, a site file."""
FORMS_OF = {
    "chargers": (PLAIN,),
    "charger_max_a": (PLAIN,),
    "voltage_v": (PLAIN,),
    "charger": (PLAIN, CALTECH),
    "limit_kw": (PLAIN, CALTECH, LISTED),
    "polygon_sides": (CALTECH, OWN),
    "elsewhere": (CALTECH, LISTED, OWN),
    "posts": (LISTED,),
}
"""Keys of [station] that belong to some forms of a site only."""
DAY_MIN = 24 * 60
LIMIT_KW = {PLAIN: 60.0, LISTED: 60.0, CALTECH: 150.0}
"""Of the feeder, of the transformer; a site file has limits of its own."""
Minutes = Annotated[Whole, Field(ge=1, le=DAY_MIN)]


def form_of(site: str, posts: object) -> str:
    """Which form of a site the keys `site` and `posts` name."""
    if is_path(site):
        return OWN
    return LISTED if site == PLAIN and posts else site


def unused_here(form: str, costs: Mapping[str, object]) -> list[str]:
    """Keys that a station does not have, given the form of its site and the values of the keys in `DRAWN_COSTS`."""
    elsewhere = [key for key, forms in FORMS_OF.items() if form not in forms]
    return elsewhere + [bounds for key, bounds in DRAWN_COSTS.items() if costs[key] != "random"]


class Station(Section):
    """[station]: the sessions of a day, the site, prices, and what drivers and batteries are like."""

    sessions: SessionSource = Field(
        default="drawn", description="who comes when: drawn by the seed, a day of ACN-Data, or a CSV or JSON file"
    )
    day: IsoDays | None = Field(
        default=None,
        description='which day of a file or of ACN-Data, which days in a row as "2019-10-28..2019-10-30", or "all"',
        examples=["2019-10-29"],
    )
    columns: ColumnNames | None = Field(
        default=None,
        description="what columns of a table of your own are called: robosim's name, and yours (or several to join)",
        examples=[{"arrival": "Start"}],
    )
    timezone: Zone | None = Field(
        default=None, description="the clock of the station; left out: as the file says", examples=["Europe/Berlin"]
    )
    count: Annotated[Whole, Field(ge=1, le=10**18)] = Field(default=50, description="sessions of a drawn day")
    cut_h: Annotated[Finite, Field(gt=0, le=24 * MOST_DAYS)] | None = Field(
        default=None,
        description="hours after midnight of the day of arrival at which stays end at the latest; left out: nobody's "
        "is cut",
        examples=[24.0],
    )
    claimed_only: Annotated[bool, Strict()] = Field(
        default=False, description="leave out the sessions whose drivers told nothing"
    )
    wants: Literal["asked", "delivered"] = Field(
        default="asked", description="which energy drivers truly want: what they asked for, or what they got"
    )

    site: SiteSource = Field(
        default="plain",
        description="chargers behind one limit, the garage at Caltech, or a site file (TOML, or acnportal's JSON)",
    )
    posts: tuple[PostTable, ...] = Field(
        default=(),
        description="of a plain site whose posts differ, a table each",
        examples=[[{"id": "P1", "volts": 230.0}]],
    )
    elsewhere: Literal["any", "same-kind", "forbidden"] = Field(
        default="any",
        description="where a car goes whose post is unknown or taken: the first free post, or one like it",
    )
    chargers: Annotated[Whole, Field(ge=1, le=10**18)] | None = Field(
        default=None, description="of a plain site; left out: as many as are ever needed at once", examples=[54]
    )
    limit_kw: Positive | None = Field(
        default=None,
        description="of the feeder, 60; of Caltech's transformer, 150; not of a site file",
        examples=[60.0],
    )
    charger: Charger | None = Field(
        default=None,
        description="which currents chargers can be told; left out: continuous, or Caltech's own two kinds",
        examples=["continuous"],
    )
    charger_max_a: Amperes = Field(default=32.0, description="breaker of a plain charger, A")
    voltage_v: Volts = Field(default=208.0, description="of a plain charger: watts an ampere")
    polygon_sides: Annotated[Whole, Field(ge=3, le=4096)] = Field(
        default=24, description="of the polygon in which three-phase limits are planned"
    )
    period_min: Minutes = Field(default=15, description="a plan has one power for so many minutes")
    step_min: Minutes = Field(default=5, description="plans are executed in steps of so many minutes")

    replan_min: Minutes = Field(
        default=5, description="online, those who are plugged in agree anew every so many minutes"
    )

    room_dollars_per_kwh_h: NonNegative = Field(
        default=0.02,
        description="online, what agreements count on top for a kWh of a full feeder an hour ahead, of an emptier one "
        "as much less: room for those who may yet come (0: nobody is expected); nobody pays it",
        examples=[0.0],
    )
    rules_know: Literal["true", "stated"] = Field(
        default="true",
        description="what rules of thumb beside the prices know of cars: energies and departures as they are, as cars "
        "do themselves, or as drivers told them",
    )
    mpc: Literal["if-quick", "always", "never"] = Field(
        default="if-quick",
        description="online, whether the same plans by one mind without prices stand beside them: where it takes about "
        "a second, or whatever it takes",
    )

    tariff: TariffSource = Field(
        default="sce-tou-ev-4", description="price of energy: a known tariff, a JSON file, or dollars/kWh"
    )
    tariff_day: IsoDay = Field(default="2019-10-29", description="whose prices hold on a drawn day")
    demand_dollars_per_kw: TariffOrNonNegative = Field(
        default=0.0,
        description="the aggregator's own cost of the highest power of the mission's days, dollars/kW; "
        '"tariff": their part of the tariff\'s charge for a month of 30 days',
    )
    loss_dollars_per_kw2h: NonNegative = Field(
        default=0.0, description="the aggregator's own cost of squared power, dollars/(kW²·h)"
    )

    load: SeriesFile | None = Field(
        default=None,
        description="a CSV of what the building behind the same feeder takes over time, kW, balanced over its lines",
        examples=["building.csv"],
    )
    pv: SeriesFile | None = Field(
        default=None, description="a CSV of what panels behind the feeder give over time, kW", examples=["pv.csv"]
    )
    grid_limit: SeriesFile | None = Field(
        default=None,
        description="a CSV of what building and cars may take together over time, kW; left out: what the wires carry",
        examples=["grid_limit.csv"],
    )
    carbon: SeriesFile | None = Field(
        default=None, description="a CSV of what a kWh of the grid emits over time, kg CO2/kWh", examples=["moer.csv"]
    )
    carbon_dollars_per_kg: NonNegative = Field(
        default=0.0, description="price of emissions that comes on top of the tariff, dollars/kg CO2"
    )

    unmet: Literal["forbidden", "allowed"] = Field(
        default="forbidden", description="refuse EVs that cannot get what they want, or let it cost them"
    )
    impossible: Literal["error", "cap", "unmet"] | None = Field(
        default=None,
        description="a wish that charger and stay, or the battery, cannot meet: refused, capped at what can be had, or "
        "what is missing costs; left out: as unmet says, error where forbidden",
        examples=["cap"],
    )
    unmet_dollars_per_kwh: Positive = Field(default=1.0, description="what energy not got costs an EV, dollars/kWh")
    wear_dollars_per_kw2h: DrawnNonNegatives = Field(
        default="random",
        description="battery wear, dollars/(kW²·h): one number, one a session, or drawn; 0 needs the program admm",
    )
    wear_range_dollars_per_kw2h: Annotated[tuple[Positive, ...], Field(min_length=2, max_length=2)] = Field(
        default=(0.002, 0.02), description='[lo, hi] of wear_dollars_per_kw2h = "random"'
    )
    waiting_dollars_per_kwh_h: DrawnNonNegatives = Field(
        default="random", description="a kWh an hour later, dollars/(kWh·h): one number, one a session, or drawn"
    )
    waiting_range_dollars_per_kwh_h: Annotated[tuple[NonNegative, ...], Field(min_length=2, max_length=2)] = Field(
        default=(0.0, 0.01), description='[lo, hi] of waiting_dollars_per_kwh_h = "random"'
    )
    battery: Literal["two-stage", "linear"] = Field(
        default="two-stage", description="whether batteries take less towards full"
    )
    battery_kwh: FittedOrPositive = Field(
        default=60.0, description="capacity, kWh: one number, or fitted to what each got in its stay"
    )
    target_soc: Share = Field(
        default=0.8, description="state of charge at which a wish is met; two-stage batteries take less from 0.8 on"
    )
    battery_kw: Positive | None = Field(
        default=None, description="accepted at most, kW; left out: what the charger gives", examples=[6.656]
    )
    efficiency: Share = Field(default=1.0, description="energy stored per energy metered")

    @property
    def if_impossible(self) -> str:
        """`impossible`, or what `unmet` says of it."""
        return self.impossible or ("error" if self.unmet == "forbidden" else "unmet")

    @property
    def column_names(self) -> dict[str, tuple[str, ...]]:
        """`columns`, each as the list of what is to be joined."""
        found = (self.columns or {}).items()
        return {name: (own,) if isinstance(own, str) else tuple(own) for name, own in found}

    @property
    def acn_site(self) -> str | None:
        """The site whose day of ACN-Data is wanted, None for other sessions."""
        return self.sessions.removeprefix(ACN) if self.sessions.startswith(ACN) else None

    @property
    def form(self) -> str:
        """Of the site."""
        return form_of(self.site, self.posts)

    @property
    def feeder_kw(self) -> float:
        """`limit_kw`, or what the site has by itself; inf for a site file, whose limits stand in it."""
        return LIMIT_KW.get(self.form, math.inf) if self.limit_kw is None else self.limit_kw

    @property
    def charger_kind(self) -> str | None:
        """The kind of all chargers; None for the kinds that the site has by itself."""
        return "continuous" if self.charger is None and self.site == "plain" else self.charger

    @property
    def periods(self) -> int:
        """Of a day's plan; sessions that stay longer have more."""
        return DAY_MIN // self.period_min

    @model_serializer(mode="wrap")
    def without_unused(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is refused in a file because it goes with other values is not written either."""
        unused = unused_here(self.form, {key: getattr(self, key) for key in DRAWN_COSTS})
        return {key: value for key, value in written(self).items() if key not in unused}


DRAWN = "drawn"
ACN = "acn:"
SESSIONS = (DRAWN, f"{ACN}caltech", f"{ACN}jpl")
TARIFFS = ("sce-tou-ev-4",)
"""The names in `robosim.charging.station.tariff.TARIFFS`, which brings NumPy with it."""
SITES = (PLAIN, CALTECH)
SITE_FORM = 'must be "plain", "caltech", or a file (with a dot or a slash in its path)'
SESSIONS_FORM = 'must be "drawn", "acn:caltech", "acn:jpl", or a file (with a dot or a slash in its path)'
TARIFF_FORM = 'must be "sce-tou-ev-4", a price in dollars/kWh, or a file (with a dot or a slash in its path)'


SessionSource = Annotated[str, AfterValidator(partial(word_or_path, SESSIONS, SESSIONS_FORM)), path_or(*SESSIONS)]
SiteSource = Annotated[str, AfterValidator(partial(word_or_path, SITES, SITE_FORM)), path_or(*SITES)]
TariffSource = Annotated[
    Annotated[str, AfterValidator(partial(word_or_path, TARIFFS, TARIFF_FORM)), path_or(*TARIFFS), Tag("<word>")]
    | Annotated[Finite, Tag("<number>")],
    word_or("<number>"),
]
