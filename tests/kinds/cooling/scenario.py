"""Worlds in which halls of computers share a plant's cooling power: sections, keys, and what must hold between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.leader.tax_rule import VCG
from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import DrawnNumbers, Finite, Id, Interval, Name, Positive, Section, Whole
from robosim.scenario.selfish import SELFISH_RULES, SelfishTable
from robosim.scenario.world_file import (
    PARAMETERS,
    LeaderSection,
    MissionSection,
    Need,
    Parameters,
    Recording,
    WorldFile,
)

RANGES = {"heat_kw": "heat_range_kw", "wish_c": "wish_range_c", "discomfort": "discomfort_range"}
"""Private types in [halls], and the public range of each."""


class CoolingMission(MissionSection):
    """[mission]: what is done, for how long, and by which program."""

    kind: Literal["cooling"] = Field(description="what the agents do together", examples=["cooling"])
    rounds: Annotated[Whole, Field(ge=1, le=10**6)] = Field(default=40, description="rounds of prices and answers")
    seed: Annotated[Whole, Field(ge=0, le=2**63 - 1)] = Field(default=0, description="where all randomness comes from")
    controller: Name = Field(default="thermostat", description="the program of faithful halls")
    parameters: Parameters = PARAMETERS


class Halls(Section):
    """[halls]: what each is like, which is private, and the ranges in which that lies, which are public."""

    count: Annotated[Whole, Field(ge=1, le=10**6)] = Field(description="number of halls", examples=[8])
    heat_kw: DrawnNumbers = Field(default="random", description="heat of the computers: one number, a list, or drawn")
    heat_range_kw: Interval = Field(default=(5.0, 20.0), description="[lo, hi] of heat_kw")
    wish_c: DrawnNumbers = Field(default="random", description="the temperature above which computers suffer, °C")
    wish_range_c: Interval = Field(default=(18.0, 26.0), description="[lo, hi] of wish_c")
    discomfort: DrawnNumbers = Field(default="random", description="dollars a K² above it and hour")
    discomfort_range: Interval = Field(default=(0.5, 2.0), description="[lo, hi] of discomfort")


class Plant(Section):
    """[plant]: the cooling power that is shared, and the building that it cools."""

    capacity_kw: Positive = Field(description="cooling power that there is, kW", examples=[100.0])
    outside_c: Finite = Field(default=30.0, description="temperature outside, °C")
    start_c: Finite = Field(default=22.0, description="temperature of every hall at first, °C")
    mass_kwh_per_k: Positive = Field(default=4.0, description="heat that warms a hall by one degree, kWh/K")
    leak_kw_per_k: Positive = Field(default=0.5, description="heat through a hall's walls, kW/K")
    hours: Positive = Field(default=8.0, description="how long the power is granted")
    periods: Annotated[Whole, Field(ge=1, le=1000)] = Field(default=32, description="readings of the thermometers")


class CoolingLeader(LeaderSection):
    """[leader]: the bill."""

    tax: Name = Field(default=VCG.name, description="tax rule")


class SelfishHall(SelfishTable):
    """One `[[selfish]]` table: halls that deviate."""

    noun: ClassVar[str] = "hall"
    section: ClassVar[str] = "halls"

    one: Id | None = Field(default=None, alias="hall", description="the hall that deviates", examples=[0])
    several: Annotated[tuple[Id, ...], Field(min_length=1)] | None = Field(
        default=None, alias="halls", description="the halls that deviate alike", examples=[[0, 1]]
    )
    strategy: Name = Field(description="the name of the deviation", examples=["hoard"])


def lists_name_every_hall(world: Values) -> Iterator[Problem]:
    """As many numbers in each list as halls."""
    for key in RANGES:
        given = world[f"halls.{key}"] if world.sound(("halls", key)) else None
        if isinstance(given, list) and len(given) != world["halls.count"]:
            message = f"has {len(given)} numbers, there are {shown(world['halls.count'])} halls"
            yield Problem(path=("halls", key), message=message, fix="give one number for each hall")


def ranges_have_ends(world: Values) -> Iterator[Problem]:
    """0 ≤ lo ≤ hi where less than nothing makes no sense, lo ≤ hi for temperatures."""
    for key, name in RANGES.items():
        if not world.sound(("halls", name)):
            continue
        low, high = world[f"halls.{name}"]
        if low > high or (low < 0 and key != "wish_c"):
            message = f"needs {'' if key == 'wish_c' else '0 <= '}lo <= hi, got {shown([low, high])}"
            yield Problem(path=("halls", name), message=message, fix="for example [5, 20]")


def types_lie_in_their_ranges(world: Values) -> Iterator[Problem]:
    """The leader's penalty, its highest price and its certificate rest on the public ranges."""
    for key, name in RANGES.items():
        if not (world.given(f"halls.{key}") and world.sound(("halls", name))):
            continue
        given, (low, high) = world[f"halls.{key}"], world[f"halls.{name}"]
        outside = [x for x in (given if isinstance(given, list) else [given]) if x != "random" and not low <= x <= high]
        if outside:
            message = f"is {shown(outside[0])}, outside of {name} = {shown([low, high])}"
            yield Problem(path=("halls", key), message=message, fix="change the number, or widen the range")


class CoolingScenario(WorldFile):
    """A checked world of kind "cooling"."""

    rules: ClassVar[tuple[Check, ...]] = (
        lists_name_every_hall,
        ranges_have_ends,
        types_lie_in_their_ranges,
        *SELFISH_RULES,
    )
    mission: CoolingMission
    halls: Halls
    plant: Plant
    leader: CoolingLeader = CoolingLeader()
    record: Recording = Recording()
    selfish: tuple[SelfishHall, ...] = ()

    @classmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Nothing follows from other keys."""
        return values

    def needs(self) -> tuple[Need, ...]:
        """Prices and answers of the kept rounds, and temperatures in every problem that is solved."""
        count, kept = self.halls.count, self.mission.rounds // self.record.every + 2
        problems = count + 1 if self.leader.tax == VCG.name else 1
        return (
            Need(
                "mission.rounds", f"{count} halls x {kept} rounds", "fewer rounds, or record.every", 16 * count * kept
            ),
            Need(
                "halls.count",
                f"{problems} problems of {count} halls x {self.plant.periods} periods",
                "fewer halls or periods, or another leader.tax",
                64 * problems * count * self.plant.periods,
            ),
        )
