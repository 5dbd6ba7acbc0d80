"""What a hand-written instance may say: the sections of its TOML file."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Amount = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Limit = Annotated[float, Field(ge=0.0)]
Point = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=2, max_length=2)]


class Section(BaseModel):
    """No unknown keys, no numbers in quotes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Supplier(Section):
    """Who ships; lists hold one number for each good or demander, one number is meant for all alike."""

    name: Name
    at: Point | None = None
    stock: Limit | list[Limit] = math.inf
    """Of each good; without it there is no limit."""
    capacity: Limit | list[Limit] = math.inf
    """To each demander; without it there is no limit."""
    cost_per_km: Amount = 1.0


class Demander(Section):
    """Who needs what."""

    name: Name
    at: Point | None = None
    demand: Amount | list[Amount]
    """Of each good."""


class Crossing(Section):
    """A point that only roads have."""

    name: Name
    at: Point | None = None


class Road(Section):
    """A road between two points, both ways unless it is one-way (from the first to the second)."""

    between: Annotated[list[Name], Field(min_length=2, max_length=2)]
    length_km: Amount | None = None
    """Without it the straight distance between the points' `at`."""
    one_way: bool = False
    congestion: Amount | None = None
    """Instead of the file's."""
    cost: Amount | list[Amount] | None = None
    """Of one unit of flow, one for each supplier or the same for all; without it cost_per_km times the length."""


class Sections(Section):
    """The whole file."""

    goods: Annotated[list[Name], Field(min_length=1)] = Field(default_factory=lambda: ["goods"])
    paths: Annotated[int, Field(ge=1, le=100)] = 1
    graph: str = "ring"
    links: list[Annotated[list[Name], Field(min_length=2, max_length=2)]] | None = None
    """Pairs of suppliers who talk to each other, instead of `graph`."""
    congestion: Amount = 0.0
    power: Annotated[float, Field(ge=1.0, allow_inf_nan=False)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0
    """Of a random-tree graph."""
    supplier: Annotated[list[Supplier], Field(min_length=1)]
    demander: Annotated[list[Demander], Field(min_length=1)]
    crossing: list[Crossing] = Field(default_factory=list)
    road: Annotated[list[Road], Field(min_length=1)]
