"""A world of kind "charging" that has a station: EVs charge in it, each answering the prices that the leader moves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from robosim.scenario.charging import ChargingMission
from robosim.scenario.checking import Check
from robosim.scenario.fields import Finite, Id, Name, Positive, Section
from robosim.scenario.rendezvous import Recording
from robosim.scenario.selfish import SelfishTable
from robosim.scenario.station import Station
from robosim.scenario.station_rules import RULES, completed
from robosim.scenario.station_size import needs
from robosim.scenario.station_values import Share, is_path
from robosim.scenario.step_size import PriceStep, share_of_sure
from robosim.scenario.world_file import Need, WorldFile


class StationMarket(Section):
    """[market]: how the price of the station's power is found."""

    start_price: Finite = Field(default=0.0, description="the price announced before round 1, dollars/kW in a period")
    step: PriceStep = Field(
        default="auto",
        description='how far the price moves, dollars/kW²: a number, or a share of the sure one as "0.5/L"',
    )
    update: Literal["gradient", "nesterov"] = Field(default="nesterov", description="how the leader moves the price")

    @property
    def step_of_sure(self) -> float | None:
        """F where step is written as "F/L"."""
        return share_of_sure(self.step)


def _one_epsilon(schema: dict[str, Any]) -> None:
    keys = ("epsilon", "epsilon_share")
    schema["anyOf"] = [{"properties": {key: {"type": "null"}}} for key in keys]


class StationLeader(Section):
    """[leader]: the rules that are announced and the bill that is sent."""

    model_config = ConfigDict(json_schema_extra=_one_epsilon)

    tax: Literal["vcg", "clearing-price", "groves", "none"] = Field(default="vcg", description="tax rule")
    epsilon: Positive | None = Field(
        default=None, description="dollars: stop when the duality gap is certified below it", examples=[1e-6]
    )
    epsilon_share: Share | None = Field(
        default=None, description="the same as a share of the cost, roughly known before", examples=[1e-8]
    )
    bills: Literal["decision", "meter"] = Field(
        default="decision", description="whether what was decided is billed, or what was metered"
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

    @classmethod
    def strategies(cls) -> Mapping[str, type]:
        """Deviations of EVs from dual decomposition."""
        from robosim.controllers.selfish_evs import EV_DEVIATIONS

        return EV_DEVIATIONS


class StationScenario(WorldFile):
    """A checked world of kind "charging" with a station.

    How many agents there are is known when the sessions are read; where they are drawn, `station.count`.
    """

    rules: ClassVar[tuple[Check, ...]] = RULES

    mission: ChargingMission
    station: Station
    market: StationMarket = StationMarket()
    leader: StationLeader = StationLeader()
    record: Recording = Recording()
    selfish: tuple[SelfishEv, ...] = ()

    @classmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Number of the drawn sessions whose costs are listed."""
        return completed(values)

    def needs(self) -> tuple[Need, ...]:
        """Memory for the record and for the marginal problems of the tax."""
        return needs(self)

    def file_of(self, key: Literal["sessions", "tariff"]) -> Path | None:
        """Where the file is that `station.key` names, None where it names none; there may be no such file.

        A file named in a world file is relative to that file's folder, one named by an option to the current one.
        """
        given = getattr(self.station, key)
        if not is_path(given):
            return None
        by_option = self._origin.place(("station", key)).is_option
        return Path(given) if by_option or self.source is None else self.source.parent / given

    def existing_file_of(self, key: Literal["sessions", "tariff"]) -> Path | None:
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

    def to_toml(self) -> str:
        """A world file that loads to an equal scenario from any folder, as files have their full paths in it."""
        paths = {key: self.file_of(key) for key in ("sessions", "tariff")}
        full = {key: os.path.abspath(path) for key, path in paths.items() if path is not None}
        station = self.station.model_copy(update=full)
        return WorldFile.to_toml(self.model_copy(update={"station": station}))
