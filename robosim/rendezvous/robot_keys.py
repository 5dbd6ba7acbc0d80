"""What a world file says of robots: how many, where, with what bodies, what motion costs, where they are charged."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
)

from robosim.rendezvous.avoidance.keys import Radius
from robosim.rendezvous.body_rules import BATTERY_KEYS, PAD_KEYS
from robosim.rendezvous.rules import CONSTANTS
from robosim.scenario.fields import (
    AutoOrPositive,
    Box,
    Name,
    NonNegative,
    Point,
    Positive,
    Section,
    Whole,
    branch_of,
    word_or,
)
from robosim.scenario.parameters import plain_values

BATTERY = [*BATTERY_KEYS, *PAD_KEYS]
Starts = Annotated[
    Annotated[Literal["random"], Tag("<word>")] | Annotated[tuple[Point, ...], Tag("<list>")], word_or("<list>")
]

BodyNames = Annotated[
    Annotated[Name, Tag("<word>")] | Annotated[tuple[Name, ...], Field(min_length=1), Tag("<list>")],
    Discriminator(branch_of),
]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _count_or_starts(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"required": schema.pop("required")}, {"required": ["starts_m"]}]


class Robots(Section):
    """[robots]: how many, where, and with what bodies."""

    model_config = ConfigDict(json_schema_extra=_count_or_starts)

    count: Annotated[Whole, Field(ge=2, le=10**18)] = Field(description="number of robots", examples=[12])
    dimension: Annotated[Whole, Field(ge=1, le=3)] = Field(default=2, description="of the space they move in")
    starts_m: Starts = Field(
        default="random", description="one point a robot, or drawn from the type space by the seed"
    )
    type_space_m: Box = Field(
        default=(-10.0, 10.0), description="where starts may be, as announced: [lo, hi], or one such pair a dimension"
    )
    arena_m: Box | None = Field(default=None, description="walls, in the same form", examples=[[-12.0, 12.0]])
    body: BodyNames = Field(
        default="point", description="how they move: a body by name, or a list with one for each robot"
    )
    bodies: dict[Name, Annotated[dict[Name, Any], AfterValidator(plain_values)]] = Field(
        default={}, description="parameters of bodies, a table for each name", examples=[{"car": {"wheelbase_m": 0.3}}]
    )
    radius_m: Radius | None = Field(
        default=None,
        description="of the disc or ball that holds a robot, m; else its body's",
        examples=[0.1],
    )
    speed_limit_mps: Positive | None = Field(default=None, description="top speed, m/s", examples=[0.5])
    control_dt_s: AutoOrPositive = Field(default="auto", description="length of a control step of bodies, s")
    position_noise_m: NonNegative = Field(default=0.0, description="largest landing error, m")
    sensing_noise_m: NonNegative = Field(default=0.0, description="largest error of a position that others see, m")
    private_cost: Literal["displacement", "energy"] = Field(
        default="displacement", description="what a robot minds: squared displacement, or the joules it spends"
    )

    @property
    def names(self) -> tuple[str, ...]:
        """Bodies, each once."""
        return (self.body,) if isinstance(self.body, str) else tuple(dict.fromkeys(self.body))


class Energy(Section):
    """[energy]: what motion costs, P = p0 + p1·|v| + p2·|v|² + p3·|ω| + p4·|a|²."""

    power: Literal["quadratic", "stage", "argos-time-motion", "rotary-wing", "custom"] = Field(
        default="quadratic", description="a power model by name, or custom with p0_w to p4_js3_per_m2"
    )
    p0_w: NonNegative = Field(default=0.0, description="idle power of custom, W")
    p1_j_per_m: NonNegative = Field(default=0.0, description="energy a metre of custom, J/m")
    p2_js_per_m2: NonNegative = Field(default=0.0, description="power by squared speed of custom, W/(m/s)²")
    p3_j_per_rad: NonNegative = Field(default=0.0, description="energy a radian turned of custom, J/rad")
    p4_js3_per_m2: NonNegative = Field(default=0.0, description="power by squared acceleration of custom, W/(m/s²)²")
    mass_kg: Positive = Field(default=1.0, description="mass in the model of Stage, kg")
    battery_j: Positive | None = Field(default=None, description="charge at the start, J", examples=[500.0])
    battery_volts: Positive = Field(default=12.0, description="open voltage of a full battery, V")
    battery_droop: Share = Field(default=0.0, description="share of its voltage that an empty battery has lost")
    battery_ohms: NonNegative = Field(default=0.0, description="resistance inside a battery, ohm")
    recharge_below: Share = Field(default=0.0, description="share of its charge below which a robot drives to a pad")
    recharge_until: Share = Field(default=0.9, description="share of its charge with which it leaves the pad")

    @model_serializer(mode="wrap")
    def without_unused(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Keys that a file may not have are not written either: constants of other models, batteries that are none."""
        unused = [key for power, keys in CONSTANTS.items() if power != self.power for key in keys]
        unused += BATTERY if self.battery_j is None else []
        return {key: value for key, value in written(self).items() if key not in unused}


class Pad(Section):
    """One `[[pad]]` table: a place where robots are charged."""

    at_m: Point = Field(description="where it is, m", examples=[[0.0, 0.0]])
    power_w: Positive = Field(description="what it gives, W", examples=[20.0])
    radius_m: Positive = Field(default=0.1, description="how near a robot must be, m")
