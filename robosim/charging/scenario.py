"""A world of kind "charging" that has a station: EVs charge in it, each answering the prices that the leader moves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field

from robosim.auction.scenario import AuctionMission
from robosim.charging.keys import DRAWN, PLAIN, Station
from robosim.charging.rules import RULES, completed
from robosim.charging.size import Size, size_of
from robosim.leader.tax_rule import CLEARING_PRICE, VCG
from robosim.scenario.checking import Check
from robosim.scenario.fields import Finite, Id, Name, Positive, PriceStep, Section, Share, is_path, share_of_sure
from robosim.scenario.selfish import SelfishTable
from robosim.scenario.world_file import LeaderSection, Need, Recording, WorldFile

if TYPE_CHECKING:
    pass


class ChargingMission(AuctionMission):
    """[mission]: also whether plans are made once, by somebody who knows all that will happen, or as time goes on."""

    planning: Literal["day-ahead", "online"] = Field(
        default="day-ahead",
        description="plan once, knowing all who will come (clairvoyant), or again and again with those plugged in",
    )


File = Literal["sessions", "site", "tariff", "load", "pv", "grid_limit", "carbon"]
FILES: tuple[File, ...] = get_args(File)
"""Keys of [station] that may name a file."""


class ChargingMarket(Section):
    """[market]: how the price of the station's power is found."""

    start_price: Finite = Field(default=0.0, description="the price announced before round 1, dollars/kW in a period")
    step: PriceStep = Field(
        default="auto",
        description='how far the price moves, dollars/kW²: a number, or a share of the sure one as "0.5/L"',
    )
    update: Literal["gradient", "nesterov", "secant"] = Field(
        default="nesterov", description="how the leader moves the price"
    )

    @property
    def step_of_sure(self) -> float | None:
        """F where step is written as "F/L"."""
        return share_of_sure(self.step)


def _one_epsilon(schema: dict[str, Any]) -> None:
    keys = ("epsilon", "epsilon_share")
    schema["anyOf"] = [{"properties": {key: {"type": "null"}}} for key in keys]


class ChargingLeader(LeaderSection):
    """[leader]: the rules that are announced and the bill that is sent."""

    model_config = ConfigDict(json_schema_extra=_one_epsilon)

    tax: Name = Field(default=VCG.name, description="tax rule")
    epsilon: Positive | None = Field(
        default=None, description="dollars: stop when the duality gap is certified below it", examples=[1e-6]
    )
    epsilon_share: Share | None = Field(
        default=None, description="the same as a share of the cost, roughly known before", examples=[1e-8]
    )
    bills: Literal["decision", "meter"] | None = Field(
        default=None,
        description="whether what was decided is billed, or what was metered; left out: the decision, online the meter",
        examples=["meter"],
    )


class SelfishEv(SelfishTable):
    """One `[[selfish]]` table of a station: EVs that deviate, numbered as their sessions are."""

    noun: ClassVar[str] = "agent"
    section: ClassVar[str] = "station"

    one: Id | None = Field(default=None, alias="agent", description="the EV that deviates", examples=[0])
    several: Annotated[tuple[Id, ...], Field(min_length=1)] | None = Field(
        default=None, alias="agents", description="the EVs that deviate alike", examples=[[0, 1]]
    )
    strategy: Name = Field(description="the name of the deviation", examples=["bait-and-switch"])


class ChargingScenario(WorldFile):
    """A checked world of kind "charging" with a station.

    How many agents there are is known when the sessions are read; where they are drawn, `station.count`.
    """

    rules: ClassVar[tuple[Check, ...]] = RULES
    mission: ChargingMission
    station: Station
    market: ChargingMarket = ChargingMarket()
    leader: ChargingLeader = ChargingLeader()
    record: Recording = Recording()
    selfish: tuple[SelfishEv, ...] = ()

    @classmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Number of the drawn sessions whose costs are listed."""
        return completed(values)

    def needs(self) -> tuple[Need, ...]:
        """Memory for the record and for the marginal problems of the tax."""
        return needs(self)

    def file_of(self, key: File) -> Path | None:
        """Where the file is that `station.key` names, None where it names none; there may be no such file.

        A file named in a world file is relative to that file's folder, one named by an option to the current one.
        """
        given = getattr(self.station, key)
        if not is_path(given):
            return None
        by_option = self._origin.place(("station", key)).is_option
        return Path(given) if by_option or self.source is None else self.source.parent / given

    def existing_file_of(self, key: File) -> Path | None:
        """`file_of(key)`, checked.

        Raises
        ------
        BadInput
            There is no such file.
        """
        path = self.file_of(key)
        if path is not None and not os.path.exists(path):
            relative = "a path in a world file is relative to it, one in an option to the current folder"
            raise self.error(f"station.{key}", f"no such file: {path} ({relative})")
        return path

    def inputs(self) -> dict[str, Path]:
        """Sessions, site, tariff and series, where they are files."""
        paths = {f"station.{key}": self.file_of(key) for key in FILES}
        return {key: path for key, path in paths.items() if path is not None}

    def to_toml(self) -> str:
        """A world file that loads to an equal scenario from any folder, as files have their full paths in it."""
        paths = {key: self.file_of(key) for key in FILES}
        full: dict[str, str] = {key: os.path.abspath(path) for key, path in paths.items() if path is not None}
        station = self.station.model_copy(update=full)
        return WorldFile.to_toml(self.model_copy(update={"station": station}))


BYTES_PER_SESSION = 2000
"""Type, state and names of one EV."""
BYTES_PER_NUMBER = 8
COPIES = 10
"""Arrays as large as a plan: what is said and heard, the answer and its buffers, projection and price update."""


def needs(world: ChargingScenario, sessions: int | None = None, periods: int | None = None) -> tuple[Need, Need]:
    """The recorded rounds and what is at work in one: under the VCG tax also N problems without one EV each.

    `sessions` and `periods` replace the estimate of how many there are, once they are read.
    """
    size = _size(world)
    count = size.sessions if sessions is None else sessions
    rounds, periods = world.mission.rounds, periods or world.station.periods * size.days
    kept = 2 if world.mission.planning == "online" else rounds // world.record.every + 2
    what = f"{count} sessions x {periods} periods"
    many = "station.count" if world.station.sessions == DRAWN else "station.sessions"
    problems = count + 1 if world.leader.tax == VCG.name else 1
    record = Need(
        many if count >= rounds else "mission.rounds",
        f"{what} x {rounds} rounds",
        "fewer sessions or rounds, or record.every",
        count * BYTES_PER_SESSION + (count + _rows(world)) * periods * kept * BYTES_PER_NUMBER,
    )
    work = Need(
        many,
        f"{problems} problems of {what}" if problems > 1 else what,
        f'fewer sessions, or leader.tax = "{CLEARING_PRICE.name}"' if problems > 1 else "fewer sessions",
        problems * count * periods * COPIES * BYTES_PER_NUMBER,
    )
    return record, work


def _size(world: ChargingScenario) -> Size:
    """As drawn, or as the file seems to have on the days that are wanted."""
    station = world.station
    if station.sessions == DRAWN:
        return Size(station.count)
    return size_of(world.file_of("sessions"), station.day, *station.column_names.get("arrival", ())[:1])


def _rows(world: ChargingScenario) -> int:
    """About how many limits have a price: at Caltech two pods, and six lines with phasors in a quarter of a circle.

    A site file is taken to have as many, until it is read.
    """
    return 1 if world.station.site == PLAIN else 2 + 3 * world.station.polygon_sides // 2
